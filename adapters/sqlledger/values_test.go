package sqlledger

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestMomentsRoundTripToTheMicrosecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-1e10, 1e11).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos"))
		got := moment(micros(at))
		if micros(at) != 0 && !got.Equal(at.Truncate(time.Microsecond)) && at.Unix() >= 0 {
			t.Fatalf("%v became %v", at, got)
		}
		if !rounded(got).Equal(got) {
			t.Fatalf("rounding twice moved %v", got)
		}
	})
	if micros(time.Time{}) != 0 || !moment(0).IsZero() {
		t.Error("no time did not stay none")
	}
}

func TestStoredTextIsAlwaysStorable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		out := text(in)
		if !utf8.ValidString(out) || bytes.ContainsRune([]byte(out), 0) {
			t.Fatalf("%q became %q", in, out)
		}
		if text(out) != out {
			t.Fatalf("cleaning %q twice changed it", in)
		}
		if utf8.ValidString(in) && !bytes.ContainsRune([]byte(in), 0) && out != in {
			t.Fatalf("good text %q became %q", in, out)
		}
	})
}

func TestIDsGrowEvenWhenTheClockStands(t *testing.T) {
	now := time.Now()
	l := &Ledger{now: func() time.Time { return now }, rand: rand.Reader}
	var ids []string
	for i := range 100 {
		if i == 50 {
			now = now.Add(-time.Hour)
		}
		id, err := l.newID()
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Error("ids do not grow")
	}
	l.rand = bytes.NewReader(nil)
	if _, err := l.newID(); err == nil {
		t.Error("an id was made without randomness")
	}
}

func TestDocumentsUnpackToWhatWasPacked(t *testing.T) {
	plain := bytes.Repeat([]byte("Өтініш "), 1000)
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(plain)
	_ = w.Close()
	for _, tt := range []struct {
		name, codec string
		size        int
		body        []byte
		ok          bool
	}{
		{"raw", codecRaw, len(plain), plain, true},
		{"compressed", codecFlate, len(plain), packed.Bytes(), true},
		{"raw of another size", codecRaw, len(plain) + 1, plain, false},
		{"compressed, shorter than said", codecFlate, len(plain) + 1, packed.Bytes(), false},
		{"compressed, longer than said", codecFlate, len(plain) - 1, packed.Bytes(), false},
		{"compressed, cut off", codecFlate, len(plain), packed.Bytes()[:20], false},
		{"unknown codec", "zstd", len(plain), plain, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := unpack(tt.codec, tt.size, tt.body)
			if (err == nil) != tt.ok || tt.ok && !bytes.Equal(got, plain) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

package keystore

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func TestNormalise(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"der stays", "30060201010401ff", "30060201010401ff"},
		{"indefinite length", "3080020101" + "0000", "3003020101"},
		{"nested indefinite lengths", "30803080020101" + "0000" + "0000", "30053003020101"},
		{"octet string in pieces", "24800402aabb0401cc0000", "0403aabbcc"},
		{"pieces in pieces", "248024800401aa04000000" + "0401bb" + "0000", "0402aabb"},
		{"pieces of definite length", "24070402aabb0401cc", "0403aabbcc"},
		{"no pieces", "24800000", "0400"},
		{"an explicit tag stays", "a080020101" + "0000", "a003020101"},
		{"long form of a short length", "0481 01 aa", "0401aa"},
		{"leading zeros of a length", "0484 00000001 aa", "0401aa"},
		{"200 bytes", "2480 0464" + strings.Repeat("aa", 100) + "0464" + strings.Repeat("bb", 100) + "0000",
			"0481c8" + strings.Repeat("aa", 100) + strings.Repeat("bb", 100)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := normalise(unhex(t, strings.ReplaceAll(tt.in, " ", "")))
			if err != nil || hex.EncodeToString(got) != tt.want {
				t.Errorf("got %x, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestNormaliseRefuses(t *testing.T) {
	tests := []struct{ name, in string }{
		{"nothing", ""},
		{"a tag alone", "30"},
		{"content cut short", "0402aa"},
		{"length cut short", "0482aa"},
		{"a length of five octets", "04850000000001aa"},
		{"no end of contents", "3080020101"},
		{"half an end of contents", "308002010100"},
		{"an indefinite primitive", "0480aa0000"},
		{"a high tag number", "3f810100"},
		{"end of contents alone", "0000"},
		{"bytes after the end", "020101ff"},
		{"a child past its parent", "3003040500"},
		{"an integer among the pieces", "2480020101" + "0000"},
		{"too deep", strings.Repeat("3080", 40) + strings.Repeat("0000", 40)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := normalise(unhex(t, tt.in)); !errors.Is(err, ErrMalformed) {
				t.Errorf("got %x, %v", got, err)
			}
		})
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"3080020101" + "0000", "24800402aabb0401cc0000", "30053003020101"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := normalise(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("an error without a reason: %v", err)
			}
			return
		}
		if len(once) > len(b) {
			t.Fatalf("%d bytes grew to %d", len(b), len(once))
		}
		if twice, err := normalise(once); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("not a fixed point: %x, %x, %v", once, twice, err)
		}
	})
}

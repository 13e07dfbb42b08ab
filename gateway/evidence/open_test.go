package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 11, 23, 10, 47, 28, 0, time.UTC)

func packed(t *testing.T, files ...File) []byte {
	t.Helper()
	b, err := pack(files, at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// zipped packs as another program would, in the order given.
func zipped(t *testing.T, change func(*zip.FileHeader), files ...File) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i, f := range files {
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate}
		if i == 0 {
			h.Method = zip.Store
		}
		if change != nil {
			change(h)
		}
		body, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := body.Write(f.Bytes); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPackingIsDeterministicAndRead(t *testing.T) {
	files := []File{{"history/case.json", []byte("{}")}, {"README.txt", bytes.Repeat([]byte("Қазақ "), 1000)}, {"certificates/0a.cer", []byte{1}}}
	one := packed(t, files...)
	slices.Reverse(files)
	if !bytes.Equal(one, packed(t, files...)) {
		t.Error("the order of the files changes the container")
	}
	c, err := open(one)
	if err != nil {
		t.Fatal(err)
	}
	if c.repacked || len(c.names) != 4 || c.names[0] != nameMimetype || string(c.files["README.txt"]) != string(files[1].Bytes) {
		t.Errorf("%v %v", c.repacked, c.names)
	}
	if head := one[30 : 30+len(nameMimetype)+len(MIMEType)]; string(head) != nameMimetype+MIMEType {
		t.Errorf("a reader of magic numbers finds %q", head) // EN 319 162-1 §A.1: at octets 30 and 38
	}
}

// TestEveryOctetOfThePackingCounts flips every bit of a small container: it is refused, or said to be touched,
// or a file's bytes differ.
func TestEveryOctetOfThePackingCounts(t *testing.T) {
	whole := packed(t, File{"history/case.json", []byte(`{"number":"K26"}`)})
	want, err := open(whole)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 0x04
		c, err := open(b)
		if err == nil && !c.repacked && slices.Equal(c.names, want.names) {
			t.Errorf("octet %d was not missed", i)
		}
	}
}

func TestHostileContainersAreRefused(t *testing.T) {
	mime := File{nameMimetype, []byte(MIMEType)}
	many := []File{mime}
	for i := range maxFiles {
		many = append(many, File{fmt.Sprintf("f%d.txt", i), nil})
	}
	whole := packed(t, File{"README.txt", []byte("x")})
	tests := []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "no ZIP"},
		{"no ZIP", []byte("<a/>"), "no ZIP"},
		{"cut off", whole[:len(whole)-30], "no ZIP"},
		{"no mimetype", zipped(t, nil, File{"README.txt", nil}), "mimetype"},
		{"mimetype later", zipped(t, nil, File{"README.txt", nil}, mime), "mimetype"},
		{"another mimetype", zipped(t, nil, File{nameMimetype, []byte("application/zip")}), "mimetype"},
		{"mimetype packed", zipped(t, func(h *zip.FileHeader) { h.Method = zip.Deflate }, mime), "mimetype"},
		{"a way up", zipped(t, nil, mime, File{"../evil.txt", nil}), "name"},
		{"an absolute name", zipped(t, nil, mime, File{"/etc/passwd.txt", nil}), "name"},
		{"a drive", zipped(t, nil, mime, File{"c:/evil.txt", nil}), "name"},
		{"a backslash", zipped(t, nil, mime, File{`a\evil.txt`, nil}), "name"},
		{"a hidden file", zipped(t, nil, mime, File{".evil.txt", nil}), "name"},
		{"a folder", zipped(t, nil, mime, File{"folder/", nil}), "name"},
		{"a name twice", zipped(t, nil, mime, File{"a.txt", nil}, File{"a.txt", []byte("x")}), "twice"},
		{"a name twice for some", zipped(t, nil, mime, File{"a.txt", nil}, File{"A.txt", []byte("x")}), "twice"},
		{"a link", zipped(t, func(h *zip.FileHeader) {
			if h.Name != nameMimetype {
				h.SetMode(0o777 | 1<<27)
			}
		}, mime, File{"a.txt", []byte("/etc/passwd")}), "plain file"},
		{"a bomb", zipped(t, nil, mime, File{"a.txt", make([]byte, 32<<20)}), "tightly"},
		{"too large a file", zipped(t, nil, mime, File{"a.txt", make([]byte, maxFile+1)}), "too much"},
		{"too many files", zipped(t, nil, many...), "files"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Verify(context.Background(), tt.b, Options{})
			if !errors.Is(err, errContainer) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestOnlyOneReadingOfAContainer: what a program may show that reads the ZIP otherwise is not passed over.
func TestOnlyOneReadingOfAContainer(t *testing.T) {
	whole := packed(t, File{"README.txt", []byte("x")}, File{"history/case.json", []byte("{}")})
	other := packed(t, File{"README.txt", []byte("another")})
	mime := File{nameMimetype, []byte(MIMEType)}
	tests := []struct {
		name string
		b    []byte
		want bool
	}{
		{"as it is written", whole, true},
		{"by another program, sizes behind the bytes", zipped(t, nil, mime, File{"README.txt", []byte("x")}), true},
		{"another name ahead of the bytes", bytes.Replace(whole, []byte("README.txt"), []byte("REALLY.txt"), 1), false},
		{"another container ahead", slices.Concat(other, whole), false},
		{"another container behind", slices.Concat(whole, other[:len(other)-endLength]), false},
	}
	for _, tt := range tests {
		c, err := open(tt.b)
		if err == nil && c.tight != tt.want || err != nil && tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// FuzzVerify wants of any bytes: no panic, and nobody's seal never passes.
func FuzzVerify(f *testing.F) {
	for _, files := range [][]File{nil, {{nameCase, []byte("{}")}, {nameEvents, []byte("[]")}, {nameSignatures, []byte("<a/>")}}} {
		b, err := pack(files, at)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := Verify(context.Background(), b, Options{}); err == nil && r.Verdict.String() == "passed" {
			t.Errorf("%+v", r)
		}
	})
}

package files_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kopir/adapters/files"
	"kopir/gateway"
	"kopir/gateway/gatewaytest"
)

func open(t *testing.T, root string, now *time.Time) *files.Store {
	t.Helper()
	s, err := files.Open(root, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFiles(t *testing.T) {
	gatewaytest.ExerciseFiles(t, func(t *testing.T) gatewaytest.FileBench {
		now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
		return gatewaytest.FileBench{Files: open(t, t.TempDir(), &now), Now: &now}
	})
}

func TestFilesArePrivate(t *testing.T) {
	root, now := filepath.Join(t.TempDir(), "files"), time.Now()
	if _, _, err := open(t, root, &now).Put(t.Context(), strings.NewReader("құпия"), 100); err != nil {
		t.Fatal(err)
	}
	found := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		if !d.IsDir() {
			found++
		}
		return err
	})
	if err != nil || found != 1 {
		t.Errorf("%d files, %v", found, err)
	}
}

// TestFullDiskIsUnavailableAndKeepsNothing fills a tiny tmpfs, where the test may mount one.
func TestFullDiskIsUnavailableAndKeepsNothing(t *testing.T) {
	root, now := t.TempDir(), time.Now()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=256k,mode=0700"); err != nil {
		t.Skipf("no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(root, syscall.MNT_DETACH) })
	s := open(t, root, &now)
	small, _, err := s.Put(t.Context(), strings.NewReader("small"), 100)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Put(t.Context(), io.LimitReader(zeros{}, 1<<20), 2<<20)
	var e *gateway.Error
	if !errors.As(err, &e) || e.Code != gateway.CodeUnavailable || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("error is %v", err)
	}
	if left, _ := os.ReadDir(filepath.Join(root, "incoming")); len(left) != 0 {
		t.Errorf("%d half files are left", len(left))
	}
	if f, err := s.Open(small); err != nil {
		t.Error(err)
	} else {
		_ = f.Close()
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestHalfWrittenFilesOfADeadProcessAreSwept(t *testing.T) {
	root, now := t.TempDir(), time.Now()
	s := open(t, root, &now)
	sha, _, err := s.Put(t.Context(), strings.NewReader("named"), 100)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(root, "incoming", "put-1")
	aside := filepath.Join(root, sha[:2], sha+".gone") // it died between setting aside and putting back
	if err := errors.Join(os.WriteFile(half, []byte("ha"), 0o600), os.Rename(strings.TrimSuffix(aside, ".gone"), aside)); err != nil {
		t.Fatal(err)
	}
	n, err := s.Sweep(t.Context(), now.Add(time.Hour), func(_ context.Context, digest string) (bool, error) { return digest == sha, nil })
	if err != nil || n != 1 {
		t.Fatalf("swept %d, %v", n, err)
	}
	if f, err := s.Open(sha); err != nil {
		t.Errorf("a named file set aside did not come back: %v", err)
	} else {
		_ = f.Close()
	}
}

// TestMemoryDoesNotGrowWithTheFile: 20 MB go through in a few buffers.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const size, most = 20 << 20, 1 << 20
	now := time.Now()
	s := open(t, t.TempDir(), &now)
	r := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, n, err := s.Put(b.Context(), io.LimitReader(zeros{}, size), size); err != nil || n != size {
				b.Fatal(n, err)
			}
		}
	})
	if got := r.AllocedBytesPerOp(); r.N == 0 || got > most {
		t.Errorf("%d octets of memory for a file of %d (%d rounds)", got, size, r.N)
	}
}

func TestSniff(t *testing.T) {
	entry := func(name, rest string) string {
		return "PK\x03\x04" + strings.Repeat("\x00", 22) + string([]byte{byte(len(name)), 0, 0, 0}) + name + rest
	}
	tests := []struct{ name, head, want string }{
		{"empty", "", "text/plain"},
		{"pdf", "%PDF-1.7\n%", "application/pdf"},
		{"png", "\x89PNG\x0d\x0a\x1a\x0a\x00", "image/png"},
		{"jpeg", "\xff\xd8\xff\xe0", "image/jpeg"},
		{"tiff", "II*\x00\x08", "image/tiff"},
		{"xml", `<?xml version="1.0"?><a/>`, "application/xml"},
		{"svg is xml", `<?xml version="1.0"?><svg onload="x"/>`, "application/xml"},
		{"html", "<html><script>", "text/html"},
		{"windows program", "MZ\x90\x00", "application/x-msdownload"},
		{"old word", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"},
		{"docx", entry("[Content_Types].xml", "…") + entry("word/document.xml", ""), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"xlsx", entry("[Content_Types].xml", "…") + entry("xl/workbook.xml", ""), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{"odt", entry("mimetype", "application/vnd.oasis.opendocument.text") + "PK\x03\x04", "application/vnd.oasis.opendocument.text"},
		{"any zip", entry("word/document.xml", ""), "application/zip"},
		{"zip that says it is a pdf", entry("mimetype", "application/pdfPK"), "application/zip"},
		{"short zip", "PK\x03\x04", "application/zip"},
		{"zip whose name is longer than it", "PK\x03\x04" + strings.Repeat("\xff", 40), "application/zip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := files.Sniff([]byte(tt.head)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

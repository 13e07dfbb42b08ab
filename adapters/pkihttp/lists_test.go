package pkihttp

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/xmlsig/revocation"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// makeList signs a list of the given number and times.
func makeList(t *testing.T, issuer string, number int64, thisUpdate, nextUpdate time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{Subject: pkix.Name{CommonName: issuer}, RawSubject: nil, SubjectKeyId: []byte{1},
		SerialNumber: big.NewInt(1), KeyUsage: x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if ca, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(number),
		ThisUpdate: thisUpdate, NextUpdate: nextUpdate,
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(7), RevocationTime: thisUpdate}},
	}, ca, key)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// fetch reads the list of an address.
func fetch(t *testing.T, c *Client, address string) ([]byte, error) {
	t.Helper()
	r, err := c.CRL(t.Context(), address)
	if err != nil {
		return nil, err
	}
	return readAll(t, r), nil
}

func readAll(t *testing.T, r io.ReadCloser) []byte {
	t.Helper()
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// verified asks for a list and says that it is good, as a caller does who has checked it.
func verified(t *testing.T, c *Client, address string) ([]byte, error) {
	t.Helper()
	got, err := fetch(t, c, address)
	if err == nil {
		c.Keep(address, sha256.Sum256(got))
	}
	return got, err
}

// kept reads the list that is kept of an address; nil: none.
func keptList(t *testing.T, c *Client, address string) []byte {
	t.Helper()
	r, _, err := c.Kept(address)
	if err != nil {
		return nil
	}
	return readAll(t, r)
}

// publisher is a server of one list whose answer the test changes.
type publisher struct {
	mu     sync.Mutex
	answer http.HandlerFunc
}

func (p *publisher) set(h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = h
}

func (p *publisher) send(body []byte) {
	p.set(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	h := p.answer
	p.mu.Unlock()
	h(w, r)
}

// clock is a time the test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestListIsKeptOnceAndOverARestart(t *testing.T) {
	list := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	p := &publisher{}
	p.send(list)
	address, asked := serve(t, p.ServeHTTP)
	cfg := Config{Allow: []string{host(t, address)}, Dir: filepath.Join(t.TempDir(), "crl"), Now: (&clock{noon}).now}
	c := newClient(t, cfg)
	for _, place := range []string{address + "/a", address + "/mirror"} {
		if got, err := verified(t, c, place); err != nil || !bytes.Equal(got, list) {
			t.Fatalf("got %d bytes, %v", len(got), err)
		}
	}
	sum := sha256.Sum256(list)
	for _, client := range []*Client{c, newClient(t, cfg)} { // the second is the restarted one
		r, checked, err := client.Kept(address + "/a")
		if err != nil || !checked.Equal(noon) || !bytes.Equal(readAll(t, r), list) {
			t.Errorf("kept: checked %v, %v", checked, err)
		}
		if got, err := client.List(hex.EncodeToString(sum[:])); err != nil || !bytes.Equal(got, list) {
			t.Errorf("by its digest: %d bytes, %v", len(got), err)
		}
	}
	files, err := filepath.Glob(filepath.Join(cfg.Dir, "*", "*"))
	if err != nil || len(files) != 1 || asked.Load() != 2 {
		t.Errorf("the folder holds %v, %v; asked %d times", files, err, asked.Load())
	}
	for _, sha := range []string{"", "../../etc/passwd", strings.Repeat("0", 64), "zz"} {
		if _, err := c.List(sha); !errors.Is(err, errNotKept) {
			t.Errorf("%q: %v", sha, err)
		}
	}
}

// TestListIsConfirmedByItsValidators: but not one that nobody has called verified in this run.
func TestListIsConfirmedByItsValidators(t *testing.T) {
	list := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	p := &publisher{}
	conditional := 0
	p.set(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") != "" {
			conditional++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", noon.Format(http.TimeFormat))
		_, _ = w.Write(list)
	})
	address, _ := serve(t, p.ServeHTTP)
	at := &clock{noon}
	cfg := Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: at.now}
	c := newClient(t, cfg)
	step := func(c *Client, want error, wantConditional int) {
		t.Helper()
		if _, err := verified(t, c, address); !errors.Is(err, want) || conditional != wantConditional {
			t.Errorf("got %v; %d requests were conditional, want %d", err, conditional, wantConditional)
		}
	}
	step(c, nil, 0)
	at.at = noon.Add(time.Hour)
	step(c, revocation.ErrUnchanged, 1)
	restarted := newClient(t, cfg)
	if got := keptList(t, restarted, address); !bytes.Equal(got, list) {
		t.Fatal("nothing was kept")
	}
	if _, checked, _ := restarted.Kept(address); !checked.Equal(at.at) {
		t.Errorf("checked %v", checked)
	}
	doubting := newClient(t, cfg)
	if _, _, err := doubting.Kept(address); err != nil {
		t.Fatal(err)
	}
	step(doubting, nil, 1) // its caller has not vouched for what was kept
	restarted.Keep(address, sha256.Sum256(list))
	step(restarted, revocation.ErrUnchanged, 2)
	p.send(list) // a server without validators
	step(restarted, revocation.ErrUnchanged, 2)
}

func TestBadDownloadNeverReplacesAGoodList(t *testing.T) {
	good := makeList(t, "CA", 5, noon, noon.Add(24*time.Hour))
	bad := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"error": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "404"},
		"empty": {func(http.ResponseWriter, *http.Request) {}, "empty"},
		"page":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html></html>")) }, "HTML"},
		"page in hiding": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pkix-crl")
			_, _ = w.Write([]byte(" <p>"))
		}, "page"},
		"truncated body":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good[:len(good)-1]) }, "cut short"},
		"bytes too many":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(append(bytes.Clone(good), 0)) }, "after the end"},
		"other structure": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answerDER) }, "not a revocation list"},
		"cut connection": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(good)
		}, "cut short"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, "redirects"},
	}
	for name, tt := range bad {
		t.Run(name, func(t *testing.T) {
			p := &publisher{}
			p.send(good)
			address, _ := serve(t, p.ServeHTTP)
			cfg := Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: (&clock{noon}).now}
			c := newClient(t, cfg)
			if _, err := verified(t, c, address); err != nil {
				t.Fatal(err)
			}
			p.set(tt.answer)
			for _, client := range []*Client{c, newClient(t, cfg)} {
				if _, err := verified(t, client, address); !errors.Is(err, ErrAnswer) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				if got := keptList(t, client, address); !bytes.Equal(got, good) {
					t.Errorf("the good list is gone: %d bytes", len(got))
				}
			}
			newer := makeList(t, "CA", 6, noon.Add(30*time.Hour), noon.Add(50*time.Hour))
			p.send(newer)
			if got, err := verified(t, c, address); err != nil || !bytes.Equal(got, newer) || !bytes.Equal(keptList(t, c, address), newer) {
				t.Errorf("a good list after the bad one was not taken: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(cfg.Dir, archiveFolder, tempPattern)); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}

func TestManyCallersShareOneDownload(t *testing.T) {
	p := &publisher{}
	release := make(chan struct{})
	list := makeList(t, "CA", 1, noon, noon.Add(time.Hour))
	p.set(func(w http.ResponseWriter, _ *http.Request) { <-release; _, _ = w.Write(list) })
	address, asked := serve(t, p.ServeHTTP)
	c := newClient(t, Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: (&clock{noon}).now})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.CRL(gone, address); !errors.Is(err, context.Canceled) || asked.Load() != 0 {
		t.Fatalf("got %v", err)
	}
	var wg sync.WaitGroup
	waiting := make(chan struct{}, 20)
	for range 20 {
		wg.Go(func() {
			waiting <- struct{}{}
			if _, err := fetch(t, c, address); err != nil {
				t.Error(err)
			}
		})
	}
	for range 20 {
		<-waiting
	}
	time.Sleep(20 * time.Millisecond)
	close(release)
	wg.Wait()
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// TestDamagedStoreIsReplaced: what is kept is not what was kept; whoever reads it sees that, and the next list repairs it.
func TestDamagedStoreIsReplaced(t *testing.T) {
	list := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	for name, damage := range map[string]func(crl, note string) error{
		"list cut":      func(crl, _ string) error { return os.Truncate(crl, 40) },
		"list empty":    func(crl, _ string) error { return os.Truncate(crl, 0) },
		"list missing":  func(crl, _ string) error { return os.Remove(crl) },
		"note missing":  func(_, note string) error { return os.Remove(note) },
		"note nonsense": func(_, note string) error { return os.WriteFile(note, []byte("{"), 0o600) },
		"another list":  func(crl, _ string) error { return os.WriteFile(crl, makeList(t, "CA", 0, noon, noon), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			p := &publisher{}
			p.send(list)
			address, asked := serve(t, p.ServeHTTP)
			cfg := Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: (&clock{noon}).now}
			if _, err := verified(t, newClient(t, cfg), address); err != nil {
				t.Fatal(err)
			}
			s := store{dir: cfg.Dir}
			sum := sha256.Sum256(list)
			if err := damage(s.archived(sum), s.note(address)); err != nil {
				t.Fatal(err)
			}
			c := newClient(t, cfg)
			c.Keep(address, sha256.Sum256(keptList(t, c, address))) // the caller vouches for what it read, by mistake or not
			if got, err := verified(t, c, address); err != nil || !bytes.Equal(got, list) || asked.Load() != 2 {
				t.Errorf("got %d bytes, %v, asked %d times", len(got), err, asked.Load())
			}
			if got := keptList(t, newClient(t, cfg), address); !bytes.Equal(got, list) {
				t.Errorf("the store was not repaired: %d bytes", len(got))
			}
		})
	}
}

func TestStoreThatCannotBeWritten(t *testing.T) {
	p := &publisher{}
	p.send(makeList(t, "CA", 1, noon, noon.Add(time.Hour)))
	address, _ := serve(t, p.ServeHTTP)
	dir := filepath.Join(t.TempDir(), "crl")
	c := newClient(t, Config{Allow: []string{host(t, address)}, Dir: dir, Now: (&clock{noon}).now})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := verified(t, c, address); err == nil {
		t.Error("a list went nowhere")
	}
	if got, err := verified(t, newClient(t, Config{Allow: []string{host(t, address)}}), address); err != nil || len(got) == 0 {
		t.Errorf("without a folder: %v", err)
	}
}

// TestArchiveIsPrunedByAge: but never of a list that an address has for its own.
func TestArchiveIsPrunedByAge(t *testing.T) {
	p := &publisher{}
	address, _ := serve(t, p.ServeHTTP)
	at := &clock{time.Now()}
	cfg := Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: at.now, ArchiveAge: 48 * time.Hour}
	c := newClient(t, cfg)
	var sums []string
	for i := range 3 {
		list := makeList(t, "CA", int64(i), noon, noon.Add(24*time.Hour))
		sum := sha256.Sum256(list)
		sums = append(sums, hex.EncodeToString(sum[:]))
		p.send(list)
		if _, err := verified(t, c, fmt.Sprint(address, "/", i/2)); err != nil { // the first is replaced at its address
			t.Fatal(err)
		}
		if err := os.Chtimes(c.lists.store.archived(sum), at.at, at.at); err != nil {
			t.Fatal(err)
		}
		at.at = at.at.Add(36 * time.Hour)
	}
	for i, want := range []bool{false, true, true} {
		if _, err := c.List(sums[i]); (err == nil) != want {
			t.Errorf("list %d: %v", i, err)
		}
	}
}

// TestBigListIsNotInMemory: 48 MB go to disk and out again through small buffers.
func TestBigListIsNotInMemory(t *testing.T) {
	const size = 48 << 20
	header := []byte{0x30, 0x84, size >> 24, size >> 16 & 0xff, 0, 0, 0x30, 0x80}
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 64<<10)
		_, _ = w.Write(header)
		for left := size - 2; left > 0; left -= len(chunk) {
			_, _ = w.Write(chunk[:min(left, len(chunk))])
		}
	})
	c := newClient(t, Config{Allow: []string{host(t, address)}, Dir: t.TempDir()})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := c.CRL(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, r)
	if err != nil || n != size+6 || r.Close() != nil {
		t.Fatal(n, err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("%d KB were allocated on the way", grown>>10)
	}
}

func TestWriteAtomicallyLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "taken")
	if err := os.Mkdir(target, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeAtomically(target, []byte("list")); err == nil {
		t.Fatal("a folder was replaced by a file")
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v, %v", files, err)
	}
}

func TestNationalListsLookLikeLists(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/data/nca/crl/*.crl")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skip("the national samples are not here: ../shared/data/nca/crl")
	}
	for _, path := range paths {
		list, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkList(list[:min(len(list), headBytes)], int64(len(list))); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}

func FuzzCheckList(f *testing.F) {
	f.Add([]byte{0x30, 0x00}, int64(2))
	f.Add(answerDER, int64(len(answerDER)))
	f.Fuzz(func(t *testing.T, b []byte, size int64) {
		if err := checkList(b, size); err != nil && !errors.Is(err, ErrAnswer) {
			t.Errorf("an error without a reason: %v", err)
		}
	})
}

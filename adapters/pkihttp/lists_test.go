package pkihttp

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
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

// verified asks for a list and says that it is good, as a caller does who has checked it.
func verified(t *testing.T, c *Client, address string) ([]byte, error) {
	t.Helper()
	got, err := c.CRL(t.Context(), address)
	if err == nil {
		c.Keep(address, got)
	}
	return got, err
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

func TestListIsFetchedOnceAndKeptOverARestart(t *testing.T) {
	list := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	p := &publisher{}
	p.send(list)
	address, asked := serve(t, p.ServeHTTP)
	cfg := Config{Allow: []string{host(t, address)}, Dir: filepath.Join(t.TempDir(), "crl"), Now: (&clock{noon}).now}
	for range 2 { // the second client is the restarted one
		c := newClient(t, cfg)
		for range 3 {
			got, err := verified(t, c, address)
			if err != nil || !bytes.Equal(got, list) {
				t.Fatalf("got %d bytes, %v", len(got), err)
			}
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	files, err := filepath.Glob(filepath.Join(cfg.Dir, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("the folder holds %v, %v; want the list and its origin", files, err)
	}
}

func TestListIsRenewedWhenItIsTime(t *testing.T) {
	first := makeList(t, "CA", 1, noon, noon.Add(2*time.Hour))
	second := makeList(t, "CA", 2, noon.Add(time.Hour), noon.Add(3*time.Hour))
	p := &publisher{}
	p.send(first)
	address, asked := serve(t, p.ServeHTTP)
	at := &clock{noon}
	c := newClient(t, Config{Allow: []string{host(t, address)}, Now: at.now})
	steps := []struct {
		name  string
		after time.Duration
		want  []byte
		asked int64
	}{
		{"first", 0, first, 1},
		{"within the hour", 59 * time.Minute, first, 1},
		{"after the hour", 61 * time.Minute, second, 2},
		{"a clock that went back asks again", 0, second, 3},
	}
	for _, s := range steps {
		at.at = noon.Add(s.after)
		got, err := verified(t, c, address)
		if err != nil || !bytes.Equal(got, s.want) || asked.Load() != s.asked {
			t.Errorf("%s: %d bytes, %v, asked %d times, want %d", s.name, len(got), err, asked.Load(), s.asked)
		}
		p.send(second)
	}
}

func TestListIsConfirmedByItsValidators(t *testing.T) {
	list := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	p := &publisher{}
	var conditional int
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
	address, asked := serve(t, p.ServeHTTP)
	at := &clock{noon}
	cfg := Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: at.now}
	for i := range 3 {
		at.at = noon.Add(time.Duration(i) * 2 * time.Hour)
		for range 2 {
			got, err := verified(t, newClient(t, cfg), address)
			if err != nil || !bytes.Equal(got, list) {
				t.Fatalf("got %d bytes, %v", len(got), err)
			}
		}
	}
	if conditional != 2 || asked.Load() != 3 {
		t.Errorf("%d of %d requests were conditional; want 2 of 3", conditional, asked.Load())
	}
}

func TestBadDownloadNeverReplacesAGoodList(t *testing.T) {
	good := makeList(t, "CA", 5, noon, noon.Add(24*time.Hour))
	bad := map[string]http.HandlerFunc{
		"error":           func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"empty":           func(http.ResponseWriter, *http.Request) {},
		"page":            func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html></html>")) },
		"truncated body":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good[:len(good)-1]) },
		"bytes too many":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(append(bytes.Clone(good), 0)) },
		"other structure": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answerDER) },
		"cut connection": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(good)
		},
		"older list": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(makeList(t, "CA", 4, noon.Add(-time.Hour), noon.Add(24*time.Hour)))
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) },
	}
	for name, answer := range bad {
		t.Run(name, func(t *testing.T) {
			p := &publisher{}
			p.send(good)
			address, asked := serve(t, p.ServeHTTP)
			at := &clock{noon}
			cfg := Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: at.now}
			c := newClient(t, cfg)
			if _, err := verified(t, c, address); err != nil {
				t.Fatal(err)
			}
			p.set(answer)
			at.at = noon.Add(30 * time.Hour) // past nextUpdate: still the best there is, its date is for others to judge
			for _, client := range []*Client{c, c, newClient(t, cfg)} {
				got, err := verified(t, client, address)
				if err != nil || !bytes.Equal(got, good) {
					t.Fatalf("got %d bytes, %v", len(got), err)
				}
			}
			if asked.Load() != 3 { // the good one, one by c which then rests, one by the restarted client
				t.Errorf("asked %d times, want 3", asked.Load())
			}
			p.send(makeList(t, "CA", 6, noon.Add(30*time.Hour), noon.Add(50*time.Hour)))
			at.at = at.at.Add(2 * time.Minute)
			if got, err := verified(t, c, address); err != nil || bytes.Equal(got, good) {
				t.Errorf("a good list after the bad one was not taken: %v", err)
			}
		})
	}
}

func TestFirstFailureIsToldAndNotRepeatedAtOnce(t *testing.T) {
	p := &publisher{}
	p.set(func(w http.ResponseWriter, _ *http.Request) {})
	address, asked := serve(t, p.ServeHTTP)
	at := &clock{noon}
	c := newClient(t, Config{Allow: []string{host(t, address)}, Now: at.now})
	for range 3 {
		if _, err := verified(t, c, address); !errors.Is(err, ErrAnswer) || !strings.Contains(err.Error(), "empty") {
			t.Fatalf("got %v", err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	at.at = noon.Add(time.Minute)
	p.send(makeList(t, "CA", 1, noon, noon.Add(time.Hour)))
	if _, err := verified(t, c, address); err != nil {
		t.Errorf("after the rest: %v", err)
	}
}

func TestCallerThatHangsUpDoesNotStopOthers(t *testing.T) {
	p := &publisher{}
	p.send(makeList(t, "CA", 1, noon, noon.Add(time.Hour)))
	address, _ := serve(t, p.ServeHTTP)
	c := newClient(t, Config{Allow: []string{host(t, address)}, Now: (&clock{noon}).now})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.CRL(gone, address); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := verified(t, c, address); err != nil {
		t.Errorf("the next caller got %v", err)
	}
}

func TestManyCallersShareOneDownload(t *testing.T) {
	p := &publisher{}
	p.send(makeList(t, "CA", 1, noon, noon.Add(time.Hour)))
	address, asked := serve(t, p.ServeHTTP)
	c := newClient(t, Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: (&clock{noon}).now})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := verified(t, c, address); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestDamagedStoreIsReplaced(t *testing.T) {
	list := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	for name, damage := range map[string]func(crl, origin string) error{
		"list cut":        func(crl, _ string) error { return os.Truncate(crl, 40) },
		"list empty":      func(crl, _ string) error { return os.Truncate(crl, 0) },
		"list missing":    func(crl, _ string) error { return os.Remove(crl) },
		"origin missing":  func(_, origin string) error { return os.Remove(origin) },
		"origin nonsense": func(_, origin string) error { return os.WriteFile(origin, []byte("{"), 0o600) },
		"another list":    func(crl, _ string) error { return os.WriteFile(crl, makeList(t, "CA", 0, noon, noon), 0o600) },
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
			if err := damage(s.path(address, ".crl"), s.path(address, ".json")); err != nil {
				t.Fatal(err)
			}
			got, err := verified(t, newClient(t, cfg), address)
			if err != nil || !bytes.Equal(got, list) || asked.Load() != 2 {
				t.Errorf("got %d bytes, %v, asked %d times", len(got), err, asked.Load())
			}
			if kept, err := s.load(address); err != nil || !bytes.Equal(kept.body, list) {
				t.Errorf("the store was not repaired: %v", err)
			}
		})
	}
}

func TestStoreThatCannotBeWrittenCostsNothing(t *testing.T) {
	p := &publisher{}
	p.send(makeList(t, "CA", 1, noon, noon.Add(time.Hour)))
	address, _ := serve(t, p.ServeHTTP)
	dir := filepath.Join(t.TempDir(), "crl")
	c := newClient(t, Config{Allow: []string{host(t, address)}, Dir: dir, Now: (&clock{noon}).now})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := verified(t, c, address); err != nil {
		t.Error(err)
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

func TestNationalListsHaveAHeader(t *testing.T) {
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
		h, err := readListHeader(list)
		if err != nil || h.thisUpdate.Year() < 2020 || !h.nextUpdate.After(h.thisUpdate) || len(h.issuer) == 0 {
			t.Errorf("%s: %+v, %v", filepath.Base(path), h, err)
		}
	}
}

func FuzzReadListHeader(f *testing.F) {
	f.Add([]byte{0x30, 0x00})
	f.Add(answerDER)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := readListHeader(b); err != nil && !errors.Is(err, ErrAnswer) {
			t.Errorf("an error without a reason: %v", err)
		}
	})
}

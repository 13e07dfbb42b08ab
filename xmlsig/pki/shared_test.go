package pki_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// now is the moment of the tests.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// nca gives the folder of national certificates beside the project; tests on
// them are skipped where it is absent.
func nca(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "nca")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("national test data is not beside the project: ", dir)
	}
	return dir
}

func load(t testing.TB, path string) *pki.Certificate {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pki.ParseAll(b)
	if err != nil || len(all) != 1 {
		t.Fatal(path, ": ", len(all), " certificates, ", err)
	}
	return all[0]
}

// loadAll reads the certificates that a pattern names.
func loadAll(t testing.TB, pattern string) map[string]*pki.Certificate {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(nca(t), pattern))
	if err != nil {
		t.Fatal(err)
	}
	certs := make(map[string]*pki.Certificate)
	for _, f := range files {
		if filepath.Ext(f) != ".json" {
			certs[filepath.Base(f)] = load(t, f)
		}
	}
	return certs
}

// seeded is a stream of bytes that is the same for the same seed.
type seeded struct {
	seed    string
	counter uint64
	rest    []byte
}

func (s *seeded) Read(p []byte) (int, error) {
	for i := range p {
		if len(s.rest) == 0 {
			sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(s.seed), s.counter))
			s.rest, s.counter = sum[:], s.counter+1
		}
		p[i], s.rest = s.rest[0], s.rest[1:]
	}
	return len(p), nil
}

func random(seed string) io.Reader { return &seeded{seed: seed} }

// authorities makes one authority of each kind, once for all tests.
var authorities = struct {
	sync.Mutex
	made map[testpki.Algorithm]*testpki.Authority
}{made: make(map[testpki.Algorithm]*testpki.Authority)}

func authority(t testing.TB, alg testpki.Algorithm) *testpki.Authority {
	t.Helper()
	authorities.Lock()
	defer authorities.Unlock()
	if ca := authorities.made[alg]; ca != nil {
		return ca
	}
	ca, err := testpki.New(alg, testpki.Options{Rand: random(string(alg)), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	authorities.made[alg] = ca
	return ca
}

var algorithms = []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.RSA, testpki.ECDSA}

func issue(t testing.TB, ca *testpki.Authority, p testpki.Profile) testpki.Identity {
	t.Helper()
	id, err := ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// trusting is a store with the authority's root as anchor and its issuing
// authority as intermediate.
func trusting(ca *testpki.Authority) *pki.Store {
	s := pki.NewStore()
	s.AddTrust(ca.Root)
	s.AddTrust(ca.Issuing)
	return s
}

// wantCode fails unless err is a *reason.Error with the code; "" wants no error.
func wantCode(t testing.TB, err error, want reason.Code) {
	t.Helper()
	var e *reason.Error
	switch {
	case want == "" && err == nil:
	case want == "":
		t.Errorf("unexpected error: %v", err)
	case !errors.As(err, &e):
		t.Errorf("got %v, want code %s", err, want)
	case e.Code != want:
		t.Errorf("got %v, want code %s", err, want)
	case e.Detail == "":
		t.Errorf("%v has no detail", err)
	}
}

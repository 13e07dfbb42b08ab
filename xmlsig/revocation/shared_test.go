package revocation_test

import (
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// nca gives the folder of national certificates, lists and answers beside the
// project; tests on them are skipped where it is absent.
func nca(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "nca")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("national test data is not beside the project: ", dir)
	}
	return dir
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func certificate(t testing.TB, path string) *pki.Certificate {
	t.Helper()
	all, err := pki.ParseAll(read(t, path))
	if err != nil {
		t.Fatal(path, ": ", err)
	}
	return all[0]
}

func list(t testing.TB, der []byte) *revocation.CRL {
	t.Helper()
	c, err := revocation.ParseCRL(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(t testing.TB, der []byte) *revocation.OCSPResponse {
	t.Helper()
	r, err := revocation.ParseOCSP(der)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// now is the moment of the tests.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

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

const (
	ocspURL  = "http://ocsp.example.kz/"
	crlURL   = "http://crl.example.kz/a.crl"
	deltaURL = "http://crl.example.kz/d.crl"
)

func newAuthority(t testing.TB, alg testpki.Algorithm, seed string) *testpki.Authority {
	t.Helper()
	ca, err := testpki.New(alg, testpki.Options{Rand: &seeded{seed: seed}, Now: now, OCSPURL: ocspURL, CRLURL: crlURL, DeltaCRLURL: deltaURL})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t testing.TB, ca *testpki.Authority, p testpki.Profile) *pki.Certificate {
	t.Helper()
	return identity(t, ca, p).Certificate
}

func identity(t testing.TB, ca *testpki.Authority, p testpki.Profile) testpki.Identity {
	t.Helper()
	id, err := ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

var algorithms = []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.RSA, testpki.ECDSA}

// wantState fails unless the status has the state, and evidence or a reason.
func wantState(t testing.TB, got revocation.Status, want revocation.State) {
	t.Helper()
	if got.State != want {
		t.Errorf("got %v (%s), want %v", got.State, got.Detail, want)
	}
	if got.Detail == "" || (got.State == revocation.Unknown) != (got.EvidenceSHA256 == "") {
		t.Errorf("%v without evidence or reason: %+v", got.State, got)
	}
}

package tsp_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/tsp"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var (
	data  = []byte("тамыр: what is stamped")
	nonce = new(big.Int).SetUint64(0xfedcba9876543210)
)

// hashFor is the imprint's hash that a family's users would choose.
var hashFor = map[testpki.Algorithm]string{
	testpki.GOST512: tsp.GOST512, testpki.GOST2004: tsp.GOST34311, testpki.RSA: tsp.SHA256, testpki.ECDSA: tsp.SHA384,
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

// family is an authority with an honest TSA, and the store that trusts it.
type family struct {
	ca    *testpki.Authority
	tsa   *testpki.TimeStamper
	store *pki.Store
}

func newFamily(t testing.TB, alg testpki.Algorithm) family {
	t.Helper()
	return newFamilyAt(t, alg, now)
}

func newFamilyAt(t testing.TB, alg testpki.Algorithm, at time.Time) family {
	t.Helper()
	ca, err := testpki.New(alg, testpki.Options{Rand: &seeded{seed: string(alg)}, Now: at.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	f := family{ca: ca, tsa: issueTSA(t, ca, testpki.Profile{}), store: pki.NewStore()}
	f.store.AddTrust(ca.Root)
	f.store.AddTrust(ca.Issuing)
	return f
}

func issueTSA(t testing.TB, ca *testpki.Authority, p testpki.Profile) *testpki.TimeStamper {
	t.Helper()
	tsa, err := ca.IssueTSA(p)
	if err != nil {
		t.Fatal(err)
	}
	return tsa
}

func request(t testing.TB, hash string) []byte {
	t.Helper()
	imprint, err := tsp.Digest(hash, data)
	if err != nil {
		t.Fatal(err)
	}
	q, err := tsp.NewRequest(imprint, hash, "", nonce)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// stamp asks the TSA and parses its answer.
func stamp(t testing.TB, tsa *testpki.TimeStamper, hash string, s testpki.StampSpec) *tsp.Token {
	t.Helper()
	if s.Now.IsZero() {
		s.Now = now
	}
	answer, err := tsa.Stamp(request(t, hash), s)
	if err != nil {
		t.Fatal(err)
	}
	token, err := tsp.ParseResponse(answer)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (f family) options() tsp.Options {
	return tsp.Options{Store: f.store, Data: data, Nonce: nonce, From: now, To: now, Skew: time.Minute}
}

// national gives the folder of national samples; without it the test is skipped.
func national(t testing.TB, path ...string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "nca")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the national samples are not beside the project: ", dir)
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantCode(t testing.TB, err error, code reason.Code) {
	t.Helper()
	var e *reason.Error
	if !errors.As(err, &e) || e.Code != code || e.Detail == "" {
		t.Fatalf("got %v, want code %s", err, code)
	}
}

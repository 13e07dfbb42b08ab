package xmlsig_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// now is the moment every test lives in.
var now = time.Date(2026, 10, 15, 12, 0, 0, 0, time.UTC)

const (
	testIIN = "000230500003"
	testBIN = "000740000728"
)

var algorithms = []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.RSA, testpki.ECDSA}

// party is an authority with a person and an organisation's signer under it.
type party struct {
	ca           *testpki.Authority
	person, head testpki.Identity
}

var (
	partiesMu sync.Mutex
	parties   = map[testpki.Algorithm]*party{}
)

// authority makes the authority of an algorithm once a run: RSA keys are slow to make.
func authority(t testing.TB, alg testpki.Algorithm) *party {
	t.Helper()
	partiesMu.Lock()
	defer partiesMu.Unlock()
	if p := parties[alg]; p != nil {
		return p
	}
	p := &party{}
	var err error
	p.ca, err = testpki.New(alg, testpki.Options{Rand: rand.NewChaCha8([32]byte{7}), Now: now.AddDate(0, -1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if p.person, err = p.ca.Issue(testpki.Profile{Kind: testpki.Person, CommonName: "СЫНАҚОВ СЫНАҚ", IIN: testIIN}); err != nil {
		t.Fatal(err)
	}
	if p.head, err = p.ca.Issue(testpki.Profile{Kind: testpki.Head, CommonName: "ӘКІМОВ ӘКІМ", IIN: "800101300004", BIN: testBIN, Organization: "ӘКІМДІК"}); err != nil {
		t.Fatal(err)
	}
	parties[alg] = p
	return p
}

func key(id testpki.Identity) xmlsig.Key {
	return xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}
}

// trust holds the root as anchor and the issuing authority as intermediate.
func (p *party) trust() *pki.Store {
	s := pki.NewStore()
	s.AddTrust(p.ca.Root)
	s.AddTrust(p.ca.Issuing)
	return s
}

func (p *party) options() xmlsig.Options { return xmlsig.Options{At: now, Trust: p.trust()} }

func sign(t testing.TB, doc string, id testpki.Identity, opt xmlsig.SignOptions) string {
	t.Helper()
	opt.Rand = rand.NewChaCha8([32]byte{8})
	out, err := xmlsig.Sign([]byte(doc), key(id), opt)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

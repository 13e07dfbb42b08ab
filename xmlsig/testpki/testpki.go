// Package testpki makes a throw-away certification authority shaped like the
// national one of Kazakhstan (facts/national-pki.md §1): a root, an issuing
// authority, an OCSP responder, and certificates of persons and systems, with
// national or ordinary keys. Demo, simulator and tests live on it.
//
//	ca, err := testpki.New(testpki.GOST512, testpki.Options{Rand: rand.Reader, Now: now})
//	person, err := ca.Issue(testpki.Profile{Kind: testpki.Person, CommonName: "СЫНАҚОВ СЫНАҚ", IIN: "000230500003"})
//
// Names say that they are tests. The package reads no clock and no randomness
// but what it is given; the same bytes give the same national and ECDSA keys
// (crypto/rsa takes no foreign randomness).
package testpki

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"kopir/xmlsig/pki"
)

// Options of a new authority. Rand and Now are needed; an empty URL leaves its
// extension out.
type Options struct {
	Rand io.Reader
	Now  time.Time
	Name string // ends the names of the authorities; without the word TEST it becomes "СЫНАҚ (… TEST)"

	OCSPURL     string // of both authorities
	CRLURL      string // list of the issuing authority
	DeltaCRLURL string // delta list of the issuing authority
	RootCRLURL  string // list of the root, in the issuing authority's certificate
	IssuerURL   string // certificate of the issuing authority
}

// Identity is a certificate with its private key.
type Identity struct {
	Certificate *pki.Certificate
	Key         crypto.Signer
}

// Authority is a root with one issuing authority and its OCSP responder.
// It may be used from many goroutines.
type Authority struct {
	Root, Issuing *pki.Certificate

	alg       Algorithm
	opt       Options
	root      Identity
	issuing   Identity
	responder Identity

	mu      sync.Mutex
	issued  map[string]bool // serial numbers given out
	revoked []Revoked
	number  int64 // of the last list
}

// Periods of validity. People of the national CA get one year, information
// systems and time-stamping authorities three (facts/national-pki.md §1.4).
const (
	year       = 365 * 24 * time.Hour
	rootSpan   = 20 * year
	authSpan   = 10 * year
	systemSpan = 3 * year
)

// New makes an authority. Its own certificates begin a year before Options.Now
// (the root two), so that tests may look back.
func New(alg Algorithm, opt Options) (*Authority, error) {
	if opt.Rand == nil || opt.Now.IsZero() {
		return nil, errors.New("testpki: Options.Rand and Options.Now are needed")
	}
	suffix, ok := defaultNames[alg]
	if !ok {
		return nil, fmt.Errorf("testpki: algorithm %q", alg)
	}
	switch {
	case opt.Name == "":
		opt.Name = suffix
	case !strings.Contains(opt.Name, "TEST"):
		opt.Name = "СЫНАҚ (" + opt.Name + " TEST)"
	}
	opt.Now = opt.Now.UTC().Truncate(time.Second)
	a := &Authority{alg: alg, opt: opt, issued: make(map[string]bool)}
	var err error
	if a.root, err = a.build(a.rootTemplate()); err != nil {
		return nil, err
	}
	a.Root = a.root.Certificate
	if a.issuing, err = a.build(a.issuingTemplate()); err != nil {
		return nil, err
	}
	a.Issuing = a.issuing.Certificate
	if a.responder, err = a.Issue(Profile{Kind: OCSP}); err != nil {
		return nil, err
	}
	return a, nil
}

// defaultNames mark the authorities as tests, in the manner of the national
// test authority «ҰКО 3.0 (GOST TEST)».
var defaultNames = map[Algorithm]string{
	GOST512:  "СЫНАҚ (GOST TEST)",
	GOST2004: "СЫНАҚ (GOST 2004 TEST)",
	RSA:      "СЫНАҚ (RSA TEST)",
	ECDSA:    "СЫНАҚ (ECDSA TEST)",
}

// Algorithm tells what keys the authority has.
func (a *Authority) Algorithm() Algorithm { return a.alg }

// RootIdentity gives the root with its key, for tests that sign below it.
func (a *Authority) RootIdentity() Identity { return a.root }

// IssuingIdentity gives the issuing authority with its key.
func (a *Authority) IssuingIdentity() Identity { return a.issuing }

// Responder gives the OCSP responder with its key.
func (a *Authority) Responder() Identity { return a.responder }

// Issue makes a key and a certificate for it, as the profile says.
func (a *Authority) Issue(p Profile) (Identity, error) {
	t := a.template(p)
	if p.Mutate != nil {
		p.Mutate(t)
	}
	return a.build(t)
}

// IssueDER is Issue for certificates so broken that they cannot be parsed.
func (a *Authority) IssueDER(p Profile) ([]byte, crypto.Signer, error) {
	t := a.template(p)
	if p.Mutate != nil {
		p.Mutate(t)
	}
	return a.encode(t)
}

func (a *Authority) build(t *Template) (Identity, error) {
	der, key, err := a.encode(t)
	if err != nil {
		return Identity{}, err
	}
	cert, err := pki.Parse(der)
	if err != nil {
		return Identity{}, fmt.Errorf("testpki: what was issued does not parse: %w", err)
	}
	return Identity{Certificate: cert, Key: key}, nil
}

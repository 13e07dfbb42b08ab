package testpki_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var algorithms = []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.RSA, testpki.ECDSA}

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

func authority(t testing.TB, alg testpki.Algorithm) *testpki.Authority {
	t.Helper()
	ca, err := testpki.New(alg, testpki.Options{Rand: random(string(alg)), Now: now, OCSPURL: "http://127.0.0.1:9/ocsp",
		CRLURL: "http://127.0.0.1:9/crl", DeltaCRLURL: "http://127.0.0.1:9/delta", RootCRLURL: "http://127.0.0.1:9/root"})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t testing.TB, ca *testpki.Authority, p testpki.Profile) testpki.Identity {
	t.Helper()
	id, err := ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

var kinds = []testpki.Kind{testpki.Person, testpki.Employee, testpki.Head, testpki.SignRight, testpki.InformationSystem,
	testpki.Authentication, testpki.TSA, testpki.OCSP, testpki.SubAuthority}

// TestEverythingVerifies: what is issued has a chain in pki, and its key is the
// one in it.
func TestEverythingVerifies(t *testing.T) {
	for _, alg := range algorithms {
		ca := authority(t, alg)
		store := pki.NewStore()
		store.AddTrust(ca.Root)
		store.AddTrust(ca.Issuing)
		for _, k := range kinds {
			id := issue(t, ca, testpki.Profile{Kind: k, IIN: "000230500003", BIN: "001340000002", Organization: `АО "СЫНАҚ"`})
			chain, err := store.Chain(id.Certificate, nil, now)
			if err != nil || len(chain) != 3 {
				t.Errorf("%s, kind %d: chain of %d, %v", alg, k, len(chain), err)
			}
			if pub, ok := id.Certificate.PublicKey.(interface{ Equal(x any) bool }); ok && !pub.Equal(id.Key.Public()) {
				t.Errorf("%s, kind %d: another key", alg, k)
			}
		}
	}
}

// TestNamesSayTest: nobody takes these authorities for the national ones.
func TestNamesSayTest(t *testing.T) {
	named, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: random("named"), Now: now, Name: "ҰЛТТЫҚ"})
	if err != nil {
		t.Fatal(err)
	}
	all := []*testpki.Authority{named}
	for _, alg := range algorithms {
		all = append(all, authority(t, alg))
	}
	for _, ca := range all {
		for _, c := range []*pki.Certificate{ca.Root, ca.Issuing, ca.Responder().Certificate} {
			if !strings.Contains(c.Subject.DN, "СЫНАҚ") || !strings.Contains(c.Subject.DN, "TEST") {
				t.Error(c.Subject.DN)
			}
		}
	}
}

// TestSameBytesSameKeys: a seeded source gives the same certificates again,
// but for RSA.
func TestSameBytesSameKeys(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.ECDSA} {
		a, b := authority(t, alg), authority(t, alg)
		one, two := issue(t, a, testpki.Profile{}), issue(t, b, testpki.Profile{})
		if !bytes.Equal(one.Certificate.Raw, two.Certificate.Raw) || a.Issuing.SHA256 != b.Issuing.SHA256 {
			t.Errorf("%s: two runs differ", alg)
		}
		listA, _ := a.CRL(now, now.Add(time.Hour))
		listB, _ := b.CRL(now, now.Add(time.Hour))
		if !bytes.Equal(listA, listB) {
			t.Errorf("%s: two lists differ", alg)
		}
	}
}

func TestNewNeedsTimeAndRandomness(t *testing.T) {
	for name, opt := range map[string]testpki.Options{"nothing": {}, "no time": {Rand: random("")}, "no randomness": {Now: now}} {
		if _, err := testpki.New(testpki.ECDSA, opt); err == nil {
			t.Error(name, "was enough")
		}
	}
	if _, err := testpki.New("gost1994", testpki.Options{Rand: random(""), Now: now}); err == nil {
		t.Error("an unknown algorithm was taken")
	}
	if _, err := testpki.New(testpki.GOST512, testpki.Options{Rand: strings.NewReader("short"), Now: now}); err == nil {
		t.Error("randomness that ends was taken")
	}
}

// TestLibraryAgrees: RSA and ECDSA certificates and lists verify in crypto/x509.
func TestLibraryAgrees(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.RSA, testpki.ECDSA} {
		ca := authority(t, alg)
		id := issue(t, ca, testpki.Profile{Kind: testpki.Head, IIN: "000230500003", BIN: "001340000002", Email: "test@example.kz"})
		parse := func(c *pki.Certificate) *x509.Certificate {
			s, err := x509.ParseCertificate(c.Raw)
			if err != nil {
				t.Fatal(alg, err)
			}
			return s
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(parse(ca.Root))
		between.AddCert(parse(ca.Issuing))
		_, err := parse(id.Certificate).Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}})
		if err != nil {
			t.Error(alg, err)
		}
		ca.Revoke(id.Certificate.Serial, now, 1)
		raw, err := ca.CRL(now, now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		list, err := x509.ParseRevocationList(raw)
		if err != nil {
			t.Fatal(alg, err)
		}
		if err := list.CheckSignatureFrom(parse(ca.Issuing)); err != nil || len(list.RevokedCertificateEntries) != 1 || list.RevokedCertificateEntries[0].ReasonCode != 1 {
			t.Errorf("%s: %v, %d entries", alg, err, len(list.RevokedCertificateEntries))
		}
	}
}

// TestLists: numbers rise, the newest word on a certificate counts, and the
// issuing authority's own revocation stands on the root's list.
func TestLists(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	serials := func(raw []byte, err error) (string, int64) {
		if err != nil {
			t.Fatal(err)
		}
		list, err := x509.ParseRevocationList(raw)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range list.RevokedCertificateEntries {
			all = append(all, e.SerialNumber.String()+"/"+big.NewInt(int64(e.ReasonCode)).String())
		}
		return strings.Join(all, " "), list.Number.Int64()
	}
	ca.Revoke(big.NewInt(7), now, 6)
	ca.Revoke(big.NewInt(8), now, 4)
	ca.Revoke(ca.Issuing.Serial, now, 5)
	got, first := serials(ca.CRL(now, now.Add(time.Hour)))
	if got != "7/6 8/4" {
		t.Error(got)
	}
	ca.Revoke(big.NewInt(7), now, 8)
	ca.Revoke(big.NewInt(8), now, 1)
	got, second := serials(ca.CRL(now, now.Add(time.Hour)))
	if got != "8/1" || second <= first {
		t.Error(got, first, second)
	}
	if got, _ := serials(ca.RootCRL(now, now.Add(time.Hour))); got != ca.Issuing.Serial.String()+"/5" {
		t.Error(got)
	}
}

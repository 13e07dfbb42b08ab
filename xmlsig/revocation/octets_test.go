package revocation_test

import (
	"bytes"
	"crypto/x509"
	"testing"

	"golang.org/x/crypto/ocsp"

	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// TestEveryOctetCounts changes each octet of an answer and of a list in turn:
// none of the results says anything.
func TestEveryOctetCounts(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.ECDSA, testpki.GOST2004} {
		ca := newAuthority(t, alg, "octets")
		cert := issue(t, ca, testpki.Profile{})
		raw := ask(t, ca, cert, ca.Issuing, nil)
		rawList, err := ca.CRL(now, now.Add(day))
		if err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			changed := bytes.Clone(raw)
			changed[i] ^= 1 << (i % 8)
			if r, err := revocation.ParseOCSP(changed); err == nil {
				if got := r.Status(cert, ca.Issuing, now, nonce); got.State != revocation.Unknown {
					t.Errorf("%s: octet %d of the answer may be changed", alg, i)
				}
			}
		}
		for i := range rawList {
			changed := bytes.Clone(rawList)
			changed[i] ^= 1 << (i % 8)
			if c, err := revocation.ParseCRL(changed); err == nil {
				source := revocation.NewStatic([]*revocation.CRL{c}, nil)
				if got := source.Status(t.Context(), cert, ca.Issuing, now); got.State != revocation.Unknown {
					t.Errorf("%s: octet %d of the list may be changed", alg, i)
				}
			}
		}
	}
}

// TestSHA1CertID: answers may name the certificate by SHA-1, as the library asks.
func TestSHA1CertID(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	leaf, _ := x509.ParseCertificate(cert.Raw)
	issuer, _ := x509.ParseCertificate(ca.Issuing.Raw)
	request, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ca.OCSP(request, now)
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, answer(t, raw).Status(cert, ca.Issuing, now, nil), revocation.Good)
	wantState(t, answer(t, raw).Status(cert, ca.Root, now, nil), revocation.Unknown)
}

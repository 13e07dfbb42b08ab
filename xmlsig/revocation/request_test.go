package revocation_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"testing"

	"golang.org/x/crypto/ocsp"

	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// TestRequest lets the library read what is sent.
func TestRequest(t *testing.T) {
	for _, alg := range algorithms {
		ca := newAuthority(t, alg, string(alg))
		cert := issue(t, ca, testpki.Profile{})
		for _, n := range [][]byte{nil, nonce} {
			raw, err := revocation.NewOCSPRequest(cert, ca.Issuing, n)
			if err != nil {
				t.Fatal(err)
			}
			r, err := ocsp.ParseRequest(raw)
			if err != nil {
				t.Fatal(err)
			}
			name, key := sha256.Sum256(ca.Issuing.RawSubject), sha256.Sum256(ca.Issuing.RawPublicKeyBits)
			if r.HashAlgorithm != crypto.SHA256 || r.SerialNumber.Cmp(cert.Serial) != 0 || !bytes.Equal(r.IssuerNameHash, name[:]) || !bytes.Equal(r.IssuerKeyHash, key[:]) {
				t.Errorf("%s: %+v", alg, r)
			}
			if bytes.Contains(raw, nonce) != (n != nil) {
				t.Errorf("%s: nonce %q in %x", alg, n, raw)
			}
		}
	}
}

// TestNoncesDiffer: each question has a nonce of its own.
func TestNoncesDiffer(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	n := newNetwork(ca)
	source := revocation.NewOnline(n, revocation.Config{Rand: &seeded{seed: "nonce"}, OCSP: []string{"http://a/", "http://b/"}})
	n.answers = func([]byte) ([]byte, error) { return []byte{0x30, 3, 0x0a, 1, 3}, nil }
	wantState(t, source.Status(t.Context(), cert, ca.Issuing, now), revocation.Unknown)
	if len(n.requests) != 2 || bytes.Equal(n.requests[0], n.requests[1]) || len(n.requests[0]) != len(n.requests[1]) {
		t.Errorf("%x", n.requests)
	}
}

package xmlsig_test

import (
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// FuzzVerify changes signed documents. No panic; a verdict with a reason; octets travel only
// when they are those that were signed.
func FuzzVerify(f *testing.F) {
	p := pki4(f, testpki.ECDSA)
	signed := sign(f, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	f.Add([]byte(signed), uint8(0))
	f.Add([]byte(sign(f, signed, p.head, xmlsig.SignOptions{})), uint8(2))
	f.Add([]byte(sign(f, victim, p.person, xmlsig.SignOptions{ID: "f1"})), uint8(2))
	f.Add([]byte(signWSS(f, envelope, p.head)), uint8(1))
	trust := p.trust()
	f.Fuzz(func(t *testing.T, doc []byte, profile uint8) {
		r := xmlsig.Verify(nil, doc, xmlsig.Options{Profile: xmlsig.Profile(profile % 3), At: now, Trust: trust})
		outcome, code := r.Verdict()
		if outcome == reason.Failed && code == "" {
			t.Fatal("a failure without a reason")
		}
		if len(r.Checks) < 8 {
			t.Fatalf("%d checks", len(r.Checks))
		}
		if outcome == reason.Passed && len(r.Covered) == 0 {
			t.Fatal("passed, but nothing is covered")
		}
	})
}

package xmlsig_test

import (
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// seeds are signed documents with the profile they are for.
func seeds(t testing.TB, p *party) map[string]xmlsig.Profile {
	compact := xmlsig.SignOptions{Style: xmlsig.StyleCompact}
	signed := sign(t, victim, p.person, compact)
	return map[string]xmlsig.Profile{
		signed:                           xmlsig.ProfileDocument,
		sign(t, signed, p.head, compact): xmlsig.ProfileAny,
		sign(t, victim, p.person, xmlsig.SignOptions{ID: "f1"}): xmlsig.ProfileAny,
		signWSS(t, envelope, p.head):                            xmlsig.ProfileWSS,
	}
}

// signedOctets are all octets anybody with a key has signed in the seeds.
func signedOctets(t testing.TB, p *party) map[string]bool {
	known := map[string]bool{}
	for doc, profile := range seeds(t, p) {
		opt := p.options()
		opt.Profile = profile
		r := xmlsig.Verify(nil, []byte(doc), opt)
		if len(r.Covered) == 0 {
			t.Fatal(outcomes(r))
		}
		known[string(r.Covered)] = true
	}
	return known
}

// checkForgery wants of any document: a verdict with a reason, and no octets but signed ones.
func checkForgery(t testing.TB, doc []byte, opt xmlsig.Options, known map[string]bool) {
	t.Helper()
	r := xmlsig.Verify(nil, doc, opt)
	outcome, code := r.Verdict()
	switch {
	case outcome == reason.Failed && code == "":
		t.Fatal("a failure without a reason")
	case len(r.Checks) < 8:
		t.Fatalf("%d checks", len(r.Checks))
	case outcome == reason.Passed && !known[string(r.Covered)]:
		t.Fatalf("a forgery passed: %q\nin %q", r.Covered, doc)
	}
}

// TestEveryOctet changes each octet of signed documents in several ways.
func TestEveryOctet(t *testing.T) {
	p := authority(t, testpki.ECDSA)
	known, opt := signedOctets(t, p), p.options()
	step := 3
	if testing.Short() {
		step = 17
	}
	for doc, profile := range seeds(t, p) {
		opt.Profile = profile
		for i := 0; i < len(doc); i += step {
			for _, with := range []string{"", "A", " ", "<", "&", doc[i:i+1] + doc[i:i+1]} {
				checkForgery(t, []byte(doc[:i]+with+doc[i+1:]), opt, known)
			}
		}
	}
}

// FuzzVerify changes signed documents at will.
func FuzzVerify(f *testing.F) {
	p := authority(f, testpki.ECDSA)
	for doc, profile := range seeds(f, p) {
		f.Add([]byte(doc), uint8(profile))
	}
	known, trust := signedOctets(f, p), p.trust()
	f.Fuzz(func(t *testing.T, doc []byte, profile uint8) {
		checkForgery(t, doc, xmlsig.Options{Profile: xmlsig.Profile(profile % 3), At: now, Trust: trust}, known)
	})
}

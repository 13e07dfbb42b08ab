package pki_test

import (
	"crypto/x509"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// TestDifferencesInSpecialCases: what random hierarchies do not come upon. Each row says who accepts, and why we do
// or do not.
func TestDifferencesInSpecialCases(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	tests := []struct {
		name                string
		certs               []*pki.Certificate // between the root and the leaf the issuing authority is added
		ours, gos, openssls bool
		right               string
	}{
		{"a self-issued authority under path length 0", rolledOver(t, ca), true, false, true,
			"RFC 5280 §4.2.1.9 does not count self-issued certificates, by which an authority changes its key; Go counts them"},
		{"a directory name in its permitted subtree", below(t, ca, directory(rdn{country, "KZ"}), nil), true, false, true,
			"§4.2.1.10 has directory names enforced; Go cannot and refuses the critical extension"},
		{"a mailbox in the subject outside its subtree", below(t, ca, general(mailbox, "other.kz"), mailboxSubject), false, true, false,
			"§4.2.1.10 has mailboxes in the subject constrained as well; Go looks at alternative names alone"},
		{"an RSA key of 1024 bits", below(t, ca, nil, func(c *testpki.Template) { c.Key = weakKeys(t).rsa1024 }), false, true, true,
			"SP 800-131A rev. 2 §3 has disallowed it since 2014; the others leave the leaf's key to the caller"},
		{"a curve nobody here signs with", below(t, ca, nil, func(c *testpki.Template) { c.Key = weakKeys(t).p224 }), false, true, true,
			"the list of curves is closed: P-224 has less than 128 bits of strength"},
	}
	var all []hierarchy
	for _, tt := range tests {
		var h hierarchy
		for _, c := range append(tt.certs, ca.Issuing, ca.Root) {
			standard, err := x509.ParseCertificate(c.Raw)
			if err != nil {
				t.Fatal(tt.name, err)
			}
			h.certs = append(h.certs, standard)
		}
		all = append(all, h)
	}
	openssl := opensslVerdicts(t, all)
	for i, tt := range tests {
		err := ourVerdict(t, all[i])
		if (err == nil) != tt.ours {
			t.Errorf("%s: %v, although %s", tt.name, err, tt.right)
		}
		if (goVerdict(all[i]) == nil) != tt.gos {
			t.Errorf("%s: crypto/x509 has changed its mind: %v", tt.name, goVerdict(all[i]))
		}
		if openssl != nil && openssl[i] != tt.openssls {
			t.Errorf("%s: openssl accepts %v", tt.name, openssl[i])
		}
	}
}

// rolledOver: an authority with path length 0 certifies its next key, and that signs the leaf.
func rolledOver(t *testing.T, ca *testpki.Authority) []*pki.Certificate {
	first := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) { c.MaxPathLen = 0 }})
	next := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) { c.SignedBy(first); c.MaxPathLen = 0 }})
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(next) }})
	return []*pki.Certificate{leaf.Certificate, next.Certificate, first.Certificate}
}

// below: a leaf under an authority whose names are constrained to the subtree, if there is one.
func below(t *testing.T, ca *testpki.Authority, subtree func(*cryptobyte.Builder), mutate func(*testpki.Template)) []*pki.Certificate {
	sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) {
		if subtree != nil {
			c.Extra = constraints([]func(*cryptobyte.Builder){subtree}, nil)
		}
	}})
	der, _, err := ca.IssueDER(testpki.Profile{Mutate: func(c *testpki.Template) {
		c.SignedBy(sub)
		c.Subject = []testpki.Attribute{{OID: testpki.Country, Value: "KZ"}, {OID: testpki.CommonName, Value: "СЫНАҚОВ СЫНАҚ"}}
		if mutate != nil {
			mutate(c)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := pki.Inspect(der) // weak keys do not parse
	if err != nil {
		t.Fatal(err)
	}
	return []*pki.Certificate{leaf, sub.Certificate}
}

func mailboxSubject(c *testpki.Template) { c.SetSubject("1.2.840.113549.1.9.1", "a@akimat.kz") }

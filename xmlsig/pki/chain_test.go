package pki_test

import (
	"crypto/x509"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// verdict is what all questions about a leaf give: the first failure.
func verdict(ca *testpki.Authority, der []byte, candidates []*pki.Certificate) error {
	leaf, err := pki.Parse(der)
	if err != nil {
		return err
	}
	if _, err := trusting(ca).Chain(leaf, candidates, now); err != nil {
		return err
	}
	if err := leaf.CheckValidity(now); err != nil {
		return err
	}
	return leaf.CheckPurpose(pki.PurposeNational)
}

// TestLeafDefects breaks one thing in each leaf and leaves the rest right.
func TestLeafDefects(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.ECDSA, testpki.GOST512} {
		ca := authority(t, alg)
		twin, err := testpki.New(alg, testpki.Options{Rand: random("twin" + string(alg)), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		weak := weakKeys(t)
		tests := []struct {
			name   string
			mutate func(*testpki.Template)
			want   reason.Code
		}{
			{"nothing", func(*testpki.Template) {}, ""},
			{"expired", func(c *testpki.Template) { c.NotBefore, c.NotAfter = now.Add(-2*time.Hour), now.Add(-time.Second) }, reason.CertificateExpired},
			{"last second", func(c *testpki.Template) { c.NotAfter = now }, ""},
			{"first second", func(c *testpki.Template) { c.NotBefore = now }, ""},
			{"not yet valid", func(c *testpki.Template) { c.NotBefore = now.Add(time.Second) }, reason.CertificateNotYetValid},
			{"unknown authority of the same name", func(c *testpki.Template) { c.SignedBy(twin.IssuingIdentity()) }, reason.ChainUntrusted},
			{"same, with the known key identifier", func(c *testpki.Template) {
				c.SignedBy(twin.IssuingIdentity())
				c.AuthorityKeyID = ca.Issuing.SubjectKeyID
			}, reason.ChainUntrusted},
			{"same, without key identifier", func(c *testpki.Template) {
				c.SignedBy(twin.IssuingIdentity())
				c.AuthorityID = false
			}, reason.ChainUntrusted},
			{"right key, other key identifier", func(c *testpki.Template) { c.AuthorityKeyID = []byte{1, 2, 3, 4} }, reason.ChainUntrusted},
			{"without key identifiers", func(c *testpki.Template) { c.AuthorityID, c.SubjectKey = false, false }, ""},
			{"self-signed", func(c *testpki.Template) { c.Issuer = nil }, reason.ChainUntrusted},
			{"signature altered", func(c *testpki.Template) {
				c.Raw = func(der []byte) []byte { der[len(der)-1] ^= 1; return der }
			}, reason.ChainUntrusted},
			{"no nonRepudiation", func(c *testpki.Template) { c.KeyUsage = x509.KeyUsageDigitalSignature }, reason.PurposeWrong},
			{"no key usage", func(c *testpki.Template) { c.KeyUsage = 0 }, reason.PurposeWrong},
			{"only encryption", func(c *testpki.Template) { c.KeyUsage = x509.KeyUsageKeyEncipherment }, reason.PurposeWrong},
			{"no extended key usage", func(c *testpki.Template) { c.EKU = nil }, reason.PurposeWrong},
			{"only serverAuth", func(c *testpki.Template) { c.EKU = []string{"1.3.6.1.5.5.7.3.1"} }, reason.PurposeWrong},
			{"no kind of user", func(c *testpki.Template) { c.EKU = []string{"1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.1"} }, reason.PurposeWrong},
			{"other national kind", func(c *testpki.Template) { c.EKU = []string{"1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.2.1"} }, reason.PurposeWrong},
			{"authentication", func(c *testpki.Template) { c.EKU[0] = "1.3.6.1.5.5.7.3.2" }, reason.PurposeWrong},
			{"time stamping", func(c *testpki.Template) { c.EKU = append(c.EKU, "1.3.6.1.5.5.7.3.8") }, reason.PurposeWrong},
			{"OCSP signing", func(c *testpki.Template) { c.EKU = append(c.EKU, pki.EKUOCSPSigning) }, reason.PurposeWrong},
			{"an authority", func(c *testpki.Template) { c.BasicConstraints, c.IsCA = true, true }, reason.PurposeWrong},
			{"two IINs", func(c *testpki.Template) {
				c.Subject = append(c.Subject, testpki.Attribute{OID: testpki.SerialNumber, Value: "IIN000101500001"})
			}, reason.CertificateMalformed},
			{"the same IIN twice", func(c *testpki.Template) {
				c.Subject = append(c.Subject, testpki.Attribute{OID: testpki.SerialNumber, Value: "IIN000230500003"})
			}, ""},
			{"two BINs", func(c *testpki.Template) {
				c.Subject = append(c.Subject, testpki.Attribute{OID: testpki.Unit, Value: "BIN001340000002"}, testpki.Attribute{OID: testpki.Unit, Value: "BIN001340000311"})
			}, reason.CertificateMalformed},
			{"NUL in a name", func(c *testpki.Template) { c.SetSubject(testpki.CommonName, "СЫНАҚ\x00ОВ") }, reason.CertificateMalformed},
			{"broken UTF-8 in a name", func(c *testpki.Template) { c.SetSubject(testpki.CommonName, "\xd0\xd0") }, reason.CertificateMalformed},
			{"RSA-1024", func(c *testpki.Template) { c.Key = weak.rsa1024 }, reason.KeyWeak},
			{"P-224", func(c *testpki.Template) { c.Key = weak.p224 }, reason.AlgorithmForbidden},
			{"Ed25519", func(c *testpki.Template) { c.Key = weak.ed25519 }, reason.AlgorithmForbidden},
			{"unknown critical extension", func(c *testpki.Template) {
				c.Extra = []testpki.Extension{{OID: "1.2.398.9.9.9", Critical: true, Value: []byte{5, 0}}}
			}, reason.ChainInvalid},
			{"unknown extension", func(c *testpki.Template) {
				c.Extra = []testpki.Extension{{OID: "1.2.398.9.9.9", Value: []byte{5, 0}}}
			}, ""},
			{"doubled extension", func(c *testpki.Template) {
				c.Extra = []testpki.Extension{{OID: "2.5.29.32", Value: []byte{0x30, 0}}}
			}, reason.CertificateMalformed},
			{"trailing octet", func(c *testpki.Template) { c.Raw = func(der []byte) []byte { return append(der, 0) } }, reason.CertificateMalformed},
			{"BER length", func(c *testpki.Template) { c.Raw = berLength }, reason.CertificateMalformed},
		}
		for _, tt := range tests {
			t.Run(string(alg)+"/"+tt.name, func(t *testing.T) {
				der, _, err := ca.IssueDER(testpki.Profile{IIN: "000230500003", Mutate: tt.mutate})
				if err != nil {
					t.Fatal(err)
				}
				wantCode(t, verdict(ca, der, []*pki.Certificate{twin.Issuing, twin.Root}), tt.want)
			})
		}
	}
}

// TestAuthorityDefects breaks one thing in an intermediate authority below the
// issuing one.
func TestAuthorityDefects(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	tests := []struct {
		name   string
		mutate func(*testpki.Template)
		want   reason.Code
	}{
		{"nothing", func(*testpki.Template) {}, ""},
		{"CA:FALSE", func(c *testpki.Template) { c.IsCA = false }, reason.ChainInvalid},
		{"no basicConstraints", func(c *testpki.Template) { c.BasicConstraints = false }, reason.ChainInvalid},
		{"no keyCertSign", func(c *testpki.Template) { c.KeyUsage = x509.KeyUsageCRLSign }, reason.ChainInvalid},
		{"no key usage", func(c *testpki.Template) { c.KeyUsage = 0 }, ""},
		{"path length 0", func(c *testpki.Template) { c.MaxPathLen = 0 }, ""},
		{"expired", func(c *testpki.Template) { c.NotAfter = now.Add(-time.Second) }, reason.ChainInvalid},
		{"not yet valid", func(c *testpki.Template) { c.NotBefore = now.Add(time.Second) }, reason.ChainInvalid},
		{"younger than the leaf", func(c *testpki.Template) { c.NotBefore = now }, ""},
		{"unknown critical extension", func(c *testpki.Template) {
			c.Extra = []testpki.Extension{{OID: "2.5.29.36", Critical: true, Value: []byte{0x30, 0}}}
		}, reason.ChainInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: tt.mutate})
			leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(sub) }})
			_, err := trusting(ca).Chain(leaf.Certificate, nil, now)
			wantCode(t, err, reason.ChainUntrusted) // the intermediate is missing
			chain, err := trusting(ca).Chain(leaf.Certificate, []*pki.Certificate{sub.Certificate}, now)
			wantCode(t, err, tt.want)
			if tt.want == "" && len(chain) != 4 {
				t.Errorf("chain of %d", len(chain))
			}
		})
	}
}

func TestPathLength(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	limited := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) { c.MaxPathLen = 0 }})
	below := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) {
		c.SignedBy(limited)
		c.SetSubject(testpki.CommonName, "ЕКІНШІ ОРТАЛЫҚ СЫНАҚ")
	}})
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(below) }})
	_, err := trusting(ca).Chain(leaf.Certificate, []*pki.Certificate{limited.Certificate, below.Certificate}, now)
	wantCode(t, err, reason.ChainInvalid)
}

// TestLongChain: a chain may have eight certificates, not nine.
func TestLongChain(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	var candidates []*pki.Certificate
	last := ca.IssuingIdentity()
	for n := 3; n < 11; n++ {
		leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(last) }})
		chain, err := trusting(ca).Chain(leaf.Certificate, candidates, now)
		if n <= 8 && (err != nil || len(chain) != n) {
			t.Errorf("chain of %d certificates: %v", n, err)
		}
		if n > 8 {
			wantCode(t, err, reason.ChainInvalid)
		}
		last = issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) {
			c.SignedBy(last)
			c.SetSubject(testpki.CommonName, "ОРТАЛЫҚ СЫНАҚ "+string(rune('A'+n)))
		}})
		candidates = append(candidates, last.Certificate)
	}
}

// TestCrossedAuthorities: two authorities that certify each other lead nowhere,
// and the search ends.
func TestCrossedAuthorities(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	name := func(n string) func(*testpki.Template) {
		return func(c *testpki.Template) { c.Issuer = nil; c.SetSubject(testpki.CommonName, n) }
	}
	a := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: name("А СЫНАҚ")})
	b := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: name("Б СЫНАҚ")})
	cross := func(subject, issuer testpki.Identity) *pki.Certificate {
		return issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) {
			c.Key = subject.Key
			c.SignedBy(issuer)
			c.SetSubject(testpki.CommonName, subject.Certificate.Subject.CommonName)
		}}).Certificate
	}
	candidates := []*pki.Certificate{a.Certificate, b.Certificate, cross(a, b), cross(b, a)}
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(a) }})
	_, err := trusting(ca).Chain(leaf.Certificate, candidates, now)
	wantCode(t, err, reason.ChainUntrusted)
	// Once one of them is trusted, the way through the other is found.
	store := trusting(ca)
	store.AddAnchor(b.Certificate, pki.PurposeGeneric)
	chain, err := store.Chain(leaf.Certificate, candidates, now)
	wantCode(t, err, "")
	if len(chain) != 3 || store.PurposeOf(chain.Anchor()) != pki.PurposeGeneric {
		t.Errorf("chain of %d", len(chain))
	}
}

// TestManyCandidates: the sender cannot make the search long.
func TestManyCandidates(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	var candidates []*pki.Certificate
	for range 100 {
		fake := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) { c.Issuer, c.SubjectKey = nil, false }})
		candidates = append(candidates, fake.Certificate)
	}
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) {
		c.SignedBy(testpki.Identity{Certificate: candidates[0], Key: ca.IssuingIdentity().Key})
		c.AuthorityID = false
	}})
	_, err := trusting(ca).Chain(leaf.Certificate, candidates, now)
	wantCode(t, err, reason.ChainUntrusted)
}

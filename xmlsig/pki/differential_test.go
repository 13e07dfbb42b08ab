package pki_test

import (
	"crypto/x509"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// TestAgreesWithTheLibrary compares verdicts on RSA and ECDSA chains with
// crypto/x509. The leaves have one defect each; purposes are not compared,
// since the library does not know them.
func TestAgreesWithTheLibrary(t *testing.T) {
	sub := func(mutate func(*testpki.Template)) func(*testing.T, *testpki.Authority) (*pki.Certificate, []*pki.Certificate) {
		return func(t *testing.T, ca *testpki.Authority) (*pki.Certificate, []*pki.Certificate) {
			s := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: mutate})
			leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(s) }})
			return leaf.Certificate, []*pki.Certificate{s.Certificate}
		}
	}
	leaf := func(mutate func(*testpki.Template)) func(*testing.T, *testpki.Authority) (*pki.Certificate, []*pki.Certificate) {
		return func(t *testing.T, ca *testpki.Authority) (*pki.Certificate, []*pki.Certificate) {
			return issue(t, ca, testpki.Profile{Mutate: mutate}).Certificate, nil
		}
	}
	tests := []struct {
		name string
		make func(*testing.T, *testpki.Authority) (*pki.Certificate, []*pki.Certificate)
	}{
		{"good", leaf(func(*testpki.Template) {})},
		{"expired", leaf(func(c *testpki.Template) { c.NotBefore, c.NotAfter = now.Add(-time.Hour), now.Add(-time.Second) })},
		{"not yet valid", leaf(func(c *testpki.Template) { c.NotBefore = now.Add(time.Second) })},
		{"last second", leaf(func(c *testpki.Template) { c.NotAfter = now })},
		{"self-signed", leaf(func(c *testpki.Template) { c.Issuer = nil })},
		{"signature altered", leaf(func(c *testpki.Template) { c.Raw = func(b []byte) []byte { b[len(b)-2] ^= 4; return b } })},
		{"no key identifiers", leaf(func(c *testpki.Template) { c.SubjectKey, c.AuthorityID = false, false })},
		{"critical extension", leaf(func(c *testpki.Template) {
			c.Extra = []testpki.Extension{{OID: "1.2.398.9.9.9", Critical: true, Value: []byte{5, 0}}}
		})},
		{"another authority between", sub(func(*testpki.Template) {})},
		{"CA:FALSE between", sub(func(c *testpki.Template) { c.IsCA = false })},
		{"no basicConstraints between", sub(func(c *testpki.Template) { c.BasicConstraints = false })},
		{"no keyCertSign between", sub(func(c *testpki.Template) { c.KeyUsage = x509.KeyUsageDigitalSignature })},
		{"expired between", sub(func(c *testpki.Template) { c.NotAfter = now.Add(-time.Second) })},
		{"path length 0", sub(func(c *testpki.Template) { c.MaxPathLen = 0 })},
		{"critical extension between", sub(func(c *testpki.Template) {
			c.Extra = []testpki.Extension{{OID: "1.2.398.9.9.9", Critical: true, Value: []byte{5, 0}}}
		})},
	}
	for _, alg := range []testpki.Algorithm{testpki.RSA, testpki.ECDSA} {
		for _, tt := range tests {
			t.Run(string(alg)+"/"+tt.name, func(t *testing.T) {
				ca := authority(t, alg)
				cert, candidates := tt.make(t, ca)
				_, ours := trusting(ca).Chain(cert, candidates, now)
				if ours == nil {
					ours = cert.CheckValidity(now)
				}
				theirs := libraryVerdict(t, ca, cert, candidates)
				if (ours == nil) != (theirs == nil) {
					t.Errorf("ours: %v; crypto/x509: %v", ours, theirs)
				}
			})
		}
	}
}

func libraryVerdict(t *testing.T, ca *testpki.Authority, cert *pki.Certificate, candidates []*pki.Certificate) error {
	t.Helper()
	standard := func(c *pki.Certificate) *x509.Certificate {
		s, err := x509.ParseCertificate(c.Raw)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(standard(ca.Root))
	between.AddCert(standard(ca.Issuing))
	for _, c := range candidates {
		between.AddCert(standard(c))
	}
	_, err := standard(cert).Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

// TestReadsWhatTheLibraryReads compares fields on every real certificate.
func TestReadsWhatTheLibraryReads(t *testing.T) {
	for _, pattern := range []string{"prod/*", "test/*", "leaf/*"} {
		for name, c := range loadAll(t, pattern) {
			s, err := x509.ParseCertificate(c.Raw)
			if err != nil {
				t.Fatal(name, err)
			}
			if s.SerialNumber.Cmp(c.Serial) != 0 || string(s.RawSubject) != string(c.RawSubject) || string(s.RawIssuer) != string(c.RawIssuer) ||
				!s.NotBefore.Equal(c.NotBefore) || !s.NotAfter.Equal(c.NotAfter) || s.KeyUsage != c.KeyUsage || s.IsCA != c.IsCA ||
				string(s.SubjectKeyId) != string(c.SubjectKeyID) || string(s.AuthorityKeyId) != string(c.AuthorityKeyID) ||
				string(s.RawSubjectPublicKeyInfo) != string(c.RawSPKI) || string(s.Signature) != string(c.Signature) ||
				string(s.RawTBSCertificate) != string(c.RawTBS) || len(s.PolicyIdentifiers) != len(c.Policies) ||
				len(s.ExtKeyUsage)+len(s.UnknownExtKeyUsage) != len(c.EKU) || len(s.UnhandledCriticalExtensions) != len(c.UnknownCritical) {
				t.Errorf("%s: the library reads it otherwise", name)
			}
		}
	}
}

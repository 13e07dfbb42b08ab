package revocation_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

const day = 24 * time.Hour

// fromLists makes lists by specs and asks them about the certificate.
func fromLists(t testing.TB, ca *testpki.Authority, cert *pki.Certificate, specs ...testpki.CRLSpec) revocation.Status {
	t.Helper()
	var lists []*revocation.CRL
	for _, s := range specs {
		raw, err := ca.MakeCRL(s)
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, list(t, raw))
	}
	return revocation.NewStatic(lists, nil).Status(t.Context(), cert, ca.Issuing, now)
}

func TestListStates(t *testing.T) {
	for _, alg := range algorithms {
		ca := newAuthority(t, alg, string(alg))
		cert := issue(t, ca, testpki.Profile{})
		tests := []struct {
			name   string
			reason int // -1: not on the list
			want   revocation.State
		}{
			{"not listed", -1, revocation.Good},
			{"unspecified", 0, revocation.Revoked},
			{"key compromise", 1, revocation.Revoked},
			{"superseded", 4, revocation.Revoked},
			{"on hold", 6, revocation.OnHold},
			{"a reason of tomorrow", 11, revocation.Revoked},
			{"removed, in a full list", 8, revocation.Unknown},
		}
		for _, tt := range tests {
			t.Run(string(alg)+"/"+tt.name, func(t *testing.T) {
				s := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
				s.Entries = []testpki.Revoked{{Serial: big.NewInt(1), At: now}, {Serial: new(big.Int).Lsh(big.NewInt(1), 159), At: now}}
				if tt.reason >= 0 {
					s.Entries = append(s.Entries, testpki.Revoked{Serial: cert.Serial, At: now.Add(-2 * day), Reason: tt.reason})
				}
				got := fromLists(t, ca, cert, s)
				wantState(t, got, tt.want)
				listed := got.State == revocation.Revoked || got.State == revocation.OnHold
				if listed && (!got.RevokedAt.Equal(now.Add(-2*day)) || got.Reason != tt.reason) {
					t.Errorf("%+v", got)
				}
				if got.Evidence != nil {
					t.Error("a list is no evidence to carry along")
				}
			})
		}
	}
}

// TestListDefects breaks one thing in a list that would otherwise say good, and
// in one that would say revoked: each leaves the state unknown.
func TestListDefects(t *testing.T) {
	ca, twin := newAuthority(t, testpki.ECDSA, "ca"), newAuthority(t, testpki.ECDSA, "twin")
	cert := issue(t, ca, testpki.Profile{})
	noSign := identity(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) { c.KeyUsage = x509.KeyUsageCertSign }})
	critical := testpki.Extension{OID: "1.2.398.9.9.9", Critical: true, Value: []byte{5, 0}}
	tests := []struct {
		name   string
		mutate func(*testpki.CRLSpec)
	}{
		{"expired", func(s *testpki.CRLSpec) { s.ThisUpdate, s.NextUpdate = now.Add(-2*day), now.Add(-time.Hour) }},
		{"not begun", func(s *testpki.CRLSpec) { s.ThisUpdate = now.Add(time.Hour) }},
		{"ends before it begins", func(s *testpki.CRLSpec) { s.ThisUpdate, s.NextUpdate = now, now.Add(-time.Minute) }},
		{"without next date", func(s *testpki.CRLSpec) { s.NextUpdate = time.Time{} }},
		{"another key", func(s *testpki.CRLSpec) { s.Issuer.Key = twin.IssuingIdentity().Key }},
		{"another authority of the same name", func(s *testpki.CRLSpec) { s.Issuer = twin.IssuingIdentity() }},
		{"the root's", func(s *testpki.CRLSpec) { s.Issuer = ca.RootIdentity() }},
		{"delta without base", func(s *testpki.CRLSpec) { s.Base = big.NewInt(1) }},
		{"indirect", func(s *testpki.CRLSpec) { s.Extra = []testpki.Extension{testpki.IssuingPoint(nil, 4)} }},
		{"only some reasons", func(s *testpki.CRLSpec) { s.Extra = []testpki.Extension{testpki.IssuingPoint(nil, 3)} }},
		{"only attributes", func(s *testpki.CRLSpec) { s.Extra = []testpki.Extension{testpki.IssuingPoint(nil, 5)} }},
		{"only authorities", func(s *testpki.CRLSpec) { s.Extra = []testpki.Extension{testpki.IssuingPoint(nil, 2)} }},
		{"another distribution point", func(s *testpki.CRLSpec) {
			s.Extra = []testpki.Extension{testpki.IssuingPoint([]string{"http://crl.example.kz/b.crl"})}
		}},
		{"unknown critical extension", func(s *testpki.CRLSpec) { s.Extra = []testpki.Extension{critical} }},
		{"unknown critical extension of an entry", func(s *testpki.CRLSpec) {
			s.Entries = append(s.Entries, testpki.Revoked{Serial: big.NewInt(5), At: now, Extra: []testpki.Extension{critical}})
		}},
		{"entry of another authority", func(s *testpki.CRLSpec) {
			s.Entries = append(s.Entries, testpki.Revoked{Serial: big.NewInt(5), At: now, Extra: []testpki.Extension{{OID: "2.5.29.29", Critical: true, Value: []byte{0x30, 0}}}})
		}},
	}
	for _, listed := range []bool{false, true} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				s := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
				if listed {
					s.Entries = []testpki.Revoked{{Serial: cert.Serial, At: now.Add(-day)}}
				}
				tt.mutate(&s)
				wantState(t, fromLists(t, ca, cert, s), revocation.Unknown)
			})
		}
	}
	t.Run("authority that may not sign lists", func(t *testing.T) {
		raw, err := ca.MakeCRL(testpki.CRLSpec{Issuer: noSign, ThisUpdate: now, NextUpdate: now.Add(day)})
		if err != nil {
			t.Fatal(err)
		}
		below := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(noSign) }})
		got := revocation.NewStatic([]*revocation.CRL{list(t, raw)}, nil).Status(t.Context(), below, noSign.Certificate, now)
		wantState(t, got, revocation.Unknown)
	})
	t.Run("SHA-1", func(t *testing.T) {
		ca := newAuthority(t, testpki.RSA, "sha1")
		s := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
		s.SignatureAlgorithm = pki.SHA1WithRSA
		wantState(t, fromLists(t, ca, issue(t, ca, testpki.Profile{}), s), revocation.Unknown)
	})
}

// TestListsThatAreInOrder: unusual, but usable.
func TestListsThatAreInOrder(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	tests := []struct {
		name   string
		mutate func(*testpki.CRLSpec)
	}{
		{"without key identifier and number", func(s *testpki.CRLSpec) { s.AuthorityID, s.Number = false, nil }},
		{"of the distribution point", func(s *testpki.CRLSpec) {
			s.Extra = []testpki.Extension{testpki.IssuingPoint([]string{"ldap://x", crlURL})}
		}},
		{"only users", func(s *testpki.CRLSpec) { s.Extra = []testpki.Extension{testpki.IssuingPoint(nil, 1)} }},
		{"a clock two minutes ahead", func(s *testpki.CRLSpec) { s.ThisUpdate = now.Add(2 * time.Minute) }},
		{"over two minutes ago", func(s *testpki.CRLSpec) { s.NextUpdate = now.Add(-2 * time.Minute) }},
		{"an unknown extension", func(s *testpki.CRLSpec) {
			s.Extra = []testpki.Extension{{OID: "1.2.398.9.9.9", Value: []byte{5, 0}}}
		}},
		{"a serial number too long to be a certificate's", func(s *testpki.CRLSpec) {
			s.Entries = []testpki.Revoked{{Serial: new(big.Int).Lsh(big.NewInt(1), 200), At: now}}
		}},
		{"a negative serial number", func(s *testpki.CRLSpec) {
			s.Entries = []testpki.Revoked{{Serial: new(big.Int).Sub(cert.Serial, new(big.Int).Lsh(big.NewInt(1), 8*uint((cert.Serial.BitLen()+7)/8))), At: now}}
		}},
		{"another list beside that is broken", func(*testpki.CRLSpec) {}},
	}
	broken := ca.CRLSpec(now.Add(-9*day), now.Add(-8*day))
	broken.Entries = []testpki.Revoked{{Serial: cert.Serial, At: now.Add(-9 * day)}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
			tt.mutate(&s)
			wantState(t, fromLists(t, ca, cert, broken, s), revocation.Good)
		})
	}
	authority := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority})
	s := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
	s.Extra = []testpki.Extension{testpki.IssuingPoint(nil, 1)}
	wantState(t, fromLists(t, ca, authority, s), revocation.Unknown)
	s.Extra = []testpki.Extension{testpki.IssuingPoint(nil, 2)}
	wantState(t, fromLists(t, ca, authority, s), revocation.Good)
}

// TestDeltaLists lays delta lists over a base (RFC 5280 §5.2.4).
func TestDeltaLists(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	entry := func(reason int) []testpki.Revoked {
		if reason < 0 {
			return nil
		}
		return []testpki.Revoked{{Serial: cert.Serial, At: now.Add(-day), Reason: reason}}
	}
	same := func(*testpki.CRLSpec) {}
	tests := []struct {
		name         string
		base, change int // reasons; -1: not listed
		mutate       func(delta *testpki.CRLSpec)
		want         revocation.State
	}{
		{"nothing new", -1, -1, same, revocation.Good},
		{"newly revoked", -1, 1, same, revocation.Revoked},
		{"newly on hold", -1, 6, same, revocation.OnHold},
		{"hold lifted", 6, 8, same, revocation.Good},
		{"hold made final", 6, 1, same, revocation.Revoked},
		{"still on hold", 6, -1, same, revocation.OnHold},
		{"a final revocation is not lifted", 1, 8, same, revocation.Revoked},
		{"removed, never listed", -1, 8, same, revocation.Good},
		{"base older than the delta's", -1, 1, func(s *testpki.CRLSpec) { s.Base = big.NewInt(11) }, revocation.Good},
		{"base older, hold", 6, 8, func(s *testpki.CRLSpec) { s.Base = big.NewInt(11) }, revocation.OnHold},
		{"delta older than the base", 6, 8, func(s *testpki.CRLSpec) { s.Number, s.Base = big.NewInt(9), big.NewInt(8) }, revocation.OnHold},
		{"delta without number", 6, 8, func(s *testpki.CRLSpec) { s.Number = nil }, revocation.OnHold},
		{"delta expired", 6, 8, func(s *testpki.CRLSpec) { s.NextUpdate = now.Add(-time.Hour) }, revocation.OnHold},
		{"delta of another scope", 6, 8, func(s *testpki.CRLSpec) { s.Extra = []testpki.Extension{testpki.IssuingPoint(nil, 1)} }, revocation.OnHold},
		{"delta without the key identifier", 6, 8, func(s *testpki.CRLSpec) { s.AuthorityID = false }, revocation.OnHold},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base := ca.CRLSpec(now.Add(-20*time.Hour), now.Add(7*time.Hour))
			base.Number, base.Entries = big.NewInt(10), entry(tt.base)
			delta := ca.CRLSpec(now.Add(-time.Hour), now.Add(6*time.Hour))
			delta.Number, delta.Base, delta.Entries = big.NewInt(12), big.NewInt(10), entry(tt.change)
			tt.mutate(&delta)
			wantState(t, fromLists(t, ca, cert, base, delta), tt.want)
			wantState(t, fromLists(t, ca, cert, delta, base), tt.want)
			wantState(t, fromLists(t, ca, cert, delta), revocation.Unknown)
		})
	}
	t.Run("the newest of several", func(t *testing.T) {
		base := ca.CRLSpec(now.Add(-20*time.Hour), now.Add(7*time.Hour))
		base.Number = big.NewInt(10)
		var specs []testpki.CRLSpec
		for i, reason := range []int{6, 1, 6} {
			d := ca.CRLSpec(now.Add(-time.Hour), now.Add(6*time.Hour))
			d.Number, d.Base, d.Entries = big.NewInt([]int64{11, 13, 12}[i]), base.Number, entry(reason)
			specs = append(specs, d)
		}
		wantState(t, fromLists(t, ca, cert, append(specs, base)...), revocation.Revoked)
	})
}

// TestDoubledEntries: of several entries of one serial number the gravest counts.
func TestDoubledEntries(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	s := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
	for _, r := range []int{8, 6, 1, 6} {
		s.Entries = append(s.Entries, testpki.Revoked{Serial: cert.Serial, At: now.Add(-day), Reason: r})
	}
	wantState(t, fromLists(t, ca, cert, s), revocation.Revoked)
}

func TestParseCRLRefuses(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	good, err := ca.CRL(now, now.Add(day))
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: good})
	if c := list(t, text); c.SHA256 != list(t, good).SHA256 {
		t.Error("PEM and DER differ")
	}
	point := func(value ...byte) []byte {
		s := ca.CRLSpec(now, now.Add(day))
		s.Extra = []testpki.Extension{{OID: "2.5.29.28", Critical: true, Value: value}}
		raw, err := ca.MakeCRL(s)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	empty := bytes.Repeat([]byte{0x30, 0}, 20000)
	tests := map[string][]byte{
		"nothing":            nil,
		"a certificate":      ca.Root.Raw,
		"cut short":          good[:len(good)-1],
		"trailing":           append(bytes.Clone(good), 0),
		"no list in PEM":     []byte("-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----\n"),
		"another PEM":        testpki.CertificatePEM(ca.Root),
		"scope":              point(0x30, 2, 0x86, 0),
		"scope trailing":     point(0x30, 0, 5, 0),
		"wrong order":        point(0x30, 6, 0x82, 1, 0xff, 0x81, 1, 0xff),
		"only empty entries": empty,
	}
	for name, raw := range tests {
		_, err := revocation.ParseCRL(raw)
		var e *reason.Error
		if !errors.As(err, &e) || e.Code != reason.RevocationUnknown {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLookup compares the sorted words with the numbers themselves.
func TestLookup(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	s := ca.CRLSpec(now, now.Add(day))
	for i := range 1000 {
		n := new(big.Int).Exp(big.NewInt(int64(i+2)), big.NewInt(int64(i%17+1)), nil)
		if n.BitLen() <= 160 {
			s.Entries = append(s.Entries, testpki.Revoked{Serial: n, At: now.Add(time.Duration(i) * time.Second)})
		}
	}
	raw, err := ca.MakeCRL(s)
	if err != nil {
		t.Fatal(err)
	}
	c := list(t, raw)
	listed := make(map[string]bool)
	for _, e := range s.Entries {
		listed[e.Serial.String()] = true
		if _, ok := c.Lookup(e.Serial); !ok {
			t.Errorf("%v is not found", e.Serial)
		}
	}
	for _, e := range s.Entries {
		for _, d := range []int64{-1, 1} {
			n := new(big.Int).Add(e.Serial, big.NewInt(d))
			if _, ok := c.Lookup(n); ok != listed[n.String()] {
				t.Errorf("%v: %v", n, ok)
			}
		}
	}
	for _, n := range []*big.Int{big.NewInt(-2), new(big.Int).Lsh(big.NewInt(1), 161), new(big.Int)} {
		if _, ok := c.Lookup(n); ok {
			t.Errorf("%v is found", n)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() { c.Lookup(s.Entries[5].Serial) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

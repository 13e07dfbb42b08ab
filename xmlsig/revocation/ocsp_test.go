package revocation_test

import (
	"bytes"
	"errors"
	"math/big"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

var nonce = []byte("0123456789abcdef")

// ask makes an answer about the certificate, changed by mutate.
func ask(t testing.TB, ca *testpki.Authority, cert, issuer *pki.Certificate, mutate func(*testpki.OCSPSpec)) []byte {
	t.Helper()
	request, err := revocation.NewOCSPRequest(cert, issuer, nonce)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ca.AnswerOCSP(request, now, mutate)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAnswerStates(t *testing.T) {
	for _, alg := range algorithms {
		ca := newAuthority(t, alg, string(alg))
		cert := issue(t, ca, testpki.Profile{})
		tests := []struct {
			name   string
			mutate func(*testpki.OCSPSpec)
			want   revocation.State
		}{
			{"good", nil, revocation.Good},
			{"revoked", revokedAs(now.Add(-day), 1), revocation.Revoked},
			{"revoked without reason", revokedAs(now.Add(-day), 0), revocation.Revoked},
			{"on hold", revokedAs(now.Add(-day), 6), revocation.OnHold},
			{"revoked in 1970", revokedAs(time.Unix(0, 0), 1), revocation.Revoked},
			{"on hold since 1970: never issued", revokedAs(time.Unix(0, 0), 6), revocation.Unknown},
			{"removed", revokedAs(now.Add(-day), 8), revocation.Unknown},
			{"unknown", func(s *testpki.OCSPSpec) { s.Singles[0].State = testpki.OCSPUnknown }, revocation.Unknown},
		}
		for _, tt := range tests {
			t.Run(string(alg)+"/"+tt.name, func(t *testing.T) {
				raw := ask(t, ca, cert, ca.Issuing, tt.mutate)
				got := answer(t, raw).Status(cert, ca.Issuing, now, nonce)
				wantState(t, got, tt.want)
				if tt.want != revocation.Unknown && (got.Source != revocation.SourceOCSP || !bytes.Equal(got.Evidence, raw)) {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

func revokedAs(at time.Time, reason int) func(*testpki.OCSPSpec) {
	return func(s *testpki.OCSPSpec) {
		s.Singles[0].State, s.Singles[0].RevokedAt, s.Singles[0].Reason = testpki.OCSPRevoked, at, reason
	}
}

// TestAnswerDefects breaks one thing in an answer that would otherwise say
// good, and in one that would say revoked: each leaves the state unknown.
func TestAnswerDefects(t *testing.T) {
	ca, twin := newAuthority(t, testpki.ECDSA, "ca"), newAuthority(t, testpki.ECDSA, "twin")
	cert, other := issue(t, ca, testpki.Profile{}), issue(t, ca, testpki.Profile{})
	critical := testpki.Extension{OID: "1.2.398.9.9.9", Critical: true, Value: []byte{5, 0}}
	responder := func(mutate func(*testpki.Template)) func(*testpki.OCSPSpec) {
		id := identity(t, ca, testpki.Profile{Kind: testpki.OCSP, Mutate: mutate})
		return func(s *testpki.OCSPSpec) { s.Signer, s.Certificates = id, [][]byte{id.Certificate.Raw} }
	}
	foreign := func(about, issuer *pki.Certificate) func(*testpki.OCSPSpec) {
		request, _ := revocation.NewOCSPRequest(about, issuer, nonce)
		return func(s *testpki.OCSPSpec) { s.Singles[0].CertID = certIDOf(t, request) }
	}
	tests := []struct {
		name   string
		mutate func(*testpki.OCSPSpec)
	}{
		{"another certificate", foreign(other, ca.Issuing)},
		{"another authority's key", foreign(cert, twin.Issuing)},
		{"no answer at all", func(s *testpki.OCSPSpec) { s.Singles = nil }},
		{"responder without the usage", responder(func(c *testpki.Template) { c.EKU = nil })},
		{"responder is a person", responder(func(c *testpki.Template) { c.EKU = []string{"1.3.6.1.5.5.7.3.4"} })},
		{"responder of another authority", func(s *testpki.OCSPSpec) {
			s.Signer, s.Certificates = twin.Responder(), [][]byte{twin.Responder().Certificate.Raw}
		}},
		{"responder of the root", responder(func(c *testpki.Template) { c.SignedBy(ca.RootIdentity()) })},
		{"responder below a responder", responder(func(c *testpki.Template) { c.SignedBy(ca.Responder()) })},
		{"responder expired", responder(func(c *testpki.Template) { c.NotBefore, c.NotAfter = now.Add(-2*day), now.Add(-day) })},
		{"responder not yet valid", responder(func(c *testpki.Template) { c.NotBefore = now.Add(day) })},
		{"responder's key may not sign", responder(func(c *testpki.Template) { c.KeyUsage = 4 })},
		{"responder with a critical extension", responder(func(c *testpki.Template) { c.Extra = []testpki.Extension{critical} })},
		{"responder's certificate altered", responder(func(c *testpki.Template) {
			c.Raw = func(b []byte) []byte { b[len(b)-1] ^= 1; return b }
		})},
		{"responder's certificate missing", func(s *testpki.OCSPSpec) { s.Certificates = nil }},
		{"responder's certificate is another's", func(s *testpki.OCSPSpec) { s.Certificates = [][]byte{other.Raw} }},
		{"signed by another key", func(s *testpki.OCSPSpec) { s.Signer.Key = twin.Responder().Key }},
		{"signed by the person itself", responder(func(c *testpki.Template) { c.EKU = nil; c.Subject = c.Subject[:1] })},
		{"begins in the future", func(s *testpki.OCSPSpec) { s.Singles[0].ThisUpdate = now.Add(time.Hour) }},
		{"made in the future", func(s *testpki.OCSPSpec) { s.ProducedAt = now.Add(time.Hour) }},
		{"over", func(s *testpki.OCSPSpec) {
			s.Singles[0].ThisUpdate, s.Singles[0].NextUpdate = now.Add(-2*time.Hour), now.Add(-time.Hour)
		}},
		{"without end, older than an hour", func(s *testpki.OCSPSpec) { s.Singles[0].ThisUpdate = now.Add(-63 * time.Minute) }},
		{"ends before it begins", func(s *testpki.OCSPSpec) { s.Singles[0].NextUpdate = now.Add(-time.Second) }},
		{"another nonce", func(s *testpki.OCSPSpec) { s.Nonce = append([]byte{4, 16}, "fedcba9876543210"...) }},
		{"no nonce", func(s *testpki.OCSPSpec) { s.Nonce = nil }},
		{"empty nonce", func(s *testpki.OCSPSpec) { s.Nonce = []byte{} }},
		{"critical extension", func(s *testpki.OCSPSpec) { s.Extra = append(s.Extra, critical) }},
		{"critical extension of the single answer", func(s *testpki.OCSPSpec) { s.Singles[0].Extra = []testpki.Extension{critical} }},
	}
	for _, prepare := range []func(*testpki.OCSPSpec){func(*testpki.OCSPSpec) {}, revokedAs(now.Add(-day), 1)} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				raw := ask(t, ca, cert, ca.Issuing, func(s *testpki.OCSPSpec) { prepare(s); tt.mutate(s) })
				got := answer(t, raw).Status(cert, ca.Issuing, now, nonce)
				wantState(t, got, revocation.Unknown)
			})
		}
	}
	t.Run("SHA-1 signature", func(t *testing.T) {
		ca := newAuthority(t, testpki.RSA, "sha1")
		cert := issue(t, ca, testpki.Profile{})
		raw := ask(t, ca, cert, ca.Issuing, func(s *testpki.OCSPSpec) { s.SignatureAlgorithm = pki.SHA1WithRSA })
		wantState(t, answer(t, raw).Status(cert, ca.Issuing, now, nonce), revocation.Unknown)
	})
	t.Run("same name, other key", func(t *testing.T) {
		raw := ask(t, ca, cert, ca.Issuing, nil)
		wantState(t, answer(t, raw).Status(cert, twin.Issuing, now, nonce), revocation.Unknown)
	})
}

// certIDOf cuts the CertID out of a request made by NewOCSPRequest.
func certIDOf(t testing.TB, request []byte) []byte {
	t.Helper()
	i := bytes.Index(request, []byte{0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48})
	if i < 2 || request[i-2] != 0x30 || request[i-1] >= 0x80 {
		t.Fatalf("%x", request)
	}
	return request[i-2 : i+int(request[i-1])]
}

// TestAnswersThatAreInOrder: unusual, but usable.
func TestAnswersThatAreInOrder(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	noCheck := identity(t, ca, testpki.Profile{Kind: testpki.OCSP, Mutate: func(c *testpki.Template) { c.OCSPNoCheck = false }})
	tests := []struct {
		name   string
		mutate func(*testpki.OCSPSpec)
	}{
		{"by key hash", func(s *testpki.OCSPSpec) { s.ByKey = true }},
		{"by the authority itself", func(s *testpki.OCSPSpec) { s.Signer, s.Certificates = ca.IssuingIdentity(), nil }},
		{"by the authority, by key hash", func(s *testpki.OCSPSpec) { s.Signer, s.Certificates, s.ByKey = ca.IssuingIdentity(), nil, true }},
		{"responder without nocheck", func(s *testpki.OCSPSpec) { s.Signer, s.Certificates = noCheck, [][]byte{noCheck.Certificate.Raw} }},
		{"more certificates than needed", func(s *testpki.OCSPSpec) {
			s.Certificates = [][]byte{{0x30, 3, 2, 1, 1}, ca.Root.Raw, cert.Raw, s.Certificates[0]}
		}},
		{"bare nonce", func(s *testpki.OCSPSpec) { s.Nonce = nonce }},
		{"a day long", func(s *testpki.OCSPSpec) {
			s.Singles[0].ThisUpdate, s.Singles[0].NextUpdate = now.Add(-day), now.Add(day)
		}},
		{"a clock two minutes ahead", func(s *testpki.OCSPSpec) {
			s.Singles[0].ThisUpdate, s.ProducedAt = now.Add(2*time.Minute), now.Add(2*time.Minute)
		}},
		{"about others too", func(s *testpki.OCSPSpec) {
			request, _ := revocation.NewOCSPRequest(ca.Root, ca.Issuing, nil)
			other := s.Singles[0]
			other.CertID, other.State = certIDOf(t, request), testpki.OCSPUnknown
			s.Singles = append([]testpki.OCSPSingle{other}, s.Singles...)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := ask(t, ca, cert, ca.Issuing, tt.mutate)
			wantState(t, answer(t, raw).Status(cert, ca.Issuing, now, nonce), revocation.Good)
		})
	}
}

// TestGravestSingleCounts: an answer that says two things about a certificate
// is taken at its worst.
func TestGravestSingleCounts(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	for _, order := range [][]int{{-1, 1}, {1, -1}, {6, 1}, {1, 6}} {
		raw := ask(t, ca, cert, ca.Issuing, func(s *testpki.OCSPSpec) {
			good := s.Singles[0]
			s.Singles = nil
			for _, reason := range order {
				one := good
				if reason > 0 {
					one.State, one.RevokedAt, one.Reason = testpki.OCSPRevoked, now.Add(-day), reason
				}
				s.Singles = append(s.Singles, one)
			}
		})
		wantState(t, answer(t, raw).Status(cert, ca.Issuing, now, nonce), revocation.Revoked)
	}
}

// TestContradictingSingles: unknown outweighs good, a revocation both, in any order.
func TestContradictingSingles(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	single := func(good testpki.OCSPSingle, what string) testpki.OCSPSingle {
		set := func(reason int, at time.Time) {
			good.State, good.RevokedAt, good.Reason = testpki.OCSPRevoked, at, reason
		}
		switch what {
		case "unknown":
			good.State = testpki.OCSPUnknown
		case "revoked":
			set(1, now.Add(-day))
		case "held":
			set(6, now.Add(-day))
		case "removed":
			set(8, now.Add(-day))
		case "never issued":
			set(6, time.Unix(0, 0))
		}
		return good
	}
	for _, tt := range []struct {
		a, b string
		want revocation.State
	}{
		{"good", "unknown", revocation.Unknown},
		{"good", "never issued", revocation.Unknown},
		{"good", "removed", revocation.Unknown},
		{"good", "held", revocation.OnHold},
		{"unknown", "held", revocation.OnHold},
		{"unknown", "revoked", revocation.Revoked},
		{"removed", "revoked", revocation.Revoked},
		{"never issued", "revoked", revocation.Revoked},
	} {
		for _, order := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			raw := ask(t, ca, cert, ca.Issuing, func(s *testpki.OCSPSpec) {
				s.Singles = []testpki.OCSPSingle{single(s.Singles[0], order[0]), single(s.Singles[0], order[1])}
			})
			got := answer(t, raw).Status(cert, ca.Issuing, now, nonce)
			if got.State != tt.want {
				t.Errorf("%v: %v (%s), want %v", order, got.State, got.Detail, tt.want)
			}
		}
	}
}

// TestAboutTheAuthority: the root answers about the issuing authority itself.
func TestAboutTheAuthority(t *testing.T) {
	ca := newAuthority(t, testpki.GOST512, "ca")
	raw := ask(t, ca, ca.Issuing, ca.Root, nil)
	wantState(t, answer(t, raw).Status(ca.Issuing, ca.Root, now, nonce), revocation.Good)
	ca.Revoke(ca.Issuing.Serial, now.Add(-day), 5)
	raw = ask(t, ca, ca.Issuing, ca.Root, nil)
	wantState(t, answer(t, raw).Status(ca.Issuing, ca.Root, now, nonce), revocation.Revoked)
}

// TestUnissuedIsUnknown: a responder's way of saying "never issued" is not a
// revocation.
func TestUnissuedIsUnknown(t *testing.T) {
	ca := newAuthority(t, testpki.GOST512, "ca")
	cert := *issue(t, ca, testpki.Profile{})
	cert.Serial = big.NewInt(42)
	raw := ask(t, ca, &cert, ca.Issuing, nil)
	wantState(t, answer(t, raw).Status(&cert, ca.Issuing, now, nonce), revocation.Unknown)
}

func TestParseOCSPRefuses(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	good := ask(t, ca, ca.Responder().Certificate, ca.Issuing, nil)
	tests := map[string]struct {
		raw  []byte
		code reason.Code
	}{
		"nothing":     {nil, reason.RevocationUnknown},
		"tryLater":    {[]byte{0x30, 3, 0x0a, 1, 3}, reason.RevocationUnknown},
		"no response": {[]byte{0x30, 3, 0x0a, 1, 0}, reason.RevocationUnknown},
		"certificate": {ca.Root.Raw, reason.RevocationUnknown},
		"cut short":   {good[:len(good)-1], reason.RevocationUnknown},
		"trailing":    {append(bytes.Clone(good), 0), reason.RevocationUnknown},
		"too large":   {make([]byte, 1<<20), reason.TooLarge},
	}
	for name, tt := range tests {
		_, err := revocation.ParseOCSP(tt.raw)
		var e *reason.Error
		if !errors.As(err, &e) || e.Code != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

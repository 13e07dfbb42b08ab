package revocation_test

import (
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// A clock that a responder contradicts decides nothing, not even by a list that would still be good.
func TestAClockTheResponderContradicts(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	asOf := func(made time.Time) func([]byte) ([]byte, error) {
		return func(request []byte) ([]byte, error) { return ca.OCSP(request, made) }
	}
	changed := func(made time.Time, change func(*testpki.OCSPSpec)) func([]byte) ([]byte, error) {
		return func(request []byte) ([]byte, error) { return ca.AnswerOCSP(request, made, change) }
	}
	const crl = "http://crl.example.kz/list.crl"
	tests := []struct {
		name    string
		answers func([]byte) ([]byte, error)
		off     time.Duration
		want    revocation.State
		source  string
		says    string
	}{
		{"90 seconds behind", asOf(now.Add(90 * time.Second)), 0, revocation.Good, revocation.SourceOCSP, "good"},
		{"90 seconds ahead", asOf(now.Add(-90 * time.Second)), 0, revocation.Good, revocation.SourceOCSP, "good"},
		{"three minutes behind", asOf(now.Add(3 * time.Minute)), -3 * time.Minute, revocation.Unknown, "", "clock is 3m0s behind"},
		{"three minutes ahead", asOf(now.Add(-3 * time.Minute)), 3 * time.Minute, revocation.Unknown, "", "clock is 3m0s ahead of"},
		{"from the future without our nonce", changed(now.Add(time.Hour), func(s *testpki.OCSPSpec) { s.Nonce = nil }),
			-time.Hour, revocation.Unknown, "", "clock is 1h0m0s behind"},
		{"an old answer proves nothing, the list decides", changed(now.Add(-time.Hour), func(s *testpki.OCSPSpec) { s.Nonce = nil }),
			0, revocation.Good, revocation.SourceCRL, "not on the list"},
		{"a forged one from the future proves nothing", changed(now.Add(time.Hour), func(s *testpki.OCSPSpec) { s.Signer.Key = ca.RootIdentity().Key }),
			0, revocation.Good, revocation.SourceCRL, "not on the list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newNetwork(ca)
			n.answers = tt.answers
			n.serve(t, crl, ca.CRLSpec(now.Add(-time.Hour), now.Add(time.Hour)))
			source := revocation.NewOnline(n, revocation.Config{Now: func() time.Time { return now }, Rand: &seeded{seed: "nonce"}, Hosts: hosts, CRL: []string{crl}})
			got := source.Status(t.Context(), cert, ca.Issuing, now)
			if got.State != tt.want || got.Source != tt.source || got.ClockOff != tt.off || !strings.Contains(got.Detail, tt.says) {
				t.Errorf("%s by %q, clock off %v: %s", got.State, got.Source, got.ClockOff, got.Detail)
			}
		})
	}
}

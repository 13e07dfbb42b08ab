package revocation_test

import (
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// stage is an authority whose responder and list may disagree.
type stage struct {
	*network
	at   time.Time
	cert *pki.Certificate
}

// newStage makes one where each source says good, revoked or nothing.
func newStage(t *testing.T, ocsp, crl string) *stage {
	ca := newAuthority(t, testpki.ECDSA, "policy")
	s := &stage{network: newNetwork(ca), at: now, cert: issue(t, ca, testpki.Profile{})}
	s.clock = func() time.Time { return s.at }
	s.answers = func(request []byte) ([]byte, error) {
		return ca.AnswerOCSP(request, s.at, func(a *testpki.OCSPSpec) {
			if ocsp == "revoked" {
				a.Singles[0].State, a.Singles[0].RevokedAt, a.Singles[0].Reason = testpki.OCSPRevoked, now.Add(-day), 1
			}
		})
	}
	if ocsp == "" {
		s.answers = func([]byte) ([]byte, error) { return nil, errDown }
	}
	if crl != "" {
		list := ca.CRLSpec(now.Add(-time.Hour), now.Add(3*day))
		if crl == "revoked" {
			list.Entries = []testpki.Revoked{{Serial: s.cert.Serial, At: now.Add(-day), Reason: 1}}
		}
		s.serve(t, crlURL, list)
	}
	return s
}

func (s *stage) online() *revocation.Online {
	return revocation.NewOnline(s, revocation.Config{OCSP: []string{ocspURL}, CRL: []string{crlURL}, Now: func() time.Time { return s.at }})
}

func TestPolicies(t *testing.T) {
	ocspFirst, crlFirst := []string{"ocsp", "crl"}, []string{"crl", "ocsp"}
	const good, revoked, unknown = revocation.Good, revocation.Revoked, revocation.Unknown
	tests := []struct {
		name      string
		policy    revocation.Policy
		ocsp, crl string
		want      revocation.State
		source    string
	}{
		{"zero", revocation.Policy{}, "good", "revoked", good, "ocsp"},
		{"zero, silent responder", revocation.Policy{}, "", "revoked", revoked, "crl"},
		{"OCSP first", revocation.Policy{Order: ocspFirst}, "revoked", "good", revoked, "ocsp"},
		{"lists first", revocation.Policy{Order: crlFirst}, "revoked", "good", good, "crl"},
		{"lists first, no list", revocation.Policy{Order: crlFirst}, "revoked", "", revoked, "ocsp"},
		{"OCSP alone", revocation.Policy{Order: ocspFirst[:1]}, "", "good", unknown, ""},
		{"lists alone", revocation.Policy{Order: crlFirst[:1]}, "good", "", unknown, ""},
		{"nobody", revocation.Policy{Order: crlFirst}, "", "", unknown, ""},
		{"both good", revocation.Policy{Order: crlFirst, All: true}, "good", "good", good, "ocsp"},
		{"both, one revoked", revocation.Policy{Order: crlFirst, All: true}, "good", "revoked", revoked, "crl"},
		{"both, the other revoked", revocation.Policy{All: true}, "revoked", "good", revoked, "ocsp"},
		{"both, one silent", revocation.Policy{All: true}, "good", "", unknown, ""},
		{"both, the other silent", revocation.Policy{All: true}, "", "good", unknown, ""},
		{"both, one silent, one revoked", revocation.Policy{All: true}, "", "revoked", revoked, "crl"},
		{"misspelt", revocation.Policy{Order: []string{"oscp"}}, "revoked", "good", revoked, "ocsp"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.ocsp, tt.crl)
			view := s.online().Under(tt.policy)
			for _, from := range []string{"outside", "memory"} {
				got := view.Status(t.Context(), s.cert, s.ca.Issuing, s.at)
				if wantState(t, got, tt.want); got.Source != tt.source {
					t.Errorf("%s: by %q: %s", from, got.Source, got.Detail)
				}
				if both := tt.name == "both good"; both != (len(got.Also) == 1) || both && got.Also[0].EvidenceSHA256 == "" {
					t.Errorf("%s: the other source's evidence: %+v", from, got.Also)
				}
			}
		})
	}
}

// TestPoliciesShareWhatIsKnown: but what one service took for want of something
// better is not another one's first choice.
func TestPoliciesShareWhatIsKnown(t *testing.T) {
	s := newStage(t, "revoked", "good")
	o := s.online()
	lists := o.Under(revocation.Policy{Order: []string{"crl", "ocsp"}})
	wantState(t, lists.Status(t.Context(), s.cert, s.ca.Issuing, s.at), revocation.Good)
	wantState(t, o.Status(t.Context(), s.cert, s.ca.Issuing, s.at), revocation.Revoked)
	wantState(t, lists.Status(t.Context(), s.cert, s.ca.Issuing, s.at), revocation.Good)
	wantState(t, o.Under(revocation.Policy{All: true}).Status(t.Context(), s.cert, s.ca.Issuing, s.at), revocation.Revoked)
	wantState(t, o.Under(revocation.Policy{Order: []string{"ocsp"}}).Status(t.Context(), s.cert, s.ca.Issuing, s.at), revocation.Revoked)
	if s.count(ocspURL) != 1 || s.count(crlURL) != 1 {
		t.Error(s.asked)
	}
}

// TestFreshnessOfAPolicy: a strict service asks again where another does not.
func TestFreshnessOfAPolicy(t *testing.T) {
	s := newStage(t, "good", "")
	o := s.online()
	strict := o.Under(revocation.Policy{Freshness: 5 * time.Minute})
	lax := o.Under(revocation.Policy{Freshness: 4 * time.Hour})
	for _, step := range []struct {
		after time.Duration
		by    revocation.Source
		asked int
	}{{0, o, 1}, {4 * time.Minute, strict, 1}, {6 * time.Minute, strict, 2}, {65 * time.Minute, o, 2}, {67 * time.Minute, o, 3},
		{5 * time.Hour, lax, 3}, {6 * time.Hour, lax, 4}} {
		s.at = now.Add(step.after)
		wantState(t, step.by.Status(t.Context(), s.cert, s.ca.Issuing, s.at), revocation.Good)
		if s.count(ocspURL) != step.asked {
			t.Errorf("after %v asked %d times, want %d", step.after, s.count(ocspURL), step.asked)
		}
	}
}

// TestNewListEndsWhatOldOnesSaid: a revocation counts as soon as its list is here.
func TestNewListEndsWhatOldOnesSaid(t *testing.T) {
	s := newStage(t, "", "good")
	o := revocation.NewOnline(s, revocation.Config{CRL: []string{crlURL}, Now: func() time.Time { return s.at }, CRLRefresh: 10 * time.Minute})
	wantState(t, o.Status(t.Context(), s.cert, s.ca.Issuing, s.at), revocation.Good)
	s.at = now.Add(11 * time.Minute)
	list := s.ca.CRLSpec(s.at, s.at.Add(day))
	list.Entries = []testpki.Revoked{{Serial: s.cert.Serial, At: s.at, Reason: 1}}
	s.serve(t, crlURL, list)
	wantState(t, o.Status(t.Context(), s.cert, s.ca.Issuing, s.at), revocation.Good) // remembered for an hour
	wantState(t, o.Status(t.Context(), issue(t, s.ca, testpki.Profile{}), s.ca.Issuing, s.at), revocation.Good)
	wantState(t, o.Status(t.Context(), s.cert, s.ca.Issuing, s.at), revocation.Revoked)
}

package revocation_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// TestStaticPicksTheBest mixes lists and answers of all sorts.
func TestStaticPicksTheBest(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	listOf := func(from time.Time, reason int) *revocation.CRL {
		s := ca.CRLSpec(from, from.Add(day))
		if reason >= 0 {
			s.Entries = []testpki.Revoked{{Serial: cert.Serial, At: now.Add(-9 * day), Reason: reason}}
		}
		raw, err := ca.MakeCRL(s)
		if err != nil {
			t.Fatal(err)
		}
		return list(t, raw)
	}
	answerOf := func(at time.Time, mutate func(*testpki.OCSPSpec)) *revocation.OCSPResponse {
		request, err := revocation.NewOCSPRequest(cert, ca.Issuing, nil)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := ca.AnswerOCSP(request, at, mutate)
		if err != nil {
			t.Fatal(err)
		}
		return answer(t, raw)
	}
	hold, revoked := revokedAs(now.Add(-9*day), 6), revokedAs(now.Add(-9*day), 1)
	const hour = time.Hour
	tests := []struct {
		name    string
		lists   []*revocation.CRL
		answers []*revocation.OCSPResponse
		want    revocation.State
		detail  string
	}{
		{"nothing", nil, nil, revocation.Unknown, "nothing usable"},
		{"answer", nil, []*revocation.OCSPResponse{answerOf(now, nil)}, revocation.Good, ""},
		{"stale answer, good list", []*revocation.CRL{listOf(now.Add(-hour), -1)}, []*revocation.OCSPResponse{answerOf(now.Add(-day), nil)}, revocation.Good, ""},
		{"stale answer of revocation, good list", []*revocation.CRL{listOf(now.Add(-hour), -1)}, []*revocation.OCSPResponse{answerOf(now.Add(-day), revoked)}, revocation.Good, ""},
		{"good answer, revoked on the list", []*revocation.CRL{listOf(now.Add(-hour), 1)}, []*revocation.OCSPResponse{answerOf(now, nil)}, revocation.Revoked, ""},
		{"revoked by the answer, not listed", []*revocation.CRL{listOf(now.Add(-hour), -1)}, []*revocation.OCSPResponse{answerOf(now, revoked)}, revocation.Revoked, ""},
		{"hold lifted since the list", []*revocation.CRL{listOf(now.Add(-hour), 6)}, []*revocation.OCSPResponse{answerOf(now, nil)}, revocation.Good, ""},
		{"held since the list", []*revocation.CRL{listOf(now.Add(-hour), -1)}, []*revocation.OCSPResponse{answerOf(now, hold)}, revocation.OnHold, ""},
		{"hold and good at once", []*revocation.CRL{listOf(now, -1)}, []*revocation.OCSPResponse{answerOf(now, hold)}, revocation.OnHold, ""},
		{"older list good, newer revoked", []*revocation.CRL{listOf(now.Add(-2*hour), -1), listOf(now.Add(-hour), 1)}, nil, revocation.Revoked, ""},
		{"older list revoked, newer good", []*revocation.CRL{listOf(now.Add(-2*hour), 1), listOf(now.Add(-hour), -1)}, nil, revocation.Revoked, ""},
		{"older list on hold, newer good", []*revocation.CRL{listOf(now.Add(-2*hour), 6), listOf(now.Add(-hour), -1)}, nil, revocation.Good, ""},
		{"both over", []*revocation.CRL{listOf(now.Add(-9*day), -1)}, []*revocation.OCSPResponse{answerOf(now.Add(-day), nil)}, revocation.Unknown,
			"ocsp: expired 2026-11-22T13:00:00Z; crl: expired 2026-11-15T12:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := revocation.NewStatic(tt.lists, tt.answers).Status(t.Context(), cert, ca.Issuing, now)
			wantState(t, got, tt.want)
			if !strings.Contains(got.Detail, tt.detail) {
				t.Errorf("detail %q, want %q", got.Detail, tt.detail)
			}
		})
	}
}

// TestRevokedResponder: a list at hand that revokes the responder makes its
// answers void.
func TestRevokedResponder(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	request, _ := revocation.NewOCSPRequest(cert, ca.Issuing, nil)
	raw, err := ca.OCSP(request, now)
	if err != nil {
		t.Fatal(err)
	}
	s := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
	s.Entries = []testpki.Revoked{{Serial: ca.Responder().Certificate.Serial, At: now.Add(-day), Reason: 1}}
	s.Extra = []testpki.Extension{testpki.IssuingPoint(nil, 1)}
	rawList, err := ca.MakeCRL(s)
	if err != nil {
		t.Fatal(err)
	}
	lists := []*revocation.CRL{list(t, rawList)}
	source := revocation.NewStatic(lists, []*revocation.OCSPResponse{answer(t, raw)})
	if got := source.Status(t.Context(), cert, ca.Issuing, now); got.Source != revocation.SourceCRL || got.State != revocation.Good {
		t.Errorf("%v by %s: the answer of a revoked responder counted", got.State, got.Source)
	}
	authority := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority})
	request, _ = revocation.NewOCSPRequest(authority, ca.Issuing, nil)
	if raw, err = ca.OCSP(request, now); err != nil {
		t.Fatal(err)
	}
	source = revocation.NewStatic(lists, []*revocation.OCSPResponse{answer(t, raw)})
	got := source.Status(t.Context(), authority, ca.Issuing, now) // the list is of users only
	wantState(t, got, revocation.Unknown)
	if !strings.Contains(got.Detail, "responder not authorised: revoked") {
		t.Error(got.Detail)
	}
}

// TestDetailsHoldNoNumbers: nothing personal gets into what is shown.
func TestDetailsHoldNoNumbers(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{IIN: "000230500003", BIN: "001340000002"})
	var lists []*revocation.CRL
	for i := range 40 {
		s := ca.CRLSpec(now.Add(-time.Duration(i+9)*day), now.Add(-time.Duration(i+8)*day))
		s.Number = big.NewInt(int64(i))
		raw, err := ca.MakeCRL(s)
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, list(t, raw))
	}
	got := revocation.NewStatic(lists, nil).Status(t.Context(), cert, ca.Issuing, now)
	if strings.Contains(got.Detail, "000230500003") || strings.Contains(got.Detail, "001340000002") || len(got.Detail) > 700 {
		t.Errorf("%d letters: %s", len(got.Detail), got.Detail)
	}
}

var _ revocation.Source = (*revocation.Static)(nil)
var _ revocation.Source = (*revocation.Online)(nil)

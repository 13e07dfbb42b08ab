package gateway

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// portalSystem is the organisation that signs messages.
var portalSystem = sync.OnceValues(func() (testpki.Identity, error) {
	ca, err := people()
	if err != nil {
		return testpki.Identity{}, err
	}
	return ca.Issue(testpki.Profile{Kind: testpki.InformationSystem, BIN: oneBIN})
})

// oneCertificate answers for one certificate as the test says, and good for all others.
type oneCertificate struct {
	cert  *pki.Certificate
	state revocation.State
	asked int
}

func (a *oneCertificate) Status(_ context.Context, cert, _ *pki.Certificate, _ time.Time) revocation.Status {
	if cert.SHA256 != a.cert.SHA256 {
		return revocation.Status{State: revocation.Good, Source: revocation.SourceOCSP}
	}
	a.asked++
	return revocation.Status{State: a.state, Source: revocation.SourceOCSP, RevokedAt: morning.Add(-time.Hour)}
}

// sent is a submission over SOAP as the adapter hands it in, its own signature proved.
func (d *desk) sent(doc []byte, id string, via Via) (Answer, error) {
	sender := must(portalSystem())(d.t).Certificate
	return d.intake.Accept(d.t.Context(), Submission{Caller: Caller{ID: "shep-national"}.Behind("S", "pep"), Via: via, MessageID: id, Channel: ChannelPortal,
		Document: doc, Transport: []reason.Check{reason.Pass(CheckTransportPrefix, 0, ""), reason.Pass(TransportCheck(reason.CheckSignature), 0, "")},
		Sender: &Sender{Algorithm: "rsa-sha256", Certificate: sender, Chain: pki.Chain{sender, must(people())(d.t).Issuing}}})
}

func senderDesk(t testing.TB, section string, state revocation.State) (*desk, *oneCertificate) {
	source := &oneCertificate{cert: must(portalSystem())(t).Certificate, state: state}
	return newDesk(t, section, func(func() time.Time) revocation.Source { return source }), source
}

func TestTheSendersCertificateIsAskedForByTheServicesRule(t *testing.T) {
	const marking = "{unknown: accept-marked, " + signedFor + "}"
	for name, tt := range map[string]struct {
		section  string
		state    revocation.State
		decision Decision
		code     Code
	}{
		"good":                          {"", revocation.Good, DecisionAccepted, ""},
		"revoked":                       {"", revocation.Revoked, DecisionRefused, reason.TransportSignatureNotCurrent},
		"on hold":                       {"", revocation.OnHold, DecisionRefused, reason.TransportSignatureNotCurrent},
		"unknown":                       {"", revocation.Unknown, DecisionParked, reason.RevocationUnknown},
		"unknown, refusing":             {"{unknown: refuse}", revocation.Unknown, DecisionRefused, reason.RevocationUnknown},
		"unknown is never just marked":  {marking, revocation.Unknown, DecisionParked, reason.RevocationUnknown},
		"revoked, where marking is law": {marking, revocation.Revoked, DecisionRefused, reason.TransportSignatureNotCurrent},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := senderDesk(t, tt.section, tt.state)
			a := must(d.sent(d.signed(), "1", ViaSyncSOAP))(t)
			if a.Decision != tt.decision || a.Code != tt.code {
				t.Fatalf("%+v", a)
			}
			v := d.ledger.verdicts[a.Verdict]
			if outcome, code := reason.Verdict(v.Checks); outcome != v.Outcome || code != v.Code {
				t.Errorf("the verdict says %s %s, its checks %s %s", v.Outcome, v.Code, outcome, code)
			}
			if v.Sender == nil || v.Sender.Serial == "" || len(v.SenderCertificates) != 2 || !IsTransportCheck(v.Checks[0].Name) {
				t.Errorf("the sender is not in the verdict: %+v", v)
			}
			for _, sha := range v.SenderCertificates {
				if d.ledger.docs[sha] == nil {
					t.Error("a certificate of the sender is not kept")
				}
			}
		})
	}
}

// A parked application goes on when the status of the sender's certificate becomes known, one way or the other.
func TestParkedForTheSendersCertificate(t *testing.T) {
	for state, want := range map[revocation.State]State{revocation.Good: StateAccepted, revocation.Revoked: StateRefused} {
		d, source := senderDesk(t, "{unknown: accept-marked, "+signedFor+"}", revocation.Unknown)
		a := must(d.sent(d.signed(), "1", ViaSyncSOAP))(t)
		d.pass(time.Hour)
		d.round()
		if c := d.get(a.Number); c.State != StateParked {
			t.Fatalf("%s while nobody tells the status", c.State)
		}
		source.state = state
		d.pass(time.Hour)
		d.round()
		if c := d.get(a.Number); c.State != want || c.Mark != MarkNone {
			t.Errorf("%s %s, want %s", c.State, c.Mark, want)
		}
	}
}

// Signed by the portal, not by the citizen: one verdict with the message's checks passed and the reason.
func TestSignedByThePortalOnly(t *testing.T) {
	d, source := senderDesk(t, "", revocation.Good)
	text := string(d.signed())
	from, to := strings.Index(text, "<ds:Signature"), strings.Index(text, "</ds:Signature>")+len("</ds:Signature>")
	a := must(d.sent([]byte(text[:from]+text[to:]), "1", ViaSyncSOAP))(t)
	v := d.ledger.verdicts[a.Verdict]
	if a.Code != reason.SignatureMissing || v.Code != reason.SignatureMissing || v.Outcome != reason.Failed {
		t.Errorf("%+v %+v", a, v)
	}
	for _, c := range v.Checks {
		if IsTransportCheck(c.Name) && c.Outcome != reason.Passed {
			t.Errorf("%+v", c)
		}
	}
	if v.Sender == nil || source.asked != 1 {
		t.Errorf("sender %v, its status asked for %d times", v.Sender, source.asked)
	}
}

// A refusal is the answer to its message id only if the sender is known to be good.
func TestARevokedSenderSpendsNoMessageID(t *testing.T) {
	for _, state := range []revocation.State{revocation.Revoked, revocation.Unknown, revocation.Good} {
		d, source := senderDesk(t, "", state)
		text := string(d.signed())
		unsigned := text[:strings.Index(text, "<ds:Signature")] + text[strings.Index(text, "</ds:Signature>")+len("</ds:Signature>"):]
		a := must(d.sent([]byte(unsigned), "1", ViaSyncSOAP))(t)
		if v := d.ledger.verdicts[a.Verdict]; a.Code != reason.SignatureMissing || v.Code != a.Code {
			t.Errorf("%s: %+v, the verdict %s", state, a, v.Code)
		}
		source.state = revocation.Good
		honest := must(d.sent(d.signed(), "1", ViaSyncSOAP))(t)
		if taken := honest.Decision == DecisionAccepted; taken == (state == revocation.Good) {
			t.Errorf("after a refusal of a %s sender: %+v", state, honest)
		}
	}
}

// Whoever holds a revoked key spends no message id and gets nothing sent along the chain.
func TestARevokedSenderLeavesNoTrace(t *testing.T) {
	d, source := senderDesk(t, "", revocation.Revoked)
	doc := d.signed()
	for _, via := range []Via{ViaSyncSOAP, ViaAsyncSOAP} {
		if a := must(d.sent(doc, "1", via))(t); a.Code != reason.TransportSignatureNotCurrent || a.Number != "" {
			t.Errorf("%s: %+v", via, a)
		}
	}
	if len(d.ledger.outbox) != 0 || len(d.ledger.cases) != 0 || len(d.ledger.verdicts) != 2 {
		t.Errorf("%d messages, %d cases, %d verdicts", len(d.ledger.outbox), len(d.ledger.cases), len(d.ledger.verdicts))
	}
	source.state = revocation.Good
	if a := must(d.sent(doc, "1", ViaSyncSOAP))(t); a.Decision != DecisionAccepted {
		t.Errorf("the honest sender: %+v", a)
	}
}

// Two systems behind one gateway number their messages alike.
func TestSendersBehindOneGatewayDoNotMeet(t *testing.T) {
	d, _ := senderDesk(t, "", revocation.Good)
	send := func(c Caller, doc []byte) Answer {
		return must(d.intake.Accept(t.Context(), Submission{Caller: c, Via: ViaSyncSOAP, MessageID: "1", Channel: ChannelPortal, Document: doc}))(t)
	}
	shep := Caller{ID: "shep"}
	mine := d.signed()
	first := send(shep.Behind("S", "a"), mine)
	second := send(shep.Behind("S", "b"), d.signed())
	if first.Decision != DecisionAccepted || second.Decision != DecisionAccepted || first.Number == second.Number {
		t.Errorf("%+v %+v", first, second)
	}
	if again := send(shep.Behind("S", "a"), mine); again.Number != first.Number || again.Decision != DecisionAccepted {
		t.Errorf("the same message again: %+v", again)
	}
	if other := send(shep.Behind("S", "a"), d.signed()); other.Code != CodeConflict {
		t.Errorf("another document under a spent id: %+v", other)
	}
	seen := map[string]bool{}
	for _, parts := range [][2]string{{"a/b", "c"}, {"a", "b/c"}, {"a", "b"}, {"a%2Fb", "c"}, {"", "a"}, {"a", ""}} {
		id := shep.Behind(parts[0], parts[1]).ID
		if seen[id] {
			t.Errorf("%q has the id of another", parts)
		}
		seen[id] = true
	}
}

func TestStatusOfASenderWithoutAnApplication(t *testing.T) {
	chain := pki.Chain{must(portalSystem())(t).Certificate, must(people())(t).Issuing}
	for state, want := range map[revocation.State]Code{revocation.Good: "", revocation.Revoked: reason.TransportSignatureNotCurrent, revocation.Unknown: CodeUnavailable} {
		d, _ := senderDesk(t, "", state)
		err := d.intake.SenderStatus(t.Context(), &Sender{Certificate: chain[0], Chain: chain})
		var e *Error
		if errors.As(err, &e); err == nil && want != "" || err != nil && e.Code != want {
			t.Errorf("%s: %v", state, err)
		}
		if err := d.intake.SenderStatus(t.Context(), &Sender{Certificate: chain[0]}); err != nil {
			t.Errorf("a pinned sender: %v", err)
		}
	}
}

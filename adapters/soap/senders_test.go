package soap_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/adapters/soap"
	"kopir/gateway"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// national is a bench whose services are checked in three ways: PINNED, NATIONAL and OFF, and all others
// pinned.
type national struct {
	*bench
	ca *testpki.Authority
}

const ourBIN = "000740000728"

func newNational(t testing.TB) national {
	t.Helper()
	n := national{bench: newBench(t)}
	var err error
	if n.ca, err = testpki.New(testpki.GOST512, testpki.Options{Rand: rand.Reader, Now: moment}); err != nil {
		t.Fatal(err)
	}
	trust := pki.NewStore()
	trust.AddAnchor(n.ca.Issuing, pki.PurposeNational)
	now := func() time.Time { return n.now }
	pinned := soap.NewPinnedTransport(now, soap.Signer{Pin: envelope.PinCertificate(n.shep.id.Certificate), Caller: shepCaller})
	n.endpoint = n.with(t, soap.Config{Intake: n, Status: n, Sign: n.kopir.sign(), Now: now, Rand: rand.Reader,
		Sender: func(_ context.Context, s *gateway.Sender) error {
			if s != nil && s.Chain != nil {
				return &gateway.Error{Code: reason.TransportSignatureNotCurrent, Detail: "revoked"}
			}
			return nil
		},
		Transport: soap.NewServiceTransport(pinned, map[string]soap.Transport{
			"PINNED":   pinned,
			"NATIONAL": soap.NewNationalTransport(now, gateway.Caller{ID: "shep-national", Kind: gateway.CallerGateway}, envelope.NewNational(trust, []string{ourBIN, "000140000001"})),
			"OFF":      soap.NewSourceTransport(gateway.Caller{ID: "shep-source"}, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}),
		})})
	return n
}

func (n national) party(t testing.TB, bin string) party {
	t.Helper()
	id, err := n.ca.Issue(testpki.Profile{Kind: testpki.InformationSystem, BIN: bin})
	if err != nil {
		t.Fatal(err)
	}
	return party{id}
}

func requestFor(service string) *envelope.SyncRequest {
	m := syncRequest()
	m.ServiceID = service
	return m
}

// Each service has its own check; none opens the door of another.
func TestTheCheckIsChosenByService(t *testing.T) {
	n := newNational(t)
	ours, stranger := n.party(t, ourBIN), n.party(t, "000240000002")
	tests := []struct {
		name   string
		doc    []byte
		remote string
		shep   string // of the fault; "" it is taken
	}{
		{"pinned, by the pin", sealed(t, requestFor("PINNED"), n.shep), "", ""},
		{"pinned, by the organisation", sealed(t, requestFor("PINNED"), ours), "", "SCE006"},
		{"pinned, unsigned", plain(t, requestFor("PINNED")), "", "SCE007"},
		{"national, by the organisation", sealed(t, requestFor("NATIONAL"), ours), "", ""},
		{"national, by another organisation", sealed(t, requestFor("NATIONAL"), stranger), "", "SCE006"},
		{"national, by the pin of others", sealed(t, requestFor("NATIONAL"), n.shep), "", "SCE006"},
		{"national, unsigned", plain(t, requestFor("NATIONAL")), "", "SCE007"},
		{"off, unsigned", plain(t, requestFor("OFF")), "", ""},
		{"off, from elsewhere", plain(t, requestFor("OFF")), "198.51.100.7:1", "SCE007"},
		{"off, from elsewhere and signed", sealed(t, requestFor("OFF"), n.shep), "198.51.100.7:1", "SCE007"},
		{"unknown service, by the pin", sealed(t, requestFor("OTHER"), n.shep), "", ""},
		{"unknown service, unsigned", plain(t, requestFor("OTHER")), "", "SCE007"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := n.called
			r := httptest.NewRequest(http.MethodPost, "/shep/sync", strings.NewReader(string(tt.doc)))
			r.Header.Set("Content-Type", "text/xml")
			if tt.remote != "" {
				r.RemoteAddr = tt.remote
			}
			w := httptest.NewRecorder()
			n.endpoint.Sync().ServeHTTP(w, r)
			switch res := n.read(t, w).(type) {
			case *envelope.SyncResponse:
				if tt.shep != "" || n.called != before+1 {
					t.Errorf("taken")
				}
			case *envelope.Fault:
				if res.Info.Code != tt.shep || n.called != before {
					t.Errorf("%+v", res)
				}
			}
		})
	}
}

// What is handed in says who signed, with the chain whose status is to be asked for, and who the caller is.
func TestSendersAreCallersOfTheirOwn(t *testing.T) {
	n := newNational(t)
	sent := func(p party, service, sender string) gateway.Submission {
		m := requestFor(service)
		m.Sender.ID = sender
		if w := post(n.endpoint.Sync(), sealed(t, m, p)); w.Code != 200 {
			t.Fatal(w.Body)
		}
		return n.submission
	}
	one, renewed, other := n.party(t, ourBIN), n.party(t, ourBIN), n.party(t, "000140000001")
	first := sent(one, "NATIONAL", "a")
	if first.Sender == nil || len(first.Sender.Chain) != 2 || strings.Contains(first.Caller.ID, ourBIN) {
		t.Errorf("%+v", first)
	}
	if again := sent(renewed, "NATIONAL", "a"); again.Key() != first.Key() {
		t.Errorf("a renewed certificate makes another caller: %v %v", again.Key(), first.Key())
	}
	keys := map[gateway.MessageKey]string{first.Key(): "first"}
	for name, s := range map[string]gateway.Submission{"another senderId": sent(one, "NATIONAL", "b"), "another organisation": sent(other, "NATIONAL", "a"),
		"a pinned gateway": sent(n.shep, "PINNED", "a"), "another service": sent(n.shep, "OTHER", "a"), "no senderId": unnamed(t, n)} {
		if with, taken := keys[s.Key()]; taken {
			t.Errorf("%s shares the key of %s", name, with)
		}
		keys[s.Key()] = name
	}
}

// unnamed is a message whose sender the lax reader did not find.
func unnamed(t testing.TB, n national) gateway.Submission {
	t.Helper()
	doc, err := n.shep.sign()([]byte(strings.Replace(string(plain(t, requestFor("PINNED"))), "<sender><senderId>pep</senderId></sender>", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if w := post(n.endpoint.Sync(), doc); w.Code != 200 {
		t.Fatal(w.Body)
	}
	return n.submission
}

// The gateway rewrites the password on the way (gateway-protocol.md §1.5): it opens nothing and shuts nothing.
func TestThePasswordNeverAuthenticates(t *testing.T) {
	n := newNational(t)
	for _, password := range []string{"", "right", strings.Repeat("0f", 32)} {
		m := requestFor("PINNED")
		m.Sender.Password = password
		if w := post(n.endpoint.Sync(), sealed(t, m, n.shep)); w.Code != 200 {
			t.Errorf("%q shut out a signed message: %s", password, w.Body)
		}
		key := n.submission.Key()
		if w := post(n.endpoint.Sync(), plain(t, m)); !strings.Contains(w.Body.String(), "SCE007") {
			t.Errorf("%q let in an unsigned message: %s", password, w.Body)
		}
		if strings.Contains(key.Caller, "right") {
			t.Error("the password is part of the caller")
		}
	}
}

// A status notification brings no application: the sender's certificate is asked for here.
func TestNotificationsOfARevokedSender(t *testing.T) {
	n := newNational(t)
	notice := &envelope.ChangeStatusNotification{NotificationID: "n", MessageID: "1", NotificationDate: moment, MessageState: envelope.StateDelivered,
		Status: envelope.MessageStatusInfo{Code: "1", Message: "m", Date: moment}, RequestDate: moment, SessionID: session}
	if w := post(n.endpoint.Async(), sealed(t, notice, n.shep)); w.Code != 200 || n.status.MessageID != "1" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	trust := pki.NewStore()
	trust.AddAnchor(n.ca.Issuing, pki.PurposeNational)
	all := n.with(t, soap.Config{Intake: n, Status: n, Transport: soap.NewNationalTransport(func() time.Time { return moment }, shepCaller, envelope.NewNational(trust, []string{ourBIN})),
		Sender: func(_ context.Context, s *gateway.Sender) error {
			return &gateway.Error{Code: reason.TransportSignatureNotCurrent, Detail: "revoked"}
		}})
	n.status = envelope.ChangeStatusNotification{}
	if w := post(all.Async(), sealed(t, notice, n.party(t, ourBIN))); !strings.Contains(w.Body.String(), "<errorCode>SCE005<") || n.status.MessageID != "" {
		t.Errorf("%s", w.Body)
	}
}

// A sender whose certificate the intake has found revoked is told at once, on the asynchronous channel too.
func TestARevokedSenderIsToldAtOnce(t *testing.T) {
	b := newBench(t)
	b.answer = gateway.Answer{Decision: gateway.DecisionRefused, Code: reason.TransportSignatureNotCurrent, Detail: "revoked"}
	for _, w := range []*httptest.ResponseRecorder{post(b.endpoint.Sync(), sealed(t, syncRequest(), b.shep)), post(b.endpoint.Async(), sealed(t, asyncRequest(), b.shep))} {
		if f, ok := b.read(t, w).(*envelope.Fault); !ok || f.Info.Code != "SCE005" || f.Info.SessionID != session || f.Code != "Client" {
			t.Errorf("%s", w.Body)
		}
	}
}

// A client certificate lets in only if TLS has verified it and it is on the list.
func TestOffBehindAClientCertificate(t *testing.T) {
	b := newBench(t)
	known, other := &x509.Certificate{Raw: []byte("known")}, &x509.Certificate{Raw: []byte("other")}
	ep := b.with(t, soap.Config{Intake: b, Transport: soap.NewSourceTransport(shepCaller, nil, sha256.Sum256(known.Raw))})
	for name, tt := range map[string]struct {
		state *tls.ConnectionState
		taken bool
	}{
		"none":         {nil, false},
		"known":        {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{known}, VerifiedChains: [][]*x509.Certificate{{known}}}, true},
		"not verified": {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{known}}, false},
		"other":        {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{other}, VerifiedChains: [][]*x509.Certificate{{other}}}, false},
	} {
		r := httptest.NewRequest(http.MethodPost, "/shep/sync", strings.NewReader(string(plain(t, syncRequest()))))
		r.Header.Set("Content-Type", "text/xml")
		r.TLS = tt.state
		w := httptest.NewRecorder()
		ep.Sync().ServeHTTP(w, r)
		if (w.Code == 200) != tt.taken {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// The document inside is the citizen's business: a message with a good signature of its own is handed in
// whatever is signed in it, and its own checks go with it.
func TestTheDocumentIsHandedInUnsigned(t *testing.T) {
	b := newBench(t)
	post(b.endpoint.Sync(), sealed(t, syncRequest(), b.shep))
	names := map[string]reason.Outcome{}
	for _, c := range b.submission.Transport {
		names[c.Name] = c.Outcome
	}
	for name, want := range map[string]reason.Outcome{"transport": reason.Passed, "transport_signature": reason.Passed, "transport_digest": reason.Passed,
		"transport_coverage": reason.Passed, "transport_validity": reason.Passed, "transport_chain": reason.NotApplicable, "transport_revocation": reason.NotApplicable} {
		if names[name] != want {
			t.Errorf("%s is %s", name, names[name])
		}
	}
	if s := b.submission.Sender; s == nil || s.Chain != nil || s.Certificate.SHA256 != b.shep.id.Certificate.SHA256 {
		t.Errorf("%+v", b.submission.Sender)
	}
}

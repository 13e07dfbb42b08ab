package simulate

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// gateStage is a gateway with one provider that keeps what it is sent and gives the same receipt to all.
type gateStage struct {
	*Gate
	provider, gate *httptest.Server
	trust          *pki.Store
	ours           xmlsig.Key

	mu     sync.Mutex
	came   [][]byte
	broken int
	took   time.Duration
}

func newGateStage(t *testing.T, push bool, faults ...string) *gateStage {
	t.Helper()
	s := &gateStage{trust: pki.NewStore()}
	s.provider = httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(s.provider.Close)
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	other, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	s.trust.AddAnchor(ca.Root, pki.PurposeGeneric)
	s.trust.AddIntermediate(ca.Issuing)
	keys := map[*testpki.Authority]xmlsig.Key{}
	for _, a := range []*testpki.Authority{ca, other} {
		id, err := a.Issue(testpki.Profile{Kind: testpki.InformationSystem, BIN: SyntheticBIN(2)})
		if err != nil {
			t.Fatal(err)
		}
		keys[a] = xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}
	}
	s.ours = keys[ca]
	service := GateService{ID: "S", Sync: s.provider.URL}
	if push {
		service.Push = s.provider.URL
	}
	s.Gate = NewGate(GateConfig{Key: keys[ca], Stranger: keys[other], Forward: ForwardSigned, Services: []GateService{service},
		HTTP: http.DefaultClient, Now: time.Now, Rand: rand.Reader})
	s.gate = httptest.NewServer(s.Handler())
	t.Cleanup(s.gate.Close)
	if err := s.Faults.Change(ParseFaults(faults)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *gateStage) receive(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	raw, err := io.ReadAll(r.Body)
	s.mu.Lock()
	if s.took = time.Since(begun); err != nil {
		s.broken++
	}
	s.came = append(s.came, raw)
	s.mu.Unlock()
	out, _ := envelope.Write(&envelope.AsyncResponse{MessageID: "1", CorrelationID: "2", ResponseDate: time.Now()})
	_, _ = w.Write(out)
}

// submit sends documents as the portal does and waits until they were handed on.
func (s *gateStage) submit(t *testing.T, docs ...string) [][]byte {
	t.Helper()
	for _, doc := range docs {
		if _, err := s.Submit("S", []byte(doc)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // so that the order is known
	}
	s.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.came
}

func (s *gateStage) verifies(raw []byte) bool {
	result := xmlsig.Verify(nil, raw, xmlsig.Options{Profile: xmlsig.ProfileWSS, At: time.Now(), Trust: s.trust})
	verdict, _ := result.Verdict()
	return verdict.String() == "passed"
}

func TestGateFillsInWhatTheRealOneDoes(t *testing.T) {
	s := newGateStage(t, true)
	came := s.submit(t, "<a/>")
	if len(came) != 1 || !s.verifies(came[0]) {
		t.Fatalf("%d messages", len(came))
	}
	for _, want := range []string{`<messageId>[0-9]{9,}</messageId>`, `<correlationId>[0-9]{9,}</correlationId>`, `<password>[0-9a-f]{64}</password>`,
		`<sessionId>\{[0-9a-f-]{36}\}</sessionId>`, `<messageType>REQUEST</messageType>`} {
		if !regexp.MustCompile(want).Match(came[0]) {
			t.Errorf("no %s in\n%s", want, came[0])
		}
	}
	if p := s.Parcels(""); p[0].State != envelope.StateDelivered {
		t.Errorf("%+v", p)
	}
}

func TestGateMisbehavesOnItsWayToTheProvider(t *testing.T) {
	readable := func(raw []byte) bool { _, err := envelope.Read(raw, xmltree.Limits{}); return err == nil }
	tests := []struct {
		fault string
		want  func(s *gateStage, came [][]byte) bool
	}{
		{"push-duplicate", func(_ *gateStage, came [][]byte) bool { return len(came) == 2 && bytes.Equal(came[0], came[1]) }},
		{"push-resend-storm=7", func(_ *gateStage, came [][]byte) bool { return len(came) == 7 && bytes.Equal(came[0], came[6]) }},
		{"push-truncated", func(_ *gateStage, came [][]byte) bool { return !readable(came[0]) }},
		{"push-encoding", func(_ *gateStage, came [][]byte) bool {
			return bytes.Contains(came[0], []byte("windows-1251")) && !readable(came[0])
		}},
		{"push-changed-body", func(s *gateStage, came [][]byte) bool { return readable(came[0]) && !s.verifies(came[0]) }},
		{"push-unsigned", func(_ *gateStage, came [][]byte) bool { return !bytes.Contains(came[0], []byte("Security")) }},
		{"push-stranger", func(s *gateStage, came [][]byte) bool {
			return bytes.Contains(came[0], []byte("Security")) && !s.verifies(came[0])
		}},
		{"push-slow=300ms", func(s *gateStage, came [][]byte) bool { return s.took > 200*time.Millisecond && s.verifies(came[0]) }},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			s := newGateStage(t, true, tt.fault)
			if came := s.submit(t, "<a/>"); len(came) == 0 || !tt.want(s, came) {
				t.Errorf("%d messages: %.2000s", len(came), came)
			}
		})
	}
}

func TestGateReorders(t *testing.T) {
	s := newGateStage(t, true, "push-reorder")
	came := s.submit(t, "<first/>", "<second/>")
	if len(came) != 2 || !bytes.Contains(came[0], []byte("second")) || !bytes.Contains(came[1], []byte("first")) {
		t.Errorf("%d messages", len(came))
	}
}

func TestGateTearsTheConnection(t *testing.T) {
	pauses := pushPauses
	pushPauses = nil
	t.Cleanup(func() { pushPauses = pauses })
	s := newGateStage(t, true, "push-reset")
	s.submit(t, "<a/>")
	if p := s.Parcels("")[0]; p.State != envelope.StateNotDelivered {
		t.Errorf("%+v", p)
	}
}

// call asks the gateway as the provider's system does.
func (s *gateStage) ask(t *testing.T, body any) (any, error) {
	t.Helper()
	doc, err := envelope.Write(body)
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = SealAs(doc, s.ours, TokenKeyIdentifier, rand.Reader); err != nil {
		t.Fatal(err)
	}
	return s.post(context.Background(), s.gate.URL+"/bip-async/", doc)
}

func TestGateIsPulledFrom(t *testing.T) {
	s := newGateStage(t, false)
	s.submit(t, "<a/>")
	sender := &envelope.SenderInfo{ID: "us"}
	pull := func() []envelope.AsyncRequest {
		body, err := s.ask(t, &envelope.MessagesRequest{ServiceID: "S", Sender: sender})
		r, ok := body.(*envelope.MessagesResponse)
		if err != nil || !ok {
			t.Fatalf("%T %v", body, err)
		}
		return r.Messages
	}
	first := pull()
	if len(first) != 1 || len(pull()) != 0 {
		t.Fatal("a message is given out once")
	}
	word := func(receive, resend string) {
		body, err := s.ask(t, &envelope.DeliveryNotification{MessageID: first[0].MessageID, ServiceID: "S", NotificationDate: time.Now(), ReceiveStatus: receive,
			StatusDate: time.Now(), ResendMessage: resend, RequestDate: time.Now(), Sender: sender})
		if _, ok := body.(*envelope.DeliveryNotificationResponse); err != nil || !ok {
			t.Fatalf("%T %v", body, err)
		}
	}
	word(envelope.ReceiveNotAccepted, envelope.Resend)
	if again := pull(); len(again) != 1 || again[0].MessageID != first[0].MessageID {
		t.Fatal("RESEND gives it out again")
	}
	word(envelope.ReceiveAccepted, envelope.NotResend)
	body, err := s.ask(t, &envelope.MessageStatusRequest{MessageID: first[0].MessageID, RequestDate: time.Now(), Sender: *sender})
	if r, ok := body.(*envelope.MessageStatusResponse); err != nil || !ok || r.MessageState != envelope.StateDelivered || len(pull()) != 0 {
		t.Errorf("%+v %v", body, err)
	}
}

// TestGateTakesAnswers: what the provider sends along the chain is the portal's, and reported back.
func TestGateTakesAnswers(t *testing.T) {
	s := newGateStage(t, true)
	chain, err := s.Submit("S", []byte("<a/>"))
	if err != nil {
		t.Fatal(err)
	}
	answer := func(chain string) (any, error) {
		return s.ask(t, &envelope.AsyncRequest{CorrelationID: chain, ServiceID: "S", MessageType: envelope.TypeResponse, MessageDate: time.Now(),
			Sender: envelope.SenderInfo{ID: "us", Password: "p"}, Data: envelope.Text([]byte("<b/>"))})
	}
	if body, err := answer(chain); err != nil {
		t.Fatalf("%+v %v", body, err)
	}
	s.Wait()
	all := s.Parcels(chain)
	if len(all) != 2 || !all[1].Back || all[1].State != envelope.StateDelivered || all[1].Payload != "<b/>" {
		t.Errorf("%+v", all)
	}
	s.mu.Lock()
	if last := s.came[len(s.came)-1]; !bytes.Contains(last, []byte("changeMassageStatusNotification")) || !s.verifies(last) {
		t.Errorf("no report: %s", last)
	}
	s.mu.Unlock()
	body, _ := answer("999")
	if f, ok := body.(*envelope.Fault); !ok || f.Info.Code != "SCE001" {
		t.Errorf("a chain nobody opened: %+v", body)
	}
}

func TestGateMisbehavesInItsAnswers(t *testing.T) {
	for _, fault := range []string{"reply-http=503", "reply-drop", "reply-reset", "reply-truncated", "reply-encoding"} {
		s := newGateStage(t, true, fault)
		body, err := s.ask(t, &envelope.MessageStatusRequest{MessageID: "1", RequestDate: time.Now(), Sender: envelope.SenderInfo{ID: "us"}})
		f, ok := body.(*envelope.Fault)
		if fault == "reply-http=503" && (!ok || f.Info.Code != "SCE909") || fault != "reply-http=503" && err == nil {
			t.Errorf("%s: %+v %v", fault, body, err)
		}
	}
	s := newGateStage(t, true)
	doc, _ := envelope.Write(&envelope.MessageStatusRequest{MessageID: "1", RequestDate: time.Now(), Sender: envelope.SenderInfo{ID: "us"}})
	if body, _ := s.post(t.Context(), s.gate.URL+"/bip-async/", doc); body.(*envelope.Fault).Info.Code != "SCE007" {
		t.Errorf("unsigned: %+v", body)
	}
}

func TestScript(t *testing.T) {
	good := "# a comment\n0s push-duplicate\n\n10ms push-duplicate=off reply-http\n"
	script, err := ReadScript(strings.NewReader(good))
	if err != nil || len(script) != 2 {
		t.Fatal(script, err)
	}
	s := newGateStage(t, true)
	s.Play(t.Context(), script)
	if on := s.Faults.On(); len(on) != 1 || on["reply-http"] != "503" {
		t.Errorf("%v", on)
	}
	for bad, want := range map[string]string{"soon push-delay": "line 1", "0s\n": "line 1", "0s a=b": `no fault is called "a"`,
		"5s push-delay\n1s push-delay": "before the line above", "0s push-resend-storm=many": "a number from 1"} {
		if _, err := ReadScript(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestGateDescribesItself: every file a description names is served.
func TestGateDescribesItself(t *testing.T) {
	s := newGateStage(t, false)
	location := regexp.MustCompile(`(?i)location="([^"]+)"`)
	for _, channel := range []string{"/bip-async/", "/bip-sync-wss-gost/"} {
		seen, waiting := map[string]bool{}, []string{s.gate.URL + channel + "?wsdl"}
		for len(waiting) > 0 {
			at := waiting[0]
			if waiting = waiting[1:]; seen[at] || at == s.gate.URL+channel {
				continue
			}
			seen[at] = true
			resp, err := http.Get(at)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", at, resp.Status)
			}
			for _, m := range location.FindAllSubmatch(text, -1) {
				waiting = append(waiting, string(m[1]))
			}
		}
		if len(seen) < 5 {
			t.Errorf("%s: only %d files", channel, len(seen))
		}
	}
	resp, err := http.Get(s.gate.URL + "/bip-async/?file=../codes.yaml")
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Error(resp, err)
	}
}

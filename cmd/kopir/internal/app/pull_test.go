package app

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// office is a state gateway where applications wait until they are fetched and confirmed.
type office struct {
	*httptest.Server
	t   *testing.T
	key xmlsig.Key

	mu       sync.Mutex
	waiting  []envelope.AsyncRequest
	deaf     int // confirmations that get lost
	notices  []*envelope.DeliveryNotification
	statuses []*envelope.AsyncRequest
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	doc, _ := io.ReadAll(r.Body)
	msg, err := envelope.Read(doc, xmltree.Limits{})
	if err != nil || !msg.HasHeader {
		o.t.Errorf("not signed, or not to be read: %v", err)
		return
	}
	answer := o.answer(msg.Body)
	if answer == nil {
		panic(http.ErrAbortHandler)
	}
	o.mu.Lock()
	key := o.key
	o.mu.Unlock()
	out, err := envelope.Seal(answer, envelope.KeySigner(key, rand.Reader))
	if err != nil {
		o.t.Error(err)
	}
	_, _ = w.Write(out)
}

const officeSession = "{f0774397-4fcd-484a-9434-f71535ee4326}"

func (o *office) answer(body any) any {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch m := body.(type) {
	case *envelope.MessagesRequest:
		res := &envelope.MessagesResponse{ResponseDate: time.Now(), SessionID: officeSession}
		for _, waits := range o.waiting {
			if waits.ServiceID == m.ServiceID {
				res.Messages = append(res.Messages, waits)
			}
		}
		return res
	case *envelope.DeliveryNotification:
		o.notices = append(o.notices, m)
		if o.deaf--; o.deaf >= 0 {
			return nil
		}
		o.waiting = slices.DeleteFunc(o.waiting, func(waits envelope.AsyncRequest) bool { return waits.MessageID == m.MessageID })
		return &envelope.DeliveryNotificationResponse{NotificationID: "1", ResponseDate: time.Now(), SessionID: officeSession}
	case *envelope.AsyncRequest:
		o.statuses = append(o.statuses, m)
		return &envelope.AsyncResponse{MessageID: "1", CorrelationID: m.CorrelationID, ResponseDate: time.Now(), SessionID: officeSession}
	}
	o.t.Errorf("sent %T", body)
	return nil
}

// put lets an application wait.
func (o *office) put(id, serviceID string, doc []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = append(o.waiting, envelope.AsyncRequest{MessageID: id, CorrelationID: "33" + id, ServiceID: serviceID, MessageType: envelope.TypeRequest,
		MessageDate: time.Now(), Sender: envelope.SenderInfo{ID: "pep"}, Data: envelope.Text(doc)})
}

// until waits for something to become true.
func (o *office) until(what string, is func() bool) {
	o.t.Helper()
	for range 500 {
		o.mu.Lock()
		done := is()
		o.mu.Unlock()
		if done {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	o.t.Fatalf("never happened: %s", what)
}

// officeStage is a gateway joined to an office, with this setting of the service; change may say more.
func officeStage(t *testing.T, setting config.SHEPService, change ...func(*config.SHEP)) (*stage, *office, string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	ca, err := testpki.New(testpki.RSA, testpki.Options{Rand: rand.Reader, Now: time.Now().Add(-time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	system := func(n int) testpki.Identity {
		id, err := ca.Issue(testpki.Profile{Kind: testpki.InformationSystem, BIN: simulate.SyntheticBIN(n)})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	ours, theirs := system(78), system(77)
	private, err := ours.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, key: xmlsig.Key{Signer: theirs.Key, Certificate: theirs.Certificate}}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	s := newStage(t, func(c *config.Config) {
		c.SHEP = config.SHEP{Send: o.URL, SenderID: "kopir", KeyFile: write("ours.pem", append(private, ours.PEM()...)),
			Pins: []string{write("shep.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: theirs.Certificate.Raw}))}}
		c.SHEP.Services = map[string]config.SHEPService{service: setting}
		for _, say := range change {
			say(&c.SHEP)
		}
	})
	svc, _ := s.rules.Catalogue.ByKey(service)
	return s, o, svc.SHEP.ServiceIDs[0]
}

// A pulled application is registered, confirmed, and answered along its chain, as a pushed one is.
func TestPulledApplication(t *testing.T) {
	s, o, serviceID := officeStage(t, config.SHEPService{Delivery: "pull", Every: 20 * time.Millisecond})
	iin := simulate.SyntheticIIN(s.n + 1)
	o.deaf = 1 // the first confirmation is lost
	o.put("254750124", serviceID, s.application(testpki.RSA, nil, nil))
	o.until("it is confirmed", func() bool { return len(o.waiting) == 0 })
	o.until("the applicant is told", func() bool { return len(o.statuses) > 0 })
	if m := o.statuses[0]; m.CorrelationID != "33254750124" || m.MessageType != envelope.TypeNotification || m.ServiceID != serviceID {
		t.Errorf("told %+v", m)
	}
	for _, n := range o.notices {
		if n.MessageID != "254750124" || n.ReceiveStatus != envelope.ReceiveAccepted || n.ResendMessage != envelope.NotResend {
			t.Errorf("notice %+v", n)
		}
	}
	cases, err := s.ledger.CasesOf(context.Background(), iin, 10)
	if err != nil || len(cases) != 1 || cases[0].Via != gateway.ViaAsyncSOAP || cases[0].Envelope.CorrelationID != "33254750124" {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	verdicts, err := s.ledger.Verdicts(context.Background(), gateway.VerdictFilter{Number: cases[0].Number, Limit: 5})
	if err != nil || len(verdicts) == 0 {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(verdicts[0].Checks, func(c reason.Check) bool { return c.Name == "transport" && c.Outcome == reason.Passed }) {
		t.Errorf("the verdict does not say how it came: %+v", verdicts[0].Checks)
	}
}

// Where answers are verified by the BIN of the gateway's operator, its next certificate is as good as this
// one, and that of another organisation is not.
func TestPulledFromANationalSigner(t *testing.T) {
	s, o, serviceID := officeStage(t, config.SHEPService{Delivery: "pull", Every: time.Hour}, func(c *config.SHEP) {
		c.Pins, c.Replies, c.RepliesBIN = nil, "national", []string{simulate.SyntheticBIN(77)}
	})
	o.put("1", serviceID, s.application(testpki.RSA, nil, nil))
	for _, tt := range []struct {
		who  int
		good bool
	}{{78, false}, {77, true}} {
		o.mu.Lock()
		o.key = s.issue(testpki.RSA, testpki.Profile{Kind: testpki.InformationSystem, BIN: simulate.SyntheticBIN(tt.who)})
		o.mu.Unlock()
		done, err := s.pulls()[0].do(context.Background())
		if (err == nil && done == 1) != tt.good {
			t.Errorf("organisation %d: done %d, %v", tt.who, done, err)
		}
	}
}

// Several instances fetch at once: every application becomes one case.
func TestPulledTwiceIsOneCase(t *testing.T) {
	s, o, serviceID := officeStage(t, config.SHEPService{Delivery: "pull", Every: time.Hour})
	const n = 6
	for i := range n {
		o.put(fmt.Sprint(100+i), serviceID, s.application(testpki.RSA, nil, nil))
	}
	var all sync.WaitGroup
	for range 3 {
		round := s.pulls()[0]
		all.Go(func() {
			if _, err := round.do(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	verdicts, err := s.ledger.Verdicts(context.Background(), gateway.VerdictFilter{Service: service, Limit: 100})
	numbers := map[string]bool{}
	for _, v := range verdicts {
		if v.Number != "" {
			numbers[v.Number] = true
		}
		if v.Code == gateway.CodeDuplicate || v.Code == gateway.CodeConflict {
			t.Errorf("a second delivery is %s", v.Code)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil || len(numbers) != n || len(o.waiting) != 0 {
		t.Errorf("%d cases of %d, %d still wait, %v", len(numbers), n, len(o.waiting), err)
	}
}

// A pushed application gets a delivery notification where its service asks for one.
func TestPushedApplicationIsConfirmed(t *testing.T) {
	s, o, serviceID := officeStage(t, config.SHEPService{Confirm: true})
	push := func(id string, doc []byte) (int, string) {
		sealed, err := envelope.Seal(&envelope.AsyncRequest{MessageID: id, CorrelationID: "33" + id, ServiceID: serviceID, MessageType: envelope.TypeRequest,
			MessageDate: time.Now(), Sender: envelope.SenderInfo{ID: "pep"}, SessionID: officeSession, Data: envelope.Text(doc)}, envelope.KeySigner(o.key, rand.Reader))
		if err != nil {
			t.Fatal(err)
		}
		return s.soap("/shep/async", sealed)
	}
	if status, body := push("1", s.application(testpki.RSA, nil, nil)); status != http.StatusOK {
		t.Fatal(body)
	}
	o.until("it is confirmed", func() bool { return len(o.notices) == 1 })
	if n := o.notices[0]; n.MessageID != "1" || n.ServiceID != serviceID || n.ReceiveStatus != envelope.ReceiveAccepted {
		t.Errorf("%+v", n)
	}
}

// That a message of ours did not reach its receiver is kept for people; that it did is not.
func TestMessageStatusIsKept(t *testing.T) {
	s, o, _ := officeStage(t, config.SHEPService{})
	for _, state := range []string{envelope.StateDelivered, envelope.StateOnDelivery, envelope.StateNotDelivered, envelope.StateDeliveryStopped} {
		sealed, err := envelope.Seal(&envelope.ChangeStatusNotification{NotificationID: "7", MessageID: "254750" + state, NotificationDate: time.Now(), MessageState: state,
			Status: envelope.MessageStatusInfo{Code: "1", Message: "-", Date: time.Now()}, RequestDate: time.Now(), SessionID: officeSession}, envelope.KeySigner(o.key, rand.Reader))
		if err != nil {
			t.Fatal(err)
		}
		if status, body := s.soap("/shep/async", sealed); status != http.StatusOK || !strings.Contains(body, officeSession) {
			t.Errorf("%s: %d %s", state, status, body)
		}
	}
	acts, err := s.ledger.Acts(context.Background(), 100)
	var kept []string
	for _, a := range acts {
		if a.Kind == actMessageStatus {
			kept = append(kept, a.Target)
		}
	}
	slices.Sort(kept)
	if err != nil || strings.Join(kept, " ") != "254750"+envelope.StateDeliveryStopped+" 254750"+envelope.StateNotDelivered {
		t.Errorf("kept %v, %v", kept, err)
	}
}

// A misspelt service would never be fetched: it is refused at the start.
func TestSettingsOfAnUnknownService(t *testing.T) {
	cfg := config.Config{Data: t.TempDir(), SHEP: config.SHEP{Send: "http://127.0.0.1:1/"}}
	cfg.SHEP.Services = map[string]config.SHEPService{"housing-asistance": {Delivery: "pull"}}
	a, err := New(context.Background(), cfg.WithDefaults(), Machine())
	if err == nil || !strings.Contains(err.Error(), "housing-asistance") {
		t.Errorf("got %v", err)
	}
	if err == nil {
		_ = a.Close()
	}
}

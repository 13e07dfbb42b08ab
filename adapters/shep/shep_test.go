package shep_test

import (
	"crypto/rand"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kopir/adapters/envelope"
	"kopir/adapters/shep"
	"kopir/gateway"
	"kopir/schemas"
	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

var update = flag.Bool("update", false, "write the golden files anew")

var moment = time.Date(2026, 11, 23, 10, 47, 28, 541e6, time.FixedZone("+05", 5*3600))

const session = "{f0774397-4fcd-484a-9434-f71535ee4326}"

func words(m gateway.Message, c gateway.Case) (kk, ru string) {
	return "Өтініш " + c.Number + ": " + m.Status, "Заявление <" + c.Number + ">: " + m.Status
}

func aCase() gateway.Case {
	return gateway.Case{Number: "K26-7QX4M-09TCB", Service: "housing-assistance", RequestNumber: "10109001292987",
		RequestDate: "2026-11-23T10:47:28+05:00", DueAt: moment.Add(240 * time.Hour), Outcome: "positive",
		Envelope: gateway.Envelope{ServiceID: "AKIMAT_HOUSING", RouteID: "R_KZ", MessageID: "254750124", CorrelationID: "3382552"}}
}

func notification() gateway.Message {
	return gateway.Message{ID: "01", Number: "K26-7QX4M-09TCB", Destination: "shep", Kind: gateway.KindNotification, Status: "accepted", Text: map[string]string{}, CreatedAt: moment}
}

func response() gateway.Message {
	return gateway.Message{ID: "02", Number: "K26-7QX4M-09TCB", Destination: "shep", Kind: gateway.KindResponse, Status: "completed", ResultSHA: "x", CreatedAt: moment}
}

// server is a gateway that keeps what it was sent and answers as told.
type server struct {
	*httptest.Server
	got    []byte
	header http.Header
	answer func(w http.ResponseWriter, r *http.Request)
}

func newServer(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *server {
	s := &server{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.got, _ = io.ReadAll(r.Body)
		s.header = r.Header
		s.answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func reply(t *testing.T, status int, body any, sign envelope.Signer) func(http.ResponseWriter, *http.Request) {
	doc, err := envelope.Seal(body, sign)
	if err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write(doc)
	}
}

func receipt() *envelope.AsyncResponse {
	return &envelope.AsyncResponse{MessageID: "254750999", CorrelationID: "3382552", ResponseDate: moment, SessionID: session}
}

func client(t *testing.T, url string, change func(*shep.Config)) *shep.Client {
	t.Helper()
	cfg := shep.Config{URL: url, SenderID: "kopir", Password: "secret", Words: words, Now: func() time.Time { return moment }}
	if change != nil {
		change(&cfg)
	}
	c, err := shep.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDeliver(t *testing.T) {
	tests := []struct {
		name    string
		message gateway.Message
		result  []byte
		change  func(*shep.Config)
	}{
		{"notification", notification(), nil, nil},
		{"response", response(), []byte("<r:Result xmlns:r=\"urn:kopir:result:1\">\r\n</r:Result>"), nil},
		{"own-settings", notification(), nil, func(c *shep.Config) {
			c.Statuses = map[string]string{"accepted": "A7"}
			c.Service = func(gateway.Case) shep.Service {
				return shep.Service{ServiceID: "OTHER", RouteID: "R_9", Namespace: "urn:portal:x"}
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, reply(t, 200, receipt(), nil))
			got, err := client(t, s.URL, tt.change).Deliver(t.Context(), tt.message, aCase(), tt.result)
			if err != nil || got != "254750999/"+session {
				t.Fatalf("%q %v", got, err)
			}
			if s.header.Get("Content-Type") != "text/xml; charset=utf-8" || s.header.Get("SOAPAction") != `""` {
				t.Errorf("header %v", s.header)
			}
			golden(t, tt.name+".xml", s.got)
			follows(t, s.got, tt.change == nil)
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("sent (+) is not golden (-):\n%s", diff)
	}
}

// follows validates a message and its payload against the schemas.
func follows(t *testing.T, doc []byte, payloadToo bool) {
	t.Helper()
	msg, err := envelope.Read(doc, xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m := msg.Body.(*envelope.AsyncRequest)
	if m.MessageID != "" || m.CorrelationID != "3382552" || m.SessionID != "" {
		t.Errorf("ids: %+v", m)
	}
	payload, err := m.Data.Payload()
	if err != nil {
		t.Fatal(err)
	}
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, schemas.HTTP); err != nil {
		t.Fatal(err)
	}
	text := string(doc)
	body := text[strings.Index(text, "<ns2:"):strings.LastIndex(text, "</soapenv:Body>")]
	checks := map[string]string{"async.xsd": body}
	if payloadToo {
		checks["kopir-response-message.xsd"] = string(payload)
	}
	for xsd, content := range checks {
		file := filepath.Join(dir, "message.xml")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(lint, "--noout", "--nonet", "--schema", filepath.Join(dir, "xsd", xsd), file).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s\n%s", err, out, content)
		}
	}
}

// Every status the outbox knows has a CurrentStatus.
func TestEveryStatusHasANumber(t *testing.T) {
	for _, s := range []string{"parked", "accepted", "in_work", "step", "completed", "declined", "refused"} {
		if shep.Statuses()[s] == "" {
			t.Errorf("%s has none", s)
		}
	}
}

// parties are two organisations of one authority.
func parties(t *testing.T) (ours, theirs envelope.Signer, pins *envelope.Pins, ourPins *envelope.Pins) {
	t.Helper()
	ca, err := testpki.New(testpki.GOST512, testpki.Options{Rand: rand.Reader, Now: moment})
	if err != nil {
		t.Fatal(err)
	}
	issue := func(bin string) (envelope.Signer, *envelope.Pins) {
		id, err := ca.Issue(testpki.Profile{Kind: testpki.InformationSystem, BIN: bin})
		if err != nil {
			t.Fatal(err)
		}
		return envelope.KeySigner(xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, rand.Reader), envelope.NewPins(envelope.PinCertificate(id.Certificate))
	}
	ours, ourPins = issue("000740000728")
	theirs, pins = issue("161140016747")
	return ours, theirs, pins, ourPins
}

func TestSignedBothWays(t *testing.T) {
	ours, theirs, pins, ourPins := parties(t)
	s := newServer(t, reply(t, 200, receipt(), theirs))
	c := client(t, s.URL, func(c *shep.Config) { c.Sign, c.Replies = ours, pins })
	if _, err := c.Deliver(t.Context(), notification(), aCase(), nil); err != nil {
		t.Fatal(err)
	}
	signed, err := ourPins.Verify(s.got, moment)
	if err != nil {
		t.Fatalf("what we sent is not signed as it must be: %v", err)
	}
	if msg, err := envelope.ReadBody(signed.Body, xmltree.Limits{}); err != nil || msg.Body.(*envelope.AsyncRequest).CorrelationID != "3382552" {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNoReceipt(t *testing.T) {
	ours, theirs, pins, _ := parties(t)
	fault := &envelope.Fault{Code: envelope.FaultServer, Text: "t", Operation: "sendMessage", Info: envelope.ErrorInfo{Code: "SCE004", Message: strings.Repeat("x", 999), Date: moment}}
	text := func(status int, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = io.WriteString(w, body) }
	}
	signedReply := func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		reply(t, 200, receipt(), theirs)(rec, r)
		_, _ = io.WriteString(w, strings.Replace(rec.Body.String(), "254750999", "1", 1))
	}
	tests := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		pinned bool
		has    string
	}{
		{"a fault", reply(t, 500, fault, nil), false, "SCE004"},
		{"a fault with status 200", reply(t, 200, fault, nil), false, "SCE004"},
		{"a fault, unsigned, with pins", reply(t, 500, fault, nil), true, "SCE004"},
		{"an HTML page", text(502, "<html><body>Bad Gateway<br></body></html>"), false, "502"},
		{"nothing", text(200, ""), false, "cannot be read"},
		{"another operation", reply(t, 200, &envelope.ChangeStatusResponse{ResponseDate: moment, SessionID: session}, nil), false, "another operation"},
		{"a receipt with a bad status", reply(t, 403, receipt(), nil), false, "403"},
		{"an endless answer", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) }, false, "too long"},
		{"an unsigned receipt", reply(t, 200, receipt(), nil), true, "transport_signature_missing"},
		{"a receipt signed by somebody else", reply(t, 200, receipt(), ours), true, "transport_signature_invalid"},
		{"a receipt changed on the way", signedReply, true, "transport_signature_invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.answer)
			c := client(t, s.URL, func(c *shep.Config) {
				if tt.pinned {
					c.Replies = pins
				}
			})
			got, err := c.Deliver(t.Context(), notification(), aCase(), nil)
			if err == nil || got != "" || !strings.Contains(err.Error(), tt.has) || len(err.Error()) > 400 {
				t.Errorf("receipt %q, error %v", got, err)
			}
			var e *gateway.Error
			if !errors.As(err, &e) {
				t.Errorf("an error without a code: %v", err)
			}
		})
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	elsewhere := newServer(t, reply(t, 200, receipt(), nil))
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if _, err := client(t, s.URL, nil).Deliver(t.Context(), notification(), aCase(), nil); err == nil || elsewhere.got != nil {
		t.Errorf("error %v; sent elsewhere: %v", err, elsewhere.got != nil)
	}
}

func TestSilentGateway(t *testing.T) {
	release := make(chan struct{})
	s := newServer(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	c := client(t, s.URL, func(c *shep.Config) { c.Timeout = 20 * time.Millisecond })
	if _, err := c.Deliver(t.Context(), notification(), aCase(), nil); err == nil {
		t.Error("a receipt of a gateway that says nothing")
	}
}

func TestCaseWithoutAChain(t *testing.T) {
	s := newServer(t, reply(t, 200, receipt(), nil))
	cs := aCase()
	cs.Envelope.CorrelationID = ""
	if _, err := client(t, s.URL, nil).Deliver(t.Context(), notification(), cs, nil); err != nil || !strings.Contains(string(s.got), "<correlationId>254750124</correlationId>") {
		t.Errorf("%v %s", err, s.got)
	}
	cs.Envelope = gateway.Envelope{}
	if _, err := client(t, s.URL, nil).Deliver(t.Context(), notification(), cs, nil); err == nil {
		t.Error("sent without serviceId and chain")
	}
}

func TestAddresses(t *testing.T) {
	for _, url := range []string{"", "ftp://x", "http://", "http://user:pass@host/", ":"} {
		if _, err := shep.New(shep.Config{URL: url, SenderID: "s"}); err == nil {
			t.Errorf("%q was taken", url)
		}
	}
	if _, err := shep.New(shep.Config{URL: "http://host/"}); err == nil {
		t.Error("a client without SenderID")
	}
}

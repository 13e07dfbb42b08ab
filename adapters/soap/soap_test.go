package soap_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/adapters/httpserver"
	"kopir/adapters/soap"
	"kopir/gateway"
	"kopir/schemas"
	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

var moment = time.Date(2026, 11, 23, 10, 47, 28, 0, time.FixedZone("+05", 5*3600))

const session = "{f0774397-4fcd-484a-9434-f71535ee4326}"

const document = "<?xml version=\"1.0\"?>\r\n<app:Application xmlns:app=\"urn:kopir:service:x:1\">Қазақ</app:Application>"

// What the endpoint calls is what the gateway offers.
var _ soap.Intake = (*gateway.Intake)(nil)

// world fakes what stands behind the endpoint.
type world struct {
	answer     gateway.Answer
	err        error
	submission gateway.Submission
	called     int
	status     envelope.ChangeStatusNotification
}

func (f *world) Accept(_ context.Context, s gateway.Submission) (gateway.Answer, error) {
	f.submission = s
	f.called++
	return f.answer, f.err
}

func (f *world) MessageStatus(_ context.Context, _ gateway.Caller, n envelope.ChangeStatusNotification) error {
	f.status = n
	return f.err
}

// party is an organisation with its key.
type party struct{ id testpki.Identity }

func newParty(t testing.TB, ca *testpki.Authority) party {
	t.Helper()
	id, err := ca.Issue(testpki.Profile{Kind: testpki.InformationSystem, BIN: "000740000728"})
	if err != nil {
		t.Fatal(err)
	}
	return party{id}
}

func (p party) sign() envelope.Signer {
	return envelope.KeySigner(xmlsig.Key{Signer: p.id.Key, Certificate: p.id.Certificate}, rand.Reader)
}

// bench is an endpoint with its gateway.
type bench struct {
	*world
	shep, other, kopir party
	endpoint           *soap.Endpoint
	now                time.Time
}

var shepCaller = gateway.Caller{ID: "shep", Kind: gateway.CallerGateway}

func newBench(t testing.TB) *bench {
	t.Helper()
	ca, err := testpki.New(testpki.GOST512, testpki.Options{Rand: rand.Reader, Now: moment})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{world: &world{answer: gateway.Answer{Decision: gateway.DecisionAccepted, Number: "K26-7QX4M-09TCB", Service: "housing-assistance",
		ReceivedAt: moment, DueAt: moment.Add(240 * time.Hour), Verdict: "V1"}},
		shep: newParty(t, ca), other: newParty(t, ca), kopir: newParty(t, ca), now: moment}
	now := func() time.Time { return b.now }
	b.endpoint = b.with(t, soap.Config{
		Transport: soap.NewPinnedTransport(now, soap.Signer{Pin: envelope.PinCertificate(b.shep.id.Certificate), Caller: shepCaller}),
		Intake:    b, Status: b, Sign: b.kopir.sign(), Now: now, Rand: rand.Reader,
	})
	return b
}

func (b *bench) with(t testing.TB, cfg soap.Config) *soap.Endpoint {
	t.Helper()
	texts, err := httpserver.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	ep, err := soap.New(httpserver.NewFrame(httpserver.Options{Texts: texts}), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return ep
}

func syncRequest() *envelope.SyncRequest {
	return &envelope.SyncRequest{MessageID: "m-1", CorrelationID: "c-1", ServiceID: "S", RouteID: "R", MessageDate: moment,
		Sender: envelope.SenderInfo{ID: "pep"}, SessionID: session, Data: envelope.Text([]byte(document))}
}

func asyncRequest() *envelope.AsyncRequest {
	return &envelope.AsyncRequest{MessageID: "254750124", CorrelationID: "3382552", ServiceID: "S", MessageType: envelope.TypeRequest,
		MessageDate: moment, Sender: envelope.SenderInfo{ID: "pep"}, SessionID: session, Data: envelope.Text([]byte(document))}
}

func sealed(t testing.TB, body any, p party) []byte {
	t.Helper()
	doc, err := envelope.Seal(body, p.sign())
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func post(h http.Handler, doc []byte) *httptest.ResponseRecorder {
	return postAs(h, doc, "text/xml; charset=utf-8")
}

func postAs(h http.Handler, doc []byte, media string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/shep/sync", bytes.NewReader(doc))
	r.Header.Set("Content-Type", media)
	r.Header.Set("SOAPAction", `""`)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// read checks that an answer is signed by us and returns what the signature covers.
func (b *bench) read(t *testing.T, w *httptest.ResponseRecorder) any {
	t.Helper()
	if ct := w.Header().Get("Content-Type"); ct != "text/xml; charset=utf-8" {
		t.Errorf("Content-Type %q", ct)
	}
	signed, err := envelope.NewPins(envelope.PinCertificate(b.kopir.id.Certificate)).Verify(w.Body.Bytes(), moment)
	if err != nil {
		t.Fatalf("the answer's signature: %v\n%s", err, w.Body)
	}
	msg, err := envelope.ReadBody(signed.Body, xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return msg.Body
}

func TestSyncAnswersWithNumberAndDueDate(t *testing.T) {
	b := newBench(t)
	w := post(b.endpoint.Sync(), sealed(t, syncRequest(), b.shep))
	res := b.read(t, w).(*envelope.SyncResponse)
	if w.Code != 200 || res.Status.Code != "SCSS001" || res.CorrelationID != "c-1" || res.SessionID != session || res.MessageID == "" {
		t.Errorf("%d %+v", w.Code, res)
	}
	payload, err := res.Data.Payload()
	if err != nil {
		t.Fatal(err)
	}
	reply, err := envelope.ReadReply(payload)
	if err != nil || reply.Number != "K26-7QX4M-09TCB" || reply.Decision != "accepted" || !reply.DueAt.Equal(moment.Add(240*time.Hour)) ||
		!strings.Contains(reply.TextKk, "K26-7QX4M-09TCB") || reply.TextRu == "" {
		t.Errorf("%v %+v", err, reply)
	}
	s := b.submission
	want := gateway.Envelope{ServiceID: "S", RouteID: "R", MessageID: "m-1", CorrelationID: "c-1", SessionID: session, SenderID: "pep"}
	if string(s.Document) != document || s.Envelope != want || s.Via != gateway.ViaSyncSOAP || s.Caller.ID != "shep/S/pep" || s.Channel != gateway.ChannelPortal || s.MessageID != "m-1" {
		t.Errorf("handed in %+v", s)
	}
	if outcome, _ := reason.Verdict(s.Transport); outcome != reason.Passed {
		t.Errorf("transport checks %+v", s.Transport)
	}
}

func TestAsyncEchoesAndSaysNoMore(t *testing.T) {
	refused := gateway.Answer{Decision: gateway.DecisionRefused, Code: reason.SignatureInvalid}
	for _, answer := range []gateway.Answer{newBench(t).answer, refused} {
		b := newBench(t)
		b.answer = answer
		w := post(b.endpoint.Async(), sealed(t, asyncRequest(), b.shep))
		res := b.read(t, w).(*envelope.AsyncResponse)
		if w.Code != 200 || res.MessageID != "254750124" || res.CorrelationID != "3382552" || res.SessionID != session || !res.ResponseDate.Equal(moment) {
			t.Errorf("%s: %d %+v", answer.Decision, w.Code, res)
		}
		if b.submission.Via != gateway.ViaAsyncSOAP || b.submission.Envelope.CorrelationID != "3382552" {
			t.Errorf("handed in %+v", b.submission)
		}
	}
}

func TestChangeOfStatusIsHandedOn(t *testing.T) {
	b := newBench(t)
	n := &envelope.ChangeStatusNotification{NotificationID: "n", MessageID: "216386080", NotificationDate: moment, MessageState: envelope.StateNotDelivered,
		Status: envelope.MessageStatusInfo{Code: "1", Message: "no receiver", Date: moment}, RequestDate: moment, SessionID: session}
	w := post(b.endpoint.Async(), sealed(t, n, b.shep))
	res := b.read(t, w).(*envelope.ChangeStatusResponse)
	if w.Code != 200 || res.SessionID != session || b.status.MessageID != "216386080" || b.status.MessageState != envelope.StateNotDelivered {
		t.Errorf("%d %+v, handed on %+v", w.Code, res, b.status)
	}
	n.SessionID = ""
	res = b.read(t, post(b.endpoint.Async(), sealed(t, n, b.shep))).(*envelope.ChangeStatusResponse)
	if envelope.GUID(res.SessionID) == "" {
		t.Errorf("session %q", res.SessionID)
	}
}

// Some clients send application/xml (gateway-protocol.md §1.1).
func TestTheOtherMediaType(t *testing.T) {
	b := newBench(t)
	if w := postAs(b.endpoint.Sync(), sealed(t, syncRequest(), b.shep), "application/xml; charset=UTF-8"); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Every code is told over both channels as the table says: a status, or a fault with status 500.
func TestEveryCodeHasItsAnswer(t *testing.T) {
	b := newBench(t)
	texts, err := httpserver.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	doc := sealed(t, syncRequest(), b.shep)
	for _, code := range gateway.Codes() {
		text, ok := texts.Text(code)
		if !ok {
			t.Errorf("%s: the table lacks it", code)
			continue
		}
		b.answer = gateway.Answer{Decision: gateway.DecisionRefused, Code: code, Detail: "why", FirstNumber: "K26-1"}
		w := post(b.endpoint.Sync(), doc)
		switch res := b.read(t, w).(type) {
		case *envelope.SyncResponse:
			payload, _ := res.Data.Payload()
			reply, err := envelope.ReadReply(payload)
			if text.SHEPKind != httpserver.KindStatus || w.Code != 200 || res.Status.Code != text.SHEP || err != nil ||
				reply.Code != string(code) || reply.TextKk != text.Kk || reply.TextRu != text.Ru || reply.FirstNumber != "K26-1" {
				t.Errorf("%s: %d %+v %+v %v", code, w.Code, res.Status, reply, err)
			}
		case *envelope.Fault:
			if text.SHEPKind != httpserver.KindFault || w.Code != 500 || res.Info.Code != text.SHEP || !strings.HasPrefix(res.Info.Data, string(code)) {
				t.Errorf("%s: %d %+v", code, w.Code, res)
			}
		}
	}
}

func TestErrorsOfTheIntake(t *testing.T) {
	tests := []struct {
		err          error
		status, shep string
		faultcode    string
	}{
		{&gateway.Error{Code: gateway.CodeUnavailable, Err: errors.New("disk full at 10.0.0.1")}, "SCSE003", "SCSE003", "Server"},
		{&gateway.Error{Code: gateway.CodeRateLimited}, "SCSE003", "SCSE003", "Server"},
		{errors.New("secret"), "", "SCE909", "Server"},
	}
	for _, tt := range tests {
		b := newBench(t)
		b.err = tt.err
		w := post(b.endpoint.Sync(), sealed(t, syncRequest(), b.shep))
		if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "10.0.0.1") {
			t.Errorf("%v: the cause is shown", tt.err)
		}
		switch res := b.read(t, w).(type) {
		case *envelope.SyncResponse:
			if res.Status.Code != tt.status || w.Code != 200 {
				t.Errorf("%v: %+v", tt.err, res.Status)
			}
		case *envelope.Fault:
			if tt.status != "" || res.Info.Code != tt.shep || res.Code != tt.faultcode || w.Code != 500 {
				t.Errorf("%v: %+v", tt.err, res)
			}
		}
		w = post(b.endpoint.Async(), sealed(t, asyncRequest(), b.shep))
		if f := b.read(t, w).(*envelope.Fault); f.Info.Code != tt.shep || f.Code != tt.faultcode || f.Operation != "sendMessage" || f.Info.SessionID != session {
			t.Errorf("%v over async: %+v", tt.err, f)
		}
	}
}

func plain(t testing.TB, body any) []byte {
	t.Helper()
	doc, err := envelope.Write(body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestFaults(t *testing.T) {
	b := newBench(t)
	good := sealed(t, syncRequest(), b.shep)
	noID := asyncRequest()
	noID.MessageID = ""
	update := asyncRequest()
	update.MessageType = envelope.TypeUpdate
	empty := syncRequest()
	empty.Data = envelope.Data{}
	soapText := func(body string) []byte {
		return []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + body + `</s:Body></s:Envelope>`)
	}
	const xml = "text/xml; charset=utf-8"
	tests := []struct {
		name, media string
		async       bool
		doc         []byte
		shep        string
		code        gateway.Code
		faultcode   string
	}{
		{"unsigned", xml, false, plain(t, syncRequest()), "SCE007", reason.TransportSignatureMissing, "Client"},
		{"signed by somebody else", xml, false, sealed(t, syncRequest(), b.other), "SCE006", reason.TransportSignatureInvalid, "Client"},
		{"changed on the way", xml, false, bytes.Replace(good, []byte("m-1"), []byte("m-2"), 1), "SCE006", reason.TransportSignatureInvalid, "Client"},
		{"cut off", xml, false, good[:len(good)/2], "SCE001", reason.XMLMalformed, "Client"},
		{"empty", xml, false, nil, "SCE001", reason.XMLMalformed, "Client"},
		{"no Body", xml, false, []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>`), "SCE001", reason.XMLMalformed, "Client"},
		{"SOAP 1.2", xml, false, []byte(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>`), "SCE001", reason.XMLMalformed, "VersionMismatch"},
		{"a DOCTYPE", xml, false, append([]byte("<!DOCTYPE a>"), good...), "SCE001", reason.XMLForbidden, "Client"},
		{"unknown operation", xml, false, soapText(`<GetMessage/>`), "SCE004", gateway.CodeServiceUnknown, "Client"},
		{"the other channel's operation", xml, false, sealed(t, asyncRequest(), b.shep), "SCE004", gateway.CodeServiceUnknown, "Client"},
		{"an answer instead of a request", xml, true, soapText(`<sendMessageResponse/>`), "SCE004", gateway.CodeServiceUnknown, "Client"},
		{"wrong charset", "text/xml; charset=windows-1251", false, good, "SCE001", gateway.CodeMediaTypeUnsupported, "Client"},
		{"wrong type", "application/json", false, good, "SCE001", gateway.CodeMediaTypeUnsupported, "Client"},
		{"13 MB", xml, false, bytes.Repeat([]byte(" "), 13<<20), "SCE001", reason.TooLarge, "Client"},
		{"no messageId", xml, true, sealed(t, noID, b.shep), "SCE001", gateway.CodeFormInvalid, "Client"},
		{"an UPDATE", xml, true, sealed(t, update, b.shep), "SCE001", gateway.CodeFormInvalid, "Client"},
		{"no data", xml, false, sealed(t, empty, b.shep), "SCE001", reason.XMLMalformed, "Client"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, operation := b.endpoint.Sync(), "SendMessage"
			if tt.async {
				h, operation = b.endpoint.Async(), "sendMessage"
			}
			before := b.called
			w := postAs(h, tt.doc, tt.media)
			f, ok := b.read(t, w).(*envelope.Fault)
			if !ok {
				t.Fatalf("no fault: %s", w.Body)
			}
			if w.Code != 500 || f.Info.Code != tt.shep || f.Code != tt.faultcode || f.Operation != operation || !strings.HasPrefix(f.Info.Data, string(tt.code)) {
				t.Errorf("%d %+v", w.Code, f)
			}
			if f.Info.Message == "" || f.Text == "" || f.Info.Date.IsZero() {
				t.Errorf("a fault that says nothing: %+v", f)
			}
			if b.called != before {
				t.Error("the intake was called")
			}
		})
	}
}

func TestExpiredPinIsNotCurrent(t *testing.T) {
	b := newBench(t)
	doc := sealed(t, syncRequest(), b.shep)
	b.now = b.shep.id.Certificate.NotAfter.Add(time.Minute)
	w := post(b.endpoint.Sync(), doc)
	if !strings.Contains(w.Body.String(), "<errorCode>SCE005</errorCode>") {
		t.Errorf("%s", w.Body)
	}
}

// What the signature covers is what is handed in, also when something else stands beside it.
func TestOnlyTheVerifiedBodyIsProcessed(t *testing.T) {
	b := newBench(t)
	text := string(sealed(t, syncRequest(), b.shep))
	from, to := strings.Index(text, "<soapenv:Body"), strings.Index(text, "</soapenv:Envelope>")
	body := text[from:to]
	evil := strings.Replace(strings.Replace(body, "m-1", "evil", 1), ` wsu:Id="id-`, ` wsu:Id="jd-`, 1)
	for name, doc := range map[string]string{
		"moved into the header": strings.Replace(text[:from], "</soapenv:Header>", body+"</soapenv:Header>", 1) + evil + "</soapenv:Envelope>",
		"two Bodies":            text[:from] + evil + body + "</soapenv:Envelope>",
	} {
		w := post(b.endpoint.Sync(), []byte(doc))
		if w.Code != 500 || b.called != 0 {
			t.Errorf("%s: %d, intake called %d times with %q", name, w.Code, b.called, b.submission.MessageID)
		}
	}
}

func TestSourceTransport(t *testing.T) {
	b := newBench(t)
	local := netip.MustParsePrefix("192.0.2.0/24") // the address httptest gives its requests
	tests := []struct {
		name    string
		allowed []netip.Prefix
		status  int
	}{
		{"on the list", []netip.Prefix{local}, 200},
		{"not on the list", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, 500},
		{"no list", nil, 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ep := b.with(t, soap.Config{Transport: soap.NewSourceTransport(shepCaller, tt.allowed), Intake: b})
			w := post(ep.Sync(), plain(t, syncRequest()))
			if w.Code != tt.status {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if tt.status == 200 && (len(b.submission.Transport) != 1 || b.submission.Transport[0].Outcome != reason.NotApplicable) {
				t.Errorf("transport checks %+v", b.submission.Transport)
			}
		})
	}
}

func TestDescriptions(t *testing.T) {
	b := newBench(t)
	get := func(h http.Handler, url string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
		return w.Code, w.Body.String()
	}
	tests := []struct {
		name string
		h    http.Handler
		url  string
		code int
		has  string
	}{
		{"sync service", b.endpoint.Sync(), "http://kopir.test/shep/sync?wsdl", 200, `<soap:address location="http://kopir.test/shep/sync"/>`},
		{"capitals", b.endpoint.Sync(), "http://kopir.test/shep/sync?WSDL", 200, `location="http://kopir.test/shep/sync?wsdl=1"`},
		{"sync interface", b.endpoint.Sync(), "http://kopir.test/shep/sync?wsdl=1", 200, `schemaLocation="http://kopir.test/shep/sync?xsd=2"`},
		{"async service", b.endpoint.Async(), "http://kopir.test/shep/async?wsdl", 200, `<soap:address location="http://kopir.test/shep/async"/>`},
		{"async interface", b.endpoint.Async(), "http://kopir.test/shep/async?wsdl=1", 200, "changeMassageStatusNotification"},
		{"schema", b.endpoint.Async(), "http://kopir.test/shep/async?xsd=6", 200, `schemaLocation="http://kopir.test/shep/async?xsd=1"`},
		{"no such schema", b.endpoint.Async(), "http://kopir.test/shep/async?xsd=99", 404, "not_found"},
		{"no such number", b.endpoint.Async(), "http://kopir.test/shep/async?xsd=../1", 404, "not_found"},
		{"nothing asked", b.endpoint.Async(), "http://kopir.test/shep/async", 404, "?wsdl"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, body := get(tt.h, tt.url)
			if code != tt.code || !strings.Contains(body, tt.has) || strings.Contains(body, "../xsd/") || strings.Contains(body, "localhost") {
				t.Errorf("%d\n%s", code, body)
			}
		})
	}
	ep := b.with(t, soap.Config{Transport: soap.NewSourceTransport(shepCaller, nil), Intake: b, PublicURL: "https://gw.example.kz/base/"})
	if _, body := get(ep.Sync(), "http://kopir.test/shep/sync?wsdl"); !strings.Contains(body, `<soap:address location="https://gw.example.kz/base/shep/sync"/>`) {
		t.Errorf("%s", body)
	}
	r := httptest.NewRequest(http.MethodGet, "/shep/sync?wsdl", nil)
	r.Host = `evil"/><x`
	w := httptest.NewRecorder()
	b.endpoint.Sync().ServeHTTP(w, r)
	if w.Code != 404 || strings.Contains(w.Body.String(), "evil") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	b.endpoint.Sync().ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/shep/sync", nil))
	if w.Code != 405 || w.Header().Get("Allow") == "" {
		t.Errorf("%d", w.Code)
	}
}

// The answers of a running endpoint follow the published schema, signature and all.
func TestAnswersFollowTheSchema(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, schemas.HTTP); err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	refused := newBench(t)
	refused.answer = gateway.Answer{Decision: gateway.DecisionRefused, Code: gateway.CodeConsentMissing}
	notice := &envelope.ChangeStatusNotification{NotificationID: "n", MessageID: "1", NotificationDate: moment, MessageState: envelope.StateDelivered,
		Status: envelope.MessageStatusInfo{Code: "1", Message: "m", Date: moment}, RequestDate: moment}
	for name, answer := range map[string]struct {
		w   *httptest.ResponseRecorder
		xsd string
	}{
		"accepted":    {post(b.endpoint.Sync(), sealed(t, syncRequest(), b.shep)), "sync.xsd"},
		"refused":     {post(refused.endpoint.Sync(), sealed(t, syncRequest(), refused.shep)), "sync.xsd"},
		"echo":        {post(b.endpoint.Async(), sealed(t, asyncRequest(), b.shep)), "async.xsd"},
		"fault":       {post(b.endpoint.Sync(), plain(t, syncRequest())), "sync.xsd"},
		"arrived not": {post(b.endpoint.Async(), plain(t, asyncRequest())), "async.xsd"},
		"no ids":      {post(b.endpoint.Async(), sealed(t, &envelope.AsyncRequest{MessageID: "1", ServiceID: "S", MessageType: envelope.TypeRequest, MessageDate: moment, Sender: envelope.SenderInfo{ID: "pep"}, Data: envelope.Text([]byte(document))}, b.shep)), "async.xsd"},
		"notice":      {post(b.endpoint.Async(), sealed(t, notice, b.shep)), "async-client.xsd"},
		"notice not":  {post(b.endpoint.Async(), plain(t, notice)), "async-client.xsd"},
	} {
		text := answer.w.Body.String()
		from := strings.Index(text, "<ns2:")
		to := strings.LastIndex(text, "</ns2:")
		to += strings.Index(text[to:], ">") + 1
		file := filepath.Join(dir, name+".xml")
		if err := os.WriteFile(file, []byte(text[from:to]), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(lint, "--noout", "--nonet", "--schema", filepath.Join(dir, "xsd", answer.xsd), file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s\n%s", name, err, out, text)
		}
	}
}

// A signer that fails must not silence a fault.
func TestFaultWithoutSigner(t *testing.T) {
	b := newBench(t)
	ep := b.with(t, soap.Config{Transport: soap.NewSourceTransport(shepCaller, nil), Intake: b,
		Sign: func([]byte) ([]byte, error) { return nil, io.ErrClosedPipe }})
	w := post(ep.Sync(), plain(t, syncRequest()))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "SCE007") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestEndpointNeedsItsParts(t *testing.T) {
	if _, err := soap.New(httpserver.NewFrame(httpserver.Options{}), soap.Config{}); err == nil {
		t.Error("an endpoint without transport and intake")
	}
}

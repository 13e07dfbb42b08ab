package envelope_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kopir/adapters/envelope"
	"kopir/schemas"
	"kopir/xmlsig/xmltree"
)

var update = flag.Bool("update", false, "write the golden files anew")

var moment = time.Date(2026, 11, 23, 10, 47, 28, 541e6, time.FixedZone("+05", 5*3600))

const session = "{f0774397-4fcd-484a-9434-f71535ee4326}"

// messages is one message of every type, with awkward characters in it.
func messages() map[string]any {
	sender := envelope.SenderInfo{ID: "kopir", Password: "p&ss<"}
	properties := []envelope.Property{{Key: "CONNECTOR_CLIENT", Value: "true"}, {Key: "k", Value: ""}}
	failure := envelope.ErrorInfo{Code: "SCE016", Message: "Қате > ошибка", Data: "digest_mismatch", Date: moment, SessionID: session,
		Sub: &envelope.ErrorInfo{Code: "1", Message: "inner", Date: moment}}
	status := envelope.MessageStatusInfo{Code: "0", Message: "ok", Date: moment}
	data := envelope.Text([]byte("<?xml version=\"1.0\"?><a b=\"1\">\r\n&amp;</a>"))
	child, _ := envelope.NewData(envelope.FormElement, []byte(`<app:Application xmlns:app="urn:kopir:service:x:1" a="1">Қазақ</app:Application>`))
	typed, _ := envelope.NewData(envelope.FormTyped, []byte(`<data xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><surname>ҮЛГІ</surname><name>А</name></data>`))
	request := envelope.AsyncRequest{MessageID: "254750124", CorrelationID: "3382552", ServiceID: "S", MessageType: envelope.TypeResponse, RouteID: "R_1",
		MessageDate: moment, Sender: sender, Properties: properties, SessionID: session, Data: data}
	return map[string]any{
		"sync-request": &envelope.SyncRequest{MessageID: "m", CorrelationID: "c", ServiceID: "S", MessageDate: moment, RouteID: "R",
			Sender: sender, Properties: properties, SessionID: session, Data: data},
		"sync-request-least": &envelope.SyncRequest{MessageID: "m", ServiceID: "S", MessageDate: moment, Sender: envelope.SenderInfo{ID: "s"}},
		"sync-response": &envelope.SyncResponse{MessageID: "m", CorrelationID: "c", ResponseDate: moment,
			Status: envelope.StatusInfo{Code: envelope.StatusOK, Message: "ok"}, SessionID: session, Data: data},
		"async-request":            &request,
		"async-notification-least": &envelope.AsyncRequest{CorrelationID: "3382552", ServiceID: "S", MessageType: envelope.TypeNotification, MessageDate: moment, Sender: sender},
		"async-response":           &envelope.AsyncResponse{MessageID: "254750124", CorrelationID: "3382552", ResponseDate: moment, SessionID: session},
		"delivery":                 &envelope.DeliveryNotification{MessageID: "m", ServiceID: "S", NotificationDate: moment, ReceiveStatus: envelope.ReceiveNotAccepted, StatusDate: moment, ResendMessage: envelope.NotResend, Error: &failure, RequestDate: moment, Sender: &sender},
		"delivery-response":        &envelope.DeliveryNotificationResponse{NotificationID: "n", ResponseDate: moment, SessionID: session},
		"status-request":           &envelope.MessageStatusRequest{MessageID: "m", RequestDate: moment, Sender: sender, Properties: properties},
		"status-response":          &envelope.MessageStatusResponse{MessageState: envelope.StateDelivered, Status: status, ResponseDate: moment, SessionID: session},
		"messages-request":         &envelope.MessagesRequest{CorrelationID: "c", RequestDate: moment, ServiceID: "S", Sender: &sender, Amount: 10, Properties: properties},
		"messages-response":        &envelope.MessagesResponse{ResponseDate: moment, SessionID: session, Messages: []envelope.AsyncRequest{request, request}},
		"change-status":            &envelope.ChangeStatusNotification{NotificationID: "n", MessageID: "m", NotificationDate: moment, MessageState: envelope.StateNotDelivered, Status: status, Error: &failure, RequestDate: moment, SessionID: session},
		"change-status-response":   &envelope.ChangeStatusResponse{ResponseDate: moment, SessionID: session},
		"async-update":             &envelope.AsyncRequest{CorrelationID: "3382552", ServiceID: "S", MessageType: envelope.TypeUpdate, MessageDate: moment, Sender: sender, Data: child},
		"async-new":                &envelope.AsyncRequest{ServiceID: "S", MessageType: envelope.TypeRequest, MessageDate: moment, Sender: sender, Data: typed},
		"async-response-least":     &envelope.AsyncResponse{ResponseDate: moment},
		"delivery-accepted":        &envelope.DeliveryNotification{MessageID: "m", ServiceID: "S", NotificationDate: moment, ReceiveStatus: envelope.ReceiveAccepted, StatusDate: moment, ResendMessage: envelope.Resend, RequestDate: moment},
		"messages-request-least":   &envelope.MessagesRequest{ServiceID: "S"},
		"messages-response-none":   &envelope.MessagesResponse{ResponseDate: moment, SessionID: session},
		"change-status-least":      &envelope.ChangeStatusNotification{NotificationID: "n", MessageID: "m", NotificationDate: moment, MessageState: envelope.StateOnDelivery, Status: status, RequestDate: moment},
		"fault-sync":               &envelope.Fault{Code: envelope.FaultClient, Text: "t", Operation: "SendMessage", Info: failure},
		"fault-async":              &envelope.Fault{Code: envelope.FaultServer, Text: "t", Operation: "sendMessage", Info: failure},
		"fault-change-status":      &envelope.Fault{Code: envelope.FaultServer, Text: "t", Operation: "changeMassageStatusNotification", Info: failure},
		"fault-get-messages":       &envelope.Fault{Code: envelope.FaultServer, Text: "t", Operation: "getMessages", Info: failure},
		"fault-get-message-status": &envelope.Fault{Code: envelope.FaultServer, Text: "t", Operation: "getMessageStatus", Info: failure},
		"fault-delivery":           &envelope.Fault{Code: envelope.FaultServer, Text: "t", Operation: "sendDeliveryNotification", Info: failure},
	}
}

func write(t testing.TB, body any) []byte {
	t.Helper()
	doc, err := envelope.Write(body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestGoldenMessages(t *testing.T) {
	for name, body := range messages() {
		t.Run(name, func(t *testing.T) {
			file, got := filepath.Join("testdata", "golden", name+".xml"), write(t, body)
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
				t.Errorf("written (+) is not golden (-):\n%s", diff)
			}
		})
	}
}

// What is written is read back as it was: type, every field, the payload.
func TestRoundTrip(t *testing.T) {
	for name, body := range messages() {
		t.Run(name, func(t *testing.T) {
			doc := write(t, body)
			msg, err := envelope.Read(doc, xmltree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(body, msg.Body, cmpopts.IgnoreTypes(envelope.Data{}), cmpopts.EquateApproxTime(0), properties); diff != "" {
				t.Errorf("read (+) is not what was written (-):\n%s", diff)
			}
			if again := write(t, msg.Body); !bytes.Equal(doc, again) {
				t.Errorf("written again it differs:\n%s\n%s", doc, again)
			}
		})
	}
}

// properties compares lists without the empty ones, which say nothing.
var properties = cmp.Transformer("properties", func(list []envelope.Property) map[string]string {
	m := map[string]string{}
	for _, p := range list {
		m[p.Key] = p.Value
	}
	return m
})

// TestOurMessagesFollowTheSchema validates the Body's content with xmllint against our XSDs.
func TestOurMessagesFollowTheSchema(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, schemas.HTTP); err != nil {
		t.Fatal(err)
	}
	spaces := map[string]string{envelope.NSSync: "sync.xsd", envelope.NSAsync: "async.xsd", envelope.NSClient: "async-client.xsd"}
	for name, body := range messages() {
		t.Run(name, func(t *testing.T) {
			content, space := wrapper(t, write(t, body))
			file := filepath.Join(dir, name+".xml")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(lint, "--noout", "--nonet", "--schema", filepath.Join(dir, "xsd", spaces[space]), file).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s\n%s", err, out, content)
			}
		})
	}
	reply := filepath.Join(dir, "reply.xml")
	if err := os.WriteFile(reply, someReply().Append(nil), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(lint, "--noout", "--nonet", "--schema", filepath.Join(dir, "xsd", "kopir-reply.xsd"), reply).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// wrapper cuts the operation's element, or the ErrorInfo of a fault, out of an envelope of ours.
func wrapper(t *testing.T, doc []byte) ([]byte, string) {
	t.Helper()
	text := string(doc)
	from := strings.Index(text, "<ns2:")
	name := text[from+1 : from+strings.IndexAny(text[from:], " >")]
	to := strings.LastIndex(text, "</"+name+">") + len(name) + 3
	tree, err := xmltree.Parse(doc[from:to], xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return doc[from:to], tree.Root.Space()
}

func someReply() envelope.Reply {
	return envelope.Reply{Decision: "refused", Number: "K26-1", Service: "housing-assistance", Code: "duplicate", Detail: "a < b",
		FirstNumber: "K26-0", Verdict: "V", ReceivedAt: moment, DueAt: moment, TextKk: "Қабылданды", TextRu: "Принято"}
}

func TestReplyRoundTrip(t *testing.T) {
	got, err := envelope.ReadReply(someReply().Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(someReply(), got, cmpopts.EquateApproxTime(0)); diff != "" {
		t.Error(diff)
	}
	if _, err := envelope.ReadReply([]byte(`<Reply/>`)); err == nil {
		t.Error("a Reply in no namespace was taken")
	}
}

func TestWriterRefusesWhatTheSchemaRefuses(t *testing.T) {
	good := func() *envelope.AsyncRequest {
		return &envelope.AsyncRequest{CorrelationID: "c", ServiceID: "S", MessageType: envelope.TypeNotification, MessageDate: moment, Sender: envelope.SenderInfo{ID: "s"}}
	}
	change := func(f func(m *envelope.AsyncRequest)) any { m := good(); f(m); return m }
	tests := []struct {
		name string
		body any
	}{
		{"no serviceId", change(func(m *envelope.AsyncRequest) { m.ServiceID = "" })},
		{"no sender", change(func(m *envelope.AsyncRequest) { m.Sender.ID = "" })},
		{"no date", change(func(m *envelope.AsyncRequest) { m.MessageDate = time.Time{} })},
		{"a notification without its chain", change(func(m *envelope.AsyncRequest) { m.CorrelationID = "" })},
		{"unknown type", change(func(m *envelope.AsyncRequest) { m.MessageType = "ANSWER" })},
		{"long property key", change(func(m *envelope.AsyncRequest) { m.Properties = []envelope.Property{{Key: strings.Repeat("қ", 31)}} })},
		{"long property value", change(func(m *envelope.AsyncRequest) { m.Properties = []envelope.Property{{Value: strings.Repeat("қ", 501)}} })},
		{"no messageId", &envelope.SyncRequest{ServiceID: "S", MessageDate: moment, Sender: envelope.SenderInfo{ID: "s"}}},
		{"no status code", &envelope.SyncResponse{MessageID: "m", ResponseDate: moment}},
		{"session that has to be there", &envelope.ChangeStatusResponse{ResponseDate: moment, SessionID: "1"}},
		{"fault without code", &envelope.Fault{Code: envelope.FaultClient, Text: "t", Info: envelope.ErrorInfo{Message: "m", Date: moment}}},
		{"no message", "text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if doc, err := envelope.Write(tt.body); err == nil {
				t.Errorf("written: %s", doc)
			}
		})
	}
}

func TestWriterMakesTextsFit(t *testing.T) {
	m := &envelope.SyncResponse{MessageID: "a\x00b\xff", ResponseDate: moment, SessionID: "F0774397-4fcd-484a-9434-f71535ee4326",
		Status: envelope.StatusInfo{Code: "SCSE002", Message: strings.Repeat("ә", 400)}}
	msg, err := envelope.Read(write(t, m), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got := msg.Body.(*envelope.SyncResponse)
	if n := len([]rune(got.Status.Message)); n != 250 {
		t.Errorf("a status message of %d characters", n)
	}
	if got.MessageID != "a\uFFFDb\uFFFD" || got.SessionID != "{F0774397-4fcd-484a-9434-f71535ee4326}" {
		t.Errorf("%q %q", got.MessageID, got.SessionID)
	}
}

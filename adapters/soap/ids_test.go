package soap_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"kopir/adapters/envelope"
	"kopir/adapters/httpserver"
	"kopir/adapters/soap"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Ids are stored, logged and sent back: what cannot be is refused as the message's format.
func TestIDsAreShortAndPlain(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("9", httpserver.MaxIDLen+1)
	notification := &envelope.ChangeStatusNotification{NotificationID: "n-1", MessageID: "m-1", NotificationDate: moment, MessageState: envelope.StateDelivered,
		Status: envelope.MessageStatusInfo{Code: "1", Date: moment}, RequestDate: moment, SessionID: session}
	for _, body := range []any{syncRequest(), asyncRequest(), notification} {
		text := string(plain(t, body))
		for _, name := range []string{"messageId", "correlationId", "serviceId", "routeId", "sessionId", "notificationId"} {
			from := strings.Index(text, "<"+name+">")
			if from < 0 {
				continue
			}
			from += len(name) + 2
			to := strings.Index(text, "</"+name+">")
			for _, value := range []string{long, "a\nlevel=ERROR", "a b", "a&#x7f;b", "ә", strings.Repeat("9", httpserver.MaxIDLen)} {
				doc, err := b.shep.sign()([]byte(text[:from] + value + text[to:]))
				if err != nil {
					t.Fatal(err)
				}
				h := b.endpoint.Async()
				if _, isSync := body.(*envelope.SyncRequest); isSync {
					h = b.endpoint.Sync()
				}
				before := b.called
				w := post(h, doc)
				if len(value) == httpserver.MaxIDLen {
					if w.Code != http.StatusOK {
						t.Errorf("%T %s of %d characters: %s", body, name, len(value), w.Body)
					}
					continue
				}
				f, ok := b.read(t, w).(*envelope.Fault)
				if !ok || f.Info.Code != "SCE001" || !strings.HasPrefix(f.Info.Data, string(gateway.CodeFormInvalid)+": "+name) || b.called != before {
					t.Errorf("%T %s %.20q: %+v", body, name, value, f)
				}
			}
		}
	}
}

// While nobody may send, or from an address nobody knows, nothing of a message is read.
func TestStrangersAreTurnedAwayAtTheDoor(t *testing.T) {
	b := newBench(t)
	for name, tt := range map[string]struct {
		transport soap.Transport
		code      gateway.Code
	}{
		"no pins":         {soap.NewPinnedTransport(nil), reason.TransportSignatureInvalid},
		"unknown address": {soap.NewSourceTransport(shepCaller, nil), reason.TransportSignatureMissing},
	} {
		ep := b.with(t, soap.Config{Transport: tt.transport, Intake: b, Rand: rand.Reader})
		w := post(ep.Sync(), []byte("<"))
		if !strings.Contains(w.Body.String(), string(tt.code)) || w.Code != http.StatusInternalServerError {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// Messages share the room for signed documents with the other edges.
func TestMessagesWaitForRoom(t *testing.T) {
	b := newBench(t)
	small := sealed(t, syncRequest(), b.shep)
	synctest.Test(t, func(t *testing.T) {
		texts, err := httpserver.LoadTexts()
		if err != nil {
			t.Fatal(err)
		}
		frame := httpserver.NewFrame(httpserver.Options{Texts: texts, VerifyingBytes: 1})
		ep, err := soap.New(frame, soap.Config{Transport: soap.NewPinnedTransport(nil, soap.Signer{Pin: envelope.PinCertificate(b.shep.id.Certificate)}), Intake: b})
		if err != nil {
			t.Fatal(err)
		}
		leave, err := frame.Room(t.Context(), httpserver.MaxInlineBytes)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		var w *httptest.ResponseRecorder = post(ep.Sync(), small)
		if w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "<errorCode>SCSE003<") || b.called != 0 {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	})
}

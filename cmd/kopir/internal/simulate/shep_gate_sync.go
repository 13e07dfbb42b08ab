package simulate

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"kopir/adapters/envelope"
)

// sync answers ISyncChannel: the provider is asked in the same exchange.
func (g *Gate) sync(ctx context.Context, m *envelope.Message, raw []byte) any {
	req, ok := m.Body.(*envelope.SyncRequest)
	if !ok {
		return g.fault("SendMessage", "SCE004", "Сервис не существует")
	}
	service, known := g.service(req.ServiceID)
	if !known || service.Sync == "" {
		return g.fault("SendMessage", "SCE004", "Сервис не существует")
	}
	out := *req
	out.SessionID, out.Sender = g.session(), hashed(req.Sender)
	doc, err := g.seal(&out, "push", g.cfg.Forward, security(raw))
	if err != nil {
		return g.fault("SendMessage", "SCE001", err.Error())
	}
	g.tell("SendMessage %s, %s, from %s", out.MessageID, out.ServiceID, out.Sender.ID)
	body, err := g.post(ctx, service.Sync, doc)
	switch back := body.(type) {
	case *envelope.SyncResponse:
		back.SessionID = out.SessionID
		g.tell("SendMessage %s: %s", out.MessageID, back.Status.Code)
		return back
	case *envelope.Fault:
		g.tell("SendMessage %s: %v", out.MessageID, back)
		return back
	}
	return g.fault("SendMessage", "SCE004", fmt.Sprintf("the provider does not answer: %v", err))
}

// spoil changes octets that are signed already.
func (g *Gate) spoil(doc []byte, direction string) []byte {
	if g.Faults.is(direction + "-changed-body") {
		for _, tag := range []string{"<senderId>", "<sessionId>", "<message>", "<errorMessage>"} {
			if bytes.Contains(doc, []byte(tag)) {
				doc = bytes.Replace(doc, []byte(tag), []byte(tag+"x"), 1)
				break
			}
		}
	}
	if g.Faults.is(direction + "-encoding") {
		doc = append([]byte(`<?xml version="1.0" encoding="windows-1251"?>`), doc...)
	}
	if g.Faults.is(direction + "-truncated") {
		doc = doc[:len(doc)/2]
	}
	return doc
}

// write answers a call, well or as faults say.
func (g *Gate) write(w http.ResponseWriter, status int, body any) {
	time.Sleep(g.Faults.duration("reply-slow"))
	if g.Faults.is("reply-drop") {
		panic(http.ErrAbortHandler)
	}
	out, err := g.seal(body, "reply", ForwardSigned, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	if g.Faults.is("reply-reset") {
		w.Header().Set("Content-Length", fmt.Sprint(len(out)))
		w.WriteHeader(status)
		_, _ = w.Write(out[:len(out)/2])
		_ = http.NewResponseController(w).Flush()
		reset(w)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(out)
}

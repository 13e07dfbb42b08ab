package simulate

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"kopir/adapters/envelope"
)

// withSecurity puts a header block into an envelope of ours.
func withSecurity(doc, block []byte) []byte {
	return bytes.Replace(doc, []byte("<soapenv:Header/>"), []byte("<soapenv:Header>"+string(block)+"</soapenv:Header>"), 1)
}

// async answers IAsyncChannel.
func (g *Gate) async(_ context.Context, m *envelope.Message, raw []byte) any {
	switch body := m.Body.(type) {
	case *envelope.AsyncRequest:
		return g.take(body, security(raw))
	case *envelope.DeliveryNotification:
		return g.noted(body)
	case *envelope.MessageStatusRequest:
		return g.status(body)
	case *envelope.MessagesRequest:
		return g.pulled(body)
	}
	return g.fault("sendMessage", "SCE004", "Сервис не существует")
}

// take accepts a message and hands it on. A REQUEST opens a chain, everything else follows one.
func (g *Gate) take(m *envelope.AsyncRequest, original []byte) any {
	if _, known := g.service(m.ServiceID); !known {
		return g.fault("sendMessage", "SCE004", "Сервис не существует")
	}
	p := &Parcel{ID: g.id(), Chain: m.CorrelationID, Service: m.ServiceID, Kind: m.MessageType, From: m.Sender.ID, At: g.cfg.Now(),
		State: envelope.StateOnDelivery, message: *m, security: original}
	if payload, err := m.Data.Payload(); err == nil {
		p.Payload = string(payload)
	}
	if opening := g.opening(m.CorrelationID); m.MessageType == envelope.TypeRequest {
		p.Chain = g.id()
	} else if opening == nil {
		return g.fault("sendMessage", "SCE001", "correlationId: no such chain")
	} else {
		p.Back = m.Sender.ID != opening.From
	}
	p.message.MessageID, p.message.CorrelationID, p.message.SessionID = p.ID, p.Chain, g.session()
	p.message.Sender = hashed(m.Sender)
	g.mu.Lock()
	g.parcels = append(g.parcels, p)
	g.mu.Unlock()
	g.tell("%s %s of chain %s, %s, from %s", p.Kind, p.ID, p.Chain, p.Service, p.From)
	g.busy.Go(func() { g.handOn(p) })
	return &envelope.AsyncResponse{MessageID: p.ID, CorrelationID: p.Chain, ResponseDate: g.cfg.Now(), SessionID: p.message.SessionID}
}

// opening is the REQUEST a chain began with.
func (g *Gate) opening(chain string) *Parcel {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.parcels {
		if p.Chain == chain && p.Kind == envelope.TypeRequest {
			return p
		}
	}
	return nil
}

func (g *Gate) tell(format string, args ...any) {
	if g.cfg.Tell != nil {
		g.cfg.Tell(format, args...)
	}
}

func (g *Gate) set(p *Parcel, state string) {
	g.mu.Lock()
	p.State = state
	g.mu.Unlock()
	g.tell("%s %s is %s", p.Kind, p.ID, state)
}

// find is a message by its id.
func (g *Gate) find(id string) *Parcel {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.parcels {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// noted takes the receiver's word on a message it pulled: it stays taken, or is given out once more.
func (g *Gate) noted(n *envelope.DeliveryNotification) any {
	p := g.find(n.MessageID)
	if p == nil {
		return g.fault("sendDeliveryNotification", "SCE001", "messageId: no such message")
	}
	state := envelope.StateDelivered
	switch {
	case n.ResendMessage == envelope.Resend:
		state = envelope.StateOnDelivery
		g.mu.Lock()
		p.handed = false
		g.mu.Unlock()
		g.busy.Go(func() { g.handOn(p) })
	case n.ReceiveStatus != envelope.ReceiveAccepted:
		state = envelope.StateNotDelivered
	}
	g.set(p, state)
	g.report(p)
	return &envelope.DeliveryNotificationResponse{NotificationID: g.id(), ResponseDate: g.cfg.Now(), SessionID: g.session()}
}

func (g *Gate) status(q *envelope.MessageStatusRequest) any {
	p := g.find(q.MessageID)
	if p == nil {
		return g.fault("getMessageStatus", "SCE001", "messageId: no such message")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return &envelope.MessageStatusResponse{MessageState: p.State, ResponseDate: g.cfg.Now(),
		Status: envelope.MessageStatusInfo{Code: "0", Message: p.State, Date: g.cfg.Now()}}
}

// defaultAmount is how many messages come when the caller does not say (the real maximum is not public).
const defaultAmount = 10

// pulled gives out what waits for the caller, once, until the caller asks for it again by RESEND.
func (g *Gate) pulled(q *envelope.MessagesRequest) any {
	service, known := g.service(q.ServiceID)
	if !known {
		return g.fault("getMessages", "SCE004", "Сервис не существует")
	}
	amount, caller := defaultAmount, ""
	if q.Amount > 0 {
		amount = q.Amount
	}
	if q.Sender != nil {
		caller = q.Sender.ID
	}
	out := &envelope.MessagesResponse{ResponseDate: g.cfg.Now(), SessionID: g.session()}
	for _, p := range g.waiting(q, service, caller) {
		if len(out.Messages) == amount {
			break
		}
		g.mu.Lock()
		p.handed = true
		g.mu.Unlock()
		out.Messages = append(out.Messages, p.message)
		g.tell("%s %s is pulled by %s", p.Kind, p.ID, caller)
	}
	return out
}

// waiting lists what a caller may pull, oldest first.
func (g *Gate) waiting(q *envelope.MessagesRequest, service GateService, caller string) (out []*Parcel) {
	openers := map[string]string{}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.parcels {
		if p.Kind == envelope.TypeRequest {
			openers[p.Chain] = p.From
		}
		mine := !p.Back && service.Push == "" && (service.Owner == "" || service.Owner == caller) || p.Back && openers[p.Chain] == caller
		if p.Service == q.ServiceID && !p.handed && p.State == envelope.StateOnDelivery && mine &&
			(q.MessageID == "" || q.MessageID == p.ID) && (q.CorrelationID == "" || q.CorrelationID == p.Chain) {
			out = append(out, p)
		}
	}
	return out
}

// Applicant is the senderId of the portal behind the gateway: what goes to it has arrived.
const Applicant = "pep"

// Submit sends a document as the portal does, and returns the chain.
func (g *Gate) Submit(serviceID string, doc []byte) (string, error) {
	out := g.take(&envelope.AsyncRequest{ServiceID: serviceID, MessageType: envelope.TypeRequest, MessageDate: g.cfg.Now(),
		Sender: envelope.SenderInfo{ID: Applicant, Password: "portal"}, Data: envelope.Text(doc)}, nil)
	r, ok := out.(*envelope.AsyncResponse)
	if !ok {
		return "", out.(*envelope.Fault)
	}
	return r.CorrelationID, nil
}

// SubmitSync sends a document over the synchronous channel and returns what came.
func (g *Gate) SubmitSync(ctx context.Context, serviceID string, doc []byte) (Reply, error) {
	out := g.sync(ctx, &envelope.Message{Body: &envelope.SyncRequest{MessageID: g.id(), CorrelationID: g.id(), ServiceID: serviceID, MessageDate: g.cfg.Now(),
		Sender: envelope.SenderInfo{ID: Applicant, Password: "portal"}, Data: envelope.Text(doc)}}, nil)
	switch m := out.(type) {
	case *envelope.SyncResponse:
		data, err := m.Data.Payload()
		if m.Data.Form == envelope.FormNone {
			err = nil
		}
		return Reply{Code: m.Status.Code, Message: m.Status.Message, Data: data, CorrelationID: m.CorrelationID}, err
	case *envelope.Fault:
		return Reply{}, m
	}
	return Reply{}, fmt.Errorf("SendMessage was answered by %T", out)
}

// pauses between attempts to push.
var pushPauses = []time.Duration{time.Second, 3 * time.Second}

package shep

import (
	"context"
	"time"

	"kopir/adapters/envelope"
)

// AsyncMessage is one sendMessage of ours. Every kind but REQUEST needs the chain's correlationId.
type AsyncMessage struct {
	Kind               string // REQUEST, NOTIFICATION, UPDATE, RESPONSE
	ServiceID, RouteID string
	CorrelationID      string
	MessageID          string // default: none, the gateway gives one (gateway-protocol.md §2)
	Properties         []envelope.Property
	Data               envelope.Data
}

// Receipt is the gateway's word that it has a message: no more than that.
type Receipt struct{ MessageID, CorrelationID, SessionID string }

// SendAsync hands a message to the asynchronous channel.
func (c *Client) SendAsync(ctx context.Context, m AsyncMessage) (Receipt, error) {
	a, err := c.send(ctx, &envelope.AsyncRequest{MessageID: m.MessageID, CorrelationID: m.CorrelationID, ServiceID: m.ServiceID,
		MessageType: m.Kind, RouteID: m.RouteID, MessageDate: c.cfg.Now(), Sender: c.sender(), Properties: m.Properties, Data: m.Data})
	if err != nil {
		return Receipt{}, err
	}
	res, ok := a.body.(*envelope.AsyncResponse)
	if !ok {
		return Receipt{}, otherOperation()
	}
	return Receipt{MessageID: res.MessageID, CorrelationID: res.CorrelationID, SessionID: res.SessionID}, nil
}

// MessageStatus asks what became of a message.
func (c *Client) MessageStatus(ctx context.Context, messageID string) (envelope.MessageStatusResponse, error) {
	a, err := c.send(ctx, &envelope.MessageStatusRequest{MessageID: messageID, RequestDate: c.cfg.Now(), Sender: c.sender()})
	if err != nil {
		return envelope.MessageStatusResponse{}, err
	}
	res, ok := a.body.(*envelope.MessageStatusResponse)
	if !ok {
		return envelope.MessageStatusResponse{}, otherOperation()
	}
	return *res, nil
}

// Query asks for messages that wait for us: all of a service, or those of one chain, or one.
type Query struct {
	ServiceID                string
	MessageID, CorrelationID string
	Amount                   int // 0: as many as the gateway likes
}

// Batch is what a query brought. Signed is the answer's own signature, nil where none was looked at: the
// messages in it have none of their own.
type Batch struct {
	envelope.MessagesResponse
	Signed *envelope.Signed
}

// Messages fetches waiting messages. They stay with the gateway until they are confirmed: see [Client.Confirm].
func (c *Client) Messages(ctx context.Context, q Query) (Batch, error) {
	sender := c.sender()
	a, err := c.send(ctx, &envelope.MessagesRequest{MessageID: q.MessageID, CorrelationID: q.CorrelationID, RequestDate: c.cfg.Now(),
		ServiceID: q.ServiceID, Sender: &sender, Amount: q.Amount})
	if err != nil {
		return Batch{}, err
	}
	res, ok := a.body.(*envelope.MessagesResponse)
	if !ok {
		return Batch{}, otherOperation()
	}
	return Batch{MessagesResponse: *res, Signed: a.signed}, nil
}

// Notice tells the gateway what became of a message that it pushed or that was pulled.
type Notice struct {
	MessageID, ServiceID string
	Accepted             bool
	Resend               bool   // the same message may be sent again
	Code                 string // SHEP code of what is wrong, with Detail; not for an accepted one
	Detail               string
}

// Confirm sends a delivery notification. It may be said twice.
func (c *Client) Confirm(ctx context.Context, n Notice) error {
	return c.again(ctx, true, func() error {
		a, err := c.send(ctx, c.notification(n, c.cfg.Now()))
		if err != nil {
			return err
		}
		if _, ok := a.body.(*envelope.DeliveryNotificationResponse); !ok {
			return otherOperation()
		}
		return nil
	})
}

func (c *Client) notification(n Notice, now time.Time) *envelope.DeliveryNotification {
	sender := c.sender()
	out := &envelope.DeliveryNotification{MessageID: n.MessageID, ServiceID: n.ServiceID, NotificationDate: now,
		ReceiveStatus: envelope.ReceiveNotAccepted, StatusDate: now, ResendMessage: envelope.NotResend, RequestDate: now, Sender: &sender}
	if n.Accepted {
		out.ReceiveStatus = envelope.ReceiveAccepted
	}
	if n.Resend {
		out.ResendMessage = envelope.Resend
	}
	if n.Code != "" {
		out.Error = &envelope.ErrorInfo{Code: n.Code, Message: n.Detail, Date: now}
	}
	return out
}

package shep

import (
	"context"
	"errors"

	"kopir/adapters/envelope"
	"kopir/gateway"
)

// Deliver implements [gateway.Courier]: it sends one outbox message and returns "messageId/sessionId"
// of the gateway's receipt. Any error means: try again.
func (c *Client) Deliver(ctx context.Context, m gateway.Message, cs gateway.Case, result []byte) (string, error) {
	req, err := c.request(m, cs, result)
	if err != nil {
		return "", err
	}
	msg, err := c.Send(ctx, req)
	if err != nil {
		return "", explain(err)
	}
	res, ok := msg.Body.(*envelope.AsyncResponse)
	if !ok {
		return "", unavailable("the gateway answered with another operation", nil)
	}
	return res.MessageID + "/" + res.SessionID, nil
}

// request builds the message: the same serviceId and correlationId the application came with.
func (c *Client) request(m gateway.Message, cs gateway.Case, result []byte) (*envelope.AsyncRequest, error) {
	service := c.cfg.Service(cs)
	doc := c.form(m, cs, result, service)
	if c.cfg.SignForm != nil {
		signed, err := c.cfg.SignForm(doc)
		if err != nil {
			return nil, err
		}
		doc = signed
	}
	return &envelope.AsyncRequest{
		CorrelationID: chainOf(cs), ServiceID: either(service.ServiceID, cs.Envelope.ServiceID),
		MessageType: m.Kind, RouteID: service.RouteID, MessageDate: c.cfg.Now(),
		Sender: envelope.SenderInfo{ID: c.cfg.SenderID, Password: c.cfg.Password},
		Data:   envelope.Text(doc),
	}, nil
}

// chainOf is the chain's id. An application that came over the synchronous channel may have none; there
// the sender's message id is the only name both sides know.
func chainOf(c gateway.Case) string {
	return either(c.Envelope.CorrelationID, c.Envelope.MessageID)
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// explain turns a fault into words for the outbox: the code and a bounded piece of its text.
func explain(err error) error {
	var f *envelope.Fault
	if !errors.As(err, &f) {
		return err
	}
	text := []rune(f.Error())
	if len(text) > maxErrorRunes {
		text = text[:maxErrorRunes]
	}
	return unavailable(string(text), nil)
}

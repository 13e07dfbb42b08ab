package shep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"

	"kopir/adapters/envelope"
	"kopir/gateway"
)

// Deliver implements [gateway.Courier]: it sends one outbox message and returns "messageId/sessionId"
// of the gateway's receipt. Any error means: try again.
func (c *Client) Deliver(ctx context.Context, m gateway.Message, cs gateway.Case, result []byte) (string, error) {
	req, err := c.request(ctx, m, cs, result)
	if err != nil {
		return "", err
	}
	if c.cfg.Service(cs).Channel == ChannelSync {
		return c.deliverSync(ctx, req, m)
	}
	if !c.cfg.OwnIDs {
		return receiptOf(c.SendAsync(ctx, req))
	}
	if req.MessageID, err = ownID(m); err != nil {
		return "", err
	}
	if c.mayHaveGone(m) {
		if receipt, err := c.taken(ctx, req.MessageID); receipt != "" || err != nil {
			return receipt, err
		}
	}
	receipt, err := receiptOf(c.SendAsync(ctx, req))
	if errors.Is(err, ErrUncertain) {
		if known, _ := c.taken(ctx, req.MessageID); known != "" {
			return known, nil
		}
	}
	return receipt, err
}

// mayHaveGone says that an earlier attempt may have arrived: one that failed, or one that a crash left
// without a trace, which is handed out again long after an exchange has its answer.
func (c *Client) mayHaveGone(m gateway.Message) bool {
	return m.Attempts > 0 || c.cfg.Now().Sub(m.CreatedAt) > c.cfg.Timeout
}

// taken asks the gateway whether it has a message of ours, and returns the receipt if so. "" and no
// error: it has not, or could not bring it to anybody, and it is to be sent again under the same id.
func (c *Client) taken(ctx context.Context, messageID string) (string, error) {
	status, err := c.MessageStatus(ctx, messageID)
	var no *Refusal
	switch {
	case errors.As(err, &no) && !no.Temporary():
		return "", nil // it knows no such message
	case err != nil:
		return "", err
	case status.MessageState == envelope.StateOnDelivery, status.MessageState == envelope.StateDelivered:
		return messageID + "/" + status.SessionID, nil
	}
	return "", nil
}

// deliverSync tells a service that takes statuses over the synchronous channel. That channel cannot be
// asked about a message; a repeated one has the same id.
func (c *Client) deliverSync(ctx context.Context, m AsyncMessage, of gateway.Message) (string, error) {
	id, err := ownID(of)
	if err != nil {
		return "", err
	}
	res, err := c.syncOnce(ctx, SyncRequest{ServiceID: m.ServiceID, RouteID: m.RouteID, MessageID: id, CorrelationID: m.CorrelationID}, m.Data)
	return receiptOf(Receipt{MessageID: res.MessageID, SessionID: res.SessionID}, err)
}

func receiptOf(r Receipt, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return r.MessageID + "/" + r.SessionID, nil
}

// ownID is the id of an outbox message with every attempt, on every machine.
func ownID(m gateway.Message) (string, error) {
	sum := sha256.Sum256([]byte("kopir outbox message " + m.ID))
	return envelope.NewUUID(bytes.NewReader(sum[:]))
}

// request builds the message: the same serviceId and correlationId the application came with.
func (c *Client) request(ctx context.Context, m gateway.Message, cs gateway.Case, result []byte) (AsyncMessage, error) {
	service := c.cfg.Service(cs)
	doc, form, err := c.form(ctx, m, cs, result, service)
	if err != nil {
		return AsyncMessage{}, err
	}
	if c.cfg.SignForm != nil {
		signed, err := c.cfg.SignForm(doc)
		if err != nil {
			return AsyncMessage{}, err
		}
		doc = signed
	}
	data, err := envelope.NewData(form, doc)
	if err != nil {
		return AsyncMessage{}, err
	}
	return AsyncMessage{Kind: m.Kind, ServiceID: either(service.ServiceID, cs.Envelope.ServiceID), RouteID: service.RouteID,
		CorrelationID: chainOf(cs), Data: data}, nil
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

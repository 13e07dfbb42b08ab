package shep

import (
	"context"
	"errors"
	"strings"

	"kopir/adapters/envelope"
)

// SyncRequest is one question over the synchronous channel.
type SyncRequest struct {
	ServiceID, RouteID string
	MessageID          string // default: a fresh UUID. It stays the same when the question is asked again
	CorrelationID      string
	Properties         []envelope.Property
	Data               []byte        // the business document; see [envelope.NewData] for what a typed one looks like
	Form               envelope.Form // how it rides; zero is FormText
	Repeat             bool          // asking twice does no harm: asked again even when it may have arrived
}

// SyncReply is the answer. With a [Refusal] it still holds what came with the refusal.
type SyncReply struct {
	MessageID, CorrelationID, SessionID string
	Status                              envelope.StatusInfo
	Data                                []byte // nil when the answer brought none
	Form                                envelope.Form
}

// Sync asks over the synchronous channel and waits for the typed answer. What fails for the moment is
// asked again, with growing pauses, while ctx lasts. An answer that says no, as a fault or by
// its status with HTTP 200, is a *[Refusal]; everything else is unavailable.
func (c *Client) Sync(ctx context.Context, q SyncRequest) (SyncReply, error) {
	data, err := envelope.NewData(q.form(), q.Data)
	if err != nil {
		return SyncReply{}, err
	}
	if q.MessageID == "" {
		if q.MessageID, err = envelope.NewUUID(c.cfg.Rand); err != nil {
			return SyncReply{}, err
		}
	}
	var reply SyncReply
	err = c.again(ctx, q.Repeat, func() (err error) {
		reply, err = c.syncOnce(ctx, q, data)
		return err
	})
	return reply, err
}

func (q SyncRequest) form() envelope.Form {
	if q.Form == envelope.FormNone && len(q.Data) > 0 {
		return envelope.FormText
	}
	return q.Form
}

func (c *Client) syncOnce(ctx context.Context, q SyncRequest, data envelope.Data) (SyncReply, error) {
	a, err := c.exchange(ctx, c.sync, "SendMessage", &envelope.SyncRequest{
		MessageID: q.MessageID, CorrelationID: q.CorrelationID, ServiceID: q.ServiceID, MessageDate: c.cfg.Now(),
		RouteID: q.RouteID, Sender: c.sender(), Properties: q.Properties, Data: data,
	})
	if err != nil {
		return SyncReply{}, err
	}
	res, ok := a.body.(*envelope.SyncResponse)
	if !ok {
		return SyncReply{}, otherOperation()
	}
	reply := SyncReply{MessageID: res.MessageID, CorrelationID: res.CorrelationID, SessionID: res.SessionID, Status: res.Status, Form: res.Data.Form}
	if res.Data.Form != envelope.FormNone {
		if reply.Data, err = res.Data.Payload(); err != nil {
			return reply, uncertain("the gateway's answer holds data that cannot be read", err)
		}
	}
	if !succeeded(res.Status.Code) {
		return reply, refusal(res.Status.Code, res.Status.Message, false)
	}
	return reply, nil
}

// succeeded knows the codes of success: SCSS001, and the word test installations answer with
// (gateway-protocol.md §5). Every other code is a refusal.
func succeeded(code string) bool {
	return strings.HasPrefix(code, "SCSS") || strings.EqualFold(code, "Success")
}

// errNoSync says that the configuration names no synchronous channel.
var errNoSync = errors.New("shep: no address of the synchronous channel is configured")

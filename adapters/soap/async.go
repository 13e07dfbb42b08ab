package soap

import (
	"context"
	"net/http"

	"kopir/adapters/envelope"
	"kopir/adapters/httpserver"
	"kopir/gateway"
)

var asyncChannel = &channel{
	path: "/shep/async", operation: "sendMessage",
	operations: map[string]operation{
		"sendMessage":                     sendMessageAsync,
		"changeMassageStatusNotification": changeStatus,
	},
	wsdl: []string{"AsyncChannelClientHttp_Service.wsdl", "IAsyncChannelClient.wsdl"},
}

// sendMessageAsync takes an application and says that it has arrived. What was decided, a refusal
// too, goes back along the chain from the outbox.
func sendMessageAsync(ctx context.Context, e *Endpoint, in delivery) (any, error) {
	req := in.body.(*envelope.AsyncRequest)
	if req.MessageType != envelope.TypeRequest {
		return nil, formatError(&gateway.Error{Code: gateway.CodeFormInvalid,
			Detail: "messageType must be REQUEST: this address takes applications only"})
	}
	sub, err := submission(in, gateway.Envelope{ServiceID: req.ServiceID, RouteID: req.RouteID, MessageID: req.MessageID,
		CorrelationID: req.CorrelationID, SessionID: req.SessionID, SenderID: req.Sender.ID}, req.Data)
	if err != nil {
		return nil, err
	}
	sub.Via = gateway.ViaAsyncSOAP
	answer, err := e.cfg.Intake.Accept(ctx, sub)
	if err != nil {
		return nil, err
	}
	note(in.request, sub, answer)
	if answer.Decision == gateway.DecisionRefused && gateway.IsTransport(answer.Code) { // it has not arrived
		return nil, &gateway.Error{Code: answer.Code, Detail: answer.Detail}
	}
	return &envelope.AsyncResponse{MessageID: req.MessageID, CorrelationID: req.CorrelationID,
		ResponseDate: e.cfg.Now(), SessionID: req.SessionID}, nil
}

// changeStatus takes the gateway's word on a message we sent.
func changeStatus(ctx context.Context, e *Endpoint, in delivery) (any, error) {
	n := in.body.(*envelope.ChangeStatusNotification)
	if err := needed(n.MessageID); err != nil {
		return nil, err
	}
	if err := plainIDs(field{"messageId", n.MessageID}, field{"notificationId", n.NotificationID}, field{"sessionId", n.SessionID}); err != nil {
		return nil, err
	}
	if e.cfg.Sender != nil {
		if err := e.cfg.Sender(ctx, in.checked.Sender); err != nil {
			return nil, err
		}
	}
	httpserver.Event(in.request).Set(httpserver.KeyMessageID, n.MessageID)
	if e.cfg.Status != nil {
		if err := e.cfg.Status.MessageStatus(ctx, in.checked.Caller, *n); err != nil {
			return nil, err
		}
	}
	session := envelope.GUID(n.SessionID)
	if session == "" { // the schema wants one; there is nothing to echo
		id, err := envelope.NewUUID(e.cfg.Rand)
		if err != nil {
			return nil, err
		}
		session = envelope.GUID(id)
	}
	return &envelope.ChangeStatusResponse{ResponseDate: e.cfg.Now(), SessionID: session}, nil
}

// submission is what both channels hand in.
func submission(in delivery, env gateway.Envelope, data envelope.Data) (gateway.Submission, error) {
	if err := needed(env.MessageID); err != nil {
		return gateway.Submission{}, err
	}
	if env.ServiceID == "" { // it chose how the sender was checked
		return gateway.Submission{}, formatError(&gateway.Error{Code: gateway.CodeFormInvalid, Detail: "serviceId is empty; every message needs one"})
	}
	if err := plainIDs(field{"messageId", env.MessageID}, field{"correlationId", env.CorrelationID}, field{"serviceId", env.ServiceID},
		field{"routeId", env.RouteID}, field{"sessionId", env.SessionID}, field{"senderId", env.SenderID}); err != nil {
		return gateway.Submission{}, err
	}
	doc, err := data.Payload()
	if err != nil {
		return gateway.Submission{}, formatError(err)
	}
	caller := in.checked.Caller.Behind(env.ServiceID, env.SenderID)
	httpserver.Event(in.request).Set(httpserver.KeyCaller, caller.ID)
	channel := caller.Channel
	if channel == "" {
		channel = gateway.ChannelPortal
	}
	return gateway.Submission{Caller: caller, MessageID: env.MessageID, Channel: channel, Document: doc,
		Envelope: env, Transport: in.checked.Checks, Sender: in.checked.Sender}, nil
}

func note(r *http.Request, s gateway.Submission, a gateway.Answer) {
	ev := httpserver.Event(r)
	ev.Set(httpserver.KeyMessageID, s.MessageID)
	ev.Set(httpserver.KeySessionID, s.Envelope.SessionID)
	ev.Set(httpserver.KeyDecision, string(a.Decision))
	ev.Set(httpserver.KeyVerdict, a.Verdict)
	ev.Set(httpserver.KeyService, a.Service)
	if a.Number != "" {
		ev.Set(httpserver.KeyNumber, a.Number)
	}
	if a.Code != "" {
		ev.Set(httpserver.KeyCode, string(a.Code))
	}
}

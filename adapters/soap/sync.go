package soap

import (
	"context"
	"net/http"

	"kopir/adapters/envelope"
	"kopir/adapters/httpserver"
	"kopir/gateway"
)

// statusMessageRunes is what the official schema leaves a status message.
const statusMessageRunes = 250

var syncChannel = &channel{
	path: "/shep/sync", operation: "SendMessage",
	operations: map[string]operation{"SendMessage": sendMessageSync},
	wsdl:       []string{"SyncChannelHttp_Service.wsdl", "ISyncChannel.wsdl"},
}

// sendMessageSync decides an application and answers in the same exchange.
func sendMessageSync(ctx context.Context, e *Endpoint, in delivery) (any, error) {
	req := in.body.(*envelope.SyncRequest)
	sub, err := submission(in, gateway.Envelope{ServiceID: req.ServiceID, RouteID: req.RouteID, MessageID: req.MessageID,
		CorrelationID: req.CorrelationID, SessionID: req.SessionID, SenderID: req.Sender.ID}, req.Data)
	if err != nil {
		return nil, err
	}
	sub.Via = gateway.ViaSyncSOAP
	id, err := envelope.NewUUID(e.cfg.Rand)
	if err != nil {
		return nil, err
	}
	res := &envelope.SyncResponse{MessageID: id, CorrelationID: req.CorrelationID, SessionID: req.SessionID}
	answer, err := e.cfg.Intake.Accept(ctx, sub)
	if err == nil {
		note(in.request, sub, answer)
		res.Data = envelope.Text(e.replyOf(answer))
		res.Status, err = e.statusOf(answer)
	} else { // nothing was decided: a status without a reply, or a fault
		res.Status, err = e.statusOfError(in.request, err)
	}
	res.ResponseDate = e.cfg.Now()
	return res, err
}

// statusOf is SCSS001, the status of a business refusal, or an error for codes the gateway
// expects as faults (signature, certificate, format, service).
func (e *Endpoint) statusOf(a gateway.Answer) (envelope.StatusInfo, error) {
	if a.Decision != gateway.DecisionRefused {
		words := httpserver.AnswerWords(e.frame.Texts(), a)
		return envelope.StatusInfo{Code: envelope.StatusOK,
			Message: bilingual(httpserver.Text{Kk: words.Kk, Ru: words.Ru}, statusMessageRunes)}, nil
	}
	text := httpserver.TextOf(e.frame.Texts(), a.Code)
	if text.SHEPKind != httpserver.KindStatus {
		return envelope.StatusInfo{}, &gateway.Error{Code: a.Code, Detail: a.Detail}
	}
	return envelope.StatusInfo{Code: text.SHEP, Message: bilingual(text, statusMessageRunes)}, nil
}

// statusOfError tells that the same message may be sent again, where the table has a status for that.
func (e *Endpoint) statusOfError(r *http.Request, err error) (envelope.StatusInfo, error) {
	cause := httpserver.AsError(err)
	text := httpserver.TextOf(e.frame.Texts(), cause.Code)
	if text.SHEPKind != httpserver.KindStatus {
		return envelope.StatusInfo{}, err
	}
	ev := httpserver.Event(r)
	ev.Set(httpserver.KeyCode, string(cause.Code))
	ev.Set(httpserver.KeyDetail, cause.Detail)
	if cause.Err != nil {
		ev.Set(httpserver.KeyError, cause.Err.Error())
	}
	return envelope.StatusInfo{Code: text.SHEP, Message: bilingual(text, statusMessageRunes)}, nil
}

func (e *Endpoint) replyOf(a gateway.Answer) []byte {
	words := httpserver.AnswerWords(e.frame.Texts(), a)
	return envelope.Reply{
		Decision: string(a.Decision), Number: a.Number, Service: a.Service, Code: string(a.Code),
		Detail: httpserver.MaskNumbers(a.Detail), FirstNumber: a.FirstNumber, Verdict: a.Verdict,
		ReceivedAt: a.ReceivedAt, DueAt: a.DueAt, TextKk: words.Kk, TextRu: words.Ru,
	}.Append(nil)
}

package shep

import (
	"context"
	"errors"
	"strings"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Intake decides applications. A refusal is an Answer; an error means: come again.
type Intake interface {
	Accept(ctx context.Context, s gateway.Submission) (gateway.Answer, error)
}

// PullConfig of a [Puller]. All but Amount has to be given.
type PullConfig struct {
	Service    string   // catalogue key, the metrics' label
	ServiceIDs []string // as the gateway's registry has them
	Amount     int      // messages at once; default 10
	Intake     Intake   // the one pushed applications go through
	Caller     gateway.Caller
}

// defaultAmount keeps an answer with attachments below what is read.
const defaultAmount = 10

// Puller fetches the applications of one service. Any number of instances may do so at once: the
// message key, the same as for pushed messages, makes a second delivery get the first one's answer.
type Puller struct {
	client *Client
	cfg    PullConfig
}

// Puller makes one.
func (c *Client) Puller(cfg PullConfig) *Puller {
	orDefault(&cfg.Amount, defaultAmount)
	return &Puller{client: c, cfg: cfg}
}

// What becomes of a pulled message, for the metrics: a closed list.
const (
	pulledTaken       = "taken"       // decided and recorded, refusals too
	pulledAgain       = "again"       // nothing was decided: the gateway is asked to send it again
	pulledUnusable    = "unusable"    // no application, or one without an id: never again
	pulledUnconfirmed = "unconfirmed" // taken, but the gateway does not know yet
)

// Round fetches what waits, has it decided, and only then confirms it. It says how many messages are
// done with; what is not comes again with a later round.
func (p *Puller) Round(ctx context.Context) (done int, err error) {
	var problems []error
	for _, id := range p.cfg.ServiceIDs {
		n, err := p.service(ctx, id)
		done += n
		problems = append(problems, err)
	}
	return done, errors.Join(problems...)
}

func (p *Puller) service(ctx context.Context, serviceID string) (done int, err error) {
	q := Query{ServiceID: serviceID, Amount: p.cfg.Amount}
	batch, err := p.client.Messages(ctx, q)
	if errors.Is(err, errTooLong) && q.Amount > 1 {
		q.Amount = 1
		batch, err = p.client.Messages(ctx, q)
	}
	if err != nil {
		return 0, err
	}
	for i := range batch.Messages {
		ok, problem := p.message(ctx, serviceID, batch, i)
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
		if ok {
			done++
		}
		err = errors.Join(err, problem)
	}
	return done, err
}

// message decides one message and confirms it; ok says that it will not come again.
func (p *Puller) message(ctx context.Context, serviceID string, batch Batch, i int) (ok bool, err error) {
	m := &batch.Messages[i]
	result := pulledTaken
	var answer gateway.Answer
	sub, err := p.submission(m, batch.Unreadable[i], batch.Signed)
	if err != nil {
		result = pulledUnusable
	} else if answer, err = p.cfg.Intake.Accept(ctx, sub); err != nil {
		result = pulledAgain
	}
	p.count(result)
	if ctx.Err() != nil || !plainID(m.MessageID) {
		return false, err
	}
	notice := NoticeOf(gateway.Envelope{MessageID: m.MessageID, ServiceID: either(m.ServiceID, serviceID)}, answer, err)
	if problem := p.client.Confirm(ctx, notice); problem != nil {
		p.count(pulledUnconfirmed)
		return false, errors.Join(err, problem)
	}
	return !notice.Resend, err
}

func (p *Puller) count(result string) {
	p.client.metrics.pulled.WithLabelValues(p.cfg.Service, result).Inc()
}

// submission hands a pulled message to the intake as the push address would: the same checks, the same key.
func (p *Puller) submission(m *envelope.AsyncRequest, unreadable error, signed *envelope.Signed) (gateway.Submission, error) {
	env := gateway.Envelope{ServiceID: m.ServiceID, RouteID: m.RouteID, MessageID: m.MessageID, CorrelationID: m.CorrelationID,
		SessionID: m.SessionID, SenderID: m.Sender.ID}
	switch {
	case unreadable != nil:
		return gateway.Submission{}, unreadable
	case m.MessageType != envelope.TypeRequest:
		return gateway.Submission{}, unusable("messageType is not REQUEST: applications only are taken")
	case m.MessageID == "" || m.ServiceID == "":
		return gateway.Submission{}, unusable("messageId and serviceId are needed")
	}
	for _, id := range []string{env.MessageID, env.CorrelationID, env.ServiceID, env.RouteID, env.SessionID, env.SenderID} {
		if id != "" && !plainID(id) {
			return gateway.Submission{}, unusable("an id holds more than visible ASCII characters, or is too long")
		}
	}
	doc, err := m.Data.Payload()
	if err != nil {
		return gateway.Submission{}, err
	}
	channel := p.cfg.Caller.Channel
	if channel == "" {
		channel = gateway.ChannelPortal
	}
	s := gateway.Submission{Caller: p.cfg.Caller.Behind(env.ServiceID, env.SenderID), Via: gateway.ViaAsyncSOAP, MessageID: env.MessageID,
		Channel: channel, Document: doc, Envelope: env}
	s.Transport, s.Sender = transportOf(signed)
	return s, nil
}

// transportOf is what a verdict says of the transport: a pulled message has no signature but that of the
// answer it came in.
func transportOf(signed *envelope.Signed) ([]reason.Check, *gateway.Sender) {
	const how = gateway.CheckTransportPrefix
	if signed == nil {
		return []reason.Check{reason.Skip(how, 0, "not looked at; fetched from the gateway's own address")}, nil
	}
	checks := []reason.Check{reason.Pass(how, 0, "fetched in a signed answer, "+signed.Algorithm)}
	for _, found := range signed.Checks {
		found.Name, found.Signer = gateway.TransportCheck(found.Name), 0
		checks = append(checks, found)
	}
	return checks, &gateway.Sender{Algorithm: signed.Algorithm, Certificate: signed.Certificate, Chain: signed.Chain}
}

func unusable(detail string) error {
	return &gateway.Error{Code: gateway.CodeFormInvalid, Detail: detail}
}

// NoticeOf is the notice of a message the intake was given: answer or err is what it said. What can
// never be taken is not wanted again; what failed on our side is.
func NoticeOf(env gateway.Envelope, answer gateway.Answer, err error) Notice {
	n := Notice{MessageID: env.MessageID, ServiceID: env.ServiceID}
	code := answer.Code
	if err != nil {
		code = gateway.CodeInternal
		if e := (*gateway.Error)(nil); errors.As(err, &e) {
			code = e.Code
		}
	} else if answer.Decision != gateway.DecisionRefused || !gateway.IsTransport(code) {
		n.Accepted = true
		return n
	}
	n.Detail = string(code)
	switch code {
	case gateway.CodeInternal, gateway.CodeUnavailable, gateway.CodeRateLimited:
		n.Code, n.Resend = "SCE909", true
	case reason.TransportSignatureNotCurrent:
		n.Code = "SCE005"
	case reason.TransportSignatureInvalid:
		n.Code = "SCE006"
	case reason.TransportSignatureMissing:
		n.Code = "SCE007"
	default:
		n.Code = "SCE001"
	}
	return n
}

// maxIDLen bounds ids as the push address does.
const maxIDLen = 128

// plainID takes visible ASCII only: ids are stored, logged and sent back.
func plainID(s string) bool {
	return s != "" && len(s) <= maxIDLen && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

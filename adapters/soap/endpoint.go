// Package soap is the provider's side of the state gateway: /shep/sync (SyncChannel v10) and
// /shep/async (AsyncChannelClient v10). A message is bounded, decoded, its transport signature
// checked, and only the Body that was verified is handed to the intake. Whatever is wrong with the
// message itself is a soap:Fault with the code the gateway expects (gateway-protocol.md §5).
//
// How a sender is checked differs between services ([ServiceTransport]): a set of pinned certificates
// ([PinnedTransport]), any valid national certificate of an organisation ([NationalTransport]), or not at all
// where the network vouches for him ([SourceTransport]). The password of a message is never looked at. What
// was found goes into the one verdict beside the checks of the document, and each sender behind the
// gateway is a caller of his own.
//
//	ep, err := soap.New(frame, soap.Config{Transport: pinned, Intake: intake, Status: sink})
//	mux.Handle("/shep/sync", ep.Sync())
//	mux.Handle("/shep/async", ep.Async())
package soap

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"time"

	"kopir/adapters/envelope"
	"kopir/adapters/httpserver"
	"kopir/gateway"
	"kopir/xmlsig/xmltree"
)

// Intake decides applications. A refusal is an Answer; an error means: come again.
type Intake interface {
	Accept(ctx context.Context, s gateway.Submission) (gateway.Answer, error)
}

// StatusSink hears what became of messages we sent.
type StatusSink interface {
	MessageStatus(ctx context.Context, caller gateway.Caller, n envelope.ChangeStatusNotification) error
}

// Config is what the endpoint needs. Transport and Intake have to be given.
type Config struct {
	Transport Transport
	Intake    Intake
	Sender    func(ctx context.Context, s *gateway.Sender) error // asks for the status of a sender who brings no application; nil: not asked
	Status    StatusSink                                         // nil: status notifications are acknowledged and forgotten
	Sign      envelope.Signer                                    // nil: replies are not signed
	PublicURL string                                             // how the gateway reaches us, for the WSDL; "" takes the request's Host
	Now       func() time.Time
	Rand      io.Reader
	Limits    xmltree.Limits
}

// Endpoint serves both channels.
type Endpoint struct {
	frame *httpserver.Frame
	cfg   Config
	files *descriptions
}

// New makes the endpoint.
func New(frame *httpserver.Frame, cfg Config) (*Endpoint, error) {
	if cfg.Transport == nil || cfg.Intake == nil {
		return nil, errors.New("soap: Transport and Intake are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	files, err := loadDescriptions()
	if err != nil {
		return nil, err
	}
	return &Endpoint{frame: frame, cfg: cfg, files: files}, nil
}

// channel is what differs between the two addresses.
type channel struct {
	path       string
	operation  string // whose fault element is used before the operation is known
	operations map[string]operation
	wsdl       []string // files served at ?wsdl and ?wsdl=N
}

// operation answers one decoded message.
type operation func(ctx context.Context, e *Endpoint, in delivery) (any, error)

// delivery is a message with what is known about its transport.
type delivery struct {
	request *http.Request
	body    any
	checked Checked
}

// Sync serves SyncChannel v10.
func (e *Endpoint) Sync() http.Handler { return e.handler(syncChannel) }

// Async serves AsyncChannelClient v10.
func (e *Endpoint) Async() http.Handler { return e.handler(asyncChannel) }

func (e *Endpoint) handler(ch *channel) http.Handler {
	fail := func(w http.ResponseWriter, r *http.Request, err error) { e.fault(w, r, ch, err) }
	return e.frame.HandleWith(ch.path, fail, func(w http.ResponseWriter, r *http.Request) error {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			return e.describe(w, r, ch)
		case http.MethodPost:
			return e.post(w, r, ch)
		}
		w.Header().Set("Allow", "GET, HEAD, POST")
		return &httpserver.StatusError{Status: http.StatusMethodNotAllowed,
			Err: &gateway.Error{Code: gateway.CodeNotFound, Detail: "this address takes GET, HEAD and POST only"}}
	})
}

// post is the way of one message. Nothing of it is believed before its transport is checked, and what
// costs least is asked first.
func (e *Endpoint) post(w http.ResponseWriter, r *http.Request, ch *channel) error {
	in := incoming(r)
	if door, ok := e.cfg.Transport.(Doorkeeper); ok {
		if err := door.Admit(in); err != nil {
			httpserver.Discard(w, r)
			return err
		}
	}
	raw, err := readEnvelope(w, r)
	if err != nil {
		return err
	}
	leave, err := e.frame.Room(r.Context(), len(raw))
	if err != nil {
		return err
	}
	defer leave()
	msg, err := envelope.Read(raw, e.cfg.Limits)
	if err != nil {
		return formatError(err)
	}
	op, err := ch.find(r, msg)
	if err != nil {
		return err
	}
	in.Message = msg
	checked, err := e.cfg.Transport.Check(r.Context(), in)
	if err != nil {
		return refused(err, msg)
	}
	httpserver.Event(r).Set(httpserver.KeyCaller, checked.Caller.ID)
	if checked.Body != nil { // what was verified is what is processed, nothing else
		if msg, err = envelope.ReadBody(checked.Body, e.cfg.Limits); err != nil {
			return formatError(err)
		}
		if op, err = ch.find(r, msg); err != nil {
			return err
		}
		if serviceOf(msg.Body) != serviceOf(in.Message.Body) { // by which the check was chosen
			return refused(formatError(&gateway.Error{Code: gateway.CodeEnvelopeMismatch, Detail: "the signed Body names another serviceId"}), msg)
		}
	}
	reply, err := op(r.Context(), e, delivery{request: r, body: msg.Body, checked: checked})
	if err != nil {
		return refused(err, msg)
	}
	return e.reply(w, http.StatusOK, reply)
}

// readEnvelope reads what SOAP 1.1 over HTTP sends: bounded, XML, UTF-8.
func readEnvelope(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := httpserver.RequireType(r, "text/xml", "application/xml"); err != nil {
		return nil, formatError(err)
	}
	raw, err := httpserver.ReadBody(w, r, httpserver.MaxInlineBytes)
	if err != nil {
		return nil, formatError(err)
	}
	return raw, nil
}

// find picks the operation; an unknown one is service_unknown, SCE004.
func (ch *channel) find(r *http.Request, msg *envelope.Message) (operation, error) {
	op, ok := ch.operations[msg.Operation]
	if !ok || msg.Body == nil {
		return nil, &refusal{shep: "SCE004", err: &gateway.Error{Code: gateway.CodeServiceUnknown, Detail: "this address does not know the operation in the Body; ?wsdl describes those it takes"}}
	}
	httpserver.Event(r).Set(httpserver.KeyOperation, msg.Operation)
	return op, nil
}

// reply sends a message, signed where a key is configured.
func (e *Endpoint) reply(w http.ResponseWriter, status int, body any) error {
	doc, err := envelope.Seal(body, e.cfg.Sign)
	if err != nil {
		return &gateway.Error{Code: gateway.CodeInternal, Err: err}
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(doc)
	return nil
}

// serviceOf is the serviceId a message names; a status notification names none.
func serviceOf(body any) string {
	switch m := body.(type) {
	case *envelope.SyncRequest:
		return m.ServiceID
	case *envelope.AsyncRequest:
		return m.ServiceID
	}
	return ""
}

func sessionOf(body any) string {
	switch m := body.(type) {
	case *envelope.SyncRequest:
		return m.SessionID
	case *envelope.AsyncRequest:
		return m.SessionID
	case *envelope.ChangeStatusNotification:
		return m.SessionID
	}
	return ""
}

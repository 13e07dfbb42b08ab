package envelope

import (
	"strconv"
	"strings"
	"time"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

const nsWSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"

// Read decodes an envelope as it arrived. Errors are *reason.Error: xml_malformed, xml_forbidden, too_large.
func Read(doc []byte, lim xmltree.Limits) (*Message, error) {
	tree, err := xmltree.Parse(doc, lim)
	if err != nil {
		return nil, err
	}
	root := tree.Root
	if root.Local() != "Envelope" {
		return nil, malformed("the root element is not a SOAP Envelope")
	}
	if root.Space() != NSSoap {
		return nil, &VersionError{}
	}
	header, body, err := parts(root)
	if err != nil {
		return nil, err
	}
	m := &Message{raw: doc, tree: tree, HasHeader: hasSecurity(header)}
	if err := understood(header); err != nil {
		return nil, err
	}
	return m, m.readBody(body)
}

// parts are the Header, which may be missing, and the Body of an envelope. Of either there is one, the
// Header first (SOAP 1.1 §4.1.1): of two, another program could read the other.
func parts(root *xmltree.Element) (header, body *xmltree.Element, err error) {
	for _, c := range root.Children() {
		switch {
		case c.Is(NSSoap, "Body") && body == nil:
			body = c
		case c.Is(NSSoap, "Body"):
			return nil, nil, malformed("the Envelope holds two Bodies")
		case c.Is(NSSoap, "Header") && header == nil && body == nil:
			header = c
		case c.Is(NSSoap, "Header"):
			return nil, nil, malformed("the Envelope holds two Headers, or one behind the Body")
		}
	}
	if body == nil {
		return nil, nil, malformed("the Envelope holds no Body")
	}
	return header, body, nil
}

// ReadBody decodes a Body alone: the octets a transport signature covers.
func ReadBody(covered []byte, lim xmltree.Limits) (*Message, error) {
	tree, err := xmltree.Parse(covered, lim)
	if err != nil {
		return nil, err
	}
	if !tree.Root.Is(NSSoap, "Body") {
		return nil, malformed("the signed octets are not a SOAP Body")
	}
	m := &Message{HasHeader: true}
	return m, m.readBody(tree.Root)
}

// VersionError says that the envelope is of another SOAP version than 1.1 (SOAP 1.1 §4.1.2).
type VersionError struct{}

func (*VersionError) Error() string { return "the envelope is not SOAP 1.1" }

// Unwrap gives the reason code.
func (e *VersionError) Unwrap() error { return malformed(e.Error()) }

func malformed(detail string) *reason.Error { return reason.New(reason.XMLMalformed, detail) }

func hasSecurity(header *xmltree.Element) bool { return header != nil && len(securities(header)) > 0 }

func securities(header *xmltree.Element) (out []*xmltree.Element) {
	for _, c := range header.Children() {
		if c.Is(nsWSSE, "Security") {
			out = append(out, c)
		}
	}
	return out
}

// NotUnderstoodError says that a header block that must be understood is not (SOAP 1.1 §4.2.3).
type NotUnderstoodError struct{}

func (*NotUnderstoodError) Error() string {
	return "the header holds a block with mustUnderstand that this program does not know"
}

// Unwrap gives the reason code.
func (e *NotUnderstoodError) Unwrap() error { return malformed(e.Error()) }

// actorNext is everybody a message comes to; a block with another actor is for somebody else (§4.2.2).
const actorNext = "http://schemas.xmlsoap.org/soap/actor/next"

// understood refuses blocks that are meant for us, have to be understood and are not WS-Security.
func understood(header *xmltree.Element) error {
	if header == nil {
		return nil
	}
	for _, block := range header.Children() {
		must, _ := block.Attr(NSSoap, "mustUnderstand")
		actor, _ := block.Attr(NSSoap, "actor")
		if (must == "1" || must == "true") && (actor == "" || actor == actorNext) && !block.Is(nsWSSE, "Security") {
			return &NotUnderstoodError{}
		}
	}
	return nil
}

func (m *Message) readBody(body *xmltree.Element) error {
	children := body.Children()
	if len(children) != 1 {
		return malformed("the Body must hold exactly one element")
	}
	op := children[0]
	m.Operation = op.Local()
	decode, known := decoders[m.Operation]
	if !known {
		return nil
	}
	r := &reader{}
	m.Body = decode(r, op)
	return r.err
}

// decoders by the wrapper's local name; the case of the first letter tells the channels apart.
var decoders = map[string]func(r *reader, op *xmltree.Element) any{
	"SendMessage":                             func(r *reader, op *xmltree.Element) any { return r.syncRequest(r.one(op, "request")) },
	"SendMessageResponse":                     func(r *reader, op *xmltree.Element) any { return r.syncResponse(r.one(op, "response")) },
	"sendMessage":                             func(r *reader, op *xmltree.Element) any { return r.asyncRequest(r.one(op, "request")) },
	"sendMessageResponse":                     func(r *reader, op *xmltree.Element) any { return r.asyncResponse(r.one(op, "response")) },
	"sendDeliveryNotification":                func(r *reader, op *xmltree.Element) any { return r.delivery(r.one(op, "request")) },
	"sendDeliveryNotificationResponse":        func(r *reader, op *xmltree.Element) any { return r.deliveryResponse(r.one(op, "response")) },
	"getMessageStatus":                        func(r *reader, op *xmltree.Element) any { return r.statusRequest(r.one(op, "request")) },
	"getMessageStatusResponse":                func(r *reader, op *xmltree.Element) any { return r.statusResponse(r.one(op, "response")) },
	"getMessages":                             func(r *reader, op *xmltree.Element) any { return r.messagesRequest(r.one(op, "request")) },
	"getMessagesResponse":                     func(r *reader, op *xmltree.Element) any { return r.messagesResponse(r.one(op, "response")) },
	"changeMassageStatusNotification":         func(r *reader, op *xmltree.Element) any { return r.changeStatus(r.one(op, "request")) },
	"changeMassageStatusNotificationResponse": func(r *reader, op *xmltree.Element) any { return r.changeStatusResponse(r.one(op, "response")) },
	"Fault": func(r *reader, op *xmltree.Element) any { return r.fault(op) },
}

// reader reads by local names and keeps the first error. Only what is ambiguous is one: two
// programs must not read two different values out of one message.
type reader struct{ err error }

// one finds the child with this local name; a second one is an error.
func (r *reader) one(e *xmltree.Element, local string) *xmltree.Element {
	var found *xmltree.Element
	if e == nil {
		return nil
	}
	for _, c := range e.Children() {
		if c.Local() != local {
			continue
		}
		if found != nil && r.err == nil {
			r.err = malformed("the element " + local + " stands twice")
		}
		found = c
	}
	return found
}

// text reads a simple value; markup inside it is an error.
func (r *reader) text(e *xmltree.Element, local string) string {
	c := r.one(e, local)
	if c == nil {
		return ""
	}
	r.plain(c)
	return strings.TrimSpace(c.Text())
}

// plain demands that nothing but character data stands in an element: programs disagree about the
// text around a comment.
func (r *reader) plain(e *xmltree.Element) {
	d := e.Document()
	for i := e.Index() + 1; i < d.End(e.Index()) && r.err == nil; i++ {
		if d.Kind(i) != xmltree.KindText {
			r.err = malformed("the element " + e.Local() + " holds more than text")
		}
	}
}

func (r *reader) date(e *xmltree.Element, local string) time.Time {
	return parseDate(r.text(e, local))
}

func (r *reader) number(e *xmltree.Element, local string) int {
	n, err := strconv.Atoi(r.text(e, local))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (r *reader) properties(e *xmltree.Element) []Property {
	var out []Property
	if e == nil {
		return nil
	}
	for _, c := range e.Children() {
		if c.Local() != "properties" {
			continue
		}
		if p := (Property{Key: r.text(c, "key"), Value: r.text(c, "value")}); p != (Property{}) {
			out = append(out, p)
		}
	}
	return out
}

func (r *reader) sender(e *xmltree.Element) SenderInfo {
	s := r.one(e, "sender")
	return SenderInfo{ID: r.text(s, "senderId"), Password: r.text(s, "password")}
}

func (r *reader) optionalSender(e *xmltree.Element) *SenderInfo {
	if r.one(e, "sender") == nil {
		return nil
	}
	s := r.sender(e)
	return &s
}

func (r *reader) data(e *xmltree.Element, holder string) Data {
	d := readData(r.one(r.one(e, holder), "data"))
	if d.Form == FormText {
		r.plain(d.elem)
	}
	return d
}

package conformance

import (
	"fmt"
	"strings"
	"time"

	"kopir/adapters/envelope"
	"kopir/xmlsig/xmltree"
)

// Channels.
const (
	sync10  = "synchronous"
	async10 = "asynchronous"
)

// ids are what the gateway fills in.
type ids struct {
	message, chain, session, service, date, kind, number string
}

type sealer func(b *bench, doc []byte) ([]byte, error)

// draft says how a message differs from the usual one; the zero draft with a channel is that.
type draft struct {
	channel  string
	document func(b *bench, number string) ([]byte, error) // default: a new signed application
	data     func(doc []byte) string                       // the data element; default: an escaped string
	ids      func(*ids)
	text     func(in ids, data string) string // the envelope; default: as the gateway writes it
	before   func(string) string              // an edit before the signature
	seal     sealer                           // default: the gateway's signature
	after    func(string) string              // an edit after the signature
	headers  map[string]string                // "" takes one away
}

// firstID is where the run's decimal ids begin (gateway-protocol.md §2).
const firstID = 254_000_000_000

// write makes the octets of a message.
func (b *bench) write(d draft) ([]byte, ids, error) {
	in, err := b.fill()
	if err != nil {
		return nil, in, err
	}
	if d.ids != nil {
		d.ids(&in)
	}
	if d.document == nil {
		d.document = (*bench).application
	}
	doc, err := d.document(b, in.number)
	if err != nil {
		return nil, in, err
	}
	if d.data == nil {
		d.data = escaped
	}
	if d.text == nil {
		d.text = usual(d.channel)
	}
	text := edit(d.text(in, d.data(doc)), d.before)
	if d.seal == nil {
		d.seal = (*bench).sealed
	}
	signed, err := d.seal(b, []byte(text))
	if err != nil {
		return nil, in, err
	}
	return []byte(edit(string(signed), d.after)), in, nil
}

func edit(text string, change func(string) string) string {
	if change == nil {
		return text
	}
	return change(text)
}

// fill makes ids as the gateway makes them: decimal numbers and a GUID in braces.
func (b *bench) fill() (ids, error) {
	session, err := envelope.NewUUID(b.Rand)
	// Runs against the same adapter must not repeat each other's ids.
	now, next := b.Now(), b.next.Add(2)
	n := firstID + (now.UnixMilli()%1e9)*1000 + next
	return ids{message: fmt.Sprint(n), chain: fmt.Sprint(n + 1), session: envelope.GUID(session), service: b.Service,
		date: envelope.FormatDate(b.Now()), kind: envelope.TypeRequest, number: fmt.Sprintf("10109%09d", now.Unix()%1e6*1000+next%1000)}, err
}

const (
	xs  = `xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	hex = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" // what the gateway puts in place of a password
)

// escaped is variant A of data (gateway-protocol.md §3.5).
func escaped(doc []byte) string {
	return "<data " + xs + ` xsi:type="xs:string">` + string(xmltree.EscapeText(nil, string(doc))) + "</data>"
}

// lessEscaped leaves > raw, as XML 1.0 §2.4 allows and senders do.
func lessEscaped(doc []byte) string { return strings.ReplaceAll(escaped(doc), "&gt;", ">") }

func cdata(doc []byte) string {
	return "<data " + xs + ` xsi:type="xs:string"><![CDATA[` + string(doc) + "]]></data>"
}

// child is variant C.
func child(doc []byte) string { return "<data>" + string(doc) + "</data>" }

// lyingChild is variant C under a type that says A.
func lyingChild(doc []byte) string {
	return "<data " + xs + ` xsi:type="xs:string">` + string(doc) + "</data>"
}

// typed is variant B: the document's root gives way to data.
func typed(doc []byte) string {
	tree, err := xmltree.Parse(doc, xmltree.Limits{})
	if err != nil {
		return "<data/>"
	}
	from, end, _ := tree.Root.Place()
	open := strings.IndexByte(string(doc[from:]), '>') + from + 1
	return `<data xmlns:cs="` + tree.Root.Space() + `" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="cs:Request">` +
		string(doc[open:end]) + "</data>"
}

// usual is the envelope as the gateway delivers it.
func usual(channel string) func(ids, string) string {
	if channel == sync10 {
		return func(in ids, data string) string { return enveloped(syncBody(in, data)) }
	}
	return func(in ids, data string) string { return enveloped(asyncBody(in, data)) }
}

func enveloped(body string) string {
	return `<soapenv:Envelope xmlns:soapenv="` + envelope.NSSoap + `"><soapenv:Header/><soapenv:Body>` + body + "</soapenv:Body></soapenv:Envelope>"
}

const sender = "<sender><senderId>pep</senderId><password>" + hex + "</password></sender>"

func syncBody(in ids, data string) string {
	return `<typ:SendMessage xmlns:typ="` + envelope.NSSync + `"><request><requestInfo><messageId>` + in.message + "</messageId><correlationId>" +
		in.chain + "</correlationId><serviceId>" + in.service + "</serviceId><messageDate>" + in.date + "</messageDate>" + sender +
		"<sessionId>" + in.session + "</sessionId></requestInfo><requestData>" + data + "</requestData></request></typ:SendMessage>"
}

func asyncBody(in ids, data string) string {
	return `<ns2:sendMessage xmlns:ns2="` + envelope.NSAsync + `"><request><messageInfo><messageId>` + in.message + "</messageId><correlationId>" +
		in.chain + "</correlationId><serviceId>" + in.service + "</serviceId><messageType>" + in.kind + "</messageType><messageDate>" + in.date +
		"</messageDate>" + sender + "<sessionId>" + in.session + "</sessionId></messageInfo><messageData>" + data +
		"</messageData></request></ns2:sendMessage>"
}

// changed is the gateway's word on a message of ours.
func changed(inner string) func(ids, string) string {
	return func(in ids, _ string) string {
		session := ""
		if in.session != "" {
			session = "<sessionId>" + in.session + "</sessionId>"
		}
		return enveloped(`<c:changeMassageStatusNotification xmlns:c="` + envelope.NSClient + `"><request><notification><notificationId>` + in.chain +
			"</notificationId><messageId>" + in.message + "</messageId><notificationDate>" + in.date + "</notificationDate>" + inner +
			"</notification><requestDate>" + in.date + "</requestDate>" + session + "</request></c:changeMassageStatusNotification>")
	}
}

func stateOf(in string, at time.Time) string {
	return "<messageState>" + in + "</messageState><status><statusCode>0</statusCode><statusMessage>-</statusMessage><statusDate>" +
		envelope.FormatDate(at) + "</statusDate></status>"
}

// replace is an edit that must find what it changes.
func replace(old, new string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, old) {
			panic("conformance: the message holds no " + old) // a case that does not say what it says
		}
		return strings.Replace(s, old, new, 1)
	}
}

// replaceAll is replace for every place.
func replaceAll(old, new string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, old, new) }
}

func edits(all ...func(string) string) func(string) string {
	return func(s string) string {
		for _, e := range all {
			s = e(s)
		}
		return s
	}
}

package conformance

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"kopir/adapters/envelope"
)

const (
	clauseData  = "RequestData/data xs:anyType"
	clauseInfo  = "SyncMessageInfoResponse"
	clauseWSS   = "WSS SOAP Message Security 1.1 §8; XMLDSig §3"
	clauseFault = "SOAP 1.1 §4.4, §6.2; ErrorInfo"
)

// undecided codes are those of a message that was read and whose business document was not what the
// service takes: it is refused for that, and not as an internal error.
var undecided = []string{"SCE001", "SCE004", "SCE016", "SCE017", "SCSE002"}

// synchronous sends applications as the gateway does and looks at every part of the answer.
func synchronous() []Case {
	plain := draft{channel: sync10}
	return []Case{
		{ID: "S01", Sent: "SendMessage, variant A: the document as an escaped string", Expected: "200, SCSS001", Clause: clauseData, run: exchange(plain, accepted)},
		{ID: "S02", Sent: "variant A, > left as it is", Expected: "200, SCSS001", Clause: clauseData + "; XML 1.0 §2.4", run: exchange(draft{channel: sync10, data: lessEscaped}, accepted)},
		{ID: "S03", Sent: "variant A in CDATA", Expected: "200, SCSS001", Clause: clauseData + "; XML 1.0 §2.7", run: exchange(draft{channel: sync10, data: cdata}, accepted)},
		{ID: "S04", Sent: "variant B: the fields directly in data, xsi:type", Expected: "read and decided on; no SCE909", Clause: clauseData + "; XSD 1 §2.6.1", run: exchange(draft{channel: sync10, data: typed}, either(accepted, refusedBusiness(undecided...)))},
		{ID: "S05", Sent: "variant C: the document as the one child", Expected: "200, SCSS001", Clause: clauseData, run: exchange(draft{channel: sync10, data: child}, accepted)},
		{ID: "S06", Sent: "variant C under xsi:type xs:string", Expected: "200, SCSS001: the type is not believed", Clause: clauseData, run: exchange(draft{channel: sync10, data: lyingChild}, accepted)},
		{ID: "S07", Sent: "SendMessage", Expected: "the answer fits the schema: wrapper qualified, children not, in order", Clause: "SyncSendMessageResponse", run: exchange(plain, accepted, shaped)},
		{ID: "S08", Sent: "SendMessage with correlationId and sessionId", Expected: "both come back; a messageId of the receiver", Clause: clauseInfo, run: exchange(plain, accepted, echoed)},
		{ID: "S09", Sent: "SendMessage", Expected: "sessionId has its braces", Clause: "common v10 guid pattern", run: exchange(plain, accepted, braced)},
		{ID: "S10", Sent: "SendMessage", Expected: "responseDate is an xs:dateTime of now with a zone", Clause: clauseInfo + "; XSD 2 §3.2.7", run: exchange(plain, accepted, dated)},
		{ID: "S11", Sent: "SendMessage", Expected: "status/message of at most 250 characters", Clause: "common v10 StatusInfo", run: exchange(plain, accepted, brief)},
		{ID: "S12", Sent: "SendMessage", Expected: "the answer's Body is signed, with the algorithm of its certificate", Clause: clauseWSS, run: exchange(plain, accepted, signed)},
		{ID: "S13", Sent: "SendMessage", Expected: "Content-Type text/xml, UTF-8", Clause: "SOAP 1.1 §6; WS-I BP 1.1 R1012", run: exchange(plain, accepted, asXML)},
		{ID: "S14", Sent: "the same message twice", Expected: "the same answer", Clause: "SyncMessageInfo/messageId; one message, one answer", run: twice(plain, sameAnswer)},
		{ID: "S15", Sent: "another document under the same messageId", Expected: "refused, SCSE002", Clause: "messageId; StatusInfo", run: conflicting},
	}
}

// twice sends the very same octets again.
func twice(d draft, same func(first, again reply) error) runner {
	return func(ctx context.Context, b *bench) (string, error) {
		at, err := b.address(d.channel)
		if err != nil {
			return "", err
		}
		doc, _, err := b.write(d)
		if err != nil {
			return "", err
		}
		first, err := b.post(ctx, at, doc, nil)
		if err != nil {
			return "", err
		}
		again, err := b.post(ctx, at, doc, nil)
		if err != nil {
			return "", err
		}
		came := first.String() + ", then " + again.String()
		if err := accepted(b, first); err != nil {
			return came, err
		}
		return came, same(first, again)
	}
}

// sameAnswer compares what was decided; the answer's own id and date may differ.
func sameAnswer(first, again reply) error {
	one, ok := first.body.(*envelope.SyncResponse)
	two, also := again.body.(*envelope.SyncResponse)
	if !ok || !also || one.Status != two.Status {
		return fmt.Errorf("%s, then %s", first, again.explained())
	}
	a, errA := one.Data.Payload()
	b, errB := two.Data.Payload()
	if (errA == nil) != (errB == nil) || !bytes.Equal(a, b) {
		return fmt.Errorf("the second answer's data is another")
	}
	return nil
}

func sameReceipt(first, again reply) error {
	one, ok := first.body.(*envelope.AsyncResponse)
	two, also := again.body.(*envelope.AsyncResponse)
	if !ok || !also || one.CorrelationID != two.CorrelationID || one.SessionID != two.SessionID {
		return fmt.Errorf("%s, then %s", first, again.explained())
	}
	return nil
}

// conflicting puts another application under a messageId that was taken.
func conflicting(ctx context.Context, b *bench) (string, error) {
	first, err := b.send(ctx, draft{channel: sync10})
	if err != nil {
		return "", err
	}
	if err := accepted(b, first); err != nil {
		return first.String(), err
	}
	again, err := b.send(ctx, draft{channel: sync10, ids: func(in *ids) { in.message = first.ids.message }})
	if err != nil {
		return "", err
	}
	return again.String(), refusedBusiness("SCSE002", "SCE001")(b, again)
}

// lax messages are those the gateway takes and hands on (gateway-protocol.md §1.5).
func lax() []Case {
	ok := func(id, sent, clause string, d draft) Case {
		d.channel = sync10
		return Case{ID: id, Sent: sent, Expected: "200, SCSS001", Clause: clause, run: exchange(d, accepted)}
	}
	dated := func(layout string) draft {
		return draft{ids: func(in *ids) { in.date = layout }}
	}
	const emptyRoute = "<routeId/>"
	all := []Case{
		ok("L01", "other prefixes for SOAP and the wrapper", "Namespaces in XML 1.0 §2", draft{before: prefixes}),
		ok("L02", "the wrapper by default namespace, xmlns=\"\" below", "Namespaces in XML 1.0 §6.2", draft{before: byDefault}),
		ok("L03", "data in a namespace (NCANode's SmartBridge sample)", clauseData, draft{before: edits(replace("<data ", `<ns4:data xmlns:ns4="http://bip.bee.kz/SyncChannel/v10/Interfaces" `), replace("</data>", "</ns4:data>"))}),
		ok("L04", "messageDate without a zone", "XSD 2 §3.2.7", dated("2026-02-09T17:26:36")),
		ok("L05", "messageDate in Z with six decimals", "XSD 2 §3.2.7", dated("2026-02-09T17:26:36.123456Z")),
		ok("L06", "routeId before messageDate, the sender first", "SyncMessageInfo, order deviations of real traffic", draft{before: edits(replace(sender, ""), replace("<messageId>", sender+emptyRoute+"<messageId>"))}),
		ok("L07", "empty routeId, correlationId and properties", "SyncMessageInfo, minOccurs 0", draft{ids: func(in *ids) { in.chain = "" }, before: replace("<sessionId>", emptyRoute+"<properties/><sessionId>")}),
		ok("L08", "neither correlationId nor sessionId", "SyncMessageInfo, minOccurs 0", draft{ids: func(in *ids) { in.chain, in.session = "", "" }, before: edits(replace("<correlationId></correlationId>", ""), replace("<sessionId></sessionId>", ""))}),
		ok("L09", "properties twice, with ADDL_CLIENT_KEY", "SyncMessageInfo, properties maxOccurs unbounded", draft{before: replace("<sessionId>", "<properties><key>ADDL_CLIENT_KEY</key><value>RR_P50.06</value></properties><properties><key>CONNECTOR_CLIENT</key><value>true</value></properties><sessionId>")}),
		ok("L10", "no password, or another: it is not asked", "SenderInfo/password minOccurs 0", draft{before: replace("<password>"+hex+"</password>", "")}),
		ok("L11", "the envelope indented before it was signed", "XML 1.0 §2.10", draft{before: indented}),
		ok("L12", "Content-Type application/xml", "RFC 7303 §3", draft{headers: map[string]string{"Content-Type": "application/xml; charset=utf-8"}}),
		ok("L13", "Content-Type without charset, no SOAPAction", "SOAP 1.1 §6.1.1; WS-I BP 1.1 R1119", draft{headers: map[string]string{"Content-Type": "text/xml", "SOAPAction": ""}}),
		ok("L14", "an XML declaration, a comment behind the Envelope", "XML 1.0 §2.8", draft{after: func(s string) string {
			return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + s + "<!-- gateway -->\n"
		}}),
		ok("L15", "in chunks, of unknown length", "RFC 9112 §7.1", draft{headers: map[string]string{"Transfer-Encoding": "chunked"}}),
		ok("L16", "a messageId chosen by the sender: a UUID", "messageId xs:string", draft{ids: func(in *ids) {
			in.message = in.session[1 : len(in.session)-1]
		}}),
	}
	return slices.Clip(all)
}

func prefixes(s string) string {
	return edits(replaceAll("soapenv:", "S:"), replace("xmlns:soapenv", "xmlns:S"), replaceAll("typ:", "v10:"), replace("xmlns:typ", "xmlns:v10"))(s)
}

func byDefault(s string) string {
	return edits(replace("<typ:SendMessage xmlns:typ=", "<SendMessage xmlns="), replace("<request>", `<request xmlns="">`), replace("</typ:SendMessage>", "</SendMessage>"))(s)
}

func indented(s string) string {
	return replaceAll("><", ">\n  <")(s)
}

package conformance

import (
	"errors"
	"strings"
	"unicode/utf16"

	"kopir/adapters/envelope"
)

// Sizes no message of the protocol comes near.
const (
	tooLarge = 24 << 20
	tooDeep  = 5000
)

// malformed are messages that must be refused as a format error, whatever their signature is worth.
func malformed() []Case {
	bad := func(id, sent, clause string, d draft, codes ...string) Case {
		d.channel = sync10
		codes = append([]string{"SCE001"}, codes...)
		return Case{ID: id, Sent: sent, Expected: "fault " + strings.Join(codes, " or "), Clause: clause, run: exchange(d, faulted(codes...), shaped)}
	}
	whole := func(content string) draft {
		return draft{after: func(string) string { return content }}
	}
	doctype := func(subset string) draft {
		return draft{after: func(s string) string { return "<!DOCTYPE a [" + subset + "]>" + s }}
	}
	return []Case{
		bad("F01", "an empty body", clauseFault, whole("")),
		bad("F02", "what is not XML", "XML 1.0 §2.1", whole("{\"messageId\":1}")),
		bad("F03", "half of a message", "XML 1.0 §2.1", draft{after: func(s string) string { return s[:len(s)/2] }}),
		bad("F04", "a DOCTYPE", "SOAP 1.1 §3: no DTD", doctype("")),
		bad("F05", "a DOCTYPE with an external entity", "SOAP 1.1 §3; WS-I BP 1.1 R1008", doctype(`<!ENTITY x SYSTEM "file:///etc/passwd">`)),
		bad("F06", "a DOCTYPE whose entities grow", "SOAP 1.1 §3; WS-I BP 1.1 R1008", doctype(`<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">`)),
		bad("F07", "UTF-16", "UTF-8 only; XML 1.0 §4.3.3", draft{after: asUTF16}),
		bad("F08", "declared as windows-1251", "UTF-8 only; XML 1.0 §4.3.3", draft{after: func(s string) string { return `<?xml version="1.0" encoding="windows-1251"?>` + s }}),
		bad("F09", "octets that are not UTF-8", "XML 1.0 §2.2; RFC 3629 §3", draft{after: replace("<senderId>pep", "<senderId>\xcf\xdd\xcf")}),
		bad("F10", "a second root element", "XML 1.0 §2.1", draft{after: func(s string) string { return s + "<a/>" }}),
		bad("F11", "5000 elements in each other", "bounded work; ErrorInfo SCE001", draft{after: replace("</soapenv:Header>", strings.Repeat("<d>", tooDeep)+strings.Repeat("</d>", tooDeep)+"</soapenv:Header>")}),
		{ID: "F12", Sent: "24 MB", Expected: "fault SCE001, or 413", Clause: "RFC 9110 §15.5.14; ErrorInfo SCE001", run: exchange(draft{channel: sync10, after: func(s string) string { return s + strings.Repeat(" ", tooLarge) }}, either(faulted("SCE001"), httpStatus(413)))},
		{ID: "F13", Sent: "an envelope of SOAP 1.2", Expected: "fault VersionMismatch", Clause: "SOAP 1.1 §4.1.2", run: exchange(draft{channel: sync10, seal: unsealed, after: replaceAll(envelope.NSSoap, "http://www.w3.org/2003/05/soap-envelope")}, blamed(envelope.FaultVersionMismatch))},
		bad("F14", "an operation the WSDL does not have", "ISyncChannel.wsdl; WS-I BP 1.1 R2724", draft{before: replaceAll("typ:SendMessage", "typ:DeleteMessage")}, "SCE004"),
		bad("F15", "the asynchronous operation on the synchronous channel", "ISyncChannel.wsdl", draft{text: usual(async10)}, "SCE004"),
		bad("F16", "an empty Body", "WS-I BP 1.1 R2201", draft{before: func(s string) string {
			before, _, after := body(s)
			return before + "<soapenv:Body></soapenv:Body>" + after
		}}),
		bad("F17", "two elements in the Body", "WS-I BP 1.1 R9981", draft{before: func(s string) string {
			before, whole, after := body(s)
			inner := strings.TrimSuffix(strings.TrimPrefix(whole, "<soapenv:Body>"), "</soapenv:Body>")
			return before + "<soapenv:Body>" + inner + inner + "</soapenv:Body>" + after
		}}),
		bad("F18", "messageId twice, with two values", "SyncMessageInfo/messageId maxOccurs 1", draft{before: replace("<messageId>", "<messageId>1</messageId><messageId>")}),
		bad("F19", "an empty messageId", "SyncMessageInfo/messageId minOccurs 1", draft{ids: func(in *ids) { in.message = "" }}, "SCSE002"),
		bad("F20", "a messageId of two lines", "messageId stands in logs and answers", draft{ids: func(in *ids) { in.message = "1&#10;2" }}, "SCSE002"),
		bad("F21", "requestData without data", "RequestData; the service wants a document", draft{data: func([]byte) string { return "" }}, "SCE017", "SCSE002"),
		bad("F22", "data that is no document", clauseData, draft{data: func([]byte) string { return "<data>hello</data>" }}, "SCE016", "SCE017", "SCSE002"),
		{ID: "F23", Sent: "Content-Type application/json", Expected: "415, or fault SCE001", Clause: "SOAP 1.1 §6; RFC 9110 §15.5.16", run: exchange(draft{channel: sync10, headers: map[string]string{"Content-Type": "application/json"}}, either(faulted("SCE001"), httpStatus(415)))},
		{ID: "F24", Sent: "Content-Encoding gzip over what is none", Expected: "4xx, or fault SCE001", Clause: "RFC 9110 §8.4", run: exchange(draft{channel: sync10, headers: map[string]string{"Content-Encoding": "gzip"}}, either(faulted("SCE001"), httpStatus(400, 415)))},
		{ID: "F25", Sent: "any fault at all", Expected: "it fits the schema and names the time with its zone", Clause: clauseFault, run: exchange(draft{channel: sync10, seal: unsealed}, faulted("SCE007"), shaped, dated, braced, asXML)},
		{ID: "F26", Sent: "a fault on the asynchronous channel", Expected: "its detail is sendMessageFault1_sendMessageFault", Clause: "IAsyncChannelClient.wsdl fault", run: exchange(draft{channel: async10, seal: unsealed}, faulted("SCE007"), shaped, inside(envelope.NSAsync))},
	}
}

// inside wants the ErrorInfo's element in a namespace.
func inside(space string) judge {
	return func(_ *bench, r reply) error {
		for _, d := range elements(r.raw, "detail") {
			for _, c := range d.Children() {
				if c.Space() == space {
					return nil
				}
			}
		}
		return errors.New("the detail holds no element of the channel's namespace")
	}
}

// asUTF16 writes a message in UTF-16 with a byte order mark.
func asUTF16(s string) string {
	out := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return string(out)
}

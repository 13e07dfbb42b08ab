package envelope_test

import (
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Ways of writing one message that were met on the wire, or may be: all read as the same message
// (gateway-protocol.md §1.2, §1.5, §3.5).
func TestOneMessageInManyWritings(t *testing.T) {
	const soap, async = "http://schemas.xmlsoap.org/soap/envelope/", "http://bip.bee.kz/AsyncChannel/v10/Types"
	const info = `<messageId>254750124</messageId><correlationId>3382552</correlationId><serviceId>S</serviceId><messageType>REQUEST</messageType>` +
		`<messageDate>2026-11-23T10:47:28.541+05:00</messageDate><sender><senderId>pep</senderId><password>0f</password></sender>` +
		`<properties><key>k</key><value>v</value></properties><sessionId>` + session + `</sessionId>`
	const data = `<messageData><data>&lt;a&gt;1&lt;/a&gt;</data></messageData>`
	whole := func(info, data string) string {
		return `<s:Envelope xmlns:s="` + soap + `"><s:Header/><s:Body><n:sendMessage xmlns:n="` + async + `"><request><messageInfo>` + info +
			`</messageInfo>` + data + `</request></n:sendMessage></s:Body></s:Envelope>`
	}
	plain := whole(info, data)
	swap := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(plain, pairs[i]) {
				t.Fatalf("nothing to replace: %s", pairs[i])
			}
		}
		return strings.NewReplacer(pairs...).Replace(plain)
	}
	writings := map[string]string{
		"as the schema has it":           plain,
		"no Header":                      swap("<s:Header/>", ""),
		"another prefix of SOAP":         strings.NewReplacer("<s:", "<SOAP-ENV:", "</s:", "</SOAP-ENV:", "xmlns:s=", "xmlns:SOAP-ENV=").Replace(plain),
		"SOAP by default namespace":      strings.NewReplacer("<s:", "<", "</s:", "</", "xmlns:s=", "xmlns=", "<request>", `<request xmlns="">`).Replace(plain),
		"wrapper by default namespace":   swap("<n:sendMessage xmlns:n=", "<sendMessage xmlns=", "</n:sendMessage>", "</sendMessage>", "<request>", `<request xmlns="">`),
		"children in the wrapper's":      swap("<n:sendMessage xmlns:n=", "<sendMessage xmlns=", "</n:sendMessage>", "</sendMessage>"),
		"children in a namespace of all": swap("<request>", `<request xmlns="urn:anything">`),
		"wrapper of the client's space":  swap(async+`"`, async+`/Client"`),
		"prefixed data":                  swap("<data>", `<q:data xmlns:q="http://bip.bee.kz/SyncChannel/v10/Interfaces">`, "</data>", "</q:data>"),
		"another order": whole(`<sessionId>`+session+`</sessionId><properties><value>v</value><key>k</key></properties><sender><password>0f</password><senderId>pep</senderId></sender>`+
			`<messageDate>2026-11-23T10:47:28.541+05:00</messageDate><messageType>REQUEST</messageType><serviceId>S</serviceId><correlationId>3382552</correlationId><messageId>254750124</messageId>`, data),
		"data before the info":    strings.Replace(strings.Replace(plain, data, "", 1), "<messageInfo>", data+"<messageInfo>", 1),
		"empty optional elements": swap("<messageDate>", "<routeId/><messageDate>", "<properties>", "<properties/><properties>"),
		"unknown elements":        swap("<sender>", "<extra><messageId>7</messageId></extra><sender>", "<messageInfo>", "<priority>1</priority><messageInfo>"),
		"space around values":     swap(">254750124<", ">\n  254750124\t<", ">REQUEST<", "> REQUEST <", ">pep<", "> pep\n<"),
		"CDATA in values":         swap(">254750124<", "><![CDATA[254750124]]><", ">pep<", "><![CDATA[p]]>ep<"),
		"indented":                strings.ReplaceAll(swap("&lt;a&gt;1&lt;/a&gt;", "DATA"), "><", ">\n  <"),
		"comments between":        swap("<sender>", "<!-- who --><sender>"),
		"a declaration":           `<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + plain,
		"standalone":              `<?xml version='1.0' encoding='utf-8' standalone='yes'?>` + plain,
		"a byte order mark":       "\ufeff" + plain,
		"no zone":                 swap("10:47:28.541+05:00", "10:47:28.541"),
		"in UTC":                  swap("T10:47:28.541+05:00", "T05:47:28.541Z"),
		"another zone":            swap("T10:47:28.541+05:00", "T11:47:28.541+06:00"),
		"long fractions":          swap(".541+05:00", ".541000000+05:00"),
		"xsi:type of a string":    swap("<data>", `<data xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x:string">`),
		"xsi:type that lies":      swap("<data>", `<data xmlns:c="urn:c" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="c:Request">`),
		"xsi:type of nothing":     swap("<data>", `<data xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="nobody:knows">`),
		"data as CDATA":           swap("&lt;a&gt;1&lt;/a&gt;", "<![CDATA[<a>1</a>]]>"),
		"data with > raw":         swap("&lt;a&gt;1&lt;/a&gt;", "&lt;a>1&lt;/a>"),
		"data by character codes": swap("&lt;a&gt;1&lt;/a&gt;", "&#60;a&#x3e;1&#60;/a&#62;"),
		"data as a child":         swap("&lt;a&gt;1&lt;/a&gt;", "<a>1</a>"),
		"data as a child, called a string": swap("<data>&lt;a&gt;1&lt;/a&gt;",
			`<data xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x:string"><a>1</a>`),
		"data as an indented child": swap("&lt;a&gt;1&lt;/a&gt;", "\n    <a>1</a>\n  "),
	}
	writings["indented"] = strings.Replace(writings["indented"], "DATA", "&lt;a&gt;1&lt;/a&gt;", 1)
	at := time.Date(2026, 11, 23, 5, 47, 28, 541e6, time.UTC)
	for name, doc := range writings {
		t.Run(name, func(t *testing.T) {
			msg, err := envelope.Read([]byte(doc), xmltree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			m, ok := msg.Body.(*envelope.AsyncRequest)
			if !ok {
				t.Fatalf("read as %s", msg.Operation)
			}
			payload, err := m.Data.Payload()
			if err != nil || string(payload) != "<a>1</a>" && string(payload) != `<a xmlns="`+async+`">1</a>` && string(payload) != `<a xmlns="urn:anything">1</a>` {
				t.Errorf("%v %s", err, payload)
			}
			if m.MessageID != "254750124" || m.CorrelationID != "3382552" || m.ServiceID != "S" || m.MessageType != envelope.TypeRequest || m.RouteID != "" ||
				!m.MessageDate.Equal(at) || m.Sender != (envelope.SenderInfo{ID: "pep", Password: "0f"}) || m.SessionID != session ||
				len(m.Properties) != 1 || m.Properties[0] != (envelope.Property{Key: "k", Value: "v"}) {
				t.Errorf("%+v", m)
			}
		})
	}
	for _, optional := range []string{"messageId", "correlationId", "messageDate", "sessionId", "properties", "sender", "messageType"} {
		i, j := strings.Index(plain, "<"+optional+">"), strings.Index(plain, "</"+optional+">")+len("</"+optional+">")
		msg, err := envelope.Read([]byte(plain[:i]+plain[j:]), xmltree.Limits{})
		if err != nil || msg.Body.(*envelope.AsyncRequest).ServiceID != "S" {
			t.Errorf("without %s: %v", optional, err)
		}
	}
}

// The two channels differ in the case of one letter, and in nothing a reader may guess.
func TestTheCaseTellsTheChannels(t *testing.T) {
	for _, name := range []string{"SENDMESSAGE", "Sendmessage", "sendmessage", "SendMessageV10", "changeMessageStatusNotification", "ChangeMessageStatus", "getMessage"} {
		msg, err := envelope.Read(soapOf("<"+name+"><request/></"+name+">"), xmltree.Limits{})
		if err != nil || msg.Body != nil {
			t.Errorf("%s: %T %v", name, msg.Body, err)
		}
	}
}

// Lax is not ambiguous: what two programs could read in two ways is refused.
func TestWhatLaxDoesNotMean(t *testing.T) {
	for name, doc := range map[string]string{
		"an id twice":             string(syncOf("<messageId>1</messageId><messageId>1</messageId>", "")),
		"an id in two namespaces": string(syncOf("<a:messageId xmlns:a='urn:a'>1</a:messageId><messageId>2</messageId>", "")),
		"two infos":               strings.Replace(string(syncOf("", "")), "<requestData>", "<requestInfo/><requestData>", 1),
		"two senders":             string(syncOf("<sender/><sender/>", "")),
		"an instruction in an id": string(syncOf("<serviceId>A<?x?>B</serviceId>", "")),
		"two Headers":             strings.Replace(string(syncOf("", "")), "<s:Body>", "<s:Header/><s:Header/><s:Body>", 1),
		"a Header behind":         strings.Replace(string(syncOf("", "")), "</s:Body>", "</s:Body><s:Header/>", 1),
		"must be understood":      strings.Replace(string(syncOf("", "")), "<s:Body>", `<s:Header><x xmlns="urn:x" s:mustUnderstand="1"/></s:Header><s:Body>`, 1),
	} {
		if _, err := envelope.Read([]byte(doc), xmltree.Limits{}); code(err) != reason.XMLMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the schema forbids is not written, however it came to us.
func TestTheWriterIsStrict(t *testing.T) {
	request := func(change func(*envelope.AsyncRequest)) any {
		m := *messages()["async-request"].(*envelope.AsyncRequest)
		change(&m)
		return &m
	}
	long := strings.Repeat("ә", 501)
	for name, body := range map[string]any{
		"no serviceId":              request(func(m *envelope.AsyncRequest) { m.ServiceID = "" }),
		"no date":                   request(func(m *envelope.AsyncRequest) { m.MessageDate = time.Time{} }),
		"no senderId":               request(func(m *envelope.AsyncRequest) { m.Sender.ID = "" }),
		"no chain":                  request(func(m *envelope.AsyncRequest) { m.CorrelationID = "" }),
		"an unknown type":           request(func(m *envelope.AsyncRequest) { m.MessageType = "ANSWER" }),
		"a key of 31 letters":       request(func(m *envelope.AsyncRequest) { m.Properties = []envelope.Property{{Key: strings.Repeat("k", 31)}} }),
		"a value of 501 letters":    request(func(m *envelope.AsyncRequest) { m.Properties = []envelope.Property{{Key: "k", Value: long}} }),
		"no messageId":              &envelope.SyncRequest{ServiceID: "S", MessageDate: moment, Sender: envelope.SenderInfo{ID: "s"}},
		"no status code":            &envelope.SyncResponse{MessageID: "1", ResponseDate: moment},
		"no session where needed":   &envelope.ChangeStatusResponse{ResponseDate: moment},
		"a session that is no guid": &envelope.MessagesResponse{ResponseDate: moment, SessionID: "1"},
		"the right spelling of a word": &envelope.DeliveryNotification{MessageID: "m", ServiceID: "S", NotificationDate: moment, StatusDate: moment, RequestDate: moment,
			ReceiveStatus: "MESSAGE_NOT_ACCEPTED", ResendMessage: envelope.Resend},
		"a fault without a code": &envelope.Fault{Code: envelope.FaultServer, Text: "t", Info: envelope.ErrorInfo{Message: "m", Date: moment}},
		"no message at all":      nil,
	} {
		if doc, err := envelope.Write(body); err == nil {
			t.Errorf("%s: %s", name, doc)
		}
	}
	long251 := &envelope.SyncResponse{MessageID: "1", ResponseDate: moment, Status: envelope.StatusInfo{Code: "SCSE002", Message: strings.Repeat("ә", 251)}, SessionID: session[1:37]}
	msg, err := envelope.Read(write(t, long251), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if r := msg.Body.(*envelope.SyncResponse); len([]rune(r.Status.Message)) != 250 || r.SessionID != session {
		t.Errorf("%d letters, session %s", len([]rune(r.Status.Message)), r.SessionID)
	}
}

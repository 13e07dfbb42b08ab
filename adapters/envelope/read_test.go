package envelope_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// soapOf puts a body into an envelope.
func soapOf(body string) []byte {
	return []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + body + `</s:Body></s:Envelope>`)
}

func syncOf(info, data string) []byte {
	return soapOf(`<SendMessage xmlns="http://bip.bee.kz/SyncChannel/v10/Types"><request xmlns=""><requestInfo>` + info +
		`</requestInfo><requestData>` + data + `</requestData></request></SendMessage>`)
}

func TestReadsAMessageAsTheGatewayDeliversIt(t *testing.T) {
	doc, err := os.ReadFile("testdata/read/akimat-async.xml")
	if err != nil {
		t.Fatal(err)
	}
	msg, err := envelope.Read(doc, xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m := msg.Body.(*envelope.AsyncRequest)
	if msg.HasHeader || m.MessageID != "254750124" || m.CorrelationID != "3382552" || m.MessageType != envelope.TypeRequest || m.RouteID != "" ||
		m.SessionID != session || m.Sender.ID != "pep" || len(m.Properties) != 1 || m.Properties[0].Value != "RR_P50.06" {
		t.Errorf("%+v", m)
	}
	if want := time.Date(2021, 10, 8, 4, 47, 19, 678e6, time.UTC); !m.MessageDate.Equal(want) {
		t.Errorf("date %v", m.MessageDate)
	}
	payload, err := m.Data.Payload()
	if want := `<?xml version="1.0" encoding="UTF-8"?><requestMessage>Қазақ &amp; тіл</requestMessage>`; err != nil || string(payload) != want {
		t.Errorf("%v %s", err, payload)
	}
}

func TestPayloads(t *testing.T) {
	tests := []struct {
		name, data string
		form       envelope.Form
		want       string
	}{
		{"escaped string", `<data>&lt;a x="1"&gt;&amp;amp;&lt;/a&gt;</data>`, envelope.FormText, `<a x="1">&amp;</a>`},
		{"string with space around", "<data>\n  &lt;a/&gt;\n</data>", envelope.FormText, `<a/>`},
		{"byte order mark", "<data>\ufeff&lt;a/&gt;</data>", envelope.FormText, `<a/>`},
		{"CDATA", `<data><![CDATA[<a><![CDATA[y]]]]><![CDATA[></a>]]></data>`, envelope.FormText, `<a><![CDATA[y]]></a>`},
		{"namespaced data", `<n:data xmlns:n="http://bip.bee.kz/SyncChannel/v10/Interfaces">&lt;a/&gt;</n:data>`, envelope.FormText, `<a/>`},
		{"child element", `<data><a xmlns="urn:x"><b c="1"/></a></data>`, envelope.FormElement, `<a xmlns="urn:x"><b c="1"></b></a>`},
		{"child although called a string", `<data xmlns:xs="x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string"><a/></data>`, envelope.FormElement, `<a></a>`},
		{"child that uses a prefix from around", `<data xmlns:q="urn:q" xmlns:unused="urn:u"><q:a><b q:c="1"/></q:a></data>`, envelope.FormElement, `<q:a xmlns:q="urn:q"><b q:c="1"></b></q:a>`},
		{"child whose type uses a prefix", `<data xmlns:q="urn:q"><a t="q:T"/></data>`, envelope.FormElement, `<a xmlns:q="urn:q" t="q:T"></a>`},
		{"child that takes its namespace from around", `<data xmlns="urn:d" xmlns:q="urn:q"><a/></data>`, envelope.FormElement, `<a xmlns="urn:d"></a>`},
		{"child that hides a prefix", `<data xmlns:q="urn:q"><q:a xmlns:q="urn:own"/></data>`, envelope.FormElement, `<q:a xmlns:q="urn:own"></q:a>`},
		{"child with colons that are no prefix", `<data xmlns:q="urn:q" xmlns:http="urn:h"><a b=":q" c="longer:q" d="q" e="http"/></data>`, envelope.FormElement, `<a b=":q" c="longer:q" d="q" e="http"></a>`},
		{"child with an unused declaration of its own", `<data><a xmlns:own="urn:o"/></data>`, envelope.FormElement, `<a xmlns:own="urn:o"></a>`},
		{"child with everything", `<data><a>t<!--c--><?p d?>&lt;&#13;<b x="&quot;&#10;"/></a></data>`, envelope.FormElement, `<a>t<!--c--><?p d?>&lt;&#xD;<b x="&quot;&#xA;"></b></a>`},
		{"typed fields", `<data xmlns:cs="urn:cs" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="cs:Request"><x>1</x><y>2</y></data>`, envelope.FormTyped,
			`<data xmlns:cs="urn:cs" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="cs:Request"><x>1</x><y>2</y></data>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			msg, err := envelope.Read(syncOf("<messageId>1</messageId>", tt.data), xmltree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			data := msg.Body.(*envelope.SyncRequest).Data
			got, err := data.Payload()
			if err != nil || data.Form != tt.form || string(got) != tt.want {
				t.Errorf("form %d, %v\n%s\nwant\n%s", data.Form, err, got, tt.want)
			}
			if _, err := xmltree.Parse(got, xmltree.Limits{}); err != nil {
				t.Errorf("the payload is no document: %v", err)
			}
		})
	}
}

func TestNoPayload(t *testing.T) {
	for _, data := range []string{``, `<data/>`, `<data>   </data>`, `<data><!-- nothing --></data>`} {
		msg, err := envelope.Read(syncOf("", data), xmltree.Limits{})
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		if _, err := msg.Body.(*envelope.SyncRequest).Data.Payload(); code(err) != reason.XMLMalformed {
			t.Errorf("%q: %v", data, err)
		}
	}
}

func code(err error) gateway.Code {
	var e *gateway.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestDates(t *testing.T) {
	tests := []struct {
		in   string
		want time.Time
	}{
		{"2021-10-08T10:47:19.678+06:00", time.Date(2021, 10, 8, 4, 47, 19, 678e6, time.UTC)},
		{"2021-02-09T17:26:36", time.Date(2021, 2, 9, 12, 26, 36, 0, time.UTC)},
		{"2021-02-09T17:26:36Z", time.Date(2021, 2, 9, 17, 26, 36, 0, time.UTC)},
		{"2021-02-09T17:26:36.123456789Z", time.Date(2021, 2, 9, 17, 26, 36, 123456789, time.UTC)},
		{" 2021-10-12+06:00 ", time.Date(2021, 10, 11, 18, 0, 0, 0, time.UTC)},
		{"2021-10-12", time.Date(2021, 10, 11, 19, 0, 0, 0, time.UTC)},
		{"", time.Time{}},
		{"yesterday", time.Time{}},
	}
	for _, tt := range tests {
		msg, err := envelope.Read(syncOf("<messageDate>"+tt.in+"</messageDate>", ""), xmltree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := msg.Body.(*envelope.SyncRequest).MessageDate; !got.Equal(tt.want) {
			t.Errorf("%q: %v, want %v", tt.in, got, tt.want)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	tests := []struct {
		name string
		doc  []byte
		code gateway.Code
	}{
		{"nothing", nil, reason.XMLMalformed},
		{"cut off", syncOf("<messageId>1</messageId>", "")[:150], reason.XMLMalformed},
		{"not SOAP", []byte(`<a/>`), reason.XMLMalformed},
		{"no Body", []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/></s:Envelope>`), reason.XMLMalformed},
		{"Body of another namespace", []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><Body><SendMessage/></Body></s:Envelope>`), reason.XMLMalformed},
		{"two Bodies", []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><SendMessage/></s:Body><s:Body/></s:Envelope>`), reason.XMLMalformed},
		{"empty Body", soapOf(``), reason.XMLMalformed},
		{"two operations", soapOf(`<SendMessage/><SendMessage/>`), reason.XMLMalformed},
		{"two ids", syncOf("<messageId>1</messageId><x:messageId xmlns:x='urn:x'>2</x:messageId>", ""), reason.XMLMalformed},
		{"two payloads", syncOf("", "<data>a</data><data>b</data>"), reason.XMLMalformed},
		{"two requests", soapOf(`<SendMessage><request/><request/></SendMessage>`), reason.XMLMalformed},
		{"markup in an id", syncOf("<messageId>1<b/>2</messageId>", ""), reason.XMLMalformed},
		{"a comment in an id", syncOf("<messageId>1<!-- -->2</messageId>", ""), reason.XMLMalformed},
		{"a comment in the payload", syncOf("", "<data>a<!-- -->b</data>"), reason.XMLMalformed},
		{"a DOCTYPE", append([]byte(`<!DOCTYPE a [<!ENTITY x "y">]>`), syncOf("", "")...), reason.XMLForbidden},
		{"SOAP 1.2", []byte(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><SendMessage/></s:Body></s:Envelope>`), reason.XMLMalformed},
		{"another encoding", append([]byte(`<?xml version="1.0" encoding="windows-1251"?>`), syncOf("", "")...), reason.XMLForbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := envelope.Read(tt.doc, xmltree.Limits{}); code(err) != tt.code {
				t.Errorf("%v, want %s", err, tt.code)
			}
		})
	}
}

func TestUnknownOperationIsNamed(t *testing.T) {
	msg, err := envelope.Read(soapOf(`<x:GetMessage xmlns:x="urn:x"><request/></x:GetMessage>`), xmltree.Limits{})
	if err != nil || msg.Operation != "GetMessage" || msg.Body != nil {
		t.Errorf("%+v %v", msg, err)
	}
}

func TestReadBodyWantsABody(t *testing.T) {
	if _, err := envelope.ReadBody(syncOf("", ""), xmltree.Limits{}); code(err) != reason.XMLMalformed {
		t.Errorf("%v", err)
	}
	body := string(syncOf("<messageId>7</messageId>", ""))
	body = strings.TrimSuffix(body[strings.Index(body, "<s:Body>"):], "</s:Envelope>")
	body = strings.Replace(body, "<s:Body>", `<s:Body xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">`, 1)
	msg, err := envelope.ReadBody([]byte(body), xmltree.Limits{})
	if err != nil || msg.Body.(*envelope.SyncRequest).MessageID != "7" {
		t.Errorf("%+v %v", msg, err)
	}
}

func TestForeignFault(t *testing.T) {
	msg, err := envelope.Read(soapOf(`<s:Fault><faultcode>soap:Server</faultcode><faultstring>down</faultstring></s:Fault>`), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if f := msg.Body.(*envelope.Fault); f.Code != "Server" || f.Text != "down" || f.Error() != "soap fault Server: down" {
		t.Errorf("%+v", f)
	}
}

// FuzzRead: no panic, errors are *reason.Error, what was read of ours is written as it was.
func FuzzRead(f *testing.F) {
	for _, body := range messages() {
		f.Add(write(f, body))
	}
	f.Add(syncOf("<messageId>1</messageId>", `<data><a xmlns:q="u" q:b="1"/></data>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		msg, err := envelope.Read(doc, xmltree.Limits{})
		if err != nil {
			if code(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		var data envelope.Data
		switch m := msg.Body.(type) {
		case *envelope.SyncRequest:
			data = m.Data
		case *envelope.AsyncRequest:
			data = m.Data
		}
		if payload, err := data.Payload(); err == nil && data.Form != envelope.FormText {
			if _, err := xmltree.Parse(payload, xmltree.Limits{}); err != nil {
				t.Fatalf("the payload cut out is no document: %v\n%s", err, payload)
			}
		}
		first, err := envelope.Write(msg.Body)
		if err != nil {
			return // not complete enough for the strict writer
		}
		back, err := envelope.Read(first, xmltree.Limits{})
		if err != nil {
			t.Fatalf("ours cannot be read: %v\n%s", err, first)
		}
		second, err := envelope.Write(back.Body)
		if err != nil || string(first) != string(second) {
			t.Fatalf("%v\n%s\n%s", err, first, second)
		}
	})
}

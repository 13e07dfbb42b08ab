package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"kopir/adapters/envelope"
	"kopir/xmlsig/xmltree"
)

// describing asks for the WSDL and XSD.
func describing() []Case {
	return []Case{
		{ID: "D01", Sent: "GET /sync?wsdl, and all it imports", Expected: "200, XML, every import resolves", Clause: "WSDL 1.1 §2.1.1; WS-I BP 1.1 R2001, R2007", run: resolves(sync10)},
		{ID: "D02", Sent: "the same", Expected: "portType ISyncChannel with SendMessage: input, output, sendMessageFault", Clause: "ISyncChannel.wsdl portType", run: portType(sync10, "http://bip.bee.kz/SyncChannel/v10/Interfaces", "ISyncChannel", "SendMessage")},
		{ID: "D03", Sent: "the same", Expected: "document/literal over HTTP, soapAction empty", Clause: "SyncChannelHttp_Service.wsdl binding; WS-I BP 1.1 R2702, R2705", run: bound(sync10)},
		{ID: "D04", Sent: "the same", Expected: "service ISyncChannelHttpService, port SyncChannelHttpPort, its address is this one", Clause: "SyncChannelHttp_Service.wsdl service", run: served(sync10, "ISyncChannelHttpService", "SyncChannelHttpPort")},
		{ID: "D05", Sent: "the same", Expected: "SendMessage, its response and fault are global elements; children unqualified", Clause: "SyncChannel v10 Types XSD", run: declares(sync10, envelope.NSSync, "SendMessage", "SendMessageResponse", "SendMessageFault1_SendMessageFault")},
		{ID: "D06", Sent: "the same", Expected: "SyncMessageInfo, StatusInfo, ErrorInfo … in the official order", Clause: "SyncChannel v10 and common v10 XSD sequences", run: ordered(sync10)},
		{ID: "D07", Sent: "GET /async?wsdl, and all it imports", Expected: "200, XML, every import resolves", Clause: "WSDL 1.1 §2.1.1; WS-I BP 1.1 R2001, R2007", run: resolves(async10)},
		{ID: "D08", Sent: "the same", Expected: "portType IAsyncChannelClient with sendMessage and changeMassageStatusNotification (so spelt)", Clause: "IAsyncChannelClient.wsdl portType", run: portType(async10, "http://bip.bee.kz/AsyncChannel/v10/Interfaces/Client", "IAsyncChannelClient", "sendMessage", "changeMassageStatusNotification")},
		{ID: "D09", Sent: "the same", Expected: "document/literal over HTTP, soapAction empty", Clause: "AsyncChannelClientHttp_Service.wsdl binding; WS-I BP 1.1 R2702, R2705", run: bound(async10)},
		{ID: "D10", Sent: "the same", Expected: "AsyncMessageInfo, ErrorInfo … in the official order; children unqualified", Clause: "AsyncChannel v10 ITypes XSD sequences", run: ordered(async10)},
		{ID: "D11", Sent: "GET /sync without ?wsdl", Expected: "4xx, no envelope", Clause: "WS-I BP 1.1 R1111; RFC 9110 §15.5", run: method(http.MethodGet, func(s int) bool { return s >= 400 && s < 500 })},
		{ID: "D12", Sent: "PUT /sync", Expected: "405 with Allow", Clause: "WS-I BP 1.1 R1114; RFC 9110 §15.5.6", run: method(http.MethodPut, func(s int) bool { return s == http.StatusMethodNotAllowed })},
	}
}

func method(name string, suits func(int) bool) runner {
	return func(ctx context.Context, b *bench) (string, error) {
		at, err := b.address(sync10)
		if err != nil {
			return "", err
		}
		req, err := http.NewRequestWithContext(ctx, name, at, http.NoBody)
		if err != nil {
			return "", err
		}
		resp, err := b.HTTP.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		came := fmt.Sprint(resp.StatusCode)
		switch {
		case !suits(resp.StatusCode):
			return came, fmt.Errorf("status %s", came)
		case resp.StatusCode == http.StatusMethodNotAllowed && resp.Header.Get("Allow") == "":
			return came, fmt.Errorf("405 without Allow")
		}
		return came, nil
	}
}

// over runs a check over all files of a channel's description.
func over(channel string, check func(b *bench, all map[string]*xmltree.Document) (string, error)) runner {
	return func(ctx context.Context, b *bench) (string, error) {
		all, err := b.description(ctx, channel)
		if err != nil {
			return "", err
		}
		return check(b, all)
	}
}

func resolves(channel string) runner {
	return over(channel, func(_ *bench, all map[string]*xmltree.Document) (string, error) {
		wsdl, xsd := 0, 0
		for _, d := range all {
			switch {
			case d.Root.Is(nsWSDL, "definitions"):
				wsdl++
			case d.Root.Is(nsXSD, "schema"):
				xsd++
			}
		}
		came := fmt.Sprintf("200, %d WSDL, %d XSD", wsdl, xsd)
		if wsdl == 0 || wsdl+xsd != len(all) {
			return came, fmt.Errorf("%d files are neither WSDL nor XSD", len(all)-wsdl-xsd)
		}
		return came, nil
	})
}

func portType(channel, space, name string, operations ...string) runner {
	return over(channel, func(_ *bench, all map[string]*xmltree.Document) (string, error) {
		for _, d := range all {
			for _, p := range d.Root.Children() {
				if p.Is(nsWSDL, "portType") && attr(p, "name") == name && attr(d.Root, "targetNamespace") == space {
					return "portType " + name, offers(p, operations)
				}
			}
		}
		return "", fmt.Errorf("no portType {%s}%s", space, name)
	})
}

// offers wants exactly the operations, each with input, output and a fault.
func offers(portType *xmltree.Element, operations []string) error {
	var have []string
	for _, op := range portType.Children() {
		if !op.Is(nsWSDL, "operation") {
			continue
		}
		have = append(have, attr(op, "name"))
		for _, needed := range []string{"input", "output", "fault"} {
			if op.Child(needed) == nil {
				return fmt.Errorf("%s has no %s", attr(op, "name"), needed)
			}
		}
	}
	if strings.Join(have, " ") != strings.Join(operations, " ") {
		return fmt.Errorf("it has %v, not %v", have, operations)
	}
	return nil
}

func bound(channel string) runner {
	return over(channel, func(_ *bench, all map[string]*xmltree.Document) (string, error) {
		operations := 0
		for _, e := range within(all, nsWSDL, "binding") {
			if b := childOf(e, nsWSDLSoap, "binding"); attr(b, "transport") != "http://schemas.xmlsoap.org/soap/http" || attr(b, "style") == "rpc" {
				return "", fmt.Errorf("the binding %s is not document over HTTP", attr(e, "name"))
			}
			for _, op := range e.Children() {
				soap := childOf(op, nsWSDLSoap, "operation")
				if soap == nil {
					continue
				}
				operations++
				if action, ok := soap.Attr("", "soapAction"); ok && action != "" || attr(soap, "style") == "rpc" {
					return "", fmt.Errorf("%s: soapAction %q", attr(op, "name"), action)
				}
				if use := attr(op.Find("input/body"), "use"); use != "literal" {
					return "", fmt.Errorf("%s: use is %q", attr(op, "name"), use)
				}
			}
		}
		if operations == 0 {
			return "", fmt.Errorf("no binding by SOAP 1.1")
		}
		return fmt.Sprintf("%d operations, document/literal", operations), nil
	})
}

func served(channel, service, port string) runner {
	return over(channel, func(b *bench, all map[string]*xmltree.Document) (string, error) {
		at, err := b.address(channel)
		if err != nil {
			return "", err
		}
		for _, e := range within(all, nsWSDL, "service") {
			for _, p := range e.Children() {
				location := attr(childOf(p, nsWSDLSoap, "address"), "location")
				switch {
				case attr(e, "name") != service || attr(p, "name") != port:
				case location == at:
					return location, nil
				default:
					return location, fmt.Errorf("the address is %q, asked was %q", location, at)
				}
			}
		}
		return "", fmt.Errorf("no service %s with port %s", service, port)
	})
}

func declares(channel, space string, names ...string) runner {
	return over(channel, func(_ *bench, all map[string]*xmltree.Document) (string, error) {
		have := map[string]bool{}
		for _, schema := range within(all, nsXSD, "schema") {
			if attr(schema, "targetNamespace") != space {
				continue
			}
			if attr(schema, "elementFormDefault") == "qualified" {
				return "", fmt.Errorf("the schema qualifies its children")
			}
			for _, e := range schema.Children() {
				if e.Is(nsXSD, "element") {
					have[attr(e, "name")] = true
				}
			}
		}
		for _, name := range names {
			if !have[name] {
				return "", fmt.Errorf("no element {%s}%s", space, name)
			}
		}
		return fmt.Sprintf("%d elements", len(names)), nil
	})
}

// sequences are the types of each channel with their elements in order.
var sequences = map[string]map[string]string{
	sync10: {
		"SyncSendMessageRequest":  "requestInfo requestData",
		"SyncMessageInfo":         "messageId correlationId serviceId messageDate routeId sender properties sessionId",
		"SyncSendMessageResponse": "responseInfo responseData",
		"SyncMessageInfoResponse": "messageId correlationId responseDate status sessionId",
		"SenderInfo":              "senderId password",
		"StatusInfo":              "code message",
		"ErrorInfo":               "errorCode errorMessage errorData errorDate subError sessionId",
	},
	async10: {
		"AsyncMessageInfo":         "messageId correlationId serviceId messageType routeId messageDate sender properties sessionId",
		"AsyncSendMessageRequest":  "messageInfo messageData",
		"AsyncSendMessageResponse": "messageId correlationId responseDate sessionId",
		"ChangeStatusNotification": "notificationId messageId notificationDate messageState status error",
		"ErrorInfo":                "errorCode errorMessage errorData errorDate subError sessionId",
	},
}

func ordered(channel string) runner {
	return over(channel, func(_ *bench, all map[string]*xmltree.Document) (string, error) {
		have := map[string]string{}
		for _, schema := range within(all, nsXSD, "schema") {
			if attr(schema, "elementFormDefault") == "qualified" && strings.HasPrefix(attr(schema, "targetNamespace"), "http://bip.bee.kz/") {
				return "", fmt.Errorf("a channel's schema qualifies its children")
			}
			for _, t := range schema.Children() {
				if t.Is(nsXSD, "complexType") {
					have[attr(t, "name")] = sequence(t)
				}
			}
		}
		for name, want := range sequences[channel] {
			if have[name] != want {
				return "", fmt.Errorf("%s is %q, not %q", name, have[name], want)
			}
		}
		return fmt.Sprintf("%d types as published", len(sequences[channel])), nil
	})
}

func sequence(t *xmltree.Element) string {
	var names []string
	for _, e := range t.Child("sequence").Children() {
		names = append(names, attr(e, "name"))
	}
	return strings.Join(names, " ")
}

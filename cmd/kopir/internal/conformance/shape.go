package conformance

import (
	"errors"
	"fmt"

	"kopir/adapters/envelope"
	"kopir/xmlsig/xmltree"
)

// part is an element of a message in the schema's order; nothing in it: a simple value or anything.
type part struct {
	name     string
	optional bool
	inside   []part
}

func one(name string, inside ...part) part { return part{name: name, inside: inside} }
func may(name string, inside ...part) part { return part{name: name, optional: true, inside: inside} }

// The answers as the public schemas have them.
var (
	syncAnswer = []part{one("response",
		one("responseInfo", one("messageId"), may("correlationId"), one("responseDate"),
			one("status", one("code"), one("message")), may("sessionId")),
		one("responseData", may("data")))}
	asyncAnswer  = []part{one("response", one("messageId"), one("correlationId"), one("responseDate"), may("sessionId"))}
	changeAnswer = []part{one("response", one("responseDate"), one("sessionId"))}
	errorInfo    = []part{one("errorCode"), one("errorMessage"), may("errorData"), one("errorDate"), may("subError"), may("sessionId")}
)

// wrappers are the global elements of the schemas with what stands in them.
var wrappers = map[string][]part{
	"{" + envelope.NSSync + "}SendMessageResponse":                                                          syncAnswer,
	"{" + envelope.NSSync + "}SendMessageFault1_SendMessageFault":                                           errorInfo,
	"{" + envelope.NSAsync + "}sendMessageResponse":                                                         asyncAnswer,
	"{" + envelope.NSAsync + "}sendMessageFault1_sendMessageFault":                                          errorInfo,
	"{" + envelope.NSClient + "}changeMassageStatusNotificationResponse":                                    changeAnswer,
	"{" + envelope.NSClient + "}changeMassageStatusNotificationFault1_changeMassageStatusNotificationFault": errorInfo,
}

// shaped holds an answer against the schema: the wrapper's namespace, children in none, their order.
func shaped(_ *bench, r reply) error {
	tree, err := xmltree.Parse(r.raw, xmltree.Limits{})
	if err != nil {
		return err
	}
	body := tree.Root.Child("Body")
	if !tree.Root.Is(envelope.NSSoap, "Envelope") || body == nil || len(body.Children()) != 1 {
		return errors.New("not a SOAP 1.1 envelope with one element in its Body")
	}
	top := body.Children()[0]
	if top.Is(envelope.NSSoap, "Fault") {
		return shapedFault(top)
	}
	return wrapped(top)
}

// shapedFault: faultcode, faultstring, faultactor, detail, unqualified (SOAP 1.1 §4.4; WS-I BP 1.1 R1000, R1001).
func shapedFault(fault *xmltree.Element) error {
	if err := fits(fault, []part{one("faultcode"), one("faultstring"), may("faultactor"), may("detail")}, false); err != nil {
		return err
	}
	if detail := fault.Child("detail"); len(detail.Children()) > 0 {
		return wrapped(detail.Children()[0])
	}
	return errors.New("the fault has no ErrorInfo in its detail")
}

func wrapped(top *xmltree.Element) error {
	parts, known := wrappers["{"+top.Space()+"}"+top.Local()]
	if !known {
		return fmt.Errorf("{%s}%s is no element of the schema", top.Space(), top.Local())
	}
	return fits(top, parts, true)
}

// fits holds the children of e against the parts, each with its own.
func fits(e *xmltree.Element, parts []part, deep bool) error {
	children := e.Children()
	for _, p := range parts {
		if len(children) == 0 || children[0].Local() != p.name {
			if p.optional {
				continue
			}
			return fmt.Errorf("%s: %s is missing or out of order", e.Local(), p.name)
		}
		if children[0].Space() != "" {
			return fmt.Errorf("%s is qualified; the schema has it in no namespace", p.name)
		}
		if deep && len(p.inside) > 0 {
			if err := fits(children[0], p.inside, true); err != nil {
				return err
			}
		}
		children = children[1:]
	}
	if len(children) > 0 {
		return fmt.Errorf("%s: %s is not in the schema there", e.Local(), children[0].Local())
	}
	return nil
}

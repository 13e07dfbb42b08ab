package xmlsig

import (
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Namespaces of SOAP and WS-Security.
const (
	nsSOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
	nsSOAP12 = "http://www.w3.org/2003/05/soap-envelope"
	nsWSSE   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
)

// target is what a profile looks for: the signatures, and the element each of them must
// cover (nil: any).
type target struct {
	signatures []*xmltree.Element
	cover      *xmltree.Element
	name       string // of cover, for people
}

// find picks the signatures that count.
func find(doc *xmltree.Document, profile Profile) (target, error) {
	var t target
	switch profile {
	case ProfileDocument:
		t = target{documentSignatures(doc), doc.Root, "document"}
	case ProfileWSS:
		header, body := soapParts(doc)
		if body == nil {
			return t, reason.New(reason.SignatureMissing, "the document is not a SOAP envelope with one Body")
		}
		t = target{headerSignatures(header), body, "body"}
	case ProfileAny:
		t.signatures = anywhere(doc)
	}
	switch n := len(t.signatures); {
	case n == 0:
		return t, reason.New(reason.SignatureMissing, "there is no signature where one is looked for")
	case n > maxSignatures:
		return t, reason.Newf(reason.TooLarge, "there are more than %d signatures", maxSignatures)
	}
	return t, nil
}

// documentSignatures are the signatures among the children of the root. If there is none, all
// are taken, so that one deeper down that covers the root counts and another is named partial.
func documentSignatures(doc *xmltree.Document) (out []*xmltree.Element) {
	for child := range doc.Root.EachChild() {
		if child.Is(nsDSig, "Signature") {
			out = append(out, child)
		}
	}
	if len(out) == 0 {
		out = anywhere(doc)
	}
	return out
}

// anywhere lists the signatures that are not inside another one.
func anywhere(doc *xmltree.Document) (out []*xmltree.Element) {
	for i := 0; i < doc.Len(); {
		if doc.Kind(i) == xmltree.KindElement {
			if e := doc.ElementAt(i); e.Is(nsDSig, "Signature") {
				out = append(out, e)
				i = doc.End(i)
				continue
			}
		}
		i++
	}
	return out
}

// soapParts are the one Header and the one Body under a SOAP Envelope that holds nothing else.
func soapParts(doc *xmltree.Document) (header, body *xmltree.Element) {
	soap := doc.Root.Space()
	if doc.Root.Local() != "Envelope" || soap != nsSOAP11 && soap != nsSOAP12 {
		return nil, nil
	}
	for _, child := range doc.Root.Children() {
		switch {
		case child.Is(soap, "Header") && header == nil && body == nil:
			header = child
		case child.Is(soap, "Body") && body == nil:
			body = child
		default:
			return nil, nil // doubled, misplaced or foreign: a reader by local name could take it for the Body
		}
	}
	return header, body
}

func headerSignatures(header *xmltree.Element) (out []*xmltree.Element) {
	for _, security := range header.Children() {
		if !security.Is(nsWSSE, "Security") {
			continue
		}
		for _, child := range security.Children() {
			if child.Is(nsDSig, "Signature") {
				out = append(out, child)
			}
		}
	}
	return out
}

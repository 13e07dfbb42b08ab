package envelope

import (
	"bytes"
	"strings"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Form is how a payload rides in data (gateway-protocol.md §3.5).
type Form uint8

// Forms of data. The reader goes by what is there: xsi:type is known to lie.
const (
	FormNone    Form = iota // no data, or nothing in it
	FormText                // A: the document as an escaped string or CDATA
	FormElement             // C: the document as the one child element
	FormTyped               // B: the fields directly inside data
)

// Data is the payload of a message.
type Data struct {
	Form Form
	text string
	elem *xmltree.Element // data itself
}

// Text makes data that carries a document as an escaped string, as signed documents travel.
func Text(doc []byte) Data { return Data{Form: FormText, text: string(doc)} }

// Element is the data element as it was read, for typed payloads; nil when written by us.
func (d Data) Element() *xmltree.Element { return d.elem }

// Payload returns the business document.
//
// A document that came as a string is returned as it was written, less white space around it. One that
// came as a child element is cut out of the message: its own namespace declarations stay where
// they stood and those it uses from around it are added to its root, which gives the standalone
// document back whenever it was self-contained. After exclusive canonicalisation of the Body
// (all that a verified transport signature vouches for) declarations may have moved, and an
// enveloped signature with inclusive C14N then no longer fits: signed documents have to travel as strings.
func (d Data) Payload() ([]byte, error) {
	switch d.Form {
	case FormText:
		return trimDocument([]byte(d.text)), nil
	case FormElement:
		return standalone(nil, d.elem.Children()[0]), nil
	case FormTyped:
		return standalone(nil, d.elem), nil
	}
	return nil, reason.New(reason.XMLMalformed, "the message holds no data")
}

// trimDocument drops white space and a byte order mark around a document; neither is part of it.
func trimDocument(doc []byte) []byte {
	doc = bytes.TrimSpace(doc)
	return bytes.TrimSpace(bytes.TrimPrefix(doc, []byte("\ufeff")))
}

// readData tells the form of a data element by its content.
func readData(el *xmltree.Element) Data {
	if el == nil {
		return Data{}
	}
	children := el.Children()
	switch {
	case len(children) == 1 && strings.TrimSpace(el.Text()) == "":
		return Data{Form: FormElement, elem: el}
	case len(children) > 0:
		return Data{Form: FormTyped, elem: el}
	case strings.TrimSpace(el.Text()) != "":
		return Data{Form: FormText, text: el.Text(), elem: el}
	}
	return Data{elem: el}
}

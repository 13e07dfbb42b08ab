package envelope

import (
	"bytes"

	"kopir/xmlsig/xmltree"
)

// NewData makes data of a document in the form a service wants (gateway-protocol.md §3.5):
//
//	FormText     the document as an escaped string; any octets
//	FormElement  the document's root as the one child of data
//	FormTyped    the document is the data element itself, with its xsi:type and the fields inside
//
// No data at all is FormNone with an empty document. What [Data.Payload] returns makes the same data again.
func NewData(form Form, doc []byte) (Data, error) {
	switch form {
	case FormNone:
		if len(doc) == 0 {
			return Data{}, nil
		}
		return Data{}, malformed("data without a form")
	case FormText:
		return Text(doc), nil
	}
	tree, err := xmltree.Parse(doc, xmltree.Limits{})
	if err != nil {
		return Data{}, err
	}
	if form == FormElement {
		if tree, err = wrapped(tree.Root); err != nil {
			return Data{}, err
		}
		return Data{Form: FormElement, elem: tree.Root}, nil
	}
	if !tree.Root.Is("", "data") {
		return Data{}, malformed("typed data is written as the data element, in no namespace")
	}
	return Data{Form: FormTyped, elem: tree.Root}, nil
}

// wrapped puts an element into a data element of its own document.
func wrapped(root *xmltree.Element) (*xmltree.Document, error) {
	var b bytes.Buffer
	b.WriteString("<data>")
	b.Write(standalone(nil, root))
	b.WriteString("</data>")
	return xmltree.Parse(b.Bytes(), xmltree.Limits{})
}

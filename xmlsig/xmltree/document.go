package xmltree

import "kopir/xmlsig/reason"

// Namespace names bound by definition (Namespaces in XML 1.0 §3).
const (
	XMLNamespace   = "http://www.w3.org/XML/1998/namespace"
	XMLNSNamespace = "http://www.w3.org/2000/xmlns/"
	schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"
	// WSUNamespace holds the Id attribute of WS-Security.
	WSUNamespace = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
)

// Kind tells the nodes of a document apart.
type Kind uint8

// Kinds of nodes. CDATA sections and character references are part of the text they stand in.
const (
	KindElement Kind = iota
	KindText
	KindComment
	KindPI
)

// sideBit marks a span of the side buffer, where values live that differ from their source.
const sideBit = 1 << 31

// span is a piece of the source or, with sideBit, of the side buffer. No pointers:
// the garbage collector never looks into a tree.
type span struct{ off, n uint32 }

// node is one node in document order. A subtree is nodes[i:end].
type node struct {
	kind        Kind
	canonical   bool   // element: its start tag declares nothing and is written as canonicalisation would
	prefix      uint16 // bytes of the prefix in name, without the colon
	name, value span   // text, comment: value; PI: target and data; element: name and end tag (or "/>")
	space       uint32 // element: index of its namespace name
	parent, end int32
	attrs       int32 // first attribute
	decls       int32 // first namespace declaration
	nAttrs      uint16
	nDecls      uint16
	elem        int32 // index of its Element
}

// attr is an attribute that is not a namespace declaration.
type attr struct {
	prefix  uint16
	wrapped bool // its source holds a line end or tab
	name    span
	value   span
	space   uint32
}

// decl is a namespace declaration.
type decl struct {
	prefix span
	uri    uint32
}

// Document is a parsed document. Comments counts those anywhere in it, also outside the root.
type Document struct {
	Root     *Element
	Comments int

	src, side string
	root      int32
	nodes     []node
	attrs     []attr
	decls     []decl
	edits     []edit
	uris      []string
	elems     []Element
	ids       []idAttr
	splits    []int32 // elements with a comment inside their own text
	wraps     []int32 // elements with an attribute value written over several lines or with tabs
}

// idAttr remembers an attribute that names its element.
type idAttr struct{ node, attr int32 }

func (d *Document) str(s span) string {
	if s.off&sideBit != 0 {
		off := s.off &^ sideBit
		return d.side[off : off+s.n]
	}
	return d.src[s.off : s.off+s.n]
}

// ByID finds the element whose ID, Id, id, AssertionID, xml:id or wsu:Id attribute is id:
// nil, nil when there is none, xml_forbidden when two elements carry it.
func (d *Document) ByID(id string) (*Element, error) {
	found := int32(-1)
	for _, a := range d.ids {
		if d.str(d.attrs[a.attr].value) != id || a.node == found {
			continue
		}
		if found >= 0 {
			return nil, reason.New(reason.XMLForbidden, "two elements carry the same Id")
		}
		found = a.node
	}
	if found < 0 {
		return nil, nil
	}
	return d.element(found), nil
}

// CommentedText lists the elements inside whose own text a comment stands, in document order.
// Programs disagree about the text of <iin>123<!-- -->456</iin>.
func (d *Document) CommentedText() []*Element {
	var out []*Element
	for _, i := range d.splits {
		out = append(out, d.element(i))
	}
	return out
}

// WrappedAttributes lists the elements with an attribute, other than xsi:schemaLocation, in
// whose source a line end or tab stands. XML makes it a space; not every program does.
func (d *Document) WrappedAttributes() []*Element {
	var out []*Element
	for _, i := range d.wraps {
		out = append(out, d.element(i))
	}
	return out
}

// Size is the number of bytes the document was parsed from.
func (d *Document) Size() int { return len(d.src) }

func (d *Document) element(i int32) *Element { return &d.elems[d.nodes[i].elem] }

// isID tells whether an attribute names its element. XML without a DTD has no ID types;
// these are the names the signature, SAML and WS-Security schemas give them.
func isID(space, local string) bool {
	if local[len(local)-1]|0x20 != 'd' { // most do not even end like one
		return false
	}
	switch space {
	case "":
		return local == "Id" || local == "ID" || local == "id" || local == "AssertionID"
	case XMLNamespace:
		return local == "id"
	case WSUNamespace:
		return local == "Id"
	}
	return false
}

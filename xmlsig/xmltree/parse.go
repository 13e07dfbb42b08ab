package xmltree

import (
	"fmt"
	"slices"
	"strings"

	"kopir/xmlsig/reason"
)

// Parse checks and reads a document. b is not kept. The error is a *[reason.Error]:
// xml_malformed, xml_forbidden (well-formed, but not let in) or too_large.
func Parse(b []byte, lim Limits) (*Document, error) {
	lim = lim.withDefaults()
	if len(b) > lim.Bytes {
		return nil, reason.Newf(reason.TooLarge, "the document is larger than %d bytes", lim.Bytes)
	}
	p := parser{doc: new(Document)}
	return p.parse(string(b), lim)
}

// parser is the state of one pass.
type parser struct {
	src  string
	pos  int
	lim  Limits
	doc  *Document
	side []byte

	open  []level
	scope []binding
	uris  map[string]uint32 // of doc.uris, once they are many
	seen  map[attrKey]struct{}
	rare  rareOctet
}

// level is an element whose end tag is still to come.
type level struct {
	node      int32
	scope     int  // length of parser.scope outside it
	commented bool // it has a comment
}

// binding is a namespace declaration in force.
type binding struct {
	prefix string
	uri    uint32
}

// Indexes of namespace names every document knows.
const (
	uriNone = iota
	uriXML
)

// parse reads src with the memory parser and document have.
func (p *parser) parse(src string, lim Limits) (*Document, error) {
	p.begin(src, lim)
	if err := p.document(); err != nil {
		return nil, err
	}
	return p.finish(), nil
}

// begin forgets the last document and keeps its memory.
func (p *parser) begin(src string, lim Limits) {
	d := p.doc
	// An element and its text have two "<" together: these lists hardly ever grow.
	tags := min(strings.Count(src, "<"), lim.Nodes)
	d.nodes, d.elems = slices.Grow(d.nodes[:0], tags), slices.Grow(d.elems[:0], (tags+1)/2)
	*d = Document{
		src: src, root: -1, uris: append(d.uris[:0], "", XMLNamespace),
		nodes: d.nodes[:0], attrs: d.attrs[:0], decls: d.decls[:0], edits: d.edits[:0],
		elems: d.elems[:0], ids: d.ids[:0], splits: d.splits[:0], wraps: d.wraps[:0],
	}
	*p = parser{
		src: src, lim: lim, doc: d, side: p.side[:0], open: p.open[:0],
		scope: append(p.scope[:0], binding{"xml", uriXML}, binding{"", uriNone}),
		rare:  rareOctet{at: -1, next: [len(rareOctets)]int{-1, -1, -1}},
	}
}

// document is production [1] of XML 1.0, less the DOCTYPE.
func (p *parser) document() error {
	if err := p.start(); err != nil {
		return err
	}
	for p.pos < len(p.src) {
		var err error
		switch {
		case p.src[p.pos] == '<':
			err = p.markup()
		case len(p.open) == 0:
			err = p.outside()
		default:
			err = p.text()
		}
		if err != nil {
			return err
		}
	}
	switch {
	case len(p.open) > 0:
		return p.malformed("an element is not closed")
	case p.doc.root < 0:
		return p.malformed("there is no root element")
	}
	return nil
}

// start reads byte order mark and XML declaration, then looks at every character.
func (p *parser) start() error {
	if strings.HasPrefix(p.src, "\xFE\xFF") || strings.HasPrefix(p.src, "\xFF\xFE") {
		return reason.New(reason.XMLForbidden, "only UTF-8 is let in")
	}
	if strings.HasPrefix(p.src, byteOrderMark) {
		p.pos = len(byteOrderMark)
	}
	if err := p.xmlDeclaration(); err != nil {
		return err
	}
	return checkCharacters(p.src)
}

// markup reads one construct that begins with '<'.
func (p *parser) markup() error {
	rest := p.src[p.pos:]
	if len(rest) > 1 {
		switch rest[1] {
		case '/':
			return p.endTag()
		case '!', '?':
		default:
			return p.startTag()
		}
	}
	switch {
	case strings.HasPrefix(rest, "<!--"):
		return p.readComment()
	case strings.HasPrefix(rest, "<![CDATA[") && len(p.open) > 0:
		return p.text()
	case strings.HasPrefix(rest, "<?"):
		return p.instruction()
	case strings.HasPrefix(rest, "<!DOCTYPE"):
		return p.forbidden("a DOCTYPE is not let in")
	case strings.HasPrefix(rest, "<!"):
		return p.malformed("a declaration stands where none may stand")
	}
	return p.startTag()
}

// outside reads what stands before and after the root: white space only.
func (p *parser) outside() error {
	for p.pos < len(p.src) && p.src[p.pos] != '<' {
		if !isSpace(p.src[p.pos]) {
			return p.malformed("text stands outside the root element")
		}
		p.pos++
	}
	return nil
}

// add appends a node under the innermost open element, to be filled in where it stands.
func (p *parser) add(kind Kind) (*node, error) {
	d := p.doc
	if len(d.nodes) >= p.lim.Nodes {
		return nil, reason.Newf(reason.TooLarge, "the document has more than %d nodes", p.lim.Nodes)
	}
	i := len(d.nodes)
	d.nodes = append(d.nodes, node{})
	n := &d.nodes[i]
	n.kind, n.parent, n.end = kind, -1, int32(i+1)
	if len(p.open) > 0 {
		n.parent = p.open[len(p.open)-1].node
	}
	return n, nil
}

// finish turns the parser's buffers into a document.
func (p *parser) finish() *Document {
	d := p.doc
	d.side = view(p.side)
	slices.Sort(d.splits) // they were noted where the elements end
	d.Root = d.element(d.root)
	return d
}

// str reads a span while the side buffer still grows.
func (p *parser) str(s span) string {
	if s.off&sideBit != 0 {
		off := s.off &^ sideBit
		return view(p.side[off : off+s.n]) // what is written stays: the buffer only grows
	}
	return p.src[s.off : s.off+s.n]
}

func (p *parser) malformed(detail string) error { return p.refuse(reason.XMLMalformed, detail) }

func (p *parser) forbidden(detail string) error { return p.refuse(reason.XMLForbidden, detail) }

// refuse names the line, never the content: details go to logs and answers.
func (p *parser) refuse(code reason.Code, detail string) error {
	line := 1 + strings.Count(p.src[:min(p.pos, len(p.src))], "\n")
	return reason.New(code, fmt.Sprintf("line %d: %s", line, detail))
}

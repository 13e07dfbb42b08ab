package xmltree

import (
	"strings"
	"unicode/utf8"

	"kopir/xmlsig/reason"
)

// startTag reads production [40] or [44].
func (p *parser) startTag() error {
	if len(p.open) == 0 && p.doc.root >= 0 {
		return p.malformed("a second root element begins")
	}
	begin := p.pos
	p.pos++
	name, prefix, err := p.qname()
	if err != nil {
		return err
	}
	i := int32(len(p.doc.nodes))
	n, err := p.add(KindElement) // nothing is added before the tag ends: n stays where it is
	if err != nil {
		return err
	}
	n.name, n.prefix, n.elem = name, prefix, int32(len(p.doc.elems))
	p.doc.elems = append(p.doc.elems, Element{doc: p.doc, n: i})
	outer, kin := len(p.scope), p.kin(n)
	if kin != nil && p.pos < len(p.src) && p.src[p.pos] == '>' { // most tags: nothing to resolve, nothing to write anew
		p.pos++
		n.space, n.canonical = kin.space, true
		return p.enter(i, outer, false)
	}
	n.attrs, n.decls = int32(len(p.doc.attrs)), int32(len(p.doc.decls))
	empty, tidy, err := p.attributes(len(p.doc.attrs))
	if err != nil {
		return err
	}
	if empty {
		n.value = span{uint32(p.pos - len("/>")), uint32(len("/>"))}
	}
	if err := p.resolve(n, i, outer); err != nil {
		return err
	}
	n.canonical = tidy && n.nDecls == 0 && p.inOrder(p.doc.attrs[n.attrs:])
	p.editTag(i, begin, empty, kin != nil)
	if len(p.open) == 0 {
		p.doc.root = i
	}
	return p.enter(i, outer, empty)
}

// kin is the element around n if it has the prefix of n, else nil.
func (p *parser) kin(n *node) *node {
	if n.parent < 0 {
		return nil
	}
	parent := &p.doc.nodes[n.parent]
	if n.prefix != parent.prefix || n.prefix > 0 && p.str(n.name)[:n.prefix] != p.str(parent.name)[:parent.prefix] {
		return nil
	}
	return parent
}

// enter opens the element, or closes it at once if its tag was empty.
func (p *parser) enter(i int32, outer int, empty bool) error {
	if empty {
		p.scope = p.scope[:outer]
		return nil
	}
	if len(p.open) >= p.lim.Depth {
		return reason.Newf(reason.TooLarge, "elements are nested deeper than %d", p.lim.Depth)
	}
	p.open = append(p.open, level{node: i, scope: outer})
	return nil
}

// attributes reads up to the end of the tag; declarations go into scope at once. first is the place
// of the element's first attribute. tidy tells whether all is written as canonicalisation would, but
// for declarations and order.
func (p *parser) attributes(first int) (empty, tidy bool, err error) {
	tidy = true
	for {
		from := p.pos
		spaced := p.skipSpace()
		if p.pos >= len(p.src) {
			return false, false, p.malformed("a tag does not end")
		}
		switch c := p.src[p.pos]; {
		case c == '>':
			p.pos++
			return false, tidy && !spaced, nil
		case c == '/':
			if p.pos+1 >= len(p.src) || p.src[p.pos+1] != '>' {
				return false, false, p.malformed("a slash stands inside a tag")
			}
			p.pos += 2
			return true, tidy && !spaced, nil
		case !spaced:
			return false, false, p.malformed("no white space stands before an attribute")
		}
		tidy = tidy && p.pos == from+1 && p.src[from] == ' '
		written, err := p.attribute(first)
		if err != nil {
			return false, false, err
		}
		tidy = tidy && written
	}
}

// inOrder tells whether attributes stand in the order of C14N 1.0 §2.2.
func (p *parser) inOrder(attrs []attr) bool {
	for k := 1; k < len(attrs); k++ {
		a, b := &attrs[k-1], &attrs[k]
		if order := strings.Compare(p.doc.uris[a.space], p.doc.uris[b.space]); order > 0 || order == 0 && p.attrLocal(a) > p.attrLocal(b) {
			return false
		}
	}
	return true
}

// attribute reads production [41] and sorts declarations out. tidy tells whether name="value" is
// written without white space, with that quote, and without anything to normalise or escape.
func (p *parser) attribute(first int) (tidy bool, err error) {
	name, prefix, err := p.qname()
	if err != nil {
		return false, err
	}
	p.skipSpace()
	if p.pos >= len(p.src) || p.src[p.pos] != '=' {
		return false, p.malformed("an attribute has no value")
	}
	p.pos++
	p.skipSpace()
	value, wrapped, err := p.attValue()
	if err != nil {
		return false, err
	}
	switch qname := p.str(name); {
	case qname == "xmlns":
		return false, p.declare(span{}, value)
	case prefix == 5 && qname[:5] == "xmlns":
		return false, p.declare(span{name.off + 6, name.n - 6}, value)
	}
	if len(p.doc.attrs)-first >= p.lim.Attrs {
		return false, reason.Newf(reason.TooLarge, "an element has more than %d attributes", p.lim.Attrs)
	}
	p.doc.attrs = append(p.doc.attrs, attr{prefix: prefix, wrapped: wrapped, name: name, value: value})
	return value.off == name.off+name.n+uint32(len(`="`)) && p.src[value.off-1] == '"', nil
}

// inValue marks the octets that mean something in an attribute value.
var inValue = [256]bool{'"': true, '\'': true, '<': true, '&': true, '\n': true, '\t': true, '\r': true}

// attValue reads production [10] and normalises it (XML 1.0 §3.3.3, type CDATA).
func (p *parser) attValue() (value span, wrapped bool, err error) {
	if p.pos >= len(p.src) || p.src[p.pos] != '"' && p.src[p.pos] != '\'' {
		return span{}, false, p.malformed("the value of an attribute has no quotes")
	}
	src, quote, from := p.src, p.src[p.pos], p.pos+1
	to, simple := from, true
	for ; ; to++ {
		for to < len(src) && !inValue[src[to]] {
			to++
		}
		if to >= len(src) || src[to] == '<' {
			return span{}, false, p.malformed("the value of an attribute does not end or holds a \"<\"")
		}
		c := src[to]
		if c == quote {
			break
		}
		wrapped = wrapped || c == '\n' || c == '\t' || c == '\r'
		simple = simple && c != '&'
	}
	p.pos = to + 1
	if simple && !wrapped {
		return span{uint32(from), uint32(to - from)}, false, nil
	}
	mark := len(p.side)
	err = p.decode(from, to, true)
	return p.sideSpan(mark), wrapped, err
}

// endTag reads production [42] and closes the innermost element.
func (p *parser) endTag() error {
	if len(p.open) == 0 {
		return p.malformed("an end tag closes nothing")
	}
	begin := p.pos
	p.pos += len("</")
	top := &p.open[len(p.open)-1]
	n := &p.doc.nodes[top.node]
	if err := p.endName(p.src[n.name.off : n.name.off+n.name.n]); err != nil {
		return err
	}
	n.value = span{uint32(begin), uint32(p.pos - begin)}
	if int(n.value.n) != len("</>")+int(n.name.n) {
		p.edit(EditEndTag, top.node, begin)
	}
	n.end = int32(len(p.doc.nodes))
	if top.commented && p.hasText(top.node) {
		p.doc.splits = append(p.doc.splits, top.node)
	}
	p.scope = p.scope[:top.scope]
	p.open = p.open[:len(p.open)-1]
	return nil
}

// endName reads the rest of an end tag, which must have the name of the start tag.
func (p *parser) endName(want string) error {
	if rest := p.src[p.pos:]; len(rest) > len(want) && rest[len(want)] == '>' && rest[:len(want)] == want {
		p.pos += len(want) + 1
		return nil
	}
	name, _, err := p.qname()
	if err != nil {
		return err
	}
	p.skipSpace()
	if p.pos >= len(p.src) || p.src[p.pos] != '>' {
		return p.malformed("an end tag does not end")
	}
	p.pos++
	if p.src[name.off:name.off+name.n] != want {
		return p.malformed("an end tag does not match its start tag")
	}
	return nil
}

// qname reads a name with at most one colon, between two names (Namespaces in XML 1.0 §4).
func (p *parser) qname() (span, uint16, error) {
	start := p.pos
	end := asciiNameEnd(p.src, start)
	colon := 0
	if end > start && end < len(p.src) && p.src[end] == ':' {
		colon = end - start
		if end = asciiNameEnd(p.src, end+1); end == start+colon+1 {
			return p.anyName()
		}
	}
	if end == start || end == len(p.src) || p.src[end] >= utf8.RuneSelf || p.src[end] == ':' || end-start > p.lim.Name || end-start > 1<<16-1 {
		return p.anyName()
	}
	p.pos = end
	return span{uint32(start), uint32(end - start)}, uint16(colon), nil
}

// asciiNameEnd is where the ASCII name that begins at i ends: i if none does.
func asciiNameEnd(s string, i int) int {
	if i >= len(s) || asciiName[s[i]]&nameStart == 0 {
		return i
	}
	for i++; i < len(s) && asciiName[s[i]]&namePart != 0; i++ {
	}
	return i
}

// anyName reads any name, also of letters above ASCII, and says what is wrong with it.
func (p *parser) anyName() (span, uint16, error) {
	start, first, colon := p.pos, true, -1
	for p.pos < len(p.src) {
		r, size := rune(p.src[p.pos]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(p.src[p.pos:])
		}
		if r == ':' && !first && colon < 0 {
			colon, first = p.pos-start, true
		} else if first && isNameStart(r) || !first && isNamePart(r) {
			first = false
		} else {
			break
		}
		p.pos += size
	}
	n := p.pos - start
	switch {
	case first || p.pos < len(p.src) && p.src[p.pos] == ':':
		return span{}, 0, p.malformed("a name is not well-formed")
	case n > p.lim.Name || n > 1<<16-1:
		return span{}, 0, reason.Newf(reason.TooLarge, "a name is longer than %d bytes", p.lim.Name)
	}
	return span{uint32(start), uint32(n)}, uint16(max(colon, 0)), nil
}

// skipSpace tells whether there was any.
func (p *parser) skipSpace() bool {
	src, from := p.src, p.pos
	to := from
	for to < len(src) && isSpace(src[to]) {
		to++
	}
	p.pos = to
	return to > from
}

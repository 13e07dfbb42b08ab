package envelope

import (
	"slices"
	"strings"

	"kopir/xmlsig/xmltree"
)

// standalone appends the subtree of e as a document of its own: every declaration stays on its
// element, and prefixes declared around e are declared on e if the subtree may use them.
func standalone(dst []byte, e *xmltree.Element) []byte {
	s := serialiser{doc: e.Document(), dst: dst}
	return s.element(e.Index(), inherited(e))
}

// binding is a prefix and its namespace name.
type binding struct{ prefix, uri string }

// inherited lists the declarations in force around e that its subtree may use, nearest first,
// without those e makes itself.
func inherited(e *xmltree.Element) []binding {
	d := e.Document()
	seen := map[string]bool{}
	from, to := d.Declarations(e.Index())
	for j := from; j < to; j++ {
		prefix, _ := d.Declaration(j)
		seen[prefix] = true
	}
	var out []binding
	for p := e.Parent(); p != nil; p = p.Parent() {
		from, to := d.Declarations(p.Index())
		for j := from; j < to; j++ {
			prefix, uri := d.Declaration(j)
			if !seen[prefix] {
				seen[prefix] = true
				if uri != "" && uses(d, e.Index(), prefix) {
					out = append(out, binding{prefix, uri})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b binding) int { return strings.Compare(a.prefix, b.prefix) })
	return out
}

// uses says whether a name in the subtree of element i has the prefix, or a value that
// may be a qualified name (xsi:type) begins with it.
func uses(d *xmltree.Document, i int, prefix string) bool {
	for n, end := i, d.End(i); n < end; n++ {
		if d.Kind(n) != xmltree.KindElement {
			continue
		}
		if d.PrefixOf(n) == prefix {
			return true
		}
		from, to := d.Attributes(n)
		for j := from; j < to && prefix != ""; j++ {
			if a := d.Attribute(j); a.Prefix == prefix || strings.HasPrefix(a.Value, prefix+":") {
				return true
			}
		}
	}
	return false
}

// serialiser writes nodes back as text that parses to the same nodes.
type serialiser struct {
	doc *xmltree.Document
	dst []byte
}

func (s *serialiser) element(i int, extra []binding) []byte {
	d, name := s.doc, s.doc.Name(i)
	s.dst = append(append(s.dst, '<'), name...)
	for _, b := range extra {
		s.declare(b.prefix, b.uri)
	}
	for j, to := d.Declarations(i); j < to; j++ {
		s.declare(d.Declaration(j))
	}
	for j, to := d.Attributes(i); j < to; j++ {
		a := d.Attribute(j)
		s.attribute(a.Name, a.Value)
	}
	s.dst = append(s.dst, '>')
	for n := i + 1; n < d.End(i); n = d.End(n) {
		s.node(n)
	}
	s.dst = append(append(append(s.dst, "</"...), name...), '>')
	return s.dst
}

func (s *serialiser) node(i int) {
	switch d := s.doc; d.Kind(i) {
	case xmltree.KindElement:
		s.element(i, nil)
	case xmltree.KindText:
		s.dst = xmltree.EscapeText(s.dst, d.Value(i))
	case xmltree.KindComment:
		s.dst = append(append(append(s.dst, "<!--"...), d.Value(i)...), "-->"...)
	case xmltree.KindPI:
		s.dst = append(append(s.dst, "<?"...), d.Name(i)...)
		if v := d.Value(i); v != "" {
			s.dst = append(append(s.dst, ' '), v...)
		}
		s.dst = append(s.dst, "?>"...)
	}
}

func (s *serialiser) declare(prefix, uri string) {
	if prefix == "" {
		s.attribute("xmlns", uri)
		return
	}
	s.attribute("xmlns:"+prefix, uri)
}

func (s *serialiser) attribute(name, value string) {
	s.dst = append(append(append(s.dst, ' '), name...), `="`...)
	s.dst = append(xmltree.EscapeAttr(s.dst, value), '"')
}

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

// inherited lists the declarations in force around e that its subtree may use, by prefix, without
// those e makes itself.
func inherited(e *xmltree.Element) []binding {
	d := e.Document()
	around, longest := declaredAround(e)
	if len(around) == 0 {
		return nil
	}
	used := map[string]bool{}
	use := func(prefix string) {
		if _, declared := around[prefix]; declared {
			used[prefix] = true
		}
	}
	// One pass, whatever the number of prefixes: an envelope has hundreds of them for nothing.
	for n, end := e.Index(), d.End(e.Index()); n < end && len(used) < len(around); n++ {
		if d.Kind(n) != xmltree.KindElement {
			continue
		}
		use(d.PrefixOf(n))
		for j, to := d.Attributes(n); j < to; j++ {
			a := d.Attribute(j)
			if a.Prefix != "" {
				use(a.Prefix)
			}
			// A value may be a qualified name, as xsi:type's is.
			if i := strings.IndexByte(a.Value[:min(len(a.Value), longest+1)], ':'); i > 0 {
				use(a.Value[:i])
			}
		}
	}
	out := make([]binding, 0, len(used))
	for prefix := range used {
		out = append(out, binding{prefix, around[prefix]})
	}
	slices.SortFunc(out, func(a, b binding) int { return strings.Compare(a.prefix, b.prefix) })
	return out
}

// declaredAround are the namespaces in force around e by prefix, without the prefixes e declares
// itself, and the length of the longest prefix.
func declaredAround(e *xmltree.Element) (around map[string]string, longest int) {
	d, seen := e.Document(), map[string]bool{}
	around = map[string]string{}
	for p := e; p != nil; p = p.Parent() {
		for j, to := d.Declarations(p.Index()); j < to; j++ {
			prefix, uri := d.Declaration(j)
			if p != e && !seen[prefix] && uri != "" {
				around[prefix], longest = uri, max(longest, len(prefix))
			}
			seen[prefix] = true
		}
	}
	return around, longest
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

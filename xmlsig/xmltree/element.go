package xmltree

import (
	"iter"
	"strings"
)

// Element is an element of a document. Two pointers are equal exactly if they are the
// same element. Methods that search or read accept a nil receiver and find nothing,
// so a path may be followed without asking at every step.
type Element struct {
	doc *Document
	n   int32
}

// Document the element belongs to.
func (e *Element) Document() *Document { return e.doc }

// Index of the element in its document's list of nodes.
func (e *Element) Index() int { return int(e.n) }

// Space is the namespace name, "" for none.
func (e *Element) Space() string { return e.doc.uris[e.doc.nodes[e.n].space] }

// Local is the name without its prefix.
func (e *Element) Local() string { return local(e.doc.Name(int(e.n)), e.doc.nodes[e.n].prefix) }

// Prefix is the prefix, "" for none.
func (e *Element) Prefix() string { return e.doc.PrefixOf(int(e.n)) }

// Is tells whether the element has this expanded name.
func (e *Element) Is(space, local string) bool {
	return e != nil && e.Local() == local && e.Space() == space
}

// Parent is the element around this one, nil for the root.
func (e *Element) Parent() *Element {
	if e == nil || e.doc.nodes[e.n].parent < 0 {
		return nil
	}
	return e.doc.element(e.doc.nodes[e.n].parent)
}

// Contains tells whether other is this element or inside it.
func (e *Element) Contains(other *Element) bool {
	return e != nil && other != nil && e.doc == other.doc && e.n <= other.n && other.n < e.doc.nodes[e.n].end
}

// Children are the child elements in order.
func (e *Element) Children() []*Element {
	var out []*Element
	for c := e.firstElement(); c != nil; c = c.next() {
		out = append(out, c)
	}
	return out
}

// EachChild goes over the child elements in order.
func (e *Element) EachChild() iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for c := e.firstElement(); c != nil && yield(c); c = c.next() {
		}
	}
}

// Child is the first child element with this local name, nil if there is none.
func (e *Element) Child(local string) *Element {
	for c := e.firstElement(); c != nil; c = c.next() {
		if c.Local() == local {
			return c
		}
	}
	return nil
}

// Find follows a path of local names: Find("Body/Request/iin").
func (e *Element) Find(path string) *Element {
	for e != nil && path != "" {
		name, rest, _ := strings.Cut(path, "/")
		e, path = e.Child(name), rest
	}
	return e
}

// Text is the character data directly inside the element, joined.
func (e *Element) Text() string {
	if e == nil {
		return ""
	}
	d, first := e.doc, ""
	var more strings.Builder
	for i := int(e.n) + 1; i < d.End(int(e.n)); i = d.End(i) {
		switch {
		case d.Kind(i) != KindText:
		case first == "":
			first = d.Value(i)
		default:
			if more.Len() == 0 {
				more.WriteString(first)
			}
			more.WriteString(d.Value(i))
		}
	}
	if more.Len() > 0 {
		return more.String()
	}
	return first
}

// Attr is the value of the attribute with this expanded name and whether it is there.
func (e *Element) Attr(space, local string) (string, bool) {
	if e == nil {
		return "", false
	}
	from, to := e.doc.Attributes(int(e.n))
	for j := from; j < to; j++ {
		if a := e.doc.Attribute(j); a.Local == local && a.Space == space {
			return a.Value, true
		}
	}
	return "", false
}

// Place tells where the element stands in the parsed bytes, for a program that inserts:
// the offset behind the name in its start tag, and that of its end tag. An empty tag
// has no end tag; the offset is then that of its "/>".
func (e *Element) Place() (behindName, endTag int, emptyTag bool) {
	n := &e.doc.nodes[e.n]
	return int(n.name.off + n.name.n), int(n.value.off), int(n.value.n) == len("/>")
}

func (e *Element) firstElement() *Element {
	if e == nil {
		return nil
	}
	return e.doc.elementFrom(e.n+1, e.doc.nodes[e.n].end)
}

func (e *Element) next() *Element {
	d := e.doc
	parent := d.nodes[e.n].parent
	if parent < 0 {
		return nil
	}
	return d.elementFrom(d.nodes[e.n].end, d.nodes[parent].end)
}

// elementFrom finds the first element among the siblings from i.
func (d *Document) elementFrom(i, end int32) *Element {
	for ; i < end; i = d.nodes[i].end {
		if d.nodes[i].kind == KindElement {
			return d.element(i)
		}
	}
	return nil
}

// HasText tells whether text that is not white space stands directly in the element.
func (e *Element) HasText() bool {
	d := e.doc
	for i := int(e.n) + 1; i < d.End(int(e.n)); i = d.End(i) {
		if d.Kind(i) == KindText && !isBlank(d.Value(i)) {
			return true
		}
	}
	return false
}

// HasElement tells whether an element stands directly in the element.
func (e *Element) HasElement() bool { return e.firstElement() != nil }

// HasInstruction tells whether a processing instruction stands directly in the element.
func (e *Element) HasInstruction() bool {
	d := e.doc
	for i := int(e.n) + 1; i < d.End(int(e.n)); i = d.End(i) {
		if d.Kind(i) == KindPI {
			return true
		}
	}
	return false
}

// Declares is the namespace name the element itself binds the prefix to, and whether it does.
func (e *Element) Declares(prefix string) (uri string, ok bool) {
	from, to := e.doc.Declarations(int(e.n))
	for j := from; j < to; j++ {
		if p, u := e.doc.Declaration(j); p == prefix {
			return u, true
		}
	}
	return "", false
}

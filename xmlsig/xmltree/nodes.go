package xmltree

import "strings"

// Len is the number of nodes. Nodes are numbered in document order; the ones of a subtree
// are consecutive, so a walk is a loop. The methods below serve canonicalisation.
func (d *Document) Len() int { return len(d.nodes) }

// Kind of node i.
func (d *Document) Kind(i int) Kind { return d.nodes[i].kind }

// End is the index after the last node of the subtree of i.
func (d *Document) End(i int) int { return int(d.nodes[i].end) }

// Parent is the index of the element around node i, -1 outside the root.
func (d *Document) Parent(i int) int { return int(d.nodes[i].parent) }

// Name is the qualified name of an element, or the target of a PI.
func (d *Document) Name(i int) string { return d.str(d.nodes[i].name) }

// Value is the text of a text or comment node, or the data of a PI.
func (d *Document) Value(i int) string { return d.str(d.nodes[i].value) }

// AppendText writes text node i in canonical form. Text that stands in the source as it is can hold
// nothing that must be escaped but ">".
func (d *Document) AppendText(dst []byte, i int) []byte {
	s := d.nodes[i].value
	text := d.str(s)
	if s.off&sideBit != 0 || strings.IndexByte(text, '>') >= 0 {
		return EscapeText(dst, text)
	}
	return append(dst, text...)
}

// CanonicalTag is the start tag of element i without its ">" where the source has it in the very
// form of C14N 1.0 §2.3 and without namespace declarations; else "". What an ancestor or
// exclusive canonicalisation adds is not in it.
func (d *Document) CanonicalTag(i int) string {
	n := &d.nodes[i]
	if !n.canonical {
		return ""
	}
	end := n.name.off + n.name.n
	if n.nAttrs > 0 {
		last := &d.attrs[n.attrs+int32(n.nAttrs)-1]
		end = last.value.off + last.value.n + uint32(len(`"`))
	}
	return d.src[n.name.off-uint32(len("<")) : end]
}

// HasPrefixedAttributes tells whether element i has attributes with a prefix.
func (d *Document) HasPrefixedAttributes(i int) bool {
	n := &d.nodes[i]
	for _, a := range d.attrs[n.attrs : n.attrs+int32(n.nAttrs)] {
		if a.prefix > 0 {
			return true
		}
	}
	return false
}

// PrefixOf is the prefix of element i.
func (d *Document) PrefixOf(i int) string { return d.Name(i)[:d.nodes[i].prefix] }

// SpaceOf is the namespace name of element i.
func (d *Document) SpaceOf(i int) string { return d.uris[d.nodes[i].space] }

// ElementAt is the handle of element i.
func (d *Document) ElementAt(i int) *Element { return d.element(int32(i)) }

// Attribute is an attribute with its names resolved and its value normalised.
type Attribute struct{ Name, Prefix, Local, Space, Value string }

// Attributes returns the half-open range of the attributes of element i.
func (d *Document) Attributes(i int) (from, to int) {
	n := &d.nodes[i]
	return int(n.attrs), int(n.attrs) + int(n.nAttrs)
}

// Attribute returns attribute j of a range given by [Document.Attributes].
func (d *Document) Attribute(j int) Attribute {
	a := &d.attrs[j]
	name := d.str(a.name)
	return Attribute{
		Name: name, Prefix: name[:a.prefix], Local: local(name, a.prefix),
		Space: d.uris[a.space], Value: d.str(a.value),
	}
}

// Declarations returns the half-open range of the namespace declarations of element i.
func (d *Document) Declarations(i int) (from, to int) {
	n := &d.nodes[i]
	return int(n.decls), int(n.decls) + int(n.nDecls)
}

// Declaration returns prefix and namespace name of declaration j; both are "" for xmlns="".
func (d *Document) Declaration(j int) (prefix, uri string) {
	return d.str(d.decls[j].prefix), d.uris[d.decls[j].uri]
}

func local(name string, prefix uint16) string {
	if prefix == 0 {
		return name
	}
	return name[prefix+1:]
}

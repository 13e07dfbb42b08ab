package xmltree

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

// AttributePrefix is the prefix of attribute j and its namespace name; both are "" for none.
func (d *Document) AttributePrefix(j int) (prefix, space string) {
	a := &d.attrs[j]
	if a.prefix == 0 {
		return "", ""
	}
	return d.src[a.name.off : a.name.off+uint32(a.prefix)], d.uris[a.space]
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

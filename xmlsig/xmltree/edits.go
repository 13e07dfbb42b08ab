package xmltree

import "sort"

// EditKind tells what an [Edit] stands for.
type EditKind uint8

const (
	// EditTag is a start tag.
	EditTag EditKind = iota
	// EditPrefix is a start tag that is canonical as it stands, but uses prefixes: exclusive
	// canonicalisation may declare them here.
	EditPrefix
	// EditEmptyTag is a start and an end tag in one.
	EditEmptyTag
	// EditEndTag is an end tag.
	EditEndTag
	// EditLeaf is a text, comment or processing instruction.
	EditLeaf
	// EditNothing is an empty CDATA section, which is no node.
	EditNothing
)

// Edit is a piece of the source, and the node it belongs to, that a canonical form may write
// otherwise. All that stands between edits is canonical as it stands (C14N 1.0 §2.3), so that
// writing a canonical form is copying the source and writing its edits anew.
type Edit struct {
	From, To int
	Node     int
	Kind     EditKind
}

type edit struct {
	from, to uint32
	node     int32
	kind     EditKind
}

// edit notes that src[from:pos] may be written otherwise.
func (p *parser) edit(kind EditKind, node int32, from int) {
	p.doc.edits = append(p.doc.edits, edit{uint32(from), uint32(p.pos), node, kind})
}

// editTag notes the start tag of element i unless it is canonical in every form. kin: its parent has
// the same prefix, which is declared where the parent stands, if not before (Exclusive C14N §3).
func (p *parser) editTag(i int32, from int, empty, kin bool) {
	switch {
	case empty:
		p.edit(EditEmptyTag, i, from)
	case !p.doc.nodes[i].canonical:
		p.edit(EditTag, i, from)
	case !kin || p.prefixed(&p.doc.nodes[i]):
		p.edit(EditPrefix, i, from)
	}
}

// prefixed tells whether the element at hand has attributes with a prefix.
func (p *parser) prefixed(n *node) bool {
	for _, a := range p.doc.attrs[n.attrs:] {
		if a.prefix > 0 {
			return true
		}
	}
	return false
}

// editLeaf notes the text, comment or processing instruction that has just been read.
func (p *parser) editLeaf(from int) { p.edit(EditLeaf, int32(len(p.doc.nodes)-1), from) }

// Edits is the number of edits.
func (d *Document) Edits() int { return len(d.edits) }

// Edit returns edit k. They stand in the order of the source and do not overlap.
func (d *Document) Edit(k int) Edit {
	e := &d.edits[k]
	return Edit{int(e.from), int(e.to), int(e.node), e.kind}
}

// EditFrom is the first edit at or behind an offset of the source.
func (d *Document) EditFrom(offset int) int {
	return sort.Search(len(d.edits), func(k int) bool { return int(d.edits[k].from) >= offset })
}

// Source is the document as it was parsed.
func (d *Document) Source() string { return d.src }

// Bounds is where element i stands in the source, tags included.
func (d *Document) Bounds(i int) (from, to int) {
	n := &d.nodes[i]
	return int(n.name.off) - len("<"), int(n.value.off + n.value.n)
}

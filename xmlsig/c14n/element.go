package c14n

import (
	"cmp"
	"slices"
	"strings"

	"kopir/xmlsig/xmltree"
)

// startTag writes the start tag of element i: namespace declarations sorted by prefix,
// then attributes sorted by namespace name and local name (C14N 1.0 §2.2, §2.3).
func (w *writer) startTag(i int, apex bool) error {
	w.leave(i)
	w.pending = w.pending[:0]
	if tag := w.doc.CanonicalTag(i); tag != "" && !apex {
		w.copyTag(i, tag)
		return nil
	}
	if err := w.absolute(i, apex); err != nil {
		return err
	}
	if err := w.collectAttributes(i, apex); err != nil {
		return err
	}
	if w.method.IsExclusive() {
		w.visible(i, apex)
	} else {
		w.inScope(i, apex, nil)
	}
	w.dst = append(append(w.dst, '<'), w.doc.Name(i)...)
	w.declare(i)
	for k := range w.attrs {
		w.dst = append(append(w.dst, ' '), w.attrs[k].Name...)
		w.value(w.attrs[k].Value)
	}
	w.dst = append(w.dst, '>')
	return nil
}

// copyTag writes a start tag that is canonical as it stands: it declares nothing. Exclusive
// canonicalisation may have to declare what it uses.
func (w *writer) copyTag(i int, tag string) {
	if w.method.IsExclusive() {
		w.visible(i, false)
	}
	if len(w.pending) > 0 {
		name := len("<") + len(w.doc.Name(i))
		w.dst = append(w.dst, tag[:name]...)
		w.declare(i)
		tag = tag[name:]
	}
	w.dst = append(append(w.dst, tag...), '>')
}

// declare writes the pending declarations; they are in force up to the end of element i.
func (w *writer) declare(i int) {
	if len(w.pending) == 0 {
		return
	}
	w.open = append(w.open, level{w.doc.End(i), len(w.rendered)})
	if len(w.pending) > 1 {
		slices.SortFunc(w.pending, func(a, b binding) int { return cmp.Compare(a.prefix, b.prefix) })
	}
	for _, b := range w.pending {
		w.dst = append(w.dst, " xmlns"...)
		if b.prefix != "" {
			w.dst = append(append(w.dst, ':'), b.prefix...)
		}
		w.value(b.uri)
		w.rendered = append(w.rendered, b)
		w.recent[slot(b.prefix)] = int32(len(w.rendered))
	}
}

func (w *writer) value(s string) {
	w.dst = append(w.dst, `="`...)
	w.dst = xmltree.EscapeAttr(w.dst, s)
	w.dst = append(w.dst, '"')
}

func (w *writer) collectAttributes(i int, apex bool) error {
	w.attrs = w.attrs[:0]
	from, to := w.doc.Attributes(i)
	for j := from; j < to; j++ {
		w.attrs = append(w.attrs, w.doc.Attribute(j))
	}
	if apex && !w.method.IsExclusive() {
		if err := w.inherit(i); err != nil {
			return err
		}
	}
	if len(w.attrs) > 1 && !slices.IsSortedFunc(w.attrs, compareAttributes) {
		slices.SortFunc(w.attrs, compareAttributes)
	}
	return nil
}

// compareAttributes is the order of C14N 1.0 §2.2.
func compareAttributes(a, b xmltree.Attribute) int {
	if a.Space != b.Space {
		return strings.Compare(a.Space, b.Space)
	}
	return strings.Compare(a.Local, b.Local)
}

// visible collects the namespaces element i visibly uses, and those the PrefixList names
// (Exclusive C14N §3).
func (w *writer) visible(i int, apex bool) {
	w.need(w.doc.PrefixOf(i), w.doc.SpaceOf(i))
	from, to := w.doc.Attributes(i)
	for j := from; j < to; j++ {
		if prefix, space := w.doc.AttributePrefix(j); prefix != "" {
			w.need(prefix, space)
		}
	}
	if len(w.prefixes) > 0 {
		w.inScope(i, apex, w.prefixes)
	}
}

// inScope collects the declarations element i makes; the apex also makes those of its
// ancestors that are not in the output. only, if not nil, selects prefixes.
func (w *writer) inScope(i int, apex bool, only []string) {
	for n := i; n >= 0; n = w.doc.Parent(n) {
		from, to := w.doc.Declarations(n)
		for j := from; j < to; j++ {
			prefix, uri := w.doc.Declaration(j)
			if only != nil && !listed(only, prefix) || apex && w.hidden(prefix, i, n) {
				continue
			}
			w.need(prefix, uri)
		}
		if !apex {
			return
		}
	}
}

// hidden tells whether an element from i up to, but without, its ancestor n declares prefix.
func (w *writer) hidden(prefix string, i, n int) bool {
	for ; i != n; i = w.doc.Parent(i) {
		from, to := w.doc.Declarations(i)
		for j := from; j < to; j++ {
			if p, _ := w.doc.Declaration(j); p == prefix {
				return true
			}
		}
	}
	return false
}

func listed(list []string, prefix string) bool {
	if prefix == "" {
		prefix = "#default"
	}
	return slices.Contains(list, prefix)
}

// need adds a declaration unless the output already has it in force. xml is never declared.
func (w *writer) need(prefix, uri string) {
	if prefix == "xml" {
		return
	}
	for _, b := range w.pending {
		if b.prefix == prefix {
			return
		}
	}
	if w.inForce(prefix) != uri {
		w.pending = append(w.pending, binding{prefix, uri})
	}
}

// inForce is the namespace a prefix has in the output so far; "" if none. The place is remembered:
// whoever declares a hundred prefixes on the root and uses them far away must not be searched for.
func (w *writer) inForce(prefix string) string {
	at := &w.recent[slot(prefix)]
	if k := int(*at) - 1; k >= 0 && k < len(w.rendered) && w.rendered[k].prefix == prefix {
		return w.rendered[k].uri
	}
	for k := len(w.rendered) - 1; k >= 0; k-- {
		if w.rendered[k].prefix == prefix {
			*at = int32(k + 1)
			return w.rendered[k].uri
		}
	}
	return ""
}

// slots is how many prefixes are remembered at once: as many as may be declared at any place.
const slots = 128

// slot is where a prefix is remembered. What stands there is the last declaration of that prefix, or
// it is of another prefix or gone: declaring one anew always puts it there.
func slot(prefix string) int {
	h := uint32(len(prefix))
	for i := 0; i < len(prefix); i++ {
		h = h*31 + uint32(prefix[i])
	}
	return int(h % slots)
}

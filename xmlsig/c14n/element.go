package c14n

import (
	"cmp"
	"slices"

	"kopir/xmlsig/xmltree"
)

// startTag writes the start tag of element i: namespace declarations sorted by prefix,
// then attributes sorted by namespace name and local name (C14N 1.0 §2.2, §2.3).
func (w *writer) startTag(i int, apex bool) error {
	if err := w.absolute(i, apex); err != nil {
		return err
	}
	w.collectAttributes(i, apex)
	w.pending = w.pending[:0]
	if w.method.IsExclusive() {
		w.visible(i, apex)
	} else {
		w.inScope(i, apex, nil)
	}
	w.open = append(w.open, level{i, len(w.rendered)})
	w.dst = append(append(w.dst, '<'), w.doc.Name(i)...)
	slices.SortFunc(w.pending, func(a, b binding) int { return cmp.Compare(a.prefix, b.prefix) })
	for _, b := range w.pending {
		w.dst = append(w.dst, " xmlns"...)
		if b.prefix != "" {
			w.dst = append(append(w.dst, ':'), b.prefix...)
		}
		w.value(b.uri)
		w.rendered = append(w.rendered, b)
	}
	for k := range w.attrs {
		w.dst = append(append(w.dst, ' '), w.attrs[k].Name...)
		w.value(w.attrs[k].Value)
	}
	w.dst = append(w.dst, '>')
	return nil
}

func (w *writer) value(s string) {
	w.dst = append(w.dst, `="`...)
	w.dst = xmltree.EscapeAttr(w.dst, s)
	w.dst = append(w.dst, '"')
}

func (w *writer) collectAttributes(i int, apex bool) {
	w.attrs = w.attrs[:0]
	from, to := w.doc.Attributes(i)
	for j := from; j < to; j++ {
		w.attrs = append(w.attrs, w.doc.Attribute(j))
	}
	if apex && !w.method.IsExclusive() {
		w.inherit(i)
	}
	if len(w.attrs) > 1 {
		slices.SortFunc(w.attrs, func(a, b xmltree.Attribute) int {
			return cmp.Or(cmp.Compare(a.Space, b.Space), cmp.Compare(a.Local, b.Local))
		})
	}
}

// visible collects the namespaces element i visibly uses, and those the PrefixList names
// (Exclusive C14N §3).
func (w *writer) visible(i int, apex bool) {
	w.need(w.doc.PrefixOf(i), w.doc.SpaceOf(i))
	for k := range w.attrs {
		if a := &w.attrs[k]; a.Prefix != "" {
			w.need(a.Prefix, a.Space)
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

// inForce is the namespace a prefix has in the output so far; "" if none.
func (w *writer) inForce(prefix string) string {
	for k := len(w.rendered) - 1; k >= 0; k-- {
		if w.rendered[k].prefix == prefix {
			return w.rendered[k].uri
		}
	}
	return ""
}

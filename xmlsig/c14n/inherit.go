package c14n

import (
	"slices"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// inherit gives the apex of a subtree the xml: attributes of its ancestors, which are not
// in the output: all of them in C14N 1.0 §2.4; in C14N 1.1 §2.4 xml:lang and xml:space are
// inherited, xml:base is joined and xml:id belongs to its element alone.
func (w *writer) inherit(apex int) error {
	var bases []string           // of the ancestors, innermost first
	length := 0                  // of all of them
	own := make(map[string]bool) // xml: attributes by local name
	for k := range w.attrs {
		if a := &w.attrs[k]; a.Space == xmltree.XMLNamespace {
			own[a.Local] = true
		}
	}
	for n := w.doc.Parent(apex); n >= 0; n = w.doc.Parent(n) {
		from, to := w.doc.Attributes(n)
		for j := from; j < to; j++ {
			a := w.doc.Attribute(j)
			switch {
			case a.Space != xmltree.XMLNamespace:
			case w.method.is11() && a.Local == "base":
				if length += len(a.Value); w.maxBase > 0 && length > w.maxBase {
					return reason.New(reason.TooLarge, "the xml:base of the elements around is out of proportion")
				}
				bases = append(bases, a.Value)
			case w.method.is11() && a.Local != "lang" && a.Local != "space":
			case !own[a.Local]:
				own[a.Local] = true
				w.attrs = append(w.attrs, a)
			}
		}
	}
	if len(bases) > 0 {
		w.joinBase(bases)
	}
	return nil
}

// xmlAttribute finds the xml: attribute of that name among those of the element at hand.
func (w *writer) xmlAttribute(local string) int {
	return slices.IndexFunc(w.attrs, func(a xmltree.Attribute) bool {
		return a.Space == xmltree.XMLNamespace && a.Local == local
	})
}

// joinBase replaces xml:base of the apex by its value seen from outside (C14N 1.1 §2.4).
func (w *writer) joinBase(ancestors []string) {
	base := ""
	for _, b := range slices.Backward(ancestors) {
		base = joinURI(base, b)
	}
	k := w.xmlAttribute("base")
	switch {
	case k >= 0:
		w.attrs[k].Value = joinURI(base, w.attrs[k].Value)
	case base != "":
		w.attrs = append(w.attrs, xmltree.Attribute{
			Name: "xml:base", Prefix: "xml", Local: "base", Space: xmltree.XMLNamespace, Value: base,
		})
	}
}

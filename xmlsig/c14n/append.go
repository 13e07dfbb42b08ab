package c14n

import (
	"slices"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Bounds of the output when Options.MaxBytes is zero. Real messages grow by less than half;
// many tiny elements under exclusive canonicalisation reach fifteenfold.
const (
	growthFactor = 16
	growthBase   = 1 << 20
	growthMax    = 128 << 20
)

// Options of one canonicalisation.
type Options struct {
	// Without lists subtrees to leave out, such as the signature itself.
	Without []*xmltree.Element
	// Prefixes is the PrefixList of InclusiveNamespaces; "#default" is the default namespace.
	// Inclusive methods ignore it.
	Prefixes []string
	// MaxBytes bounds the output; zero means a bound that grows with the document.
	MaxBytes int
	// MaxBase bounds the octets of xml:base that the apex inherits in C14N 1.1; zero means no bound.
	// Each is joined to what those outside came to, so time grows with the product of number and length.
	MaxBase int
}

// Append writes the canonical form of the subtree of apex, or of the whole document if
// apex is nil, at the end of dst. An error is a *[reason.Error]: xml_forbidden for a
// relative namespace name (C14N 1.0 §1.1) or an apex that is left out, too_large for
// output beyond bounds.
func Append(dst []byte, doc *xmltree.Document, apex *xmltree.Element, m Method, opt Options) ([]byte, error) {
	return new(Writer).Append(dst, doc, apex, m, opt)
}

// Writer is [Append] for a program that canonicalises often: it uses its memory again. The zero
// value is ready; a Writer serves one goroutine.
type Writer struct{ w writer }

// Append is the function of that name.
func (r *Writer) Append(dst []byte, doc *xmltree.Document, apex *xmltree.Element, m Method, opt Options) ([]byte, error) {
	w := &r.w
	*w = writer{
		doc: doc, method: m, prefixes: opt.Prefixes, dst: dst, without: w.without[:0], open: w.open[:0],
		rendered: w.rendered[:0], pending: w.pending[:0], attrs: w.attrs[:0],
	}
	out, err := w.append(apex, opt)
	w.doc, w.dst, w.prefixes, w.checked = nil, nil, nil, ""
	return out, err
}

// Release lets go of the last document.
func (r *Writer) Release() {
	w := &r.w
	clear(w.rendered[:cap(w.rendered)])
	clear(w.pending[:cap(w.pending)])
	clear(w.attrs[:cap(w.attrs)])
}

func (w *writer) append(apex *xmltree.Element, opt Options) ([]byte, error) {
	doc, dst := w.doc, w.dst
	w.limit, w.maxBase = opt.MaxBytes, opt.MaxBase
	if w.limit <= 0 {
		w.limit = min(growthFactor*doc.Size()+growthBase, growthMax)
	}
	w.limit += len(dst)
	for _, e := range opt.Without {
		w.without = append(w.without, e.Index())
		if top := doc.Root; apex == e || apex == nil && top == e {
			return dst, reason.New(reason.XMLForbidden, "nothing is left to canonicalise")
		}
	}
	slices.Sort(w.without)
	var err error
	if apex != nil {
		err = w.subtree(apex.Index())
	} else {
		err = w.document()
	}
	if err != nil {
		return dst, err
	}
	return w.dst, nil
}

// writer is the state of one canonicalisation.
type writer struct {
	doc      *xmltree.Document
	method   Method
	prefixes []string
	without  []int // in document order
	dst      []byte
	at       int // how far the source has been copied
	next     int // the edit that comes next
	limit    int
	maxBase  int

	open     []level      // elements with declarations that were written
	rendered []binding    // declarations written by open elements
	recent   [slots]int32 // places in rendered, counted from 1
	pending  []binding    // declarations of the element at hand
	attrs    []xmltree.Attribute
	checked  string // the last namespace name found absolute
}

// level is an element with declarations: they are in force up to node end.
type level struct {
	end, rendered int // rendered: how many were in force before
}

type binding struct{ prefix, uri string }

// document writes the root and what stands around it (C14N 1.0 §2.2: one line each).
func (w *writer) document() error {
	seen := false
	for i := 0; i < w.doc.Len(); i = w.doc.End(i) {
		kind := w.doc.Kind(i)
		switch {
		case kind == xmltree.KindElement:
			if err := w.subtree(i); err != nil {
				return err
			}
			seen = true
		case kind == xmltree.KindComment && !w.method.KeepsComments():
		case seen:
			w.dst = append(w.dst, '\n')
			w.leaf(i)
		default:
			w.leaf(i)
			w.dst = append(w.dst, '\n')
		}
	}
	return w.bounded()
}

// subtree copies the source of apex without the holes in it, and writes its edits anew.
func (w *writer) subtree(apex int) error {
	from, end := w.doc.Bounds(apex)
	if err := w.apex(apex, from); err != nil {
		return err
	}
	for _, i := range w.without {
		hole, behind := w.doc.Bounds(i)
		if hole < w.at || hole >= end {
			continue // outside the subtree, or inside another hole
		}
		if err := w.copyTo(hole); err != nil {
			return err
		}
		w.at = behind
	}
	return w.copyTo(end)
}

// apex writes the start tag of the subtree, and its end tag if it has none of its own.
func (w *writer) apex(i, from int) error {
	w.next = w.doc.EditFrom(from)
	w.at = from + len(w.doc.CanonicalTag(i)) + len(">")
	empty := false
	if w.next < w.doc.Edits() {
		if e := w.doc.Edit(w.next); e.From == from {
			w.at, empty = e.To, e.Kind == xmltree.EditEmptyTag
			w.next++
		}
	}
	if err := w.startTag(i, true); err != nil {
		return err
	}
	if empty {
		w.endTag(i)
	}
	return nil
}

// copyTo copies the source up to an offset and writes its edits anew.
func (w *writer) copyTo(to int) error {
	src := w.doc.Source()
	for ; w.next < w.doc.Edits(); w.next++ {
		e := w.doc.Edit(w.next)
		if e.From >= to {
			break
		}
		if e.From < w.at || e.Kind == xmltree.EditPrefix && !w.method.IsExclusive() {
			continue
		}
		w.dst = append(w.dst, src[w.at:e.From]...)
		w.at = e.To
		if err := w.edit(e); err != nil {
			return err
		}
		if err := w.bounded(); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, src[w.at:to]...)
	w.at = to
	return w.bounded()
}

// edit writes a piece of the source anew.
func (w *writer) edit(e xmltree.Edit) error {
	switch e.Kind {
	case xmltree.EditTag, xmltree.EditPrefix:
		return w.startTag(e.Node, false)
	case xmltree.EditEmptyTag:
		err := w.startTag(e.Node, false)
		w.endTag(e.Node)
		return err
	case xmltree.EditEndTag:
		w.endTag(e.Node)
	case xmltree.EditLeaf:
		w.leaf(e.Node)
	}
	return nil
}

func (w *writer) bounded() error {
	if len(w.dst) > w.limit {
		return reason.New(reason.TooLarge, "the canonical form is out of proportion to the document")
	}
	return nil
}

func (w *writer) endTag(i int) {
	w.dst = append(append(append(w.dst, "</"...), w.doc.Name(i)...), '>')
}

// leave forgets the declarations of elements that end at or before node i.
func (w *writer) leave(i int) {
	for len(w.open) > 0 && w.open[len(w.open)-1].end <= i {
		w.rendered = w.rendered[:w.open[len(w.open)-1].rendered]
		w.open = w.open[:len(w.open)-1]
	}
}

// leaf writes a text, comment or processing instruction (C14N 1.0 §2.3).
func (w *writer) leaf(i int) {
	switch w.doc.Kind(i) {
	case xmltree.KindText:
		w.dst = xmltree.EscapeText(w.dst, w.doc.Value(i))
	case xmltree.KindComment:
		if w.method.KeepsComments() {
			w.dst = append(append(append(w.dst, "<!--"...), w.doc.Value(i)...), "-->"...)
		}
	case xmltree.KindPI:
		w.dst = append(append(w.dst, "<?"...), w.doc.Name(i)...)
		if data := w.doc.Value(i); data != "" {
			w.dst = append(append(w.dst, ' '), data...)
		}
		w.dst = append(w.dst, "?>"...)
	}
}

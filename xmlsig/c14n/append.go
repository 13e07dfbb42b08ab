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
	skip     int   // how many of them the walk has passed
	dst      []byte
	limit    int
	maxBase  int

	open     []level
	rendered []binding    // declarations written by open elements
	recent   [slots]int32 // places in rendered, counted from 1
	pending  []binding    // declarations of the element at hand
	attrs    []xmltree.Attribute
	checked  string // the last namespace name found absolute
}

// level is an element whose end tag is still to be written.
type level struct {
	node, end, rendered int
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

// subtree walks the nodes of apex in document order, closing elements as their ranges end.
func (w *writer) subtree(apex int) error {
	end := w.doc.End(apex)
	for i := apex; i < end; {
		if len(w.open) > 0 && w.open[len(w.open)-1].end <= i {
			w.closeUntil(i)
		}
		if w.left(i) {
			i = w.doc.End(i)
			continue
		}
		if w.doc.Kind(i) == xmltree.KindElement {
			if err := w.startTag(i, i == apex); err != nil {
				return err
			}
		} else {
			w.leaf(i)
		}
		if err := w.bounded(); err != nil {
			return err
		}
		i++
	}
	w.closeUntil(end)
	return nil
}

// left tells whether node i is left out; the walk asks in document order.
func (w *writer) left(i int) bool {
	for w.skip < len(w.without) && w.without[w.skip] < i {
		w.skip++
	}
	return w.skip < len(w.without) && w.without[w.skip] == i
}

func (w *writer) bounded() error {
	if len(w.dst) > w.limit {
		return reason.New(reason.TooLarge, "the canonical form is out of proportion to the document")
	}
	return nil
}

// closeUntil writes the end tags of elements that end at or before node i.
func (w *writer) closeUntil(i int) {
	for len(w.open) > 0 {
		top := &w.open[len(w.open)-1]
		if top.end > i {
			return
		}
		w.dst = append(append(append(w.dst, "</"...), w.doc.Name(top.node)...), '>')
		w.rendered = w.rendered[:top.rendered]
		w.open = w.open[:len(w.open)-1]
	}
}

// leaf writes a text, comment or processing instruction (C14N 1.0 §2.3).
func (w *writer) leaf(i int) {
	switch w.doc.Kind(i) {
	case xmltree.KindText:
		w.dst = w.doc.AppendText(w.dst, i)
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

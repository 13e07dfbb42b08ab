package shep

import (
	"strings"
	"time"

	"kopir/adapters/envelope"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// nsXSI is where xsi:type and xsi:nil are from.
const nsXSI = "http://www.w3.org/2001/XMLSchema-instance"

// Bounds of an answer of a register. One person with all documents has some ten kilobytes.
const (
	maxAnswerBytes = 4 << 20
	maxRecords     = 200 // persons, documents, items of one answer
)

// docWriter writes a business document: names under one prefix, or none.
type docWriter struct {
	buf    []byte
	prefix string // with its colon
}

func (w *docWriter) raw(s string)     { w.buf = append(w.buf, s...) }
func (w *docWriter) open(name string) { w.raw("<" + w.prefix + name + ">") }
func (w *docWriter) end(name string)  { w.raw("</" + w.prefix + name + ">") }

func (w *docWriter) element(name, value string) {
	w.open(name)
	w.buf = envelope.AppendText(w.buf, value)
	w.end(name)
}

// may leaves out what is empty.
func (w *docWriter) may(name, value string) {
	if value != "" {
		w.element(name, value)
	}
}

func (w *docWriter) mayFlag(name string, set bool) {
	if set {
		w.element(name, "true")
	}
}

// within writes an element around others.
func (w *docWriter) within(name string, inside func()) {
	w.open(name)
	inside()
	w.end(name)
}

// readDocument lets an answer through the gate and finds the element of that local name: the root, the
// one child of data, or data itself. Nobody's namespace is believed.
func readDocument(doc []byte, limit int, names ...string) (*xmltree.Element, error) {
	if len(doc) > limit {
		return nil, badAnswer("is too long")
	}
	tree, err := xmltree.Parse(doc, xmltree.Limits{Bytes: limit})
	if err != nil {
		return nil, badAnswer("is not XML that is let in")
	}
	for _, e := range append([]*xmltree.Element{tree.Root}, tree.Root.Children()...) {
		for _, name := range names {
			if e.Local() == name {
				return e, nil
			}
		}
	}
	return nil, badAnswer("is another document")
}

// badAnswer never tells what stood there: it is about people.
func badAnswer(what string) error {
	return reason.New(reason.XMLMalformed, "the answer "+what)
}

// text is a child's text, trimmed; what says xsi:nil has none.
func text(e *xmltree.Element, path string) string {
	found := e.Find(path)
	if v, _ := found.Attr(nsXSI, "nil"); v == "true" || v == "1" {
		return ""
	}
	return strings.TrimSpace(found.Text())
}

// all are the children of that local name, and whether there are not more than an answer may have.
func all(e *xmltree.Element, local string) (list []*xmltree.Element, err error) {
	if e == nil {
		return nil, nil
	}
	for child := range e.EachChild() {
		if child.Local() != local {
			continue
		}
		if len(list) == maxRecords {
			return nil, badAnswer("holds more records than are taken")
		}
		list = append(list, child)
	}
	return list, nil
}

// dayOf is the date of xs:date or xs:dateTime, with or without a zone; "" for what is none.
func dayOf(s string) string {
	if len(s) < len(time.DateOnly) {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)]); err != nil {
		return ""
	}
	return s[:len(time.DateOnly)]
}

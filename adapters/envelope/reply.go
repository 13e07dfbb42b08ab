package envelope

import (
	"time"

	"kopir/xmlsig/xmltree"
)

// NSReply is the namespace of the synchronous answer's business document.
const NSReply = "urn:kopir:reply:1"

// Reply is what the synchronous channel carries back in data: the decision in words. Empty
// fields are left out.
type Reply struct {
	Decision, Number, Service, Code, Detail, FirstNumber, Verdict string
	ReceivedAt, DueAt                                             time.Time
	TextKk, TextRu                                                string
}

// Append appends the reply as a document.
func (m Reply) Append(dst []byte) []byte {
	w := &writer{buf: append(dst, `<k:Reply xmlns:k="`+NSReply+`">`...)}
	w.element("Decision", m.Decision)
	w.may("Number", m.Number)
	w.may("Service", m.Service)
	w.mayDate("ReceivedAt", m.ReceivedAt)
	w.mayDate("DueAt", m.DueAt)
	w.may("Code", m.Code)
	w.may("Detail", m.Detail)
	w.may("FirstNumber", m.FirstNumber)
	w.may("Verdict", m.Verdict)
	w.element("TextKk", m.TextKk)
	w.element("TextRu", m.TextRu)
	w.raw("</k:Reply>")
	return w.buf
}

// ReadReply reads a reply back.
func ReadReply(doc []byte) (Reply, error) {
	tree, err := xmltree.Parse(doc, xmltree.Limits{})
	if err != nil {
		return Reply{}, err
	}
	if !tree.Root.Is(NSReply, "Reply") {
		return Reply{}, malformed("the document is not a Reply")
	}
	r, e := &reader{}, tree.Root
	m := Reply{
		Decision: r.text(e, "Decision"), Number: r.text(e, "Number"), Service: r.text(e, "Service"),
		ReceivedAt: r.date(e, "ReceivedAt"), DueAt: r.date(e, "DueAt"), Code: r.text(e, "Code"),
		Detail: r.text(e, "Detail"), FirstNumber: r.text(e, "FirstNumber"), Verdict: r.text(e, "Verdict"),
		TextKk: r.text(e, "TextKk"), TextRu: r.text(e, "TextRu"),
	}
	return m, r.err
}

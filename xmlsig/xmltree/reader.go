package xmltree

import (
	"strings"
	"unsafe"

	"kopir/xmlsig/reason"
)

// Reader parses one document after another into the same memory, for a program that is done with
// one before it reads the next. The zero value is ready; a Reader serves one goroutine.
type Reader struct {
	parser parser
	doc    Document
}

// Parse is [Parse] without copies. The document and every string of it are gone with the next
// call of Parse or Release, and b must not change before that: what outlives it must be cloned.
func (r *Reader) Parse(b []byte, lim Limits) (*Document, error) {
	lim = lim.withDefaults()
	if len(b) > lim.Bytes {
		return nil, reason.Newf(reason.TooLarge, "the document is larger than %d bytes", lim.Bytes)
	}
	r.parser.doc = &r.doc
	return r.parser.parse(view(b), lim)
}

// Release lets go of the last document and tells how many octets of memory are kept for the next.
func (r *Reader) Release() (kept int) {
	p, d := &r.parser, &r.doc
	clear(p.scope[:cap(p.scope)])
	clear(d.uris[:cap(d.uris)])
	p.doc = d
	p.begin("", Limits{})
	return cap(p.side) + int(unsafe.Sizeof(node{}))*cap(d.nodes) + int(unsafe.Sizeof(attr{}))*cap(d.attrs) +
		int(unsafe.Sizeof(decl{}))*cap(d.decls) + int(unsafe.Sizeof(Element{}))*cap(d.elems) +
		int(unsafe.Sizeof(idAttr{}))*cap(d.ids)
}

// view is b as a string without a copy. It is the only place where the package trusts its callers:
// b may be appended to, but what is in it must stay while the string is in use.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// cursor knows where the next octet of a kind stands. Asking costs nothing until the parser has
// passed it, so that rare octets are looked for once a document and not in every text.
type cursor struct {
	octet byte
	at    int // -1 before the first question
}

// within tells whether the octet stands in src[from:to]; from never goes back.
func (c *cursor) within(src string, from, to int) bool {
	if c.at < from {
		c.at = len(src)
		if i := strings.IndexByte(src[from:], c.octet); i >= 0 {
			c.at = from + i
		}
	}
	return c.at < to
}

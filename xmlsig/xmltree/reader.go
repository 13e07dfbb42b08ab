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
		int(unsafe.Sizeof(decl{}))*cap(d.decls) + int(unsafe.Sizeof(edit{}))*cap(d.edits) + int(unsafe.Sizeof(Element{}))*cap(d.elems) +
		int(unsafe.Sizeof(idAttr{}))*cap(d.ids)
}

// view is b as a string without a copy. It is the only place where the package trusts its callers:
// b may be appended to, but what is in it must stay while the string is in use.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// rareOctets are those that tell a text from its value: most texts have none of them.
const rareOctets = "&\r]"

// rareOctet knows where the next of them stands. Asking costs nothing until the parser has passed
// it, so that each is looked for once a document and not in every text.
type rareOctet struct {
	at   int // the first of next
	next [len(rareOctets)]int
}

// within tells whether one stands in src[from:to]; from never goes back.
func (r *rareOctet) within(src string, from, to int) bool {
	r.at = len(src)
	for k := range r.next {
		if r.next[k] < from {
			r.next[k] = len(src)
			if i := strings.IndexByte(src[from:], rareOctets[k]); i >= 0 {
				r.next[k] = from + i
			}
		}
		r.at = min(r.at, r.next[k])
	}
	return r.at < to
}

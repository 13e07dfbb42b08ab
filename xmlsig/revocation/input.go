package revocation

import (
	"hash"
	"io"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
)

// window is how much of a list is in memory at a time; no single element that
// is read whole (an entry, the issuer's name, the extensions) may be longer.
const window = 256 << 10

// input reads DER from a stream through the window, and digests what goes by:
// everything, and while signed is set the signed part too. A list of 50 MB thus
// costs no more than its entries.
type input struct {
	r         io.Reader
	buf       []byte
	pos, end  int // buf[pos:end] was read and not yet taken
	mark      int // buf[mark:pos] was taken and not yet digested
	before    int // octets before buf[0]
	whole     hash.Hash
	signed    hash.Hash
	exhausted bool
}

func newInput(r io.Reader, whole hash.Hash) *input {
	return &input{r: r, buf: make([]byte, window), whole: whole}
}

// offset counts the octets that were taken.
func (in *input) offset() int { return in.before + in.pos }

// need sees to it that n octets are in the window.
func (in *input) need(n int) bool {
	if n > len(in.buf) {
		return false
	}
	if in.pos+n > len(in.buf) {
		in.digest()
		in.before += in.pos
		in.end = copy(in.buf, in.buf[in.pos:in.end])
		in.pos, in.mark = 0, 0
	}
	for in.end-in.pos < n {
		if in.exhausted {
			return false
		}
		got, err := in.r.Read(in.buf[in.end:])
		in.end += got
		in.exhausted = err != nil
	}
	return true
}

// digest takes in what was read since the last time.
func (in *input) digest() {
	in.whole.Write(in.buf[in.mark:in.pos])
	if in.signed != nil {
		in.signed.Write(in.buf[in.mark:in.pos])
	}
	in.mark = in.pos
}

// peek gives the tag of the next element and the lengths of its header and
// content, which DER writes in the shortest form (X.690 §10.1).
func (in *input) peek() (tag asn1.Tag, header, content int, ok bool) {
	if !in.need(2) || in.buf[in.pos]&0x1f == 0x1f {
		return 0, 0, 0, false
	}
	tag, first := asn1.Tag(in.buf[in.pos]), in.buf[in.pos+1]
	if first < 0x80 {
		return tag, 2, int(first), true
	}
	octets := int(first & 0x7f)
	if octets == 0 || octets > 4 || !in.need(2+octets) {
		return 0, 0, 0, false
	}
	for _, b := range in.buf[in.pos+2 : in.pos+2+octets] {
		content = content<<8 | int(b)
	}
	ok = content >= 0x80 && content>>(8*(octets-1)) != 0 && content <= maxCRLBytes
	return tag, 2 + octets, content, ok
}

// enter takes the header of an element and tells where its content ends.
func (in *input) enter(want asn1.Tag) (end int, ok bool) {
	tag, header, content, ok := in.peek()
	if !ok || tag != want {
		return 0, false
	}
	in.pos += header
	return in.offset() + content, true
}

// element takes the next element whole. It is overwritten by the next call.
func (in *input) element() ([]byte, bool) {
	_, header, content, ok := in.peek()
	if !ok || !in.need(header+content) {
		return nil, false
	}
	in.pos += header + content
	return in.buf[in.pos-header-content : in.pos], true
}

// next reports whether another element before end has the tag.
func (in *input) next(end int, tag asn1.Tag) bool {
	return in.offset() < end && in.need(1) && in.buf[in.pos] == byte(tag)
}

// empty reports whether nothing follows.
func (in *input) empty() bool { return !in.need(1) }

// since gives what was taken from an offset on, while it is still in the window.
func (in *input) since(offset int) []byte { return in.buf[offset-in.before : in.pos] }

func (in *input) time() (time.Time, bool) {
	element, ok := in.element()
	s := cryptobyte.String(element)
	if !ok {
		return time.Time{}, false
	}
	return der.ReadTime(&s)
}

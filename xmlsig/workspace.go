package xmlsig

import (
	"bytes"
	"encoding/base64"
	"hash"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/xmltree"
)

// workspace is the memory of one verification, used again by the next. Nothing of it may stay in
// a [Result]: what does is cloned.
type workspace struct {
	tree    xmltree.Reader
	canon   c14n.Writer
	spare   []byte // canonical forms that do not travel on
	base64  []byte // a value as it stands in the document, without white space
	decoded []byte // all values, decoded
	sum     []byte // a digest

	references int // how many a detached signature may have, beyond the usual bound
}

// maxKept is what a workspace may hold between documents. A form of 1 MB needs a quarter of it; a
// sender of large documents must not make the process keep the memory of all of them.
const maxKept = 4 << 20

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// release gives the workspace back, unless it has grown too large.
func (w *workspace) release() {
	w.canon.Release()
	w.decoded = w.decoded[:0]
	if w.tree.Release()+cap(w.spare)+cap(w.base64)+cap(w.decoded) <= maxKept {
		workspaces.Put(w)
	}
}

// apart returns doc, or a copy where dst has room that overlaps it: canonical octets are written
// to dst while doc is still read.
func apart(dst, doc []byte) []byte {
	if cap(dst) == 0 || len(doc) == 0 {
		return doc
	}
	d := uintptr(unsafe.Pointer(unsafe.SliceData(dst)))
	s := uintptr(unsafe.Pointer(unsafe.SliceData(doc)))
	if d < s+uintptr(len(doc)) && s < d+uintptr(cap(dst)) {
		return append([]byte(nil), doc...)
	}
	return doc
}

// strictBase64 refuses what no encoder writes, but line ends.
var strictBase64 = base64.StdEncoding.Strict()

// decode reads the base64 of a leaf element: white space anywhere, else strict (XMLDSig §4.3).
// A comment inside is read over here and refused with the document's text (ambiguous.go).
func (w *workspace) decode(elem *xmltree.Element) ([]byte, error) {
	if elem.HasElement() || elem.HasInstruction() {
		return nil, malformed("a base64 value holds markup")
	}
	from := len(w.decoded)
	w.base64 = appendSqueezed(w.base64[:0], elem.Text())
	var err error
	w.decoded, err = strictBase64.AppendDecode(w.decoded, w.base64)
	if err != nil || len(w.decoded) == from {
		return nil, malformed("a value is not base64")
	}
	return w.decoded[from:len(w.decoded):len(w.decoded)], nil
}

// appendSqueezed appends s without XML white space, most of which is line feeds.
func appendSqueezed(dst []byte, s string) []byte {
	from := len(dst)
	for len(s) > 0 {
		line, rest, _ := strings.Cut(s, "\n")
		dst, s = append(dst, line...), rest
	}
	for _, space := range []byte(" \t\r") {
		if bytes.IndexByte(dst[from:], space) >= 0 {
			left := slices.DeleteFunc(dst[from:], func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' })
			return dst[:from+len(left)]
		}
	}
	return dst
}

// digestOf digests octets. The sum is overwritten by the next one.
func (w *workspace) digestOf(h hash.Hash, octets []byte) []byte {
	h.Write(octets)
	w.sum = h.Sum(w.sum[:0])
	return w.sum
}

package keystore

import (
	"encoding/binary"
	"fmt"
)

// maxDepth bounds the nesting of a container; PKCS#12 needs 12 levels between two encryptions.
const maxDepth = 32

// Tags in their identifier octet, X.690 §8.1.2.
const (
	tagOctetString            = 0x04
	tagConstructedOctetString = 0x24
	constructedBit            = 0x20
	highTagNumber             = 0x1f
	indefiniteLength          = 0x80
)

var errBER = fmt.Errorf("%w: not BER", ErrMalformed)

// normalise rewrites one BER element with the framing of DER: definite, shortest lengths, and OCTET STRINGs in one
// piece (X.690 §10.1, §10.2). It does not sort sets or check contents. Bytes after the element are an error.
func normalise(ber []byte) ([]byte, error) {
	der, rest, err := appendElement(make([]byte, 0, len(ber)), ber, 0)
	if err != nil {
		return nil, err
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%w: %d bytes after the end", errBER, len(rest))
	}
	return der, nil
}

// appendElement copies the first element of in to dst and returns what follows it.
func appendElement(dst, in []byte, depth int) (out, rest []byte, err error) {
	h, err := readHeader(in)
	if err != nil {
		return nil, nil, err
	}
	if depth == maxDepth {
		return nil, nil, fmt.Errorf("%w: nested deeper than %d", errBER, maxDepth)
	}
	if h.tag&constructedBit == 0 {
		return appendTLV(dst, h.tag, h.content), h.rest, nil
	}
	var content []byte
	body := h.content
	for !h.ended(body) {
		before := len(content)
		if content, body, err = appendElement(content, body, depth+1); err != nil {
			return nil, nil, err
		}
		if h.tag == tagConstructedOctetString {
			if content, err = unwrapPiece(content, before); err != nil {
				return nil, nil, err
			}
		}
	}
	tag := h.tag
	if tag == tagConstructedOctetString {
		tag = tagOctetString
	}
	return appendTLV(dst, tag, content), h.after(body), nil
}

// unwrapPiece removes the header of the OCTET STRING that begins at buf[at:], joining it to the pieces before.
func unwrapPiece(buf []byte, at int) ([]byte, error) {
	piece, err := readHeader(buf[at:])
	if err != nil || piece.tag != tagOctetString {
		return nil, fmt.Errorf("%w: a piece of an OCTET STRING is something else", errBER)
	}
	return append(buf[:at], piece.content...), nil
}

// header is one element cut from its input. Of an element of indefinite length, content runs to the end of the input.
type header struct {
	tag        byte
	indefinite bool
	content    []byte
	rest       []byte
}

// ended tells whether body, the unread part of the content, holds no further element.
func (h header) ended(body []byte) bool {
	if h.indefinite {
		return len(body) >= 2 && body[0] == 0 && body[1] == 0
	}
	return len(body) == 0
}

// after returns what follows the element, given the unread part of its content.
func (h header) after(body []byte) []byte {
	if h.indefinite {
		return body[2:]
	}
	return h.rest
}

func readHeader(in []byte) (header, error) {
	if len(in) < 2 {
		return header{}, fmt.Errorf("%w: cut short", errBER)
	}
	h := header{tag: in[0]}
	if h.tag&highTagNumber == highTagNumber || h.tag == 0 {
		return header{}, fmt.Errorf("%w: tag 0x%02x", errBER, h.tag)
	}
	length, in := int(in[1]), in[2:]
	if length == indefiniteLength {
		if h.tag&constructedBit == 0 {
			return header{}, fmt.Errorf("%w: indefinite length of a primitive", errBER)
		}
		h.indefinite, h.content = true, in
		return h, nil
	}
	if length > indefiniteLength {
		octets := length &^ indefiniteLength
		if octets > 4 || octets > len(in) {
			return header{}, fmt.Errorf("%w: length", errBER)
		}
		var wide [8]byte
		copy(wide[8-octets:], in[:octets])
		length, in = int(binary.BigEndian.Uint64(wide[:])), in[octets:]
	}
	if length > len(in) {
		return header{}, fmt.Errorf("%w: cut short", errBER)
	}
	h.content, h.rest = in[:length], in[length:]
	return h, nil
}

// appendTLV writes an element with the shortest definite length.
func appendTLV(dst []byte, tag byte, content []byte) []byte {
	dst = append(dst, tag)
	n := len(content)
	if n < indefiniteLength {
		return append(append(dst, byte(n)), content...)
	}
	var wide [8]byte
	binary.BigEndian.PutUint64(wide[:], uint64(n))
	first := 0
	for wide[first] == 0 {
		first++
	}
	dst = append(dst, indefiniteLength|byte(8-first))
	dst = append(dst, wide[first:]...)
	return append(dst, content...)
}

package xmltree

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"

	"kopir/xmlsig/reason"
)

// Eight octets are looked at together. These are one octet, or one pair of octets, repeated.
const (
	octets = 0x0101010101010101 // times an octet: that octet eight times
	highs  = 0x80 * octets      // set in octets above ASCII

	pairs     = 0x0001000100010001
	pairMask  = 0xC0E0 * pairs // the fixed bits of a pair, lead octet in the lower half
	pairBits  = 0x80C0 * pairs // 110xxxxx 10xxxxxx
	pairLead  = 0x001E * pairs // zero in the leads C0 and C1, which are too long for what they mean
	pairCarry = 0x007F * pairs // carries into pairTop unless what it is added to is zero
	pairTop   = 0x0080 * pairs
)

// checkCharacters proves that s is UTF-8 and holds only characters of XML 1.0 §2.2. It goes by
// eight octets over ASCII and over letters of two octets, which Kazakh and Russian ones are.
func checkCharacters(s string) error {
	b := unsafe.Slice(unsafe.StringData(s), len(s)) // only read: eight octets of a slice are one load
	i := 0
	for i+8 <= len(s) {
		if i = skipPrintable(b, i); i+8 > len(s) {
			break
		}
		x := binary.LittleEndian.Uint64(b[i:])
		high := x & highs
		switch {
		case high&(1<<7) == 0: // the first is ASCII: take all before the first that is not
			n := bits.TrailingZeros64(high) / 8
			// A borrow shows an octet below space; what it spoils stands behind it.
			if (x-' '*octets)&^x&highs<<(64-8*n) != 0 && !allowed(s[i:i+n]) {
				return errCharacter
			}
			i += n
			continue
		case high&(1<<15) != 0:
			wrong := x&pairMask ^ pairBits
			wrong |= ^(x&pairLead + pairCarry) & pairTop
			if n := bits.TrailingZeros64(wrong) / 16; n > 0 {
				i += 2 * n
				continue
			}
		}
		n, err := character(s[i:])
		if err != nil {
			return err
		}
		i += n
	}
	for i < len(s) {
		n, err := character(s[i:])
		if err != nil {
			return err
		}
		i += n
	}
	return nil
}

// skipPrintable goes over printable ASCII, sixteen octets at a time.
func skipPrintable(b []byte, i int) int {
	for ; i+16 <= len(b); i += 16 {
		x, y := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
		if (x|y|(x-' '*octets)|(y-' '*octets))&highs != 0 {
			break
		}
	}
	return i
}

var (
	errUTF8      = reason.New(reason.XMLMalformed, "the document is not UTF-8")
	errCharacter = reason.New(reason.XMLMalformed, "the document holds a character that XML does not allow")
)

// character checks the one s begins with and tells its length.
func character(s string) (int, error) {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && n == 1:
		return 0, errUTF8
	case !isChar(r):
		return 0, errCharacter
	}
	return n, nil
}

// allowed tells whether no control characters but white space stand in ASCII.
func allowed(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && !isSpace(s[i]) {
			return false
		}
	}
	return true
}

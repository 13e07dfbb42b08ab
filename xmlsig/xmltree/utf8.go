package xmltree

import (
	"encoding/binary"
	"unicode/utf8"
	"unsafe"

	"kopir/xmlsig/reason"
)

// Eight octets are looked at as one number: an octet times octets is that octet eight times.
const (
	octets   = 0x0101010101010101
	highs    = 0x80 * octets // set in octets above ASCII
	lows     = 0x7F * octets // the rest of every octet
	lineFeed = '\n' * octets
	toSpace  = ' ' - '\n'          // what makes a space of a line feed
	leadBits = 0x1E * octets       // of 110xxxxx: zero in C0 and C1, which are too long for what they mean
	carry    = highs - 0x02*octets // carries into the highs unless what it is added to is zero
)

// checkCharacters proves that s is UTF-8 and holds only characters of XML 1.0 §2.2. It goes by
// sixteen octets over ASCII and over letters of two octets, which Kazakh and Russian ones are; where
// anything else stands among them, they are read character by character.
func checkCharacters(s string) error {
	b := unsafe.Slice(unsafe.StringData(s), len(s)) // only read: eight octets of a slice are one load
	i, open := 0, uint64(0)                         // open is 0x80 where a letter began in the octet before i
	for i+16 <= len(b) {
		x, y := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
		first, second := leads(x), leads(y)
		wrong := (follows(x) ^ (first<<8 | open)) | (follows(y) ^ (second<<8 | first>>56))
		wrong |= first&notTwo(x) | second&notTwo(y)
		if control(x)|control(y) != 0 {
			wrong |= control(fed(x)) | control(fed(y))
		}
		if wrong == 0 {
			if i, open = i+16, second>>56; (x|y)&highs == 0 {
				i = skipPrintable(b, i)
			}
			continue
		}
		end := i + 16
		for i -= int(open >> 7); i < end && i < len(s); {
			n, err := character(s[i:])
			if err != nil {
				return err
			}
			i += n
		}
		open = 0
	}
	for i -= int(open >> 7); i < len(s); {
		n, err := character(s[i:])
		if err != nil {
			return err
		}
		i += n
	}
	return nil
}

// leads marks the octets 11xxxxxx, which begin a letter.
func leads(x uint64) uint64 { return x & (x << 1) & highs }

// follows marks the octets 10xxxxxx, which stand behind them.
func follows(x uint64) uint64 { return x &^ (x << 1) & highs }

// notTwo marks, among octets that lead, those that do not lead a letter of two octets, properly written.
func notTwo(x uint64) uint64 { return x<<2 | ^(x&leadBits + carry) }

// control is not zero if there is an octet below space: the borrow shows in that one, if in no other.
func control(x uint64) uint64 { return (x - ' '*octets) &^ x & highs }

// fed is x with every line feed a space.
func fed(x uint64) uint64 {
	y := x ^ lineFeed
	y = ^(y&lows + lows | y | lows)
	return x + y>>7*toSpace
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

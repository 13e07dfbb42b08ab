package xmltree

import "unicode/utf8"

// byteOrderMark is allowed once, at the very start (XML 1.0 §4.3.3).
const byteOrderMark = "\uFEFF"

// isChar is production Char of XML 1.0 §2.2, for character references.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// isBlank tells whether s is white space of XML 1.0 §2.3 only.
func isBlank(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isSpace(s[i]) {
			return false
		}
	}
	return true
}

// Classes of ASCII characters in names (XML 1.0 fifth edition §2.3, without the colon).
const (
	nameStart = 1 << iota
	namePart
)

// asciiName has an entry for every octet, so that reading it needs no check of bounds; those above
// ASCII are in no class.
var asciiName = func() (t [256]byte) {
	for c := range utf8.RuneSelf {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
			t[c] = nameStart | namePart
		case c >= '0' && c <= '9', c == '-', c == '.':
			t[c] = namePart
		}
	}
	return t
}()

// nameStartRanges is NameStartChar above ASCII (XML 1.0 fifth edition §2.3 [4]).
var nameStartRanges = [...][2]rune{
	{0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D},
	{0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
}

func isNameStart(r rune) bool {
	if r < utf8.RuneSelf {
		return asciiName[r]&nameStart != 0
	}
	for _, b := range nameStartRanges {
		if r >= b[0] && r <= b[1] {
			return true
		}
	}
	return false
}

func isNamePart(r rune) bool {
	if r < utf8.RuneSelf {
		return asciiName[r]&namePart != 0
	}
	return r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040 || isNameStart(r)
}

// IsNCName tells whether s is a name without a colon (Namespaces in XML 1.0 §3).
func IsNCName(s string) bool {
	for i, r := range s {
		if i == 0 && !isNameStart(r) || !isNamePart(r) {
			return false
		}
	}
	return s != ""
}

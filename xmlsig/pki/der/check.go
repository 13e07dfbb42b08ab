package der

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxDepth bounds nesting; a certificate needs about ten levels.
const maxDepth = 32

// constructed is the bit that marks a constructed encoding (X.690 §8.1.2.5).
const constructed = 0x20

// Check reports whether b is exactly one DER element with nothing after it:
// definite minimal lengths (X.690 §10.1), primitive strings (§10.2), minimal
// integers (§8.3.2) and 00/FF booleans (§11.1), all the way down. Content of
// OCTET STRINGs and BIT STRINGs is not entered.
func Check(b []byte) bool {
	s := cryptobyte.String(b)
	return checkNext(&s, 0) && s.Empty()
}

func checkNext(s *cryptobyte.String, depth int) bool {
	var content cryptobyte.String
	var tag asn1.Tag
	if depth > maxDepth || !s.ReadAnyASN1(&content, &tag) {
		return false
	}
	if tag&constructed == 0 {
		return checkPrimitive(tag, content)
	}
	// Of the universal types only SEQUENCE and SET are constructed in DER.
	if tag&0xc0 == 0 && tag != asn1.SEQUENCE && tag != asn1.SET {
		return false
	}
	for !content.Empty() {
		if !checkNext(&content, depth+1) {
			return false
		}
	}
	return true
}

func checkPrimitive(tag asn1.Tag, content []byte) bool {
	switch tag {
	case asn1.BOOLEAN:
		return len(content) == 1 && (content[0] == 0 || content[0] == 0xff)
	case asn1.INTEGER, asn1.ENUM:
		return minimalInteger(content)
	case asn1.NULL:
		return len(content) == 0
	case asn1.BIT_STRING:
		return len(content) > 0 && content[0] < 8
	case asn1.SEQUENCE &^ constructed, asn1.SET &^ constructed:
		return false
	}
	return true
}

// minimalInteger refuses nine equal leading bits (X.690 §8.3.2).
func minimalInteger(b []byte) bool {
	if len(b) < 2 {
		return len(b) == 1
	}
	return !(b[0] == 0 && b[1] < 0x80) && !(b[0] == 0xff && b[1] >= 0x80)
}

package xmlsig

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"kopir/xmlsig/reason"
)

const byteOrderMark = "\xEF\xBB\xBF"

// encodingDeclaration is the encoding an XML declaration names.
var encodingDeclaration = regexp.MustCompile(`^(<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"'>]*["']`)

// lookAtLetters undoes what happens to a document as text: marks, wrappings and encodings.
func (d *diagnosis) lookAtLetters() {
	text := string(d.doc)
	if d.isOpen(reason.CheckXML) || d.tree == nil {
		d.lookAtOctets(text)
		d.lookAtWrapping(text)
	}
	if d.isOpen(reason.CheckDigest) {
		d.attempt(unread(text, &windows1251), CauseMojibake, "the digest fits once its letters are taken for windows-1251 octets of UTF-8")
		d.attempt(unread(text, &windows1252), CauseMojibake, "the digest fits once its letters are taken for windows-1252 octets of UTF-8")
		d.attempt(unread(text, &latin1), CauseMojibake, "the digest fits once its letters are taken for ISO-8859-1 octets of UTF-8")
	}
	if n := strings.Count(text, "\uFFFD"); n > 0 && d.isOpen(reason.CheckDigest) {
		d.add(CauseLettersLost, fmt.Sprintf("the document holds %d replacement characters (U+FFFD)", n))
	}
}

// lookAtOctets tries the encodings a document may really have.
func (d *diagnosis) lookAtOctets(text string) {
	bare := strings.TrimLeft(text, "\uFEFF \t\r\n")
	if bare != text {
		d.attempt(bare, CauseByteOrderMark, "it verifies without what stands before its first tag")
	}
	if mojibake, ok := strings.CutPrefix(text, "ï»¿"); ok {
		d.attempt(mojibake, CauseByteOrderMark, "its byte order mark became the letters ï»¿")
	}
	if s, ok := fromUTF16(d.doc); ok {
		d.attempt(encodingDeclaration.ReplaceAllString(s, "$1"), CauseUTF16, "it verifies once it is written as UTF-8")
	}
	undeclared := encodingDeclaration.ReplaceAllString(text, "$1")
	if utf8.ValidString(text) {
		d.attempt(undeclared, CauseEncoding, "its octets are UTF-8, its XML declaration names another encoding")
	} else {
		d.attempt(windows1251.decode(undeclared), CauseEncoding, "its octets are windows-1251; it verifies once they are written as UTF-8")
	}
}

// lookAtWrapping takes a document out of JSON, HTML or base64.
func (d *diagnosis) lookAtWrapping(text string) {
	text = strings.TrimSpace(text)
	inner := ""
	switch {
	case strings.HasPrefix(text, `"`):
		if json.Unmarshal([]byte(text), &inner) == nil {
			d.wrapped(inner, "it is a JSON string")
		}
	case strings.HasPrefix(text, "&lt;"):
		d.wrapped(html.UnescapeString(text), "its tags are written &lt; and &gt;")
	case strings.HasPrefix(text, `<`) && strings.Contains(text, `=\"`), strings.HasPrefix(text, `\u003c`), strings.HasPrefix(text, `\u003C`):
		if json.Unmarshal([]byte(`"`+text+`"`), &inner) == nil {
			d.wrapped(inner, `it holds \" and \n, as inside a JSON string`)
		}
	case strings.HasPrefix(text, "PD94") || strings.HasPrefix(text, "PG") || strings.HasPrefix(text, "77u/"): // "<?x", "<" and a letter, a mark
		if b, err := base64.StdEncoding.DecodeString(withoutSpace(text)); err == nil {
			d.wrapped(string(b), "it is base64")
		}
	}
}

func (d *diagnosis) wrapped(inner, evidence string) {
	if !d.attempt(inner, CauseStillWrapped, evidence+"; what is inside verifies") && strings.HasPrefix(strings.TrimLeft(inner, "\uFEFF \t\r\n"), "<") {
		d.add(CauseStillWrapped, evidence)
	}
}

// fromUTF16 reads a document that begins with a mark of UTF-16, or shows zero octets.
func fromUTF16(b []byte) (string, bool) {
	var order binary.ByteOrder
	switch {
	case len(b) < 4 || len(b)%2 != 0:
		return "", false
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}), b[0] == '<' && b[1] == 0:
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}), b[0] == 0 && b[1] == '<':
		order = binary.BigEndian
	default:
		return "", false
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\uFEFF"), true
}

// codePage is the upper half of a single-byte encoding; 0 means the control character itself.
type codePage [128]rune

var (
	windows1251 = newCodePage("ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\x00™љ›њќћџ\u00A0ЎўЈ¤Ґ¦§Ё©Є«¬\u00AD®Ї°±Ііґµ¶·ё№є»јЅѕїАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя")
	latin1      = newCodePage(strings.Repeat("\x00", 128))
	windows1252 = newCodePage("€\x00‚ƒ„…†‡ˆ‰Š‹Œ\x00Ž\x00\x00‘’“”•–—˜™š›œ\x00žŸ\u00A0¡¢£¤¥¦§¨©ª«¬\u00AD®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ")
)

func newCodePage(letters string) (p codePage) {
	for i, r := range []rune(letters) {
		if p[i] = r; r == 0 {
			p[i] = rune(0x80 + i)
		}
	}
	return p
}

func (p *codePage) decode(octets string) string {
	var b strings.Builder
	for i := range len(octets) {
		if c := octets[i]; c < utf8.RuneSelf {
			b.WriteByte(c)
		} else {
			b.WriteRune(p[c-utf8.RuneSelf])
		}
	}
	return b.String()
}

// unread undoes "UTF-8 was read by this code page": the letters become the octets they stand
// for. It gives text back if they do not all stand for some, or the octets are no UTF-8.
func unread(text string, page *codePage) string {
	octet := map[rune]byte{}
	for i, r := range page {
		octet[r] = byte(0x80 + i)
	}
	var b strings.Builder
	for _, r := range strings.TrimPrefix(text, byteOrderMark) {
		switch c, ok := octet[r]; {
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case ok:
			b.WriteByte(c)
		default:
			return text
		}
	}
	if s := b.String(); utf8.ValidString(s) {
		return s
	}
	return text
}

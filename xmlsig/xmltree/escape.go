package xmltree

// escaped marks the octets that are escaped in text or in attribute values.
var escaped = [256]bool{'&': true, '<': true, '>': true, '"': true, '\t': true, '\n': true, '\r': true}

// EscapeText appends s as canonical character data (C14N 1.0 §2.3): any parser gives s back.
func EscapeText(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		if !escaped[s[i]] {
			continue
		}
		var esc string
		switch s[i] {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '\r':
			esc = "&#xD;"
		default:
			continue
		}
		dst = append(append(dst, s[from:i]...), esc...)
		from = i + 1
	}
	return append(dst, s[from:]...)
}

// EscapeAttr appends s as a canonical attribute value, without the quotes (C14N 1.0 §2.3).
func EscapeAttr(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		if !escaped[s[i]] {
			continue
		}
		var esc string
		switch s[i] {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '"':
			esc = "&quot;"
		case '\t':
			esc = "&#x9;"
		case '\n':
			esc = "&#xA;"
		case '\r':
			esc = "&#xD;"
		default:
			continue
		}
		dst = append(append(dst, s[from:i]...), esc...)
		from = i + 1
	}
	return append(dst, s[from:]...)
}

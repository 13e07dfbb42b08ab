package xmltree

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// text reads character data up to the next tag, comment or PI as one node: CDATA sections
// and character references are ways of writing, not structure (XML 1.0 §2.4, §2.7).
func (p *parser) text() error {
	from := p.pos
	to, angle := p.textEnd(from)
	if to > p.rare.at && p.rare.within(p.src, from, to) || strings.HasPrefix(p.src[to:], "<![") {
		return p.writtenText()
	}
	p.pos = to
	if err := p.addText(span{uint32(from), uint32(to - from)}); err != nil {
		return err
	}
	if angle { // the one octet that is its own value and escaped
		p.editLeaf(from)
	}
	return nil
}

// shortText is up to where text is looked at by eight octets: most texts in forms are words or
// indentation, and a call that is fast on long ones costs more than they do.
const shortText = 64

// textEnd is where the next "<" stands; angle tells whether a ">" stands before it.
func (p *parser) textEnd(from int) (to int, angle bool) {
	const same = ('<' ^ '>') * octets
	b := unsafe.Slice(unsafe.StringData(p.src), len(p.src)) // only read
	for to = from; to < from+shortText && to+8 <= len(b); to += 8 {
		x := binary.LittleEndian.Uint64(b[to:])
		x = (x | same) ^ '>'*octets
		if found := (x - octets) &^ x & highs; found != 0 {
			if to += bits.TrailingZeros64(found) / 8; b[to] == '<' {
				return to, false
			}
			break
		}
	}
	rest := p.src[to:]
	if i := strings.IndexByte(rest, '<'); i >= 0 {
		rest = rest[:i]
	}
	return to + len(rest), strings.IndexByte(rest, '>') >= 0
}

// writtenText reads text that may differ from its source.
func (p *parser) writtenText() error {
	start, mark := p.pos, len(p.side)
	plain := true // the text so far equals its source
	for p.pos < len(p.src) {
		from := p.pos
		if p.src[from] == '<' {
			if !strings.HasPrefix(p.src[from:], "<![CDATA[") {
				break
			}
			if plain {
				p.side = append(p.side, p.src[start:from]...)
				plain = false
			}
			if err := p.cdata(); err != nil {
				return err
			}
			continue
		}
		to, simple, err := p.scanText()
		if err != nil {
			return err
		}
		if plain && !simple {
			p.side = append(p.side, p.src[start:from]...)
			plain = false
		}
		if plain {
			p.pos = to
			continue
		}
		if err := p.decode(from, to, false); err != nil {
			return err
		}
		p.pos = to
	}
	value := span{uint32(start), uint32(p.pos - start)}
	if !plain {
		value = p.sideSpan(mark)
	}
	if value.n == 0 { // <![CDATA[]]>
		p.edit(EditNothing, -1, start)
		return nil
	}
	if err := p.addText(value); err != nil {
		return err
	}
	if !plain || strings.IndexByte(p.src[start:p.pos], '>') >= 0 {
		p.editLeaf(start)
	}
	return nil
}

func (p *parser) addText(value span) error {
	n, err := p.add(KindText)
	if err != nil {
		return err
	}
	n.value = value
	return nil
}

// hasText tells whether text that is not blank stands directly in element i, whose nodes are read.
func (p *parser) hasText(i int32) bool {
	nodes := p.doc.nodes
	for k := i + 1; k < int32(len(nodes)); k = nodes[k].end {
		if nodes[k].kind == KindText && !isBlank(p.str(nodes[k].value)) {
			return true
		}
	}
	return false
}

// scanText finds the end of the character data at pos; simple means that it is its own value.
func (p *parser) scanText() (end int, simple bool, err error) {
	raw := p.src[p.pos:]
	if i := strings.IndexByte(raw, '<'); i >= 0 {
		raw = raw[:i]
	}
	if strings.Contains(raw, "]]>") {
		return 0, false, p.malformed("\"]]>\" stands in text")
	}
	return p.pos + len(raw), strings.IndexByte(raw, '&') < 0 && strings.IndexByte(raw, '\r') < 0, nil
}

// cdata appends the CDATA section at pos to the side buffer.
func (p *parser) cdata() error {
	start := p.pos + len("<![CDATA[")
	end := strings.Index(p.src[start:], "]]>")
	if end < 0 {
		return p.malformed("a CDATA section does not end")
	}
	p.appendLines(start, start+end)
	p.pos = start + end + len("]]>")
	return nil
}

// decode appends src[from:to] to the side buffer with references resolved and line ends
// normalised; in an attribute white space becomes a space (XML 1.0 §3.3.3).
func (p *parser) decode(from, to int, attribute bool) error {
	for i := from; i < to; {
		run := i
		for i < to && !inValue[p.src[i]] {
			i++
		}
		if p.side = append(p.side, p.src[run:i]...); i == to {
			break
		}
		c := p.src[i]
		switch {
		case c == '&':
			n, err := p.reference(p.src[i:to])
			if err != nil {
				return err
			}
			i += n
			continue
		case c == '\r':
			if i+1 < to && p.src[i+1] == '\n' {
				i++
			}
			c = '\n'
		}
		if attribute && isSpace(c) {
			c = ' '
		}
		p.side = append(p.side, c)
		i++
	}
	return nil
}

// reference resolves the reference s begins with and tells its length. There are five
// entities: without a DOCTYPE no other can exist (XML 1.0 §4.6).
func (p *parser) reference(s string) (int, error) {
	end := strings.IndexByte(s, ';')
	if end < 0 {
		return 0, p.malformed("an ampersand begins no reference")
	}
	name := s[1:end]
	if strings.HasPrefix(name, "#") {
		r, ok := charReference(name[1:])
		if !ok {
			return 0, p.malformed("a character reference names no character of XML")
		}
		p.side = utf8.AppendRune(p.side, r)
		return end + 1, nil
	}
	var c byte
	switch name {
	case "amp":
		c = '&'
	case "lt":
		c = '<'
	case "gt":
		c = '>'
	case "quot":
		c = '"'
	case "apos":
		c = '\''
	default:
		return 0, p.malformed("an entity is not declared")
	}
	p.side = append(p.side, c)
	return end + 1, nil
}

// charReference reads the digits of &#…; (production [66]).
func charReference(s string) (rune, bool) {
	base, digits := rune(10), s
	if strings.HasPrefix(s, "x") {
		base, digits = 16, s[1:]
	}
	var r rune
	for i := 0; i < len(digits); i++ {
		d := hexDigit(digits[i])
		if d >= base || r > utf8.MaxRune {
			return 0, false
		}
		r = r*base + d
	}
	return r, digits != "" && isChar(r)
}

func hexDigit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return 16
}

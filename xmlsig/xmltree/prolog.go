package xmltree

import "strings"

// xmlDeclaration reads production [23] of XML 1.0 if the document begins with it.
func (p *parser) xmlDeclaration() error {
	rest := p.src[p.pos:]
	if !strings.HasPrefix(rest, "<?xml") || len(rest) < 6 || !isSpace(rest[5]) {
		return nil
	}
	end := strings.Index(rest, "?>")
	if end < 0 {
		return p.malformed("the XML declaration does not end")
	}
	body := rest[len("<?xml"):end]
	version, body, ok := pseudoAttribute(body, "version")
	if !ok {
		return p.malformed("the XML declaration has no version")
	}
	if version != "1.0" {
		return p.forbidden("only XML 1.0 is let in")
	}
	encoding, body, declared := pseudoAttribute(body, "encoding")
	if declared && !strings.EqualFold(encoding, "utf-8") {
		return p.forbidden("only UTF-8 is let in")
	}
	standalone, body, declared := pseudoAttribute(body, "standalone")
	if declared && standalone != "yes" && standalone != "no" || !isBlank(body) {
		return p.malformed("the XML declaration is not well-formed")
	}
	p.pos += end + len("?>")
	return nil
}

// pseudoAttribute reads S name Eq quoted-value off the front of s.
func pseudoAttribute(s, name string) (value, rest string, ok bool) {
	t := strings.TrimLeft(s, " \t\r\n")
	if len(t) == len(s) || !strings.HasPrefix(t, name) {
		return "", s, false
	}
	t = strings.TrimLeft(t[len(name):], " \t\r\n")
	if !strings.HasPrefix(t, "=") {
		return "", s, false
	}
	t = strings.TrimLeft(t[1:], " \t\r\n")
	if t == "" || t[0] != '"' && t[0] != '\'' {
		return "", s, false
	}
	end := strings.IndexByte(t[1:], t[0])
	if end < 0 {
		return "", s, false
	}
	return t[1 : 1+end], t[end+2:], true
}

// readComment reads production [15]. Its text is kept: C14N "with comments" writes it.
func (p *parser) readComment() error {
	start := p.pos + len("<!--")
	end := strings.Index(p.src[start:], "--")
	if end < 0 {
		return p.malformed("a comment does not end")
	}
	end += start
	if !strings.HasPrefix(p.src[end:], "-->") {
		return p.malformed("two hyphens stand inside a comment")
	}
	n, err := p.add(KindComment)
	if err != nil {
		return err
	}
	n.value = p.lines(start, end)
	p.doc.Comments++
	if len(p.open) > 0 {
		p.open[len(p.open)-1].commented = true
	}
	p.pos = end + len("-->")
	p.editLeaf(start - len("<!--"))
	return nil
}

// instruction reads production [16], a processing instruction.
func (p *parser) instruction() error {
	begin := p.pos
	p.pos += len("<?")
	target, prefix, err := p.qname()
	if err != nil {
		return err
	}
	name := p.str(target)
	if prefix > 0 || strings.EqualFold(name, "xml") {
		return p.malformed("the name of a processing instruction is reserved or has a colon")
	}
	end := strings.Index(p.src[p.pos:], "?>")
	if end < 0 {
		return p.malformed("a processing instruction does not end")
	}
	end += p.pos
	start := p.pos
	for start < end && isSpace(p.src[start]) {
		start++
	}
	if start == p.pos && start < end {
		return p.malformed("no white space follows the name of a processing instruction")
	}
	n, err := p.add(KindPI)
	if err != nil {
		return err
	}
	n.name, n.value = target, p.lines(start, end)
	p.pos = end + len("?>")
	p.editLeaf(begin)
	return nil
}

// lines is src[from:to] with line ends as XML 1.0 §2.11 wants them.
func (p *parser) lines(from, to int) span {
	if strings.IndexByte(p.src[from:to], '\r') < 0 {
		return span{uint32(from), uint32(to - from)}
	}
	mark := len(p.side)
	p.appendLines(from, to)
	return p.sideSpan(mark)
}

// appendLines appends src[from:to] to the side buffer, CR LF and CR as LF.
func (p *parser) appendLines(from, to int) {
	for i := from; i < to; i++ {
		c := p.src[i]
		if c == '\r' {
			c = '\n'
			if i+1 < to && p.src[i+1] == '\n' {
				i++
			}
		}
		p.side = append(p.side, c)
	}
}

func (p *parser) sideSpan(mark int) span {
	return span{uint32(mark) | sideBit, uint32(len(p.side) - mark)}
}

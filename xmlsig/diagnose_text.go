package xmlsig

import (
	"fmt"
	"strings"

	"kopir/xmlsig/reason"
)

// kind of a piece of XML source.
type pieceKind uint8

const (
	pieceText pieceKind = iota
	pieceOpen
	pieceClose
	pieceEmpty
	pieceComment
	pieceOther // instruction, declaration, CDATA
)

// piece is a tag, or what stands between two.
type piece struct {
	kind      pieceKind
	source    string
	signature bool // inside a Signature, or its own tags
}

// pieces cuts a document that passed the gate. Joined they are the document again.
func pieces(doc string) (out []piece) {
	depth := 0
	for doc != "" {
		p := nextPiece(doc)
		doc = doc[len(p.source):]
		own := p.local() == "Signature"
		if own && p.kind == pieceOpen || depth > 0 && p.kind == pieceOpen {
			depth++
		}
		p.signature = depth > 0
		if depth > 0 && p.kind == pieceClose {
			depth--
		}
		out = append(out, p)
	}
	return out
}

func nextPiece(doc string) piece {
	upTo := func(end string, kind pieceKind) piece {
		if i := strings.Index(doc, end); i >= 0 {
			return piece{kind: kind, source: doc[:i+len(end)]}
		}
		return piece{kind: kind, source: doc}
	}
	switch {
	case doc[0] != '<':
		if i := strings.IndexByte(doc, '<'); i >= 0 {
			return piece{source: doc[:i]}
		}
		return piece{source: doc}
	case strings.HasPrefix(doc, "<!--"):
		return upTo("-->", pieceComment)
	case strings.HasPrefix(doc, "<![CDATA["):
		return upTo("]]>", pieceOther)
	case strings.HasPrefix(doc, "<?"):
		return upTo("?>", pieceOther)
	}
	end := tagEnd(doc)
	switch {
	case strings.HasPrefix(doc, "</"):
		return piece{kind: pieceClose, source: doc[:end]}
	case doc[end-2] == '/':
		return piece{kind: pieceEmpty, source: doc[:end]}
	}
	return piece{kind: pieceOpen, source: doc[:end]}
}

// tagEnd is the offset behind the > of a tag; > may stand in attribute values.
func tagEnd(doc string) int {
	quote := byte(0)
	for i := 1; i < len(doc); i++ {
		switch c := doc[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(doc)
}

// name is the qualified name in a tag.
func (p piece) name() string {
	if p.kind != pieceOpen && p.kind != pieceClose && p.kind != pieceEmpty {
		return ""
	}
	s := strings.TrimLeft(p.source, "</")
	if i := strings.IndexAny(s, " \t\r\n/>"); i >= 0 {
		return s[:i]
	}
	return s
}

func (p piece) local() string {
	name := p.name()
	return name[strings.IndexByte(name, ':')+1:]
}

// layout is how white space is restored: between tags of the content and of signatures (nil:
// as it is), and inside the base64 values of signatures.
type layout struct {
	content, signature *string
	value              func(local, text string) string
}

// restore writes the document with that white space.
func (l layout) restore(list []piece) string {
	var kept []piece
	for i, p := range list {
		if p.kind == pieceText && withoutSpace(p.source) == "" && i > 0 && i+1 < len(list) && l.gap(list[i-1], list[i+1]) != nil {
			continue
		}
		kept = append(kept, p)
	}
	var b strings.Builder
	for i, p := range kept {
		switch {
		case i == 0:
		case p.kind != pieceText && kept[i-1].kind != pieceText:
			if gap := l.gap(kept[i-1], p); gap != nil {
				b.WriteString(*gap)
			}
		case p.kind == pieceText && p.signature && l.value != nil && i+1 < len(kept) && leaf(kept[i-1], kept[i+1]):
			p.source = l.value(kept[i-1].local(), p.source)
		}
		b.WriteString(p.source)
	}
	return b.String()
}

// gap is the white space wanted between two tags, nil: as it is.
func (l layout) gap(before, after piece) *string {
	switch {
	case leaf(before, after):
		return nil
	case before.signature && after.signature && !(before.kind == pieceClose && before.local() == "Signature"):
		return l.signature
	}
	return l.content
}

// leaf tells whether an element begins and ends here.
func leaf(before, after piece) bool { return before.kind == pieceOpen && after.kind == pieceClose }

// base64Width is the line length of MIME base64, which Java's signers write (RFC 2045 §6.8).
const base64Width = 76

// wrapValue breaks base64 into lines.
func wrapValue(text, lineEnd string) string {
	s := withoutSpace(strings.NewReplacer("&#13;", "", "&#xD;", "", "&#xd;", "", "&#10;", "", "&#xA;", "").Replace(text))
	var b strings.Builder
	for ; len(s) > base64Width; s = s[base64Width:] {
		b.WriteString(s[:base64Width] + lineEnd)
	}
	return b.String() + s
}

// santuarioValue lays a value out as NCALayer does (facts/national-pki.md §3.1): the digest bare,
// signature and certificates between line ends.
func santuarioValue(lineEnd string) func(local, text string) string {
	return func(local, text string) string {
		switch local {
		case "DigestValue":
			return wrapValue(text, lineEnd)
		case "SignatureValue", "X509Certificate":
			return "\n" + wrapValue(text, lineEnd) + "\n"
		}
		return text
	}
}

func compactValue(_, text string) string { return wrapValue(text, "") }

// lookAtText undoes changes of white space, line ends, comments and prefixes.
func (d *diagnosis) lookAtText() {
	if len(d.open) == 0 {
		return
	}
	doc := strings.TrimPrefix(string(d.doc), byteOrderMark)
	list := pieces(doc)
	d.lookAtComments(list)
	d.lookAtLineEnds(list)
	d.lookAtLayout(list)
	if d.isOpen(reason.CheckSignature) {
		d.lookAtPrefixes(list)
	}
}

// lookAtComments takes comments out of text.
func (d *diagnosis) lookAtComments(list []piece) {
	if len(d.tree.CommentedText()) == 0 {
		return
	}
	var b strings.Builder
	for _, p := range list {
		if p.kind != pieceComment {
			b.WriteString(p.source)
		}
	}
	if !d.attempt(b.String(), CauseCommentInText, "without its comments everything fits") && d.isOpen(reason.CheckXML) {
		d.add(CauseCommentInText, fmt.Sprintf("in %d elements", len(d.tree.CommentedText())))
	}
}

// lookAtLineEnds restores &#13;, which signers on Windows and Java's base64 write, or takes it away.
func (d *diagnosis) lookAtLineEnds(list []piece) {
	rewrite := func(signature bool, old, with string) string {
		var b strings.Builder
		for _, p := range list {
			if p.kind == pieceText && p.signature == signature {
				b.WriteString(strings.ReplaceAll(p.source, old, with))
			} else {
				b.WriteString(p.source)
			}
		}
		return b.String()
	}
	normal := strings.Contains(string(d.doc), "\r\n")
	end := map[bool]string{true: "\r\n", false: "\n"}[normal]
	d.attempt(layout{value: func(local, text string) string {
		if strings.Contains(text, "&#") {
			return text
		}
		return strings.ReplaceAll(text, end, "&#13;\n")
	}}.restore(list), CauseCarriageReturns, "the signature value fits once &#13; stands before the line ends of DigestValue")
	d.attempt(rewrite(false, end, "&#13;\n"), CauseLineEnds, "the digest fits once the line ends of the content are &#13; and a line feed")
	for _, written := range []string{"&#13;", "&#xD;", "&#xd;"} {
		d.attempt(rewrite(false, written, ""), CauseLineEnds, "the digest fits without "+written+" in the content")
	}
}

// lookAtLayout removes indents and restores the white space of the usual signers.
func (d *diagnosis) lookAtLayout(list []piece) {
	none, line := "", "\n"
	cause := CauseReindented
	if !indented(list) {
		cause = CauseWhiteSpaceRemoved
	}
	values := []struct {
		name  string
		gap   *string
		value func(local, text string) string
	}{
		{"the white space of the signature as it is", nil, nil},
		{"a line end after every tag and &#13; inside the values, as NCALayer writes", &line, santuarioValue("&#13;\n")},
		{"a line end after every tag, as NCALayer and Santuario write", &line, santuarioValue("\n")},
		{"no white space in the signature", &none, compactValue},
		{"a line end after every tag and values in one line", &line, compactValue},
	}
	for _, content := range []*string{&none, nil} {
		for _, v := range values {
			words := "it fits with " + v.name
			if content != nil {
				words += ", and no white space between the tags of the content"
			}
			d.attempt(layout{content: content, signature: v.gap, value: v.value}.restore(list), cause, words)
		}
	}
}

// indented tells whether spaces or tabs stand between tags.
func indented(list []piece) bool {
	for _, p := range list {
		if p.kind == pieceText && strings.ContainsAny(p.source, " \t") && withoutSpace(p.source) == "" {
			return true
		}
	}
	return false
}

// lookAtPrefixes gives the signature the prefixes signers use; a program that re-serialises
// makes its own, and moves the declaration.
func (d *diagnosis) lookAtPrefixes(list []piece) {
	for _, prefix := range []string{"ds", "", "dsig"} {
		d.attempt(withPrefix(list, prefix), CausePrefixChanged, "the signature value fits once the signature's elements have "+prefixWords(prefix))
	}
}

func prefixWords(prefix string) string {
	if prefix == "" {
		return "no prefix"
	}
	return "the prefix " + prefix
}

func withPrefix(list []piece, prefix string) string {
	own := ""
	for _, p := range list {
		if p.local() == "Signature" && p.kind == pieceOpen {
			own = strings.TrimSuffix(strings.TrimSuffix(p.name(), "Signature"), ":")
			break
		}
	}
	declared := ` xmlns="` + nsDSig + `"`
	if own != "" {
		declared = ` xmlns:` + own + `="` + nsDSig + `"`
	}
	with := ` xmlns="` + nsDSig + `"`
	if prefix != "" {
		with = ` xmlns:` + prefix + `="` + nsDSig + `"`
	}
	var b strings.Builder
	for _, p := range list {
		source := strings.Replace(p.source, declared, "", 1)
		name := p.name()
		if space, local, ok := strings.Cut(":"+name, ":"); name != "" && p.signature && ok && space == "" {
			if before, after, cut := strings.Cut(local, ":"); cut && before == own {
				source = strings.Replace(source, name, qualified(prefix, after), 1)
			} else if !cut && own == "" {
				source = strings.Replace(source, name, qualified(prefix, local), 1)
			}
		}
		if p.local() == "Signature" && p.kind == pieceOpen {
			at := strings.Index(source, "Signature") + len("Signature")
			source = source[:at] + with + source[at:]
		}
		b.WriteString(source)
	}
	return b.String()
}

// withoutSpace takes XML white space out.
func withoutSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, s)
}

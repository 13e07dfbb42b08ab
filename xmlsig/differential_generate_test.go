package xmlsig_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
)

// reSpaceInValue finds a line end or tab inside an attribute value.
var reSpaceInValue = regexp.MustCompile(`=\s*(?:"[^"<]*[\t\r\n][^"<]*"|'[^'<]*[\t\r\n][^'<]*')`)

// generated is a well-formed document made by chance: namespaces declared, hidden and used,
// attributes in any order and writing, text in every spelling, instructions and comments anywhere.
func generated(random *rand.Rand) string {
	g := generator{Rand: random, bound: []string{""}}
	g.WriteString(g.one("", "", "\uFEFF", "<?xml version='1.0'?>", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n"))
	g.misc()
	g.element(0)
	g.misc()
	return g.String()
}

type generator struct {
	*rand.Rand
	strings.Builder
	bound []string // prefixes in scope; "" is always usable
}

func (g *generator) one(choices ...string) string { return choices[g.IntN(len(choices))] }

// misc is what may stand outside the root.
func (g *generator) misc() {
	for range g.IntN(3) {
		g.WriteString(g.one("\n", "<!-- outside -->", "<?style a='1'?>", "<?p?>", " \r\n", "<?p  two  ?>"))
	}
}

func (g *generator) element(depth int) {
	before := g.bound
	g.bound = append([]string(nil), before...)
	declared := g.declarations()
	name := g.name(g.one("a", "b", "ә", "_x-1.2", "Signature"))
	g.WriteString("<" + name)
	attributes := append(declared, g.attributes()...)
	g.Shuffle(len(attributes), func(i, j int) { attributes[i], attributes[j] = attributes[j], attributes[i] })
	for _, a := range attributes {
		g.WriteString(g.one(" ", "  ", "\n\t") + a)
	}
	if g.IntN(4) == 0 {
		g.WriteString(g.one("", " ") + "/>")
	} else {
		g.WriteString(">")
		for range g.IntN(5 - min(depth, 4)) {
			g.content(depth)
		}
		g.WriteString("</" + name + g.one("", " ", "\n") + ">")
	}
	g.bound = before
}

func (g *generator) content(depth int) {
	switch g.IntN(3) {
	case 0:
		g.WriteString(g.one("text", " \n ", "Қазақ тілі 😀", "a&amp;b&lt;c>d", "&#13;&#xA;&#9;", "\r\n\r", "<![CDATA[<x>&]]>", "&quot;&apos;", "]]&gt;", "<![CDATA[]]>"))
	case 1:
		g.WriteString(g.one("<!-- c -->", "<!---->", "<?pi?>", "<?pi d ?>", "<?pi\td?>"))
	default:
		g.element(depth + 1)
	}
}

// declarations binds prefixes anew.
func (g *generator) declarations() (out []string) {
	for _, p := range []string{"p", "q", "rr"} {
		if g.IntN(4) > 0 {
			continue
		}
		out = append(out, "xmlns:"+p+"="+g.one(`"urn:1"`, `'urn:2'`, `"http://a/?b&amp;c"`))
		g.bound = append(g.bound, p)
	}
	if g.IntN(4) == 0 {
		out = append(out, "xmlns="+g.one(`""`, `"urn:1"`, `"urn:3"`, `''`))
	}
	return out
}

// attributes have no prefix but xml's and at most one of those in scope.
func (g *generator) attributes() (out []string) {
	names := []string{"a", "B", "id", "ә", "z.9"}
	if p := g.bound[g.IntN(len(g.bound))]; p != "" {
		names = append(names, p+":a", p+":z")
	} else {
		names = append(names, "xml:lang", "xml:space")
	}
	for _, name := range names {
		if g.IntN(4) > 0 {
			continue
		}
		out = append(out, name+g.one("=", " = ")+g.one(`""`, `"1"`, `'"'`, `"'"`, `"&#9;&#10;&#13;"`, `"&lt;>&amp;"`, `"ө 😀"`, `' a  b '`, `"&quot;"`))
	}
	return out
}

func (g *generator) name(local string) string {
	if p := g.bound[g.IntN(len(g.bound))]; p != "" {
		return p + ":" + local
	}
	return local
}

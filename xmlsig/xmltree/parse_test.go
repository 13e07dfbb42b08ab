package xmltree_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// TestGate is the list of what XML does not allow, what we do not let in, and what looks odd
// but is right. Each row has one reason.
func TestGate(t *testing.T) {
	const ok, malformed, forbidden = reason.Code(""), reason.XMLMalformed, reason.XMLForbidden
	tests := []struct {
		name, doc string
		want      reason.Code
	}{
		{"smallest", `<a/>`, ok},
		{"declaration", "<?xml version=\"1.0\" encoding='utf-8' standalone=\"no\" ?>\r\n<a/>", ok},
		{"byte order mark", "\uFEFF<?xml version='1.0'?><a/>", ok},
		{"Kazakh names", `<әкім:Өтініш xmlns:әкім="urn:ә" үлгі="1"/>`, ok},
		{"comment and PI around the root", "<!-- a --><?p?><a/><?p q?><!---->", ok},
		{"white space in tags", "<a\n b = '1'\tc=\"2\" ></a\r>", ok},
		{"> and ]] in text", `<a>x > y ]] z ]]&gt;</a>`, ok},
		{"quotes in text", `<a>"'</a>`, ok},
		{"> in an attribute", `<a b=">"/>`, ok},
		{"default namespace undone", `<a xmlns="urn:a"><b xmlns=""/></a>`, ok},
		{"xml bound to its own namespace", `<a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>`, ok},
		{"same local name in two namespaces", `<a xmlns:p="urn:p" x="1" p:x="2"/>`, ok},
		{"supplementary characters", "<a>&#x1F600;\U0001F600</a>", ok},
		{"one hyphen in a comment", `<a><!-- a-b --></a>`, ok},
		{"utf8 upper case", `<?xml version="1.0" encoding="UTF-8"?><a/>`, ok},

		{"empty", "", malformed},
		{"blank", " \n", malformed},
		{"no root", `<!-- a -->`, malformed},
		{"two roots", `<a/><b/>`, malformed},
		{"text before the root", `x<a/>`, malformed},
		{"text after the root", `<a/>x`, malformed},
		{"reference outside the root", `<a/>&#32;`, malformed},
		{"CDATA outside the root", `<a/><![CDATA[ ]]>`, malformed},
		{"unclosed", `<a><b></b>`, malformed},
		{"closed too often", `<a/></a>`, malformed},
		{"crossed", `<a><b></a></b>`, malformed},
		{"end tag of another prefix", `<p:a xmlns:p="urn:p" xmlns:q="urn:p"></q:a>`, malformed},
		{"case of the end tag", `<a></A>`, malformed},
		{"attribute in an end tag", `<a></a b="">`, malformed},
		{"tag cut off", `<a b="1"`, malformed},
		{"attribute cut off", `<a b="1`, malformed},
		{"attribute without value", `<a b/>`, malformed},
		{"attribute without quotes", `<a b=1/>`, malformed},
		{"attributes without space between", `<a b="1"c="2"/>`, malformed},
		{"slash inside a tag", `<a / >`, malformed},
		{"< in an attribute", `<a b="<"/>`, malformed},
		{"space before the name", `< a/>`, malformed},
		{"name begins with a digit", `<1a/>`, malformed},
		{"name begins with a colon", `<:a/>`, malformed},
		{"name ends with a colon", `<a:/>`, malformed},
		{"two colons", `<a:b:c xmlns:a="urn:a"/>`, malformed},
		{"local part begins with a digit", `<a:1 xmlns:a="urn:a"/>`, malformed},
		{"attribute begins with a colon", `<a :b="1"/>`, malformed},
		{"comment cut off", `<a><!-- </a>`, malformed},
		{"two hyphens in a comment", `<a><!-- -- --></a>`, malformed},
		{"comment ends with three hyphens", `<a><!-- ---></a>`, malformed},
		{"PI cut off", `<a><?p </a>`, malformed},
		{"PI without a name", `<a><? p?></a>`, malformed},
		{"PI with a colon", `<a><?p:q?></a>`, malformed},
		{"PI without space", `<a><?p"q"?></a>`, malformed},
		{"PI named xml", `<a><?xml version="1.0"?></a>`, malformed},
		{"PI named XmL", `<a><?XmL?></a>`, malformed},
		{"declaration after white space", ` <?xml version="1.0"?><a/>`, malformed},
		{"declaration without version", `<?xml encoding="utf-8"?><a/>`, malformed},
		{"declaration in the wrong order", `<?xml version="1.0" standalone="yes" encoding="utf-8"?><a/>`, malformed},
		{"declaration with standalone maybe", `<?xml version="1.0" standalone="maybe"?><a/>`, malformed},
		{"CDATA cut off", `<a><![CDATA[ </a>`, malformed},
		{"]]> in text", `<a>]]></a>`, malformed},
		{"lower case cdata", `<a><![cdata[x]]></a>`, malformed},
		{"element declaration", `<a><!ELEMENT a ANY></a>`, malformed},
		{"bare ampersand", `<a>a & b</a>`, malformed},
		{"ampersand at the end", `<a>&</a>`, malformed},
		{"undeclared entity", `<a>&nbsp;</a>`, malformed},
		{"entity across a tag", `<a>&am<b/>p;</a>`, malformed},
		{"reference to NUL", `<a>&#0;</a>`, malformed},
		{"reference to a control character", `<a>&#x1F;</a>`, malformed},
		{"reference to a surrogate", `<a>&#xD800;</a>`, malformed},
		{"reference to U+FFFE", `<a>&#xFFFE;</a>`, malformed},
		{"reference beyond Unicode", `<a>&#x110000;</a>`, malformed},
		{"reference far beyond", `<a>&#99999999999999999999;</a>`, malformed},
		{"reference without digits", `<a>&#;</a>`, malformed},
		{"reference with X", `<a>&#X41;</a>`, malformed},
		{"reference with a sign", `<a>&#+65;</a>`, malformed},
		{"NUL", "<a>\x00</a>", malformed},
		{"control character in an attribute", "<a b='\x01'/>", malformed},
		{"control character in a comment", "<a><!--\x01--></a>", malformed},
		{"U+FFFF", "<a>\uFFFF</a>", malformed},
		{"broken UTF-8", "<a>\xff</a>", malformed},
		{"overlong UTF-8", "<a>\xc0\x80</a>", malformed},
		{"surrogate in UTF-8", "<a>\xed\xa0\x80</a>", malformed},
		{"two byte order marks", "\uFEFF\uFEFF<a/>", malformed},
		{"doubled attribute", `<a b="1" b="2"/>`, malformed},
		{"doubled expanded name", `<a xmlns:p="urn:x" xmlns:q="urn:x" p:b="1" q:b="2"/>`, malformed},
		{"doubled among many", `<a` + attributes(40) + ` a7=""/>`, malformed},
		{"doubled declaration", `<a xmlns:p="urn:x" xmlns:p="urn:x"/>`, malformed},
		{"doubled default declaration", `<a xmlns="urn:x" xmlns="urn:x"/>`, malformed},
		{"undeclared element prefix", `<p:a/>`, malformed},
		{"undeclared attribute prefix", `<a p:b=""/>`, malformed},
		{"prefix used outside its scope", `<a><b xmlns:p="urn:p"/><p:c/></a>`, malformed},
		{"prefix bound to nothing", `<a xmlns:p=""/>`, malformed},
		{"xml bound anew", `<a xmlns:xml="urn:x"/>`, malformed},
		{"another prefix bound to xml's", `<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>`, malformed},
		{"default bound to xml's", `<a xmlns="http://www.w3.org/XML/1998/namespace"/>`, malformed},
		{"xmlns bound", `<a xmlns:xmlns="urn:x"/>`, malformed},
		{"prefix bound to xmlns's", `<a xmlns:p="http://www.w3.org/2000/xmlns/"/>`, malformed},
		{"element with prefix xmlns", `<xmlns:a/>`, malformed},

		{"DOCTYPE", `<!DOCTYPE a><a/>`, forbidden},
		{"DOCTYPE with entities", `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, forbidden},
		{"DOCTYPE inside", `<a><!DOCTYPE a></a>`, forbidden},
		{"UTF-16 declared", `<?xml version="1.0" encoding="UTF-16"?><a/>`, forbidden},
		{"windows-1251", "<?xml version=\"1.0\" encoding=\"windows-1251\"?><a>\xcf</a>", forbidden},
		{"UTF-16", "\xff\xfe<\x00a\x00/\x00>\x00", forbidden},
		{"XML 1.1", `<?xml version="1.1"?><a/>`, forbidden},

		{"too deep", strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200), reason.TooLarge},
		{"too many attributes", "<a" + attributes(300) + "/>", reason.TooLarge},
		{"too many declarations", "<a" + declarations(0, 100) + "/>", reason.TooLarge},
		{"too many in force", "<a" + declarations(0, 60) + "><b" + declarations(60, 120) + "><c" + declarations(120, 160) + "/></b></a>", reason.TooLarge},
		{"name too long", "<" + strings.Repeat("a", 600) + "/>", reason.TooLarge},
		{"namespace name too long", `<a xmlns="urn:` + strings.Repeat("a", 2000) + `"/>`, reason.TooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := xmltree.Parse([]byte(tt.doc), xmltree.Limits{})
			if got := code(err); got != tt.want {
				t.Fatalf("got %q (%v), want %q", got, err, tt.want)
			}
			if (doc == nil) == (err == nil) {
				t.Error("neither document nor error, or both")
			}
		})
	}
}

func code(err error) reason.Code {
	var e *reason.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return "not a reason.Error"
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d=""`, i)
	}
	return b.String()
}

func declarations(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, ` xmlns:p%d="urn:%d"`, i, i)
	}
	return b.String()
}

func TestLimitsAreTheCallers(t *testing.T) {
	tests := []struct {
		doc string
		lim xmltree.Limits
	}{
		{"<a>12345</a>", xmltree.Limits{Bytes: 11}},
		{"<a><b><c></c></b></a>", xmltree.Limits{Depth: 2}},
		{"<a><b/><c/></a>", xmltree.Limits{Nodes: 2}},
		{"<a b='' c=''/>", xmltree.Limits{Attrs: 1}},
		{"<a xmlns='urn:a' xmlns:b='urn:b'/>", xmltree.Limits{NSDecls: 1}},
		{"<abc/>", xmltree.Limits{Name: 2}},
		{"<a xmlns='urn:a'/>", xmltree.Limits{URI: 4}},
		{"<a xmlns='urn:a'/>", xmltree.Limits{Scope: 2}},
	}
	for _, tt := range tests {
		if _, err := xmltree.Parse([]byte(tt.doc), tt.lim); code(err) != reason.TooLarge {
			t.Errorf("%s %+v: %v", tt.doc, tt.lim, err)
		}
		if _, err := xmltree.Parse([]byte(tt.doc), xmltree.Limits{}); err != nil {
			t.Errorf("%s: %v", tt.doc, err)
		}
	}
	deep := strings.Repeat("<a>", 128) + strings.Repeat("</a>", 128)
	if _, err := xmltree.Parse([]byte(deep), xmltree.DefaultLimits()); err != nil {
		t.Error(err)
	}
}

// TestNormalisation reads values as XML 1.0 §2.11 and §3.3.3 want them.
func TestNormalisation(t *testing.T) {
	tests := []struct{ doc, text, attr string }{
		{"<a b='x'>y</a>", "y", "x"},
		{"<a b='\r\n\t\rx\n'>1\r\n2\r3\n</a>", "1\n2\n3\n", "   x "},
		{"<a b='&#13;&#10;&#9;&#x20;'>&#13;&#10;</a>", "\r\n", "\r\n\t "},
		{"<a b='&lt;&gt;&amp;&quot;&apos;'>&lt;&gt;&amp;&quot;&apos;</a>", "<>&\"'", "<>&\"'"},
		{"<a b=''>1<![CDATA[<&\r\n]]>2<![CDATA[]]>&#x4D8;</a>", "1<&\n2Ә", ""},
		{"<a b=''>\r<![CDATA[\n]]></a>", "\n\n", ""},
		{"<a b=''><![CDATA[]]]]><![CDATA[>]]></a>", "]]>", ""},
		{"<a b=''>1<!-- c -->2<?p?>3<x>no</x>4</a>", "1234", ""},
		{"<a b=''></a>", "", ""},
		{"<a b='&amp;lt;'>&amp;lt;</a>", "&lt;", "&lt;"},
	}
	for _, tt := range tests {
		doc := parse(t, tt.doc)
		if got := doc.Root.Text(); got != tt.text {
			t.Errorf("%q: text %q, want %q", tt.doc, got, tt.text)
		}
		if got, ok := doc.Root.Attr("", "b"); got != tt.attr || !ok {
			t.Errorf("%q: attribute %q, want %q", tt.doc, got, tt.attr)
		}
	}
}

func parse(t testing.TB, s string) *xmltree.Document {
	t.Helper()
	doc, err := xmltree.Parse([]byte(s), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

package c14n_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

func parse(t testing.TB, s string) *xmltree.Document {
	t.Helper()
	doc, err := xmltree.Parse([]byte(s), xmltree.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	return doc
}

// TestSubtree canonicalises the element named "s" (or the document) by each method.
func TestSubtree(t *testing.T) {
	const (
		all = c14n.C14N10
		exc = c14n.Exclusive
	)
	tests := []struct {
		name     string
		doc      string
		method   c14n.Method
		prefixes string
		want     string
	}{
		{"inclusive inherits namespaces", `<r xmlns="urn:r" xmlns:p="urn:p" xmlns:q="urn:q"><s><p:x/></s></r>`, all, "",
			`<s xmlns="urn:r" xmlns:p="urn:p" xmlns:q="urn:q"><p:x></p:x></s>`},
		{"exclusive takes what is used", `<r xmlns="urn:r" xmlns:p="urn:p" xmlns:q="urn:q"><s><p:x/><p:y q:z=""/></s></r>`, exc, "",
			`<s xmlns="urn:r"><p:x xmlns:p="urn:p"></p:x><p:y xmlns:p="urn:p" xmlns:q="urn:q" q:z=""></p:y></s>`},
		{"exclusive with a list", `<r xmlns="urn:r" xmlns:p="urn:p" xmlns:q="urn:q"><s><p:x/></s></r>`, exc, "q p none",
			`<s xmlns="urn:r" xmlns:p="urn:p" xmlns:q="urn:q"><p:x></p:x></s>`},
		{"exclusive with #default", `<r xmlns="urn:r" xmlns:p="urn:p"><p:s><x xmlns=""/></p:s></r>`, exc, "#default",
			`<p:s xmlns="urn:r" xmlns:p="urn:p"><x xmlns=""></x></p:s>`},
		{"exclusive without #default", `<r xmlns="urn:r" xmlns:p="urn:p"><p:s><x xmlns=""/><y/></p:s></r>`, exc, "",
			`<p:s xmlns:p="urn:p"><x></x><y xmlns="urn:r"></y></p:s>`},
		{"inner declaration hides the outer", `<r xmlns="urn:r" xmlns:p="urn:1"><m xmlns="" xmlns:p="urn:2"><s p:a=""/></m></r>`, all, "",
			`<s xmlns:p="urn:2" p:a=""></s>`},
		{"repeated declarations are written once", `<s xmlns="urn:r" xmlns:p="urn:p"><x xmlns="urn:r" xmlns:p="urn:p"><y xmlns=""/></x></s>`, all, "",
			`<s xmlns="urn:r" xmlns:p="urn:p"><x><y xmlns=""></y></x></s>`},
		{"superfluous undoing", `<s><x xmlns=""><y xmlns="urn:y"><z xmlns=""/></y></x></s>`, all, "",
			`<s><x><y xmlns="urn:y"><z xmlns=""></z></y></x></s>`},
		{"xml is never declared", `<s xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="kk"/>`, all, "", `<s xml:lang="kk"></s>`},
		{"exclusive and xml:lang", `<r xml:lang="kk"><s xml:space="preserve"/></r>`, exc, "", `<s xml:space="preserve"></s>`},
		{"attributes are sorted by namespace name, then name", `<s xmlns:b="urn:a" xmlns:a="urn:b" a:x="1" b:x="2" z="3" y="4" b:w="5"/>`, all, "",
			`<s xmlns:a="urn:b" xmlns:b="urn:a" y="4" z="3" b:w="5" b:x="2" a:x="1"></s>`},
		{"declarations are sorted by prefix", `<s xmlns:b="urn:1" xmlns="urn:3" xmlns:a="urn:2"/>`, all, "", `<s xmlns="urn:3" xmlns:a="urn:2" xmlns:b="urn:1"></s>`},
		{"xml: attributes are inherited in 1.0", `<r xml:lang="kk" xml:id="r" xml:base="http://a/b/"><m xml:lang="ru"><s xml:base="c"/></m></r>`, all, "",
			`<s xml:base="c" xml:id="r" xml:lang="ru"></s>`},
		{"in 1.1 xml:id is not and xml:base is joined", `<r xml:lang="kk" xml:id="r" xml:base="http://a/b/"><m xml:space="preserve" xml:base="x/y"><s xml:base="../c"/></m></r>`, c14n.C14N11, "",
			`<s xml:base="http://a/b/c" xml:lang="kk" xml:space="preserve"></s>`},
		{"in 1.1 xml:base comes from above", `<r xml:base="foo/bar"><m xml:base=".."><s/></m></r>`, c14n.C14N11, "", `<s xml:base=""></s>`},
		{"comments stay with comments", `<r><s><!-- a\b --></s></r>`, c14n.ExclusiveComments, "", `<s><!-- a\b --></s>`},
		{"comments go without", `<r><s>1<!-- a -->2</s></r>`, exc, "", `<s>12</s>`},
		{"escaping", "<s a='&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;'>&lt;&gt;&amp;\"'&#9;&#10;&#13;</s>", all, "",
			"<s a=\"&lt;>&amp;&quot;'&#x9;&#xA;&#xD;\">&lt;&gt;&amp;\"'\t\n&#xD;</s>"},
		{"PI", "<s><?p?><?q  r s ?></s>", all, "", "<s><?p?><?q r s ?></s>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := parse(t, tt.doc)
			got, err := c14n.Append(nil, doc, named(doc, "s"), tt.method, c14n.Options{Prefixes: strings.Fields(tt.prefixes)})
			if want := strings.Replace(tt.want, ` xml:base=""`, "", 1); err != nil || string(got) != want {
				t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
			}
		})
	}
}

func named(doc *xmltree.Document, local string) *xmltree.Element {
	for i := range doc.Len() {
		if doc.Kind(i) == xmltree.KindElement && doc.ElementAt(i).Local() == local {
			return doc.ElementAt(i)
		}
	}
	return nil
}

func TestDocumentWithout(t *testing.T) {
	doc := parse(t, "<?a?><!-- b -->\n\n<r>1<x>gone<y/></x>2<z/></r> <!-- c --><?d e?>")
	x, y := named(doc, "x"), named(doc, "y")
	for m, want := range map[c14n.Method]string{
		c14n.C14N10:         "<?a?>\n<r>12<z></z></r>\n<?d e?>",
		c14n.C14N10Comments: "<?a?>\n<!-- b -->\n<r>12<z></z></r>\n<!-- c -->\n<?d e?>",
	} {
		got, err := c14n.Append([]byte("kept:"), doc, nil, m, c14n.Options{Without: []*xmltree.Element{x, y}})
		if err != nil || string(got) != "kept:"+want {
			t.Errorf("%v %q", err, got)
		}
	}
	for _, apex := range []*xmltree.Element{nil, doc.Root} {
		if got, err := c14n.Append(nil, doc, apex, c14n.C14N10, c14n.Options{Without: []*xmltree.Element{doc.Root}}); err == nil {
			t.Errorf("nothing was canonicalised to %q", got)
		}
	}
}

func TestRefuses(t *testing.T) {
	long := `<r xmlns:p="urn:` + strings.Repeat("x", 1000) + `">` + strings.Repeat("<p:a/>", 20000) + "</r>"
	tests := []struct {
		name, doc string
		method    c14n.Method
		apex      string
		want      reason.Code
	}{
		{"relative namespace", `<r xmlns="rel"/>`, c14n.C14N10, "r", reason.XMLForbidden},
		{"relative namespace, exclusive", `<r xmlns:p="../rel"/>`, c14n.Exclusive, "r", reason.XMLForbidden},
		{"relative namespace of an ancestor", `<r xmlns="rel"><s xmlns=""/></r>`, c14n.Exclusive, "s", reason.XMLForbidden},
		{"relative namespace of a child", `<r><s xmlns="1:a"/></r>`, c14n.C14N11, "r", reason.XMLForbidden},
		{"relative namespace elsewhere", `<r><x xmlns="rel"/><s/></r>`, c14n.C14N10, "s", ""},
		{"growth without proportion", long, c14n.Exclusive, "r", reason.TooLarge},
		{"the same, inclusive", long, c14n.C14N10, "r", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := parse(t, tt.doc)
			got, err := c14n.Append(nil, doc, named(doc, tt.apex), tt.method, c14n.Options{})
			var e *reason.Error
			if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &e) || e.Code != tt.want || len(got) != 0) {
				t.Errorf("got %d bytes, %v, want %q", len(got), err, tt.want)
			}
		})
	}
}

func TestMethods(t *testing.T) {
	for m := c14n.C14N10; m <= c14n.ExclusiveComments; m++ {
		back, ok := c14n.ByURI(m.URI())
		if !ok || back != m || m.WithoutComments().KeepsComments() {
			t.Errorf("%d %s", m, m.URI())
		}
	}
	for _, uri := range []string{"", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#", "HTTP://www.w3.org/2006/12/xml-c14n11"} {
		if _, ok := c14n.ByURI(uri); ok {
			t.Errorf("%q is a method", uri)
		}
	}
}

var methods = []c14n.Method{c14n.C14N10, c14n.C14N10Comments, c14n.C14N11, c14n.C14N11Comments, c14n.Exclusive, c14n.ExclusiveComments}

// idempotent wants c14n(parse(c14n(x))) == c14n(x) for every method.
func idempotent(t interface {
	Helper()
	Fatalf(string, ...any)
}, doc *xmltree.Document) {
	t.Helper()
	for _, m := range methods {
		once, err := c14n.Append(nil, doc, nil, m, c14n.Options{})
		if err != nil {
			var e *reason.Error
			if !errors.As(err, &e) {
				t.Fatalf("not a reason: %v", err)
			}
			continue
		}
		again, err := xmltree.Parse(once, xmltree.Limits{})
		if err != nil {
			t.Fatalf("the canonical form is no document: %v\n%s", err, once)
		}
		twice, err := c14n.Append(nil, again, nil, m, c14n.Options{})
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s is not idempotent: %v\n%s\n%s", m.URI(), err, once, twice)
		}
	}
}

// FuzzCanonical feeds arbitrary documents.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`<r xmlns="urn:r" xmlns:p="urn:p"><p:a b="&#10;" p:c=""/>x<![CDATA[<]]><!-- c --><?p q?></r>`))
	f.Add([]byte(`<a xml:lang="kk"><b xmlns="urn:b"><c xmlns=""/></b></a>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if doc, err := xmltree.Parse(b, xmltree.Limits{Bytes: 1 << 16, Nodes: 5000}); err == nil {
			idempotent(t, doc)
		}
	})
}

// TestGeneratedDocuments builds namespace puzzles: nested elements that declare, hide and use a
// few prefixes.
func TestGeneratedDocuments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc, err := xmltree.Parse([]byte(puzzle(t, 0, []string{""})), xmltree.Limits{})
		if err != nil {
			t.Fatalf("%v", err)
		}
		idempotent(t, doc)
		for i := range doc.Len() {
			if doc.Kind(i) == xmltree.KindElement {
				standsAlone(t, doc, doc.ElementAt(i))
			}
		}
	})
}

// standsAlone wants a subtree to mean the same inside and outside its document: its inclusive
// form, parsed alone, has the same inclusive and exclusive form.
func standsAlone(t *rapid.T, doc *xmltree.Document, apex *xmltree.Element) {
	inside := make(map[c14n.Method]string)
	for _, m := range methods {
		b, err := c14n.Append(nil, doc, apex, m, c14n.Options{Prefixes: []string{"q", "#default"}})
		if err != nil {
			t.Fatalf("%v", err)
		}
		inside[m] = string(b)
	}
	alone, err := xmltree.Parse([]byte(inside[c14n.C14N10Comments]), xmltree.Limits{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, m := range methods {
		b, err := c14n.Append(nil, alone, alone.Root, m, c14n.Options{Prefixes: []string{"q", "#default"}})
		if err != nil || string(b) != inside[m] {
			t.Fatalf("%s: %v\ninside %s\nalone  %s", m.URI(), err, inside[m], b)
		}
	}
}

func puzzle(t *rapid.T, depth int, known []string) string {
	known = append([]string(nil), known...)
	var b strings.Builder
	var declared string
	for _, p := range []string{"", "p", "q"} {
		if !rapid.Bool().Draw(t, "declare") {
			continue
		}
		uri := rapid.SampledFrom([]string{"urn:1", "urn:2"}).Draw(t, "uri")
		if p == "" {
			declared += ` xmlns="` + rapid.SampledFrom([]string{"", uri}).Draw(t, "default") + `"`
		} else {
			declared += ` xmlns:` + p + `="` + uri + `"`
			known = append(known, p)
		}
	}
	prefix := rapid.SampledFrom(known).Draw(t, "prefix")
	name := strings.TrimPrefix(prefix+":e", ":")
	b.WriteString("<" + name + declared)
	if p := rapid.SampledFrom(known).Draw(t, "attribute"); p != "" {
		b.WriteString(" " + p + `:a="&#9;&lt;"`)
	}
	b.WriteString(">")
	for range rapid.IntRange(0, 3-depth%4).Draw(t, "children") {
		b.WriteString(rapid.SampledFrom([]string{"т&amp;", "<!--c-->", "<?p i?>", "<![CDATA[<]]>"}).Draw(t, "leaf"))
		if depth < 4 {
			b.WriteString(puzzle(t, depth+1, known))
		}
	}
	return b.String() + "</" + name + ">"
}

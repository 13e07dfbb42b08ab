package c14n_test

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// plain canonicalises by the letter of the standards: every node is written from the tree, with a map
// of namespaces at each, and nothing of the source is copied. It is what the package is held against.
type plain struct {
	doc      *xmltree.Document
	method   c14n.Method
	prefixes []string
	without  []*xmltree.Element
	out      []byte
}

func (p *plain) subtree(i int, apex bool, rendered map[string]string) {
	switch p.doc.Kind(i) {
	case xmltree.KindText:
		p.out = xmltree.EscapeText(p.out, p.doc.Value(i))
	case xmltree.KindComment:
		if p.method.KeepsComments() {
			p.out = append(p.out, "<!--"+p.doc.Value(i)+"-->"...)
		}
	case xmltree.KindPI:
		data := p.doc.Value(i)
		if data != "" {
			data = " " + data
		}
		p.out = append(p.out, "<?"+p.doc.Name(i)+data+"?>"...)
	case xmltree.KindElement:
		if slices.ContainsFunc(p.without, func(e *xmltree.Element) bool { return !apex && e.Index() == i }) {
			return
		}
		rendered = maps.Clone(rendered)
		p.startTag(i, apex, rendered)
		for k := i + 1; k < p.doc.End(i); k = p.doc.End(k) {
			p.subtree(k, false, rendered)
		}
		p.out = append(p.out, "</"+p.doc.Name(i)+">"...)
	}
}

func (p *plain) startTag(i int, apex bool, rendered map[string]string) {
	p.out = append(p.out, "<"+p.doc.Name(i)...)
	inScope, used := p.inScope(i), map[string]bool{p.doc.PrefixOf(i): true}
	var attrs []xmltree.Attribute
	own := map[string]bool{}
	for n := i; n >= 0 && (n == i || apex && !p.method.IsExclusive()); n = p.doc.Parent(n) {
		for j, to := p.doc.Attributes(n); j < to; j++ {
			a := p.doc.Attribute(j)
			outer := a.Space == xmltree.XMLNamespace && !own[a.Local]
			if only11 := p.method == c14n.C14N11 || p.method == c14n.C14N11Comments; n != i && only11 {
				outer = outer && (a.Local == "lang" || a.Local == "space") // xml:base is not in these tests
			}
			if n == i || outer {
				attrs, used[a.Prefix] = append(attrs, a), used[a.Prefix] || a.Prefix != ""
				own[a.Local] = own[a.Local] || a.Space == xmltree.XMLNamespace
			}
		}
	}
	for _, prefix := range slices.Sorted(maps.Keys(inScope)) {
		name := strings.TrimSuffix("xmlns:"+prefix, ":")
		listed := slices.Contains(p.prefixes, prefix) || prefix == "" && slices.Contains(p.prefixes, "#default")
		if (!p.method.IsExclusive() || used[prefix] || listed) && rendered[prefix] != inScope[prefix] {
			p.out = append(xmltree.EscapeAttr(append(p.out, " "+name+`="`...), inScope[prefix]), '"')
			rendered[prefix] = inScope[prefix]
		}
	}
	slices.SortFunc(attrs, func(a, b xmltree.Attribute) int {
		return strings.Compare(a.Space+"\x00"+a.Local, b.Space+"\x00"+b.Local)
	})
	for _, a := range attrs {
		p.out = append(xmltree.EscapeAttr(append(p.out, " "+a.Name+`="`...), a.Value), '"')
	}
	p.out = append(p.out, '>')
}

// inScope are the namespaces of element i by prefix; "" stands for a default that is undone or none.
func (p *plain) inScope(i int) map[string]string {
	out := map[string]string{"": ""}
	if parent := p.doc.Parent(i); parent >= 0 {
		out = p.inScope(parent)
	}
	for j, to := p.doc.Declarations(i); j < to; j++ {
		if prefix, uri := p.doc.Declaration(j); prefix != "xml" {
			out[prefix] = uri
		}
	}
	return out
}

// agree canonicalises parts of a document, with and without holes, in both ways.
func agree(t testing.TB, doc *xmltree.Document, random *rand.Rand) {
	t.Helper()
	var elements []*xmltree.Element
	for i := range doc.Len() {
		if doc.Kind(i) == xmltree.KindElement {
			elements = append(elements, doc.ElementAt(i))
		}
	}
	for _, m := range methods {
		for _, apex := range []*xmltree.Element{doc.Root, elements[random.IntN(len(elements))]} {
			opt := c14n.Options{Prefixes: [][]string{nil, {"p", "#default"}}[random.IntN(2)], MaxBytes: 1 << 30}
			for range random.IntN(4) {
				if e := elements[random.IntN(len(elements))]; e != apex {
					opt.Without = append(opt.Without, e)
				}
			}
			got, err := c14n.Append([]byte("dst"), doc, apex, m, opt)
			if err != nil {
				if code(err) != reason.XMLForbidden {
					t.Fatal(err)
				}
				continue // a relative namespace name
			}
			p := plain{doc: doc, method: m, prefixes: opt.Prefixes, without: opt.Without, out: []byte("dst")}
			p.subtree(apex.Index(), true, map[string]string{})
			if string(got) != string(p.out) {
				t.Fatalf("%s of node %d of\n%s\ngives\n%s\nwant\n%s", m.URI(), apex.Index(), doc.Source(), got, p.out)
			}
		}
	}
}

func code(err error) reason.Code {
	return reason.FromError("", 0, err, "").Code
}

// TestAgreesWithPlain: every readable document we have, and random ones of all that can be written in
// more than one way.
func TestAgreesWithPlain(t *testing.T) {
	random, count := rand.New(rand.NewPCG(7, 8)), 0
	for _, b := range vectors(t) {
		if doc, err := xmltree.Parse(b, xmltree.Limits{}); err == nil && !strings.Contains(string(b), "xml:base") {
			agree(t, doc, random)
			count++
		}
	}
	if count < 150 {
		t.Errorf("%d vectors", count)
	}
	for range 20_000 {
		if doc, err := xmltree.Parse([]byte(pieces(random)), xmltree.Limits{}); err == nil {
			agree(t, doc, random)
		}
	}
}

// TestSharedDocumentsAgreeWithPlain is the same for the collected ones.
func TestSharedDocumentsAgreeWithPlain(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	documents(t, func(_ string, b []byte, doc *xmltree.Document) {
		if !strings.Contains(string(b), "xml:base") {
			agree(t, doc, random)
		}
	})
}

// FuzzAgreesWithPlain changes documents at will.
func FuzzAgreesWithPlain(f *testing.F) {
	random := rand.New(rand.NewPCG(11, 12))
	for range 50 {
		f.Add([]byte(pieces(random)), uint64(1))
	}
	for _, b := range vectors(f) {
		f.Add(b, uint64(2))
	}
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		doc, err := xmltree.Parse(b, xmltree.Limits{Bytes: 1 << 16, Nodes: 2000})
		if err == nil && !strings.Contains(string(b), "base") {
			agree(t, doc, rand.New(rand.NewPCG(seed, 1)))
		}
	})
}

// vectors are the documents of testdata/vectors, without their headers.
func vectors(t testing.TB) (out [][]byte) {
	paths, err := filepath.Glob("../../testdata/vectors/*/*")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, doc, _ := bytes.Cut(b, []byte("\n\n"))
		out = append(out, doc)
	}
	return out
}

// pieces is a random document, mostly well-formed, of all that has more than one way of writing.
func pieces(random *rand.Rand) string {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	var b strings.Builder
	b.WriteString(pick("", "<?xml version='1.0'?>\n", "\uFEFF", "<!-- c --><?p?>") + `<r xmlns:p="urn:p"` + pick("", ` xmlns="urn:r"`, "\nxml:lang='kk'") + ">")
	var open []string
	for range random.IntN(30) {
		switch random.IntN(6) {
		case 0, 1:
			name := pick("a", "p:a", "q:a", "ә", "p:ә")
			b.WriteString("<" + name)
			if random.IntN(2) == 0 || strings.HasPrefix(name, "q") {
				b.WriteString(pick(` xmlns:q="urn:q"`, ` xmlns:q="urn:p"`, ` xmlns:q = 'urn:&lt;' xmlns="urn:d"`, ` xmlns:q="urn:q" xmlns=""`, ` xmlns:p="urn:2" xmlns:q="urn:p"`))
			}
			b.WriteString(pick("", "", ` x="1"`, ` x='1'`, ` z="1" b="2"`, ` b="&#10;>" z="2"`, ` p:y="" x="ә"`, ` x="" p:y=""`, "\tx=\"a\nb\"", ` xml:space="preserve"`))
			if random.IntN(3) == 0 {
				b.WriteString(pick("/>", " />"))
				continue
			}
			open = append(open, name)
			b.WriteString(pick(">", ">", ">", " >", "\n>"))
		case 2:
			if len(open) > 0 {
				b.WriteString("</" + open[len(open)-1] + pick(">", ">", ">", " >"))
				open = open[:len(open)-1]
			}
		case 3:
			b.WriteString(pick("<!-- c -->", "<!---->", "<?p?>", "<?p  q ?>", "<?p q\r\nr?>"))
		case 4:
			b.WriteString(pick("<![CDATA[]]>", "<![CDATA[<&>]]>", "<![CDATA[]]>x", "<![CDATA[a]]><![CDATA[\r]]>", "]", "]]", "a]b>c"))
		default:
			b.WriteString(pick("\n  ", "text", "мәтін", "a > b", "&amp;", "&#13;", "&#x44;&gt;", "a\r\nb\rc", strings.Repeat("long text ", 9), strings.Repeat("long ", 13)+">"))
		}
	}
	for _, name := range slices.Backward(open) {
		b.WriteString("</" + name + ">")
	}
	return b.String() + "</r" + pick(">", "\n>") + pick("", "\n", "<?p q?>")
}

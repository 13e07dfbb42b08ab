package xmlsig_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/xmltree"
)

// theirCanonicalisers are goxmldsig's.
var theirCanonicalisers = map[c14n.Method]func() dsig.Canonicalizer{
	c14n.C14N10:            dsig.MakeC14N10RecCanonicalizer,
	c14n.C14N10Comments:    dsig.MakeC14N10WithCommentsCanonicalizer,
	c14n.C14N11:            dsig.MakeC14N11Canonicalizer,
	c14n.C14N11Comments:    dsig.MakeC14N11WithCommentsCanonicalizer,
	c14n.Exclusive:         func() dsig.Canonicalizer { return dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("") },
	c14n.ExclusiveComments: func() dsig.Canonicalizer { return dsig.MakeC14N10ExclusiveWithCommentsCanonicalizerWithPrefixList("") },
}

// canonicalFault is a construct goxmldsig canonicalises wrongly.
type canonicalFault struct {
	name    string
	example string // a document that shows it
	method  c14n.Method
	want    string // what the specification gives
	has     func(doc *xmltree.Document, src string) bool
}

// canonicalFaults is the whole list (testdata/FUZZ.md): another difference is a find.
var canonicalFaults = []canonicalFault{
	{
		"white space in attribute values", "<a b='1\n2'/>", c14n.C14N10, `<a b="1 2"></a>`,
		func(_ *xmltree.Document, src string) bool { return reSpaceInValue.MatchString(src) },
	},
	{
		"line ends in comments and instructions", "<a><!--\r--></a>", c14n.C14N10Comments, "<a><!--\n--></a>",
		func(_ *xmltree.Document, src string) bool {
			return strings.Contains(src, "\r") && (strings.Contains(src, "<!--") || strings.Contains(src, "<?"))
		},
	},
	{
		"order of attributes with prefixes", `<a xmlns:p="urn:2" xmlns:q="urn:1" p:a="" q:b=""/>`, c14n.C14N10,
		`<a xmlns:p="urn:2" xmlns:q="urn:1" q:b="" p:a=""></a>`,
		func(doc *xmltree.Document, _ string) bool { return anyElement(doc, hasTwoPrefixes) },
	},
	{
		"declaration of the prefix xml", `<a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>`, c14n.C14N10, `<a></a>`,
		func(_ *xmltree.Document, src string) bool { return strings.Contains(src, "xmlns:xml") },
	},
	{
		"xmlns=\"\" where nothing is undone", `<p:a xmlns:p="urn:p" xmlns=""><b/></p:a>`, c14n.Exclusive, `<p:a xmlns:p="urn:p"><b></b></p:a>`,
		func(_ *xmltree.Document, src string) bool { return reUndeclared.MatchString(src) },
	},
}

var reUndeclared = regexp.MustCompile(`xmlns\s*=\s*(""|'')`)

// hasTwoPrefixes tells whether an element has attributes of two prefixes.
func hasTwoPrefixes(e *xmltree.Element) bool {
	doc, first := e.Document(), ""
	from, to := doc.Attributes(e.Index())
	for j := from; j < to; j++ {
		switch space := doc.Attribute(j).Space; {
		case space == "" || space == first:
		case first == "":
			first = space
		default:
			return true
		}
	}
	return false
}

func anyElement(doc *xmltree.Document, is func(*xmltree.Element) bool) bool {
	for i := range doc.Len() {
		if doc.Kind(i) == xmltree.KindElement && is(doc.ElementAt(i)) {
			return true
		}
	}
	return false
}

// theirForm is goxmldsig's canonical form of the root; false if it does not read the document.
func theirForm(src []byte, m c14n.Method) ([]byte, bool) {
	tree := etree.NewDocument()
	if tree.ReadFromBytes(src) != nil || tree.Root() == nil {
		return nil, false
	}
	out, err := theirCanonicalisers[m]().Canonicalize(tree.Root())
	return out, err == nil
}

// compareCanonical wants equal forms of the root element, but for the listed faults.
func compareCanonical(t *testing.T, src []byte) (compared int) {
	t.Helper()
	doc, err := xmltree.Parse(src, xmltree.Limits{Bytes: 1 << 16, Nodes: 5000})
	if err != nil {
		return 0
	}
	for m := range theirCanonicalisers {
		ours, err := c14n.Append(nil, doc, doc.Root, m, c14n.Options{})
		if err != nil {
			continue // a relative namespace name
		}
		theirs, ok := theirForm(src, m)
		if !ok {
			continue
		}
		compared++
		if !bytes.Equal(ours, theirs) && !isCanonicalFault(doc, string(src)) {
			t.Fatalf("%s of %q\nours   %q\ntheirs %q", m.URI(), src, ours, theirs)
		}
	}
	return compared
}

func isCanonicalFault(doc *xmltree.Document, src string) bool {
	for _, f := range canonicalFaults {
		if f.has(doc, src) {
			return true
		}
	}
	return false
}

// FuzzCanonicalAgainstGoxmldsig compares canonical forms with goxmldsig's.
func FuzzCanonicalAgainstGoxmldsig(f *testing.F) {
	for _, fault := range canonicalFaults {
		f.Add([]byte(fault.example))
	}
	for n := range uint64(40) {
		f.Add([]byte(generated(rand.New(rand.NewPCG(n, 1)))))
	}
	f.Add([]byte(application))
	f.Add([]byte(envelope))
	f.Fuzz(func(t *testing.T, src []byte) { compareCanonical(t, src) })
}

// TestCanonicalAgainstGoxmldsig compares documents made by chance.
func TestCanonicalAgainstGoxmldsig(t *testing.T) {
	compared := 0
	for n := range uint64(3000) {
		compared += compareCanonical(t, []byte(generated(rand.New(rand.NewPCG(n, 2)))))
	}
	if compared < 10_000 {
		t.Errorf("%d forms compared", compared)
	}
	t.Logf("%d forms compared", compared)
}

// TestCanonicalFaults pins every entry of the list: ours is what the specification gives, theirs is not.
func TestCanonicalFaults(t *testing.T) {
	for _, f := range canonicalFaults {
		doc, err := xmltree.Parse([]byte(f.example), xmltree.Limits{})
		if err != nil {
			t.Fatal(f.name, err)
		}
		ours, err := c14n.Append(nil, doc, doc.Root, f.method, c14n.Options{})
		theirs, read := theirForm([]byte(f.example), f.method)
		if err != nil || string(ours) != f.want || !read || bytes.Equal(ours, theirs) || !f.has(doc, f.example) {
			t.Errorf("%s: ours %q, theirs %q, want %q, %v", f.name, ours, theirs, f.want, err)
		}
	}
}

// lintFault is a namespace name libxml2 writes with a bare & (C14N 1.0 §2.3 escapes it as in any attribute).
const lintFault = "http://a/?b&amp;c"

// TestLintFault pins it: what xmllint writes is not even XML.
func TestLintFault(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint is not installed (make test installs it)")
	}
	file := filepath.Join(t.TempDir(), "a.xml")
	write(t, file, []byte(`<a xmlns="`+lintFault+`"/>`))
	theirs, err := exec.Command("xmllint", "--c14n", file).Output()
	if _, gate := xmltree.Parse(theirs, xmltree.Limits{}); err != nil || gate == nil {
		t.Errorf("libxml2 has learnt it: %q, %v", theirs, err)
	}
}

// Documents for xmllint, and how many one process canonicalises.
const (
	lintDocuments = 4000
	lintBatch     = 400
)

// TestCanonicalAgainstXmllint compares thousands of documents, whole, with libxml2.
func TestCanonicalAgainstXmllint(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint is not installed (make test installs it)")
	}
	dir := t.TempDir()
	flags := map[string]c14n.Method{"--c14n": c14n.C14N10Comments, "--c14n11": c14n.C14N11Comments, "--exc-c14n": c14n.ExclusiveComments}
	for from := 0; from < lintDocuments; from += lintBatch {
		var files []string
		var docs []*xmltree.Document
		for n := from; n < from+lintBatch; n++ {
			src := []byte(strings.ReplaceAll(generated(rand.New(rand.NewPCG(uint64(n), 3))), lintFault, "urn:4"))
			doc, err := xmltree.Parse(src, xmltree.Limits{})
			if err != nil {
				t.Fatalf("%v\n%s", err, src)
			}
			name := filepath.Join(dir, fmt.Sprint(n, ".xml"))
			write(t, name, src)
			files, docs = append(files, name), append(docs, doc)
		}
		for flag, method := range flags {
			compareLint(t, flag, method, files, docs)
		}
	}
}

// compareLint compares the forms of a batch one behind the other, as xmllint writes them.
func compareLint(t *testing.T, flag string, method c14n.Method, files []string, docs []*xmltree.Document) {
	t.Helper()
	theirs, err := exec.Command("xmllint", append([]string{"--nonet", flag}, files...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, doc := range docs {
		ours, err := c14n.Append(nil, doc, nil, method, c14n.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rest, equal := bytes.CutPrefix(theirs, ours)
		if !equal {
			src, _ := os.ReadFile(files[i])
			t.Fatalf("%s of\n%s\nours   %q\ntheirs %.*q", flag, src, ours, len(ours)+40, theirs)
		}
		theirs = rest
	}
	if len(theirs) > 0 {
		t.Fatalf("xmllint wrote more: %q", theirs)
	}
}

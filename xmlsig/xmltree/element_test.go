package xmltree_test

import (
	"slices"
	"strings"
	"testing"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

const order = `<o:order xmlns:o="urn:o" xmlns="urn:d" o:n="1" n="2">
  <item xml:id="i1"><name>Ер</name></item>
  <item Id="i2" xmlns=""><name>Ай</name></item>
  <!-- c --><o:last/>
</o:order>`

func TestElement(t *testing.T) {
	doc := parse(t, order)
	root := doc.Root
	if root.Local() != "order" || root.Prefix() != "o" || root.Space() != "urn:o" || root.Parent() != nil {
		t.Error("root is", root.Local(), root.Prefix(), root.Space())
	}
	if v, _ := root.Attr("", "n"); v != "2" {
		t.Error("n is", v)
	}
	if v, _ := root.Attr("urn:o", "n"); v != "1" {
		t.Error("o:n is", v)
	}
	if _, ok := root.Attr("urn:d", "n"); ok {
		t.Error("the default namespace reached an attribute")
	}
	items := root.Children()
	var spaces []string
	for _, c := range items {
		spaces = append(spaces, c.Space())
		if c.Parent() != root || !root.Contains(c) || c.Contains(root) {
			t.Error("parent of", c.Local())
		}
	}
	if want := []string{"urn:d", "", "urn:o"}; !slices.Equal(spaces, want) {
		t.Error(spaces)
	}
	if root.Find("item/name").Text() != "Ер" || root.Find("item/none/x").Text() != "" || root.Child("last") != items[2] {
		t.Error("Find or Child")
	}
	if doc.Comments != 1 || doc.Size() != len(order) {
		t.Error(doc.Comments, "comments")
	}
	var none *xmltree.Element
	if _, ok := none.Attr("", "x"); ok || none.Text() != "" || none.Find("a") != nil || none.Children() != nil || none.Parent() != nil || none.Is("", "") {
		t.Error("nil is no element")
	}
}

func TestByID(t *testing.T) {
	doc := parse(t, `<a ID="1" xmlns:u="`+xmltree.WSUNamespace+`"><b Id="2"/><c id="3"/><d xml:id="4"/><e u:Id="5"/><f AssertionID="6"/>`+
		`<g Id="7" ID="7"/><h Id="8"/><i xml:id="8"/><j name="9" x:Id="9" xmlns:x="urn:x"/></a>`)
	for id, want := range map[string]string{"1": "a", "2": "b", "3": "c", "4": "d", "5": "e", "6": "f", "7": "g"} {
		if e, err := doc.ByID(id); err != nil || e == nil || e.Local() != want {
			t.Errorf("%s: %v %v", id, e, err)
		}
	}
	if _, err := doc.ByID("8"); code(err) != reason.XMLForbidden {
		t.Error("a doubled Id:", err)
	}
	if e, err := doc.ByID("9"); e != nil || err != nil {
		t.Error("an attribute that is no Id:", e, err)
	}
}

// TestAmbiguities lists what other programs might read differently.
func TestAmbiguities(t *testing.T) {
	tests := []struct {
		doc                string
		commented, wrapped int
	}{
		{"<a><!-- c --><b/></a>", 0, 0},
		{"<a> <!-- c --> <b/> </a>", 0, 0},
		{"<a>1<!-- c -->2</a>", 1, 0},
		{"<a><!-- c -->1</a>", 1, 0},
		{"<a><b>1</b><!-- c --></a>", 0, 0},
		{"<a>&#49;<!-- c --></a>", 1, 0},
		{"<a><![CDATA[1]]><!-- c --></a>", 1, 0},
		{"<a b='1\n2'/>", 0, 1},
		{"<a b='1\t2'/>", 0, 1},
		{"<a b='1&#10;2'/>", 0, 0},
		{"<a xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='u\n v'/>", 0, 0},
	}
	for _, tt := range tests {
		doc := parse(t, tt.doc)
		if c, w := len(doc.CommentedText()), len(doc.WrappedAttributes()); c != tt.commented || w != tt.wrapped {
			t.Errorf("%q: %d commented, %d wrapped", tt.doc, c, w)
		}
	}
}

func TestPlace(t *testing.T) {
	const doc = "\uFEFF<?p <b>?><a x='1' ><b/><c>t</c ></a>"
	root := parse(t, doc).Root
	for _, tt := range []struct {
		e            *xmltree.Element
		behind, from string
		empty        bool
	}{
		{root, " x='1' ><b/>", "</a>", false},
		{root.Child("b"), "/><c>", "/><c>", true},
		{root.Child("c"), ">t</c >", "</c ></a>", false},
	} {
		name, end, empty := tt.e.Place()
		if !strings.HasPrefix(doc[name:], tt.behind) || !strings.HasPrefix(doc[end:], tt.from) || empty != tt.empty {
			t.Errorf("%s: %q %q %v", tt.e.Local(), doc[name:], doc[end:], empty)
		}
	}
}

func TestEscape(t *testing.T) {
	const nasty = "<>&\"'\t\n\r Ә]]>"
	written := "<a b=\"" + string(xmltree.EscapeAttr(nil, nasty)) + "\">" + string(xmltree.EscapeText(nil, nasty)) + "</a>"
	root := parse(t, written).Root
	if v, _ := root.Attr("", "b"); v != nasty || root.Text() != nasty {
		t.Errorf("%q came back as %q and %q", nasty, v, root.Text())
	}
	if got := string(xmltree.EscapeText([]byte("x"), "plain")); got != "xplain" {
		t.Error(got)
	}
}

package xmlsig

import (
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// ambiguous refuses what two programs may read differently although canonicalisation gives one
// form, where it is covered or belongs to a signature (DESIGN §6):
//   - a comment inside the text of an element: <iin>123<!-- -->456</iin> is 123 to some;
//     between elements comments are only counted;
//   - a line end or tab written inside an attribute value: a space to XML (§3.3.3), not to all.
func ambiguous(doc *xmltree.Document, areas []*xmltree.Element) error {
	if anyInside(doc.CommentedText(), areas) {
		return reason.New(reason.XMLForbidden, "a comment stands inside the text of an element")
	}
	if anyInside(doc.WrappedAttributes(), areas) {
		return reason.New(reason.XMLForbidden, "a line end or tab stands inside an attribute value")
	}
	return nil
}

func anyInside(elems, areas []*xmltree.Element) bool {
	for _, e := range elems {
		for _, area := range areas {
			if area.Contains(e) {
				return true
			}
		}
	}
	return false
}

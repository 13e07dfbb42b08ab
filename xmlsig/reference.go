package xmlsig

import (
	"crypto/subtle"
	"strings"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// algEnveloped takes the signature out of what it signs (XMLDSig 1.1 §6.6.4).
const algEnveloped = nsDSig + "enveloped-signature"

// followed is a reference whose node-set is known.
type followed struct {
	*reference
	apex    *xmltree.Element // nil: the whole document
	form    transform
	without []*xmltree.Element
	digest  *digestMethod
	octets  int // how many were digested
}

// top is the outermost element the reference covers.
func (f *followed) top(doc *xmltree.Document) *xmltree.Element {
	if f.apex == nil {
		return doc.Root
	}
	return f.apex
}

// follow resolves URI and transforms of a reference. later are the signatures made after this
// one, which did not exist when it was made.
func follow(doc *xmltree.Document, sig *signature, ref *reference, later []*xmltree.Element) (*followed, error) {
	f := &followed{reference: ref}
	comments, err := f.dereference(doc)
	if err != nil {
		return nil, err
	}
	enveloped, err := f.transform()
	if err != nil {
		return nil, err
	}
	if !comments {
		f.form.method = f.form.method.WithoutComments()
	}
	top := f.top(doc)
	if enveloped {
		later = append([]*xmltree.Element{sig.elem}, later...)
	}
	for _, s := range later {
		if s == top || s.Contains(top) && s != sig.elem {
			return nil, reason.New(reason.CoveragePartial, "a reference covers a signature and nothing else")
		}
		if top.Contains(s) {
			f.without = append(f.without, s)
		}
	}
	return f, nil
}

// dereference finds the node-set of the URI (XMLDSig 1.1 §4.4.3.3). Comments belong to it
// only in the xpointer forms.
func (f *followed) dereference(doc *xmltree.Document) (comments bool, err error) {
	fragment, local := strings.CutPrefix(f.uri, "#")
	switch {
	case f.uri == "":
		return false, nil
	case !local:
		return false, reason.New(reason.XMLForbidden, "a reference leaves the document")
	case fragment == "xpointer(/)":
		return true, nil
	}
	if id, ok := xpointerID(fragment); ok {
		fragment, comments = id, true
	}
	if fragment == "" || strings.ContainsAny(fragment, "()'\" \t\r\n") {
		return false, reason.New(reason.XMLForbidden, "a reference is neither \"\" nor an Id")
	}
	if f.apex, err = doc.ByID(fragment); err == nil && f.apex == nil {
		err = reason.New(reason.CoveragePartial, "a reference names no element of the document")
	}
	return comments, err
}

// xpointerID reads xpointer(id('x')), with either quotes.
func xpointerID(fragment string) (string, bool) {
	s, ok := strings.CutPrefix(fragment, "xpointer(id(")
	if !ok || !strings.HasSuffix(s, "))") || len(s) < 4 {
		return "", false
	}
	s = s[:len(s)-2]
	quote := s[0]
	if quote != '\'' && quote != '"' || s[len(s)-1] != quote || len(s) < 3 {
		return "", false
	}
	return s[1 : len(s)-1], true
}

// transform reads the transforms: enveloped-signature first, a canonicalisation last, each at
// most once and nothing else. Without a canonicalisation it is C14N 1.0 (XMLDSig 1.1 §4.4.3.2).
func (f *followed) transform() (enveloped bool, err error) {
	list := f.transforms
	for _, t := range list {
		if !t.Is(nsDSig, "Transform") {
			return false, malformed("a part of Transforms is unknown")
		}
	}
	if len(list) > 0 {
		if uri, _ := list[0].Attr("", "Algorithm"); uri == algEnveloped {
			if len(list[0].Children()) > 0 || !structural(list[0]) {
				return false, malformed("enveloped-signature has a parameter")
			}
			enveloped, list = true, list[1:]
		}
	}
	switch len(list) {
	case 0:
		return enveloped, nil
	case 1:
		f.form, err = readTransform(list[0])
		return enveloped, err
	}
	return false, reason.New(reason.AlgorithmForbidden, "there are more transforms than enveloped-signature and one canonicalisation")
}

// canonical appends a canonical form and takes its length from the budget of the document.
func (v *verifier) canonical(dst []byte, apex *xmltree.Element, form transform, without []*xmltree.Element) ([]byte, error) {
	if v.budget <= 0 {
		return dst, reason.New(reason.TooLarge, "the references digest the document too many times")
	}
	out, err := v.canon.Append(dst, v.doc, apex, form.method, c14n.Options{Without: without, Prefixes: form.prefixes, MaxBase: maxBase})
	v.budget -= len(out) - len(dst)
	return out, err
}

// matches compares the digest of the octets with the one that was signed.
func (f *followed) matches(sum []byte) bool {
	return subtle.ConstantTimeCompare(sum, f.reference.digest) == 1
}

package xmlsig_test

import (
	"crypto"
	"strings"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/xmltree"
)

// reseal makes digests and value of the signatures under the root anew, with our canonical forms:
// what comes out is right to us, whatever was done to it before.
func (d *duel) reseal(doc string) string {
	for n := 0; ; n++ {
		_, sig := nthSignature(doc, n)
		if sig == nil {
			return doc
		}
		for i := range sig.Child("SignedInfo").Children() {
			tree, sig := nthSignature(doc, n)
			ref := sig.Child("SignedInfo").Children()[i]
			if digest := d.digest(tree, sig, ref); digest != nil {
				doc = setText(doc, ref.Child("DigestValue"), digest)
			}
		}
		tree, sig := nthSignature(doc, n)
		if value := d.value(tree, sig); value != nil {
			doc = setText(doc, sig.Child("SignatureValue"), value)
		}
	}
}

// nthSignature is the n-th signature under the root that has the usual parts.
func nthSignature(doc string, n int) (*xmltree.Document, *xmltree.Element) {
	tree, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
	if err != nil {
		return nil, nil
	}
	for child := range tree.Root.EachChild() {
		if child.Is(vectorDSig, "Signature") && usual(child.Child("SignatureValue")) && child.Child("SignedInfo") != nil {
			if n--; n < 0 {
				return tree, child
			}
		}
	}
	return nil, nil
}

// usual tells whether setText can write into an element.
func usual(e *xmltree.Element) bool {
	if e == nil {
		return false
	}
	_, _, empty := e.Place()
	return !empty && !e.HasElement()
}

var duelHashes = map[string]crypto.Hash{"sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}

func hashOf(e *xmltree.Element) (crypto.Hash, bool) {
	uri, _ := e.Attr("", "Algorithm")
	h, ok := duelHashes[uri[strings.LastIndexAny(uri, "#-")+1:]]
	return h, ok
}

// digest is what a same-document reference with ordinary transforms should say.
func (d *duel) digest(tree *xmltree.Document, sig, ref *xmltree.Element) []byte {
	uri, _ := ref.Attr("", "URI")
	h, known := hashOf(ref.Child("DigestMethod"))
	if !known || !usual(ref.Child("DigestValue")) || uri != "" && !strings.HasPrefix(uri, "#") {
		return nil
	}
	var apex *xmltree.Element
	if uri != "" {
		if apex, _ = tree.ByID(uri[1:]); apex == nil {
			return nil
		}
	}
	method, opt := c14n.C14N10, c14n.Options{}
	for _, transform := range ref.Child("Transforms").Children() {
		alg, _ := transform.Attr("", "Algorithm")
		if m, ok := c14n.ByURI(alg); ok {
			method = m.WithoutComments()
			opt.Prefixes = prefixesOf(transform)
		} else if strings.HasSuffix(alg, "#enveloped-signature") {
			opt.Without = append(opt.Without, sig)
		}
	}
	octets, err := c14n.Append(nil, tree, apex, method, opt)
	if err != nil {
		return nil
	}
	return sumOf(h, octets)
}

func (d *duel) value(tree *xmltree.Document, sig *xmltree.Element) []byte {
	info := sig.Child("SignedInfo")
	uri, _ := info.Child("CanonicalizationMethod").Attr("", "Algorithm")
	method, ok := c14n.ByURI(uri)
	h, known := hashOf(info.Child("SignatureMethod"))
	if !ok || !known {
		return nil
	}
	octets, err := c14n.Append(nil, tree, info, method, c14n.Options{Prefixes: prefixesOf(info.Child("CanonicalizationMethod"))})
	if err != nil {
		return nil
	}
	value, err := d.person.Key.Sign(nil, sumOf(h, octets), h)
	if err != nil {
		return nil
	}
	return value
}

func prefixesOf(e *xmltree.Element) []string {
	list, _ := e.Child("InclusiveNamespaces").Attr("", "PrefixList")
	return strings.Fields(list)
}

func sumOf(h crypto.Hash, octets []byte) []byte {
	w := h.New()
	w.Write(octets)
	return w.Sum(nil)
}

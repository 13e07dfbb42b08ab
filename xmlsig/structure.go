package xmlsig

import (
	"strings"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Bounds of one document: each reference may digest the whole of it.
const (
	// maxSignatures is far above the chain of approvals of any regulation.
	maxSignatures = 16
	// maxReferences leaves room for document, SignedProperties, KeyInfo and attachments.
	maxReferences = 16
	// maxPrefixes bounds a PrefixList: canonicalisation searches it at every declaration.
	maxPrefixes = 64
)

// signature is a ds:Signature taken apart (XMLDSig 1.1 §4.2).
type signature struct {
	elem       *xmltree.Element
	signedInfo *xmltree.Element
	c14n       transform
	method     *xmltree.Element // SignatureMethod
	refs       []*reference
	value      []byte
	keyInfo    *xmltree.Element // nil if absent
}

// reference is a ds:Reference before it is followed (XMLDSig 1.1 §4.4.3).
type reference struct {
	uri, typ   string
	transforms []*xmltree.Element
	digestURI  string
	digest     []byte
}

// transform is a canonicalisation with its parameter.
type transform struct {
	method   c14n.Method
	prefixes []string
}

func malformed(detail string) error { return reason.New(reason.SignatureMalformed, detail) }

// readSignature checks the grammar of a signature: which children, in which order, how many. The
// values lie in the workspace.
func (w *workspace) readSignature(elem *xmltree.Element) (*signature, error) {
	s := &signature{elem: elem}
	if !structural(elem) {
		return nil, malformed("text stands between the parts of the signature")
	}
	parts := elem.Children()
	if len(parts) < 2 || !parts[0].Is(nsDSig, "SignedInfo") || !parts[1].Is(nsDSig, "SignatureValue") {
		return nil, malformed("the signature does not begin with SignedInfo and SignatureValue")
	}
	s.signedInfo = parts[0]
	for i, part := range parts[2:] {
		switch {
		case i == 0 && part.Is(nsDSig, "KeyInfo"):
			s.keyInfo = part
		case part.Is(nsDSig, "Object"):
		default:
			return nil, malformed("a part of the signature is doubled, misplaced or unknown")
		}
	}
	var err error
	if s.value, err = w.decode(parts[1]); err != nil {
		return nil, err
	}
	return s, s.readSignedInfo(w)
}

func (s *signature) readSignedInfo(w *workspace) error {
	if !structural(s.signedInfo) {
		return malformed("text stands between the parts of SignedInfo")
	}
	parts := s.signedInfo.Children()
	if len(parts) < 3 || !parts[0].Is(nsDSig, "CanonicalizationMethod") || !parts[1].Is(nsDSig, "SignatureMethod") {
		return malformed("SignedInfo does not begin with its two methods, or names nothing")
	}
	if len(parts)-2 > max(maxReferences, w.references) {
		return malformed("SignedInfo has too many references")
	}
	s.method = parts[1]
	for _, part := range parts[2:] {
		if !part.Is(nsDSig, "Reference") {
			return malformed("a part of SignedInfo is doubled, misplaced or unknown")
		}
		ref, err := w.readReference(part)
		if err != nil {
			return err
		}
		s.refs = append(s.refs, ref)
	}
	return nil
}

func (w *workspace) readReference(elem *xmltree.Element) (*reference, error) {
	ref := &reference{}
	var ok bool
	if ref.uri, ok = elem.Attr("", "URI"); !ok {
		return nil, malformed("a reference has no URI")
	}
	ref.typ, _ = elem.Attr("", "Type")
	parts := elem.Children()
	if len(parts) > 0 && parts[0].Is(nsDSig, "Transforms") {
		if ref.transforms, parts = parts[0].Children(), parts[1:]; len(ref.transforms) == 0 || !structural(elem.Child("Transforms")) {
			return nil, malformed("Transforms holds no transform, or text")
		}
	}
	if len(parts) != 2 || !parts[0].Is(nsDSig, "DigestMethod") || !parts[1].Is(nsDSig, "DigestValue") || !structural(elem) {
		return nil, malformed("a reference is not made of Transforms, DigestMethod and DigestValue")
	}
	if !structural(parts[0]) || len(parts[0].Children()) > 0 {
		return nil, malformed("DigestMethod is not empty")
	}
	ref.digestURI, _ = parts[0].Attr("", "Algorithm")
	var err error
	ref.digest, err = w.decode(parts[1])
	return ref, err
}

// readTransform reads a canonicalisation with its optional PrefixList (Exclusive C14N §4).
func readTransform(elem *xmltree.Element) (t transform, err error) {
	uri, _ := elem.Attr("", "Algorithm")
	method, ok := c14n.ByURI(uri)
	if !ok {
		return t, reason.New(reason.AlgorithmForbidden, "a transform is neither enveloped-signature nor a canonicalisation, or misplaced")
	}
	t.method = method
	for i, child := range elem.Children() {
		if i > 0 || !method.IsExclusive() || !child.Is(c14n.ExclusiveNamespace, "InclusiveNamespaces") {
			return t, malformed("a canonicalisation has a parameter it does not know")
		}
		list, _ := child.Attr("", "PrefixList")
		if t.prefixes = strings.Fields(list); len(t.prefixes) > maxPrefixes {
			return t, malformed("a PrefixList is too long")
		}
	}
	if !structural(elem) {
		return t, malformed("a canonicalisation holds text")
	}
	return t, nil
}

// structural tells whether nothing but elements, comments and white space stand in an element.
func structural(elem *xmltree.Element) bool {
	return !elem.HasText() && !elem.HasInstruction()
}

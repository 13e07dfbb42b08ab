package xmlsig

import (
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"io"
	"strings"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Key signs. The algorithm is the key's; Certificate goes into KeyInfo (nil: no KeyInfo).
type Key struct {
	Signer      crypto.Signer
	Certificate *pki.Certificate
}

// Style is how a signature is laid out; both verify alike.
type Style uint8

const (
	// StyleSantuario is what NCALayer and NCANode write: a line end after every ds: tag and
	// base64 in lines of 76 (facts/national-pki.md §3.1).
	StyleSantuario Style = iota
	// StyleCompact has no line ends, for receivers that drop white space between elements.
	StyleCompact
)

// SignOptions of [Sign]. The zero value makes the national document signature.
type SignOptions struct {
	Style Style
	// ID signs the element with this Id by exclusive canonicalisation instead of the document.
	ID string
	// C14N canonicalises the content, and SignedInfo without comments; nil: what is usual for a
	// document (C14N 1.0 with comments) or an element (exclusive).
	C14N *c14n.Method
	Rand io.Reader // nil: crypto/rand
}

// Sign puts a signature in as the last child of the root. Signatures already there are covered by
// the new one. doc must pass the strict gate, and what [Verify] would refuse of the outcome, such as
// a comment inside covered text, is refused here with Verify's reason.
func Sign(doc []byte, key Key, opt SignOptions) ([]byte, error) {
	tree, err := xmltree.Parse(doc, xmltree.Limits{})
	if err != nil {
		return nil, err
	}
	method, err := methodOf(key)
	if err != nil {
		return nil, err
	}
	d := draft{method: method, key: key, lines: opt.Style == StyleSantuario, rand: opt.Rand}
	d.signedInfo, d.content, d.transforms = c14n.C14N10, c14n.C14N10Comments, []string{algEnveloped}
	var apex *xmltree.Element
	if opt.ID != "" {
		if apex, err = tree.ByID(opt.ID); err != nil || apex == nil {
			return nil, reason.New(reason.CoveragePartial, "no single element carries the Id to sign")
		}
		d.uri, d.signedInfo, d.content = "#"+opt.ID, c14n.Exclusive, c14n.Exclusive
		if apex != tree.Root {
			d.transforms = nil
		}
	}
	if opt.C14N != nil {
		d.signedInfo, d.content = opt.C14N.WithoutComments(), *opt.C14N
	}
	octets, err := c14n.Append(nil, tree, apex, d.content.WithoutComments(), c14n.Options{})
	if err != nil {
		return nil, err
	}
	d.setDigest(octets)
	before, after := insideRoot(doc, tree.Root)
	if d.profile = ProfileAny; apex == nil || apex == tree.Root {
		d.profile = ProfileDocument
	}
	return d.insert(before, after)
}

// insideRoot splits a document before the end tag of its root, which an empty root gets.
func insideRoot(doc []byte, root *xmltree.Element) (before, after string) {
	name, at, empty := root.Place()
	if !empty {
		return string(doc[:at]), string(doc[at:])
	}
	start := strings.LastIndexByte(string(doc[:name]), '<') + 1
	return string(doc[:at]) + ">", "</" + string(doc[start:name]) + ">" + string(doc[at+len("/>"):])
}

// draft is a signature on its way into a document.
type draft struct {
	method              *signatureMethod
	key                 Key
	lines               bool
	rand                io.Reader
	uri                 string
	signedInfo, content c14n.Method
	transforms          []string // before the canonicalisation
	digestURI, digest   string
	keyInfo             string  // instead of X509Data
	profile             Profile // the outcome is for

	detachedParts
}

// setDigest fixes DigestMethod and DigestValue for the content.
func (d *draft) setDigest(octets []byte) {
	h := d.method.new()
	h.Write(octets)
	d.digest = d.encode(h.Sum(nil))
	for _, m := range digestMethods {
		if sameHash(d.method, m) {
			d.digestURI = m.uri
			return
		}
	}
}

// sameHash tells whether a digest is the one inside a signature method.
func sameHash(s *signatureMethod, m digestMethod) bool {
	return s.family == m.family && s.new().Size() == m.new().Size()
}

// insert writes the signature between before and after, canonicalises its SignedInfo where
// it stands, and fills the value in.
func (d *draft) insert(before, after string) ([]byte, error) {
	head, tail := d.markup()
	tree, err := xmltree.Parse([]byte(before+head+tail+after), xmltree.Limits{})
	if err != nil {
		return nil, err
	}
	info := signedInfoAt(tree, len(before))
	if info == nil {
		return nil, reason.New(reason.SignatureMalformed, "the place for the signature is not where an element may stand")
	}
	octets, err := c14n.Append(nil, tree, info, d.signedInfo, c14n.Options{})
	if err != nil {
		return nil, err
	}
	h := d.method.new()
	h.Write(octets)
	value, err := d.method.sign(d.key.Signer, d.random(), h.Sum(nil))
	if err != nil {
		return nil, err
	}
	signed := []byte(before + head + d.encode(value) + tail + after)
	if err := d.verify(signed); err != nil {
		return nil, err
	}
	return signed, nil
}

// verify holds the outcome against the rules of [Verify], with the bare key: certificates are not
// its business, nor are the signatures of others, which the new one, always the last, covers.
func (d *draft) verify(signed []byte) error {
	if d.detached() {
		return nil // its files are not here
	}
	r := Verify(nil, signed, Options{Profile: d.profile, Key: d.key.Signer.Public()})
	for _, c := range r.Checks {
		if c.Outcome == reason.Failed && (c.Signer == 0 || c.Signer == len(r.Signers)) {
			return reason.New(c.Code, "a signature here would not verify: "+c.Detail)
		}
	}
	return nil
}

// signedInfoAt finds SignedInfo of the signature whose tag begins at the offset.
func signedInfoAt(tree *xmltree.Document, offset int) *xmltree.Element {
	for i := 0; i < tree.Len(); i++ {
		if tree.Kind(i) != xmltree.KindElement {
			continue
		}
		e := tree.ElementAt(i)
		if name, _, _ := e.Place(); name == offset+len("<ds:Signature") && e.Is(nsDSig, "Signature") {
			return e.Child("SignedInfo")
		}
	}
	return nil
}

func (d *draft) random() io.Reader {
	if d.rand != nil {
		return d.rand
	}
	return rand.Reader
}

// encode is base64, in lines of 76 columns if lines are wanted (RFC 2045 §6.8).
func (d *draft) encode(b []byte) string {
	s := base64.StdEncoding.EncodeToString(b)
	const width = 76
	if !d.lines || len(s) <= width {
		return s
	}
	var out strings.Builder
	for ; len(s) > width; s = s[width:] {
		out.WriteString(s[:width] + "\n")
	}
	return out.String() + s
}

package xmlsig_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/gost"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// vector is one document with one fault, and what has to come out.
type vector struct {
	class, name string
	expect      reason.Code // "": passed
	why         string
	doc         string
	profile     string // "": document
	at          string // "": now
	key, allow  string // file of a bare public key; "legacy-rsa-sha1"
}

// maker has the keys the vectors are signed with. All certificates come from one authority
// with national keys; every value repeats when the generator runs again.
type maker struct {
	t                         *testing.T
	ca, foreign               *testpki.Authority
	person, other, stranger   testpki.Identity // other is a second person of the CA, stranger of another CA
	gost2004, rsa, weak, p256 testpki.Identity
	authentication            testpki.Identity
	list                      []vector
}

// repeatable is a signer whose values repeat: crypto/ecdsa does so without randomness (RFC 6979).
type repeatable struct{ crypto.Signer }

func (r repeatable) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return r.Signer.Sign(nil, digest, opts)
}

func newMaker(t *testing.T) *maker {
	t.Helper()
	m := &maker{t: t}
	m.ca = m.authority(21)
	m.foreign = m.authority(22)
	seed := rand.NewChaCha8([32]byte{23})
	m.person = m.issue(m.ca, testpki.Person, nil)
	m.other = m.issue(m.ca, testpki.Person, nil)
	m.stranger = m.issue(m.foreign, testpki.Person, nil)
	m.authentication = m.issue(m.ca, testpki.Authentication, nil)
	m.gost2004 = m.issue(m.ca, testpki.Person, m.generate(testpki.GOST2004, seed))
	m.p256 = m.issue(m.ca, testpki.Person, m.generate(testpki.ECDSA, seed))
	m.p256.Key = repeatable{m.p256.Key}
	m.rsa = m.issue(m.ca, testpki.Person, m.load("rsa-2048.pem"))
	m.weak = testpki.Identity{Key: m.load("rsa-1024.pem")}
	return m
}

func (m *maker) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *maker) authority(seed byte) *testpki.Authority {
	a, err := testpki.New(testpki.GOST512, testpki.Options{Rand: rand.NewChaCha8([32]byte{seed}), Now: now.AddDate(0, -1, 0)})
	m.must(err)
	return a
}

func (m *maker) generate(alg testpki.Algorithm, seed io.Reader) crypto.Signer {
	key, err := testpki.GenerateKey(alg, seed)
	m.must(err)
	return key
}

func (m *maker) issue(a *testpki.Authority, kind testpki.Kind, key crypto.Signer) testpki.Identity {
	id, err := a.Issue(testpki.Profile{Kind: kind, IIN: testIIN, Mutate: func(t *testpki.Template) { t.Key = key }})
	m.must(err)
	return id
}

// certificateDER is a certificate that our own parser may refuse.
func (m *maker) certificateDER(mutate func(*testpki.Template)) []byte {
	der, _, err := m.ca.IssueDER(testpki.Profile{Kind: testpki.Person, IIN: testIIN, Mutate: mutate})
	m.must(err)
	return der
}

// load reads one of the RSA keys that are checked in: crypto/rsa takes no seed.
func (m *maker) load(name string) *rsa.PrivateKey {
	b, err := os.ReadFile(filepath.Join(vectorDir, "keys", name))
	m.must(err)
	block, _ := pem.Decode(b)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	m.must(err)
	return key.(*rsa.PrivateKey)
}

func (m *maker) add(class, name string, expect reason.Code, why, doc string) *vector {
	m.list = append(m.list, vector{class: class, name: name, expect: expect, why: why, doc: doc})
	return &m.list[len(m.list)-1]
}

// sign signs as the program does.
func (m *maker) sign(doc string, id testpki.Identity, opt xmlsig.SignOptions) string {
	opt.Rand = rand.NewChaCha8([32]byte{24})
	if opt.Style == xmlsig.StyleSantuario {
		opt.Style = xmlsig.StyleCompact
	}
	out, err := xmlsig.Sign([]byte(doc), key(id), opt)
	m.must(err)
	return string(out)
}

// seal makes digests and signature value of the first signature anew: whoever sends the
// document has a key of his own, only his document is hostile.
func (m *maker) seal(doc string, id testpki.Identity) string {
	m.t.Helper()
	sig := m.signature(m.parse(doc))
	for i := range sig.Child("SignedInfo").Children()[2:] {
		tree := m.parse(doc)
		ref := m.signature(tree).Child("SignedInfo").Children()[2+i]
		if octets, ok := m.referenced(tree, ref); ok {
			uri, _ := ref.Child("DigestMethod").Attr("", "Algorithm")
			h := newHash(uri)
			h.Write(octets)
			doc = setText(doc, ref.Child("DigestValue"), h.Sum(nil))
		}
	}
	return m.value(doc, id)
}

// value makes the signature value alone anew.
func (m *maker) value(doc string, id testpki.Identity) string {
	m.t.Helper()
	octets := m.signedInfo(doc)
	return setText(doc, m.signature(m.parse(doc)).Child("SignatureValue"), m.signOctets(octets, id.Key))
}

func (m *maker) signedInfo(doc string) []byte {
	tree := m.parse(doc)
	info := m.signature(tree).Child("SignedInfo")
	uri, _ := info.Child("CanonicalizationMethod").Attr("", "Algorithm")
	method, _ := c14n.ByURI(uri)
	octets, err := c14n.Append(nil, tree, info, method, c14n.Options{})
	m.must(err)
	return octets
}

func (m *maker) signOctets(octets []byte, signer crypto.Signer) []byte {
	h, opts := hash.Hash(sha256.New()), crypto.SignerOpts(crypto.SHA256)
	if k, ok := signer.Public().(*gost.PublicKey); ok {
		h, opts = gost.NewStreebog512(), crypto.Hash(0)
		if k.Curve != gost.Curve512A() {
			h = gost.New34311()
		}
	}
	h.Write(octets)
	value, err := signer.Sign(rand.NewChaCha8([32]byte{25}), h.Sum(nil), opts)
	m.must(err)
	if _, ok := signer.Public().(*ecdsa.PublicKey); ok {
		return plain(value, 32)
	}
	return value
}

// referenced are the octets of a same-document reference, if the transforms are ordinary.
func (m *maker) referenced(tree *xmltree.Document, ref *xmltree.Element) ([]byte, bool) {
	uri, _ := ref.Attr("", "URI")
	var apex *xmltree.Element
	if uri != "" {
		apex, _ = tree.ByID(strings.TrimPrefix(uri, "#"))
		if apex == nil || !strings.HasPrefix(uri, "#") {
			return nil, false
		}
	}
	method, opt := c14n.C14N10, c14n.Options{}
	for _, transform := range ref.Child("Transforms").Children() {
		alg, _ := transform.Attr("", "Algorithm")
		if known, ok := c14n.ByURI(alg); ok {
			method = known.WithoutComments()
		} else if strings.HasSuffix(alg, "#enveloped-signature") {
			opt.Without = []*xmltree.Element{m.signature(tree)}
		}
	}
	octets, err := c14n.Append(nil, tree, apex, method, opt)
	return octets, err == nil
}

func (m *maker) parse(doc string) *xmltree.Document {
	m.t.Helper()
	tree, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
	if err != nil {
		m.t.Fatal(err, doc)
	}
	return tree
}

// signature is the first one of a document.
func (m *maker) signature(tree *xmltree.Document) *xmltree.Element {
	for i := range tree.Len() {
		if tree.Kind(i) == xmltree.KindElement && tree.ElementAt(i).Local() == "Signature" {
			return tree.ElementAt(i)
		}
	}
	m.t.Fatal("no signature")
	return nil
}

func newHash(uri string) hash.Hash {
	switch {
	case strings.HasSuffix(uri, "gostr34112015-512"):
		return gost.NewStreebog512()
	case strings.HasSuffix(uri, "gost34311"):
		return gost.New34311()
	case strings.HasSuffix(uri, "sha1"):
		return sha1.New()
	}
	return sha256.New()
}

// setText puts base64 into an element of doc.
func setText(doc string, e *xmltree.Element, value []byte) string {
	name, end, _ := e.Place()
	from := name + strings.IndexByte(doc[name:], '>') + 1
	return doc[:from] + base64.StdEncoding.EncodeToString(value) + doc[end:]
}

// text changes the octets inside an element of the first signature.
func (m *maker) octets(doc, path string, change func([]byte) []byte) string {
	e := m.signature(m.parse(doc)).Find(path)
	return setText(doc, e, change(decoded(e.Text())))
}

// plain turns an ASN.1 ECDSA value into r‖s.
func plain(der []byte, size int) []byte {
	r, s, ok := cutASN1(der)
	if !ok {
		return nil
	}
	pad := func(b []byte) []byte {
		b = bytes.TrimLeft(b, "\x00")
		return append(make([]byte, size-len(b)), b...)
	}
	return slices.Concat(pad(r), pad(s))
}

func cutASN1(der []byte) (r, s []byte, ok bool) {
	if len(der) < 8 || len(der) != int(der[1])+2 {
		return nil, nil, false
	}
	n := int(der[3])
	return der[4 : 4+n], der[6+n:], true
}

package xmlsig_test

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// theirGap is a construct that makes goxmldsig refuse a signature the specifications call valid.
type theirGap struct {
	name string
	has  func(tree *xmltree.Document, doc string) bool
}

// theirGaps is the whole list (testdata/FUZZ.md): anything else that passes here and not there is a find.
var theirGaps = []theirGap{
	{"comments under a same-document reference", func(tree *xmltree.Document, doc string) bool {
		return tree.Comments > 0 && (strings.Contains(doc, "WithComments") || lacksCanonicalisation(doc))
	}},
	{"more than one signature", func(_ *xmltree.Document, doc string) bool { return strings.Count(doc, "SignatureValue>") > 2 }},
	{"instructions outside the root", func(tree *xmltree.Document, _ string) bool { return hasOuterPI(tree) }},
	{"a reference without a canonicalisation", func(_ *xmltree.Document, doc string) bool { return lacksCanonicalisation(doc) }},
	{"xml: attributes around SignedInfo", func(tree *xmltree.Document, doc string) bool { return anyElement(tree, hasXMLAttribute) }},
	{"xpointer", func(_ *xmltree.Document, doc string) bool { return strings.Contains(doc, "xpointer") }},
	{"an Id that is not written Id", func(_ *xmltree.Document, doc string) bool { return reOtherID.MatchString(doc) }},
	{"several certificates", func(_ *xmltree.Document, doc string) bool { return strings.Count(doc, "X509Certificate>") > 2 }},
	{"blanks in base64", func(_ *xmltree.Document, doc string) bool { return reBlankValue.MatchString(doc) }},
	{"a fault of its canonical forms", isCanonicalFault},
}

var (
	reOtherID    = regexp.MustCompile(`\s(?:ID|id|AssertionID|\w+:[Ii]d)\s*=`)
	reBlankValue = regexp.MustCompile(`(?s)<(?:\w+:)?(?:DigestValue|SignatureValue)>[^<]*(?:[ \t]|&#)[^<]*</`)
	reReferences = regexp.MustCompile(`(?s)<(?:\w+:)?Reference[\s>].*?</(?:\w+:)?Reference\s*>`)
)

func lacksCanonicalisation(doc string) bool {
	for _, ref := range reReferences.FindAllString(doc, -1) {
		if !strings.Contains(ref, "c14n") {
			return true
		}
	}
	return false
}

func hasOuterPI(tree *xmltree.Document) bool {
	for i := 0; i < tree.Len(); i = tree.End(i) {
		if tree.Kind(i) == xmltree.KindPI {
			return true
		}
	}
	return false
}

func hasXMLAttribute(e *xmltree.Element) bool {
	from, to := e.Document().Attributes(e.Index())
	for j := from; j < to; j++ {
		if e.Document().Attribute(j).Space == xmltree.XMLNamespace {
			return true
		}
	}
	return false
}

func hasOuterInstruction(doc string) bool {
	tree, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
	return err == nil && hasOuterPI(tree)
}

// hasReferences tells whether a document has several references: goxmldsig looks at one only.
func hasReferences(doc string) bool { return len(reReferences.FindAllString(doc, -1)) > 1 }

// theirLeniency is why we refuse what goxmldsig accepts; only the begin of the detail counts.
var theirLeniency = []oraclePolicy{
	{reason.XMLForbidden, "a DOCTYPE is not let in", "etree passes over it", nil},
	{reason.XMLForbidden, "only UTF-8 is let in", "etree does not look", nil},
	{reason.XMLForbidden, "only XML 1.0 is let in", "etree does not look", nil},
	{reason.XMLForbidden, "a comment stands inside the text of an element", "<iin>1<!-- -->2</iin> is 1 to some and 12 to others", nil},
	{reason.XMLForbidden, "a line end or tab stands inside an attribute value", "not every program makes a space of it; goxmldsig does not", nil},
	{reason.XMLForbidden, "two elements carry the same Id", "goxmldsig looks at the root's only", nil},
	{reason.XMLForbidden, "a reference", "another reference, which goxmldsig does not follow", hasReferences},
	{reason.XMLForbidden, "the key is only referred to", "RetrievalMethod is passed over", nil},
	{reason.XMLMalformed, "", "etree reads what is not well-formed", nil},
	{reason.AlgorithmForbidden, "there are more transforms than enveloped-signature and one canonicalisation", "goxmldsig takes the last", nil},
	{reason.AlgorithmForbidden, "a transform is neither", "of another reference, which goxmldsig does not follow", hasReferences},
	{reason.AlgorithmForbidden, "the digest algorithm is not allowed", "SHA-1, or of a reference that goxmldsig does not follow", nil},
	{reason.AlgorithmForbidden, "the signature algorithm is not allowed", "SHA-1", nil},
	{reason.AlgorithmForbidden, "the signature algorithm has a parameter", "passed over", nil},
	{reason.DigestMismatch, "", "of another reference, which goxmldsig does not follow", hasReferences},
	{reason.DigestMismatch, "", "an instruction outside the root belongs to the document, of which goxmldsig sees the root only", hasOuterInstruction},
	{reason.CoveragePartial, "a reference", "another reference, which goxmldsig does not follow", hasReferences},
	{reason.ChainUntrusted, "the signature names no certificate that is at hand", "without KeyInfo goxmldsig takes the one certificate it has", nil},
	{reason.SignatureMalformed, "", "goxmldsig looks for the parts it knows and passes over others", nil},
	{reason.SignatureMissing, "", "goxmldsig looks for signatures at any depth", nil},
	{reason.CertificateMalformed, "", "certificates behind the first are passed over", nil},
}

// TestTheirGaps pins the list of what goxmldsig refuses: each example passes here and not there.
func TestTheirGaps(t *testing.T) {
	d := newDuel(t)
	compact := func(doc string, opt xmlsig.SignOptions) string {
		opt.Style = xmlsig.StyleCompact
		return sign(t, doc, d.person, opt)
	}
	plain := compact(duelPlain, xmlsig.SignOptions{})
	resealed := func(old, with string) string { return d.reseal(strings.Replace(plain, old, with, 1)) }
	ca := base64.StdEncoding.EncodeToString(authority(t, testpki.RSA).ca.Issuing.Raw)
	examples := map[string]string{
		"comments under a same-document reference": compact(duelRich, xmlsig.SignOptions{}),
		"more than one signature":                  compact(plain, xmlsig.SignOptions{}),
		"instructions outside the root":            compact("<?pi?>"+duelPlain, xmlsig.SignOptions{}),
		"a reference without a canonicalisation":   d.reseal(strings.Replace(compact(duelRich, xmlsig.SignOptions{}), vectorCanonical, "", 1)),
		"xml: attributes around SignedInfo":        compact(`<form xml:lang="kk"/>`, xmlsig.SignOptions{}),
		"xpointer":                                 resealed(`URI=""`, `URI="#xpointer(/)"`),
		"an Id that is not written Id":             compact(`<form ID="a"/>`, xmlsig.SignOptions{ID: "a"}),
		"several certificates":                     strings.Replace(plain, "<ds:X509Certificate>", "<ds:X509Certificate>"+ca+"</ds:X509Certificate><ds:X509Certificate>", 1),
		"blanks in base64":                         strings.Replace(plain, "<ds:SignatureValue>", "<ds:SignatureValue> ", 1),
		"a fault of its canonical forms":           compact(`<a xmlns:p="urn:2" xmlns:q="urn:1" p:a="" q:b=""/>`, xmlsig.SignOptions{}),
	}
	for _, g := range theirGaps {
		doc, ok := examples[g.name]
		if !ok {
			t.Errorf("%s has no example", g.name)
			continue
		}
		tree, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
		check, passed := d.ours(doc)
		if err != nil || !g.has(tree, doc) || !passed || d.accepts(doc) == nil {
			t.Errorf("%s: ours %+v, theirs %v\n%s", g.name, check, d.accepts(doc), doc)
		}
	}
}

package xmlsig_test

import (
	"math/rand/v2"
	"strings"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// vectorForm is what people sign in the vectors. Attackers write "evil" where they gain.
const vectorForm = `<form Id="f1"><iin>000230500003</iin><name>СЫНАҚОВ СЫНАҚ</name><sum Id="s1">100</sum></form>`

var byID = xmlsig.SignOptions{ID: "f1"}

func evil(doc string) string { return strings.Replace(doc, ">100<", ">evil<", 1) }

func (m *maker) valid() {
	ok := func(name, why, doc string) *vector { return m.add("valid", name, "", why, doc) }
	ok("gost-document", "enveloped, inclusive, GOST 2015", m.sign(vectorForm, m.person, xmlsig.SignOptions{}))
	santuario, err := xmlsig.Sign([]byte(vectorForm), key(m.person), xmlsig.SignOptions{Rand: rand.NewChaCha8([32]byte{24})})
	m.must(err)
	ok("gost-santuario", "line ends after every tag, base64 in lines, as NCALayer writes", string(santuario))
	ok("gost-by-id", "reference #f1, exclusive canonicalisation", m.sign(vectorForm, m.person, byID))
	ok("gost2004-document", "GOST 34.310-2004", m.sign(vectorForm, m.gost2004, xmlsig.SignOptions{}))
	ok("rsa-document", "RSA with SHA-256", m.sign(vectorForm, m.rsa, xmlsig.SignOptions{}))
	ok("ecdsa-document", "ECDSA P-256 with SHA-256", m.sign(vectorForm, m.p256, xmlsig.SignOptions{}))
	ok("c14n11", "Canonical XML 1.1", m.sign(vectorForm, m.person, xmlsig.SignOptions{C14N: new(c14n.C14N11)}))
	ok("two-signers", "the second covers the first", m.sign(m.sign(vectorForm, m.person, xmlsig.SignOptions{}), m.other, xmlsig.SignOptions{}))
	doc := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	ok("byte-order-mark", "one byte order mark is let in", "\uFEFF"+doc)
	ok("cr-lf", "XML makes every line end a line feed", strings.ReplaceAll(string(santuario), "\n", "\r\n"))
	ok("cdata", "a CDATA section is text like any other", strings.Replace(doc, ">100<", "><![CDATA[100]]><", 1))
	ok("attribute-order", "canonicalisation sorts attributes and quotes", strings.Replace(doc, `<form Id="f1">`, `<form   Id='f1' >`, 1))
	ok("comment-between-elements", "comments between elements are not signed, and only counted", strings.Replace(doc, "<name>", "<!-- x --><name>", 1))
	ok("base64-spaces", "white space inside base64 is no fault", strings.Replace(doc, "<ds:SignatureValue>", "<ds:SignatureValue> \n\t", 1))
	m.add("valid", "part-under-any", "", "profile any takes a part", m.sign(vectorForm, m.person, xmlsig.SignOptions{ID: "s1"})).profile = "any"
	v := m.add("valid", "bare-key", "", "no KeyInfo, the key is given", m.sign(vectorForm, testpki.Identity{Key: m.person.Key}, xmlsig.SignOptions{}))
	v.key = "gost-key.pem"
	envelope, err := xmlsig.SignWSS([]byte(vectorEnvelope), key(m.person), xmlsig.WSSOptions{BodyID: "id-1", Rand: rand.NewChaCha8([32]byte{24})})
	m.must(err)
	m.add("valid", "wss", "", "the Body under WS-Security", string(envelope)).profile = "wss"
}

const vectorEnvelope = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header/><soap:Body><request>100</request></soap:Body></soap:Envelope>`

func (m *maker) wrapping() {
	signed := m.sign(vectorForm, m.person, byID)
	before, sig, after := signatureOf(signed)
	original := before + after
	forged := evil(original)
	other := strings.Replace(forged, `"f1"`, `"e1"`, 1)
	open, _, _ := strings.Cut(forged, "<iin>")
	body := strings.TrimSuffix(strings.TrimPrefix(forged, open), "</form>")
	openOther := strings.Replace(open, `"f1"`, `"e1"`, 1)
	inside := func(content string) string {
		return strings.Replace(sig, "</ds:Signature>", "<ds:Object>"+content+"</ds:Object></ds:Signature>", 1)
	}
	noInnerID := func(s string) string { return strings.Replace(s, ` Id="s1"`, "", 1) }
	openOther, body, other = noInnerID(openOther), noInnerID(body), noInnerID(other)
	m.add("xsw1", "original-in-object", reason.CoveragePartial, "the evil root carries the signature, the original is in its Object", openOther+body+inside(original)+"</form>")
	m.add("xsw2", "siblings", reason.CoveragePartial, "signature and original side by side below the evil root", openOther+body+sig+original+"</form>")
	m.add("xsw3", "evil-first", reason.CoveragePartial, "a wrapper with the evil copy before the original", "<w>"+other+signed+"</w>")
	m.add("xsw4", "original-in-evil", reason.CoveragePartial, "the original is a child of the evil copy", openOther+body+signed+"</form>")
	m.add("xsw5", "same-id-evil-first", reason.XMLForbidden, "two elements carry the Id, the evil one has the signature", "<w>"+open+body+sig+"</form>"+original+"</w>")
	m.add("xsw6", "same-id-original-in-signature", reason.XMLForbidden, "two elements carry the Id, the original is inside the signature", open+body+inside(original)+"</form>")
	m.add("xsw7", "extensions", reason.CoveragePartial, "the evil copy hides in an extensible element", "<w><Extensions>"+other+"</Extensions>"+signed+"</w>")
	m.add("xsw8", "original-stripped-in-object", reason.CoveragePartial, "the evil copy stands outside, the original in the Object", "<w>"+other+inside(original)+"</w>")
	for name, attribute := range map[string]string{"ID": `ID="f1"`, "id": `id="f1"`, "xml-id": `xml:id="f1"`, "AssertionID": `AssertionID="f1"`,
		"wsu-Id": `xmlns:u="` + xmltree.WSUNamespace + `" u:Id="f1"`} {
		m.add("duplicate-id", "in-"+strings.ToLower(name)+map[bool]string{true: "-upper"}[name == "ID"], reason.XMLForbidden, "an unsigned element carries the Id in another attribute",
			"<w>"+strings.Replace(noInnerID(forged), `Id="f1"`, attribute, 1)+signed+"</w>")
	}
	m.add("duplicate-id", "as-reference", reason.XMLForbidden, "the twin's Id is written with a character reference", "<w>"+strings.Replace(noInnerID(forged), `Id="f1"`, `Id="&#x66;1"`, 1)+signed+"</w>")
	m.add("duplicate-id", "space-around", reason.CoveragePartial, "an Id with a space is no name and no twin of the signed one", "<w>"+strings.Replace(noInnerID(forged), `Id="f1"`, `Id=" f1"`, 1)+signed+"</w>")
	m.add("parser-differential", "second-form-in-cdata", reason.DigestMismatch, "markup in a CDATA section is text to XML and a tag to a careless reader", strings.Replace(signed, ">100<", "><![CDATA[100</sum><sum>evil]]><", 1))
	m.add("parser-differential", "reference-for-tag", reason.DigestMismatch, "&lt; is text, not a tag", strings.Replace(signed, ">100<", ">100&lt;sum>evil<", 1))
	m.severalSignatures(signed, forged)
}

func (m *maker) severalSignatures(signed, forged string) {
	mine := m.sign(strings.Replace(strings.Replace(forged, `"f1"`, `"e1"`, 1), `"s1"`, `"e2"`, 1), m.other, xmlsig.SignOptions{ID: "e1"})
	m.add("several-signatures", "one-for-each-part", reason.CoveragePartial, "each part has a good signature, the whole none", "<w>"+mine+signed+"</w>")
	before, sig, after := signatureOf(signed)
	m.add("several-signatures", "twice", reason.DigestMismatch, "the same signature twice: the second does not cover the first", before+sig+sig+after)
	m.add("several-signatures", "second-of-other-document", reason.DigestMismatch, "the second signature was taken from another document", func() string {
		_, foreign, _ := signatureOf(m.sign(`<form Id="f1"/>`, m.other, byID))
		return before + sig + foreign + after
	}())
	m.add("several-signatures", "only-in-object", reason.CoveragePartial, "the good signature of a part is hidden in another's Object", func() string {
		outer := m.sign(`<w><x Id="x"/></w>`, m.other, xmlsig.SignOptions{ID: "x"})
		return strings.Replace(outer, "</ds:Signature>", "<ds:Object>"+signed+"</ds:Object></ds:Signature>", 1)
	}())
}

func (m *maker) references() {
	part := m.sign(vectorForm, m.person, xmlsig.SignOptions{ID: "s1"})
	m.add("partial-reference", "small-element", reason.CoveragePartial, "only the sum is signed", part)
	m.add("partial-reference", "small-element-evil-beside", reason.CoveragePartial, "the name beside the signed sum was changed", strings.Replace(part, "СЫНАҚОВ", "evil", 1))
	whole := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	m.add("partial-reference", "bare-hash", reason.XMLForbidden, `URI="#" names nothing`, m.seal(strings.Replace(whole, `URI=""`, `URI="#"`, 1), m.person))
	m.add("partial-reference", "nobody", reason.CoveragePartial, "the Id is nobody's", m.seal(strings.Replace(whole, `URI=""`, `URI="#x"`, 1), m.person))
	from, to := strings.Index(whole, "<ds:Reference"), strings.Index(whole, "</ds:SignedInfo>")
	m.add("partial-reference", "no-reference", reason.SignatureMalformed, "SignedInfo names nothing", m.value(whole[:from]+whole[to:], m.person))
	object := strings.Replace(strings.Replace(whole, "</ds:Signature>", `<ds:Object Id="o"><x/></ds:Object></ds:Signature>`, 1), `URI=""`, `URI="#o"`, 1)
	object = strings.Replace(object, `<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`, "", 1)
	m.add("partial-reference", "only-object", reason.CoveragePartial, "all references go to an Object inside the signature", m.seal(object, m.person))
	ref := whole[from:to]
	second := strings.Replace(strings.Replace(ref, `URI=""`, `URI="#s1"`, 1), `<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`, "", 1)
	both := m.seal(whole[:to]+second+whole[to:], m.person)
	m.add("valid", "two-references", "", "both references hold", both)
	broken := whole[:to] + second + whole[to:] // its digest is still the whole document's
	m.add("one-reference-checked", "second-does-not-hold", reason.DigestMismatch, "the first reference holds, the second does not", m.value(broken, m.person))
	m.add("one-reference-checked", "first-does-not-hold", reason.DigestMismatch, "the second reference holds, the first does not",
		m.value(both[:strings.Index(both, "<ds:DigestValue>")]+"<ds:DigestValue>AAAA"+both[strings.Index(both, "</ds:DigestValue>"):], m.person))
	m.manifest(whole)
	m.add("two-signedinfo", "doubled", reason.SignatureMalformed, "two SignedInfo", strings.Replace(whole, "<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>", 1))
	m.add("two-signedinfo", "deeper", reason.SignatureMalformed, "SignedInfo stands in an Object",
		strings.NewReplacer("<ds:SignedInfo>", "<ds:Object><ds:SignedInfo>", "</ds:SignedInfo>", "</ds:SignedInfo></ds:Object>").Replace(whole))
	m.add("two-signedinfo", "twin", reason.SignatureMalformed, "a SignedInfo of another namespace first", strings.Replace(whole, "<ds:SignedInfo>", `<SignedInfo xmlns="urn:x"/><ds:SignedInfo>`, 1))
	m.add("two-signedinfo", "foreign-namespace", reason.SignatureMissing, "the Signature is in no namespace we know", strings.Replace(whole, `dsig#">`, `dsig">`, 1))
	for tag, class := range map[string]string{"DigestValue": "digest", "SignatureValue": "signature", "X509Certificate": "certificate"} {
		m.add("comment-in-digestvalue", class, reason.XMLForbidden, "a comment splits a value", strings.Replace(whole, "<ds:"+tag+">", "<ds:"+tag+"><!--AAAA-->", 1))
	}
	m.add("empty-canonical-form", "relative-namespace", reason.XMLForbidden, "canonicalisation fails; the digest is that of no octets",
		m.value(m.octets(strings.Replace(whole, "<iin>", `<iin xmlns:r="relative">`, 1), "SignedInfo/Reference/DigestValue", func([]byte) []byte {
			return newHash("gostr34112015-512").Sum(nil)
		}), m.person))
}

func (m *maker) manifest(whole string) {
	manifest := `<ds:Object><ds:Manifest Id="m"><ds:Reference URI=""><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:Manifest></ds:Object></ds:Signature>`
	doc := strings.Replace(strings.Replace(whole, "</ds:Signature>", manifest, 1), `URI=""`, `URI="#m" Type="http://www.w3.org/2000/09/xmldsig#Manifest"`, 1)
	doc = strings.Replace(doc, `<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`, "", 1)
	m.add("manifest", "covers-by-list", reason.CoveragePartial, "a manifest is signed, what it lists is not", m.seal(doc, m.person))
}

package xmlsig_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

const (
	oasis    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
	tokenRef = `<wsse:SecurityTokenReference xmlns:wsse="` + oasis + `wssecurity-secext-1.0.xsd">`
)

// keyInfos are KeyInfo in every shape there is, some of them refused.
func keyInfos(p *party) []string {
	encode := base64.StdEncoding.EncodeToString
	cert := func(c *pki.Certificate) string {
		return "<ds:X509Certificate>" + encode(c.Raw) + "</ds:X509Certificate>"
	}
	data := func(parts ...string) string { return "<ds:X509Data>" + strings.Join(parts, "") + "</ds:X509Data>" }
	person, head, ca := p.person.Certificate, p.head.Certificate, p.ca.Issuing
	serial := "<ds:X509IssuerSerial><ds:X509IssuerName>x</ds:X509IssuerName><ds:X509SerialNumber>" + person.Serial.String() + "</ds:X509SerialNumber></ds:X509IssuerSerial>"
	ski := "<ds:X509SKI>" + encode(person.SubjectKeyID) + "</ds:X509SKI>"
	subject := "<ds:X509SubjectName>" + string(xmltree.EscapeText(nil, person.Subject.DN)) + "</ds:X509SubjectName>"
	sum := sha256.Sum256(person.Raw)
	digest := `<d:X509Digest xmlns:d="http://www.w3.org/2009/xmldsig11#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256">` + encode(sum[:]) + `</d:X509Digest>`
	identifier := func(kind string, value []byte) string {
		return tokenRef + `<wsse:KeyIdentifier ValueType="` + oasis + `x509-token-profile-1.0#` + kind + `">` + encode(value) + `</wsse:KeyIdentifier></wsse:SecurityTokenReference>`
	}
	token := tokenRef + `<wsse:Reference URI="#t"/></wsse:SecurityTokenReference><b:BinarySecurityToken xmlns:b="` + oasis + `wssecurity-secext-1.0.xsd" xmlns:u="` + xmltree.WSUNamespace +
		`" u:Id="t" ValueType="` + oasis + `x509-token-profile-1.0#X509v3">` + encode(person.Raw) + `</b:BinarySecurityToken>`
	return []string{
		"", data(cert(person)), data(cert(ca), cert(person)), data(cert(person), cert(ca), cert(p.ca.Root)), data(cert(p.ca.Root)) + data(cert(person)),
		data(cert(head), cert(person)), data(cert(head), cert(person), serial), data(cert(head), digest, cert(person)), data(cert(head), subject, cert(person)),
		data(cert(head), cert(person), ski), data(serial), data(ski), data(subject), data(digest), data(serial, cert(ca)), data(cert(person), cert(person)),
		data(cert(ca), cert(p.ca.Root)), data("<ds:X509Certificate>AAAA</ds:X509Certificate>", cert(person)), data("<ds:X509CRL>AAAA</ds:X509CRL>", cert(person)),
		identifier("X509v3", person.Raw), identifier("X509SubjectKeyIdentifier", person.SubjectKeyID), tokenRef + data(serial) + "</wsse:SecurityTokenReference>", token,
		"<ds:KeyName>СЫНАҚОВ СЫНАҚ</ds:KeyName>", "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>",
		"<ds:KeyValue/>" + data(cert(person)), `<ds:RetrievalMethod URI="#t"/>`, `<d:KeyInfoReference xmlns:d="http://www.w3.org/2009/xmldsig11#" URI="#t"/>`,
	}
}

// FuzzKeyInfo puts anything into the KeyInfo of a signed document. Whoever it names: what passes is
// the signer's and no one else's, passes with the bare key too, and the order of certificates is all one.
func FuzzKeyInfo(f *testing.F) {
	p := authority(f, testpki.ECDSA)
	for _, info := range keyInfos(p) {
		f.Add([]byte(info))
	}
	signed := sign(f, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	head, rest, _ := strings.Cut(signed, "<ds:KeyInfo>")
	_, tail, _ := strings.Cut(rest, "</ds:KeyInfo>")
	candidates := []*pki.Certificate{p.head.Certificate, p.ca.Issuing, p.person.Certificate}
	opt := xmlsig.Options{At: now, Trust: p.trust(), Candidates: candidates}
	f.Fuzz(func(t *testing.T, info []byte) {
		doc := head + "<ds:KeyInfo>" + string(info) + "</ds:KeyInfo>" + tail
		passed := passesAsPerson(t, doc, p, opt)
		if passed {
			bare := xmlsig.Verify(nil, []byte(doc), xmlsig.Options{At: now, Key: p.person.Key.Public()})
			if outcome, _ := bare.Verdict(); outcome != reason.Passed {
				t.Fatal(outcomes(bare))
			}
		}
		if turned := certificatesTurned(doc); turned != "" && passesAsPerson(t, turned, p, opt) != passed {
			t.Fatalf("the order of certificates matters: passed %v\n%s", passed, info)
		}
	})
}

func passesAsPerson(t *testing.T, doc string, p *party, opt xmlsig.Options) bool {
	t.Helper()
	r := xmlsig.Verify(nil, []byte(doc), opt)
	outcome, code := r.Verdict()
	switch {
	case outcome == reason.Failed && code == "":
		t.Fatal("a failure without a reason")
	case outcome != reason.Passed:
		return false
	case string(r.Covered) != victim || len(r.Signers) != 1 || !bytes.Equal(r.Signers[0].Certificate.Raw, p.person.Certificate.Raw):
		t.Fatalf("another's document or signature passed: %s", outcomes(r))
	}
	return true
}

// certificatesTurned exchanges the first and the last X509Certificate of a document; "" if there are not two.
func certificatesTurned(doc string) string {
	tree, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
	if err != nil {
		return ""
	}
	var certs []*xmltree.Element
	for i := range tree.Len() {
		if tree.Kind(i) == xmltree.KindElement && tree.ElementAt(i).Is(vectorDSig, "X509Certificate") && usual(tree.ElementAt(i)) {
			certs = append(certs, tree.ElementAt(i))
		}
	}
	if len(certs) < 2 {
		return ""
	}
	inside := func(e *xmltree.Element) (from, to int) {
		name, end, _ := e.Place()
		return name + strings.IndexByte(doc[name:], '>') + 1, end
	}
	a, b := inside(certs[0])
	c, d := inside(certs[len(certs)-1])
	if b < a || c < b || d < c {
		return "" // one inside the other, or > in an attribute
	}
	return doc[:a] + doc[c:d] + doc[b:c] + doc[a:b] + doc[d:]
}

// TestKeyInfoShapes: which of the shapes name the signer.
func TestKeyInfoShapes(t *testing.T) {
	p := authority(t, testpki.ECDSA)
	signed := sign(t, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	refused := map[int]reason.Code{
		0: reason.ChainUntrusted, 12: reason.ChainUntrusted, 23: reason.ChainUntrusted, 24: reason.ChainUntrusted, // nobody is named
		5: reason.SignatureMalformed, 16: reason.SignatureInvalid, // two persons, no person
		26: reason.XMLForbidden, 27: reason.XMLForbidden, // only referred to
	}
	for i, info := range keyInfos(p) {
		doc := cut(signed, "<ds:KeyInfo>", "</ds:KeyInfo>")
		doc = strings.Replace(doc, "</ds:KeyInfo>", info+"</ds:KeyInfo>", 1)
		r := xmlsig.Verify(nil, []byte(doc), xmlsig.Options{At: now, Trust: p.trust(), Candidates: []*pki.Certificate{p.person.Certificate}})
		_, code := r.Verdict()
		if code != refused[i] {
			t.Errorf("shape %d: %q, want %q: %.200s", i, code, refused[i], info)
		}
	}
}

package xmlsig_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"

	"kopir/xmlsig"
	"kopir/xmlsig/gost"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

const (
	vectorMore      = "http://www.w3.org/2001/04/xmldsig-more#"
	vectorDSig      = "http://www.w3.org/2000/09/xmldsig#"
	vectorEnveloped = `<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`
	vectorCanonical = `<ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"/>`
	vectorDigest    = "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-512"
)

// algorithms are signatures whose algorithms do not fit together, or are not let in.
func (m *maker) algorithms() {
	doc := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	rsaDoc := m.sign(vectorForm, m.rsa, xmlsig.SignOptions{})
	method := func(uri string) string { return strings.Replace(doc, nationalMethod, uri, 1) }
	digest := func(uri string) string { return strings.Replace(doc, `"`+vectorDigest+`"`, `"`+uri+`"`, 1) }
	weak := func(name, why, changed string) { m.add("weak-hash", name, reason.AlgorithmForbidden, why, changed) }
	sha1Doc := strings.NewReplacer(vectorMore+"rsa-sha256", vectorDSig+"rsa-sha1", "http://www.w3.org/2001/04/xmlenc#sha256", vectorDSig+"sha1").Replace(rsaDoc)
	weak("rsa-sha1", "SHA-1 in the signature and in the digest", m.seal(sha1Doc, m.rsa))
	weak("sha1-digest", "SHA-1 in the digest alone", m.seal(strings.Replace(rsaDoc, "http://www.w3.org/2001/04/xmlenc#sha256", vectorDSig+"sha1", 1), m.rsa))
	weak("md5-digest", "MD5 in the digest", m.value(strings.Replace(rsaDoc, "http://www.w3.org/2001/04/xmlenc#sha256", vectorMore+"md5", 1), m.rsa))
	weak("ripemd160-digest", "RIPEMD-160 in the digest", m.value(strings.Replace(rsaDoc, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#ripemd160", 1), m.rsa))
	weak("rsa-md5", "MD5 in the signature", strings.Replace(rsaDoc, vectorMore+"rsa-sha256", vectorMore+"rsa-md5", 1))
	weak("gost-with-sha1-digest", "SHA-1 beside a national signature", m.seal(digest(vectorDSig+"sha1"), m.person))
	m.add("weak-hash", "md5-digest-with-sha1-let-in", reason.AlgorithmForbidden, "letting SHA-1 in does not let MD5 in",
		m.value(strings.Replace(rsaDoc, "http://www.w3.org/2001/04/xmlenc#sha256", vectorMore+"md5", 1), m.rsa)).allow = "legacy-rsa-sha1"
	for _, s := range []struct{ name, why, doc string }{
		{"rsa-for-gost-key", "an RSA algorithm with a GOST key", method(vectorMore + "rsa-sha256")},
		{"ecdsa-for-gost-key", "an ECDSA algorithm with a GOST key", method(vectorMore + "ecdsa-sha512")},
		{"gost-for-rsa-key", "a GOST algorithm with an RSA key", strings.Replace(rsaDoc, vectorMore+"rsa-sha256", nationalMethod, 1)},
		{"256-for-512-key", "the 256-bit algorithm with a 512-bit key", m.value(method(strings.Replace(nationalMethod, "512", "256", 1)), m.person)},
		{"512-to-256-name", "only the last number changed", method(strings.TrimSuffix(nationalMethod, "512") + "256")},
		{"2004-for-2015-key", "the algorithm of 2004 with a key of 2015", method(vectorMore + "gost34310-gost34311")},
		{"sha256-digest", "a foreign digest beside a national signature", m.seal(digest("http://www.w3.org/2001/04/xmlenc#sha256"), m.person)},
		{"34311-digest", "the digest of 2004 beside a signature of 2015", m.seal(digest(vectorMore+"gost34311"), m.person)},
		{"upper-case", "URIs compare exactly", method(strings.ToUpper(nationalMethod))},
		{"trailing-space", "URIs compare exactly", method(nationalMethod + " ")},
		{"trailing-hash", "URIs compare exactly", method(nationalMethod + "#")},
		{"none", "no algorithm", method("none")},
		{"empty", "an empty algorithm", method("")},
		{"dsa", "DSA", method(vectorDSig + "dsa-sha1")},
		{"eddsa", "EdDSA", method("http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519")},
		{"unknown-canonicalisation", "SignedInfo in a form nobody knows", strings.Replace(doc, `CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"`, `CanonicalizationMethod Algorithm="urn:none"`, 1)},
		{"parameter", "the algorithm has a parameter", strings.Replace(doc, nationalMethod+`"/>`, nationalMethod+`"><x/></ds:SignatureMethod>`, 1)},
	} {
		m.add("algorithm-substitution", s.name, reason.AlgorithmForbidden, s.why, s.doc)
	}
	m.add("algorithm-substitution", "pss-for-pkcs1", reason.SignatureInvalid, "a PKCS #1 v1.5 value under the name of PSS",
		m.value(strings.Replace(rsaDoc, vectorMore+"rsa-sha256", "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", 1), m.rsa))
	m.add("algorithm-substitution", "sha384-for-sha256", reason.SignatureInvalid, "another hash of the family", strings.Replace(rsaDoc, vectorMore+"rsa-sha256", vectorMore+"rsa-sha384", 1))
	m.hmacs(method)
}

// hmacs sign with what is public as the secret.
func (m *maker) hmacs(method func(string) string) {
	for name, secret := range map[string][]byte{"certificate": m.person.Certificate.Raw, "public-key": m.person.Certificate.RawSPKI, "secret-word": []byte("secret")} {
		doc := method(vectorMore + "hmac-sha256")
		mac := hmac.New(sha256.New, secret)
		mac.Write(m.signedInfo(doc))
		m.add("hmac-confusion", name, reason.AlgorithmForbidden, "HMAC with what everybody knows", m.octets(doc, "SignatureValue", func([]byte) []byte { return mac.Sum(nil) }))
	}
	for _, bits := range []string{"0", "1", "8", "40", "80", "160"} {
		doc := strings.Replace(method(vectorDSig+"hmac-sha1"), `hmac-sha1"/>`, `hmac-sha1"><ds:HMACOutputLength>`+bits+`</ds:HMACOutputLength></ds:SignatureMethod>`, 1)
		mac := hmac.New(sha1.New, []byte("secret"))
		mac.Write(m.signedInfo(doc))
		m.add("hmac-truncation", bits+"-bits", reason.AlgorithmForbidden, "CVE-2009-0217", m.octets(doc, "SignatureValue", func([]byte) []byte { return mac.Sum(nil) }))
	}
	m.add("hmac-truncation", "on-gost", reason.AlgorithmForbidden, "HMACOutputLength under a signature algorithm",
		strings.Replace(method(nationalMethod), nationalMethod+`"/>`, nationalMethod+`"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>`, 1))
}

// values are signature values in a wrong form.
func (m *maker) values() {
	value := func(doc string, change func([]byte) []byte) string { return m.octets(doc, "SignatureValue", change) }
	doc := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	national := func(name, why string, change func([]byte) []byte) {
		m.add("gost", name, reason.SignatureInvalid, why, value(doc, change))
	}
	const half = 64
	order := gost.Curve512A().Size()
	swapped := func(v []byte) []byte { return slices.Concat(v[half:], v[:half]) }
	mirrored := func(v []byte) []byte {
		r, s := slices.Clone(v[:half]), slices.Clone(v[half:])
		slices.Reverse(r)
		slices.Reverse(s)
		return slices.Concat(r, s)
	}
	national("s-before-r", "the two numbers exchanged", swapped)
	national("big-endian", "the octets of each number reversed", mirrored)
	national("big-endian-s-before-r", "all octets reversed, the form of RFC 7091", func(v []byte) []byte { return swapped(mirrored(v)) })
	national("r-zero", "r = 0", func(v []byte) []byte { return append(make([]byte, half), v[half:]...) })
	national("s-zero", "s = 0", func(v []byte) []byte { return append(v[:half:half], make([]byte, half)...) })
	national("all-zero", "r = s = 0", func(v []byte) []byte { return make([]byte, 2*order) })
	national("r-too-big", "r is not below the order", func(v []byte) []byte { return slices.Concat(slices.Repeat([]byte{0xFF}, half), v[half:]) })
	national("s-too-big", "s is not below the order", func(v []byte) []byte { return slices.Concat(v[:half], slices.Repeat([]byte{0xFF}, half)) })
	national("padded", "each number one octet longer", func(v []byte) []byte { return slices.Concat(v[:half], []byte{0}, v[half:], []byte{0}) })
	national("short", "an octet is missing", func(v []byte) []byte { return v[:len(v)-1] })
	national("half", "only r", func(v []byte) []byte { return v[:half] })
	national("asn1", "ASN.1 instead of two numbers", func(v []byte) []byte { return derPair(mirrored(v)) })
	national("one-bit", "one bit changed", func(v []byte) []byte { v[10] ^= 1; return v })
	m.add("gost", "of-another-document", reason.SignatureInvalid, "the value of another document", value(doc, func([]byte) []byte {
		return m.signOctets([]byte("another"), m.person.Key)
	}))
	p256 := m.sign(vectorForm, m.p256, xmlsig.SignOptions{})
	order256, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	ec := func(name, why string, change func([]byte) []byte) {
		m.add("ecdsa", name, reason.SignatureInvalid, why, value(p256, change))
	}
	ec("asn1", "ASN.1 instead of r‖s", derPair)
	ec("r-zero", "r = 0", func(v []byte) []byte { return append(make([]byte, 32), v[32:]...) })
	ec("s-zero", "s = 0", func(v []byte) []byte { return append(v[:32:32], make([]byte, 32)...) })
	ec("all-zero", "r = s = 0", func(v []byte) []byte { return make([]byte, 64) })
	ec("r-is-order", "r = n", func(v []byte) []byte { return append(order256.Bytes(), v[32:]...) })
	ec("s-plus-order", "s + n, where it fits, or n", func(v []byte) []byte { return append(v[:32:32], order256.Bytes()...) })
	ec("padded", "each number one octet longer", func(v []byte) []byte { return slices.Concat([]byte{0}, v[:32], []byte{0}, v[32:]) })
	ec("short", "an octet is missing", func(v []byte) []byte { return v[:63] })
	ec("s-before-r", "the two numbers exchanged", func(v []byte) []byte { return slices.Concat(v[32:], v[:32]) })
	m.add("ecdsa", "sha384-name", reason.SignatureInvalid, "the name of another hash", strings.Replace(p256, "ecdsa-sha256", "ecdsa-sha384", 1))
	m.base64(doc)
	m.rsaValues(value)
}

func derPair(v []byte) []byte {
	n := len(v) / 2
	der, _ := asn1.Marshal([]*big.Int{new(big.Int).SetBytes(v[:n]), new(big.Int).SetBytes(v[n:])})
	return der
}

func (m *maker) base64(doc string) {
	bad := func(name, why, old, with string) {
		changed := strings.Replace(doc, old, with, 1)
		m.add("base64", name, reason.SignatureMalformed, why, changed)
	}
	bad("star", "a character outside the alphabet", "<ds:SignatureValue>", "<ds:SignatureValue>*")
	bad("no-padding", "padding is missing", "=</ds:SignatureValue>", "</ds:SignatureValue>")
	bad("data-behind-padding", "octets behind the padding", "</ds:SignatureValue>", "AAAA</ds:SignatureValue>")
	bad("url-alphabet", "the alphabet of URLs", "<ds:SignatureValue>", "<ds:SignatureValue>-_-_")
	bad("no-break-space", "a space that XML does not know", "<ds:SignatureValue>", "<ds:SignatureValue>\u00A0")
	bad("digest-star", "a digest outside the alphabet", "<ds:DigestValue>", "<ds:DigestValue>*")
	bad("element", "an element in the value", "<ds:SignatureValue>", "<ds:SignatureValue><x/>")
	bad("certificate-star", "a certificate outside the alphabet", "<ds:X509Certificate>", "<ds:X509Certificate>*")
	from, to := strings.Index(doc, "<ds:SignatureValue>")+len("<ds:SignatureValue>"), strings.Index(doc, "</ds:SignatureValue>")
	m.add("base64", "empty", reason.SignatureMalformed, "no value", doc[:from]+doc[to:])
	m.add("base64", "hidden-bits", reason.SignatureMalformed, "bits beyond the last octet are not zero", doc[:to-2]+string("BCDE"[strings.IndexByte("AQgw", doc[to-2])&1])+doc[to-1:])
	m.add("base64", "long", reason.SignatureInvalid, "a value much too long", doc[:from]+strings.Repeat("AAAA", 2000)+doc[to:])
}

func (m *maker) rsaValues(value func(string, func([]byte) []byte) string) {
	doc := m.sign(vectorForm, m.rsa, xmlsig.SignOptions{})
	bad := func(name, why string, change func([]byte) []byte) {
		m.add("rsa", name, reason.SignatureInvalid, why, value(doc, change))
	}
	bad("longer", "a zero before the value", func(v []byte) []byte { return append([]byte{0}, v...) })
	bad("shorter", "an octet is missing", func(v []byte) []byte { return v[:len(v)-1] })
	bad("zero", "the value 0", func(v []byte) []byte { return make([]byte, len(v)) })
	bad("one", "the value 1", func(v []byte) []byte { return append(make([]byte, len(v)-1), 1) })
	bad("above-modulus", "the value is above the modulus", func(v []byte) []byte { return slices.Repeat([]byte{0xFF}, len(v)) })
	modulus := m.load("rsa-2048.pem").N
	sum := sha256.Sum256(m.signedInfo(doc))
	prefix := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	padded := slices.Concat([]byte{0, 1}, slices.Repeat([]byte{0xFF}, 256-3-len(prefix)-32), []byte{0}, prefix, sum[:])
	withKey := func(spki []byte) string {
		der := m.certificateDER(func(t *testpki.Template) { t.SPKI = spki })
		return replaceCertificate(value(doc, func([]byte) []byte { return padded }), der)
	}
	m.add("rsa", "exponent-1", reason.KeyWeak, "with e = 1 the padded digest is its own signature", withKey(spkiRSA(modulus, 1)))
	m.add("rsa", "exponent-2", reason.KeyWeak, "an even exponent", withKey(spkiRSA(modulus, 2)))
	m.add("rsa", "even-modulus", reason.KeyWeak, "an even modulus", withKey(spkiRSA(new(big.Int).Lsh(big.NewInt(1), 2047), 65537)))
	spki, err := x509.MarshalPKIXPublicKey(m.weak.Key.Public())
	m.must(err)
	weak := m.certificateDER(func(t *testpki.Template) { t.SPKI = spki })
	m.add("rsa", "1024-bits", reason.KeyWeak, "an RSA key of 1024 bits", m.value(replaceCertificate(doc, weak), m.weak))
}

func spkiRSA(n *big.Int, e int) []byte {
	key, _ := asn1.Marshal(struct {
		N *big.Int
		E int
	}{n, e})
	spki, _ := asn1.Marshal(struct {
		Algorithm struct {
			OID  asn1.ObjectIdentifier
			Null asn1.RawValue
		}
		Key asn1.BitString
	}{struct {
		OID  asn1.ObjectIdentifier
		Null asn1.RawValue
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, asn1.NullRawValue}, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}})
	return spki
}

// replaceCertificate puts another certificate into X509Certificate.
func replaceCertificate(doc string, der []byte) string {
	emptied := cut(doc, "<ds:X509Certificate>", "</ds:X509Certificate>")
	return strings.Replace(emptied, "</ds:X509Certificate>", base64.StdEncoding.EncodeToString(der)+"</ds:X509Certificate>", 1)
}

// keys are KeyInfo that name somebody else.
func (m *maker) keys() {
	doc := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	mine := m.sign(evil(vectorForm), m.stranger, xmlsig.SignOptions{})
	certificate := func(id testpki.Identity) string {
		return "<ds:X509Certificate>" + base64.StdEncoding.EncodeToString(id.Certificate.Raw) + "</ds:X509Certificate>"
	}
	info := func(doc, content string) string {
		return strings.Replace(cut(doc, "<ds:KeyInfo>", "</ds:KeyInfo>"), "</ds:KeyInfo>", content+"</ds:KeyInfo>", 1)
	}
	data := func(content string) string { return "<ds:X509Data>" + content + "</ds:X509Data>" }
	add := func(name string, code reason.Code, why, doc string) { m.add("keyinfo-injection", name, code, why, doc) }
	add("attackers-certificate", reason.ChainUntrusted, "signed and certified by the attacker's own CA", mine)
	add("certificate-of-victim", reason.SignatureInvalid, "the victim's certificate over the attacker's signature", info(mine, data(certificate(m.person))))
	// Certificates in a KeyInfo have no order (XMLDSig 1.1 §4.5.4): two that may both be the signer's are refused by name.
	add("victim-first", reason.SignatureMalformed, "two persons' certificates, and nothing says whose the signature is", info(mine, data(certificate(m.person)+certificate(m.stranger))))
	add("attacker-first", reason.SignatureMalformed, "the same in the other order", info(mine, data(certificate(m.stranger)+certificate(m.person))))
	add("two-x509data", reason.SignatureMalformed, "the same in two X509Data", info(mine, data(certificate(m.person))+data(certificate(m.stranger))))
	add("key-value-of-attacker", reason.SignatureInvalid, "a KeyValue beside the victim's certificate counts for nothing",
		m.value(info(m.sign(evil(vectorForm), m.rsa, xmlsig.SignOptions{}), rsaKeyValue(m.load("rsa-1024.pem").N)+data(certificate(m.rsa))), m.weak))
	add("key-value-alone", reason.ChainUntrusted, "a key without a name", info(m.sign(evil(vectorForm), m.rsa, xmlsig.SignOptions{}), rsaKeyValue(m.load("rsa-2048.pem").N)))
	add("key-name", reason.ChainUntrusted, "a trusted name without a certificate", info(mine, "<ds:KeyName>СЫНАҚОВ СЫНАҚ</ds:KeyName>"))
	add("serial-of-victim", reason.SignatureInvalid, "the serial number picks the victim's certificate",
		info(mine, data("<ds:X509IssuerSerial><ds:X509IssuerName>x</ds:X509IssuerName><ds:X509SerialNumber>"+m.person.Certificate.Serial.String()+"</ds:X509SerialNumber></ds:X509IssuerSerial>"+certificate(m.stranger)+certificate(m.person))))
	ca := testpki.Identity{Certificate: m.ca.Issuing}
	root := testpki.Identity{Certificate: m.ca.Root}
	serial := func(id testpki.Identity) string {
		return "<ds:X509IssuerSerial><ds:X509IssuerName>x</ds:X509IssuerName><ds:X509SerialNumber>" + id.Certificate.Serial.String() + "</ds:X509SerialNumber></ds:X509IssuerSerial>"
	}
	digest := func(id testpki.Identity) string {
		sum := sha256.Sum256(id.Certificate.Raw)
		return `<d11:X509Digest xmlns:d11="http://www.w3.org/2009/xmldsig11#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256">` + base64.StdEncoding.EncodeToString(sum[:]) + `</d11:X509Digest>`
	}
	add("authority-first", "", "the chain may stand in any order", info(doc, data(certificate(ca)+certificate(m.person)+certificate(root))))
	add("authority-in-another-x509data", "", "the chain may be spread", info(doc, data(certificate(root)+certificate(ca))+data(certificate(m.person))))
	add("root-without-intermediate", "", "an authority is not the signer where a person is", info(doc, data(certificate(root)+certificate(m.person))))
	add("serial-chooses", "", "the serial number says which", info(doc, data(certificate(m.other)+certificate(m.person)+serial(m.person))))
	add("digest-chooses", "", "the digest says which", info(doc, data(certificate(m.other)+digest(m.person)+certificate(m.person))))
	add("subject-chooses", reason.SignatureMalformed, "two persons of one name: a subject does not say which",
		info(doc, data(certificate(m.other)+certificate(m.person)+"<ds:X509SubjectName>"+m.person.Certificate.Subject.DN+"</ds:X509SubjectName>")))
	add("serial-of-authority", reason.ChainUntrusted, "the serial number is not the signer's", info(doc, data(serial(ca)+certificate(ca)+certificate(m.person))))
	add("authorities-alone", reason.SignatureInvalid, "the end of the chain is an authority that signed nothing", info(doc, data(certificate(root)+certificate(ca))))
	add("another-person", reason.SignatureInvalid, "the certificate of another person of the same CA", info(doc, data(certificate(m.other))))
	add("no-key-info", reason.ChainUntrusted, "nobody is named", strings.Replace(cut(doc, "<ds:KeyInfo>", "</ds:KeyInfo>"), "<ds:KeyInfo></ds:KeyInfo>", "", 1))
	add("certificate-not-der", reason.CertificateMalformed, "the certificate is no certificate", info(doc, data("<ds:X509Certificate>AAAA</ds:X509Certificate>")))
	v := m.add("keyinfo-injection", "certificate-beside-given-key", reason.SignatureInvalid, "a given key is the only one that counts", m.sign(vectorForm, m.other, xmlsig.SignOptions{}))
	v.key = "gost-key.pem"
	for name, uri := range map[string]string{"remote": "http://evil/key", "local": "#k", "loop": "#rm", "file": "file:///etc/passwd", "empty": ""} {
		method := `<ds:RetrievalMethod Id="rm" URI="` + uri + `" Type="http://www.w3.org/2000/09/xmldsig#X509Data"/>`
		m.add("retrieval-method", name, reason.XMLForbidden, "the key is only referred to", info(doc, method+data(certificate(m.person))))
	}
	m.add("retrieval-method", "key-info-reference", reason.XMLForbidden, "the key is only referred to",
		info(doc, `<d11:KeyInfoReference xmlns:d11="http://www.w3.org/2009/xmldsig11#" URI="#k"/>`))
}

func rsaKeyValue(n *big.Int) string {
	return "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>" + base64.StdEncoding.EncodeToString(n.Bytes()) + "</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
}

// transforms are signed by their sender, with digests that hold where there is one.
func (m *maker) transforms() {
	doc := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	with := func(old, new string) string { return m.seal(strings.Replace(doc, old, new, 1), m.person) }
	add := func(name string, code reason.Code, why, doc string) { m.add("transforms", name, code, why, doc) }
	for name, uri := range map[string]string{"xslt": "http://www.w3.org/TR/1999/REC-xslt-19991116", "xpath": "http://www.w3.org/TR/1999/REC-xpath-19991116",
		"xpath-filter-2": "http://www.w3.org/2002/06/xmldsig-filter2", "base64": vectorDSig + "base64", "unknown": "urn:x", "no-algorithm": "",
		"ooxml": "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"} {
		add(name, reason.AlgorithmForbidden, "a transform outside the list", with(vectorEnveloped, vectorEnveloped+`<ds:Transform Algorithm="`+uri+`"/>`))
	}
	add("xpath-removes-everything", reason.AlgorithmForbidden, "an expression that leaves nothing over",
		with(vectorCanonical, `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>self::nothing</ds:XPath></ds:Transform>`+vectorCanonical))
	add("xslt-document", reason.AlgorithmForbidden, "a style sheet that reads files",
		with(vectorEnveloped, `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><xsl:template match="/"><xsl:value-of select="document('file:///etc/passwd')"/></xsl:template></xsl:stylesheet></ds:Transform>`))
	add("enveloped-twice", reason.AlgorithmForbidden, "the same transform twice", with(vectorEnveloped, vectorEnveloped+vectorEnveloped))
	add("enveloped-last", reason.AlgorithmForbidden, "enveloped-signature behind a canonicalisation", with(vectorEnveloped+vectorCanonical, vectorCanonical+vectorEnveloped))
	add("canonicalisation-twice", reason.AlgorithmForbidden, "two canonicalisations", with(vectorCanonical, vectorCanonical+vectorCanonical))
	add("fifty", reason.AlgorithmForbidden, "many transforms", with(vectorCanonical, strings.Repeat(vectorCanonical, 50)))
	add("empty-list", reason.SignatureMalformed, "Transforms without a transform", m.value(strings.Replace(doc, vectorEnveloped+vectorCanonical, "", 1), m.person))
	add("parameter", reason.SignatureMalformed, "an inclusive canonicalisation with a parameter", with(vectorCanonical, strings.Replace(vectorCanonical, "/>", "><x/></ds:Transform>", 1)))
	add("text-between", reason.SignatureMalformed, "text among the transforms", with(vectorEnveloped, "evil"+vectorEnveloped))
	add("not-enveloped", reason.DigestMismatch, "the signature covers itself", m.value(strings.Replace(doc, vectorEnveloped, "", 1), m.person))
	for name, uri := range map[string]string{"http": "http://evil/x.xml", "metadata-service": "http://169.254.169.254/latest/", "file": "file:///etc/passwd", "relative": "f1",
		"absolute-path": "/f1", "cid": "cid:attachment", "data": "data:,x", "xpointer-expression": "#xpointer(//sum)", "xpointer-quotes": "#xpointer(id('f1)", "space": "# f1"} {
		m.add("external-reference", name, reason.XMLForbidden, "a reference that leaves the document, or is no Id", with(`URI=""`, `URI="`+uri+`"`))
	}
	m.add("external-reference", "omitted", reason.SignatureMalformed, "a reference without URI", m.value(strings.Replace(doc, ` URI=""`, "", 1), m.person))
}

// certificates are good signatures of certificates that may not sign, or not now.
func (m *maker) certificates() {
	m.add("certificate", "authentication", reason.PurposeWrong, "signed with the key for logging in", m.sign(vectorForm, m.authentication, xmlsig.SignOptions{}))
	doc := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	m.add("certificate", "expired", reason.CertificateExpired, "checked two years later", doc).at = now.AddDate(2, 0, 0).Format("2006-01-02T15:04:05Z")
	m.add("certificate", "not-yet-valid", reason.CertificateNotYetValid, "checked five years before", doc).at = now.AddDate(-5, 0, 0).Format("2006-01-02T15:04:05Z")
	m.add("certificate", "same-name-other-ca", reason.ChainUntrusted, "an authority of the same name with another key", m.sign(vectorForm, m.stranger, xmlsig.SignOptions{}))
}

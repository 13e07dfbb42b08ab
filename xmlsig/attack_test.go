package xmlsig_test

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/gost"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

const victim = `<form Id="f1"><iin>000230500003</iin><sum>100</sum></form>`

// resign makes the signature value of a changed SignedInfo anew: the attacker has a key and
// a certificate of his own, only his document is hostile.
func resign(t *testing.T, doc string, id testpki.Identity) string {
	t.Helper()
	tree, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
	if err != nil {
		t.Fatal(err, doc)
	}
	info := tree.Root.Find("Signature/SignedInfo")
	octets, err := c14n.Append(nil, tree, info, c14n.C14N10, c14n.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sum := gost.SumStreebog512(octets)
	value, err := id.Key.Sign(nil, sum[:], crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	from := strings.Index(doc, "<ds:SignatureValue>") + len("<ds:SignatureValue>")
	to := strings.Index(doc, "</ds:SignatureValue>")
	return doc[:from] + base64.StdEncoding.EncodeToString(value) + doc[to:]
}

// signatureOf cuts the signature out: before, the signature, after.
func signatureOf(doc string) (before, sig, after string) {
	from, end := strings.Index(doc, "<ds:Signature "), "</ds:Signature>"
	to := strings.Index(doc, end) + len(end)
	return doc[:from], doc[from:to], doc[to:]
}

func swap(old, with string) func(string) string {
	return func(doc string) string { return strings.Replace(doc, old, with, 1) }
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }

// attack is a change to a signed document and the reason it is refused for.
type attack struct {
	name   string
	change func(doc string) string
	code   reason.Code
}

func runAttacks(t *testing.T, doc string, opt xmlsig.Options, attacks []attack, after func(string) string) {
	t.Helper()
	if outcome, code := verdict(doc, opt); outcome != reason.Passed {
		t.Fatalf("the document does not verify before the attack: %s", code)
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			hostile := a.change(doc)
			if hostile == doc {
				t.Fatal("the attack changed nothing")
			}
			if after != nil {
				hostile = after(hostile)
			}
			r := xmlsig.Verify(nil, []byte(hostile), opt)
			outcome, code := r.Verdict()
			if outcome != reason.Failed || code != a.code {
				t.Errorf("got %v %q, want %q: %s\n%+v", outcome, code, a.code, outcomes(r), r.Checks)
			}
			for _, c := range r.Checks {
				if c.Name <= "" || c.Outcome == reason.Failed && c.Code == "" {
					t.Errorf("a failure without a reason: %+v", c)
				}
			}
			if len(r.Covered) != 0 && r.Checks[0].Outcome != reason.Passed {
				t.Errorf("octets travel on: %s", r.Covered)
			}
		})
	}
}

// TestAttacksOnForm changes a signed document without the key.
func TestAttacksOnForm(t *testing.T) {
	p := authority(t, testpki.GOST512)
	signed := sign(t, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	const root = `<form Id="f1">`
	runAttacks(t, signed, p.options(), []attack{
		{"text changed", swap("100", "999"), reason.DigestMismatch},
		{"element added", swap("<sum>", "<x/><sum>"), reason.DigestMismatch},
		{"attribute added", swap("<sum>", "<sum a='1'>"), reason.DigestMismatch},
		{"namespace of content changed", swap(root, `<form Id="f1" xmlns="urn:evil">`), reason.SignatureInvalid}, // in force in SignedInfo too,
		{"white space added", swap("<sum>", " <sum>"), reason.DigestMismatch},
		{"PI inside", swap("<sum>", "<?x y?><sum>"), reason.DigestMismatch},
		{"PI splits text", swap("0002305", "000<?x?>2305"), reason.DigestMismatch},
		{"PI before the root", func(d string) string { return "<?x y?>" + d }, reason.DigestMismatch},
		{"PI after the root", func(d string) string { return d + "<?x y?>" }, reason.DigestMismatch},
		{"comment splits the IIN", swap("0002305", "000<!-- -->2305"), reason.XMLForbidden},
		{"comment before the IIN's text", swap("<iin>", "<iin><!---->"), reason.XMLForbidden},
		{"comment in DigestValue", swap("<ds:DigestValue>", "<ds:DigestValue><!--x-->"), reason.XMLForbidden},
		{"comment in SignatureValue", swap("<ds:SignatureValue>", "<ds:SignatureValue><!--x-->"), reason.XMLForbidden},
		{"comment in the certificate", swap("<ds:X509Certificate>", "<ds:X509Certificate><!--x-->"), reason.XMLForbidden},
		{"PI in SignatureValue", swap("<ds:SignatureValue>", "<ds:SignatureValue><?x?>"), reason.SignatureMalformed},
		{"element in SignatureValue", swap("<ds:SignatureValue>", "<ds:SignatureValue><a/>"), reason.SignatureMalformed},
		{"line end in an attribute", swap(`Id="f1"`, "Id=\"f1\" t=\"a\nb\""), reason.XMLForbidden},
		{"DOCTYPE", func(d string) string { return "<!DOCTYPE form>" + d }, reason.XMLForbidden},
		{"billion laughs", func(d string) string { return `<!DOCTYPE f [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>` + d }, reason.XMLForbidden},
		{"external entity", func(d string) string { return `<!DOCTYPE f [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + d }, reason.XMLForbidden},
		{"undeclared entity", swap("100", "&ext;"), reason.XMLMalformed},
		{"second root", func(d string) string { return d + "<evil/>" }, reason.XMLMalformed},
		{"text after the root", func(d string) string { return d + "evil" }, reason.XMLMalformed},
		{"doubled attribute", swap(`Id="f1"`, `Id="f1" Id="f2"`), reason.XMLMalformed},
		{"doubled expanded name", swap(root, `<form Id="f1" xmlns:a="u" xmlns:b="u" a:x="1" b:x="2">`), reason.XMLMalformed},
		{"prefix unbound", swap(root, `<form Id="f1" xmlns:p="">`), reason.XMLMalformed},
		{"undeclared prefix", swap("<sum>", "<e:x/><sum>"), reason.XMLMalformed},
		{"UTF-16 declared", func(d string) string { return `<?xml version="1.0" encoding="UTF-16"?>` + d }, reason.XMLForbidden},
		{"XML 1.1", func(d string) string { return `<?xml version="1.1"?>` + d }, reason.XMLForbidden},
		{"two byte order marks", func(d string) string { return "\uFEFF\uFEFF" + d }, reason.XMLMalformed},
		{"overlong UTF-8", swap("100", "1\xC0\xB00"), reason.XMLMalformed},
		{"relative namespace", swap(root, `<form Id="f1" xmlns="evil">`), reason.XMLForbidden},
		{"deep nesting", swap("<sum>", repeat("<d>", 5000)+repeat("</d>", 5000)+"<sum>"), reason.TooLarge},
		{"many attributes", swap("<sum>", "<sum"+manyAttributes(5000)+">"), reason.TooLarge},
		{"many namespaces", swap("<sum>", "<sum"+manyNamespaces(5000)+">"), reason.TooLarge},

		{"signature removed", func(d string) string { b, _, a := signatureOf(d); return b + a }, reason.SignatureMissing},
		{"signature in a foreign namespace", swap(`xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`, `xmlns:ds="http://www.w3.org/2000/09/xmldsig"`), reason.SignatureMissing},
		{"signature twice", func(d string) string { b, s, a := signatureOf(d); return b + s + s + a }, reason.DigestMismatch},
		{"seventeen signatures", func(d string) string { b, s, a := signatureOf(d); return b + repeat(s, 17) + a }, reason.TooLarge},
		{"signature value changed", swap("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), reason.SignatureInvalid},
		{"signature value empty", func(d string) string { return cut(d, "<ds:SignatureValue>", "</ds:SignatureValue>") }, reason.SignatureMalformed},
		{"signature value not base64", swap("<ds:SignatureValue>", "<ds:SignatureValue>*"), reason.SignatureMalformed},
		{"base64 without its padding", swap("=</ds:SignatureValue>", "</ds:SignatureValue>"), reason.SignatureMalformed},
		{"SignatureValue twice", swap("<ds:SignatureValue>", "<ds:SignatureValue>AAAA</ds:SignatureValue><ds:SignatureValue>"), reason.SignatureMalformed},
		{"SignedInfo twice", swap("<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>"), reason.SignatureMalformed},
		{"SignedInfo's twin in another namespace", swap("<ds:SignedInfo>", "<SignedInfo/><ds:SignedInfo>"), reason.SignatureMalformed},
		{"SignedInfo deeper", func(d string) string {
			return strings.Replace(swap("<ds:SignedInfo>", "<ds:Object><ds:SignedInfo>")(d), "</ds:SignedInfo>", "</ds:SignedInfo></ds:Object>", 1)
		}, reason.SignatureMalformed},
		{"text between the parts", swap("<ds:KeyInfo>", "x<ds:KeyInfo>"), reason.SignatureMalformed},
		{"KeyInfo twice", swap("<ds:KeyInfo>", "<ds:KeyInfo/><ds:KeyInfo>"), reason.SignatureMalformed},
		{"PI in SignedInfo", swap("<ds:Reference", "<?x?><ds:Reference"), reason.SignatureMalformed},
		{"digest replaced", swap("<ds:DigestValue>", "<ds:DigestValue>AAAA"), reason.SignatureInvalid},

		{"HMAC with the certificate as secret", swap(nationalMethod, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"), reason.AlgorithmForbidden},
		{"truncated HMAC", swap(`"`+nationalMethod+`"/>`, `"http://www.w3.org/2000/09/xmldsig#hmac-sha1"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>`), reason.AlgorithmForbidden},
		{"no algorithm", swap(nationalMethod, "none"), reason.AlgorithmForbidden},
		{"RSA algorithm for a GOST key", swap(nationalMethod, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"), reason.AlgorithmForbidden},
		{"256-bit algorithm for a 512-bit key", swap("gostr34102015-gostr34112015-512", "gostr34102015-gostr34112015-256"), reason.AlgorithmForbidden},
		{"GOST-2004 algorithm for a 2015 key", swap(nationalMethod, "http://www.w3.org/2001/04/xmldsig-more#gost34310-gost34311"), reason.AlgorithmForbidden},
		{"algorithm in upper case", swap(nationalMethod, strings.ToUpper(nationalMethod)), reason.AlgorithmForbidden},
		{"algorithm with a space", swap(nationalMethod, nationalMethod+" "), reason.AlgorithmForbidden},
		{"DSA", swap(nationalMethod, "http://www.w3.org/2000/09/xmldsig#dsa-sha1"), reason.AlgorithmForbidden},

		{"certificate removed", func(d string) string { return cut(d, "<ds:X509Data>", "</ds:X509Data>") }, reason.ChainUntrusted},
		{"certificate of another person", func(d string) string {
			return strings.Replace(cut(d, "<ds:X509Certificate>", "</ds:X509Certificate>"), "</ds:X509Certificate>",
				base64.StdEncoding.EncodeToString(p.head.Certificate.Raw)+"</ds:X509Certificate>", 1)
		}, reason.SignatureInvalid},
		{"retrieval method", swap("<ds:KeyInfo>", `<ds:KeyInfo><ds:RetrievalMethod URI="http://evil/"/>`), reason.XMLForbidden},
		{"seventeen certificates", swap("<ds:X509Data>", "<ds:X509Data>"+repeat("<ds:X509Certificate>AAAA</ds:X509Certificate>", 17)), reason.SignatureMalformed},
	}, nil)
}

const nationalMethod = "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34102015-gostr34112015-512"

// cut empties what stands between two tags.
func cut(doc, from, to string) string {
	i, j := strings.Index(doc, from)+len(from), strings.Index(doc, to)
	return doc[:i] + doc[j:]
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d=""`, i)
	}
	return b.String()
}

func manyNamespaces(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` xmlns:a%d="urn:%d"`, i, i)
	}
	return b.String()
}

// TestAttacksWithOwnKey signs hostile SignedInfo with a good certificate: the grammar, not the
// mathematics, must refuse it.
func TestAttacksWithOwnKey(t *testing.T) {
	p := authority(t, testpki.GOST512)
	signed := sign(t, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	const (
		enveloped = `<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`
		canon     = `<ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"/>`
		digest    = `urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-512"/><ds:DigestValue>`
		exclusive = `<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">`
	)
	transform := func(uri string) func(string) string {
		return swap(enveloped, `<ds:Transform Algorithm="`+uri+`"/>`+enveloped)
	}
	uri := func(u string) func(string) string { return swap(`URI=""`, `URI="`+u+`"`) }
	runAttacks(t, signed, p.options(), []attack{
		{"XSLT", transform("http://www.w3.org/TR/1999/REC-xslt-19991116"), reason.AlgorithmForbidden},
		{"XPath", transform("http://www.w3.org/TR/1999/REC-xpath-19991116"), reason.AlgorithmForbidden},
		{"XPath filter 2", transform("http://www.w3.org/2002/06/xmldsig-filter2"), reason.AlgorithmForbidden},
		{"base64 transform", transform("http://www.w3.org/2000/09/xmldsig#base64"), reason.AlgorithmForbidden},
		{"unknown transform", transform("urn:x"), reason.AlgorithmForbidden},
		{"enveloped twice", swap(enveloped, enveloped+enveloped), reason.AlgorithmForbidden},
		{"enveloped after canonicalisation", swap(enveloped+canon, canon+enveloped), reason.AlgorithmForbidden},
		{"a thousand transforms", swap(canon, repeat(canon, 1000)), reason.AlgorithmForbidden},
		{"no transform in Transforms", swap(enveloped+canon, ""), reason.SignatureMalformed},
		{"transform with a parameter", swap(canon, strings.Replace(canon, "/>", "><x/></ds:Transform>", 1)), reason.SignatureMalformed},
		{"endless PrefixList", swap(canon, exclusive+`<e:InclusiveNamespaces xmlns:e="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="`+repeat("a ", 9999)+`"/></ds:Transform>`), reason.SignatureMalformed},
		{"text in Transforms", swap(enveloped, "x"+enveloped), reason.SignatureMalformed},
		{"unknown canonicalisation of SignedInfo", swap(`CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"`, `CanonicalizationMethod Algorithm="urn:none"`), reason.AlgorithmForbidden},
		{"SHA-1 digest", swap(digest, `http://www.w3.org/2000/09/xmldsig#sha1"/><ds:DigestValue>`), reason.AlgorithmForbidden},
		{"SHA-256 digest beside a GOST signature", swap(digest, `http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>`), reason.AlgorithmForbidden},
		{"MD5 digest", swap(digest, `http://www.w3.org/2001/04/xmldsig-more#md5"/><ds:DigestValue>`), reason.AlgorithmForbidden},
		{"34.311 digest beside a 2015 signature", swap(digest, `http://www.w3.org/2001/04/xmldsig-more#gost34311"/><ds:DigestValue>`), reason.AlgorithmForbidden},
		{"parameter of the signature method", swap(`<ds:SignatureMethod Algorithm="`+nationalMethod+`"/>`, `<ds:SignatureMethod Algorithm="`+nationalMethod+`"><x/></ds:SignatureMethod>`), reason.AlgorithmForbidden},

		{"URI #", uri("#"), reason.XMLForbidden},
		{"URI http", uri("http://169.254.169.254/"), reason.XMLForbidden},
		{"URI file", uri("file:///etc/passwd"), reason.XMLForbidden},
		{"URI relative", uri("f1"), reason.XMLForbidden},
		{"URI cid", uri("cid:a"), reason.XMLForbidden},
		{"URI data", uri("data:,x"), reason.XMLForbidden},
		{"URI xpointer expression", uri("#xpointer(//sum)"), reason.XMLForbidden},
		{"URI names nothing", uri("#nobody"), reason.CoveragePartial},
		{"URI omitted", swap(` URI=""`, ""), reason.SignatureMalformed},
		{"no reference", func(d string) string {
			i, j := strings.Index(d, "<ds:Reference"), strings.Index(d, "</ds:SignedInfo>")
			return d[:i] + d[j:]
		}, reason.SignatureMalformed},
		{"a thousand references", func(d string) string {
			i, j := strings.Index(d, "<ds:Reference"), strings.Index(d, "</ds:SignedInfo>")
			return d[:i] + repeat(d[i:j], 1000) + d[j:]
		}, reason.SignatureMalformed},
		{"second reference does not hold", func(d string) string {
			i, j := strings.Index(d, "<ds:Reference"), strings.Index(d, "</ds:SignedInfo>")
			return d[:j] + strings.Replace(d[i:j], `URI=""`, `URI="#f1"`, 1) + strings.Replace(d[j:], "</ds:SignedInfo>", "</ds:SignedInfo>", 1)
		}, reason.DigestMismatch},
		{"empty digest of a failed canonicalisation", func(d string) string {
			sum := gost.SumStreebog512(nil)
			d = strings.Replace(cut(d, "<ds:DigestValue>", "</ds:DigestValue>"), "</ds:DigestValue>", base64.StdEncoding.EncodeToString(sum[:])+"</ds:DigestValue>", 1)
			return strings.Replace(d, "<iin>", `<iin xmlns:r="relative">`, 1)
		}, reason.XMLForbidden},
	}, func(d string) string {
		// The reference "#f1" covers the same octets as "", less what stands outside the root:
		// its digest differs only where the attack wants it to.
		if strings.Contains(d, `URI="#f1"`) {
			d = strings.Replace(d, "<sum>", "<sum b=''>", 1)
		}
		return resign(t, d, p.person)
	})
}

// TestWrapping moves the signed original where nobody reads it (XSW 1 to 8).
func TestWrapping(t *testing.T) {
	p := authority(t, testpki.GOST512)
	signed := sign(t, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact, ID: "f1"})
	before, sig, after := signatureOf(signed)
	original := before + after
	evil := strings.Replace(original, "100", "999", 1)
	other := strings.Replace(evil, `"f1"`, `"e1"`, 1)
	open, body := evil[:strings.Index(evil, "<iin>")], evil[strings.Index(evil, "<iin>"):strings.Index(evil, "</form>")]
	openOther := strings.Replace(open, `"f1"`, `"e1"`, 1)
	inside := func(content string) string {
		return strings.Replace(sig, "</ds:Signature>", "<ds:Object>"+content+"</ds:Object></ds:Signature>", 1)
	}
	shapes := []struct {
		name, doc string
		document  reason.Code // as document; with ProfileAny only the reading of Covered protects
	}{
		{"XSW1 original in an Object of the evil root's signature", openOther + body + inside(original) + "</form>", reason.CoveragePartial},
		{"XSW2 signature and original side by side", openOther + body + sig + original + "</form>", reason.CoveragePartial},
		{"XSW3 evil before the original in a wrapper", "<w>" + other + signed + "</w>", reason.CoveragePartial},
		{"XSW4 original inside evil", openOther + body + signed + "</form>", reason.CoveragePartial},
		{"XSW5 same Id, evil with the signature first", "<w>" + open + body + sig + "</form>" + original + "</w>", reason.XMLForbidden},
		{"XSW6 same Id, original in the signature", open + body + inside(original) + "</form>", reason.XMLForbidden},
		{"XSW7 evil in an extension", "<w><Extensions>" + other + "</Extensions>" + signed + "</w>", reason.CoveragePartial},
		{"XSW8 original stripped in an Object, evil outside", "<w>" + other + inside(original) + "</w>", reason.CoveragePartial},
		{"same Id in another attribute", strings.Replace(signed, "<sum>", `<sum xml:id="f1">`, 1), reason.XMLForbidden},
		{"same Id as wsu:Id", strings.Replace(signed, "<sum>", `<sum xmlns:u="`+xmltree.WSUNamespace+`" u:Id="f1">`, 1), reason.XMLForbidden},
	}
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			if outcome, code := verdict(s.doc, p.options()); outcome != reason.Failed || code != s.document && code != reason.DigestMismatch {
				t.Errorf("as document: %v %s, want %s", outcome, code, s.document)
			}
			opt := p.options()
			opt.Profile = xmlsig.ProfileAny
			r := xmlsig.Verify(nil, []byte(s.doc), opt)
			if strings.Contains(string(r.Covered), "999") {
				t.Errorf("evil octets travel on: %s", r.Covered)
			}
		})
	}
}

// TestWrappingWSS moves the signed Body.
func TestWrappingWSS(t *testing.T) {
	p := authority(t, testpki.RSA)
	signed := signWSS(t, envelope, p.head)
	i, j := strings.Index(signed, "<soap:Body"), strings.Index(signed, "</soap:Envelope>")
	body := signed[i:j]
	evil := `<soap:Body><t:SendMessage xmlns:t="urn:t"><request>evil</request></t:SendMessage></soap:Body>`
	sameID := strings.Replace(evil, "<soap:Body", body[:strings.Index(body, ">")], 1)
	inHeader := func(what string) func(string) string { return swap("<soap:Header>", "<soap:Header>"+what) }
	declared := swap("<ds:Signature ", `<ds:Signature xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" `)
	both := func(f, g func(string) string) func(string) string {
		return func(d string) string { return g(f(d)) }
	}
	runAttacks(t, signed, wssOptions(p), []attack{
		{"Body moved into the Header", both(swap(body, evil), inHeader("<w>"+body+"</w>")), reason.CoveragePartial},
		{"Body moved into the evil Body", swap(body, strings.Replace(evil, "evil", body, 1)), reason.CoveragePartial},
		{"Body moved, same Id", both(swap(body, sameID), inHeader("<w>"+body+"</w>")), reason.XMLForbidden},
		{"two Bodies", swap(body, evil+body), reason.SignatureMissing},
		{"foreign Body first", swap(body, `<x:Body xmlns:x="urn:x">evil</x:Body>`+body), reason.SignatureMissing},
		{"Body changed", swap("Өтініш", "evil"), reason.DigestMismatch},
		{"signature moved into the Body", func(d string) string {
			b, s, a := signatureOf(d)
			return strings.Replace(b+a, "<t:SendMessage", declared(s)+"<t:SendMessage", 1)
		}, reason.SignatureMissing},
		{"signature outside wsse:Security", func(d string) string {
			b, s, a := signatureOf(d)
			return inHeader(declared(s))(b + a)
		}, reason.SignatureMissing},
		{"Security deeper in the Header", both(swap("<wsse:Security ", "<w><wsse:Security "), swap("</wsse:Security>", "</wsse:Security></w>")), reason.SignatureMissing},
		{"not an Envelope", func(d string) string { return strings.ReplaceAll(d, "soap:Envelope", "soap:Letter") }, reason.SignatureMissing},
		{"comment in the Body's text", swap("Өтініш", "Өті<!-- -->ніш"), reason.XMLForbidden},
	}, nil)
}

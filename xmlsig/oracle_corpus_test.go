package xmlsig_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// oracleDocuments are contents to sign. Each root has the Id "whole" and a part the Id "part".
var oracleDocuments = map[string]string{
	"application": application,
	"plain":       `<a Id="whole"><b Id="part">1</b></a>`,
	"kazakh": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
		`<өтініш Id="whole" тақырып="Ұлы дала «ә»"><аты>Әбілқайыр Нұрғазыұлы Ө́тебай 😀</аты><part Id="part">қ ғ ң ү ұ һ і — № 5</part></өтініш>`,
	"namespaces": `<n:r xmlns:n="urn:n" xmlns="urn:d" xmlns:u="urn:unused" Id="whole">` +
		`<x xmlns=""><y xmlns="urn:d"><n:z xmlns:n="urn:n2" n:a="1" b="2" xmlns:m="urn:a" m:a="3"/></y><n:w xmlns:n="urn:n"/></x>` +
		`<n:part xmlns:n="urn:n" Id="part" xmlns:q="urn:q" q:type="n:T"><c xmlns=""><d/></c></n:part></n:r>`,
	"characters": "\ufeff" + `<r Id="whole" a="&lt;&amp;&quot;&apos;&#9;&#10;&#13;&#x20; >'" b='"'>` +
		"t&#13;\n&#xD;\t&lt;&gt;&amp;]]&gt;&quot;<![CDATA[<&raw]]]]><![CDATA[> ә&#13;]]>" +
		`<part Id="part" k="&#128512;😀 &#x9;">&#x4D9;<![CDATA[]]>&#128512;</part></r>`,
	"lines":          strings.ReplaceAll("<?xml version='1.0'?>\n<?a  b c ?>\n<!-- before -->\n<r\n Id='whole' >\n <e></e >\n <?p?><!-- in -->\n <part Id='part'\t>\n x\n </part><!-- c -->\n</r>\n<!-- after --><?z z?>\n", "\n", "\r\n"),
	"inherited":      `<r Id="whole" xml:lang="kk" xml:space="preserve" xml:base="http://x/y/" xmlns:s="urn:s"><m s:a="1"><part Id="part" xml:space="default"><s:i xml:lang="" xml:base="../z/"/></part></m></r>`,
	"inherited once": `<r Id="whole" xml:lang="kk" xmlns:s="urn:s"><m xml:space="preserve"><part Id="part" s:a="1"> <s:i xml:base="../z/"/></part></m></r>`,
	"signed string": `<r Id="whole"><data>&lt;form&gt;&lt;ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/&gt;&lt;/form&gt;&#13;
</data><part Id="part"><![CDATA[<?xml version="1.0"?><a/>]]></part></r>`,
	"empty": `<r Id="whole"><part Id="part"/></r>`,
}

// oracleEnvelopes are contents of SOAP messages to sign.
var oracleEnvelopes = map[string]string{
	"envelope":  envelope,
	"no header": strings.Replace(envelope, "<soap:Header/>", "", 1),
	"soap12": strings.ReplaceAll(strings.Replace(envelope, "<soap:Header/>", "<soap:Header>\n <h:h xmlns:h='urn:h'>ә</h:h>\n</soap:Header>\r\n", 1),
		"http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
	"default": `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="urn:t"><Body xml:lang="kk"><!-- c --><t:m><request xmlns="" t:a="&#13;">Өтініш &amp;<?pi x?></request></t:m></Body></Envelope>`,
}

// cast is who signs in these tests, and the trust they are verified with.
type cast struct {
	people map[string]testpki.Identity // by the name of the algorithm
	heads  map[string]testpki.Identity
	trust  *pki.Store
}

func newCast(t *testing.T) *cast {
	t.Helper()
	c := &cast{people: map[string]testpki.Identity{}, heads: map[string]testpki.Identity{}, trust: pki.NewStore()}
	for _, alg := range algorithms {
		p := authority(t, alg)
		c.trust.AddTrust(p.ca.Root)
		c.trust.AddTrust(p.ca.Issuing)
		c.people[string(alg)], c.heads[string(alg)] = p.person, p.head
	}
	k256, err := gost.GenerateKey(gost.Curve256A(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.add(t, "gost2015-256", testpki.GOST512, k256)
	c.add(t, "ecdsa-p384", testpki.ECDSA, p384)
	return c
}

// add issues certificates for a key its authority does not make by itself.
func (c *cast) add(t *testing.T, name string, issuer testpki.Algorithm, key crypto.Signer) {
	t.Helper()
	own := func(tmpl *testpki.Template) { tmpl.Key = key }
	for kind, into := range map[testpki.Kind]map[string]testpki.Identity{testpki.Person: c.people, testpki.Head: c.heads} {
		id, err := authority(t, issuer).ca.Issue(testpki.Profile{Kind: kind, CommonName: "БАСҚА КІЛТ", IIN: testIIN, BIN: testBIN, Organization: "ӘКІМДІК", Mutate: own})
		if err != nil {
			t.Fatal(err)
		}
		into[name] = id
	}
}

func (c *cast) verify(doc string, p xmlsig.Profile) xmlsig.Result {
	return xmlsig.Verify(nil, []byte(doc), xmlsig.Options{Profile: p, At: now, Trust: c.trust})
}

// specimen is a signed document.
type specimen struct {
	name, text string
	profile    xmlsig.Profile
	algorithm  string
}

// ours are documents signed by this package in every style, with every algorithm named.
func (c *cast) ours(t *testing.T, algs ...string) (out []specimen) {
	t.Helper()
	styles := map[string]xmlsig.SignOptions{
		"santuario": {}, "compact": {Style: xmlsig.StyleCompact},
		"exclusive": {C14N: new(c14n.ExclusiveComments)}, "c14n11": {C14N: new(c14n.C14N11), Style: xmlsig.StyleCompact},
		"whole": {ID: "whole"}, "part": {ID: "part"}, "part inclusive": {ID: "part", C14N: new(c14n.C14N10Comments)}, "part c14n11": {ID: "part", C14N: new(c14n.C14N11)},
	}
	for _, alg := range algs {
		for _, doc := range oracleKeys(oracleDocuments) {
			for _, style := range oracleKeys(styles) {
				s := specimen{name: "ours/" + alg + "/" + doc + "/" + style, algorithm: alg}
				if strings.HasPrefix(style, "part") {
					s.profile = xmlsig.ProfileAny
				}
				s.text = sign(t, oracleDocuments[doc], c.people[alg], styles[style])
				out = append(out, s)
			}
			one := sign(t, oracleDocuments[doc], c.people[alg], xmlsig.SignOptions{})
			two := sign(t, one, c.heads["rsa"], xmlsig.SignOptions{Style: xmlsig.StyleCompact})
			three := sign(t, two, c.heads["gost2015-512"], xmlsig.SignOptions{ID: "whole"})
			out = append(out, specimen{"ours/" + alg + "/" + doc + "/three signers", three, xmlsig.ProfileDocument, alg})
		}
		for _, doc := range oracleKeys(oracleEnvelopes) {
			out = append(out, specimen{"ours/" + alg + "/" + doc, signWSS(t, oracleEnvelopes[doc], c.heads[alg]), xmlsig.ProfileWSS, alg})
		}
	}
	return out
}

// URIs the oracle is told to use.
const (
	oracleEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	oracleC14N      = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	oracleC14N11    = "http://www.w3.org/2006/12/xml-c14n11"
	oracleExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
	oracleMore      = "http://www.w3.org/2001/04/xmldsig-more#"
	oracleMore2007  = "http://www.w3.org/2007/05/xmldsig-more#"
)

// oracleStyles are the ways the oracle signs; the first two are NCALayer's.
var oracleStyles = map[string][]string{
	"national":       nil,
	"part":           {"mode=id", "id=part"},
	"compact":        {"lines=no"},
	"whole":          {"mode=id", "id=whole", "transforms=" + oracleEnveloped + "," + oracleExclusive},
	"part exclusive": {"mode=id", "id=part", "transforms=" + oracleExclusive + "WithComments", "prefixes=n s #default"},
	"part pointer":   {"mode=id", "id=part", "uri=#xpointer(id('part'))", "transforms=" + oracleC14N + "#WithComments"},
	"part c14n11":    {"mode=id", "id=part", "c14n=" + oracleC14N11, "transforms=" + oracleC14N11},
	"pointer":        {"uri=#xpointer(/)"},
	"no comments":    {"uri=#xpointer(/)", "c14n=" + oracleC14N + "#WithComments", "transforms=" + oracleEnveloped + "," + oracleC14N},
	"c14n11":         {"c14n=" + oracleC14N11 + "#WithComments", "transforms=" + oracleEnveloped + "," + oracleC14N11 + "#WithComments"},
	"exclusive":      {"c14n=" + oracleExclusive + "WithComments", "transforms=" + oracleEnveloped + "," + oracleExclusive, "prefixes=n app x"},
	"enveloped only": {"transforms=" + oracleEnveloped},
}

// oracleMethods are algorithms besides the usual one of a key.
var oracleMethods = map[string][][]string{
	"rsa": {
		{"method=" + oracleMore + "rsa-sha384", "digest=" + oracleMore + "sha384"}, {"method=" + oracleMore + "rsa-sha512", "digest=http://www.w3.org/2001/04/xmlenc#sha512"},
		{"method=" + oracleMore2007 + "sha256-rsa-MGF1"}, {"method=" + oracleMore2007 + "sha384-rsa-MGF1"}, {"method=" + oracleMore2007 + "sha512-rsa-MGF1"},
	},
	"ecdsa":      {{"method=" + oracleMore + "ecdsa-sha512"}},
	"ecdsa-p384": {{"method=" + oracleMore + "ecdsa-sha384", "digest=" + oracleMore + "sha384"}, {"method=" + oracleMore + "ecdsa-sha512"}},
}

// oracles are documents signed by the oracle.
func (c *cast) oracles(t *testing.T, o *oracle) (out []specimen) {
	t.Helper()
	add := func(name, doc string, p xmlsig.Profile, alg string, id testpki.Identity, options ...string) string {
		text, a := o.made(t, "sign", doc, id, options...)
		if text == "" {
			t.Fatalf("%s: the oracle does not sign: %s", name, a)
		}
		out = append(out, specimen{"oracle/" + alg + "/" + name, text, p, alg})
		return text
	}
	for _, alg := range oracleKeys(c.people) {
		for _, doc := range oracleKeys(oracleDocuments) {
			for _, style := range oracleKeys(oracleStyles) {
				p := xmlsig.ProfileDocument
				if strings.HasPrefix(style, "part") {
					p = xmlsig.ProfileAny
				}
				text := add(doc+"/"+style, oracleDocuments[doc], p, alg, c.people[alg], oracleStyles[style]...)
				if style == "national" {
					add(doc+"/two signers", text, p, alg, c.heads["gost2004"])
				}
			}
		}
		for _, options := range oracleMethods[alg] {
			add(options[0], application, xmlsig.ProfileDocument, alg, c.people[alg], options...)
		}
		for _, doc := range oracleKeys(oracleEnvelopes) {
			add(doc, oracleEnvelopes[doc], xmlsig.ProfileWSS, alg, c.heads[alg], "mode=wss")
		}
	}
	return out
}

package xmlsig_test

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/gost"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// hostileRef is a reference an attacker puts into SignedInfo of his own making.
type hostileRef struct{ uri, transform string }

const (
	hostileExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
	hostileC14N10    = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	hostileC14N11    = "http://www.w3.org/2006/12/xml-c14n11"
)

// hostileSuite is a set of algorithms an attacker signs by.
type hostileSuite struct {
	method, digest string
	sum            func([]byte) []byte
	sign           func(t testing.TB, key crypto.Signer, digest []byte) []byte
}

var suiteECDSA = hostileSuite{
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256",
	func(b []byte) []byte { h := crypto.SHA256.New(); h.Write(b); return h.Sum(nil) },
	func(t testing.TB, key crypto.Signer, digest []byte) []byte {
		der, err := key.(*ecdsa.PrivateKey).Sign(nil, digest, crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		var rs struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &rs); err != nil {
			t.Fatal(err)
		}
		return append(rs.R.FillBytes(make([]byte, 32)), rs.S.FillBytes(make([]byte, 32))...)
	},
}

var suiteGOST2004 = hostileSuite{
	"http://www.w3.org/2001/04/xmldsig-more#gost34310-gost34311", "http://www.w3.org/2001/04/xmldsig-more#gost34311",
	func(b []byte) []byte { h := gost.New34311(); h.Write(b); return h.Sum(nil) }, signBare,
}

var suiteGOST512 = hostileSuite{
	nationalMethod, "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-512",
	func(b []byte) []byte { s := gost.SumStreebog512(b); return s[:] }, signBare,
}

func signBare(t testing.TB, key crypto.Signer, digest []byte) []byte {
	value, err := key.Sign(nil, digest, crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// hostile puts signatures between before and after. Their values are right, and so are their references except those
// with an empty digest below: an attacker with any key of his own needs no more to be worked for.
func hostile(t testing.TB, suite hostileSuite, id testpki.Identity, before, after, keyInfo string, signatures ...[]hostileRef) []byte {
	t.Helper()
	bare, err := xmltree.Parse([]byte(before+after), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	digests := map[hostileRef]string{}
	digest := func(ref hostileRef) string {
		if ref.uri == "" {
			return "AAAA" // wrong, and last
		}
		if digests[ref] == "" {
			m, _ := c14n.ByURI(ref.transform)
			apex, err := bare.ByID(strings.TrimPrefix(ref.uri, "#"))
			if err != nil || apex == nil {
				t.Fatal(ref, err)
			}
			octets, err := c14n.Append(nil, bare, apex, m, c14n.Options{})
			if err != nil {
				t.Fatal(err)
			}
			digests[ref] = base64.StdEncoding.EncodeToString(suite.sum(octets))
		}
		return digests[ref]
	}
	doc := before
	for i, refs := range signatures {
		doc += `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="` + hostileExclusive +
			`"/><ds:SignatureMethod Algorithm="` + suite.method + `"/>`
		for _, ref := range refs {
			doc += `<ds:Reference URI="` + ref.uri + `"><ds:Transforms>`
			if ref.uri == "" {
				doc += `<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`
			}
			doc += `<ds:Transform Algorithm="` + ref.transform + `"/></ds:Transforms><ds:DigestMethod Algorithm="` + suite.digest +
				`"/><ds:DigestValue>` + digest(ref) + `</ds:DigestValue></ds:Reference>`
		}
		doc += fmt.Sprintf(`</ds:SignedInfo><ds:SignatureValue>VALUE%d=</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate>%s</ds:X509Data></ds:KeyInfo></ds:Signature>`,
			i, base64.StdEncoding.EncodeToString(id.Certificate.Raw), keyInfo)
	}
	doc += after
	tree, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := range tree.Len() {
		if tree.Kind(i) != xmltree.KindElement || tree.ElementAt(i).Local() != "SignedInfo" {
			continue
		}
		octets, err := c14n.Append(nil, tree, tree.ElementAt(i), c14n.Exclusive, c14n.Options{})
		if err != nil {
			t.Fatal(err)
		}
		value := suite.sign(t, id.Key, suite.sum(octets))
		doc = strings.Replace(doc, fmt.Sprintf("VALUE%d=", n), base64.StdEncoding.EncodeToString(value), 1)
		n++
	}
	return []byte(doc)
}

func hostileTimes[T any](n int, v T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// TestHostileTimeOfVerify: what somebody without a trusted certificate sends must not cost more than a fifth of a
// second and a quarter of a second a megabyte. An honest document takes some 0.05 s a megabyte.
func TestHostileTimeOfVerify(t *testing.T) {
	ec, g4, g5 := authority(t, testpki.ECDSA).person, authority(t, testpki.GOST2004).person, authority(t, testpki.GOST512).person
	whole, exclusive := hostileRef{"", hostileC14N10}, hostileRef{"", hostileExclusive}
	deep10, deep11, deepExclusive := hostileRef{"#deep", hostileC14N10}, hostileRef{"#deep", hostileC14N11}, hostileRef{"#deep", hostileExclusive}
	soap := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">`
	body := `</w:Security></s:Header><s:Body xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" u:Id="body">`
	for _, tt := range []struct {
		name    string
		profile xmlsig.Profile
		doc     func() []byte
	}{
		{"xml attributes inherited", xmlsig.ProfileDocument, func() []byte {
			return hostile(t, suiteECDSA, ec, `<r>`+hostileXMLAttributes(60, 250), "</r>", "", []hostileRef{deep10, deep10, whole})
		}},
		{"xml attributes inherited, nothing signed at all", xmlsig.ProfileDocument, func() []byte {
			doc := string(hostile(t, suiteECDSA, ec, `<r>`, "</r>", "", []hostileRef{whole}))
			_, sig, _ := signatureOf(strings.Replace(doc, hostileExclusive+`"/><ds:SignatureMethod`, hostileC14N10+`"/><ds:SignatureMethod`, 1))
			return []byte(`<r>` + strings.Replace(hostileXMLAttributes(60, 250), `<b Id="deep"/>`, sig, 1) + `</r>`)
		}},
		{"xml:base joined along the ancestors", xmlsig.ProfileDocument, func() []byte {
			return hostile(t, suiteECDSA, ec, `<r>`+hostileXMLBases(100, 96<<10), "</r>", "", []hostileRef{deep11, deep11, whole})
		}},
		{"xml:base in a SOAP message, before its sender is known", xmlsig.ProfileWSS, func() []byte {
			return hostile(t, suiteECDSA, ec, soap, body+hostileXMLBases(100, 96<<10)+"</s:Body></s:Envelope>", "", []hostileRef{deep11, deep11, {"#body", hostileExclusive}})
		}},
		{"prefixes declared far away", xmlsig.ProfileDocument, func() []byte {
			return hostile(t, suiteECDSA, ec, hostileManyPrefixes(110)+hostilePrefixedAttributes(110, 2<<20), "</r>", "", hostileTimes(12, []hostileRef{exclusive})...)
		}},
		{"16 signatures by GOST 34.311", xmlsig.ProfileDocument, func() []byte {
			return hostile(t, suiteGOST2004, g4, `<r>`+strings.Repeat("a", 3<<20), "</r>", "", hostileTimes(16, []hostileRef{whole})...)
		}},
		{"16 signatures by Streebog", xmlsig.ProfileDocument, func() []byte {
			return hostile(t, suiteGOST512, g5, `<r>`+strings.Repeat("a", 3<<20), "</r>", "", hostileTimes(16, []hostileRef{whole})...)
		}},
		{"Ids looked for among many", xmlsig.ProfileDocument, func() []byte {
			return hostile(t, suiteECDSA, ec, `<r><b id="deep"/>`+hostileIDs(6<<20), "</r>", "", hostileTimes(8, append(hostileTimes(15, deepExclusive), whole))...)
		}},
		{"wrapped attributes beside many areas", xmlsig.ProfileDocument, func() []byte {
			return hostile(t, suiteECDSA, ec, `<r><b id="deep"/>`+strings.Repeat("<a b='\n'/>", 4<<20/10), "</r>", "", hostileTimes(16, hostileTimes(16, deepExclusive))...)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := tt.doc()
			opt := authority(t, testpki.RSA).options()
			opt.Profile = tt.profile
			limit := 200*time.Millisecond + 250*time.Millisecond*time.Duration(len(doc)>>10)>>10
			var r xmlsig.Result
			took := hostileBusy(t, func() { r = xmlsig.Verify(nil, doc, opt) })
			if outcome, code := r.Verdict(); outcome == reason.Passed || len(code) == 0 {
				t.Errorf("a stranger's document is %v %s", outcome, code)
			}
			t.Logf("%d KB in %v; %s", len(doc)>>10, took, r.Checks[0].Code)
			if took > limit {
				t.Errorf("%d KB of a stranger kept the verifier busy for %v, more than %v", len(doc)>>10, took, limit)
			}
		})
	}
}

// hostileBusy is the processor time fn takes: other work of the machine does not count.
func hostileBusy(t *testing.T, fn func()) time.Duration {
	t.Helper()
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				t.Skip("time says nothing under the race detector")
			}
		}
	}
	if testing.Short() {
		t.Skip("takes seconds of work while the weakness is there")
	}
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	runtime.GC()
	start := spent()
	fn()
	return (spent() - start).Round(time.Millisecond)
}

// hostileXMLAttributes nests depth elements with count different xml: attributes each.
func hostileXMLAttributes(depth, count int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString("<a")
		for j := range count {
			fmt.Fprintf(&b, ` xml:a%d=""`, i*count+j)
		}
		b.WriteByte('>')
	}
	return b.String() + `<b Id="deep"/>` + strings.Repeat("</a>", depth)
}

// hostileXMLBases nests depth elements with an xml:base, the outermost of size bytes.
func hostileXMLBases(depth, size int) string {
	return `<a xml:base="` + strings.Repeat("a/", size/2) + `">` + strings.Repeat(`<a xml:base="b/">`, depth) + `<b Id="deep"/>` + strings.Repeat("</a>", depth+1)
}

func hostileManyPrefixes(n int) string {
	var b strings.Builder
	b.WriteString("<r")
	for i := range n / 2 {
		fmt.Fprintf(&b, ` xmlns:a%03d="u:%d"`, i, i)
	}
	b.WriteString(">")
	return b.String()
}

func hostilePrefixedAttributes(n, size int) string {
	var b strings.Builder
	b.WriteString("<m")
	for i := n / 2; i < n; i++ {
		fmt.Fprintf(&b, ` xmlns:a%03d="u:%d"`, i, i)
	}
	for i := range n {
		fmt.Fprintf(&b, ` a%03d:z=""`, i)
	}
	b.WriteString(">")
	for b.Len() < size {
		b.WriteString("<a000:m")
		for i := range 250 {
			fmt.Fprintf(&b, ` a%03d:z%d=""`, i%8, i/8)
		}
		b.WriteString("/>")
	}
	b.WriteString("</m>")
	return b.String()
}

func hostileIDs(size int) string {
	const one = `<a id="" ID="" Id=""/>`
	return strings.Repeat(one, size/len(one))
}

// TestHostileShapes: documents that are signed in part, twice, elsewhere or by somebody else than they say. covered is
// what must not be among the octets that travel on.
func TestHostileShapes(t *testing.T) {
	p, q := authority(t, testpki.GOST512), authority(t, testpki.ECDSA)
	inclusive := sign(t, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	byID := sign(t, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact, ID: "f1"})
	certificate := func(id testpki.Identity) string {
		return "<ds:X509Certificate>" + base64.StdEncoding.EncodeToString(id.Certificate.Raw) + "</ds:X509Certificate>"
	}
	serial := func(n *big.Int) string {
		return "<ds:X509IssuerSerial><ds:X509IssuerName>CN=X</ds:X509IssuerName><ds:X509SerialNumber>" + n.String() + "</ds:X509SerialNumber></ds:X509IssuerSerial>"
	}
	// A stranger's certificate with the serial number of the person.
	stranger, err := q.ca.Issue(testpki.Profile{IIN: testIIN, Mutate: func(c *testpki.Template) { c.Serial = p.person.Certificate.Serial }})
	if err != nil {
		t.Fatal(err)
	}
	stolen := sign(t, victim, stranger, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	second := func(id testpki.Identity) string {
		return sign(t, inclusive, id, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	}
	before := func(old, with string) func(string) string { return swap(old, with+old) }
	for _, tt := range []struct {
		name, doc string
		change    func(string) string
		code      reason.Code // "": it passes
		without   string
	}{
		{"object in the signature", inclusive, before("</ds:Signature>", "<ds:Object><form><iin>1</iin></form></ds:Object>"), "", "<iin>1<"},
		{"prefix declared on the root, exclusive", byID, swap(`<form `, `<form xmlns:e="urn:evil" `), "", "urn:evil"},
		{"prefix declared on the root, inclusive", inclusive, swap(`<form `, `<form xmlns:e="urn:evil" `), reason.SignatureInvalid, ""},
		{"default namespace declared on a child", byID, swap(`<iin>`, `<iin xmlns="urn:evil">`), reason.DigestMismatch, ""},
		{"xml:lang on the root", byID, swap(`<form `, `<form xml:lang="kk" `), reason.DigestMismatch, ""},
		{"the Id again as ID", byID, swap("<sum>", `<sum ID="f1">`), reason.XMLForbidden, ""},
		{"the Id again as xml:id", byID, swap("<sum>", `<sum xml:id="f1">`), reason.XMLForbidden, ""},
		{"the Id again as AssertionID", byID, swap("<sum>", `<sum AssertionID="f1">`), reason.XMLForbidden, ""},
		{"the Id again as wsu:Id", byID, swap("<sum>", `<sum xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" w:Id="f1">`), reason.XMLForbidden, ""},
		{"the Id again inside the signature", byID, before("</ds:Signature>", `<ds:Object Id="f1"/>`), reason.XMLForbidden, ""},
		{"the Id moved to wsu:Id of a copy", byID, func(d string) string {
			return `<form xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" w:Id="f2"><iin>1</iin>` + d + `</form>`
		}, reason.CoveragePartial, "<iin>1<"},
		{"signed form inside another", inclusive, func(d string) string { return `<form><iin>1</iin>` + d + `</form>` }, reason.DigestMismatch, "<iin>1<"},
		{"person's certificate first", stolen, before("<ds:X509Certificate>", certificate(p.person)), reason.SignatureMalformed, ""},
		{"person's certificate second", stolen, before("</ds:X509Data>", certificate(p.person)), reason.SignatureMalformed, ""},
		{"person's certificate second, named by serial number", stolen, before("</ds:X509Data>", certificate(p.person)+serial(p.person.Certificate.Serial)), reason.SignatureMalformed, ""},
		{"head's certificate second, named by serial number", inclusive, before("</ds:X509Data>", certificate(p.head)+serial(p.head.Certificate.Serial)), reason.SignatureInvalid, ""},
		{"serial number of nobody", inclusive, before("</ds:X509Data>", serial(big.NewInt(1))), reason.ChainUntrusted, ""},
		{"serial number in hexadecimal", inclusive, before("</ds:X509Data>", strings.Replace(serial(big.NewInt(1)), ">1<", ">0x1<", 1)), reason.SignatureMalformed, ""},
		{"person's certificate in an X509Data before", stolen, before("<ds:X509Data>", "<ds:X509Data>"+certificate(p.person)+"</ds:X509Data>"), reason.SignatureMalformed, ""},
		{"KeyValue of the stranger beside", inclusive, before("<ds:X509Data>", "<ds:KeyValue><x/></ds:KeyValue><ds:KeyName>CN=X</ds:KeyName>"), "", ""},
		{"a stranger signs after the person", second(stranger), nil, reason.ChainUntrusted, ""},
		{"the second signature first", second(p.head), func(d string) string {
			b, s1, rest := signatureOf(d)
			_, s2, after := signatureOf(rest)
			return b + s2 + s1 + after
		}, reason.DigestMismatch, ""},
		{"the first of two removed", second(p.head), func(d string) string { b, _, rest := signatureOf(d); return b + rest }, reason.DigestMismatch, ""},
		{"content between two signatures", second(p.head), func(d string) string {
			b, s1, rest := signatureOf(d)
			return b + s1 + "<iin>1</iin>" + rest
		}, reason.DigestMismatch, "<iin>1<"},
		{"content inside the later signature", second(p.head), func(d string) string {
			i := strings.LastIndex(d, "</ds:Signature>")
			return d[:i] + "<ds:Object><iin>1</iin></ds:Object>" + d[i:]
		}, "", "<iin>1<"},
		{"content inside the earlier signature", second(p.head), before("</ds:Signature>", "<ds:Object><iin>1</iin></ds:Object>"), reason.DigestMismatch, "<iin>1<"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := tt.doc
			if tt.change != nil {
				if doc = tt.change(doc); doc == tt.doc {
					t.Fatal("nothing changed")
				}
			}
			r := xmlsig.Verify(nil, []byte(doc), p.options())
			outcome, code := r.Verdict()
			if code != tt.code || (outcome == reason.Passed) != (tt.code == "") {
				t.Errorf("got %v %q, want %q: %s", outcome, code, tt.code, outcomes(r))
			}
			if tt.without != "" && strings.Contains(string(r.Covered), tt.without) {
				t.Errorf("%s travels on: %s", tt.without, r.Covered)
			}
			if tt.code == "" && len(r.Covered) == 0 {
				t.Error("nothing travels on")
			}
		})
	}
}

// TestHostileResultOutlivesItsDocument: what Verify found must not change when the caller uses the bytes of the document
// again, or when other documents are verified after it: a verdict would show somebody else's application.
func TestHostileResultOutlivesItsDocument(t *testing.T) {
	p := authority(t, testpki.GOST512)
	form := `<form><part Id="a&amp;b"><iin>000230500003</iin></part><name t="&amp;">&lt;СЫНАҚ&gt;</name></form>`
	partial := sign(t, form, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact, ID: "a&b"})
	whole := sign(t, form, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	other := []byte(strings.NewReplacer("&amp;", "&gt;", "СЫНАҚ", "БАСҚА").Replace(whole) + "<?x &amp;?>")
	for _, tt := range []struct {
		name, doc string
		profile   xmlsig.Profile
	}{
		{"partial", partial, xmlsig.ProfileDocument}, {"any", partial, xmlsig.ProfileAny}, {"whole", whole, xmlsig.ProfileDocument},
		{"malformed", whole[:len(whole)-3], xmlsig.ProfileDocument}, {"no certificate", cut(whole, "<ds:X509Data>", "</ds:X509Data>"), xmlsig.ProfileDocument},
		{"algorithm", strings.Replace(whole, nationalMethod, "urn:&amp;", 1), xmlsig.ProfileDocument},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := []byte(tt.doc)
			opt := p.options()
			opt.Profile = tt.profile
			r := xmlsig.Verify(nil, doc, opt)
			before := fmt.Sprintf("%+v %s", r, r.Covered)
			for _, s := range r.Signers {
				if s.Certificate != nil {
					before += fmt.Sprintf("%x %+v", s.Certificate.Raw, s.Certificate.Subject)
				}
			}
			for range 4 {
				xmlsig.Verify(nil, other, opt)
				xmlsig.Verify(nil, []byte(strings.Repeat("&#x430;", 2000)), opt)
				xmlsig.Verify(nil, []byte("<a b='&amp;"+strings.Repeat("&lt;", 5000)+"'/>"), opt)
			}
			for i := range doc {
				doc[i] = '!'
			}
			after := fmt.Sprintf("%+v %s", r, r.Covered)
			for _, s := range r.Signers {
				if s.Certificate != nil {
					after += fmt.Sprintf("%x %+v", s.Certificate.Raw, s.Certificate.Subject)
				}
			}
			if before != after {
				t.Errorf("the result changed:\n%.2000s\n%.2000s", before, after)
			}
		})
	}
}

package xmlsig_test

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// diagnosed is a document broken in one way, and the cause that has to be found.
type diagnosed struct {
	name string
	doc  string
	opt  xmlsig.Options
	want xmlsig.Cause
}

func diagnose(doc string, opt xmlsig.Options) (xmlsig.Result, []xmlsig.Finding) {
	r := xmlsig.Verify(nil, []byte(doc), opt)
	return r, xmlsig.Diagnose([]byte(doc), opt, r)
}

func runDiagnoses(t *testing.T, tests []diagnosed) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := outcomes(xmlsig.Verify(nil, []byte(tt.doc), tt.opt))
			r, found := diagnose(tt.doc, tt.opt)
			if outcomes(r) != before {
				t.Errorf("the verdict changed: %s, %s", before, outcomes(r))
			}
			if len(found) != 1 || found[0].Cause != tt.want {
				t.Fatalf("found %+v, want %s\n%s\n%.1500s", found, tt.want, before, tt.doc)
			}
			f := found[0]
			if f.Words.English == "" || f.Words.Kazakh == "" || f.Words.Russian == "" || f.Evidence == "" {
				t.Errorf("not all is said: %+v", f)
			}
		})
	}
}

const diagnosedForm = "<form Id=\"f1\">\n  <iin>000230500003</iin>\n  <name>СЫНАҚОВ СЫНАҚ ӘЖІҢҒҮҰҚӨҺ</name>\n  <sum>100</sum>\n</form>"

// flat is a form without white space, as portals build it.
var flat = regexp.MustCompile(`\n *`).ReplaceAllString(diagnosedForm, "")

// pretty indents every tag, as editors and log viewers do.
func pretty(doc string) string {
	tags := regexp.MustCompile(`>\s*<`).ReplaceAllString(doc, ">\n<")
	depth, out := 0, []string{}
	for _, line := range strings.Split(tags, "\n") {
		if strings.HasPrefix(line, "</") {
			depth--
		}
		out = append(out, strings.Repeat("    ", max(depth, 0))+line)
		if regexp.MustCompile(`^<[^/?!][^>]*[^/]>$`).MatchString(line) {
			depth++
		}
	}
	return strings.Join(out, "\n")
}

// withCR writes the base64 of a signature as Java's MIME encoder does and signs SignedInfo anew.
func withCR(t *testing.T, doc string, id testpki.Identity) string {
	doc = regexp.MustCompile(`(<ds:DigestValue>[^<\n]*)\n([^<]*<)`).ReplaceAllString(doc, "${1}&#13;\n${2}")
	if !strings.Contains(doc, "&#13;") {
		t.Fatal("no line end in the digest")
	}
	return resign(t, doc, id)
}

func TestDiagnoseWhiteSpace(t *testing.T) {
	p := authority(t, testpki.GOST512)
	santuario := sign(t, flat, p.person, xmlsig.SignOptions{})
	compact := sign(t, flat, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	cr := withCR(t, santuario, p.person)
	two := sign(t, santuario, p.head, xmlsig.SignOptions{})
	joined := func(doc string) string { return regexp.MustCompile(`>\s+<`).ReplaceAllString(doc, "><") }
	runDiagnoses(t, []diagnosed{
		{"Santuario indented", pretty(santuario), p.options(), xmlsig.CauseReindented},
		{"compact indented", pretty(compact), p.options(), xmlsig.CauseReindented},
		{"Java line ends indented and stripped", pretty(strings.ReplaceAll(cr, "&#13;", "")), p.options(), xmlsig.CauseReindented},
		{"two signers indented", pretty(two), p.options(), xmlsig.CauseReindented},
		{"only the content indented", strings.Replace(compact, "<iin>", "\n  <iin>", 1), p.options(), xmlsig.CauseReindented},
		{"Santuario joined", joined(santuario), p.options(), xmlsig.CauseWhiteSpaceRemoved},
		{"Santuario joined and unwrapped", regexp.MustCompile(`\n`).ReplaceAllString(santuario, ""), p.options(), xmlsig.CauseWhiteSpaceRemoved},
		{"&#13; stripped", strings.ReplaceAll(cr, "&#13;", ""), p.options(), xmlsig.CauseCarriageReturns},
		{"&#13; became a raw CR", strings.ReplaceAll(cr, "&#13;", "\r"), p.options(), xmlsig.CauseCarriageReturns},
	})
}

func TestDiagnoseLineEnds(t *testing.T) {
	p := authority(t, testpki.GOST512)
	compact := xmlsig.SignOptions{Style: xmlsig.StyleCompact}
	crlf := sign(t, strings.ReplaceAll(diagnosedForm, "\n", "&#13;\n"), p.person, compact)
	lf := sign(t, diagnosedForm, p.person, compact)
	runDiagnoses(t, []diagnosed{
		{"&#13; of the content stripped", strings.ReplaceAll(crlf, "&#13;\n", "\n"), p.options(), xmlsig.CauseLineEnds},
		{"&#13; of the content became CR LF", strings.ReplaceAll(crlf, "&#13;\n", "\r\n"), p.options(), xmlsig.CauseLineEnds},
		{"line ends of the content became &#13;", strings.ReplaceAll(lf, "\n", "&#13;\n"), p.options(), xmlsig.CauseLineEnds},
	})
}

func TestDiagnoseLetters(t *testing.T) {
	p := authority(t, testpki.GOST512)
	doc := sign(t, flat, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	russian := sign(t, strings.Replace(flat, "СЫНАҚОВ СЫНАҚ ӘЖІҢҒҮҰҚӨҺ", "Иванов Ёж", 1), p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	quoted, _ := json.Marshal(doc)
	units := utf16.Encode([]rune("\uFEFF" + doc))
	wide := make([]byte, 0, 2*len(units))
	for _, u := range units {
		wide = append(wide, byte(u), byte(u>>8))
	}
	runDiagnoses(t, []diagnosed{
		{"UTF-8 read as windows-1251", misread(doc, cp1251), p.options(), xmlsig.CauseMojibake},
		{"UTF-8 read as Latin-1", misread(doc, nil), p.options(), xmlsig.CauseMojibake},
		{"letters replaced", strings.Replace(doc, "Ә", "\uFFFD", 1), p.options(), xmlsig.CauseLettersLost},
		{"written as windows-1251", encode1251(russian), p.options(), xmlsig.CauseEncoding},
		{"written and declared as windows-1251", `<?xml version="1.0" encoding="windows-1251"?>` + encode1251(russian), p.options(), xmlsig.CauseEncoding},
		{"UTF-8 declared as windows-1251", `<?xml version="1.0" encoding="windows-1251"?>` + doc, p.options(), xmlsig.CauseEncoding},
		{"UTF-16", string(wide), p.options(), xmlsig.CauseUTF16},
		{"two byte order marks", "\uFEFF\uFEFF" + doc, p.options(), xmlsig.CauseByteOrderMark},
		{"white space before the declaration", "\n" + `<?xml version="1.0"?>` + doc, p.options(), xmlsig.CauseByteOrderMark},
		{"byte order mark as letters", "ï»¿" + doc, p.options(), xmlsig.CauseByteOrderMark},
		{"JSON string", string(quoted), p.options(), xmlsig.CauseStillWrapped},
		{"inside of a JSON string", strings.Trim(string(quoted), `"`), p.options(), xmlsig.CauseStillWrapped},
		{"inside of a JSON string, tags as they are", strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(strings.Trim(string(quoted), `"`)), p.options(), xmlsig.CauseStillWrapped},
		{"HTML", html.EscapeString(doc), p.options(), xmlsig.CauseStillWrapped},
		{"base64", base64.StdEncoding.EncodeToString([]byte(`<?xml version="1.0"?>` + doc)), p.options(), xmlsig.CauseStillWrapped},
		{"comment inside text", strings.Replace(doc, "0002305", "000<!-- -->2305", 1), p.options(), xmlsig.CauseCommentInText},
	})
}

// cp1251 is the upper half of windows-1251.
var cp1251 = []rune("ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u0098™љ›њќћџ\u00A0ЎўЈ¤Ґ¦§Ё©Є«¬\u00AD®Ї°±Ііґµ¶·ё№є»јЅѕїАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя")

// misread takes every octet above 127 for a letter of a code page (nil: Latin-1).
func misread(doc string, page []rune) string {
	var b strings.Builder
	for i := range len(doc) {
		switch c := doc[i]; {
		case c < 0x80:
			b.WriteByte(c)
		case page == nil:
			b.WriteRune(rune(c))
		default:
			b.WriteRune(page[c-0x80])
		}
	}
	return b.String()
}

func encode1251(doc string) string {
	var b strings.Builder
	for _, r := range doc {
		if r < 0x80 {
			b.WriteByte(byte(r))
			continue
		}
		for i, have := range cp1251 {
			if have == r {
				b.WriteByte(byte(0x80 + i))
			}
		}
	}
	return b.String()
}

func TestDiagnoseStructure(t *testing.T) {
	p := authority(t, testpki.GOST512)
	compact := xmlsig.SignOptions{Style: xmlsig.StyleCompact}
	doc := sign(t, flat, p.person, compact)
	two := sign(t, doc, p.head, compact)
	_, first, _ := signatureOf(doc)
	second := strings.TrimSuffix(strings.TrimPrefix(two, doc[:len(doc)-len("</form>")]), "</form>")
	_, parallel, _ := signatureOf(sign(t, flat, p.head, compact))
	anyProfile := p.options()
	anyProfile.Profile = xmlsig.ProfileAny
	soap := func(body string) string {
		return `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` + body + `</soap:Body></soap:Envelope>`
	}
	citizen, err := xmlsig.SignWSS([]byte(soap(flat)), key(p.person), xmlsig.WSSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	portal, err := xmlsig.SignWSS([]byte(soap(flat)), key(p.head), xmlsig.WSSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	runDiagnoses(t, []diagnosed{
		{"prefix ns0", strings.NewReplacer("ds:", "ns0:", "xmlns:ds", "xmlns:ns0").Replace(doc), p.options(), xmlsig.CausePrefixChanged},
		{"no prefix", strings.NewReplacer("<ds:", "<", "</ds:", "</", "xmlns:ds", "xmlns").Replace(doc), p.options(), xmlsig.CausePrefixChanged},
		{"prefix declared at the root", strings.Replace(strings.NewReplacer(`<ds:`, `<ns0:`, `</ds:`, `</ns0:`, ` xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`, "").Replace(doc),
			"<form ", `<form xmlns:ns0="http://www.w3.org/2000/09/xmldsig#" `, 1), p.options(), xmlsig.CausePrefixChanged},
		{"put into an envelope", soap(doc), anyProfile, xmlsig.CauseEnvelope},
		{"text of an element", soap("<data><![CDATA[" + doc + "]]></data>"), p.options(), xmlsig.CauseSignedText},
		{"only the portal signed", string(portal), p.options(), xmlsig.CauseEnvelopeOnly},
		{"WS-Security as document", string(citizen), p.options(), xmlsig.CauseProfileWSS},
		{"second signature before the first", strings.Replace(doc, first, second+first, 1), p.options(), xmlsig.CauseOrder},
		{"signed side by side", strings.Replace(doc, first, first+parallel, 1), p.options(), xmlsig.CauseParallel},
	})
}

func TestDiagnoseValues(t *testing.T) {
	m := newMaker(t)
	trust := xmlsig.Options{At: now, Trust: pki.NewStore()}
	trust.Trust.AddTrust(m.ca.Root)
	trust.Trust.AddTrust(m.ca.Issuing)
	doc := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	vectors := map[string]string{}
	m.values()
	m.keys()
	m.algorithms()
	for _, v := range m.list {
		vectors[v.class+"/"+v.name] = v.doc
	}
	exclusive := m.sign(strings.Replace(vectorForm, "<form ", `<form xmlns:unused="urn:u" `, 1), m.person, xmlsig.SignOptions{C14N: new(c14n.Exclusive)})
	inclusive := strings.ReplaceAll(exclusive, "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
	commented := strings.Replace(vectorForm, "<name>", "<!-- x --><name>", 1)
	withComment := m.octets(m.sign(commented, m.person, xmlsig.SignOptions{}), "SignedInfo/Reference/DigestValue", func([]byte) []byte {
		h := newHash(vectorDigest)
		h.Write([]byte(commented))
		return h.Sum(nil)
	})
	digestOnly := m.value(inclusive, m.person)
	namespaced := m.sign(strings.Replace(vectorForm, "<form ", `<form xmlns:unused="urn:u" `, 1), m.person, xmlsig.SignOptions{})
	tree := m.parse(namespaced)
	signedInfo, err := c14n.Append(nil, tree, m.signature(tree).Child("SignedInfo"), c14n.Exclusive, c14n.Options{})
	if err != nil {
		t.Fatal(err)
	}
	exclusiveInfo := m.octets(namespaced, "SignatureValue", func([]byte) []byte { return m.signOctets(signedInfo, m.person.Key) })
	runDiagnoses(t, []diagnosed{
		{"GOST value big-endian", vectors["gost/big-endian"], trust, xmlsig.CauseValueForm},
		{"GOST value of RFC 7091", vectors["gost/big-endian-s-before-r"], trust, xmlsig.CauseValueForm},
		{"GOST value exchanged", vectors["gost/s-before-r"], trust, xmlsig.CauseValueForm},
		{"ECDSA value in ASN.1", vectors["ecdsa/asn1"], trust, xmlsig.CauseValueForm},
		{"another certificate named", vectors["keyinfo-injection/serial-of-victim"], trust, xmlsig.CauseOtherCertificate},
		{"RSA algorithm with a GOST key", vectors["algorithm-substitution/rsa-for-gost-key"], trust, xmlsig.CauseAlgorithmOfKey},
		{"GOST algorithm with an RSA key", vectors["algorithm-substitution/gost-for-rsa-key"], trust, xmlsig.CauseAlgorithmOfKey},
		{"algorithm in capitals", vectors["algorithm-substitution/upper-case"], trust, xmlsig.CauseMisspelt},
		{"algorithm with a space", vectors["algorithm-substitution/trailing-space"], trust, xmlsig.CauseMisspelt},
		{"SHA-1", vectors["weak-hash/rsa-sha1"], trust, xmlsig.CauseSHA1},
		{"digest of the comments too", m.value(withComment, m.person), trust, xmlsig.CauseCommentsDigested},
		{"SignedInfo exclusive named inclusive", exclusiveInfo, trust, xmlsig.CauseCanonicalisation},
		{"exclusive named inclusive", digestOnly, trust, xmlsig.CauseCanonicalisation},
	})
	if _, found := diagnose(doc, trust); found != nil {
		t.Errorf("a good document: %+v", found)
	}
}

func TestDiagnoseCertificates(t *testing.T) {
	p := authority(t, testpki.GOST512)
	auth, err := p.ca.Issue(testpki.Profile{Kind: testpki.Authentication, IIN: testIIN})
	if err != nil {
		t.Fatal(err)
	}
	system, err := p.ca.Issue(testpki.Profile{Kind: testpki.InformationSystem, BIN: testBIN})
	if err != nil {
		t.Fatal(err)
	}
	doc := sign(t, flat, p.person, xmlsig.SignOptions{})
	at := func(moment time.Time) xmlsig.Options { o := p.options(); o.At = moment; return o }
	other := newMaker(t).foreign
	foreign := xmlsig.Options{At: now, Trust: pki.NewStore()}
	foreign.Trust.AddTrust(other.Root)
	runDiagnoses(t, []diagnosed{
		{"authentication certificate", sign(t, flat, auth, xmlsig.SignOptions{}), p.options(), xmlsig.CauseAuthentication},
		{"clock five hours slow", doc, at(p.person.Certificate.NotBefore.Add(-5 * time.Hour)), xmlsig.CauseClock},
		{"long before", doc, at(p.person.Certificate.NotBefore.AddDate(0, -1, 0)), xmlsig.CauseBeforePeriod},
		{"expired", doc, at(p.person.Certificate.NotAfter.AddDate(0, 0, 1)), xmlsig.CauseAfterPeriod},
		{"another test authority", doc, foreign, xmlsig.CauseUnknownAuthority},
	})
	r := xmlsig.Verify(nil, []byte(sign(t, flat, system, xmlsig.SignOptions{})), p.options())
	r.CheckIdentity(testIIN, "")
	if found := xmlsig.Diagnose([]byte(doc), p.options(), r); len(found) != 1 || found[0].Cause != xmlsig.CauseEnvelopeOnly {
		t.Errorf("signed by a system: %+v", found)
	}
}

// TestDiagnoseNationalSamples looks at what really happened to national documents.
func TestDiagnoseNationalSamples(t *testing.T) {
	production := pki.NewStore()
	for _, c := range certificates(t, "nca/prod/root_gost_2022.pem") {
		production.AddTrust(c)
	}
	doc := string(data(t, "nca/xml/mitwork_90af39a.xml"))
	stripped := string(data(t, "nca/xml-variants/stripped_cr.xml"))
	opt := xmlsig.Options{At: at(t, "2024-03-01T00:00:00Z"), Trust: trustNCA(t)}
	runDiagnoses(t, []diagnosed{
		{"test certificate, production trusted", doc, xmlsig.Options{At: opt.At, Trust: production}, xmlsig.CauseTestAuthority},
		{"&#13; stripped", stripped, xmlsig.Options{At: now}, xmlsig.CauseCarriageReturns},
		{"indented", pretty(doc), opt, xmlsig.CauseReindented},
	})
}

// TestDiagnoseProductionCertificate judges by names alone: nobody has a production key here.
func TestDiagnoseProductionCertificate(t *testing.T) {
	r := xmlsig.Result{
		Checks:  []reason.Check{reason.Fail(reason.CheckChain, 1, reason.ChainUntrusted, "")},
		Signers: []xmlsig.Signer{{Index: 1, Certificate: certificates(t, "nca/prod/nca_gost_2022.pem")[0]}},
	}
	found := xmlsig.Diagnose([]byte(flat), xmlsig.Options{At: now, Trust: trustNCA(t)}, r)
	if len(found) != 1 || found[0].Cause != xmlsig.CauseProductionAuthority {
		t.Errorf("%+v", found)
	}
}

// FuzzDiagnose wants of any document: no verdict changes, a document that passes needs no words, a
// cause is named once and in three languages, and the same document gets the same causes again.
func FuzzDiagnose(f *testing.F) {
	p := authority(f, testpki.ECDSA)
	compact := sign(f, flat, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	two := sign(f, compact, p.head, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	for _, doc := range []string{compact, pretty(compact), two, pretty(two), sign(f, flat, p.person, xmlsig.SignOptions{})} {
		f.Add([]byte(doc), uint8(0))
		f.Add([]byte(strings.Replace(doc, ">100<", ">999<", 1)), uint8(2))
	}
	f.Add([]byte(strings.ReplaceAll(signWSS(f, envelope, p.head), "><", ">\n<")), uint8(1))
	trust := p.trust()
	f.Fuzz(func(t *testing.T, doc []byte, profile uint8) {
		opt := xmlsig.Options{Profile: xmlsig.Profile(profile % 3), At: now, Trust: trust}
		r := xmlsig.Verify(nil, doc, opt)
		before := outcomes(r)
		found := xmlsig.Diagnose(doc, opt, r)
		if outcome, _ := r.Verdict(); outcomes(r) != before || outcome == reason.Passed && len(found) > 0 {
			t.Fatalf("%s became %s, %+v", before, outcomes(r), found)
		}
		named := map[xmlsig.Cause]bool{}
		for _, c := range found {
			if named[c.Cause] || c.Words.English == "" || c.Words.Kazakh == "" || c.Words.Russian == "" {
				t.Fatalf("%+v", found)
			}
			named[c.Cause] = true
		}
		if again := xmlsig.Diagnose(doc, opt, r); !slices.Equal(found, again) {
			t.Fatalf("%+v\nthen %+v", found, again)
		}
	})
}

// TestDiagnoseNeverHelpsAnAttacker runs over all vectors: it ends, says something only of
// documents that fail, and changes no verdict.
func TestDiagnoseNeverHelpsAnAttacker(t *testing.T) {
	m := newMaker(t)
	for _, recipes := range []func(*maker){(*maker).valid, (*maker).wrapping, (*maker).references, (*maker).text, (*maker).lexical, (*maker).transforms} {
		recipes(m)
	}
	for _, v := range m.list {
		opt := v.options(t)
		r := xmlsig.Verify(nil, []byte(v.doc), opt)
		before := outcomes(r)
		found := xmlsig.Diagnose([]byte(v.doc), opt, r)
		if outcomes(r) != before || v.expect == "" && len(found) > 0 {
			t.Errorf("%s/%s: %s, %+v", v.class, v.name, outcomes(r), found)
		}
	}
}

// TestDiagnoseIsBounded gives it a large document that nothing repairs.
func TestDiagnoseIsBounded(t *testing.T) {
	p := authority(t, testpki.RSA)
	big := strings.Replace(flat, "<sum>", strings.Repeat("<row>\n <a>x</a>\n</row>", 30_000)+"<sum>", 1)
	doc := strings.Replace(sign(t, big, p.person, xmlsig.SignOptions{}), ">100<", ">999<", 1)
	r := xmlsig.Verify(nil, []byte(doc), p.options())
	start := time.Now()
	found := xmlsig.Diagnose([]byte(doc), p.options(), r)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("%v", took)
	} else {
		t.Logf("%d kB in %v", len(doc)>>10, took)
	}
	if len(found) != 0 {
		t.Errorf("%+v", found)
	}
	if _, code := r.Verdict(); code != reason.DigestMismatch {
		t.Error(code)
	}
}

package xmlsig_test

import (
	"crypto"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

const allPassed = "passed  " + mathPassed + " chain+ validity+ purpose+"

const application = `<?xml version="1.0" encoding="UTF-8"?>
<?form v1?>
<app:Application xmlns:app="urn:test:app" xmlns:x="urn:x" Id="whole" xml:lang="kk">
  <app:iin>000230500003</app:iin><!-- between -->
  <app:part Id="part" x:k="ә &amp; &#10;b"><x:q/>Көше &lt; 5</app:part>
</app:Application>
<?after?>`

const applicationCovered = `<?form v1?>
<app:Application xmlns:app="urn:test:app" xmlns:x="urn:x" Id="whole" xml:lang="kk">
  <app:iin>000230500003</app:iin>
  <app:part Id="part" x:k="ә &amp; &#xA;b"><x:q></x:q>Көше &lt; 5</app:part>
</app:Application>
<?after?>`

func TestSignedDocumentVerifies(t *testing.T) {
	styles := map[string]xmlsig.SignOptions{
		"santuario": {}, "compact": {Style: xmlsig.StyleCompact},
		"c14n11": {C14N: new(c14n.C14N11)}, "exclusive": {C14N: new(c14n.ExclusiveComments)},
	}
	for _, alg := range algorithms {
		p := authority(t, alg)
		for name, opt := range styles {
			t.Run(string(alg)+"/"+name, func(t *testing.T) {
				signed := sign(t, application, p.person, opt)
				r := xmlsig.Verify(nil, []byte(signed), p.options())
				if got := outcomes(r); got != allPassed {
					t.Fatalf("%s\n%+v\n%s", got, r.Checks, signed)
				}
				want := applicationCovered
				if name == "exclusive" { // x is declared where it is used
					want = strings.Replace(want, ` xmlns:x="urn:x" Id="whole"`, ` Id="whole"`, 1)
					want = strings.Replace(want, `<app:part Id`, `<app:part xmlns:x="urn:x" Id`, 1)
				}
				if string(r.Covered) != want {
					t.Errorf("covered\n%s\nwant\n%s", r.Covered, want)
				}
				if s := r.Signers[0]; s.Covers != "document" || len(s.Chain) != 3 || !s.Certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool }).Equal(p.person.Key.Public()) {
					t.Errorf("signer %+v", s)
				}
				if r.CommentsSeen != 1 {
					t.Errorf("%d comments seen", r.CommentsSeen)
				}
			})
		}
	}
}

func TestSignById(t *testing.T) {
	p := authority(t, testpki.GOST512)
	for id, want := range map[string]string{"part": "#part", "whole": "document"} {
		signed := sign(t, application, p.person, xmlsig.SignOptions{ID: id})
		opt := p.options()
		opt.Profile = xmlsig.ProfileAny
		r := xmlsig.Verify(nil, []byte(signed), opt)
		if got := outcomes(r); got != allPassed || r.Signers[0].Covers != want {
			t.Errorf("%s: %s covers %q", id, got, r.Signers[0].Covers)
		}
		if id == "part" && string(r.Covered) != `<app:part xmlns:app="urn:test:app" xmlns:x="urn:x" Id="part" x:k="ә &amp; &#xA;b"><x:q></x:q>Көше &lt; 5</app:part>` {
			t.Errorf("covered %s", r.Covered)
		}
		r = xmlsig.Verify(nil, []byte(signed), p.options())
		if _, code := r.Verdict(); (id == "part") != (code == reason.CoveragePartial) {
			t.Errorf("%s as document: %s", id, outcomes(r))
		}
	}
	if _, err := xmlsig.Sign([]byte(application), key(p.person), xmlsig.SignOptions{ID: "none"}); err == nil {
		t.Error("an Id nobody carries was signed")
	}
}

// TestSantuarioShape holds the layout NCALayer and NCANode write, line by line.
func TestSantuarioShape(t *testing.T) {
	p := authority(t, testpki.GOST512)
	signed := sign(t, `<a/>`, p.person, xmlsig.SignOptions{})
	base64 := regexp.MustCompile(`(?m)^[A-Za-z0-9+/]{1,76}={0,2}$\n?`)
	got := base64.ReplaceAllString(strings.Replace(signed, "</ds:DigestValue>", "\n</ds:DigestValue>", 1), "")
	got = regexp.MustCompile(`<ds:DigestValue>\S+\n`).ReplaceAllString(got, "<ds:DigestValue>")
	want := `<a><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
<ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>
<ds:SignatureMethod Algorithm="urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34102015-gostr34112015-512"/>
<ds:Reference URI="">
<ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"/>
</ds:Transforms>
<ds:DigestMethod Algorithm="urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-512"/>
<ds:DigestValue></ds:DigestValue>
</ds:Reference>
</ds:SignedInfo>
<ds:SignatureValue>
</ds:SignatureValue>
<ds:KeyInfo>
<ds:X509Data>
<ds:X509Certificate>
</ds:X509Certificate>
</ds:X509Data>
</ds:KeyInfo>
</ds:Signature></a>`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSeveralSigners signs one after another: each covers the earlier ones, all must pass, and
// the octets that travel are those of the first, without any signature.
func TestSeveralSigners(t *testing.T) {
	gost, rsa := authority(t, testpki.GOST512), authority(t, testpki.RSA)
	opt := gost.options()
	opt.Trust.AddTrust(rsa.ca.Root)
	opt.Trust.AddTrust(rsa.ca.Issuing)
	one := sign(t, application, gost.person, xmlsig.SignOptions{})
	two := sign(t, one, rsa.head, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	three := sign(t, two, gost.head, xmlsig.SignOptions{})
	r := xmlsig.Verify(nil, []byte(three), opt)
	if verdict, code := r.Verdict(); verdict != reason.Passed || len(r.Signers) != 3 || string(r.Covered) != applicationCovered {
		t.Fatalf("%v %s %d signers\n%s", verdict, code, len(r.Signers), r.Covered)
	}
	r.CheckIdentity(testIIN, "")
	if verdict, _ := r.Verdict(); verdict != reason.Passed {
		t.Error("the first signer is the applicant")
	}
	t.Run("second signature broken", func(t *testing.T) {
		i := strings.Index(two, "</ds:X509Certificate>")
		broken := two[:i] + strings.Replace(two[i:], "<ds:DigestValue>", "<ds:DigestValue>AAAA", 1)
		r := xmlsig.Verify(nil, []byte(broken), opt)
		if v, _ := r.SignerVerdict(0); v != reason.Passed {
			t.Errorf("first signer: %v %s", v, outcomes(r))
		}
		if v, code := r.SignerVerdict(1); v != reason.Failed || code != reason.SignatureInvalid {
			t.Errorf("second signer: %v %s", v, code)
		}
		if len(r.Covered) != 0 {
			t.Error("octets travel on although one signer failed")
		}
	})
	t.Run("order changed", func(t *testing.T) {
		from, to := strings.Index(two, "<ds:Signature "), strings.LastIndex(two, "<ds:Signature ")
		end := strings.LastIndex(two, "</ds:Signature>") + len("</ds:Signature>")
		swapped := two[:from] + two[to:end] + two[from:to] + two[end:]
		if _, code := verdict(swapped, opt); code != reason.DigestMismatch {
			t.Errorf("got %s", code)
		}
	})
	t.Run("signed only inside another document", func(t *testing.T) {
		_, body, _ := strings.Cut(one, "?>\n<?form v1?>\n")
		body = strings.Replace(body, "<?after?>", "", 1)
		if _, code := verdict("<wrap>"+body+"</wrap>", opt); code == "" {
			t.Error("an unsigned envelope passed for its signed content")
		}
	})
}

func verdict(doc string, opt xmlsig.Options) (reason.Outcome, reason.Code) {
	r := xmlsig.Verify(nil, []byte(doc), opt)
	return r.Verdict()
}

// TestXmlsecAcceptsOurs asks the C library about RSA and ECDSA documents.
func TestXmlsecAcceptsOurs(t *testing.T) {
	if _, err := exec.LookPath("xmlsec1"); err != nil {
		t.Skip("xmlsec1 is not installed")
	}
	for _, alg := range []testpki.Algorithm{testpki.RSA, testpki.ECDSA} {
		p, dir := authority(t, alg), t.TempDir()
		root := filepath.Join(dir, "root.pem")
		pair := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.ca.Root.Raw}),
			pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.ca.Issuing.Raw})...)
		issuing := filepath.Join(dir, "issuing.pem")
		write(t, root, pair)
		write(t, issuing, pair[strings.Index(string(pair), "-----END")+len("-----END CERTIFICATE-----\n"):])
		person, head := filepath.Join(dir, "person.pem"), filepath.Join(dir, "head.pem")
		write(t, person, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.person.Certificate.Raw}))
		write(t, head, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.head.Certificate.Raw}))
		leaf := map[string]string{"santuario": person, "compact": person, "part": person, "wss": head}
		documents := map[string]string{
			"santuario": sign(t, application, p.person, xmlsig.SignOptions{}),
			"compact":   sign(t, application, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact, C14N: new(c14n.C14N11)}),
			"part":      sign(t, application, p.person, xmlsig.SignOptions{ID: "part"}),
			"wss":       signWSS(t, envelope, p.head),
		}
		for name, doc := range documents {
			t.Run(string(alg)+"/"+name, func(t *testing.T) {
				file := filepath.Join(dir, name+".xml")
				write(t, file, []byte(doc))
				out, err := exec.Command("xmlsec1", "--verify", "--verification-time", "2026-10-15 12:00:00",
					"--trusted-pem", root, "--untrusted-pem", issuing, "--pubkey-cert-pem", leaf[name],
					"--id-attr:Id", "urn:test:app:part", "--id-attr:Id", "urn:test:app:Application",
					"--id-attr:Id", "http://schemas.xmlsoap.org/soap/envelope/:Body", file).CombinedOutput()
				if err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSignRefuses(t *testing.T) {
	p, other := authority(t, testpki.GOST512), authority(t, testpki.RSA)
	tests := map[string]struct {
		doc string
		key xmlsig.Key
	}{
		"not XML":             {"<a>", key(p.person)},
		"a DOCTYPE":           {"<!DOCTYPE a><a/>", key(p.person)},
		"no key":              {"<a/>", xmlsig.Key{}},
		"another certificate": {"<a/>", xmlsig.Key{Signer: p.person.Key, Certificate: other.person.Certificate}},
		"relative namespace":  {`<a xmlns="rel"/>`, key(p.person)},
	}
	for name, tt := range tests {
		if _, err := xmlsig.Sign([]byte(tt.doc), tt.key, xmlsig.SignOptions{}); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
}

// TestSignRefusesWhatVerifyRefuses: the outcome is held against Verify's rules, and the error says why.
func TestSignRefusesWhatVerifyRefuses(t *testing.T) {
	p := authority(t, testpki.GOST512)
	many := "<a/>"
	for range 16 {
		many = sign(t, many, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	}
	tests := []struct {
		name, doc, id string
		code          reason.Code
		cause         string // "": signed
	}{
		{"comment inside text", `<a>1<!-- -->2</a>`, "", reason.XMLForbidden, "a comment stands inside the text"},
		{"comment between elements", `<a><!-- --><b/></a>`, "", "", ""},
		{"line end in an attribute", "<a b='1\n2'/>", "", reason.XMLForbidden, "a line end or tab stands inside an attribute value"},
		{"comment beside the part", `<a><b>1<!-- -->2</b><c Id="c"/></a>`, "c", "", ""},
		{"comment inside the part", `<a><c Id="c"><b>1<!-- -->2</b></c></a>`, "c", reason.XMLForbidden, "a comment stands inside the text"},
		{"Id no reference can name", `<a><c Id="x y"/></a>`, "x y", reason.XMLForbidden, "neither"},
		{"seventeenth signature", many, "", reason.TooLarge, "more than 16 signatures"},
	}
	for _, tt := range tests {
		signed, err := xmlsig.Sign([]byte(tt.doc), key(p.person), xmlsig.SignOptions{ID: tt.id})
		var e *reason.Error
		switch {
		case tt.cause == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.cause == "":
		case signed != nil, !errors.As(err, &e), e.Code != tt.code, !strings.Contains(e.Detail, tt.cause):
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	body := strings.Replace(envelope, ":Body>", ":Body><x xmlns=''>1<!-- -->2</x>", 1)
	if signed, err := xmlsig.SignWSS([]byte(body), key(p.head), xmlsig.WSSOptions{}); signed != nil || err == nil || !strings.Contains(err.Error(), "a comment stands inside the text") {
		t.Errorf("WS-Security: %v", err)
	}
}

// broken makes values that fit nothing.
type broken struct{ crypto.Signer }

func (b broken) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	value, err := b.Signer.Sign(r, digest, opts)
	value[0] ^= 1
	return value, err
}

// TestSignRefusesAFaultyKey: a token that computes wrongly is found out before anything is sent.
func TestSignRefusesAFaultyKey(t *testing.T) {
	p := authority(t, testpki.GOST512)
	_, err := xmlsig.Sign([]byte("<a/>"), xmlsig.Key{Signer: broken{p.person.Key}}, xmlsig.SignOptions{})
	var e *reason.Error
	if !errors.As(err, &e) || e.Code != reason.SignatureInvalid {
		t.Error(err)
	}
}

// TestSignByIdInAnyForm: every canonicalisation can be asked for, and the usual one is exclusive.
func TestSignByIdInAnyForm(t *testing.T) {
	p := authority(t, testpki.GOST512)
	opt := p.options()
	opt.Profile = xmlsig.ProfileAny
	for _, method := range []*c14n.Method{nil, new(c14n.C14N10), new(c14n.C14N10Comments), new(c14n.C14N11), new(c14n.Exclusive)} {
		signed := sign(t, application, p.person, xmlsig.SignOptions{ID: "part", C14N: method})
		want := c14n.Exclusive
		if method != nil {
			want = *method
		}
		if got, _ := verdict(signed, opt); got != reason.Passed || !strings.Contains(signed, `<ds:Transform Algorithm="`+want.URI()+`"/>`) {
			t.Errorf("%s: %v\n%s", want.URI(), got, signed)
		}
	}
}

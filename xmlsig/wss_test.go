package xmlsig_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

const envelope = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:unused"><soap:Header/>` +
	`<soap:Body><t:SendMessage xmlns:t="urn:t"><request><data>Өтініш</data></request></t:SendMessage></soap:Body></soap:Envelope>`

func signWSS(t testing.TB, doc string, id testpki.Identity) string {
	t.Helper()
	out, err := xmlsig.SignWSS([]byte(doc), key(id), xmlsig.WSSOptions{Rand: rand.NewChaCha8([32]byte{9})})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func wssOptions(p *party) xmlsig.Options {
	opt := p.options()
	opt.Profile = xmlsig.ProfileWSS
	return opt
}

func TestSignWSS(t *testing.T) {
	noHeader := strings.Replace(envelope, "<soap:Header/>", "", 1)
	forms := map[string]string{
		"empty header": envelope,
		"no header":    noHeader,
		"full header":  strings.Replace(envelope, "<soap:Header/>", "<soap:Header><h xmlns='urn:h'/></soap:Header>", 1),
		"no prefix": strings.NewReplacer("soap:", "", "xmlns:soap", "xmlns", "<t:SendMessage", `<t:SendMessage`).
			Replace(strings.Replace(envelope, "<request>", `<request xmlns="">`, 1)),
		"own id": strings.Replace(envelope, "<soap:Body", `<soap:Body xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" w:Id="mine"`, 1),
		"signed inside": strings.Replace(envelope, "Өтініш",
			sign(t, "<form><iin>1</iin></form>", authority(t, testpki.GOST512).person, xmlsig.SignOptions{}), 1),
	}
	for _, alg := range algorithms {
		p := authority(t, alg)
		for name, doc := range forms {
			t.Run(string(alg)+"/"+name, func(t *testing.T) {
				signed := signWSS(t, doc, p.head)
				r := xmlsig.Verify(nil, []byte(signed), wssOptions(p))
				if got := outcomes(r); got != allPassed || len(r.Signers) != 1 || r.Signers[0].Covers != "body" {
					t.Fatalf("%s\n%+v\n%s", got, r.Checks, signed)
				}
				if c := string(r.Covered); !strings.Contains(c[:60], "Body") || strings.Contains(c, "urn:unused") {
					t.Errorf("covered %s", c)
				}
			})
		}
	}
	if _, err := xmlsig.SignWSS([]byte(signWSS(t, envelope, authority(t, testpki.RSA).head)), key(authority(t, testpki.RSA).head), xmlsig.WSSOptions{}); err == nil {
		t.Error("a second wsse:Security was written")
	}
}

// TestWSSShape holds the header of gateway-protocol §3.1.
func TestWSSShape(t *testing.T) {
	p := authority(t, testpki.GOST2004)
	got := signWSS(t, envelope, p.head)
	got = regexp.MustCompile(`[A-Za-z0-9+/\n]{40,}={0,2}`).ReplaceAllString(got, "B64")
	got = regexp.MustCompile(`id-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`).ReplaceAllString(got, "id-UUID")
	const ws = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
	want := `<soap:Header><wsse:Security xmlns:wsse="` + ws + `wssecurity-secext-1.0.xsd" soap:mustUnderstand="1"><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
<ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#gost34310-gost34311"/>
<ds:Reference URI="#id-UUID">
<ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
</ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#gost34311"/>
<ds:DigestValue>B64</ds:DigestValue>
</ds:Reference>
</ds:SignedInfo>
<ds:SignatureValue>B64
</ds:SignatureValue>
<ds:KeyInfo>
<wsse:SecurityTokenReference><wsse:KeyIdentifier EncodingType="` + ws + `soap-message-security-1.0#Base64Binary" ValueType="` + ws + `x509-token-profile-1.0#X509v3">B64</wsse:KeyIdentifier></wsse:SecurityTokenReference>
</ds:KeyInfo>
</ds:Signature></wsse:Security></soap:Header><soap:Body xmlns:wsu="` + ws + `wssecurity-utility-1.0.xsd" wsu:Id="id-UUID">`
	if !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestWSSKeyForms names the signer in every form SHEP's answers use.
func TestWSSKeyForms(t *testing.T) {
	p := authority(t, testpki.RSA)
	signed := signWSS(t, envelope, p.head)
	from := strings.Index(signed, "<wsse:SecurityTokenReference>")
	to := strings.Index(signed, "</wsse:SecurityTokenReference>") + len("</wsse:SecurityTokenReference>")
	cert := base64.StdEncoding.EncodeToString(p.head.Certificate.Raw)
	serial := `<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=any form</ds:X509IssuerName><ds:X509SerialNumber>` +
		p.head.Certificate.Serial.String() + `</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>`
	token := `<wsse:BinarySecurityToken xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id="tok" ValueType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3">` + cert + `</wsse:BinarySecurityToken>`
	reference := `<wsse:SecurityTokenReference><wsse:Reference URI="%s"/></wsse:SecurityTokenReference>`
	tests := map[string]struct {
		keyInfo, token string
		given          bool
		code           reason.Code
	}{
		"issuer and serial":                   {"<wsse:SecurityTokenReference>" + serial + "</wsse:SecurityTokenReference>", "", true, ""},
		"issuer and serial, not given":        {"<wsse:SecurityTokenReference>" + serial + "</wsse:SecurityTokenReference>", "", false, reason.ChainUntrusted},
		"bare X509Data":                       {serial, "", true, ""},
		"security token":                      {fmt.Sprintf(reference, "#tok"), token, false, ""},
		"empty serial beside the certificate": {`<wsse:SecurityTokenReference><ds:X509Data><ds:X509IssuerSerial/><ds:X509Certificate>` + cert + `</ds:X509Certificate></ds:X509Data></wsse:SecurityTokenReference>`, "", false, ""},
		"empty serial alone":                  {`<ds:X509Data><ds:X509IssuerSerial/></ds:X509Data>`, "", true, reason.ChainUntrusted},
		"issuer without a serial":             {`<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=X</ds:X509IssuerName></ds:X509IssuerSerial></ds:X509Data>`, "", true, reason.SignatureMalformed},
		"security token not there":            {fmt.Sprintf(reference, "#tok"), "", false, reason.SignatureMalformed},
		"security token twice":                {fmt.Sprintf(reference, "#tok"), token + token, false, reason.XMLForbidden},
		"security token outside":              {fmt.Sprintf(reference, "http://evil/tok"), token, false, reason.XMLForbidden},
		"security token is the Body":          {fmt.Sprintf(reference, "#"+bodyID(signed)), "", false, reason.SignatureMalformed},
		"retrieval method":                    {`<ds:RetrievalMethod URI="#tok"/>`, token, true, reason.XMLForbidden},
		"key value":                           {`<ds:KeyValue/>`, "", true, reason.ChainUntrusted},
		"certificate of someone else":         {`<ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(p.person.Certificate.Raw) + `</ds:X509Certificate></ds:X509Data>`, "", true, reason.SignatureInvalid},
		"certificate is not DER":              {`<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>`, "", true, reason.CertificateMalformed},
		"certificate is not base64":           {`<ds:X509Data><ds:X509Certificate>A*</ds:X509Certificate></ds:X509Data>`, "", true, reason.SignatureMalformed},
		"serial picks the second":             {`<ds:X509Data>` + serial[len("<ds:X509Data>"):len(serial)-len("</ds:X509Data>")] + `<ds:X509Certificate>` + base64.StdEncoding.EncodeToString(p.ca.Issuing.Raw) + `</ds:X509Certificate><ds:X509Certificate>` + cert + `</ds:X509Certificate></ds:X509Data>`, "", false, ""},
		"first certificate is the CA's":       {`<ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(p.ca.Issuing.Raw) + `</ds:X509Certificate><ds:X509Certificate>` + cert + `</ds:X509Certificate></ds:X509Data>`, "", false, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			doc := signed[:from] + tt.keyInfo + signed[to:]
			doc = strings.Replace(doc, "<ds:Signature ", tt.token+"<ds:Signature ", 1)
			opt := wssOptions(p)
			if tt.given {
				opt.Candidates = []*pki.Certificate{p.ca.Issuing, p.head.Certificate}
			}
			r := xmlsig.Verify(nil, []byte(doc), opt)
			if _, code := r.Verdict(); code != tt.code {
				t.Errorf("got %s, want %q\n%+v", outcomes(r), tt.code, r.Checks)
			}
		})
	}
}

func bodyID(signed string) string {
	_, id, _ := strings.Cut(signed, `wsu:Id="`)
	id, _, _ = strings.Cut(id, `"`)
	return id
}

func TestLongSerialNumberIsRefusedAtOnce(t *testing.T) {
	p := authority(t, testpki.RSA)
	signed := sign(t, victim, p.person, xmlsig.SignOptions{})
	for digits, code := range map[int]reason.Code{64: reason.ChainUntrusted, 65: reason.SignatureMalformed, 3 << 20: reason.SignatureMalformed} {
		named := "<ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>" + strings.Repeat("9", digits) +
			"</ds:X509SerialNumber></ds:X509IssuerSerial>"
		i, j := strings.Index(signed, "<ds:X509Certificate>"), strings.Index(signed, "</ds:X509Certificate>")+len("</ds:X509Certificate>")
		r := xmlsig.Verify(nil, []byte(signed[:i]+named+signed[j:]), p.options())
		if _, got := r.Verdict(); got != code {
			t.Errorf("%d digits: %s, want %s", digits, got, code)
		}
	}
}

package envelope_test

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

const gatewayBIN = "000740000728"

// nation is an authority with an organisation's system.
type nation struct {
	ca    *testpki.Authority
	trust *pki.Store
}

func newNation(t testing.TB, alg testpki.Algorithm) nation {
	t.Helper()
	ca, err := testpki.New(alg, testpki.Options{Rand: rand.Reader, Now: moment})
	if err != nil {
		t.Fatal(err)
	}
	trust := pki.NewStore()
	trust.AddAnchor(ca.RootIdentity().Certificate, pki.PurposeNational)
	trust.AddIntermediate(ca.Issuing)
	return nation{ca, trust}
}

func (n nation) issue(t testing.TB, p testpki.Profile) testpki.Identity {
	t.Helper()
	id, err := n.ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func verifyNational(t testing.TB, n *envelope.National, doc []byte, at time.Time) (envelope.Signed, error) {
	t.Helper()
	msg, err := envelope.Read(doc, xmltree.Limits{})
	if err != nil {
		return envelope.Signed{}, err
	}
	return n.VerifyMessage(msg, at)
}

func TestNationalCertificatesOfTheOrganisation(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.RSA} {
		state := newNation(t, alg)
		for _, kind := range []testpki.Kind{testpki.InformationSystem, testpki.Head, testpki.Employee} {
			p := testpki.Profile{Kind: kind, BIN: gatewayBIN}
			if kind != testpki.InformationSystem {
				p.IIN = "000230500003"
			}
			id := state.issue(t, p)
			signed, err := verifyNational(t, envelope.NewNational(state.trust, []string{"000140000001", gatewayBIN}), seal(t, request(), id), moment)
			if err != nil || !strings.Contains(string(signed.Body), "m1") || len(signed.Chain) < 2 || signed.Certificate.SHA256 != id.Certificate.SHA256 {
				t.Errorf("%s %d: %v", alg, kind, err)
				continue
			}
			for _, c := range signed.Checks {
				if c.Outcome != reason.Passed {
					t.Errorf("%s: %+v", alg, c)
				}
			}
		}
	}
}

func TestWhomNationalRefuses(t *testing.T) {
	state, abroad := newNation(t, testpki.GOST512), newNation(t, testpki.GOST512)
	system := func(p testpki.Profile) testpki.Identity {
		p.Kind = testpki.InformationSystem
		return state.issue(t, p)
	}
	ours := system(testpki.Profile{BIN: gatewayBIN})
	good := seal(t, request(), ours)
	two := strings.Replace(string(good), "</wsse:Security>", between(t, string(good), "<ds:Signature", "</ds:Signature>")+"</wsse:Security>", 1)
	tests := []struct {
		name string
		doc  []byte
		at   time.Time
		code gateway.Code
	}{
		{"unsigned", write(t, request()), moment, reason.TransportSignatureMissing},
		{"another organisation", seal(t, request(), system(testpki.Profile{BIN: "000140000001"})), moment, reason.TransportSignatureInvalid},
		{"no organisation", seal(t, request(), state.issue(t, testpki.Profile{Kind: testpki.Person, IIN: "000230500003"})), moment, reason.TransportSignatureInvalid},
		{"a person with the BIN", seal(t, request(), state.issue(t, testpki.Profile{Kind: testpki.Person, IIN: "000230500003", BIN: gatewayBIN})), moment, reason.TransportSignatureInvalid},
		{"a certificate to log in", seal(t, request(), state.issue(t, testpki.Profile{Kind: testpki.Authentication, BIN: gatewayBIN})), moment, reason.TransportSignatureInvalid},
		{"an authority of their own", seal(t, request(), abroad.issue(t, testpki.Profile{Kind: testpki.InformationSystem, BIN: gatewayBIN})), moment, reason.TransportSignatureInvalid},
		{"expired", good, ours.Certificate.NotAfter.Add(time.Second), reason.TransportSignatureNotCurrent},
		{"not yet valid", seal(t, request(), system(testpki.Profile{BIN: gatewayBIN, NotBefore: moment.Add(time.Hour)})), moment, reason.TransportSignatureNotCurrent},
		{"changed Body", []byte(strings.Replace(string(good), "<messageId>m1<", "<messageId>m2<", 1)), moment, reason.TransportSignatureInvalid},
		{"two signatures", []byte(two), moment, reason.TransportSignatureInvalid},
		{"named by serial number only", keyInfo(t, good, bySerial(ours)), moment, reason.TransportSignatureInvalid},
	}
	check := envelope.NewNational(state.trust, []string{gatewayBIN})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if signed, err := verifyNational(t, check, tt.doc, tt.at); code(err) != tt.code || signed.Body != nil {
				t.Errorf("%v, want %s", err, tt.code)
			}
		})
	}
	known := envelope.NewNational(state.trust, []string{gatewayBIN}, ours.Certificate)
	if _, err := verifyNational(t, known, keyInfo(t, good, bySerial(ours)), moment); err != nil {
		t.Errorf("named by serial number, and configured: %v", err)
	}
	token := `<wsse:BinarySecurityToken xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" u:Id="token" ValueType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3">` +
		base64.StdEncoding.EncodeToString(ours.Certificate.Raw) + `</wsse:BinarySecurityToken><ds:Signature `
	byToken := keyInfo(t, good, `<wsse:SecurityTokenReference xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><wsse:Reference URI="#token"/></wsse:SecurityTokenReference>`)
	if _, err := verifyNational(t, check, []byte(strings.Replace(string(byToken), "<ds:Signature ", token, 1)), moment); err != nil {
		t.Errorf("a token in the header: %v", err)
	}
	stranger := system(testpki.Profile{BIN: "000140000001"})
	if _, err := verifyNational(t, envelope.NewNational(state.trust, []string{gatewayBIN}, stranger.Certificate),
		keyInfo(t, seal(t, request(), stranger), bySerial(stranger)), moment); code(err) != reason.TransportSignatureInvalid {
		t.Errorf("a candidate is trusted for being one: %v", err)
	}
}

func bySerial(id testpki.Identity) string {
	return `<wsse:SecurityTokenReference xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=X</ds:X509IssuerName><ds:X509SerialNumber>` +
		id.Certificate.Serial.String() + `</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data></wsse:SecurityTokenReference>`
}

// between cuts a part out, its ends included.
func between(t testing.TB, text, from, to string) string {
	t.Helper()
	i := strings.Index(text, from)
	j := strings.Index(text, to)
	if i < 0 || j < i {
		t.Fatalf("no %s … %s", from, to)
	}
	return text[i : j+len(to)]
}

// attacks are changes of a signed message that make another Body, or another signer, look verified. Every way
// of checking has to refuse them (facts: wrapping).
func attacks(t testing.TB, good string) map[string]string {
	security := between(t, good, "<wsse:Security", "</wsse:Security>")
	body := between(t, good, "<soapenv:Body", "</soapenv:Body>")
	head, tail := good[:strings.Index(good, body)], "</soapenv:Envelope>"
	evil := strings.Replace(body, "m1", "m2", 1)
	nameless := strings.Replace(evil, ` wsu:Id="id-`, ` wsu:Id="x-`, 1)
	id := between(t, body, `wsu:Id="`, `">`)
	id = strings.TrimSuffix(strings.TrimPrefix(id, `wsu:Id="`), `">`)
	inHeader := func(s string) string { return strings.Replace(head, "</soapenv:Header>", s+"</soapenv:Header>", 1) }
	part := `<p:Part xmlns:p="urn:p" xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id="part"/>`
	return map[string]string{
		"Body moved into the header":            inHeader(`<w xmlns="urn:w">`+body+`</w>`) + nameless + tail,
		"Body moved under Security":             strings.Replace(head, "</wsse:Security>", body+"</wsse:Security>", 1) + nameless + tail,
		"Body moved into an Object":             strings.Replace(head, "</ds:Signature>", "<ds:Object>"+body+"</ds:Object></ds:Signature>", 1) + nameless + tail,
		"Body moved into the Body":              head + strings.Replace(nameless, "</soapenv:Body>", body+"</soapenv:Body>", 1) + tail,
		"two Bodies, the false one first":       head + nameless + body + tail,
		"two Bodies, the false one last":        head + body + nameless + tail,
		"two Bodies with one Id":                head + evil + body + tail,
		"a Body behind the Envelope's Body":     head + body + strings.ReplaceAll(nameless, "soapenv:Body", "Body") + tail,
		"changed Body":                          head + evil + tail,
		"signature of another part":             strings.Replace(inHeader(part), `URI="#`+id+`"`, `URI="#part"`, 1) + body + tail,
		"no reference":                          strings.Replace(head, between(t, head, "<ds:Reference", "</ds:Reference>"), "", 1) + body + tail,
		"reference without URI":                 strings.Replace(head, ` URI="#`+id+`"`, "", 1) + body + tail,
		"reference to everything":               strings.Replace(head, ` URI="#`+id+`"`, ` URI=""`, 1) + body + tail,
		"two Security headers":                  inHeader(security) + body + tail,
		"an empty Security before":              strings.Replace(head, "<wsse:Security", `<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"/><wsse:Security`, 1) + body + tail,
		"two Headers":                           strings.Replace(head, "<soapenv:Header>", "<soapenv:Header/><soapenv:Header>", 1) + body + tail,
		"the Header behind the Body":            head[:strings.Index(head, "<soapenv:Header>")] + body + between(t, head, "<soapenv:Header>", "</soapenv:Header>") + tail,
		"the signature moved out of Security":   strings.Replace(head, security, between(t, security, "<ds:Signature", "</ds:Signature>"), 1) + body + tail,
		"the signature moved into the Body":     strings.Replace(head, security, "", 1) + strings.Replace(body, "</soapenv:Body>", security+"</soapenv:Body>", 1) + tail,
		"an Id on the Body in another spelling": head + strings.Replace(nameless, "<soapenv:Body", `<soapenv:Body Id="`+id+`"`, 1) + tail,
	}
}

func TestAttacksOnTheBody(t *testing.T) {
	state := newNation(t, testpki.GOST512)
	id := state.issue(t, testpki.Profile{Kind: testpki.InformationSystem, BIN: gatewayBIN})
	good := string(seal(t, request(), id))
	pins := envelope.NewPins(envelope.PinCertificate(id.Certificate))
	national := envelope.NewNational(state.trust, []string{gatewayBIN})
	if _, err := verifyNational(t, national, []byte(good), moment); err != nil {
		t.Fatal(err)
	}
	for name, doc := range attacks(t, good) {
		if doc == good {
			t.Errorf("%s: nothing was changed", name)
		}
		if signed, err := pins.Verify([]byte(doc), moment); err == nil {
			t.Errorf("%s: pins took %s", name, signed.Body)
		}
		if signed, err := verifyNational(t, national, []byte(doc), moment); err == nil {
			t.Errorf("%s: national took %s", name, signed.Body)
		}
	}
}

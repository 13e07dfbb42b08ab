package envelope_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"kopir/adapters/envelope"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

const (
	oasis    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
	x509v3   = oasis + "x509-token-profile-1.0#X509v3"
	tokenRef = `<wsse:SecurityTokenReference>`
)

// keyInfos name a signer in the ways headers do, and in some they must not.
func keyInfos(c, other *pki.Certificate) []string {
	der := base64.StdEncoding.EncodeToString
	identifier := func(kind string, value []byte) string {
		return `<wsse:KeyIdentifier ValueType="` + oasis + "x509-token-profile-1.0#" + kind + `">` + der(value) + "</wsse:KeyIdentifier>"
	}
	serial := "<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>x</ds:X509IssuerName><ds:X509SerialNumber>" + c.Serial.String() +
		"</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>"
	return []string{identifier("X509v3", c.Raw), identifier("X509v3", other.Raw), identifier("X509SubjectKeyIdentifier", c.SubjectKeyID), serial,
		identifier("X509v3", other.Raw) + identifier("X509v3", c.Raw), serial + identifier("X509v3", other.Raw),
		`<wsse:Reference URI="#t"/>`, `<wsse:Reference URI="http://127.0.0.1/t"/>`, "<ds:X509Data/>", ""}
}

// FuzzSecurityHeader puts anything into the header of a message that is signed. What is let in was signed
// by the one who is trusted, and its Body is the one that was signed; a refusal has a code.
func FuzzSecurityHeader(f *testing.F) {
	state := newNation(f, testpki.ECDSA)
	system := testpki.Profile{Kind: testpki.InformationSystem, BIN: gatewayBIN}
	ours, other := state.issue(f, system), state.issue(f, testpki.Profile{Kind: testpki.InformationSystem, BIN: "000140000009"})
	doc := string(seal(f, request(), ours))
	before, rest, _ := strings.Cut(doc, "<soapenv:Header>")
	header, after, _ := strings.Cut(rest, "</soapenv:Header>")
	head, tail, found := strings.Cut(header, tokenRef)
	_, end, _ := strings.Cut(tail, "</wsse:SecurityTokenReference>")
	if !found {
		f.Fatal("the header names nobody")
	}
	token := `<wsse:BinarySecurityToken xmlns:wsu="` + xmltree.WSUNamespace + `" wsu:Id="t" ValueType="` + x509v3 + `">` +
		base64.StdEncoding.EncodeToString(ours.Certificate.Raw) + "</wsse:BinarySecurityToken>"
	for _, info := range keyInfos(ours.Certificate, other.Certificate) {
		f.Add(head + tokenRef + info + "</wsse:SecurityTokenReference>" + end)
		f.Add(strings.Replace(head, "<ds:Signature ", token+"<ds:Signature ", 1) + tokenRef + info + "</wsse:SecurityTokenReference>" + end)
	}
	f.Add(header + header)
	f.Add(`<x xmlns="urn:x"/>` + header)
	pins, national := envelope.NewPins(envelope.PinCertificate(ours.Certificate)), envelope.NewNational(state.trust, []string{gatewayBIN}, ours.Certificate)
	good, err := pins.Verify([]byte(doc), moment)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header string) {
		msg, err := envelope.Read([]byte(before+"<soapenv:Header>"+header+"</soapenv:Header>"+after), xmltree.Limits{})
		if err != nil {
			if code(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		byPin, errPin := pins.VerifyMessage(msg, moment)
		byChain, errChain := national.VerifyMessage(msg, moment)
		for signed, err := range map[*envelope.Signed]error{&byPin: errPin, &byChain: errChain} {
			switch {
			case err != nil && code(err) == "":
				t.Fatalf("an error without a code: %v", err)
			case err == nil && signed.Certificate.SHA256 != ours.Certificate.SHA256:
				t.Fatalf("let in as %s\n%s", signed.Certificate.Serial, header)
			case err == nil && !bytes.Equal(signed.Body, good.Body):
				t.Fatalf("another Body was verified\n%s", header)
			}
		}
	})
}

package envelope_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// keyInfo puts another KeyInfo into a sealed message; it is covered by no signature.
func keyInfo(t *testing.T, sealed []byte, with string) []byte {
	t.Helper()
	from := bytes.Index(sealed, []byte("<ds:KeyInfo>"))
	to := bytes.Index(sealed, []byte("</ds:KeyInfo>"))
	if from < 0 || to < from {
		t.Fatalf("no KeyInfo in %s", sealed)
	}
	return []byte(string(sealed[:from]) + "<ds:KeyInfo>" + with + string(sealed[to:]))
}

// The forms a header may name its signer by; every one is found by Verify itself, too.
func TestPinsFindTheSigner(t *testing.T) {
	ours, other := identity(t, testpki.GOST512), identity(t, testpki.GOST512)
	pinned := envelope.NewPins(envelope.PinCertificate(ours.Certificate))
	sealed := seal(t, request(), ours)
	certificate := func(id testpki.Identity) string {
		return "<ds:X509Certificate>" + base64.StdEncoding.EncodeToString(id.Certificate.Raw) + "</ds:X509Certificate>"
	}
	serial := func(digits string) string {
		return "<ds:X509IssuerSerial><ds:X509IssuerName>CN=X</ds:X509IssuerName><ds:X509SerialNumber>" + digits + "</ds:X509SerialNumber></ds:X509IssuerSerial>"
	}
	reference := func(inner string) string {
		return `<wsse:SecurityTokenReference xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">` + inner + `</wsse:SecurityTokenReference>`
	}
	identifier := func(kind string, value []byte) string {
		return `<wsse:KeyIdentifier ValueType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#` + kind + `">` + base64.StdEncoding.EncodeToString(value) + `</wsse:KeyIdentifier>`
	}
	data := func(s string) string { return "<ds:X509Data>" + s + "</ds:X509Data>" }
	number := ours.Certificate.Serial.String()
	tests := []struct {
		name, keyInfo string
		passes        bool
	}{
		{"certificate", data(certificate(ours)), true},
		{"certificate over many lines", data(strings.ReplaceAll(certificate(ours), "A", "\n \tA")), true},
		{"serial number", data(serial(number)), true},
		{"serial number in a reference", reference(data(serial(" " + number + "\n"))), true},
		{"key identifier", reference(identifier("X509SubjectKeyIdentifier", ours.Certificate.SubjectKeyID)), true},
		{"certificate in a key identifier", reference(identifier("X509v3", ours.Certificate.Raw)), true},
		{"another one, and the serial number", data(certificate(other) + serial(number)), true},
		{"somebody else's certificate", data(certificate(other)), false},
		{"somebody else's certificate first", data(certificate(other) + certificate(ours)), false},
		{"ours first, somebody else's serial number", data(certificate(ours) + certificate(other) + serial(other.Certificate.Serial.String())), false},
		{"certificate, and an empty serial number", reference(data("<ds:X509IssuerSerial/>" + certificate(ours))), true},
		{"an empty serial number only", data("<ds:X509IssuerSerial/>"), false},
		{"somebody else's certificate, and an empty serial number", data("<ds:X509IssuerSerial/>" + certificate(other)), false},
		{"serial number of nobody", data(serial("1")), false},
		{"serial number that is none", data(serial("x")), false},
		{"serial number of a megabyte", data(serial(strings.Repeat("9", 1<<20))), false},
		{"nothing", "", false},
		{"text", "ours", false},
		{"broken base64", data("<ds:X509Certificate>?</ds:X509Certificate>"), false},
		{"token elsewhere", reference(`<wsse:Reference URI="http://example.kz/key"/>`), false},
		{"token that is not there", reference(`<wsse:Reference URI="#t"/>`), false},
		{"a hundred certificates", data(strings.Repeat(certificate(ours), 100)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := keyInfo(t, sealed, tt.keyInfo)
			_, err := pinned.Verify(doc, moment)
			if tt.passes != (err == nil) || !tt.passes && code(err) != reason.TransportSignatureInvalid {
				t.Errorf("%v", err)
			}
		})
	}
	token := `<wsse:BinarySecurityToken xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" u:Id="token" ValueType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3">` +
		base64.StdEncoding.EncodeToString(ours.Certificate.Raw) + `</wsse:BinarySecurityToken><ds:Signature `
	doc := bytes.Replace(keyInfo(t, sealed, reference(`<wsse:Reference URI="#token"/>`)), []byte("<ds:Signature "), []byte(token), 1)
	if _, err := pinned.Verify(doc, moment); err != nil {
		t.Errorf("a token in the header: %v", err)
	}
}

// A stranger is refused for his name: what he has signed, and how, is not looked at.
func TestPinsRefuseAStrangerBeforeAnyDigest(t *testing.T) {
	ours, other := identity(t, testpki.GOST512), identity(t, testpki.GOST2004)
	pinned := envelope.NewPins(envelope.PinCertificate(ours.Certificate))
	large := request()
	large.Data = envelope.Text(bytes.Repeat([]byte("a"), 4<<20)) // GOST 34.311 takes half a second for it
	doc := seal(t, large, other)
	msg, err := envelope.Read(doc, xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := pinned.VerifyMessage(msg, moment); code(err) != reason.TransportSignatureInvalid {
		t.Errorf("%v", err)
	}
	if took := time.Since(start); took > 100*time.Millisecond {
		t.Errorf("a stranger's message of 4 MB took %v", took)
	}
	// With ours beside it, he is still a stranger; and ours is not digested seventeen times.
	text := string(seal(t, request(), ours))
	from, to := strings.Index(text, "<ds:Signature "), strings.Index(text, "</ds:Signature>")+len("</ds:Signature>")
	if from < 0 {
		t.Fatal(text)
	}
	if _, err := pinned.Verify([]byte(text[:to]+strings.Repeat(text[from:to], 2)+text[to:]), moment); code(err) != reason.TransportSignatureInvalid {
		t.Errorf("three signatures: %v", err)
	}
}

func TestNoPinsNothingIsRead(t *testing.T) {
	none := envelope.NewPins()
	for _, doc := range []string{"", "<", strings.Repeat("<a>", 1<<20)} {
		if _, err := none.Verify([]byte(doc), moment); code(err) != reason.TransportSignatureInvalid {
			t.Errorf("%v", err)
		}
	}
	if code(none.Ready()) != reason.TransportSignatureInvalid {
		t.Error("a gateway without pins takes messages")
	}
}

func TestABodyAloneIsNotSigned(t *testing.T) {
	ours := identity(t, testpki.RSA)
	pinned := envelope.NewPins(envelope.PinCertificate(ours.Certificate))
	signed, err := pinned.Verify(seal(t, request(), ours), moment)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := envelope.ReadBody(signed.Body, xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var want gateway.Code = reason.TransportSignatureMissing
	if _, err := pinned.VerifyMessage(msg, moment); code(err) != want {
		t.Errorf("%v", err)
	}
}

package envelope_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// identity issues a certificate of an information system.
func identity(t testing.TB, alg testpki.Algorithm) testpki.Identity {
	t.Helper()
	ca, err := testpki.New(alg, testpki.Options{Rand: rand.Reader, Now: moment})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ca.Issue(testpki.Profile{Kind: testpki.InformationSystem, BIN: "000740000728"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func seal(t testing.TB, body any, id testpki.Identity) []byte {
	t.Helper()
	doc, err := envelope.Seal(body, envelope.KeySigner(xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, rand.Reader))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func request() *envelope.SyncRequest {
	return &envelope.SyncRequest{MessageID: "m1", ServiceID: "S", MessageDate: moment, Sender: envelope.SenderInfo{ID: "pep"},
		Data: envelope.Text([]byte("<?xml version=\"1.0\"?>\r\n<a>Қазақ</a>"))}
}

func TestPinsVerify(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.RSA} {
		t.Run(string(alg), func(t *testing.T) {
			id := identity(t, alg)
			signed, err := envelope.NewPins(envelope.PinCertificate(id.Certificate)).Verify(seal(t, request(), id), moment)
			if err != nil {
				t.Fatal(err)
			}
			msg, err := envelope.ReadBody(signed.Body, xmltree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			payload, err := msg.Body.(*envelope.SyncRequest).Data.Payload()
			if want := "<?xml version=\"1.0\"?>\r\n<a>Қазақ</a>"; err != nil || string(payload) != want {
				t.Errorf("%v %q", err, payload)
			}
		})
	}
}

func TestPinsRefuse(t *testing.T) {
	ours, other := identity(t, testpki.GOST512), identity(t, testpki.GOST512)
	pins := envelope.NewPins(envelope.Pin{SHA256: ours.Certificate.SHA256})
	good := seal(t, request(), ours)
	change := func(from, to string) []byte { return bytes.Replace(good, []byte(from), []byte(to), 1) }
	plain, err := envelope.Write(request())
	if err != nil {
		t.Fatal(err)
	}
	wrapped := change("<soapenv:Body", `<x:Old xmlns:x="urn:x"/><soapenv:Body`)
	tests := []struct {
		name  string
		doc   []byte
		at    time.Time
		code  gateway.Code
		inner gateway.Code
	}{
		{"unsigned", plain, moment, reason.TransportSignatureMissing, ""},
		{"signed by somebody else", seal(t, request(), other), moment, reason.TransportSignatureInvalid, ""},
		{"changed Body", change("<messageId>m1<", "<messageId>m2<"), moment, reason.TransportSignatureInvalid, ""},
		{"changed value", change("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), moment, reason.TransportSignatureInvalid, ""},
		{"Id taken off the Body", change(`wsu:Id="id-`, `wsu:Id="jd-`), moment, reason.TransportSignatureInvalid, ""},
		{"expired", good, ours.Certificate.NotAfter.Add(time.Second), reason.TransportSignatureNotCurrent, reason.CertificateExpired},
		{"not yet valid", good, ours.Certificate.NotBefore.Add(-time.Second), reason.TransportSignatureNotCurrent, reason.CertificateNotYetValid},
		{"cut off", good[:len(good)-20], moment, reason.XMLMalformed, ""},
		{"with a DOCTYPE", append([]byte("<!DOCTYPE x>"), good...), moment, reason.XMLForbidden, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signed, err := pins.Verify(tt.doc, tt.at)
			if code(err) != tt.code || signed.Body != nil {
				t.Fatalf("%v, want %s", err, tt.code)
			}
			var inner *gateway.Error
			if tt.inner != "" && (!errors.As(errors.Unwrap(err), &inner) || inner.Code != tt.inner) {
				t.Errorf("cause %v, want %s", errors.Unwrap(err), tt.inner)
			}
		})
	}
	if signed, err := pins.Verify(wrapped, moment); err == nil && !strings.Contains(string(signed.Body), "m1") {
		t.Error("another element than the Body was taken for it")
	}
}

// Signature wrapping: the signed Body is moved into the header and another one put in its place.
func TestPinsRefuseAMovedBody(t *testing.T) {
	id := identity(t, testpki.GOST512)
	text := string(seal(t, request(), id))
	from, to := strings.Index(text, "<soapenv:Body"), strings.Index(text, "</soapenv:Envelope>")
	signed := text[from:to]
	evil := strings.Replace(strings.Replace(signed, "m1", "m2", 1), ` wsu:Id="id-`, ` wsu:Id="evil-`, 1)
	moved := strings.Replace(text[:from], "</soapenv:Header>", `<w xmlns="urn:w">`+signed+`</w></soapenv:Header>`, 1) + evil + "</soapenv:Envelope>"
	_, err := envelope.NewPins(envelope.PinCertificate(id.Certificate)).Verify([]byte(moved), moment)
	if err == nil {
		t.Fatal("a moved Body was taken")
	}
}

func TestNoPinsNoTrust(t *testing.T) {
	id := identity(t, testpki.GOST512)
	if _, err := envelope.NewPins().Verify(seal(t, request(), id), moment); code(err) != reason.TransportSignatureInvalid {
		t.Errorf("%v", err)
	}
}

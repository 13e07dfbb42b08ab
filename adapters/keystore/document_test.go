package keystore

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

var documents = map[string]string{
	"plain":      `<a><b>Қазақ тілі</b></a>`,
	"namespaces": `<?xml version="1.0" encoding="UTF-8"?><p:a xmlns:p="urn:p" xmlns="urn:d" p:x="1" z="&lt;&amp;&quot;"><b xmlns=""/><!-- between --><c> two  spaces </c></p:a>`,
	"cdata":      `<a><![CDATA[<&>]]> and &#13; and &gt;</a>`,
	"id":         `<a ID="one" Id="two"><?pi data?></a>`,
}

func TestSignDocumentIsAcceptedByOurVerifierAndXmlsec(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ca, err := testpki.New(testpki.RSA, testpki.Options{Rand: rand.Reader, Now: at})
	if err != nil {
		t.Fatal(err)
	}
	person, err := ca.Issue(testpki.Profile{Kind: testpki.Person, IIN: "000230500003"})
	if err != nil {
		t.Fatal(err)
	}
	trust := pki.NewStore()
	trust.AddTrust(ca.Root)
	trust.AddTrust(ca.Issuing)
	for name, doc := range documents {
		t.Run(name, func(t *testing.T) {
			signed, err := Identity{Key: person.Key, Certificate: person.Certificate}.SignDocument([]byte(doc))
			if err != nil {
				t.Fatal(err)
			}
			result := xmlsig.Verify(nil, signed, xmlsig.Options{At: at, Trust: trust})
			if verdict, code := result.Verdict(); verdict != reason.Passed {
				t.Fatalf("%v %s: %+v\n%s", verdict, code, result.Checks, signed)
			}
			acceptedByXmlsec(t, signed, person.PublicKeyPEM())
		})
	}
}

func acceptedByXmlsec(t *testing.T, signed, key []byte) {
	t.Helper()
	if _, err := exec.LookPath("xmlsec1"); err != nil {
		t.Skip("xmlsec1 is not installed (make test installs it)")
	}
	dir := t.TempDir()
	doc, pub := filepath.Join(dir, "signed.xml"), filepath.Join(dir, "key.pem")
	for path, content := range map[string][]byte{doc: signed, pub: key} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("xmlsec1", "--verify", "--pubkey-pem", pub, doc).CombinedOutput(); err != nil {
		t.Errorf("xmlsec1: %v\n%s\n%s", err, out, signed)
	}
}

// What the verifier would refuse is not signed: the reader would be told "refused" and not why.
func TestSignDocumentSignsNothingThatWouldNotVerify(t *testing.T) {
	ca, err := testpki.New(testpki.RSA, testpki.Options{Rand: rand.Reader, Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	person, err := ca.Issue(testpki.Profile{Kind: testpki.Person})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := Identity{Key: person.Key, Certificate: person.Certificate}.SignDocument([]byte("<a><iin>123<!-- -->456</iin></a>"))
	var e *reason.Error
	if signed != nil || !errors.As(err, &e) || e.Code != reason.XMLForbidden {
		t.Errorf("%q, %v; want xml_forbidden", signed, err)
	}
}

func TestSignDocumentRefusesWhatItCannotSign(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.ECDSA} {
		ca, err := testpki.New(alg, testpki.Options{Rand: rand.Reader, Now: at})
		if err != nil {
			t.Fatal(err)
		}
		person, err := ca.Issue(testpki.Profile{Kind: testpki.Person})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (Identity{Key: person.Key, Certificate: person.Certificate}).SignDocument([]byte("<a/>")); err == nil || !strings.Contains(err.Error(), "only RSA") {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

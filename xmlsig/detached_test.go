package xmlsig_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// sealKey is a self-signed key, as a gateway makes for itself.
func sealKey(t *testing.T) xmlsig.Key {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "seal"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(9, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := pki.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return xmlsig.Key{Signer: key, Certificate: cert}
}

var detachedFiles = []xmlsig.DetachedFile{
	{URI: "mimetype", Bytes: []byte("application/vnd.etsi.asic-e+zip")},
	{URI: "application/received.xml", MIME: "application/xml", Bytes: []byte("<a>Қазақ</a>")},
	{URI: "history/events.json", MIME: "application/json", Bytes: []byte("[]")},
}

func opener(files []xmlsig.DetachedFile) func(string) ([]byte, error) {
	return func(uri string) ([]byte, error) {
		for _, f := range files {
			if f.URI == uri {
				return f.Bytes, nil
			}
		}
		return nil, errors.New("no such file")
	}
}

func sealed(t *testing.T, key xmlsig.Key) []byte {
	t.Helper()
	doc, err := xmlsig.SignDetached(detachedFiles, key, xmlsig.DetachedOptions{At: now})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDetachedSignatureHolds(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.RSA, testpki.ECDSA} {
		p := authority(t, alg)
		doc := sealed(t, key(p.person))
		r := xmlsig.VerifyDetached(doc, opener(detachedFiles), xmlsig.Options{At: now, Trust: p.trust()})
		if outcome, code := r.Verdict(); outcome != reason.Passed || len(r.Files) != len(detachedFiles) {
			t.Errorf("%s: %v %s %+v", alg, outcome, code, r)
		}
	}
	key := sealKey(t)
	r := xmlsig.VerifyDetached(sealed(t, key), opener(detachedFiles), xmlsig.Options{At: now, Key: key.Signer.Public()})
	if outcome, code := r.Verdict(); outcome != reason.Passed {
		t.Errorf("bare key: %v %s %+v", outcome, code, r.Checks)
	}
}

// TestDetachedSignatureBreaks changes one thing each; the check that is named must fail.
func TestDetachedSignatureBreaks(t *testing.T) {
	key := sealKey(t)
	doc := sealed(t, key)
	tests := []struct {
		name   string
		doc    func(string) string
		change func([]xmlsig.DetachedFile)
		want   reason.Code
	}{
		{"a file", nil, func(f []xmlsig.DetachedFile) { f[1].Bytes = []byte("<a>Казак</a>") }, reason.DigestMismatch},
		{"the time", func(s string) string { return strings.Replace(s, "SigningTime>2", "SigningTime>1", 1) }, nil, reason.DigestMismatch},
		{"a digest", func(s string) string {
			return strings.Replace(s, "<ds:DigestValue>", "<ds:DigestValue>AA", 1)
		}, nil, reason.SignatureMalformed},
		{"a name", func(s string) string { return strings.Replace(s, `URI="mimetype"`, `URI="mimetypf"`, 1) }, nil, reason.SignatureInvalid},
		{"a way up", func(s string) string { return strings.Replace(s, `URI="mimetype"`, `URI="../mimetype"`, 1) }, nil, reason.XMLForbidden},
		{"an address", func(s string) string { return strings.Replace(s, `URI="mimetype"`, `URI="http://127.0.0.1/"`, 1) }, nil, reason.XMLForbidden},
		{"one file twice", func(s string) string {
			return strings.Replace(s, `URI="mimetype"`, `URI="history/events.json"`, 1)
		}, nil, reason.XMLForbidden},
		{"no properties", func(s string) string {
			return strings.Replace(s, `Type="http://uri.etsi.org/01903#SignedProperties" `, "", 1)
		}, nil, reason.SignatureInvalid},
		{"another root", func(s string) string {
			return strings.ReplaceAll(s, "asic:XAdESSignatures", "asic:Signatures")
		}, nil, reason.SignatureMissing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, text := append([]xmlsig.DetachedFile(nil), detachedFiles...), string(doc)
			if tt.change != nil {
				tt.change(files)
			}
			if tt.doc != nil {
				if text = tt.doc(text); text == string(doc) {
					t.Fatal("nothing changed")
				}
			}
			r := xmlsig.VerifyDetached([]byte(text), opener(files), xmlsig.Options{At: now, Key: key.Signer.Public()})
			if outcome, code := r.Verdict(); outcome != reason.Failed || code != tt.want {
				t.Errorf("%v %s, want %s: %+v", outcome, code, tt.want, r.Checks)
			}
		})
	}
	r := xmlsig.VerifyDetached(doc, opener(nil), xmlsig.Options{At: now, Key: key.Signer.Public()})
	if outcome, _ := r.Verdict(); outcome != reason.Inconclusive {
		t.Errorf("without its files: %v", outcome)
	}
	if r := xmlsig.Verify(nil, doc, xmlsig.Options{At: now, Key: key.Signer.Public(), Profile: xmlsig.ProfileAny}); r.Checks[0].Code != reason.XMLForbidden {
		t.Errorf("Verify lets a reference leave the document: %+v", r.Checks)
	}
}

// TestDetachedSignatureByXMLSec lets the reference implementation judge the same files.
func TestDetachedSignatureByXMLSec(t *testing.T) {
	if _, err := exec.LookPath("xmlsec1"); err != nil {
		t.Skip("xmlsec1 is not installed (make tools)")
	}
	dir, key := t.TempDir(), sealKey(t)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: key.Certificate.Raw})
	files := append([]xmlsig.DetachedFile{{URI: "META-INF/signatures.xml", Bytes: sealed(t, key)}, {URI: "seal.pem", Bytes: cert}}, detachedFiles...)
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.URI))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, f.Bytes, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	verify := func() error {
		cmd := exec.Command("xmlsec1", "--verify", "--enabled-reference-uris", "empty,same-doc,remote", // a relative name is "remote" to it
			"--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
			"--trusted-pem", "seal.pem", "META-INF/signatures.xml")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil && !bytes.Contains(out, []byte("FAIL")) {
			t.Fatalf("%v\n%s", err, out)
		}
		return err
	}
	if err := verify(); err != nil {
		t.Fatal("xmlsec1 refuses the signature")
	}
	if err := os.WriteFile(filepath.Join(dir, "history", "events.json"), []byte("[0]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if verify() == nil {
		t.Error("xmlsec1 takes a changed file")
	}
}

func TestEndings(t *testing.T) {
	tomorrow := now.AddDate(0, 0, 1).Format("2006-01-02")
	tests := []struct {
		alg    testpki.Algorithm
		ending string
		want   reason.Outcome
	}{
		{testpki.RSA, "rsa-2048", reason.Failed},
		{testpki.RSA, "rsa", reason.Failed},
		{testpki.RSA, "rsa-2048=" + tomorrow, reason.Passed},
		{testpki.RSA, "rsa-2048=2020-01-01", reason.Failed},
		{testpki.RSA, "gost2015", reason.Passed},
		{testpki.RSA, "sha1", reason.Passed},
		{testpki.GOST512, "gost2015", reason.Failed},
		{testpki.GOST512, "gost2004", reason.Passed},
		{testpki.GOST2004, "gost2004", reason.Failed},
		{testpki.ECDSA, "ecdsa", reason.Failed},
		{testpki.ECDSA, "rsa", reason.Passed},
	}
	for _, tt := range tests {
		t.Run(string(tt.alg)+" "+tt.ending, func(t *testing.T) {
			p := authority(t, tt.alg)
			ending, err := xmlsig.ParseEnding(tt.ending)
			if err != nil {
				t.Fatal(err)
			}
			r := xmlsig.Verify(nil, []byte(sign(t, flat, p.person, xmlsig.SignOptions{})),
				xmlsig.Options{At: now, Trust: p.trust(), Ended: []xmlsig.Ending{ending}})
			outcome, code := r.Verdict()
			if outcome != tt.want || outcome == reason.Failed && (code != reason.AlgorithmForbidden || len(r.Covered) > 0) {
				t.Errorf("%v %s %+v", outcome, code, r.Checks)
			}
		})
	}
	for _, s := range []string{"", "md5", "rsa-2048=soon", "rsa-2048=2026-13-01"} {
		if _, err := xmlsig.ParseEnding(s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

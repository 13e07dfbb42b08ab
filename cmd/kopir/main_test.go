package main

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"software.sslmate.com/src/go-pkcs12"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kopir": main})
}

// TestScripts runs testdata/script over the real program.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"pki":   scriptPKI,
			"exits": scriptExits,
		},
		RequireUniqueNames: true,
	})
}

// scriptExits runs a command that must end with the code: exits 2 kopir verify nothing.xml.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// scriptPKI writes a throw-away authority into the script's folder: pki gost2015-512. See [writePKI].
func scriptPKI(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pki gost2015-512|gost2004|rsa|ecdsa")
	}
	files, err := writePKI(testpki.Algorithm(args[0]), time.Now())
	ts.Check(err)
	ts.Check(os.Mkdir(ts.MkAbs("trust"), 0o700))
	for name, content := range files {
		ts.Check(os.WriteFile(ts.MkAbs(name), content, 0o600))
	}
}

// Numbers of the person of [writePKI]; the check digits are right, nobody bears them.
const (
	testIIN = "000230500003"
	testBIN = "000140000009"
)

// writePKI makes the files of a throw-away authority:
//
//	root.pem issuing.pem          its certificates; trust/ holds both
//	issuing.crl root.crl          its lists; the revoked person is on the first
//	person head auth revoked      each with .key, .pem, .pub and .ocsp
//	person.p12                    of RSA and ECDSA, password Qwerty12 as in pin.txt
func writePKI(alg testpki.Algorithm, now time.Time) (map[string][]byte, error) {
	ca, err := testpki.New(alg, testpki.Options{Rand: rand.Reader, Now: now.Add(-time.Hour)})
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		"root.pem": testpki.CertificatePEM(ca.Root), "trust/root.pem": testpki.CertificatePEM(ca.Root),
		"issuing.pem": testpki.CertificatePEM(ca.Issuing), "trust/issuing.pem": testpki.CertificatePEM(ca.Issuing),
		"pin.txt": []byte("Qwerty12\n"), "wrong.txt": []byte("qwerty12\n"),
	}
	profiles := map[string]testpki.Profile{
		"person":  {Kind: testpki.Person, CommonName: "СЫНАҚОВ СЫНАҚ", Surname: "СЫНАҚОВ", IIN: testIIN},
		"head":    {Kind: testpki.Head, CommonName: "БАСШЫ СЫНАҚ", IIN: testIIN, BIN: testBIN, Organization: "СЫНАҚ ЖШС"},
		"auth":    {Kind: testpki.Authentication, IIN: testIIN},
		"revoked": {Kind: testpki.Person, IIN: testIIN},
	}
	for name, profile := range profiles {
		id, err := ca.Issue(profile)
		if err != nil {
			return nil, err
		}
		if name == "revoked" {
			ca.Revoke(id.Certificate.Serial, now.Add(-30*time.Minute), 1)
		}
		if err := writeIdentity(files, name, id); err != nil {
			return nil, err
		}
		if files[name+".ocsp"], err = answerAbout(ca, id.Certificate, now); err != nil {
			return nil, err
		}
	}
	if files["issuing.crl"], err = ca.CRL(now.Add(-time.Minute), now.Add(time.Hour)); err != nil {
		return nil, err
	}
	files["root.crl"], err = ca.RootCRL(now.Add(-time.Minute), now.Add(time.Hour))
	return files, err
}

func answerAbout(ca *testpki.Authority, cert *pki.Certificate, now time.Time) ([]byte, error) {
	request, err := revocation.NewOCSPRequest(cert, ca.Issuing, nil)
	if err != nil {
		return nil, err
	}
	return ca.OCSP(request, now)
}

func writeIdentity(files map[string][]byte, name string, id testpki.Identity) error {
	key, err := id.KeyPEM()
	if err != nil {
		return err
	}
	files[name+".key"], files[name+".pem"], files[name+".pub"] = key, id.PEM(), id.PublicKeyPEM()
	cert, err := x509.ParseCertificate(id.Certificate.Raw)
	if err != nil {
		return err
	}
	if cert.PublicKeyAlgorithm == x509.UnknownPublicKeyAlgorithm {
		return nil // go-pkcs12 writes no national keys
	}
	files[name+".p12"], err = pkcs12.Modern.Encode(id.Key, cert, nil, "Qwerty12")
	return err
}

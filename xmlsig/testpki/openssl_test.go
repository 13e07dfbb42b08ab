package testpki_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"kopir/xmlsig/testpki"
)

// TestOpenSSLAgrees verifies RSA and ECDSA chains and lists with openssl, and
// lets it read the national ones.
func TestOpenSSLAgrees(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	for _, alg := range algorithms {
		ca := authority(t, alg)
		id := issue(t, ca, testpki.Profile{IIN: "000230500003"})
		raw, err := ca.CRL(now, now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		write := func(name string, b []byte) string {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		root, issuing := write("root.pem", testpki.CertificatePEM(ca.Root)), write("issuing.pem", testpki.CertificatePEM(ca.Issuing))
		leaf, list := write("leaf.pem", id.PEM()), write("list.crl", raw)
		openssl(t, "x509", "-in", leaf, "-noout", "-text")
		openssl(t, "crl", "-inform", "DER", "-in", list, "-noout", "-text")
		if alg != testpki.RSA && alg != testpki.ECDSA {
			continue
		}
		at := strconv.FormatInt(now.Unix(), 10)
		if out := openssl(t, "verify", "-x509_strict", "-attime", at, "-CAfile", root, "-untrusted", issuing, leaf); !strings.Contains(out, "OK") {
			t.Error(alg, out)
		}
		if out := openssl(t, "crl", "-inform", "DER", "-in", list, "-noout", "-CAfile", issuing); !strings.Contains(out, "verify OK") {
			t.Error(alg, out)
		}
	}
}

func openssl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("openssl", args...).CombinedOutput()
	if err != nil {
		t.Errorf("openssl %s: %v\n%s", args[0], err, out)
	}
	return string(out)
}

// TestOCSPLibraryAgrees reads answers about RSA and ECDSA certificates with
// x/crypto/ocsp.
func TestOCSPLibraryAgrees(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.RSA, testpki.ECDSA} {
		ca := authority(t, alg)
		id := issue(t, ca, testpki.Profile{})
		cert, _ := x509.ParseCertificate(id.Certificate.Raw)
		issuer, _ := x509.ParseCertificate(ca.Issuing.Raw)
		request, err := ocsp.CreateRequest(cert, issuer, nil) // SHA-1 CertID
		if err != nil {
			t.Fatal(err)
		}
		ask := func() *ocsp.Response {
			raw, err := ca.OCSP(request, now)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := ocsp.ParseResponseForCert(raw, cert, issuer)
			if err != nil {
				t.Fatal(alg, err)
			}
			return answer
		}
		if a := ask(); a.Status != ocsp.Good || !a.ThisUpdate.Equal(now) || !bytes.Equal(a.Certificate.Raw, ca.Responder().Certificate.Raw) {
			t.Errorf("%s: %+v", alg, a)
		}
		ca.Revoke(id.Certificate.Serial, now, 1)
		if a := ask(); a.Status != ocsp.Revoked || !a.RevokedAt.Equal(now) || a.RevocationReason != 1 {
			t.Errorf("%s: %+v", alg, a)
		}
	}
}

// TestOCSPRefusals: nonsense and questions about other authorities are refused
// as RFC 6960 §4.2.1 says.
func TestOCSPRefusals(t *testing.T) {
	ca, other := authority(t, testpki.ECDSA), authority(t, testpki.RSA)
	leaf, _ := x509.ParseCertificate(issue(t, other, testpki.Profile{}).Certificate.Raw)
	issuer, _ := x509.ParseCertificate(other.Issuing.Raw)
	foreign, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		request []byte
		status  byte
	}{"nonsense": {[]byte("OCSP?"), 1}, "empty": {nil, 1}, "other authority": {foreign, 6}} {
		raw, err := ca.OCSP(tt.request, now)
		if err != nil || !bytes.Equal(raw, []byte{0x30, 3, 0x0a, 1, tt.status}) {
			t.Errorf("%s: %x %v", name, raw, err)
		}
	}
}

package gost

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// ncaData is where certificates of the national CA lie, beside the project; see the README there.
var ncaData = filepath.Join("..", "..", "..", "shared", "data", "nca")

// certificatePairs names certificates and who issued them.
var certificatePairs = []struct{ subject, issuer string }{
	{"prod/root_gost_2022.pem", "prod/root_gost_2022.pem"},
	{"prod/root_gost_2020.cer", "prod/root_gost_2020.cer"},
	{"prod/root_gost.pem", "prod/root_gost.pem"},
	{"prod/nca_gost_2022.pem", "prod/root_gost_2022.pem"},
	{"prod/nca_gost.pem", "prod/root_gost.pem"},
	{"prod/ucgo_gost.cer", "prod/root_gost_2020.cer"},
	{"prod/btsd_gost.cer", "prod/root_gost_2020.cer"},
	{"test/root_test_gost_2022.cer", "test/root_test_gost_2022.cer"},
	{"test/nca_gost2015_test.cer", "test/root_test_gost_2022.cer"},
	{"leaf/ceo_valid_sign_2004_gost.cer", "test/nca_gost_test.crt"},
	{"leaf/sdk_gost2004_testperson_by_prod_nca_gost.pem", "prod/nca_gost.pem"},
	{"leaf/individual_valid_individual_valid.pem", "test/nca_gost2015_test.cer"},
	{"leaf/individual_revoked_individual_revoked.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_valid_employee.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_valid_employee_signright.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_valid_head.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_valid_infosystem.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_valid_treasury_client.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_revoked_employee.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_revoked_employee_signright.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_revoked_head.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_revoked_infosystem.pem", "test/nca_gost2015_test.cer"},
	{"leaf/legal_revoked_treasury_client.pem", "test/nca_gost2015_test.cer"},
}

func TestCertificatesOfTheNationalCA(t *testing.T) {
	if _, err := os.Stat(ncaData); errors.Is(err, os.ErrNotExist) {
		t.Skipf("no certificates of the national CA at %s", ncaData)
	}
	for _, pair := range certificatePairs {
		t.Run(pair.subject, func(t *testing.T) {
			subject, issuer := readCertificate(t, pair.subject), readCertificate(t, pair.issuer)
			key := certificateKey(t, issuer)
			digest := certificateDigest(key.Curve, subject.RawTBSCertificate)
			if !key.Verify(digest, subject.Signature) {
				t.Error("signature refused")
			}
			if key.Verify(flipped(digest, 3), subject.Signature) {
				t.Error("signature over another digest accepted")
			}
			key.Precompute()
			if !key.Verify(digest, subject.Signature) {
				t.Error("signature refused with a table")
			}
			if own := certificateKey(t, subject); !bytes.Equal(own.Bytes(), innerKey(t, subject)) {
				t.Error("the key of the certificate does not keep its bytes")
			}
		})
	}
}

// readCertificate reads a certificate in PEM or DER.
func readCertificate(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	der, err := os.ReadFile(filepath.Join(ncaData, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if block, _ := pem.Decode(der); block != nil {
		der = block.Bytes
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return cert
}

// keyInfo is SubjectPublicKeyInfo.
type keyInfo struct {
	Algorithm struct {
		Algorithm  asn1.ObjectIdentifier
		Parameters struct{ Curve, Digest asn1.ObjectIdentifier }
	}
	Key asn1.BitString
}

func readKeyInfo(t *testing.T, cert *x509.Certificate) (info keyInfo) {
	t.Helper()
	if _, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &info); err != nil {
		t.Fatal(err)
	}
	return info
}

// innerKey returns x‖y out of the OCTET STRING inside the BIT STRING.
func innerKey(t *testing.T, cert *x509.Certificate) (raw []byte) {
	t.Helper()
	if _, err := asn1.Unmarshal(readKeyInfo(t, cert).Key.Bytes, &raw); err != nil {
		t.Fatal(err)
	}
	return raw
}

// certificateKey reads the public key of a certificate; the identifiers are those of the national CA.
func certificateKey(t *testing.T, cert *x509.Certificate) *PublicKey {
	t.Helper()
	curves := map[string]*Curve{
		"1.2.398.3.10.1.1.1.1.1": CurveCryptoProA(),
		"1.2.398.3.10.1.1.2.2.1": Curve512A(),
	}
	oid := readKeyInfo(t, cert).Algorithm.Parameters.Curve.String()
	key, err := ParsePublicKey(curves[oid], innerKey(t, cert))
	if err != nil {
		t.Fatalf("key on %s: %v", oid, err)
	}
	return key
}

func certificateDigest(c *Curve, tbs []byte) []byte {
	if c == Curve512A() {
		return sum("512", tbs)
	}
	return sum("34311", tbs)
}

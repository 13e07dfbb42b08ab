package keystore

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
)

// password of every container of the national test kit, see its README.
const nationalPassword = "Qwerty12"

// nationalContainers returns the paths of the twelve test containers, which stay outside the project.
func nationalContainers(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("../../../shared/data/nca/p12/*.p12")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skip("the national test containers are not here: ../shared/data/nca/p12")
	}
	return paths
}

func TestNationalContainersOpenAndSign(t *testing.T) {
	paths := nationalContainers(t)
	if len(paths) != 12 {
		t.Errorf("%d containers, want 12", len(paths))
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			id, err := OpenFile(path, nationalPassword)
			if err != nil {
				t.Fatal(err)
			}
			public, ok := id.Certificate.PublicKey.(*gost.PublicKey)
			if !ok {
				t.Fatalf("the certificate holds a %T", id.Certificate.PublicKey)
			}
			digest := gost.SumStreebog512([]byte("Көпір"))
			sig, err := id.Key.Sign(rand.Reader, digest[:], nil)
			if err != nil || !public.Verify(digest[:], sig) {
				t.Errorf("the certificate does not verify what the key signed: %v", err)
			}
			if id.Certificate.KeyStore != "pkcs12" {
				t.Errorf("key store is %q", id.Certificate.KeyStore)
			}
		})
	}
}

func TestNationalContainerRefusesAnotherPassword(t *testing.T) {
	path := nationalContainers(t)[0]
	for _, password := range []string{"", "qwerty12", "Qwerty12 ", "Құпия", "Qwerty12\x00"} {
		if _, err := OpenFile(path, password); !errors.Is(err, ErrPassword) {
			t.Errorf("password %q: %v", password, err)
		}
	}
}

func TestNationalContainerRefusesEveryCut(t *testing.T) {
	p12, err := os.ReadFile(nationalContainers(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	for n := range p12 {
		if _, err := Open(p12[:n], nationalPassword); err == nil {
			t.Fatalf("the first %d of %d bytes opened", n, len(p12))
		}
	}
	for at := 0; at < len(p12); at += 13 {
		p12[at] ^= 0x40
		if id, err := Open(p12, nationalPassword); err == nil && id.Certificate == nil {
			t.Errorf("a flip at %d gave half an identity", at)
		}
		p12[at] ^= 0x40
	}
}

// person is a throw-away key with a certificate of its own.
type person struct {
	key  crypto.Signer
	cert *x509.Certificate
}

func newPerson(t testing.TB, name string, key crypto.Signer) person {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return person{key, cert}
}

func newECDSA(t testing.TB, name string) person {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newPerson(t, name, key)
}

func newRSA(t testing.TB, name string) person {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return newPerson(t, name, key)
}

func (p person) encode(t testing.TB, e *pkcs12.Encoder, password string, others ...*x509.Certificate) []byte {
	t.Helper()
	p12, err := e.Encode(p.key, p.cert, others, password)
	if err != nil {
		t.Fatal(err)
	}
	return p12
}

// checkIdentity signs with the key and verifies with the certificate.
func checkIdentity(t *testing.T, id Identity, want person) {
	t.Helper()
	if id.Certificate == nil || string(id.Certificate.Raw) != string(want.cert.Raw) {
		t.Fatal("not the certificate of the key")
	}
	digest := sha256.Sum256([]byte("Көпір"))
	sig, err := id.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	switch public := id.Certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		err = rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], sig)
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(public, digest[:], sig) {
			err = errors.New("does not verify")
		}
	}
	if err != nil {
		t.Error(err)
	}
}

func TestContainersOfEveryEncoderOpen(t *testing.T) {
	encoders := map[string]*pkcs12.Encoder{
		"PBES2 and SHA-256": pkcs12.Modern, "PBMAC1": pkcs12.Modern2026, "3DES": pkcs12.LegacyDES, "3DES and RC2": pkcs12.LegacyRC2,
	}
	ca := newECDSA(t, "CA").cert
	for kind, owner := range map[string]person{"rsa": newRSA(t, "rsa"), "ecdsa": newECDSA(t, "ecdsa")} {
		for name, encoder := range encoders {
			for _, password := range []string{"", "Құпия сөз 12"} {
				t.Run(kind+"/"+name+"/"+password, func(t *testing.T) {
					p12 := owner.encode(t, encoder, password, ca)
					id, err := Open(p12, password)
					if err != nil {
						t.Fatal(err)
					}
					checkIdentity(t, id, owner)
					if len(id.Others) != 1 || id.Others[0].Subject.CommonName != "CA" {
						t.Errorf("others: %v", id.Others)
					}
					if _, err := Open(p12, password+"x"); !errors.Is(err, ErrPassword) {
						t.Errorf("with another password: %v", err)
					}
				})
			}
		}
	}
}

func TestTheCertificateIsTheOneOfTheKey(t *testing.T) {
	owner, other := newECDSA(t, "owner"), newECDSA(t, "other")
	for name, encoder := range map[string]*pkcs12.Encoder{"modern": pkcs12.Modern, "old": pkcs12.LegacyRC2} {
		swapped := person{owner.key, other.cert}
		id, err := Open(swapped.encode(t, encoder, "x", owner.cert), "x")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkIdentity(t, id, owner)
		if _, err := Open(swapped.encode(t, encoder, "x"), "x"); !errors.Is(err, ErrMismatch) {
			t.Errorf("%s without the certificate of the key: %v", name, err)
		}
	}
}

func TestOpenRefusesWhatIsNoContainer(t *testing.T) {
	trust, err := pkcs12.LegacyRC2.EncodeTrustStore([]*x509.Certificate{newECDSA(t, "CA").cert}, "x")
	if err != nil {
		t.Fatal(err)
	}
	owner := newECDSA(t, "owner")
	tests := []struct {
		name string
		p12  []byte
		want error
	}{
		{"nothing", nil, ErrMalformed},
		{"a certificate", owner.cert.Raw, ErrMalformed},
		{"too large", make([]byte, maxContainerBytes+1), ErrMalformed},
		{"no key", trust, ErrNoKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Open(tt.p12, "x"); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestRoundsAreBounded(t *testing.T) {
	owner := newECDSA(t, "owner")
	for name, encoder := range map[string]*pkcs12.Encoder{"modern": pkcs12.Modern, "PBMAC1": pkcs12.Modern2026, "old": pkcs12.LegacyDES} {
		p12 := owner.encode(t, encoder.WithIterations(maxRoundsMark), "x")
		raised := replaceRounds(p12)
		if string(raised) == string(p12) {
			t.Fatalf("%s: the rounds were not found", name)
		}
		if _, err := open(raised, "x", 10000); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// maxRoundsMark is a number of rounds of two octets that can be found and raised in an encoded container.
const maxRoundsMark = 0x0203

func replaceRounds(p12 []byte) []byte {
	raised := append([]byte(nil), p12...)
	for i := 0; i+4 <= len(raised); i++ {
		if string(raised[i:i+4]) == "\x02\x02\x02\x03" {
			raised[i+2] = 0x7f
		}
	}
	return raised
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestLoadPEM(t *testing.T) {
	r, e, other := newRSA(t, "rsa"), newECDSA(t, "ecdsa"), newECDSA(t, "other")
	pkcs8 := func(p person) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(p.key)
		if err != nil {
			t.Fatal(err)
		}
		return pemBlock("PRIVATE KEY", der)
	}
	sec1, err := x509.MarshalECPrivateKey(e.key.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	cert := func(p person) []byte { return pemBlock("CERTIFICATE", p.cert.Raw) }
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	tests := []struct {
		name string
		pem  []byte
		want person
	}{
		{"RSA, PKCS#8", join(pkcs8(r), cert(r)), r},
		{"RSA, PKCS#1", join(pemBlock("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r.key.(*rsa.PrivateKey))), cert(r)), r},
		{"ECDSA, PKCS#8, certificate first", join(cert(e), pkcs8(e)), e},
		{"ECDSA, SEC 1 with parameters", join(pemBlock("EC PARAMETERS", []byte{6, 0}), pemBlock("EC PRIVATE KEY", sec1), cert(e)), e},
		{"among others", join([]byte("Bag Attributes\n"), cert(other), cert(e), pkcs8(e)), e},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := Load(tt.pem, "")
			if err != nil {
				t.Fatal(err)
			}
			checkIdentity(t, id, tt.want)
		})
	}
	t.Run("certificate beside the file", func(t *testing.T) {
		certs, err := pki.ParseAll(cert(e))
		if err != nil {
			t.Fatal(err)
		}
		id, err := Load(pkcs8(e), "", certs...)
		if err != nil {
			t.Fatal(err)
		}
		checkIdentity(t, id, e)
	})
	for name, tt := range map[string]struct {
		pem  []byte
		want error
	}{
		"no key":           {cert(e), ErrNoKey},
		"two keys":         {join(pkcs8(e), pkcs8(r), cert(e)), ErrUnsupported},
		"no certificate":   {pkcs8(e), ErrMismatch},
		"another's":        {join(pkcs8(e), cert(other)), ErrMismatch},
		"encrypted":        {pemBlock("ENCRYPTED PRIVATE KEY", []byte{0x30, 0}), ErrUnsupported},
		"broken PKCS#8":    {pemBlock("PRIVATE KEY", []byte{0x30, 0}), ErrMalformed},
		"broken PKCS#1":    {pemBlock("RSA PRIVATE KEY", []byte{0x30, 0}), ErrMalformed},
		"broken SEC 1":     {pemBlock("EC PRIVATE KEY", []byte{0x30, 0}), ErrMalformed},
		"too large":        {join(pkcs8(e), make([]byte, maxContainerBytes)), ErrMalformed},
		"damaged cert":     {join(pkcs8(e), pemBlock("CERTIFICATE", e.cert.Raw[:90])), ErrMismatch},
		"a line and no ok": {[]byte("-----BEGIN nothing"), ErrNoKey},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load(tt.pem, ""); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOpenFileTellsWhatIsMissing(t *testing.T) {
	if _, err := OpenFile(filepath.Join(t.TempDir(), "none.p12"), "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

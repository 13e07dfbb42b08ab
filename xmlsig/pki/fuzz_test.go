package pki_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// FuzzParseCertificate: no panic, errors are *reason.Error, the parts are parts
// of the whole, and whatever the library takes as CA is not less of one here.
func FuzzParseCertificate(f *testing.F) {
	for _, alg := range []testpki.Algorithm{testpki.ECDSA, testpki.GOST512, testpki.GOST2004} {
		ca := authority(f, alg)
		f.Add(ca.Root.Raw)
		f.Add(ca.Responder().Certificate.Raw)
	}
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "nca", "*", "*.c*r*"))
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && len(b) < 4096 {
			f.Add(b)
		}
	}
	root := authority(f, testpki.ECDSA).Root
	store := trusting(authority(f, testpki.ECDSA))
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := pki.Parse(der)
		if err != nil {
			var e *reason.Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		for _, part := range [][]byte{c.RawTBS, c.RawSubject, c.RawIssuer, c.RawSPKI, c.RawPublicKeyBits, c.Signature} {
			if !bytes.Contains(c.Raw, part) {
				t.Fatal("a part that is not of the whole")
			}
		}
		if !bytes.Equal(c.Raw, der) || c.PublicKey == nil || c.Serial.Sign() < 0 {
			t.Fatal("parsed, but incomplete")
		}
		if s, err := x509.ParseCertificate(der); err == nil && (s.IsCA != c.IsCA || s.KeyUsage != c.KeyUsage) {
			t.Fatalf("the library: CA %v, key usage %b; ours: CA %v, key usage %b", s.IsCA, s.KeyUsage, c.IsCA, c.KeyUsage)
		}
		_, _ = c.Roles(), c.SelfSigned()
		_, _ = c.CheckPurpose(pki.PurposeNational), c.VerifyBy(root)
		_, _ = store.Chain(c, []*pki.Certificate{c}, now)
	})
}

// FuzzParsePublicKey: a key or a reason, and for RSA and ECDSA the key the library reads.
func FuzzParsePublicKey(f *testing.F) {
	for _, alg := range algorithms {
		f.Add(authority(f, alg).Root.RawSPKI)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		key, err := pki.ParsePublicKey(der)
		var e *reason.Error
		if (key == nil) == (err == nil) || err != nil && !errors.As(err, &e) {
			t.Fatalf("%v, %v", key, err)
		}
		own, standard := key.(interface{ Equal(crypto.PublicKey) bool })
		if library, err := x509.ParsePKIXPublicKey(der); err == nil && key != nil && (!standard || !own.Equal(library)) {
			t.Fatalf("ours %v, the library's %v", key, library)
		}
	})
}

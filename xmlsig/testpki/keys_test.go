package testpki_test

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// TestMarshalKey reads back what was written: by the library for RSA and
// ECDSA, by hand for the national form.
func TestMarshalKey(t *testing.T) {
	for _, alg := range algorithms {
		id := issue(t, authority(t, alg), testpki.Profile{})
		text, err := id.KeyPEM()
		if err != nil {
			t.Fatal(err)
		}
		block, rest := pem.Decode(text)
		if block == nil || block.Type != "PRIVATE KEY" || len(rest) != 0 {
			t.Fatalf("%s: %s", alg, text)
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if alg == testpki.RSA || alg == testpki.ECDSA {
			if same, ok := id.Key.Public().(interface{ Equal(x any) bool }); err != nil || ok && !same.Equal(key) {
				t.Errorf("%s: %v", alg, err)
			}
			continue
		}
		s := cryptobyte.String(block.Bytes)
		var seq, algorithm, outer, inner cryptobyte.String
		var version int
		if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || !seq.ReadASN1Integer(&version) || version != 0 ||
			!seq.ReadASN1(&algorithm, asn1.SEQUENCE) || !seq.ReadASN1(&outer, asn1.OCTET_STRING) || !seq.Empty() ||
			!outer.ReadASN1(&inner, asn1.OCTET_STRING) || !outer.Empty() {
			t.Fatalf("%s: not the national form: %x", alg, block.Bytes)
		}
		back, err := gost.ParsePrivateKey(id.Key.Public().(*gost.PublicKey).Curve, inner)
		if err != nil || !back.Equal(id.Key) {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func TestPublicKeyPEM(t *testing.T) {
	for _, alg := range algorithms {
		id := issue(t, authority(t, alg), testpki.Profile{})
		block, _ := pem.Decode(id.PublicKeyPEM())
		if _, err := pki.ParsePublicKey(block.Bytes); err != nil {
			t.Error(alg, err)
		}
		if all, err := pki.ParseAll(id.PEM()); err != nil || len(all) != 1 {
			t.Error(alg, err)
		}
	}
}

package testpki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
)

// Algorithm is the kind of keys an authority and its certificates have.
type Algorithm string

// Algorithms, named as reports name them.
const (
	GOST512  Algorithm = "gost2015-512"
	GOST2004 Algorithm = "gost2004"
	RSA      Algorithm = "rsa"
	ECDSA    Algorithm = "ecdsa"
)

// rsaBits keeps tests quick; the national CA itself has 4096.
const rsaBits = 2048

// nationalKey is how the national CA writes keys of one curve
// (facts/national-pki.md §2.1).
type nationalKey struct{ key, curve, digest, signature string }

func nationalOf(c *gost.Curve) nationalKey {
	switch c {
	case gost.CurveCryptoProA():
		return nationalKey{"1.2.398.3.10.1.1.1.1", "1.2.398.3.10.1.1.1.1.1", "1.2.398.3.10.1.3.1.1.0", pki.GOST2004}
	case gost.Curve256A():
		return nationalKey{"1.2.398.3.10.1.1.2.1", "1.2.398.3.10.1.1.2.1.1", "1.2.398.3.10.1.3.2", pki.GOST2015With256}
	}
	return nationalKey{"1.2.398.3.10.1.1.2.2", "1.2.398.3.10.1.1.2.2.1", "1.2.398.3.10.1.3.3", pki.GOST2015With512}
}

// GenerateKey makes a key of the given kind.
func GenerateKey(alg Algorithm, rand io.Reader) (crypto.Signer, error) {
	switch alg {
	case GOST512:
		return gost.GenerateKey(gost.Curve512A(), rand)
	case GOST2004:
		return gost.GenerateKey(gost.CurveCryptoProA(), rand)
	case RSA:
		return rsa.GenerateKey(rand, rsaBits)
	case ECDSA:
		return generateECDSA(rand)
	}
	return nil, fmt.Errorf("testpki: algorithm %q", alg)
}

// generateECDSA takes the scalar from rand itself, since ecdsa.GenerateKey adds
// randomness of its own; a scalar out of range (chance 2^-32) is drawn again.
func generateECDSA(rand io.Reader) (crypto.Signer, error) {
	scalar := make([]byte, 32)
	for {
		if _, err := io.ReadFull(rand, scalar); err != nil {
			return nil, err
		}
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar); err == nil {
			return key, nil
		}
	}
}

// publicKeyInfo writes the SubjectPublicKeyInfo of a key.
func publicKeyInfo(pub crypto.PublicKey) ([]byte, error) {
	key, ok := pub.(*gost.PublicKey)
	if !ok {
		return x509.MarshalPKIXPublicKey(pub)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addNationalAlgorithm(b, key.Curve)
		var point cryptobyte.Builder
		point.AddASN1OctetString(key.Bytes())
		b.AddASN1BitString(point.BytesOrPanic())
	})
	return b.Bytes()
}

func addNationalAlgorithm(b *cryptobyte.Builder, c *gost.Curve) {
	n := nationalOf(c)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, n.key)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addOID(b, n.curve)
			addOID(b, n.digest)
		})
	})
}

// keyID is SHA-1 of the key's BIT STRING content (RFC 5280 §4.2.1.2 method 1).
func keyID(spki []byte) []byte {
	s := cryptobyte.String(spki)
	var seq cryptobyte.String
	var bits []byte
	if s.ReadASN1(&seq, asn1.SEQUENCE) && seq.SkipASN1(asn1.SEQUENCE) {
		bits, _ = der.ReadBits(&seq)
	}
	sum := sha1.Sum(bits)
	return sum[:]
}

// MarshalKey writes the private key as PKCS #8 (RFC 5208 §5). National keys
// have the national form: OCTET STRING { OCTET STRING } of the little-endian
// scalar (facts/national-pki.md §2.3).
func (id Identity) MarshalKey() ([]byte, error) {
	key, ok := id.Key.(*gost.PrivateKey)
	if !ok {
		return x509.MarshalPKCS8PrivateKey(id.Key)
	}
	curve := key.Public().(*gost.PublicKey).Curve
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		addNationalAlgorithm(b, curve)
		b.AddASN1(asn1.OCTET_STRING, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(key.Bytes())
		})
	})
	return b.Bytes()
}

// KeyPEM is MarshalKey in a PEM block.
func (id Identity) KeyPEM() ([]byte, error) {
	raw, err := id.MarshalKey()
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}

// PublicKeyPEM writes the public key as PEM, for verifying with a bare key.
func (id Identity) PublicKeyPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: id.Certificate.RawSPKI})
}

// PEM writes the certificate as PEM.
func (id Identity) PEM() []byte { return CertificatePEM(id.Certificate) }

// CertificatePEM writes certificates as PEM blocks.
func CertificatePEM(certs ...*pki.Certificate) []byte {
	var b bytes.Buffer
	for _, c := range certs {
		pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return b.Bytes()
}

package testpki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"hash"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
)

// defaultSignature is the algorithm the key's owner signs with.
func defaultSignature(key crypto.Signer) string {
	switch pub := key.Public().(type) {
	case *rsa.PublicKey:
		return pki.SHA256WithRSA
	case *ecdsa.PublicKey:
		return pki.ECDSAWithSHA256
	case *gost.PublicKey:
		return nationalOf(pub.Curve).signature
	}
	return ""
}

// standardHashes are the options crypto.Signer wants for RSA and ECDSA.
var standardHashes = map[string]crypto.Hash{
	pki.SHA1WithRSA: crypto.SHA1, pki.SHA256WithRSA: crypto.SHA256, pki.SHA384WithRSA: crypto.SHA384,
	pki.SHA512WithRSA: crypto.SHA512, pki.RSAPSS: crypto.SHA256, pki.ECDSAWithSHA256: crypto.SHA256,
	pki.ECDSAWithSHA384: crypto.SHA384, pki.ECDSAWithSHA512: crypto.SHA512,
}

// sign signs without randomness where the algorithm allows: all but RSA-PSS.
func (a *Authority) sign(key crypto.Signer, oid string, tbs []byte) ([]byte, error) {
	h, standard := standardHashes[oid]
	var digest hash.Hash
	if standard {
		digest = h.New()
	} else {
		var err error
		if digest, err = pki.NewDigest(der.Algorithm{OID: oid}); err != nil {
			return nil, err
		}
	}
	digest.Write(tbs)
	switch {
	case !standard:
		return key.Sign(nil, digest.Sum(nil), nil)
	case oid == pki.RSAPSS:
		return key.Sign(a.opt.Rand, digest.Sum(nil), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: h})
	}
	return key.Sign(nil, digest.Sum(nil), h)
}

// addAlgorithm writes an AlgorithmIdentifier; RSA has NULL parameters
// (RFC 4055 §5), ECDSA none (RFC 5758 §3.2), national ones either.
func addAlgorithm(b *cryptobyte.Builder, oid string, null bool) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, oid)
		switch oid {
		case pki.RSAPSS:
			addPSSParameters(b)
		case pki.SHA1WithRSA, pki.SHA256WithRSA, pki.SHA384WithRSA, pki.SHA512WithRSA:
			b.AddASN1NULL()
		default:
			if null {
				b.AddASN1NULL()
			}
		}
	})
}

// addPSSParameters writes SHA-256, MGF1 with SHA-256 and a salt of 32 octets
// (RFC 4055 §3.1).
func addPSSParameters(b *cryptobyte.Builder) {
	sha256 := func(b *cryptobyte.Builder) { addAlgorithm(b, "2.16.840.1.101.3.4.2.1", true) }
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(context(0), sha256)
		b.AddASN1(context(1), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addOID(b, "1.2.840.113549.1.1.8")
				sha256(b)
			})
		})
		b.AddASN1(context(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(32) })
	})
}

// context is the constructed context tag [n].
func context(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }

// addOID writes a dotted OBJECT IDENTIFIER.
func addOID(b *cryptobyte.Builder, dotted string) {
	b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) {
		oid, err := x509.ParseOID(dotted)
		if err != nil {
			b.SetError(err)
			return
		}
		content, err := oid.MarshalBinary()
		if err != nil {
			b.SetError(err)
		}
		b.AddBytes(content)
	})
}

// addTime writes UTCTime to 2049 and GeneralizedTime after (RFC 5280 §4.1.2.5).
func addTime(b *cryptobyte.Builder, t time.Time) {
	if t = t.UTC().Truncate(time.Second); t.Year() >= 1950 && t.Year() < 2050 {
		b.AddASN1UTCTime(t)
		return
	}
	b.AddASN1GeneralizedTime(t)
}

// Extension is an extra extension of a certificate, list or answer.
type Extension struct {
	OID      string
	Critical bool
	Value    []byte
}

func addExtension(b *cryptobyte.Builder, e Extension) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, e.OID)
		if e.Critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1OctetString(e.Value)
	})
}

// build gives the bytes of a value written by f.
func build(f func(b *cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	f(&b)
	return b.BytesOrPanic()
}

// signed wraps tbs with algorithm and signature, as certificates, lists and
// OCSP answers do; tail is what follows the signature.
func (a *Authority) signed(tbs []byte, key crypto.Signer, oid string, null bool, tail func(*cryptobyte.Builder)) ([]byte, error) {
	sig, err := a.sign(key, oid, tbs)
	if err != nil {
		return nil, err
	}
	if len(sig) == 0 {
		return nil, errors.New("testpki: empty signature")
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		addAlgorithm(b, oid, null)
		b.AddASN1BitString(sig)
		if tail != nil {
			tail(b)
		}
	})
	return b.Bytes()
}

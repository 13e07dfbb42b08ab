package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" // only to recognise old anchors as self-signed
	_ "crypto/sha256"
	_ "crypto/sha512"
	"hash"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/rsapub"
)

// OIDs of signature algorithms (RFC 4055 §2, RFC 5758 §3.2, facts/national-pki.md §2.1).
const (
	SHA1WithRSA     = "1.2.840.113549.1.1.5"
	SHA256WithRSA   = "1.2.840.113549.1.1.11"
	SHA384WithRSA   = "1.2.840.113549.1.1.12"
	SHA512WithRSA   = "1.2.840.113549.1.1.13"
	RSAPSS          = "1.2.840.113549.1.1.10"
	ECDSAWithSHA256 = "1.2.840.10045.4.3.2"
	ECDSAWithSHA384 = "1.2.840.10045.4.3.3"
	ECDSAWithSHA512 = "1.2.840.10045.4.3.4"
	GOST2004        = "1.2.398.3.10.1.1.1.2"
	GOST2015With256 = "1.2.398.3.10.1.1.2.3.1"
	GOST2015With512 = "1.2.398.3.10.1.1.2.3.2"
)

// scheme says how one signature algorithm digests and which keys may make it.
type scheme struct {
	digest func() hash.Hash
	rsa    crypto.Hash        // RSA PKCS #1 v1.5 or PSS with this hash
	pss    bool               // RSA-PSS
	ecdsa  bool               // ECDSA, DER signature
	gost   func() *gost.Curve // national: r‖s, little-endian
	legacy bool               // only for the self-signature of an anchor
}

func pkcs1(h crypto.Hash) scheme     { return scheme{digest: h.New, rsa: h} }
func ecdsaWith(h crypto.Hash) scheme { return scheme{digest: h.New, ecdsa: true} }

// schemes is the closed list; SHA-1 and MD5 are not on it.
var schemes = map[string]scheme{
	SHA1WithRSA:     {digest: crypto.SHA1.New, rsa: crypto.SHA1, legacy: true},
	SHA256WithRSA:   pkcs1(crypto.SHA256),
	SHA384WithRSA:   pkcs1(crypto.SHA384),
	SHA512WithRSA:   pkcs1(crypto.SHA512),
	ECDSAWithSHA256: ecdsaWith(crypto.SHA256),
	ECDSAWithSHA384: ecdsaWith(crypto.SHA384),
	ECDSAWithSHA512: ecdsaWith(crypto.SHA512),
	GOST2004:        {digest: gost.New34311, gost: gost.CurveCryptoProA},
	GOST2015With256: {digest: gost.NewStreebog256, gost: gost.Curve256A},
	GOST2015With512: {digest: gost.NewStreebog512, gost: gost.Curve512A},
}

// VerifySignature checks a signature of the kind certificates, revocation lists
// and OCSP answers carry. RSA-PSS needs its parameters: [VerifyAlgorithm].
func VerifySignature(pub crypto.PublicKey, algorithmOID string, tbs, sig []byte) error {
	return verify(pub, der.Algorithm{OID: algorithmOID}, tbs, sig, false)
}

// VerifyAlgorithm is VerifySignature for a whole AlgorithmIdentifier.
func VerifyAlgorithm(pub crypto.PublicKey, alg der.Algorithm, tbs, sig []byte) error {
	return verify(pub, alg, tbs, sig, false)
}

// NewDigest gives the hash a signature algorithm works on, for signed objects
// too large to keep: feed it the signed octets, then call [VerifyDigest].
func NewDigest(alg der.Algorithm) (hash.Hash, error) {
	s, err := schemeOf(alg, false)
	if err != nil {
		return nil, err
	}
	return s.digest(), nil
}

// VerifyDigest checks a signature over a digest made by [NewDigest].
func VerifyDigest(pub crypto.PublicKey, alg der.Algorithm, digest, sig []byte) error {
	s, err := schemeOf(alg, false)
	if err != nil {
		return err
	}
	return s.verify(pub, digest, sig)
}

func verify(pub crypto.PublicKey, alg der.Algorithm, tbs, sig []byte, legacy bool) error {
	s, err := schemeOf(alg, legacy)
	if err != nil {
		return err
	}
	h := s.digest()
	h.Write(tbs)
	return s.verify(pub, h.Sum(nil), sig)
}

func schemeOf(alg der.Algorithm, legacy bool) (scheme, error) {
	if alg.OID == RSAPSS {
		return parsePSS(alg.Params)
	}
	s, ok := schemes[alg.OID]
	if !ok || s.legacy && !legacy || !alg.NoParams() {
		return scheme{}, reason.New(reason.AlgorithmForbidden, "signature algorithm "+alg.OID)
	}
	return s, nil
}

// verify binds the algorithm to the kind of key: a GOST key never answers for
// an RSA identifier, nor a 256-bit curve for a 512-bit one.
func (s scheme) verify(pub crypto.PublicKey, digest, sig []byte) error {
	var ok bool
	switch key := pub.(type) {
	case *rsa.PublicKey, *rsapub.Key:
		if s.rsa == 0 {
			return errKeyKind
		}
		ok = s.verifyRSA(key, digest, sig) == nil
	case *ecdsa.PublicKey:
		if !s.ecdsa {
			return errKeyKind
		}
		ok = ecdsa.VerifyASN1(key, digest, sig)
	case *gost.PublicKey:
		if s.gost == nil || key.Curve != s.gost() {
			return errKeyKind
		}
		ok = key.Verify(digest, sig)
	default:
		return errKeyKind
	}
	if !ok {
		return errSignature
	}
	return nil
}

func (s scheme) verifyRSA(pub crypto.PublicKey, digest, sig []byte) error {
	key, err := rsapub.Of(pub)
	switch {
	case err != nil:
		return err
	case s.pss:
		// The salt is as long as the hash (RFC 4055 §3.1); parsePSS saw to that.
		return key.VerifyPSS(s.rsa, digest, sig)
	}
	return key.VerifyPKCS1v15(s.rsa, digest, sig)
}

var (
	errKeyKind   = reason.New(reason.AlgorithmForbidden, "the signature algorithm is not one of the key's kind")
	errSignature = reason.New(reason.SignatureInvalid, "the signature does not verify with the issuer's key")
)

func (c *Certificate) signatureAlgorithm() der.Algorithm {
	return der.Algorithm{OID: c.SignatureAlgorithm, Params: c.SignatureParameters}
}

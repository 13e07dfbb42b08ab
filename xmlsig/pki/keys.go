package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/rsapub"
)

// Key algorithms (RFC 3279 §2.3.1, RFC 5480 §2.1.1; the national ones are in the
// registry root.gov.kz/oid, facts/national-pki.md §2.1).
const (
	oidRSA     = "1.2.840.113549.1.1.1"
	oidEC      = "1.2.840.10045.2.1"
	oidGOST04  = "1.2.398.3.10.1.1.1.1"
	oidGOST512 = "1.2.398.3.10.1.1.2.2"
	oidGOST256 = "1.2.398.3.10.1.1.2.1"
)

// RSA bounds. 2048 bits: NIST SP 800-131A rev. 2 §3. 8192 bits: nothing honest is
// longer, and verification grows with the square. e: FIPS 186-5 §A.1.1 wants odd
// e > 2^16; crypto/rsa takes e < 2^31.
const (
	minRSABits     = 2048
	maxRSABits     = 8192
	minRSAExponent = 65537
)

// gostParams is the only parameter set {curve, digest} taken for each national
// key algorithm; B, C, D and "parameter 1" were never issued (§2.1 there).
var gostParams = map[string]struct {
	curve, digest string
	group         func() *gost.Curve
}{
	oidGOST04:  {"1.2.398.3.10.1.1.1.1.1", "1.2.398.3.10.1.3.1.1.0", gost.CurveCryptoProA},
	oidGOST512: {"1.2.398.3.10.1.1.2.2.1", "1.2.398.3.10.1.3.3", gost.Curve512A},
	oidGOST256: {"1.2.398.3.10.1.1.2.1.1", "1.2.398.3.10.1.3.2", gost.Curve256A},
}

// ecCurves are the named curves of RFC 5480 §2.1.1.1 that are taken.
var ecCurves = map[string]elliptic.Curve{
	"1.2.840.10045.3.1.7": elliptic.P256(),
	"1.3.132.0.34":        elliptic.P384(),
	"1.3.132.0.35":        elliptic.P521(),
}

// ParsePublicKey reads a SubjectPublicKeyInfo: RSA, ECDSA or a national key.
func ParsePublicKey(spki []byte) (crypto.PublicKey, error) {
	if len(spki) > maxCertificateBytes || !der.Check(spki) {
		return nil, malformed("the public key is not DER")
	}
	return parsePublicKey(spki)
}

func parsePublicKey(spki []byte) (crypto.PublicKey, error) {
	alg, bits, ok := splitSPKI(spki)
	if !ok {
		return nil, malformed("the public key")
	}
	switch alg.OID {
	case oidRSA:
		return parseRSA(alg, bits)
	case oidEC:
		return parseEC(alg, bits)
	case oidGOST04, oidGOST512, oidGOST256:
		return parseGOST(alg, bits)
	}
	return nil, reason.New(reason.AlgorithmForbidden, "key algorithm "+alg.OID)
}

func splitSPKI(spki cryptobyte.String) (alg der.Algorithm, bits []byte, ok bool) {
	var seq cryptobyte.String
	if !spki.ReadASN1(&seq, asn1.SEQUENCE) || !spki.Empty() {
		return alg, nil, false
	}
	if alg, ok = der.ReadAlgorithm(&seq); !ok {
		return alg, nil, false
	}
	bits, ok = der.ReadBits(&seq)
	return alg, bits, ok && seq.Empty()
}

func publicKeyBits(spki []byte) ([]byte, error) {
	_, bits, ok := splitSPKI(spki)
	if !ok {
		return nil, malformed("the public key")
	}
	return bits, nil
}

func parseRSA(alg der.Algorithm, bits []byte) (crypto.PublicKey, error) {
	s := cryptobyte.String(bits)
	var seq cryptobyte.String
	n, e := new(big.Int), new(big.Int)
	if !alg.NoParams() || !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() ||
		!seq.ReadASN1Integer(n) || !seq.ReadASN1Integer(e) || !seq.Empty() || n.Sign() <= 0 || e.Sign() <= 0 {
		return nil, malformed("the RSA key")
	}
	switch {
	case n.BitLen() < minRSABits:
		return nil, reason.Newf(reason.KeyWeak, "RSA key of %d bits, at least %d are needed", n.BitLen(), minRSABits)
	case n.BitLen() > maxRSABits:
		return nil, reason.Newf(reason.AlgorithmForbidden, "RSA key of %d bits, at most %d are taken", n.BitLen(), maxRSABits)
	case n.Bit(0) == 0:
		return nil, reason.New(reason.KeyWeak, "RSA modulus is even")
	case e.BitLen() > 31 || e.Bit(0) == 0 || e.Int64() < minRSAExponent:
		return nil, reason.New(reason.KeyWeak, "RSA exponent is not an odd number from 65537 to 2^31")
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

// quicken works out the constants of an RSA key. parseRSA lets no key in that rsapub does not take.
func quicken(key *rsa.PublicKey) crypto.PublicKey {
	quick, err := rsapub.New(key)
	if err != nil {
		return key
	}
	return quick
}

func parseEC(alg der.Algorithm, bits []byte) (crypto.PublicKey, error) {
	params := cryptobyte.String(alg.Params)
	oid, ok := der.ReadOID(&params)
	curve := ecCurves[oid]
	if !ok || curve == nil {
		return nil, reason.New(reason.AlgorithmForbidden, "elliptic curve outside P-256, P-384 and P-521")
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, bits)
	if err != nil {
		return nil, reason.Wrap(reason.CertificateMalformed, "the ECDSA key", err)
	}
	return key, nil
}

// parseGOST reads a national key: the BIT STRING holds an OCTET STRING x‖y,
// little-endian (facts/national-pki.md §2.3).
func parseGOST(alg der.Algorithm, bits []byte) (crypto.PublicKey, error) {
	want := gostParams[alg.OID]
	params := cryptobyte.String(alg.Params)
	var seq, point cryptobyte.String
	if !params.ReadASN1(&seq, asn1.SEQUENCE) {
		return nil, malformed("the parameters of the national key")
	}
	curve, okCurve := der.ReadOID(&seq)
	digest, okDigest := der.ReadOID(&seq)
	if !okCurve || !okDigest || !seq.Empty() || curve != want.curve || digest != want.digest {
		return nil, reason.New(reason.AlgorithmForbidden, "parameter set of the national key")
	}
	s := cryptobyte.String(bits)
	if !s.ReadASN1(&point, asn1.OCTET_STRING) || !s.Empty() {
		return nil, malformed("the national key")
	}
	key, err := gost.ParsePublicKey(want.group(), point)
	if err != nil {
		return nil, reason.Wrap(reason.CertificateMalformed, "the national key", err)
	}
	return key, nil
}

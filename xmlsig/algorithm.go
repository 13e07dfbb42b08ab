package xmlsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/rsapub"
)

// URI stems of the algorithm registries (RFC 9231; national ones: gateway-protocol §3.2).
const (
	nsDSig     = "http://www.w3.org/2000/09/xmldsig#"
	nsMore     = "http://www.w3.org/2001/04/xmldsig-more#"
	nsMore2007 = "http://www.w3.org/2007/05/xmldsig-more#"
	nsEnc      = "http://www.w3.org/2001/04/xmlenc#"
	nsNational = "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:"
)

// RSA moduli that are let in. Below 2048 bits is weak; above 8192 costs the verifier, not a forger.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// family groups the digests that may stand beside a signature algorithm. A national signature
// with a foreign digest, or the other way round, was made by no honest program. The SHA
// families come first and go together.
type family uint8

const (
	familySHA2 family = iota
	familySHA1
	familyStreebog512
	familyStreebog256
	family34311
)

// digestMethod is a DigestMethod.
type digestMethod struct {
	uri    string
	family family
	new    func() hash.Hash
}

var digestMethods = [...]digestMethod{
	{nsEnc + "sha256", familySHA2, sha256.New},
	{nsMore + "sha384", familySHA2, sha512.New384},
	{nsEnc + "sha512", familySHA2, sha512.New},
	{nsNational + "gostr34112015-512", familyStreebog512, gost.NewStreebog512},
	{nsNational + "gostr34112015-256", familyStreebog256, gost.NewStreebog256},
	{nsMore + "gost34311", family34311, gost.New34311},
	{nsDSig + "sha1", familySHA1, sha1.New},
	{nsMore + "sha1", familySHA1, sha1.New}, // the URI KalkanCrypt writes
}

// signatureMethod is a SignatureMethod: its URI fixes key type, curve and hash.
type signatureMethod struct {
	uri    string
	name   string
	family family
	hash   crypto.Hash // of RSA; zero elsewhere
	new    func() hash.Hash
	fits   func(crypto.PublicKey) bool
	verify func(m *signatureMethod, key crypto.PublicKey, digest, sig []byte) bool
}

var signatureMethods = [...]signatureMethod{
	{nsNational + "gostr34102015-gostr34112015-512", "gost3410-2015-512", familyStreebog512, 0, gost.NewStreebog512, onCurve(gost.Curve512A), verifyGOST},
	{nsNational + "gostr34102015-gostr34112015-256", "gost3410-2015-256", familyStreebog256, 0, gost.NewStreebog256, onCurve(gost.Curve256A), verifyGOST},
	{nsMore + "gost34310-gost34311", "gost34310-2004", family34311, 0, gost.New34311, onCurve(gost.CurveCryptoProA), verifyGOST},
	{nsMore + "rsa-sha256", "rsa-sha256", familySHA2, crypto.SHA256, sha256.New, isRSA, verifyPKCS1},
	{nsMore + "rsa-sha384", "rsa-sha384", familySHA2, crypto.SHA384, sha512.New384, isRSA, verifyPKCS1},
	{nsMore + "rsa-sha512", "rsa-sha512", familySHA2, crypto.SHA512, sha512.New, isRSA, verifyPKCS1},
	{nsMore2007 + "sha256-rsa-MGF1", "rsa-pss-sha256", familySHA2, crypto.SHA256, sha256.New, isRSA, verifyPSS},
	{nsMore2007 + "sha384-rsa-MGF1", "rsa-pss-sha384", familySHA2, crypto.SHA384, sha512.New384, isRSA, verifyPSS},
	{nsMore2007 + "sha512-rsa-MGF1", "rsa-pss-sha512", familySHA2, crypto.SHA512, sha512.New, isRSA, verifyPSS},
	{nsMore + "ecdsa-sha256", "ecdsa-sha256", familySHA2, 0, sha256.New, isECDSA, verifyECDSA},
	{nsMore + "ecdsa-sha384", "ecdsa-sha384", familySHA2, 0, sha512.New384, isECDSA, verifyECDSA},
	{nsMore + "ecdsa-sha512", "ecdsa-sha512", familySHA2, 0, sha512.New, isECDSA, verifyECDSA},
	{nsDSig + "rsa-sha1", "rsa-sha1", familySHA1, crypto.SHA1, sha1.New, isRSA, verifyPKCS1},
	{nsMore + "rsa-sha1", "rsa-sha1", familySHA1, crypto.SHA1, sha1.New, isRSA, verifyPKCS1}, // KalkanCrypt's
}

// findSignatureMethod looks a URI up, exactly. HMAC and DSA are not in the table: a shared
// secret proves no person, and a public key must never serve as one.
func findSignatureMethod(uri string, allowSHA1 bool) (*signatureMethod, error) {
	for i := range signatureMethods {
		m := &signatureMethods[i]
		if m.uri == uri && (m.family != familySHA1 || allowSHA1) {
			return m, nil
		}
	}
	return nil, reason.New(reason.AlgorithmForbidden, "the signature algorithm is not allowed")
}

// findDigestMethod looks up a digest that may stand beside signature method m (nil: any).
func findDigestMethod(uri string, m *signatureMethod, allowSHA1 bool) (*digestMethod, error) {
	for i := range digestMethods {
		d := &digestMethods[i]
		if d.uri != uri {
			continue
		}
		switch {
		case d.family == familySHA1 && !allowSHA1:
		case m == nil, d.family == m.family, m.family <= familySHA1 && d.family <= familySHA1:
			return d, nil
		}
		return nil, reason.New(reason.AlgorithmForbidden, "the digest algorithm does not go with the signature algorithm")
	}
	return nil, reason.New(reason.AlgorithmForbidden, "the digest algorithm is not allowed")
}

// checkKey refuses a key that the method is not for, or that is weak.
func (m *signatureMethod) checkKey(key crypto.PublicKey) error {
	if !m.fits(key) {
		return reason.New(reason.AlgorithmForbidden, "the signature algorithm is not one of the signer's key")
	}
	if k, ok := key.(*rsa.PublicKey); ok {
		switch bits := k.N.BitLen(); {
		case bits < minRSABits:
			return reason.Newf(reason.KeyWeak, "an RSA key of %d bits", bits)
		case bits > maxRSABits:
			return reason.Newf(reason.AlgorithmForbidden, "an RSA key of %d bits", bits)
		}
	}
	return nil
}

func isRSA(key crypto.PublicKey) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && k != nil && k.N != nil
}

func isECDSA(key crypto.PublicKey) bool {
	k, ok := key.(*ecdsa.PublicKey)
	return ok && k != nil && k.Curve != nil && curveBytes(k) > 0
}

// curveBytes is the size of a number on the NIST curves that are let in, 0 on others.
func curveBytes(k *ecdsa.PublicKey) int {
	switch k.Curve.Params().Name {
	case "P-256":
		return 32
	case "P-384":
		return 48
	case "P-521":
		return 66
	}
	return 0
}

func onCurve(curve func() *gost.Curve) func(crypto.PublicKey) bool {
	return func(key crypto.PublicKey) bool {
		k, ok := key.(*gost.PublicKey)
		return ok && k != nil && k.Curve == curve()
	}
}

func verifyGOST(_ *signatureMethod, key crypto.PublicKey, digest, sig []byte) bool {
	return key.(*gost.PublicKey).Verify(digest, sig)
}

func verifyPKCS1(m *signatureMethod, key crypto.PublicKey, digest, sig []byte) bool {
	k, err := rsapub.Of(key)
	return err == nil && k.VerifyPKCS1v15(m.hash, digest, sig) == nil
}

// verifyPSS wants the salt as long as the hash (RFC 9231 §2.3.10).
func verifyPSS(m *signatureMethod, key crypto.PublicKey, digest, sig []byte) bool {
	k, err := rsapub.Of(key)
	return err == nil && k.VerifyPSS(m.hash, digest, sig) == nil
}

// verifyECDSA reads r‖s, each of the curve's size, not ASN.1 (XMLDSig 1.1 §6.4.3).
func verifyECDSA(_ *signatureMethod, key crypto.PublicKey, digest, sig []byte) bool {
	k := key.(*ecdsa.PublicKey)
	n := curveBytes(k)
	if len(sig) != 2*n {
		return false
	}
	var buf [maxECDSA]byte
	return ecdsa.VerifyASN1(k, digest, appendECDSA(buf[:0], sig[:n], sig[n:]))
}

// maxECDSA is the ASN.1 of a signature on P-521: two numbers of 66 octets, each with a sign octet
// and a header, in a sequence.
const maxECDSA = 3 + 2*(2+1+66)

// appendECDSA writes SEQUENCE {INTEGER r, INTEGER s} in DER (RFC 3279 §2.2.3), which crypto/ecdsa reads.
func appendECDSA(dst, r, s []byte) []byte {
	var body [maxECDSA]byte
	b := appendInteger(appendInteger(body[:0], r), s)
	if dst = append(dst, 0x30); len(b) > 0x7F {
		dst = append(dst, 0x81)
	}
	return append(append(dst, byte(len(b))), b...)
}

// appendInteger writes a number that is not negative.
func appendInteger(dst, n []byte) []byte {
	for len(n) > 1 && n[0] == 0 {
		n = n[1:]
	}
	if n[0] < 0x80 {
		return append(append(dst, 0x02, byte(len(n))), n...)
	}
	return append(append(dst, 0x02, byte(len(n)+1), 0), n...)
}

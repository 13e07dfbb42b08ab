package tsp

import (
	"bytes"
	"crypto/sha256"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
)

// Bounds of a token; national ones have 1.4 to 1.7 KB and one certificate.
const (
	maxTokenBytes   = 64 << 10
	maxCertificates = 16
)

// OIDs of RFC 5652 and RFC 3161.
const (
	oidSignedData = "1.2.840.113549.1.7.2"
	oidTSTInfo    = "1.2.840.113549.1.9.16.1.4"
)

// Token is a time-stamp token, taken apart. Nothing in it is verified until
// [Token.Verify] has passed.
type Token struct {
	Raw    []byte
	SHA256 [32]byte

	Policy        string // dotted OID
	HashAlgorithm string // of the imprint, dotted OID
	Imprint       []byte
	Serial        *big.Int
	GenTime       time.Time
	Accuracy      time.Duration // 0: not said
	Ordering      bool
	Nonce         *big.Int           // nil when absent
	TSA           []byte             // raw distinguished name; nil when absent or of another form
	Certificates  []*pki.Certificate // those that parse
	SigningTime   time.Time          // signed attribute; zero when absent

	info            []byte // TSTInfo: what the message digest is of
	unknownCritical string // extension of TSTInfo
	signer          signer
}

// signer is SignerInfo (RFC 5652 §5.3).
type signer struct {
	issuer    []byte // raw name, with serial; or
	serial    *big.Int
	keyID     []byte
	digest    der.Algorithm
	algorithm der.Algorithm
	signature []byte
	attributes
}

var (
	context0 = asn1.Tag(0).ContextSpecific().Constructed()
	context1 = asn1.Tag(1).ContextSpecific().Constructed()
	context4 = asn1.Tag(4).ContextSpecific().Constructed()
)

// Parse reads a bare token: ContentInfo with SignedData (RFC 3161 §2.4.2).
func Parse(b []byte) (*Token, error) {
	if len(b) > maxTokenBytes {
		return nil, reason.Newf(reason.TooLarge, "a time-stamp token may have %d bytes", maxTokenBytes)
	}
	t := &Token{Raw: bytes.Clone(b)}
	t.SHA256 = sha256.Sum256(t.Raw)
	raw := cryptobyte.String(t.Raw)
	var content, wrapped, signed cryptobyte.String
	if !der.Check(t.Raw) || !raw.ReadASN1(&content, asn1.SEQUENCE) {
		return nil, unreadable("the time-stamp token is not DER")
	}
	oid, ok := der.ReadOID(&content)
	if !ok || oid != oidSignedData || !content.ReadASN1(&wrapped, context0) || !content.Empty() ||
		!wrapped.ReadASN1(&signed, asn1.SEQUENCE) || !wrapped.Empty() {
		return nil, unreadable("the time-stamp token is not CMS SignedData")
	}
	if err := t.parseSigned(signed); err != nil {
		return nil, err
	}
	return t, nil
}

// parseSigned reads SignedData (RFC 5652 §5.1): exactly one signer, the TSA
// (RFC 3161 §2.4.2).
func (t *Token) parseSigned(s cryptobyte.String) error {
	var version int
	var digests, certs, crls, signers, one cryptobyte.String
	var has bool
	if !s.ReadASN1Integer(&version) || version < 3 || version > 5 || !s.ReadASN1(&digests, asn1.SET) {
		return unreadable("the version of the time-stamp token")
	}
	if !t.parseContent(&s) {
		return unreadable("the content of the time-stamp token")
	}
	if !s.ReadOptionalASN1(&certs, &has, context0) || has && !t.parseCertificates(certs) {
		return unreadable("the certificates of the time-stamp token")
	}
	if !s.ReadOptionalASN1(&crls, &has, context1) || !s.ReadASN1(&signers, asn1.SET) || !s.Empty() ||
		!signers.ReadASN1(&one, asn1.SEQUENCE) || !signers.Empty() {
		return unreadable("the time-stamp token has not exactly one signer")
	}
	if err := t.parseSigner(one); err != nil {
		return err
	}
	for !digests.Empty() {
		algorithm, ok := der.ReadAlgorithm(&digests)
		if !ok {
			break
		}
		if algorithm.Equal(t.signer.digest) {
			return nil
		}
	}
	return unreadable("the time-stamp token does not announce its signer's hash algorithm")
}

// parseContent reads EncapsulatedContentInfo with TSTInfo in its OCTET STRING.
func (t *Token) parseContent(s *cryptobyte.String) bool {
	var content, wrapped, info cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return false
	}
	oid, ok := der.ReadOID(&content)
	if !ok || oid != oidTSTInfo || !content.ReadASN1(&wrapped, context0) || !content.Empty() ||
		!wrapped.ReadASN1(&info, asn1.OCTET_STRING) || !wrapped.Empty() || !der.Check(info) {
		return false
	}
	t.info = info
	return t.parseInfo(info)
}

// parseCertificates keeps those that parse: one that does not is of no use, but
// does no harm to the others.
func (t *Token) parseCertificates(list cryptobyte.String) bool {
	for n := 0; !list.Empty(); n++ {
		var raw cryptobyte.String
		var tag asn1.Tag
		if n == maxCertificates || !list.ReadAnyASN1Element(&raw, &tag) {
			return false
		}
		if c, err := pki.Parse(raw); err == nil {
			t.Certificates = append(t.Certificates, c)
		}
	}
	return true
}

// parseSigner reads SignerInfo.
func (t *Token) parseSigner(s cryptobyte.String) error {
	var version int
	var attrs, signature, unsigned cryptobyte.String
	var has, ok bool
	sig := &t.signer
	if !s.ReadASN1Integer(&version) || !sig.readID(&s, version) {
		return unreadable("the signer's name in the time-stamp token")
	}
	if sig.digest, ok = der.ReadAlgorithm(&s); !ok || !s.ReadASN1(&attrs, context0) {
		return unreadable("the time-stamp token has no signed attributes")
	}
	if !sig.attributes.parse(attrs) {
		return unreadable("the signed attributes of the time-stamp token")
	}
	if sig.algorithm, ok = der.ReadAlgorithm(&s); !ok || !s.ReadASN1(&signature, asn1.OCTET_STRING) ||
		!s.ReadOptionalASN1(&unsigned, &has, context1) || !s.Empty() {
		return unreadable("the signature of the time-stamp token")
	}
	sig.signature, t.SigningTime = signature, sig.signingTime
	return nil
}

// readID reads SignerIdentifier: issuer and serial number (version 1) or the
// key identifier (version 3).
func (sig *signer) readID(s *cryptobyte.String, version int) bool {
	if version == 3 {
		var id cryptobyte.String
		ok := s.ReadASN1(&id, asn1.Tag(0).ContextSpecific())
		sig.keyID = id
		return ok && len(id) > 0
	}
	var seq, name cryptobyte.String
	sig.serial = new(big.Int)
	if version != 1 || !s.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1Element(&name, asn1.SEQUENCE) ||
		!seq.ReadASN1Integer(sig.serial) || !seq.Empty() {
		return false
	}
	sig.issuer = name
	return true
}

// is reports whether the certificate is the one the signer names.
func (sig *signer) is(c *pki.Certificate) bool {
	if sig.keyID != nil {
		return bytes.Equal(sig.keyID, c.SubjectKeyID)
	}
	return c.Serial.Cmp(sig.serial) == 0 && bytes.Equal(sig.issuer, c.RawIssuer)
}

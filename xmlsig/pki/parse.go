package pki

import (
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
)

// maxSerialBits is RFC 5280 §4.1.2.2: serial numbers of at most 20 octets.
const maxSerialBits = 160

// Context tags of Certificate and TBSCertificate (RFC 5280 §4.1).
var (
	tagVersion    = asn1.Tag(0).ContextSpecific().Constructed()
	tagIssuerUID  = asn1.Tag(1).ContextSpecific()
	tagSubjectUID = asn1.Tag(2).ContextSpecific()
	tagExtensions = asn1.Tag(3).ContextSpecific().Constructed()
)

func malformed(what string) error { return reason.New(reason.CertificateMalformed, what) }

// parse fills c from c.Raw.
func (c *Certificate) parse() error {
	if !der.Check(c.Raw) {
		return malformed("not one strict DER object")
	}
	var cert, tbs cryptobyte.String
	raw := cryptobyte.String(c.Raw)
	if !raw.ReadASN1(&cert, asn1.SEQUENCE) || !cert.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return malformed("not a certificate")
	}
	c.RawTBS = tbs
	outer, ok := der.ReadAlgorithm(&cert)
	if !ok {
		return malformed("the signature algorithm")
	}
	if c.Signature, ok = der.ReadBits(&cert); !ok || !cert.Empty() {
		return malformed("the signature value")
	}
	c.SignatureAlgorithm, c.SignatureParameters = outer.OID, outer.Params
	var body cryptobyte.String
	if !tbs.ReadASN1(&body, asn1.SEQUENCE) {
		return malformed("not a certificate")
	}
	return c.parseTBS(&body, outer)
}

func (c *Certificate) parseTBS(tbs *cryptobyte.String, outer der.Algorithm) error {
	version, err := readVersion(tbs)
	if err != nil {
		return err
	}
	if c.Serial, err = readSerial(tbs); err != nil {
		return err
	}
	inner, ok := der.ReadAlgorithm(tbs)
	// RFC 5280 §4.1.1.2: the two algorithm identifiers are the same.
	if !ok || !inner.Equal(outer) {
		return malformed("the inner and outer signature algorithms differ")
	}
	var issuer, validity, subject, spki cryptobyte.String
	if !tbs.ReadASN1Element(&issuer, asn1.SEQUENCE) || !tbs.ReadASN1(&validity, asn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&subject, asn1.SEQUENCE) || !tbs.ReadASN1Element(&spki, asn1.SEQUENCE) {
		return malformed("issuer, validity, subject or key")
	}
	c.RawIssuer, c.RawSubject, c.RawSPKI = issuer, subject, spki
	var okFrom, okTo bool
	c.NotBefore, okFrom = der.ReadTime(&validity)
	c.NotAfter, okTo = der.ReadTime(&validity)
	if !okFrom || !okTo || !validity.Empty() {
		return malformed("the validity period")
	}
	if c.Subject, err = parseName(c.RawSubject); err != nil {
		return err
	}
	if c.Issuer, err = parseName(c.RawIssuer); err != nil {
		return err
	}
	if c.RawPublicKeyBits, err = publicKeyBits(spki); err != nil {
		return err
	}
	return c.parseTail(tbs, version)
}

// parseTail reads the unique identifiers, which are skipped, and the extensions.
func (c *Certificate) parseTail(tbs *cryptobyte.String, version uint) error {
	if version > 0 && (!tbs.SkipOptionalASN1(tagIssuerUID) || !tbs.SkipOptionalASN1(tagSubjectUID)) {
		return malformed("the unique identifiers")
	}
	if version == 2 && tbs.PeekASN1Tag(tagExtensions) {
		var explicit cryptobyte.String
		if !tbs.ReadASN1(&explicit, tagExtensions) {
			return malformed("the extensions")
		}
		exts, ok := der.ReadExtensions(&explicit)
		if !ok || !explicit.Empty() {
			return malformed("the extensions, or one of them stands twice")
		}
		for _, e := range exts {
			if err := c.extension(e); err != nil {
				return err
			}
		}
	}
	if !tbs.Empty() {
		return malformed("something follows the last field")
	}
	if c.Subject.Email == "" && len(c.emails) > 0 {
		c.Subject.Email = c.emails[0]
	}
	return nil
}

// readVersion reads the version: 0 is v1 (RFC 5280 §4.1.2.1).
func readVersion(tbs *cryptobyte.String) (uint, error) {
	if !tbs.PeekASN1Tag(tagVersion) {
		return 0, nil
	}
	var explicit cryptobyte.String
	var version uint
	if !tbs.ReadASN1(&explicit, tagVersion) || !explicit.ReadASN1Integer(&version) ||
		!explicit.Empty() || version < 1 || version > 2 {
		return 0, malformed("the version")
	}
	return version, nil
}

// readSerial reads the serial number. Zero is let through, since self-made test
// roots carry it; a negative or longer one is not (RFC 5280 §4.1.2.2).
func readSerial(tbs *cryptobyte.String) (*big.Int, error) {
	serial := new(big.Int)
	if !tbs.ReadASN1Integer(serial) || serial.Sign() < 0 || serial.BitLen() > maxSerialBits {
		return nil, malformed("the serial number")
	}
	return serial, nil
}

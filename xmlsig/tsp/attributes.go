package tsp

import (
	"bytes"
	"crypto/sha1"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
)

// Signed attributes (RFC 5652 §11, RFC 5035 §3 and §4).
const (
	oidContentType      = "1.2.840.113549.1.9.3"
	oidMessageDigest    = "1.2.840.113549.1.9.4"
	oidSigningTime      = "1.2.840.113549.1.9.5"
	oidSigningCert      = "1.2.840.113549.1.9.16.2.12"
	oidSigningCertV2    = "1.2.840.113549.1.9.16.2.47"
	maxSignedAttributes = 32
)

// attributes are the signed attributes of a SignerInfo.
type attributes struct {
	signed        []byte // what the signature is over
	contentType   string
	messageDigest []byte
	signingTime   time.Time
	certIDs       []certID // the first of signingCertificate and of its second version
}

// certID is ESSCertID or ESSCertIDv2 (RFC 5035): the certificate that signs.
type certID struct {
	algorithm string
	hash      []byte
	issuer    []byte // raw name; nil when not said
	serial    *big.Int
}

// parse reads SET OF Attribute without its tag. The signature is over the DER of
// the SET (RFC 5652 §5.4), so its members are sorted.
func (a *attributes) parse(content cryptobyte.String) bool {
	var members [][]byte
	seen := map[string]bool{}
	for !content.Empty() {
		var raw, seq, values cryptobyte.String
		if len(members) == maxSignedAttributes || !content.ReadASN1Element(&raw, asn1.SEQUENCE) {
			return false
		}
		members = append(members, raw)
		if !raw.ReadASN1(&seq, asn1.SEQUENCE) {
			return false
		}
		oid, ok := der.ReadOID(&seq)
		if !ok || seen[oid] || !seq.ReadASN1(&values, asn1.SET) || !seq.Empty() || !a.read(oid, values) {
			return false
		}
		seen[oid] = true
	}
	slices.SortFunc(members, bytes.Compare)
	var b cryptobyte.Builder
	b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
		for _, m := range members {
			b.AddBytes(m)
		}
	})
	a.signed = b.BytesOrPanic()
	return true
}

// read takes the one value of an attribute that counts; others are passed over.
func (a *attributes) read(oid string, values cryptobyte.String) (ok bool) {
	switch oid {
	case oidContentType:
		a.contentType, ok = der.ReadOID(&values)
	case oidMessageDigest:
		var digest cryptobyte.String
		ok = values.ReadASN1(&digest, asn1.OCTET_STRING)
		a.messageDigest = digest
	case oidSigningTime:
		a.signingTime, ok = der.ReadTime(&values)
	case oidSigningCert, oidSigningCertV2:
		var id certID
		id, ok = readSigningCertificate(&values, oid == oidSigningCertV2)
		a.certIDs = append(a.certIDs, id)
	default:
		return true
	}
	return ok && values.Empty()
}

// readSigningCertificate gives the first certificate identifier: it is the
// signer's, the others limit its chain (RFC 5035 §5.4).
func readSigningCertificate(s *cryptobyte.String, v2 bool) (id certID, ok bool) {
	var seq, list, one, hash cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1(&list, asn1.SEQUENCE) || !list.ReadASN1(&one, asn1.SEQUENCE) {
		return id, false
	}
	id.algorithm = sha1Digest
	if v2 {
		id.algorithm = SHA256 // the default
		if one.PeekASN1Tag(asn1.SEQUENCE) {
			algorithm, ok := der.ReadAlgorithm(&one)
			if !ok || !algorithm.NoParams() {
				return id, false
			}
			id.algorithm = algorithm.OID
		}
	}
	if !one.ReadASN1(&hash, asn1.OCTET_STRING) {
		return id, false
	}
	id.hash = hash
	return id, one.Empty() || id.readIssuerSerial(&one)
}

// readIssuerSerial reads IssuerSerial: GeneralNames with one directory name, and
// the serial number.
func (id *certID) readIssuerSerial(s *cryptobyte.String) bool {
	var seq, names, general, name cryptobyte.String
	id.serial = new(big.Int)
	ok := s.ReadASN1(&seq, asn1.SEQUENCE) && s.Empty() && seq.ReadASN1(&names, asn1.SEQUENCE) &&
		names.ReadASN1(&general, context4) && names.Empty() && general.ReadASN1Element(&name, asn1.SEQUENCE) &&
		general.Empty() && seq.ReadASN1Integer(id.serial) && seq.Empty()
	id.issuer = name
	return ok
}

// of reports whether the identifier is the certificate's. SHA-1 is no danger
// here: another certificate with the same SHA-1 would have to be issued by a
// trusted authority, for the same name and number.
func (id certID) of(c *pki.Certificate) bool {
	if id.issuer != nil && (id.serial.Cmp(c.Serial) != 0 || !bytes.Equal(id.issuer, c.RawIssuer)) {
		return false
	}
	if id.algorithm == sha1Digest {
		sum := sha1.Sum(c.Raw)
		return bytes.Equal(sum[:], id.hash)
	}
	sum, err := Digest(id.algorithm, c.Raw)
	return err == nil && bytes.Equal(sum, id.hash)
}

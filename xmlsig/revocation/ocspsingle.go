package revocation

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
)

// Hashes of CertID (RFC 6960 §4.1.1); the national responder answers both.
const (
	oidSHA1   = "1.3.14.3.2.26"
	oidSHA256 = "2.16.840.1.101.3.4.2.1"
)

// certID names a certificate by hashes of its issuer and its serial number.
type certID struct {
	hash      string
	name, key []byte
}

// of reports whether the hashes are the issuer's: of its name in DER, and of
// the content of its key's BIT STRING (for national keys with the inner OCTET
// STRING's header, facts/national-pki.md §1.5).
func (id certID) of(issuer *pki.Certificate) bool {
	name, key := hashWith(id.hash, issuer.RawSubject), hashWith(id.hash, issuer.RawPublicKeyBits)
	return name != nil && bytes.Equal(name, id.name) && bytes.Equal(key, id.key)
}

func hashWith(oid string, b []byte) []byte {
	switch oid {
	case oidSHA1:
		sum := sha1.Sum(b)
		return sum[:]
	case oidSHA256:
		sum := sha256.Sum256(b)
		return sum[:]
	}
	return nil
}

func readCertID(s *cryptobyte.String) (id certID, serial *big.Int, ok bool) {
	var seq, name, key cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) {
		return id, nil, false
	}
	alg, ok := der.ReadAlgorithm(&seq)
	serial = new(big.Int)
	if !ok || !seq.ReadASN1(&name, asn1.OCTET_STRING) || !seq.ReadASN1(&key, asn1.OCTET_STRING) ||
		!seq.ReadASN1Integer(serial) || !seq.Empty() {
		return id, nil, false
	}
	return certID{alg.OID, name, key}, serial, true
}

// readSingle reads SingleResponse (RFC 6960 §4.2.1).
func readSingle(list *cryptobyte.String) (s OCSPSingle, ok bool) {
	var seq, wrapped cryptobyte.String
	var has bool
	if !list.ReadASN1(&seq, asn1.SEQUENCE) {
		return s, false
	}
	if s.id, s.Serial, ok = readCertID(&seq); !ok || !s.readState(&seq) {
		return s, false
	}
	if s.ThisUpdate, ok = der.ReadTime(&seq); !ok || !seq.ReadOptionalASN1(&wrapped, &has, context0) {
		return s, false
	}
	if has {
		if s.NextUpdate, ok = der.ReadTime(&wrapped); !ok || !wrapped.Empty() {
			return s, false
		}
	}
	if !seq.ReadOptionalASN1(&wrapped, &has, context1) || !seq.Empty() {
		return s, false
	}
	if has {
		exts, ok := der.ReadExtensions(&wrapped)
		if !ok || !wrapped.Empty() {
			return s, false
		}
		for _, e := range exts {
			if e.Critical {
				s.unknownCritical = e.OID
			}
		}
	}
	return s, true
}

// readState reads CertStatus: good [0], revoked [1], unknown [2].
func (s *OCSPSingle) readState(seq *cryptobyte.String) bool {
	var content cryptobyte.String
	var tag asn1.Tag
	if !seq.ReadAnyASN1(&content, &tag) {
		return false
	}
	switch tag {
	case asn1.Tag(0).ContextSpecific():
		s.State = Good
		return content.Empty()
	case asn1.Tag(2).ContextSpecific():
		return content.Empty()
	case context1:
		return s.readRevoked(content)
	}
	return false
}

func (s *OCSPSingle) readRevoked(info cryptobyte.String) (ok bool) {
	if s.RevokedAt, ok = der.ReadTime(&info); !ok {
		return false
	}
	var wrapped cryptobyte.String
	var has bool
	if !info.ReadOptionalASN1(&wrapped, &has, context0) || !info.Empty() {
		return false
	}
	if has && (!wrapped.ReadASN1Enum(&s.Reason) || !wrapped.Empty()) {
		return false
	}
	s.State = revokedState(s.Reason)
	return true
}

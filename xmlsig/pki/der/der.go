// Package der reads the few ASN.1 shapes that certificates, revocation lists
// and OCSP answers share, strictly: what is not DER (X.690 §8, §10, §11) is refused.
//
// [Check] walks a whole object once; the Read functions then take it apart with
// cryptobyte and give plain Go values.
package der

import (
	"crypto/x509"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Algorithm is an AlgorithmIdentifier (RFC 5280 §4.1.1.2). Params is the raw
// DER of the parameters, nil when absent.
type Algorithm struct {
	OID    string
	Params []byte
}

// NoParams reports whether the parameters are absent or NULL: the national CA
// writes both forms for one algorithm, even inside one object.
func (a Algorithm) NoParams() bool {
	return len(a.Params) == 0 || (len(a.Params) == 2 && a.Params[0] == 5 && a.Params[1] == 0)
}

// Equal reports whether two identifiers name one algorithm; absent and NULL
// parameters are the same.
func (a Algorithm) Equal(b Algorithm) bool {
	if a.OID != b.OID {
		return false
	}
	return a.NoParams() && b.NoParams() || string(a.Params) == string(b.Params)
}

// Extension is one extension of a certificate, list, entry or answer.
type Extension struct {
	OID      string
	Critical bool
	Value    []byte
}

// maxOIDOctets bounds an OBJECT IDENTIFIER: writing an arc in decimal takes time
// that grows with the square of its length. Those of the national CA have about
// ten octets, one made of a UUID (X.667) has 20.
const maxOIDOctets = 64

// OID gives the dotted form of the content octets of an OBJECT IDENTIFIER.
func OID(content []byte) (string, bool) {
	var oid x509.OID
	if len(content) > maxOIDOctets {
		return "", false
	}
	if err := oid.UnmarshalBinary(content); err != nil {
		return "", false
	}
	return oid.String(), true
}

// ReadOID reads an OBJECT IDENTIFIER.
func ReadOID(s *cryptobyte.String) (string, bool) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.OBJECT_IDENTIFIER) {
		return "", false
	}
	return OID(content)
}

// ReadAlgorithm reads an AlgorithmIdentifier.
func ReadAlgorithm(s *cryptobyte.String) (Algorithm, bool) {
	var seq cryptobyte.String
	var a Algorithm
	var ok bool
	if !s.ReadASN1(&seq, asn1.SEQUENCE) {
		return a, false
	}
	if a.OID, ok = ReadOID(&seq); !ok {
		return a, false
	}
	if !seq.Empty() {
		var params cryptobyte.String
		var tag asn1.Tag
		if !seq.ReadAnyASN1Element(&params, &tag) || !seq.Empty() {
			return a, false
		}
		a.Params = params
	}
	return a, true
}

// ReadBits reads a BIT STRING that must hold whole octets.
func ReadBits(s *cryptobyte.String) ([]byte, bool) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.BIT_STRING) || len(content) == 0 || content[0] != 0 {
		return nil, false
	}
	return content[1:], true
}

// ReadExtensions reads the SEQUENCE OF Extension in s. One that stands twice is
// refused (RFC 5280 §4.2: no more than one instance).
func ReadExtensions(s *cryptobyte.String) ([]Extension, bool) {
	var list cryptobyte.String
	if !s.ReadASN1(&list, asn1.SEQUENCE) || list.Empty() {
		return nil, false
	}
	exts := make([]Extension, 0, 12)
	for !list.Empty() {
		e, ok := readExtension(&list)
		if !ok || len(exts) == maxExtensions {
			return nil, false
		}
		for _, seen := range exts {
			if seen.OID == e.OID {
				return nil, false
			}
		}
		exts = append(exts, e)
	}
	return exts, true
}

// maxExtensions bounds the extensions of one object; certificates of the
// national CA carry at most 11, and looking for doubles is quadratic.
const maxExtensions = 64

func readExtension(list *cryptobyte.String) (Extension, bool) {
	var seq, value cryptobyte.String
	var e Extension
	var ok bool
	if !list.ReadASN1(&seq, asn1.SEQUENCE) {
		return e, false
	}
	if e.OID, ok = ReadOID(&seq); !ok {
		return e, false
	}
	if seq.PeekASN1Tag(asn1.BOOLEAN) && !seq.ReadASN1Boolean(&e.Critical) {
		return e, false
	}
	if !seq.ReadASN1(&value, asn1.OCTET_STRING) || !seq.Empty() {
		return e, false
	}
	e.Value = value
	return e, true
}

// ReadTime reads a Time: UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5).
func ReadTime(s *cryptobyte.String) (time.Time, bool) {
	sec, ok := ReadUnix(s)
	return time.Unix(sec, 0).UTC(), ok
}

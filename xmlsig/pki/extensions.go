package pki

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
)

// extensionReaders take apart the extensions that are understood (RFC 5280
// §4.2; RFC 6960 §4.2.2.2.1; 1.2.398.3.3.5 of the national CA). A critical one
// that is not here makes every chain through the certificate invalid.
// Policy mappings and constraints are left out on purpose: they are not enforced.
var extensionReaders = map[string]func(*Certificate, cryptobyte.String) bool{
	"2.5.29.14":            (*Certificate).readSubjectKeyID,
	"2.5.29.15":            (*Certificate).readKeyUsage,
	"2.5.29.17":            (*Certificate).readAltNames,
	"2.5.29.19":            (*Certificate).readBasicConstraints,
	"2.5.29.30":            (*Certificate).readNameConstraints,
	"2.5.29.31":            (*Certificate).readCRLPoints,
	"2.5.29.32":            (*Certificate).readPolicies,
	"2.5.29.35":            (*Certificate).readAuthorityKeyID,
	oidEKU:                 (*Certificate).readEKU,
	"2.5.29.46":            (*Certificate).readDeltaPoints,
	"1.3.6.1.5.5.7.1.1":    (*Certificate).readAccess,
	"1.3.6.1.5.5.7.48.1.5": (*Certificate).readNoCheck,
	"1.2.398.3.3.5":        (*Certificate).readKeyStore,
}

func (c *Certificate) extension(e der.Extension) error {
	read := extensionReaders[e.OID]
	switch {
	case read == nil && e.Critical:
		c.UnknownCritical = append(c.UnknownCritical, e.OID)
	case read != nil && !read(c, e.Value):
		return malformed("extension " + e.OID)
	}
	c.EKUCritical = c.EKUCritical || e.Critical && e.OID == oidEKU
	return nil
}

const oidEKU = "2.5.29.37"

func (c *Certificate) readSubjectKeyID(s cryptobyte.String) bool {
	var id cryptobyte.String
	ok := s.ReadASN1(&id, asn1.OCTET_STRING) && s.Empty()
	c.SubjectKeyID = id
	return ok
}

// readAuthorityKeyID keeps the key identifier only. The national CA adds the
// issuer's name and serial number too, but re-issued roots change the latter.
func (c *Certificate) readAuthorityKeyID(s cryptobyte.String) bool {
	var ok bool
	c.AuthorityKeyID, ok = ReadAuthorityKeyID(s)
	return ok
}

// ReadAuthorityKeyID gives the key identifier in the value of an authority key
// identifier (RFC 5280 §4.2.1.1), which revocation lists carry as well; nil when
// the extension names the issuer in another way.
func ReadAuthorityKeyID(value []byte) ([]byte, bool) {
	s := cryptobyte.String(value)
	var seq, id cryptobyte.String
	var has bool
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() ||
		!seq.ReadOptionalASN1(&id, &has, asn1.Tag(0).ContextSpecific()) {
		return nil, false
	}
	return id, true
}

// readKeyUsage turns the named bits into x509.KeyUsage: bit n is 1<<n in both.
func (c *Certificate) readKeyUsage(s cryptobyte.String) bool {
	var bits cryptobyte.String
	if !s.ReadASN1(&bits, asn1.BIT_STRING) || !s.Empty() || len(bits) < 1 {
		return false
	}
	c.HasKeyUsage = true
	for i := range 9 {
		if octet := 1 + i/8; octet < len(bits) && bits[octet]&(0x80>>(i%8)) != 0 {
			c.KeyUsage |= x509.KeyUsage(1 << i)
		}
	}
	return true
}

func (c *Certificate) readEKU(s cryptobyte.String) (ok bool) {
	c.EKU, ok = readOIDs(s)
	return ok
}

func readOIDs(s cryptobyte.String) ([]string, bool) {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || seq.Empty() {
		return nil, false
	}
	var oids []string
	for !seq.Empty() {
		oid, ok := der.ReadOID(&seq)
		if !ok {
			return nil, false
		}
		oids = append(oids, oid)
	}
	return oids, true
}

func (c *Certificate) readBasicConstraints(s cryptobyte.String) bool {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return false
	}
	c.HasBasicConstraints = true
	if seq.PeekASN1Tag(asn1.BOOLEAN) && !seq.ReadASN1Boolean(&c.IsCA) {
		return false
	}
	if seq.PeekASN1Tag(asn1.INTEGER) && (!seq.ReadASN1Integer(&c.MaxPathLen) || c.MaxPathLen < 0) {
		return false
	}
	return seq.Empty()
}

// readPolicies keeps the policy identifiers; qualifiers are for people.
func (c *Certificate) readPolicies(s cryptobyte.String) bool {
	var list cryptobyte.String
	if !s.ReadASN1(&list, asn1.SEQUENCE) || !s.Empty() {
		return false
	}
	for !list.Empty() {
		var info cryptobyte.String
		if !list.ReadASN1(&info, asn1.SEQUENCE) {
			return false
		}
		oid, ok := der.ReadOID(&info)
		if !ok {
			return false
		}
		c.Policies = append(c.Policies, oid)
	}
	return true
}

// readNoCheck takes any value: RFC 6960 §4.2.2.2.1 says NULL, the responders
// of the national CA carry an empty one.
func (c *Certificate) readNoCheck(cryptobyte.String) bool {
	c.OCSPNoCheck = true
	return true
}

// readKeyStore reads SEQUENCE {OID}; a form unknown here leaves KeyStore empty.
func (c *Certificate) readKeyStore(s cryptobyte.String) bool {
	if oids, ok := readOIDs(s); ok {
		c.KeyStore = keyStores[oids[0]]
	}
	return true
}

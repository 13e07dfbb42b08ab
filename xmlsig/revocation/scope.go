package revocation

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
)

// scope says which certificates a list speaks of: an issuingDistributionPoint
// (RFC 5280 §5.2.5). The zero value is all of the issuer's.
type scope struct {
	raw            string // to compare base and delta
	uris           []string
	named          bool // the list is of one distribution point
	onlyUsers      bool
	onlyCAs        bool
	onlyAttributes bool
	onlyReasons    bool
	indirect       bool
}

// Fields of IssuingDistributionPoint.
var (
	scopePoint = asn1.Tag(0).ContextSpecific().Constructed()
	scopeFlags = [...]asn1.Tag{1: asn1.Tag(1).ContextSpecific(), 2: asn1.Tag(2).ContextSpecific(),
		3: asn1.Tag(3).ContextSpecific(), 4: asn1.Tag(4).ContextSpecific(), 5: asn1.Tag(5).ContextSpecific()}
)

func readScope(value cryptobyte.String) (scope, bool) {
	s := scope{raw: string(value)}
	var seq, name cryptobyte.String
	if !value.ReadASN1(&seq, asn1.SEQUENCE) || !value.Empty() || !seq.ReadOptionalASN1(&name, &s.named, scopePoint) {
		return s, false
	}
	uris, _, ok := pki.ReadPointName(name)
	s.uris = uris
	var reasons cryptobyte.String
	if !ok || !readFlag(&seq, 1, &s.onlyUsers) || !readFlag(&seq, 2, &s.onlyCAs) {
		return s, false
	}
	if s.onlyReasons = seq.PeekASN1Tag(scopeFlags[3]); s.onlyReasons && !seq.ReadASN1(&reasons, scopeFlags[3]) {
		return s, false
	}
	return s, readFlag(&seq, 4, &s.indirect) && readFlag(&seq, 5, &s.onlyAttributes) && seq.Empty()
}

// readFlag reads [n] IMPLICIT BOOLEAN DEFAULT FALSE.
func readFlag(seq *cryptobyte.String, n int, flag *bool) bool {
	if !seq.PeekASN1Tag(scopeFlags[n]) {
		return true
	}
	var content cryptobyte.String
	if !seq.ReadASN1(&content, scopeFlags[n]) || len(content) != 1 {
		return false
	}
	*flag = content[0] != 0
	return true
}

// excludes says why the list does not speak of the certificate, or "".
func (s scope) excludes(cert *pki.Certificate) string {
	switch {
	case s.indirect:
		return "indirect, which is not supported"
	case s.onlyReasons:
		return "only of some reasons"
	case s.onlyAttributes:
		return "only of attribute certificates"
	case s.onlyUsers && cert.IsCA:
		return "only of users' certificates"
	case s.onlyCAs && !cert.IsCA:
		return "only of authorities' certificates"
	case s.named && !s.pointOf(cert):
		return "of another distribution point"
	}
	return ""
}

// pointOf reports whether the certificate points to the place the list names
// (RFC 5280 §6.3.3 b 2 i).
func (s scope) pointOf(cert *pki.Certificate) bool {
	return slices.ContainsFunc(s.uris, func(uri string) bool { return slices.Contains(cert.CRLPoints, uri) })
}

package pki

import (
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
)

// Forms of GeneralName (RFC 5280 §4.2.1.6).
var (
	tagRFC822Name    = asn1.Tag(1).ContextSpecific()
	tagDNSName       = asn1.Tag(2).ContextSpecific()
	tagDirectoryName = asn1.Tag(4).ContextSpecific().Constructed()
	tagURI           = asn1.Tag(6).ContextSpecific()
	tagIPAddress     = asn1.Tag(7).ContextSpecific()
)

// Access methods (RFC 5280 §4.2.2.1).
const (
	oidAccessOCSP    = "1.3.6.1.5.5.7.48.1"
	oidAccessIssuers = "1.3.6.1.5.5.7.48.2"
)

// maxAddresses bounds the addresses, or the names that are kept, of one extension:
// doubles are looked for one by one, and somebody may be asked at each. The
// national CA writes at most two.
const maxAddresses = 16

// readAltNames keeps e-mail addresses, and all names for the constraints above.
func (c *Certificate) readAltNames(s cryptobyte.String) bool {
	var names cryptobyte.String
	if !s.ReadASN1(&names, asn1.SEQUENCE) || !s.Empty() {
		return false
	}
	c.altNames = names
	for !names.Empty() {
		var value cryptobyte.String
		var tag asn1.Tag
		if !names.ReadAnyASN1(&value, &tag) {
			return false
		}
		if tag == tagRFC822Name {
			c.emails = append(c.emails, string(value))
		}
		if len(c.emails) > maxAddresses {
			return false
		}
	}
	return true
}

func (c *Certificate) readAccess(s cryptobyte.String) bool {
	var list cryptobyte.String
	if !s.ReadASN1(&list, asn1.SEQUENCE) || !s.Empty() {
		return false
	}
	for !list.Empty() {
		var access, value cryptobyte.String
		var tag asn1.Tag
		if !list.ReadASN1(&access, asn1.SEQUENCE) {
			return false
		}
		method, ok := der.ReadOID(&access)
		if !ok || !access.ReadAnyASN1(&value, &tag) || !access.Empty() {
			return false
		}
		if tag == tagURI && method == oidAccessOCSP {
			c.OCSPServers = appendNew(c.OCSPServers, string(value))
		}
		if tag == tagURI && method == oidAccessIssuers {
			c.IssuerURLs = appendNew(c.IssuerURLs, string(value))
		}
		if len(c.OCSPServers)+len(c.IssuerURLs) > maxAddresses {
			return false
		}
	}
	return true
}

func (c *Certificate) readCRLPoints(s cryptobyte.String) (ok bool) {
	c.CRLPoints, ok = readPoints(s)
	return ok
}

func (c *Certificate) readDeltaPoints(s cryptobyte.String) (ok bool) {
	c.DeltaCRLPoints, ok = readPoints(s)
	return ok
}

// readPoints gives the URIs of distribution points that cover all reasons and
// name no other list issuer (RFC 5280 §4.2.1.13).
func readPoints(s cryptobyte.String) (uris []string, ok bool) {
	var list cryptobyte.String
	if !s.ReadASN1(&list, asn1.SEQUENCE) || !s.Empty() {
		return nil, false
	}
	for !list.Empty() {
		var point, name cryptobyte.String
		var has bool
		if !list.ReadASN1(&point, asn1.SEQUENCE) || !point.ReadOptionalASN1(&name, &has, contextTag(0)) {
			return nil, false
		}
		found, _, ok := ReadPointName(name)
		if !ok {
			return nil, false
		}
		if point.Empty() {
			uris = appendNew(uris, found...)
		}
		if len(uris) > maxAddresses {
			return nil, false
		}
	}
	return uris, true
}

// ReadPointName gives the URIs of a DistributionPointName's content; other
// reports a name in another form (RFC 5280 §4.2.1.13). Lists name their own
// place with the same type. More than maxAddresses are refused.
func ReadPointName(name []byte) (uris []string, other, ok bool) {
	s := cryptobyte.String(name)
	if s.Empty() {
		return nil, false, true
	}
	var names cryptobyte.String
	if !s.PeekASN1Tag(contextTag(0)) {
		return nil, true, true
	}
	if !s.ReadASN1(&names, contextTag(0)) || !s.Empty() {
		return nil, false, false
	}
	for !names.Empty() {
		var value cryptobyte.String
		var tag asn1.Tag
		if !names.ReadAnyASN1(&value, &tag) {
			return nil, false, false
		}
		if tag != tagURI {
			other = true
			continue
		}
		// The CA certificates of 2018 hold two addresses in one string:
		// "http://crl.root.gov.kz/gost.crl\n URL=http://crl1.root.gov.kz/gost.crl".
		for uri := range strings.FieldsSeq(string(value)) {
			if len(uris) == maxAddresses {
				return nil, false, false
			}
			uris = append(uris, strings.TrimPrefix(uri, "URL="))
		}
	}
	return uris, other, true
}

// appendNew appends the strings that are not in list yet.
func appendNew(list []string, add ...string) []string {
next:
	for _, a := range add {
		for _, have := range list {
			if have == a {
				continue next
			}
		}
		list = append(list, a)
	}
	return list
}

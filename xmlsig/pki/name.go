package pki

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
)

// Name is a distinguished name as the national CA fills it
// (facts/national-pki.md §1.2). Values keep their Kazakh letters.
type Name struct {
	CommonName   string // ФАМИЛИЯ ИМЯ of a person; the first name stands nowhere else
	Surname      string
	GivenName    string // the patronymic: so the national CA uses this attribute
	IIN, BIN     string // 12 digits without the prefix
	Organization string
	Country      string
	UID          string // information system
	Email        string // from the subject, else from the alternative names
	DN           string // for people to read, in the order of the certificate
	// Ambiguous says why the name gives no IIN or no BIN although it holds
	// some: two different ones are as good as none.
	Ambiguous string
}

// Attribute types (X.520, RFC 4519 §2) and the letters people know them by.
const (
	oidCommonName   = "2.5.4.3"
	oidSurname      = "2.5.4.4"
	oidSerialNumber = "2.5.4.5"
	oidCountry      = "2.5.4.6"
	oidOrganization = "2.5.4.10"
	oidUnit         = "2.5.4.11"
	oidGivenName    = "2.5.4.42"
	oidUID          = "0.9.2342.19200300.100.1.1"
	oidEmail        = "1.2.840.113549.1.9.1"
)

var attributeLetters = map[string]string{
	oidCommonName: "CN", oidSurname: "SN", oidSerialNumber: "serialNumber", oidCountry: "C",
	"2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "street", oidOrganization: "O", oidUnit: "OU",
	"2.5.4.12": "title", "2.5.4.15": "businessCategory", oidGivenName: "GN", oidUID: "UID",
	"0.9.2342.19200300.100.1.25": "DC", oidEmail: "E", "2.5.4.97": "organizationIdentifier",
}

// attribute is one AttributeTypeAndValue; text is empty when it is no string.
type attribute struct {
	oid, text string
	value     []byte // raw DER of the value
}

func parseName(raw []byte) (Name, error) {
	var n Name
	rdns, ok := readRDNs(raw)
	if !ok {
		return n, malformed("a distinguished name")
	}
	var dn []string
	for _, rdn := range rdns {
		var parts []string
		for _, a := range rdn {
			parts = append(parts, a.display())
			n.take(a)
		}
		dn = append(dn, strings.Join(parts, "+"))
	}
	n.DN = strings.Join(dn, ", ")
	return n, nil
}

// readRDNs takes a Name apart (RFC 5280 §4.1.2.4).
func readRDNs(raw cryptobyte.String) ([][]attribute, bool) {
	var seq cryptobyte.String
	if !raw.ReadASN1(&seq, asn1.SEQUENCE) || !raw.Empty() {
		return nil, false
	}
	var rdns [][]attribute
	for !seq.Empty() {
		var set cryptobyte.String
		if !seq.ReadASN1(&set, asn1.SET) || set.Empty() {
			return nil, false
		}
		var rdn []attribute
		for !set.Empty() {
			a, ok := readAttribute(&set)
			if !ok {
				return nil, false
			}
			rdn = append(rdn, a)
		}
		rdns = append(rdns, rdn)
	}
	return rdns, true
}

func readAttribute(set *cryptobyte.String) (a attribute, ok bool) {
	var seq, value, content cryptobyte.String
	var tag asn1.Tag
	if !set.ReadASN1(&seq, asn1.SEQUENCE) {
		return a, false
	}
	if a.oid, ok = der.ReadOID(&seq); !ok || !seq.ReadAnyASN1Element(&value, &tag) || !seq.Empty() {
		return a, false
	}
	a.value = value
	if !value.ReadAnyASN1(&content, &tag) {
		return a, false
	}
	a.text, ok = decodeString(tag, content)
	return a, ok
}

const tagBMPString = asn1.Tag(30)

// decodeString decodes a DirectoryString or IA5String. A NUL is refused: it
// has cut names short in other programs. Values of other types give "".
func decodeString(tag asn1.Tag, b []byte) (string, bool) {
	var text string
	switch tag {
	case asn1.UTF8String, asn1.PrintableString, asn1.IA5String, asn1.Tag(18):
		text = string(b)
	case asn1.T61String:
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		text = string(runes)
	case tagBMPString:
		if len(b)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		}
		text = string(utf16.Decode(units))
	default:
		return "", true
	}
	return text, utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// take puts an attribute into its field; the first of several stands.
func (n *Name) take(a attribute) {
	first := func(field *string) {
		if *field == "" {
			*field = a.text
		}
	}
	switch a.oid {
	case oidCommonName:
		first(&n.CommonName)
	case oidSurname:
		first(&n.Surname)
	case oidGivenName:
		first(&n.GivenName)
	case oidOrganization:
		first(&n.Organization)
	case oidCountry:
		first(&n.Country)
	case oidUID:
		first(&n.UID)
	case oidEmail:
		first(&n.Email)
	case oidSerialNumber:
		n.takeIIN(a.text)
		n.takeBIN(a.text)
	case oidUnit:
		n.takeBIN(a.text)
	}
}

// display writes type=value; characters that would steer the reader's screen
// or end the value are escaped (RFC 4514 §2.4).
func (a attribute) display() string {
	letters := attributeLetters[a.oid]
	if letters == "" {
		letters = a.oid
	}
	var b strings.Builder
	b.WriteString(letters)
	b.WriteByte('=')
	for _, r := range a.text {
		switch {
		case strings.ContainsRune(`,+\;<>`, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

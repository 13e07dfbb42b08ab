package testpki

import (
	"crypto/x509"
	"math/big"
	"math/bits"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// keyStoreOIDs are values of the private extension 1.2.398.3.3.5.
var keyStoreOIDs = map[string]string{
	"pkcs12": "1.2.398.3.3.5.1.1", "jks": "1.2.398.3.3.5.1.2", "id_card": "1.2.398.3.3.5.2.1",
	"kaztoken": "1.2.398.3.3.5.2.2", "etoken": "1.2.398.3.3.5.2.3", "jacarta": "1.2.398.3.3.5.2.5",
	"akey": "1.2.398.3.3.5.2.6", "sim": "1.2.398.3.3.5.2.7", "certex_cloud": "1.2.398.3.3.5.3.1",
}

// extensions writes them in the order of the national certificates of 2026.
func (t *Template) extensions(id, issuerID, issuerName []byte, issuerSerial *big.Int) []Extension {
	var exts []Extension
	add := func(oid string, critical bool, f func(*cryptobyte.Builder)) {
		exts = append(exts, Extension{oid, critical, build(func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, f) })})
	}
	raw := func(oid string, critical bool, f func(*cryptobyte.Builder)) {
		exts = append(exts, Extension{oid, critical, build(f)})
	}
	if t.BasicConstraints {
		add("2.5.29.19", true, t.addBasicConstraints)
	}
	if len(t.Policies) > 0 {
		add("2.5.29.32", false, t.addPolicies)
	}
	if len(t.OCSPURLs)+len(t.IssuerURLs) > 0 {
		add("1.3.6.1.5.5.7.1.1", false, t.addAccess)
	}
	if len(t.CRLURLs) > 0 {
		add("2.5.29.31", false, points(t.CRLURLs))
	}
	if len(t.DeltaURLs) > 0 {
		add("2.5.29.46", false, points(t.DeltaURLs))
	}
	if len(t.EKU) > 0 {
		add("2.5.29.37", t.EKUCritical, func(b *cryptobyte.Builder) {
			for _, oid := range t.EKU {
				addOID(b, oid)
			}
		})
	}
	if t.KeyUsage != 0 {
		raw("2.5.29.15", true, t.addKeyUsage)
	}
	if t.SubjectKey {
		raw("2.5.29.14", false, func(b *cryptobyte.Builder) { b.AddASN1OctetString(id) })
	}
	if t.AuthorityID {
		add("2.5.29.35", false, func(b *cryptobyte.Builder) { t.addAuthorityKeyID(b, issuerID, issuerName, issuerSerial) })
	}
	if t.Email != "" {
		add("2.5.29.17", false, func(b *cryptobyte.Builder) { addString(b, 1, t.Email) })
	}
	if t.OCSPNoCheck {
		raw("1.3.6.1.5.5.7.48.1.5", false, func(b *cryptobyte.Builder) { b.AddASN1NULL() })
	}
	if oid := keyStoreOIDs[t.KeyStore]; oid != "" {
		add("1.2.398.3.3.5", false, func(b *cryptobyte.Builder) { addOID(b, oid) })
	}
	return append(exts, t.Extra...)
}

func (t *Template) addBasicConstraints(b *cryptobyte.Builder) {
	if t.IsCA {
		b.AddASN1Boolean(true)
	}
	if t.MaxPathLen >= 0 {
		b.AddASN1Int64(int64(t.MaxPathLen))
	}
}

func (t *Template) addPolicies(b *cryptobyte.Builder) {
	for _, oid := range t.Policies {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { addOID(b, oid) })
	}
}

func (t *Template) addAccess(b *cryptobyte.Builder) {
	each := func(method string, urls []string) {
		for _, url := range urls {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addOID(b, method)
				addString(b, 6, url)
			})
		}
	}
	each("1.3.6.1.5.5.7.48.1", t.OCSPURLs)
	each("1.3.6.1.5.5.7.48.2", t.IssuerURLs)
}

// addAuthorityKeyID: certificates of authorities name issuer and serial number
// too, as the national ones do (facts/national-pki.md §1.1 c).
func (t *Template) addAuthorityKeyID(b *cryptobyte.Builder, id, name []byte, serial *big.Int) {
	b.AddASN1(asn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(id) })
	if !t.IsCA {
		return
	}
	b.AddASN1(context(1), func(b *cryptobyte.Builder) {
		b.AddASN1(context(4), func(b *cryptobyte.Builder) { b.AddBytes(name) })
	})
	content := build(func(b *cryptobyte.Builder) { b.AddASN1BigInt(serial) })[2:]
	b.AddASN1(asn1.Tag(2).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(content) })
}

// addKeyUsage writes named bits with trailing zeros dropped (X.690 §11.2.2).
func (t *Template) addKeyUsage(b *cryptobyte.Builder) {
	octets := []byte{bits.Reverse8(byte(t.KeyUsage))}
	if t.KeyUsage&x509.KeyUsageDecipherOnly != 0 {
		octets = append(octets, 0x80)
	}
	unused := bits.TrailingZeros8(octets[len(octets)-1])
	b.AddASN1(asn1.BIT_STRING, func(b *cryptobyte.Builder) {
		b.AddUint8(uint8(unused))
		b.AddBytes(octets)
	})
}

func points(urls []string) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { addPointName(b, urls) })
	}
}

// addPointName writes [0] DistributionPointName with full names.
func addPointName(b *cryptobyte.Builder, urls []string) {
	b.AddASN1(context(0), func(b *cryptobyte.Builder) {
		b.AddASN1(context(0), func(b *cryptobyte.Builder) {
			for _, url := range urls {
				addString(b, 6, url)
			}
		})
	})
}

// addString writes a GeneralName that is an IA5String under [tag].
func addString(b *cryptobyte.Builder, tag uint8, s string) {
	b.AddASN1(asn1.Tag(tag).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(s)) })
}

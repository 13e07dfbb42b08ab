package pki_test

import (
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

type rdn struct {
	oid   []int
	value string
}

var (
	country      = []int{2, 5, 4, 6}
	organization = []int{2, 5, 4, 10}
)

// directory writes a directoryName with one attribute an RDN.
func directory(rdns ...rdn) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.Tag(4).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, r := range rdns {
					b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
						b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(r.oid)
							b.AddASN1(asn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(r.value)) })
						})
					})
				}
			})
		})
	}
}

// domain writes a dNSName.
func domain(name string) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.Tag(2).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
	}
}

// registered writes a registeredID.
func registered(b *cryptobyte.Builder) {
	b.AddASN1(asn1.Tag(8).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte{42, 3}) })
}

func constraints(permitted, excluded []func(*cryptobyte.Builder)) []testpki.Extension {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for tag, subtrees := range [][]func(*cryptobyte.Builder){permitted, excluded} {
			if len(subtrees) == 0 {
				continue
			}
			b.AddASN1(asn1.Tag(tag).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				for _, s := range subtrees {
					b.AddASN1(asn1.SEQUENCE, s)
				}
			})
		}
	})
	return []testpki.Extension{{OID: "2.5.29.30", Critical: true, Value: b.BytesOrPanic()}}
}

// TestNameConstraints limits an intermediate authority and issues below it.
func TestNameConstraints(t *testing.T) {
	type trees = []func(*cryptobyte.Builder)
	kz, ru := rdn{country, "KZ"}, rdn{country, "RU"}
	company, lower, other := rdn{organization, "СЫНАҚ АО"}, rdn{organization, "сынақ   ао"}, rdn{organization, "БАСҚА АО"}
	tests := []struct {
		name                string
		permitted, excluded trees
		want                reason.Code
	}{
		{"permitted country", trees{directory(kz)}, nil, ""},
		{"permitted organization", trees{directory(kz, company)}, nil, ""},
		{"letters and spaces do not count", trees{directory(kz, lower)}, nil, ""},
		{"one of two permitted", trees{directory(ru), directory(kz)}, nil, ""},
		{"other country", trees{directory(ru)}, nil, reason.ChainInvalid},
		{"other organization", trees{directory(kz, other)}, nil, reason.ChainInvalid},
		{"longer than the name", trees{directory(kz, company, company, company, company)}, nil, reason.ChainInvalid},
		{"excluded country", nil, trees{directory(kz)}, reason.ChainInvalid},
		{"excluded in other letters", nil, trees{directory(kz, lower)}, reason.ChainInvalid},
		{"other excluded", nil, trees{directory(kz, other)}, ""},
		{"permitted and excluded", trees{directory(kz)}, trees{directory(kz, company)}, reason.ChainInvalid},
		{"everything excluded", nil, trees{directory()}, reason.ChainInvalid},
		{"no domain among the names", trees{directory(kz), domain("kz")}, nil, ""},
		{"a form that is not enforced", trees{directory(kz), registered}, nil, reason.ChainInvalid},
	}
	ca := authority(t, testpki.ECDSA)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) { c.Extra = constraints(tt.permitted, tt.excluded) }})
			leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) {
				c.Subject = []testpki.Attribute{{OID: testpki.Country, Value: "KZ"}, {OID: testpki.Organization, Value: "СЫНАҚ АО"}, {OID: testpki.CommonName, Value: "СЫНАҚОВ СЫНАҚ"}}
				c.SignedBy(sub)
			}})
			_, err := trusting(ca).Chain(leaf.Certificate, []*pki.Certificate{sub.Certificate}, now)
			wantCode(t, err, tt.want)
		})
	}
}

// TestNameConstraintsOnAlternativeNames: a directory name beside the subject is
// held against the subtrees as well.
func TestNameConstraintsOnAlternativeNames(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) {
		c.Extra = constraints([]func(*cryptobyte.Builder){directory(rdn{country, "KZ"})}, nil)
	}})
	var names cryptobyte.Builder
	names.AddASN1(asn1.SEQUENCE, directory(rdn{country, "RU"}))
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) {
		c.Subject = []testpki.Attribute{{OID: testpki.Country, Value: "KZ"}}
		c.Extra = []testpki.Extension{{OID: "2.5.29.17", Value: names.BytesOrPanic()}}
		c.SignedBy(sub)
	}})
	_, err := trusting(ca).Chain(leaf.Certificate, []*pki.Certificate{sub.Certificate}, now)
	wantCode(t, err, reason.ChainInvalid)
}

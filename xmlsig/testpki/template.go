package testpki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/gost"
)

// Template is everything that goes into a certificate. Profile.Mutate gets it
// last, so that a test can break one thing and leave the rest right.
type Template struct {
	Serial              *big.Int // nil: the key identifier with the top bit cleared, as the national CA does
	Subject             []Attribute
	NotBefore, NotAfter time.Time

	KeyUsage    x509.KeyUsage // 0 leaves the extension out
	EKU         []string
	EKUCritical bool
	Policies    []string

	BasicConstraints bool // the extension is present
	IsCA             bool
	MaxPathLen       int // -1: none

	SubjectKey, AuthorityID bool   // the extensions are present
	AuthorityKeyID          []byte // nil: the issuer's own

	OCSPURLs, IssuerURLs, CRLURLs, DeltaURLs []string

	OCSPNoCheck bool
	KeyStore    string
	Email       string // alternative name
	Extra       []Extension

	Key                crypto.Signer // nil: a new one of the authority's algorithm
	SPKI               []byte        // nil: of Key
	Issuer             *Identity     // nil: self-signed
	SignatureAlgorithm string        // OID; "": the usual one of the issuer's key
	Raw                func(der []byte) []byte
}

// SignedBy makes another identity the issuer.
func (t *Template) SignedBy(issuer Identity) { t.Issuer = &issuer }

// SetSubject replaces the first attribute of the type, or adds it.
func (t *Template) SetSubject(oid, value string) {
	for i := range t.Subject {
		if t.Subject[i].OID == oid {
			t.Subject[i].Value = value
			return
		}
	}
	t.Subject = append(t.Subject, Attribute{oid, value})
}

// encode makes the certificate and gives its key.
func (a *Authority) encode(t *Template) ([]byte, crypto.Signer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key, err := t.Key, error(nil)
	if key == nil {
		if key, err = GenerateKey(a.alg, a.opt.Rand); err != nil {
			return nil, nil, err
		}
	}
	spki := t.SPKI
	if spki == nil {
		if spki, err = publicKeyInfo(key.Public()); err != nil {
			return nil, nil, err
		}
	}
	signer := key
	if t.Issuer != nil {
		signer = t.Issuer.Key
	}
	oid := t.SignatureAlgorithm
	if oid == "" {
		oid = defaultSignature(signer)
	}
	id := keyID(spki)
	serial := t.Serial
	if serial == nil {
		serial = serialFrom(id)
	}
	a.issued[serial.String()] = true
	null := nullParams(signer)
	tbs, err := t.tbs(serial, id, spki, oid, null)
	if err != nil {
		return nil, nil, err
	}
	der, err := a.signed(tbs, signer, oid, null, nil)
	if err == nil && t.Raw != nil {
		der = t.Raw(der)
	}
	return der, key, err
}

// serialFrom clears the top bit of a key identifier, so that the number is
// positive and has no more than 20 octets.
func serialFrom(id []byte) *big.Int {
	b := bytes.Clone(id)
	b[0] = b[0]&0x7f | 1
	return new(big.Int).SetBytes(b)
}

// nullParams: the national CA writes NULL parameters in its certificates.
func nullParams(signer crypto.Signer) bool {
	_, national := signer.Public().(*gost.PublicKey)
	return national
}

func (t *Template) tbs(serial *big.Int, id, spki []byte, oid string, null bool) ([]byte, error) {
	subject := encodeName(t.Subject)
	issuer, issuerID, issuerSerial := subject, id, serial
	issuerOfIssuer := subject
	if t.Issuer != nil {
		c := t.Issuer.Certificate
		issuer, issuerID, issuerSerial, issuerOfIssuer = c.RawSubject, c.SubjectKeyID, c.Serial, c.RawIssuer
	}
	if t.AuthorityKeyID != nil {
		issuerID = t.AuthorityKeyID
	}
	exts := t.extensions(id, issuerID, issuerOfIssuer, issuerSerial)
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(context(0), func(b *cryptobyte.Builder) { b.AddASN1Int64(2) })
		b.AddASN1BigInt(serial)
		addAlgorithm(b, oid, null)
		b.AddBytes(issuer)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addTime(b, t.NotBefore)
			addTime(b, t.NotAfter)
		})
		b.AddBytes(subject)
		b.AddBytes(spki)
		if len(exts) > 0 {
			b.AddASN1(context(3), func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, e := range exts {
						addExtension(b, e)
					}
				})
			})
		}
	})
	return b.Bytes()
}

// printable are the attributes the national CA writes as PrintableString.
var printable = map[string]bool{SerialNumber: true, Country: true}

func encodeName(attributes []Attribute) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, a := range attributes {
				tag := asn1.UTF8String
				if printable[a.OID] {
					tag = asn1.PrintableString
				}
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						addOID(b, a.OID)
						b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(a.Value)) })
					})
				})
			}
		})
	})
}

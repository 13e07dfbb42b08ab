package testpki

import (
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Revoked is one entry of a list.
type Revoked struct {
	Serial *big.Int
	At     time.Time
	Reason int // CRLReason (RFC 5280 §5.3.1); 0 is not written
	Extra  []Extension
}

// Revoke notes a revocation; the newest word on a serial number counts. Reason
// 8, removeFromCRL, takes a revocation back.
func (a *Authority) Revoke(serial *big.Int, at time.Time, reason int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revoked = slices.DeleteFunc(a.revoked, func(r Revoked) bool { return r.Serial.Cmp(serial) == 0 })
	if reason != removeFromCRL {
		a.revoked = append(a.revoked, Revoked{Serial: new(big.Int).Set(serial), At: at.UTC().Truncate(time.Second), Reason: reason})
	}
}

// removeFromCRL is the CRLReason that lifts a hold (RFC 5280 §5.3.1).
const removeFromCRL = 8

// CRLSpec is everything that goes into a list; tests may break parts of it.
type CRLSpec struct {
	Issuer                 Identity
	ThisUpdate, NextUpdate time.Time // a zero NextUpdate is left out
	Entries                []Revoked
	Number                 *big.Int // nil leaves the extension out
	Base                   *big.Int // not nil: a delta list against this number
	AuthorityID            bool
	Extra                  []Extension
	SignatureAlgorithm     string // OID; "": the usual one
}

// CRL gives a full list of the issuing authority.
func (a *Authority) CRL(thisUpdate, nextUpdate time.Time) ([]byte, error) {
	return a.MakeCRL(a.spec(a.issuing, thisUpdate, nextUpdate))
}

// RootCRL gives a full list of the root: the word on the issuing authority.
func (a *Authority) RootCRL(thisUpdate, nextUpdate time.Time) ([]byte, error) {
	return a.MakeCRL(a.spec(a.root, thisUpdate, nextUpdate))
}

// CRLSpec gives what [Authority.CRL] would write, to change it first.
func (a *Authority) CRLSpec(thisUpdate, nextUpdate time.Time) CRLSpec {
	return a.spec(a.issuing, thisUpdate, nextUpdate)
}

// RootCRLSpec gives what [Authority.RootCRL] would write, to change it first.
func (a *Authority) RootCRLSpec(thisUpdate, nextUpdate time.Time) CRLSpec {
	return a.spec(a.root, thisUpdate, nextUpdate)
}

func (a *Authority) spec(issuer Identity, thisUpdate, nextUpdate time.Time) CRLSpec {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.number++
	s := CRLSpec{Issuer: issuer, ThisUpdate: thisUpdate, NextUpdate: nextUpdate, Number: big.NewInt(a.number), AuthorityID: true}
	for _, r := range a.revoked {
		if ofRoot := r.Serial.Cmp(a.Issuing.Serial) == 0; ofRoot == (issuer.Certificate == a.Root) {
			s.Entries = append(s.Entries, r)
		}
	}
	return s
}

// MakeCRL writes and signs a list. National ones have no parameters inside and
// NULL outside, as the national test list of 2026 does.
func (a *Authority) MakeCRL(s CRLSpec) ([]byte, error) {
	oid := s.SignatureAlgorithm
	if oid == "" {
		oid = defaultSignature(s.Issuer.Key)
	}
	exts := s.extensions()
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		addAlgorithm(b, oid, false)
		b.AddBytes(s.Issuer.Certificate.RawSubject)
		addTime(b, s.ThisUpdate)
		if !s.NextUpdate.IsZero() {
			addTime(b, s.NextUpdate)
		}
		if len(s.Entries) > 0 {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, r := range s.Entries {
					addRevoked(b, r)
				}
			})
		}
		if len(exts) > 0 {
			b.AddASN1(context(0), func(b *cryptobyte.Builder) { addExtensions(b, exts) })
		}
	})
	tbs, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return a.signed(tbs, s.Issuer.Key, oid, nullParams(s.Issuer.Key), nil)
}

func (s CRLSpec) extensions() []Extension {
	var exts []Extension
	if s.AuthorityID {
		value := build(func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) {
					b.AddBytes(s.Issuer.Certificate.SubjectKeyID)
				})
			})
		})
		exts = append(exts, Extension{OID: "2.5.29.35", Value: value})
	}
	number := func(n *big.Int) []byte { return build(func(b *cryptobyte.Builder) { b.AddASN1BigInt(n) }) }
	if s.Number != nil {
		exts = append(exts, Extension{OID: "2.5.29.20", Value: number(s.Number)})
	}
	if s.Base != nil {
		exts = append(exts, Extension{OID: "2.5.29.27", Critical: true, Value: number(s.Base)})
	}
	return append(exts, s.Extra...)
}

func addExtensions(b *cryptobyte.Builder, exts []Extension) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, e := range exts {
			addExtension(b, e)
		}
	})
}

func addRevoked(b *cryptobyte.Builder, r Revoked) {
	exts := r.Extra
	if r.Reason != 0 {
		value := build(func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(r.Reason)) })
		exts = append([]Extension{{OID: "2.5.29.21", Value: value}}, exts...)
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(r.Serial)
		addTime(b, r.At)
		if len(exts) > 0 {
			addExtensions(b, exts)
		}
	})
}

// IssuingPoint writes an issuingDistributionPoint (RFC 5280 §5.2.5). The flags
// are its tags: 1 only users, 2 only CAs, 4 indirect, 5 only attributes.
func IssuingPoint(urls []string, flags ...uint8) Extension {
	value := build(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			if len(urls) > 0 {
				addPointName(b, urls)
			}
			for _, f := range flags {
				b.AddASN1(asn1.Tag(f).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0xff) })
			}
		})
	})
	return Extension{OID: "2.5.29.28", Critical: true, Value: value}
}

package testpki

import (
	"crypto/sha1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// tbs writes ResponseData (RFC 6960 §4.2.1).
func (s OCSPSpec) tbs() ([]byte, error) {
	exts := s.Extra
	if s.Nonce != nil {
		exts = append([]Extension{{OID: oidNonce, Value: s.Nonce}}, exts...)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		s.addResponder(b)
		b.AddASN1GeneralizedTime(s.ProducedAt.UTC())
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, single := range s.Singles {
				single.add(b)
			}
		})
		if len(exts) > 0 {
			b.AddASN1(context(1), func(b *cryptobyte.Builder) { addExtensions(b, exts) })
		}
	})
	return b.Bytes()
}

func (s OCSPSpec) addResponder(b *cryptobyte.Builder) {
	c := s.Signer.Certificate
	if !s.ByKey {
		b.AddASN1(context(1), func(b *cryptobyte.Builder) { b.AddBytes(c.RawSubject) })
		return
	}
	sum := sha1.Sum(c.RawPublicKeyBits)
	b.AddASN1(context(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) })
}

func (s OCSPSingle) add(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(s.CertID)
		s.addState(b)
		b.AddASN1GeneralizedTime(s.ThisUpdate.UTC())
		if !s.NextUpdate.IsZero() {
			b.AddASN1(context(0), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(s.NextUpdate.UTC()) })
		}
		if len(s.Extra) > 0 {
			b.AddASN1(context(1), func(b *cryptobyte.Builder) { addExtensions(b, s.Extra) })
		}
	})
}

// addState writes good and unknown as empty [0] and [2], revoked as [1] with
// time and reason.
func (s OCSPSingle) addState(b *cryptobyte.Builder) {
	if s.State != OCSPRevoked {
		b.AddASN1(asn1.Tag(s.State).ContextSpecific(), func(*cryptobyte.Builder) {})
		return
	}
	b.AddASN1(context(1), func(b *cryptobyte.Builder) {
		b.AddASN1GeneralizedTime(s.RevokedAt.UTC())
		if s.Reason != 0 {
			b.AddASN1(context(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(s.Reason)) })
		}
	})
}

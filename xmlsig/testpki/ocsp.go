package testpki

import (
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// OIDs of RFC 6960 §4.2.1, §4.4.1 and §4.4.8 (the answer may say "never issued").
const (
	oidBasicResponse  = "1.3.6.1.5.5.7.48.1.1"
	oidNonce          = "1.3.6.1.5.5.7.48.1.2"
	oidExtendedRevoke = "1.3.6.1.5.5.7.48.1.9"
	oidSHA1           = "1.3.14.3.2.26"
	oidSHA256         = "2.16.840.1.101.3.4.2.1"
)

// OCSPResponseStatus values (RFC 6960 §4.2.1).
const (
	ocspMalformedRequest = 1
	ocspUnauthorized     = 6
)

// OCSPState is the status in a single answer; the values are its tags
// (RFC 6960 §4.2.1).
type OCSPState uint8

// States of a certificate.
const (
	OCSPGood OCSPState = iota
	OCSPRevoked
	OCSPUnknown
)

// OCSPSingle is the answer about one certificate.
type OCSPSingle struct {
	CertID                 []byte // DER, as asked
	State                  OCSPState
	RevokedAt              time.Time
	Reason                 int // written when the state is revoked and it is not 0
	ThisUpdate, NextUpdate time.Time
	Extra                  []Extension
}

// OCSPSpec is everything that goes into an answer; tests may break parts of it.
type OCSPSpec struct {
	Signer             Identity
	Certificates       [][]byte // DER; by default the responder's
	ByKey              bool     // the responder is named by key hash, not by name
	ProducedAt         time.Time
	Singles            []OCSPSingle
	Nonce              []byte // value of the extension, nil leaves it out
	Extra              []Extension
	SignatureAlgorithm string // OID; "": the usual one
}

// OCSP answers a request as the national responder does: signed by a delegated
// responder, the nonce echoed, no nextUpdate, and "revoked, certificateHold,
// 1970-01-01" for what was never issued (facts/national-pki.md §1.5). About
// the issuing authority the root answers itself.
func (a *Authority) OCSP(request []byte, now time.Time) ([]byte, error) {
	return a.AnswerOCSP(request, now, nil)
}

// AnswerOCSP is OCSP with a chance to change the answer before it is signed.
func (a *Authority) AnswerOCSP(request []byte, now time.Time, mutate func(*OCSPSpec)) ([]byte, error) {
	ids, nonce, ok := parseRequest(request)
	if !ok {
		return ocspFailure(ocspMalformedRequest), nil
	}
	s := OCSPSpec{ProducedAt: now, Nonce: nonce, Signer: a.responder, Extra: []Extension{{OID: oidExtendedRevoke, Value: []byte{5, 0}}}}
	s.Certificates = [][]byte{a.responder.Certificate.Raw}
	for _, id := range ids {
		issuer := a.issuerOf(id)
		switch {
		case issuer == nil:
			return ocspFailure(ocspUnauthorized), nil
		case issuer == a.Root:
			s.Signer, s.Certificates, s.ByKey = a.root, nil, true
		}
		s.Singles = append(s.Singles, a.single(id, now))
	}
	if mutate != nil {
		mutate(&s)
	}
	return a.MakeOCSP(s)
}

func (a *Authority) single(id certID, now time.Time) OCSPSingle {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := OCSPSingle{CertID: id.raw, ThisUpdate: now}
	if !a.issued[id.serial.String()] {
		s.State, s.RevokedAt, s.Reason = OCSPRevoked, time.Unix(0, 0), 6
	}
	for _, r := range a.revoked {
		if r.Serial.Cmp(id.serial) == 0 {
			s.State, s.RevokedAt, s.Reason = OCSPRevoked, r.At, r.Reason
		}
	}
	return s
}

// MakeOCSP writes and signs an answer.
func (a *Authority) MakeOCSP(s OCSPSpec) ([]byte, error) {
	oid := s.SignatureAlgorithm
	if oid == "" {
		oid = defaultSignature(s.Signer.Key)
	}
	tbs, err := s.tbs()
	if err != nil {
		return nil, err
	}
	basic, err := a.signed(tbs, s.Signer.Key, oid, nullParams(s.Signer.Key), func(b *cryptobyte.Builder) {
		if len(s.Certificates) == 0 {
			return
		}
		b.AddASN1(context(0), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, c := range s.Certificates {
					b.AddBytes(c)
				}
			})
		})
	})
	if err != nil {
		return nil, err
	}
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Enum(0)
			b.AddASN1(context(0), func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					addOID(b, oidBasicResponse)
					b.AddASN1OctetString(basic)
				})
			})
		})
	}), nil
}

func ocspFailure(status int64) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Enum(status) })
	})
}

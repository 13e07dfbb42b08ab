package revocation

import (
	"crypto/sha256"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
)

// nonceBytes is RFC 9654 §2.1: clients send 32 octets, the most that responders
// of RFC 8954 take.
const nonceBytes = 32

// NewOCSPRequest writes a request about one certificate with a SHA-256 CertID
// (RFC 6960 §4.1.1). A nil nonce is left out.
func NewOCSPRequest(cert, issuer *pki.Certificate, nonce []byte) ([]byte, error) {
	name, key := sha256.Sum256(issuer.RawSubject), sha256.Sum256(issuer.RawPublicKeyBits)
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(idSHA256)
							b.AddASN1NULL()
						})
						b.AddASN1OctetString(name[:])
						b.AddASN1OctetString(key[:])
						b.AddASN1BigInt(cert.Serial)
					})
				})
			})
			if nonce != nil {
				addNonce(b, nonce)
			}
		})
	})
	return b.Bytes()
}

var (
	idSHA256 = []int{2, 16, 840, 1, 101, 3, 4, 2, 1}
	idNonce  = []int{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
)

// addNonce writes requestExtensions with the nonce as OCTET STRING within the
// extension's OCTET STRING (RFC 8954 §2.1).
func addNonce(b *cryptobyte.Builder, nonce []byte) {
	b.AddASN1(context2, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(idNonce)
				b.AddASN1(asn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(nonce) })
			})
		})
	})
}

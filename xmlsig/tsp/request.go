package tsp

import (
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/reason"
)

// NonceBytes is what a nonce should have: 64 bits (RFC 3161 §2.4.1).
const NonceBytes = 8

// NewRequest writes a TimeStampReq (RFC 3161 §2.4.1) for a digest made by the
// algorithm. An empty policy leaves the choice to the TSA; a nil nonce is left
// out. The TSA is always asked for its certificate.
func NewRequest(imprint []byte, algorithm, policy string, nonce *big.Int) ([]byte, error) {
	make, ok := hashes[algorithm]
	if !ok || len(imprint) != make().Size() {
		return nil, reason.Newf(reason.AlgorithmForbidden, "an imprint of %d bytes with hash algorithm %s", len(imprint), algorithm)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addOID(b, algorithm)
				b.AddASN1NULL()
			})
			b.AddASN1OctetString(imprint)
		})
		if policy != "" {
			addOID(b, policy)
		}
		if nonce != nil {
			b.AddASN1BigInt(nonce)
		}
		b.AddASN1Boolean(true)
	})
	request, err := b.Bytes()
	if err != nil {
		return nil, reason.Wrap(reason.SignatureMalformed, "the request for a time stamp", err)
	}
	return request, nil
}

func addOID(b *cryptobyte.Builder, dotted string) {
	oid, err := x509.ParseOID(dotted)
	if err != nil {
		b.SetError(err)
		return
	}
	b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) {
		content, err := oid.MarshalBinary()
		if err != nil {
			b.SetError(err)
		}
		b.AddBytes(content)
	})
}

package testpki

import (
	"errors"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
)

// TimeStamper is a time-stamping authority (RFC 3161) below an Authority. It may
// be used from many goroutines.
type TimeStamper struct {
	Identity
	ca     *Authority
	serial int64 // of the last token
}

// IssueTSA makes a time-stamping authority. The profile's dates and Mutate may
// make it one that must not be believed: expired, or without its purpose.
func (a *Authority) IssueTSA(p Profile) (*TimeStamper, error) {
	p.Kind = TSA
	id, err := a.Issue(p)
	return &TimeStamper{Identity: id, ca: a}, err
}

// PKIStatus values and PKIFailureInfo bits (RFC 3161 §2.4.2) that tests use.
const (
	StampRejection        = 2
	FailBadAlgorithm      = 0
	FailTimeNotAvailable  = 14
	FailUnacceptedPolicy  = 15
	FailSystem            = 25
	stampMalformedRequest = 2 // badRequest
)

// StampSpec says how to answer a request. Only Now is needed; the other fields
// make a token that is unusual or wrong in one thing.
type StampSpec struct {
	Now      time.Time
	Fraction time.Duration // added to Now in the token, written as decimals
	Accuracy time.Duration // whole seconds
	Policy   string        // "": as asked, else that of the key

	Hash    string   // "": as asked
	Imprint []byte   // nil: as asked
	Nonce   *big.Int // nil: as asked
	NoNonce bool

	Status, Failure int // a Status above 1 refuses

	V2            bool // ESSCertIDv2 instead of ESSCertID
	NoCertID      bool
	CertIDOf      *pki.Certificate // nil: the TSA's own
	ByKey         bool             // the signer is named by its key identifier
	KeyOID        bool             // SignerInfo's algorithm is that of the key, as the state's library writes
	NoCertificate bool             // the token does not carry the certificate
	Unsorted      bool             // the attributes are sent, not signed, in another order

	SignatureAlgorithm string      // OID; "": the usual one
	Extra              []Extension // of TSTInfo
}

// stampRequest is what was asked.
type stampRequest struct {
	hash    string
	imprint []byte
	policy  string
	nonce   *big.Int
}

var errNoTime = errors.New("testpki: StampSpec.Now is needed")

// Stamp answers a request as a TSA does: with a token, or a refusal.
func (t *TimeStamper) Stamp(request []byte, s StampSpec) ([]byte, error) {
	if s.Now.IsZero() {
		return nil, errNoTime
	}
	q, ok := parseStampRequest(request)
	switch {
	case s.Status > 1:
		return stampRefusal(s.Status, s.Failure), nil
	case !ok:
		return stampRefusal(StampRejection, stampMalformedRequest), nil
	}
	s.fill(q, nationalPolicy(t.Key))
	token, err := t.token(s)
	if err != nil {
		return nil, err
	}
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(s.Status)) })
			b.AddBytes(token)
		})
	}), nil
}

// fill takes from the request what the spec leaves open.
func (s *StampSpec) fill(q stampRequest, policy string) {
	for _, p := range []string{q.policy, policy} {
		if s.Policy == "" {
			s.Policy = p
		}
	}
	if s.Hash == "" {
		s.Hash = q.hash
	}
	if s.Imprint == nil {
		s.Imprint = q.imprint
	}
	switch {
	case s.NoNonce:
		s.Nonce = nil
	case s.Nonce == nil:
		s.Nonce = q.nonce
	}
}

// parseStampRequest reads TimeStampReq (RFC 3161 §2.4.1).
func parseStampRequest(request cryptobyte.String) (q stampRequest, ok bool) {
	var seq, imprint, digest cryptobyte.String
	var version int
	if !request.ReadASN1(&seq, asn1.SEQUENCE) || !request.Empty() || !seq.ReadASN1Integer(&version) || version != 1 ||
		!seq.ReadASN1(&imprint, asn1.SEQUENCE) {
		return q, false
	}
	alg, ok := der.ReadAlgorithm(&imprint)
	if !ok || !imprint.ReadASN1(&digest, asn1.OCTET_STRING) || !imprint.Empty() {
		return q, false
	}
	q.hash, q.imprint = alg.OID, digest
	if seq.PeekASN1Tag(asn1.OBJECT_IDENTIFIER) {
		if q.policy, ok = der.ReadOID(&seq); !ok {
			return q, false
		}
	}
	if seq.PeekASN1Tag(asn1.INTEGER) {
		q.nonce = new(big.Int)
		if !seq.ReadASN1Integer(q.nonce) {
			return q, false
		}
	}
	return q, true
}

// stampRefusal writes a TimeStampResp without a token.
func stampRefusal(status, failure int) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(int64(status))
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(asn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte("сынақ бас тарту")) })
				})
				bits := make([]byte, failure/8+1)
				bits[failure/8] = 0x80 >> (failure % 8)
				b.AddASN1(asn1.BIT_STRING, func(b *cryptobyte.Builder) {
					b.AddUint8(uint8(7 - failure%8))
					b.AddBytes(bits)
				})
			})
		})
	})
}

package revocation

import (
	"bytes"
	"crypto/sha256"
	"encoding/pem"
	"io"
	"math/big"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
)

// maxCRLBytes bounds a list. The largest national one was 21.6 MB in July 2026
// with 422 065 entries (facts/national-pki.md §1.5).
const maxCRLBytes = 256 << 20

// CRL is a revocation list (RFC 5280 §5), kept small: of the list itself 32 bytes
// an entry stay. It may be used from many goroutines.
type CRL struct {
	RawIssuer              []byte
	AuthorityKeyID         []byte
	Number                 *big.Int // nil when absent
	Base                   *big.Int // not nil: a delta list against this number
	ThisUpdate, NextUpdate time.Time
	ExpiredSince           time.Time // certificates that ended then or later stay on the list; zero: nothing is said
	SHA256                 [32]byte
	SignatureAlgorithm     string

	entries   entries
	scope     scope
	unusable  string // why no certificate can be judged by it
	algorithm der.Algorithm
	digest    []byte // of the signed part
	signature []byte
	signer    atomic.Pointer[[32]byte] // issuer the signature was verified with
}

// ParseCRL reads a list in DER or PEM.
func ParseCRL(b []byte) (*CRL, error) {
	if bytes.HasPrefix(bytes.TrimLeft(b[:min(len(b), 64)], " \r\n\t"), []byte("-----BEGIN ")) {
		if block, _ := pem.Decode(b); block != nil && block.Type == "X509 CRL" {
			b = block.Bytes
		}
	}
	return ReadCRL(bytes.NewReader(b))
}

// ReadCRL reads a list in DER from a stream, to its end. The list itself is never
// in memory, only its entries are. Unlike crypto/x509 it takes lists whose inner
// and outer algorithm differ in NULL parameters, as the national ones do. The
// signature is checked later, when the issuer is known.
func ReadCRL(r io.Reader) (*CRL, error) {
	whole := sha256.New()
	in := newInput(r, whole)
	end, ok := in.enter(asn1.SEQUENCE)
	if !ok {
		return nil, unreadable("the revocation list is not DER")
	}
	c := &CRL{}
	if err := c.readTBS(in); err != nil {
		return nil, err
	}
	outer, ok := in.element()
	if !ok || !c.isAlgorithm(outer) {
		return nil, unreadable("the revocation list's inner and outer algorithms differ")
	}
	signature, ok := in.element()
	if !ok || in.offset() != end || !in.empty() {
		return nil, unreadable("the revocation list's signature")
	}
	bits := cryptobyte.String(signature)
	if c.signature, ok = der.ReadBits(&bits); !ok {
		return nil, unreadable("the revocation list's signature")
	}
	c.signature = bytes.Clone(c.signature)
	in.digest()
	whole.Sum(c.SHA256[:0])
	return c, nil
}

// isAlgorithm compares the outer algorithm with the signed one.
func (c *CRL) isAlgorithm(element cryptobyte.String) bool {
	outer, ok := der.ReadAlgorithm(&element)
	return ok && outer.Equal(c.algorithm)
}

// readTBS reads the signed part. Its algorithm stands near its beginning, so that
// the digest is made while the rest goes by.
func (c *CRL) readTBS(in *input) error {
	start := in.offset()
	end, ok := in.enter(asn1.SEQUENCE)
	if !ok {
		return unreadable("the revocation list is not DER")
	}
	version := 0
	if in.next(end, asn1.INTEGER) {
		element, ok := in.element()
		s := cryptobyte.String(element)
		if !ok || !s.ReadASN1Integer(&version) || version != 1 {
			return unreadable("the revocation list's version")
		}
	}
	element, ok := in.element()
	s := cryptobyte.String(element)
	algorithm, readable := der.ReadAlgorithm(&s)
	if !ok || !readable || start < in.before { // no algorithm fills the window
		return unreadable("the revocation list's signature algorithm")
	}
	c.algorithm, c.algorithm.Params = algorithm, bytes.Clone(algorithm.Params)
	c.SignatureAlgorithm = c.algorithm.OID
	if signed, err := pki.NewDigest(c.algorithm); err == nil {
		signed.Write(in.since(start))
		in.digest()
		in.signed = signed
	}
	if err := c.readBody(in, end, version); err != nil {
		return err
	}
	if in.offset() != end {
		return unreadable("the revocation list's length")
	}
	if in.digest(); in.signed != nil {
		c.digest, in.signed = in.signed.Sum(nil), nil
	}
	return nil
}

// readBody reads what follows the algorithm.
func (c *CRL) readBody(in *input, end, version int) error {
	issuer, ok := in.element()
	if !ok || issuer[0] != byte(asn1.SEQUENCE) {
		return unreadable("the revocation list's issuer")
	}
	c.RawIssuer = bytes.Clone(issuer)
	if c.ThisUpdate, ok = in.time(); !ok {
		return unreadable("the revocation list's date")
	}
	if in.next(end, asn1.UTCTime) || in.next(end, asn1.GeneralizedTime) {
		if c.NextUpdate, ok = in.time(); !ok {
			return unreadable("the revocation list's next date")
		}
	} else {
		c.unusable = "without the date of the next list"
	}
	if in.next(end, asn1.SEQUENCE) && !c.readEntries(in, end) {
		return unreadable("an entry of the revocation list")
	}
	if in.offset() == end {
		return nil
	}
	element, ok := in.element()
	var explicit cryptobyte.String
	s := cryptobyte.String(element)
	if !ok || version != 1 || !s.ReadASN1(&explicit, asn1.Tag(0).ContextSpecific().Constructed()) {
		return unreadable("the revocation list's extensions")
	}
	exts, ok := der.ReadExtensions(&explicit)
	if !ok || !explicit.Empty() {
		return unreadable("the revocation list's extensions")
	}
	return c.parseExtensions(exts)
}

// Extensions of lists (RFC 5280 §5.2).
const (
	extNumber         = "2.5.29.20"
	extDeltaIndicator = "2.5.29.27"
	extIssuingPoint   = "2.5.29.28"
	extAuthorityKeyID = "2.5.29.35"
	extExpiredCerts   = "2.5.29.60" // expiredCertsOnCRL (X.509)
)

func (c *CRL) parseExtensions(exts []der.Extension) error {
	for _, e := range exts {
		ok := true
		switch e.OID {
		case extNumber:
			c.Number, ok = readNumber(e.Value)
		case extDeltaIndicator:
			c.Base, ok = readNumber(e.Value)
		case extIssuingPoint:
			c.scope, ok = readScope(e.Value)
		case extAuthorityKeyID:
			var id []byte
			id, ok = pki.ReadAuthorityKeyID(e.Value)
			c.AuthorityKeyID = bytes.Clone(id)
		case extExpiredCerts:
			c.ExpiredSince, ok = readGeneralizedTime(e.Value)
		default:
			if e.Critical {
				c.unusable = "with a critical extension that is not understood: " + e.OID
			}
		}
		if !ok {
			return unreadable("extension " + e.OID + " of the revocation list")
		}
	}
	return nil
}

func readNumber(value cryptobyte.String) (*big.Int, bool) {
	n := new(big.Int)
	ok := value.ReadASN1Integer(n) && value.Empty() && n.Sign() >= 0
	return n, ok
}

// readGeneralizedTime reads ExpiredCertsOnCRL, which has no other form.
func readGeneralizedTime(value cryptobyte.String) (time.Time, bool) {
	if !value.PeekASN1Tag(asn1.GeneralizedTime) {
		return time.Time{}, false
	}
	at, ok := der.ReadTime(&value)
	return at, ok && value.Empty()
}

// Len gives the number of entries.
func (c *CRL) Len() int { return len(c.entries.sorted) }

// IsDelta reports whether the list only tells changes against a base.
func (c *CRL) IsDelta() bool { return c.Base != nil }

// VerifyBy checks that the list was signed by the issuer; the answer is
// remembered.
func (c *CRL) VerifyBy(issuer *pki.Certificate) error {
	if known := c.signer.Load(); known != nil && *known == issuer.SHA256 {
		return nil
	}
	if err := pki.VerifyDigest(issuer.VerifyingKey(), c.algorithm, c.digest, c.signature); err != nil {
		return err
	}
	c.signer.Store(&issuer.SHA256)
	return nil
}

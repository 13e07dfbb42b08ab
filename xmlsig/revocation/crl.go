package revocation

import (
	"bytes"
	"crypto/sha256"
	"encoding/pem"
	"math/big"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
)

// maxCRLBytes bounds a list. The largest national one was 21.6 MB in July 2026
// with 422 065 entries (facts/national-pki.md §1.5).
const maxCRLBytes = 256 << 20

// CRL is a revocation list (RFC 5280 §5), kept small: the list itself is let go
// after parsing, 32 bytes an entry stay. It may be used from many goroutines.
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

// ParseCRL reads a list in DER or PEM. Unlike crypto/x509 it takes lists whose
// inner and outer algorithm differ in NULL parameters, as the national ones do.
// The signature is checked later, when the issuer is known.
func ParseCRL(b []byte) (*CRL, error) {
	if len(b) > maxCRLBytes {
		return nil, reason.Newf(reason.TooLarge, "a revocation list may have %d bytes", maxCRLBytes)
	}
	if bytes.HasPrefix(bytes.TrimLeft(b[:min(len(b), 64)], " \r\n\t"), []byte("-----BEGIN ")) {
		if block, _ := pem.Decode(b); block != nil && block.Type == "X509 CRL" {
			b = block.Bytes
		}
	}
	c := &CRL{SHA256: sha256.Sum256(b)}
	var list, tbs cryptobyte.String
	raw := cryptobyte.String(b)
	if !raw.ReadASN1(&list, asn1.SEQUENCE) || !raw.Empty() || !list.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return nil, unreadable("the revocation list is not DER")
	}
	var ok bool
	if c.algorithm, ok = der.ReadAlgorithm(&list); !ok {
		return nil, unreadable("the revocation list's signature algorithm")
	}
	if c.signature, ok = der.ReadBits(&list); !ok || !list.Empty() {
		return nil, unreadable("the revocation list's signature")
	}
	c.release()
	if digest, err := pki.NewDigest(c.algorithm); err == nil {
		digest.Write(tbs)
		c.digest = digest.Sum(nil)
	}
	var body cryptobyte.String
	if !tbs.ReadASN1(&body, asn1.SEQUENCE) {
		return nil, unreadable("the revocation list")
	}
	if err := c.parseTBS(&body); err != nil {
		return nil, err
	}
	return c, nil
}

// release copies what points into the file, so that the file can be let go.
func (c *CRL) release() {
	c.signature = bytes.Clone(c.signature)
	c.algorithm.Params = bytes.Clone(c.algorithm.Params)
	c.SignatureAlgorithm = c.algorithm.OID
}

func (c *CRL) parseTBS(tbs *cryptobyte.String) error {
	var version int
	if tbs.PeekASN1Tag(asn1.INTEGER) && (!tbs.ReadASN1Integer(&version) || version != 1) {
		return unreadable("the revocation list's version")
	}
	inner, ok := der.ReadAlgorithm(tbs)
	if !ok || !inner.Equal(c.algorithm) {
		return unreadable("the revocation list's inner and outer algorithms differ")
	}
	var issuer cryptobyte.String
	if !tbs.ReadASN1Element(&issuer, asn1.SEQUENCE) {
		return unreadable("the revocation list's issuer")
	}
	c.RawIssuer = bytes.Clone(issuer)
	if c.ThisUpdate, ok = der.ReadTime(tbs); !ok {
		return unreadable("the revocation list's date")
	}
	if tbs.PeekASN1Tag(asn1.UTCTime) || tbs.PeekASN1Tag(asn1.GeneralizedTime) {
		if c.NextUpdate, ok = der.ReadTime(tbs); !ok {
			return unreadable("the revocation list's next date")
		}
	} else {
		c.unusable = "without the date of the next list"
	}
	if tbs.PeekASN1Tag(asn1.SEQUENCE) {
		var revoked cryptobyte.String
		if !tbs.ReadASN1(&revoked, asn1.SEQUENCE) || !c.parseEntries(revoked) {
			return unreadable("an entry of the revocation list")
		}
	}
	if tbs.Empty() {
		return nil
	}
	var explicit cryptobyte.String
	if version != 1 || !tbs.ReadASN1(&explicit, asn1.Tag(0).ContextSpecific().Constructed()) || !tbs.Empty() {
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
	if err := pki.VerifyDigest(issuer.PublicKey, c.algorithm, c.digest, c.signature); err != nil {
		return err
	}
	c.signer.Store(&issuer.SHA256)
	return nil
}

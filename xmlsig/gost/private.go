package gost

import (
	"crypto"
	cryptorand "crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"slices"
)

// PrivateKey is a scalar on a curve and its public point. It implements [crypto.Signer] and is safe for concurrent use.
type PrivateKey struct {
	public *PublicKey
	d      []byte
}

// maxDraws bounds the search for a scalar. A draw succeeds with a chance of one half or better, so a good generator
// fails with a chance of 2^-128 at most; a broken one must not hang the caller.
const maxDraws = 128

// GenerateKey makes a key from rand, or from crypto/rand when rand is nil. The same bytes of rand give the same key.
func GenerateKey(c *Curve, rand io.Reader) (*PrivateKey, error) {
	if c == nil {
		return nil, errCurve
	}
	if rand == nil {
		rand = cryptorand.Reader
	}
	d := make([]byte, c.size)
	for range maxDraws {
		if _, err := io.ReadFull(rand, d); err != nil {
			return nil, fmt.Errorf("gost: generate key: %w", err)
		}
		c.shorten(d)
		if c.validScalar(d) {
			return newPrivateKey(c, d)
		}
	}
	return nil, errRandom
}

// ParsePrivateKey reads a little-endian scalar d of the curve's size with 0 < d < q.
func ParsePrivateKey(c *Curve, raw []byte) (*PrivateKey, error) {
	if c == nil {
		return nil, errCurve
	}
	if len(raw) != c.size || !c.validScalar(raw) {
		return nil, errScalar
	}
	return newPrivateKey(c, slices.Clone(raw))
}

func newPrivateKey(c *Curve, d []byte) (*PrivateKey, error) {
	public, err := ParsePublicKey(c, c.baseMult(d))
	if err != nil {
		return nil, err
	}
	return &PrivateKey{public: public, d: d}, nil
}

// Bytes returns the scalar, little-endian.
func (k *PrivateKey) Bytes() []byte { return slices.Clone(k.d) }

// Public returns the public key as a *PublicKey.
func (k *PrivateKey) Public() crypto.PublicKey { return k.public }

// Equal tells whether x is the same private key; it takes the same time for all keys of a curve.
func (k *PrivateKey) Equal(x crypto.PrivateKey) bool {
	other, ok := x.(*PrivateKey)
	return ok && other != nil && k.public.Curve == other.public.Curve && subtle.ConstantTimeCompare(k.d, other.d) == 1
}

// Sign returns r‖s, each little-endian, for a digest of the curve's size. With a nil rand the nonce follows from
// the key and the digest in the manner of RFC 6979; otherwise bytes of rand are mixed in as its §3.6 allows, so
// that neither a broken generator nor a fault betrays the key. The options are not looked at and may be nil.
func (k *PrivateKey) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	c := k.public.Curve
	if len(digest) != c.size {
		return nil, errDigest
	}
	nonces, err := newNonces(c, k.d, digest, rand)
	if err != nil {
		return nil, err
	}
	for {
		if sig, ok := c.sign(k.d, nonces.next(), digest); ok {
			return sig, nil
		}
	}
}

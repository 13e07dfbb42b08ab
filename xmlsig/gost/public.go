package gost

import (
	"bytes"
	"crypto"
	"errors"
	"slices"
)

// The reasons why bytes are not a key.
var (
	errCurve      = errors.New("gost: no curve given")
	errKeyLength  = errors.New("gost: public key has the wrong length")
	errCoordinate = errors.New("gost: coordinate of the public key is not below p")
	errOffCurve   = errors.New("gost: public key is not on the curve")
	errSubgroup   = errors.New("gost: public key is outside the subgroup of prime order")
	errScalar     = errors.New("gost: private key is not between 0 and q")
	errRandom     = errors.New("gost: random source gives no usable numbers")
	errDigest     = errors.New("gost: digest has the wrong length for the curve")
)

// PublicKey is a point on a curve. The zero value verifies nothing. Keys are safe for concurrent use.
type PublicKey struct {
	Curve *Curve // the curve the key was parsed for; do not change it

	raw   []byte // x‖y
	point keyPoint
}

// ParsePublicKey reads x‖y, each little-endian and of the curve's size: the content of the OCTET STRING inside the
// BIT STRING of a certificate. It refuses another length, coordinates that are not below p, points off the curve
// and points outside the subgroup of order q. Infinity has no such form.
func ParsePublicKey(c *Curve, raw []byte) (*PublicKey, error) {
	if c == nil {
		return nil, errCurve
	}
	if len(raw) != 2*c.size {
		return nil, errKeyLength
	}
	point, err := c.newPoint(raw)
	if err != nil {
		return nil, err
	}
	return &PublicKey{Curve: c, raw: slices.Clone(raw), point: point}, nil
}

// Bytes returns x‖y, each little-endian.
func (k *PublicKey) Bytes() []byte { return slices.Clone(k.raw) }

// Equal tells whether x is the same key on the same curve.
func (k *PublicKey) Equal(x crypto.PublicKey) bool {
	other, ok := x.(*PublicKey)
	return ok && other != nil && k.Curve == other.Curve && bytes.Equal(k.raw, other.raw)
}

// Verify tells whether sig is the signature of digest under k. The digest is read as a little-endian number modulo
// q, zero counting as one, and must have the curve's size; sig is r‖s, each little-endian and of the curve's size,
// with 0 < r, s < q. (GOST R 34.10-2012 §6.2, RFC 7091 §6.2.)
func (k *PublicKey) Verify(digest, sig []byte) bool {
	return k.point != nil && k.point.verify(digest, sig)
}

// Precompute builds a table that makes later calls of Verify several times faster. It pays for keys that verify many
// signatures, such as those of certificate authorities. Calling it again, or while others verify, is fine.
func (k *PublicKey) Precompute() {
	if k.point != nil {
		k.point.precompute()
	}
}

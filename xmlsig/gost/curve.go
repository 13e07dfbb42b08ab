package gost

import "sync"

// Curve is one of the parameter sets the national CA uses. Each set is one value: compare curves by pointer.
type Curve struct {
	name string
	size int
	arithmetic
}

// arithmetic is the part of a curve that depends on the length of its numbers. Numbers travel as little-endian
// bytes of the curve's size; points as x‖y.
type arithmetic interface {
	// newPoint reads a public key and refuses what is not one.
	newPoint(raw []byte) (keyPoint, error)
	// validScalar tells whether 0 < k < q.
	validScalar(k []byte) bool
	// reduceScalar returns k mod q.
	reduceScalar(k []byte) []byte
	// scalarBits is the length of q.
	scalarBits() int
	// baseMult returns k·G in constant time; 0 < k < q.
	baseMult(k []byte) []byte
	// sign returns r‖s for the private key d and the nonce k in constant time, or false when r or s is zero.
	sign(d, k, digest []byte) ([]byte, bool)
}

// keyPoint is the point of a public key; it is safe for concurrent use.
type keyPoint interface {
	verify(digest, sig []byte) bool
	precompute()
}

// Name returns the name of the parameter set.
func (c *Curve) Name() string { return c.name }

// Size returns the length of a coordinate in bytes: 64 or 32. Digests, scalars and the halves of a signature have
// the same length.
func (c *Curve) Size() int { return c.size }

// Curve512A returns id-tc26-gost-3410-12-512-paramSetA, the curve of ST RK GOST R 34.10-2015 with 512 bits.
func Curve512A() *Curve { return curve512A() }

// CurveCryptoProA returns id-GostR3410-2001-CryptoPro-A-ParamSet, the curve of GOST 34.310-2004.
func CurveCryptoProA() *Curve { return curveCryptoProA() }

// Curve256A returns id-tc26-gost-3410-2012-256-paramSetA in its Weierstrass form, the curve of
// ST RK GOST R 34.10-2015 with 256 bits. The national CA has registered but never issued such keys.
func Curve256A() *Curve { return curve256A() }

var (
	curve512A       = sync.OnceValue(func() *Curve { return newCurve(params512A) })
	curveCryptoProA = sync.OnceValue(func() *Curve { return newCurve(paramsCryptoProA) })
	curve256A       = sync.OnceValue(func() *Curve { return newCurve(params256A) })
)

// newCurve makes the curve of a parameter set.
func newCurve(p params) *Curve {
	c := &Curve{name: p.name, size: p.size}
	if p.size == 64 {
		c.arithmetic = newGroup[fe512](p)
	} else {
		c.arithmetic = newGroup[fe256](p)
	}
	return c
}

// shorten shifts k right so that no more bits are left than q has, the function bits2int of RFC 6979 §2.3.2.
func (c *Curve) shorten(k []byte) {
	spare := 8*c.size - c.scalarBits() // 0 or 1 for the curves there are
	for i := range k {
		k[i] >>= spare
		if i+1 < len(k) {
			k[i] |= k[i+1] << (8 - spare)
		}
	}
}

package gost

import (
	"errors"
	"math/big"
	"slices"
)

// newRefCurve makes a curve in the arithmetic of the reference; unlike newCurve it takes any field.
func newRefCurve(p params) *Curve {
	return &Curve{name: p.name, size: p.size, arithmetic: newReference(p)}
}

// reference is the arithmetic of a curve in plain math/big, written to be read and slow. Tests compare the real one
// with it.
type reference struct {
	size          int
	p, a, b, q, h *big.Int
	g             jac
}

// jac is a point in Jacobian coordinates; z = 0 is infinity.
type jac struct{ x, y, z *big.Int }

func newReference(p params) *reference {
	return &reference{
		size: p.size, p: hexInt(p.p), a: hexInt(p.a), b: hexInt(p.b), q: hexInt(p.q), h: big.NewInt(int64(p.cofactor)),
		g: jac{hexInt(p.x), hexInt(p.y), big.NewInt(1)},
	}
}

func (r *reference) mul(a, b *big.Int) *big.Int {
	z := new(big.Int).Mul(a, b)
	return z.Mod(z, r.p)
}

func (r *reference) sub(a, b *big.Int) *big.Int {
	z := new(big.Int).Sub(a, b)
	return z.Mod(z, r.p)
}

func (r *reference) times(n int64, a *big.Int) *big.Int { return r.mul(big.NewInt(n), a) }

func (r *reference) double(p jac) jac {
	if p.z.Sign() == 0 || p.y.Sign() == 0 {
		return jac{big.NewInt(1), big.NewInt(1), new(big.Int)}
	}
	yy := r.mul(p.y, p.y)
	s := r.times(4, r.mul(p.x, yy))
	zz := r.mul(p.z, p.z)
	m := new(big.Int).Add(r.times(3, r.mul(p.x, p.x)), r.mul(r.a, r.mul(zz, zz)))
	x := r.sub(r.mul(m, m), r.times(2, s))
	y := r.sub(r.mul(m, r.sub(s, x)), r.times(8, r.mul(yy, yy)))
	return jac{x, y, r.times(2, r.mul(p.y, p.z))}
}

func (r *reference) add(p, q jac) jac {
	if p.z.Sign() == 0 {
		return q
	}
	if q.z.Sign() == 0 {
		return p
	}
	zz1, zz2 := r.mul(p.z, p.z), r.mul(q.z, q.z)
	u1, u2 := r.mul(p.x, zz2), r.mul(q.x, zz1)
	s1, s2 := r.mul(p.y, r.mul(zz2, q.z)), r.mul(q.y, r.mul(zz1, p.z))
	h, t := r.sub(u2, u1), r.sub(s2, s1)
	if h.Sign() == 0 {
		if t.Sign() == 0 {
			return r.double(p)
		}
		return jac{big.NewInt(1), big.NewInt(1), new(big.Int)}
	}
	hh := r.mul(h, h)
	hhh := r.mul(hh, h)
	v := r.mul(u1, hh)
	x := r.sub(r.sub(r.mul(t, t), hhh), r.times(2, v))
	y := r.sub(r.mul(t, r.sub(v, x)), r.mul(s1, hhh))
	return jac{x, y, r.mul(h, r.mul(p.z, q.z))}
}

func (r *reference) scale(k *big.Int, p jac) jac {
	sum := jac{big.NewInt(1), big.NewInt(1), new(big.Int)}
	for i := k.BitLen() - 1; i >= 0; i-- {
		sum = r.double(sum)
		if k.Bit(i) == 1 {
			sum = r.add(sum, p)
		}
	}
	return sum
}

func (r *reference) affine(p jac) (x, y *big.Int) {
	inv := new(big.Int).ModInverse(p.z, r.p)
	ii := r.mul(inv, inv)
	return r.mul(p.x, ii), r.mul(p.y, r.mul(ii, inv))
}

// fromLE reads a little-endian number.
func fromLE(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// toLE writes n in size bytes, little-endian.
func toLE(n *big.Int, size int) []byte {
	b := n.FillBytes(make([]byte, size))
	slices.Reverse(b)
	return b
}

func (r *reference) newPoint(raw []byte) (keyPoint, error) {
	x, y := fromLE(raw[:r.size]), fromLE(raw[r.size:])
	if x.Cmp(r.p) >= 0 || y.Cmp(r.p) >= 0 {
		return nil, errors.New("gost: coordinate out of range")
	}
	rhs := new(big.Int).Add(r.mul(x, new(big.Int).Add(r.mul(x, x), r.a)), r.b)
	if r.sub(r.mul(y, y), rhs).Sign() != 0 {
		return nil, errors.New("gost: point off the curve")
	}
	p := jac{x, y, big.NewInt(1)}
	if r.h.Cmp(big.NewInt(1)) != 0 && r.scale(r.q, p).z.Sign() != 0 {
		return nil, errors.New("gost: point outside the group of prime order")
	}
	return &refPoint{r, p}, nil
}

func (r *reference) scalarBits() int { return r.q.BitLen() }

func (r *reference) validScalar(k []byte) bool {
	n := fromLE(k)
	return len(k) == r.size && n.Sign() > 0 && n.Cmp(r.q) < 0
}

func (r *reference) baseMult(k []byte) []byte {
	x, y := r.affine(r.scale(fromLE(k), r.g))
	return append(toLE(x, r.size), toLE(y, r.size)...)
}

func (r *reference) digest(digest []byte) *big.Int {
	e := fromLE(digest)
	if e.Mod(e, r.q); e.Sign() == 0 {
		e.SetInt64(1)
	}
	return e
}

func (r *reference) sign(d, k, digest []byte) ([]byte, bool) {
	x, _ := r.affine(r.scale(fromLE(k), r.g))
	x.Mod(x, r.q)
	s := new(big.Int).Mul(x, fromLE(d))
	s.Add(s, new(big.Int).Mul(fromLE(k), r.digest(digest)))
	s.Mod(s, r.q)
	return append(toLE(x, r.size), toLE(s, r.size)...), x.Sign() != 0 && s.Sign() != 0
}

type refPoint struct {
	*reference
	point jac
}

func (p *refPoint) precompute() {}

func (p *refPoint) verify(digest, sig []byte) bool {
	r, s := fromLE(sig[:p.size]), fromLE(sig[p.size:])
	if !p.validScalar(sig[:p.size]) || !p.validScalar(sig[p.size:]) {
		return false
	}
	v := p.digest(digest)
	v.ModInverse(v, p.q)
	z1 := new(big.Int).Mul(s, v)
	z2 := new(big.Int).Mul(new(big.Int).Sub(p.q, r), v)
	c := p.reference.add(p.scale(z1.Mod(z1, p.q), p.g), p.scale(z2.Mod(z2, p.q), p.point))
	if c.z.Sign() == 0 {
		return false
	}
	x, _ := p.affine(c)
	return x.Mod(x, p.q).Cmp(r) == 0
}

func (r *reference) reduceScalar(k []byte) []byte {
	n := fromLE(k)
	return toLE(n.Mod(n, r.q), r.size)
}

package gost

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// point is the point of a public key.
type point[E element] struct {
	group *group[E]
	at    affine[E]
	once  sync.Once
	table atomic.Pointer[table[E]] // nil until precompute
}

func (g *group[E]) newPoint(raw []byte) (keyPoint, error) {
	half := len(raw) / 2
	p := affine[E]{fromBytes[E](raw[:half]), fromBytes[E](raw[half:])}
	if !isCanonical(&p.x) || !isCanonical(&p.y) {
		return nil, errCoordinate
	}
	if !g.contains(&p) {
		return nil, errOffCurve
	}
	if !g.inSubgroup(&p) {
		return nil, errSubgroup
	}
	return &point[E]{group: g, at: p}, nil
}

func isCanonical[E element](x *E) bool {
	t := *x
	canonical(&t)
	return t == *x
}

// inSubgroup tells whether q·p is infinity; where the cofactor is one, it is for every point.
func (g *group[E]) inSubgroup(p *affine[E]) bool {
	if g.cofactor == 1 {
		return true
	}
	multiple := g.multipleOf(p, &g.order.q)
	return multiple.isInfinity()
}

func (p *point[E]) precompute() {
	p.once.Do(func() { p.table.Store(newTable(p.group, &p.at)) })
}

// verify follows RFC 7091 §6.2: with v = 1/e, the x of sv·G − rv·Q must be r modulo q.
func (p *point[E]) verify(digest, sig []byte) bool {
	g, o := p.group, &p.group.order
	half := 8 * len(p.at.x)
	if len(digest) != half || len(sig) != 2*half {
		return false
	}
	r, s := fromBytes[E](sig[:half]), fromBytes[E](sig[half:])
	if !o.valid(&r) || !o.valid(&s) {
		return false
	}
	e := o.scalar(digest)
	v := o.invert(&e)
	v = o.toMontgomery(&v)
	var z1, z2 E
	o.mul(&z1, &s, &v)
	o.mul(&z2, &r, &v)
	o.negate(&z2, &z2)

	sum := p.multiple(&z2)
	g.table().addMultiple(&sum, &z1)
	return g.hasX(&sum, &r)
}

// multiple returns k times the point, in variable time.
func (p *point[E]) multiple(k *E) jacobian[E] {
	t := p.table.Load()
	if t == nil {
		return p.group.multipleOf(&p.at, k)
	}
	sum := infinity[E]()
	t.addMultiple(&sum, k)
	return sum
}

// hasX tells whether the x of p is r modulo q. It compares x with r·z², r+q·z² and so on, as x itself would cost an
// inversion; below p there are at most four candidates.
func (g *group[E]) hasX(p *jacobian[E], r *E) bool {
	if p.isInfinity() {
		return false
	}
	var zz, want E
	sqr(&zz, &p.z)
	for candidate, ok := *r, true; ok; candidate, ok = g.plusOrder(&candidate) {
		mul(&want, &candidate, &zz)
		sub(&want, &want, &p.x)
		if isZero(&want) {
			return true
		}
	}
	return false
}

// plusOrder returns x + q, and whether it is below p.
func (g *group[E]) plusOrder(x *E) (sum E, ok bool) {
	var carry uint64
	for i := range len(sum) {
		sum[i], carry = bits.Add64((*x)[i], g.order.q[i], carry)
	}
	return sum, carry == 0 && isCanonical(&sum)
}

package gost

import "sync"

// newGroup makes the group of a parameter set; the set must be over the field of E.
func newGroup[E element](p params) *group[E] {
	g := &group[E]{
		a:        fromBig[E](hexInt(p.a)),
		b:        fromBig[E](hexInt(p.b)),
		cofactor: p.cofactor,
		order:    newOrder[E](hexInt(p.q)),
		base:     affine[E]{fromBig[E](hexInt(p.x)), fromBig[E](hexInt(p.y))},
	}
	var minus3 E
	three := small[E](3)
	sub(&minus3, &minus3, &three)
	canonical(&minus3)
	g.minus3 = g.a == minus3
	g.table = sync.OnceValue(func() *table[E] { return newTable(g, &g.base) })
	return g
}

func (g *group[E]) scalarBits() int { return g.order.bits }

func (g *group[E]) validScalar(k []byte) bool {
	n := fromBytes[E](k)
	return g.order.valid(&n)
}

func (g *group[E]) reduceScalar(k []byte) []byte {
	n := fromBytes[E](k)
	n = g.order.mod(&n)
	return appendBytes(nil, &n)
}

func (g *group[E]) baseMult(k []byte) []byte {
	n := fromBytes[E](k)
	sum := g.table().multiple(&n)
	p := sum.toAffine()
	return appendBytes(appendBytes(nil, &p.x), &p.y)
}

// sign follows RFC 7091 §6.1: r = x(k·G) mod q, s = rd + ke mod q.
func (g *group[E]) sign(d, k, digest []byte) ([]byte, bool) {
	o := &g.order
	dn, kn, e := fromBytes[E](d), fromBytes[E](k), o.scalar(digest)
	point := g.table().multiple(&kn)
	x := point.toAffine().x
	r := o.mod(&x)

	dn, e = o.toMontgomery(&dn), o.toMontgomery(&e)
	var s, ke E
	o.mul(&s, &r, &dn)
	o.mul(&ke, &kn, &e)
	o.add(&s, &s, &ke)
	return appendBytes(appendBytes(nil, &r), &s), o.valid(&r) && o.valid(&s)
}

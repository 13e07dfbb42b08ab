package gost

// affine is the point (x, y); infinity has no such form.
type affine[E element] struct{ x, y E }

// jacobian is the point (x/z², y/z³); infinity is (1, 1, 0).
type jacobian[E element] struct{ x, y, z E }

// group is the curve y² = x³ + ax + b with its base point, in arithmetic of fixed length.
type group[E element] struct {
	a, b     E
	minus3   bool // a = −3, which makes doubling cheaper
	cofactor int
	order    order[E]
	base     affine[E]
	table    func() *table[E] // multiples of the base point, built on first use
}

func infinity[E element]() jacobian[E] {
	one := small[E](1)
	return jacobian[E]{x: one, y: one}
}

func (p *affine[E]) jacobian() jacobian[E] { return jacobian[E]{p.x, p.y, small[E](1)} }

func (p *jacobian[E]) isInfinity() bool { return isZero(&p.z) }

// contains tells whether p satisfies the equation of the curve.
func (g *group[E]) contains(p *affine[E]) bool {
	var left, right E
	sqr(&left, &p.y)
	sqr(&right, &p.x)
	add(&right, &right, &g.a)
	mul(&right, &right, &p.x)
	add(&right, &right, &g.b)
	sub(&left, &left, &right)
	return isZero(&left)
}

// double sets p = 2p. It takes constant time and holds for infinity and for points of order two as well.
func (g *group[E]) double(p *jacobian[E]) {
	var alpha, beta, gamma, t E
	g.slope(&alpha, p)
	sqr(&gamma, &p.y)
	mul(&beta, &p.x, &gamma)
	add(&beta, &beta, &beta)
	add(&beta, &beta, &beta) // 4xy²

	mul(&p.z, &p.y, &p.z)
	add(&p.z, &p.z, &p.z) // 2yz

	sqr(&p.x, &alpha)
	add(&t, &beta, &beta)
	sub(&p.x, &p.x, &t) // α² − 8xy²

	sqr(&gamma, &gamma)
	add(&gamma, &gamma, &gamma)
	add(&gamma, &gamma, &gamma)
	add(&gamma, &gamma, &gamma) // 8y⁴
	sub(&t, &beta, &p.x)
	mul(&t, &alpha, &t)
	sub(&p.y, &t, &gamma)
}

// slope sets alpha = 3x² + az⁴, which is 3(x − z²)(x + z²) for a = −3.
func (g *group[E]) slope(alpha *E, p *jacobian[E]) {
	var zz, t E
	sqr(&zz, &p.z)
	if g.minus3 {
		add(&t, &p.x, &zz)
		sub(&zz, &p.x, &zz)
		mul(&zz, &zz, &t)
		add(alpha, &zz, &zz)
		add(alpha, alpha, &zz)
		return
	}
	sqr(&t, &p.x)
	sqr(&zz, &zz)
	mul(&zz, &zz, &g.a)
	add(&zz, &zz, &t)
	add(&zz, &zz, &t)
	add(alpha, &zz, &t)
}

// addAffine sets p = p + q in variable time.
func (g *group[E]) addAffine(p *jacobian[E], q *affine[E]) {
	if p.isInfinity() {
		*p = q.jacobian()
		return
	}
	var sum jacobian[E]
	h, r := g.addDistinct(&sum, p, q)
	switch {
	case !isZero(&h):
		*p = sum
	case isZero(&r):
		g.double(p)
	default:
		*p = infinity[E]()
	}
}

// addDistinct sets sum = p + q in constant time for finite p ≠ ±q. The differences h of the x's and r of the y's
// (on a common denominator) tell the other cases: h is zero if p = ±q, r too if p = q.
func (g *group[E]) addDistinct(sum, p *jacobian[E], q *affine[E]) (h, r E) {
	var zz, hh, hhh, v E
	sqr(&zz, &p.z)
	mul(&h, &q.x, &zz)
	sub(&h, &h, &p.x)
	mul(&zz, &zz, &p.z)
	mul(&r, &q.y, &zz)
	sub(&r, &r, &p.y)

	sqr(&hh, &h)
	mul(&hhh, &hh, &h)
	mul(&v, &p.x, &hh)
	mul(&sum.z, &p.z, &h)
	g.finish(sum, &r, &hhh, &v, &p.y)
	return h, r
}

// finish sets x = r² − h³ − 2v and y = r(v − x) − y₁h³, the last steps of both additions.
func (g *group[E]) finish(sum *jacobian[E], r, hhh, v, y1 *E) {
	var t, u E
	sqr(&t, r)
	sub(&t, &t, hhh)
	sub(&t, &t, v)
	sub(&t, &t, v)
	mul(&u, y1, hhh)
	sub(v, v, &t)
	sum.x = t
	mul(&t, r, v)
	sub(&sum.y, &t, &u)
}

// add sets p = p + q in variable time.
func (g *group[E]) add(p, q *jacobian[E]) {
	if q.isInfinity() {
		return
	}
	if p.isInfinity() {
		*p = *q
		return
	}
	var zz1, zz2, u1, s1, h, r, hh, hhh E
	sqr(&zz1, &p.z)
	sqr(&zz2, &q.z)
	mul(&u1, &p.x, &zz2)
	mul(&h, &q.x, &zz1)
	sub(&h, &h, &u1)
	mul(&zz2, &zz2, &q.z)
	mul(&s1, &p.y, &zz2)
	mul(&zz1, &zz1, &p.z)
	mul(&r, &q.y, &zz1)
	sub(&r, &r, &s1)
	if isZero(&h) {
		if isZero(&r) {
			g.double(p)
		} else {
			*p = infinity[E]()
		}
		return
	}
	sqr(&hh, &h)
	mul(&hhh, &hh, &h)
	mul(&u1, &u1, &hh)
	mul(&p.z, &p.z, &q.z)
	mul(&p.z, &p.z, &h)
	g.finish(p, &r, &hhh, &u1, &s1)
}

// negate sets p = −p.
func (p *affine[E]) negate() {
	var zero E
	sub(&p.y, &zero, &p.y)
}

// negate sets p = −p.
func (p *jacobian[E]) negate() {
	var zero E
	sub(&p.y, &zero, &p.y)
}

// toAffine returns the finite point p in affine form, canonical, in constant time.
func (p *jacobian[E]) toAffine() affine[E] {
	var inv E
	inverse(&inv, &p.z)
	return p.scale(&inv)
}

// scale returns p in affine form, given 1/z.
func (p *jacobian[E]) scale(inv *E) (q affine[E]) {
	var square E
	sqr(&square, inv)
	mul(&q.x, &p.x, &square)
	mul(&square, &square, inv)
	mul(&q.y, &p.y, &square)
	canonical(&q.x)
	canonical(&q.y)
	return q
}

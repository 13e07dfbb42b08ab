package gost

import "math/bits"

// excess256 is 2^256 − p for the field of the 256-bit curves: p = 2^256 − 617.
const excess256 = 617

// fe256 is an integer modulo p, least significant word first. Any value below 2^256 is allowed, so a residue below
// 617 has two forms; canonical picks the one below p. All operations take constant time.
type fe256 [4]uint64

// mul256 sets z = x·y.
func mul256(z, x, y *fe256) {
	var t [8]uint64
	var c column
	c = c.add(x[0], y[0])
	t[0], c = c.low, c.next()
	c = c.add(x[0], y[1]).add(x[1], y[0])
	t[1], c = c.low, c.next()
	c = c.add(x[0], y[2]).add(x[1], y[1]).add(x[2], y[0])
	t[2], c = c.low, c.next()
	c = c.add(x[0], y[3]).add(x[1], y[2]).add(x[2], y[1]).add(x[3], y[0])
	t[3], c = c.low, c.next()
	c = c.add(x[1], y[3]).add(x[2], y[2]).add(x[3], y[1])
	t[4], c = c.low, c.next()
	c = c.add(x[2], y[3]).add(x[3], y[2])
	t[5], c = c.low, c.next()
	c = c.add(x[3], y[3])
	t[6], c = c.low, c.next()
	t[7] = c.low
	fold256(z, &t)
}

// sqr256 sets z = x².
func sqr256(z, x *fe256) {
	var t [8]uint64
	var c column
	c = c.add(x[0], x[0])
	t[0], c = c.low, c.next()
	c = c.twice(x[0], x[1])
	t[1], c = c.low, c.next()
	c = c.twice(x[0], x[2]).add(x[1], x[1])
	t[2], c = c.low, c.next()
	c = c.twice(x[0], x[3]).twice(x[1], x[2])
	t[3], c = c.low, c.next()
	c = c.twice(x[1], x[3]).add(x[2], x[2])
	t[4], c = c.low, c.next()
	c = c.twice(x[2], x[3])
	t[5], c = c.low, c.next()
	c = c.add(x[3], x[3])
	t[6], c = c.low, c.next()
	t[7] = c.low
	fold256(z, &t)
}

// fold256 sets z = t mod p: the upper half of t counts 617 times, as 2^256 ≡ 617.
func fold256(z *fe256, t *[8]uint64) {
	var c uint64
	h0, l0 := bits.Mul64(t[4], excess256)
	h1, l1 := bits.Mul64(t[5], excess256)
	h2, l2 := bits.Mul64(t[6], excess256)
	h3, l3 := bits.Mul64(t[7], excess256)
	l1, c = bits.Add64(l1, h0, 0)
	l2, c = bits.Add64(l2, h1, c)
	l3, c = bits.Add64(l3, h2, c)
	h3 += c
	l0, c = bits.Add64(l0, t[0], 0)
	l1, c = bits.Add64(l1, t[1], c)
	l2, c = bits.Add64(l2, t[2], c)
	l3, c = bits.Add64(l3, t[3], c)
	h3 += c
	z[0], c = bits.Add64(l0, h3*excess256, 0)
	z[1], c = bits.Add64(l1, 0, c)
	z[2], c = bits.Add64(l2, 0, c)
	z[3], c = bits.Add64(l3, 0, c)
	z[0] += excess256 & -c // after a carry the rest is tiny
}

// add256 sets z = x + y.
func add256(z, x, y *fe256) {
	a0, c := bits.Add64(x[0], y[0], 0)
	a1, c := bits.Add64(x[1], y[1], c)
	a2, c := bits.Add64(x[2], y[2], c)
	a3, c := bits.Add64(x[3], y[3], c)
	a0, c = bits.Add64(a0, excess256&-c, 0)
	z[1], c = bits.Add64(a1, 0, c)
	z[2], c = bits.Add64(a2, 0, c)
	z[3], c = bits.Add64(a3, 0, c)
	z[0] = a0 + excess256&-c // after a second carry the rest is tiny
}

// sub256 sets z = x − y.
func sub256(z, x, y *fe256) {
	s0, c := bits.Sub64(x[0], y[0], 0)
	s1, c := bits.Sub64(x[1], y[1], c)
	s2, c := bits.Sub64(x[2], y[2], c)
	s3, c := bits.Sub64(x[3], y[3], c)
	s0, c = bits.Sub64(s0, excess256&-c, 0)
	z[1], c = bits.Sub64(s1, 0, c)
	z[2], c = bits.Sub64(s2, 0, c)
	z[3], c = bits.Sub64(s3, 0, c)
	z[0] = s0 - excess256&-c // after a second borrow the lowest word is large
}

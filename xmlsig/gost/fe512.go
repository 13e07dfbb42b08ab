package gost

import "math/bits"

// excess512 is 2^512 − p for the field of the 512-bit curves: p = 2^512 − 569.
const excess512 = 569

// fe512 is an integer modulo p, least significant word first. Any value below 2^512 is allowed, so a residue below
// 569 has two forms; canonical picks the one below p. All operations take constant time.
type fe512 [8]uint64

// mul512 sets z = x·y.
func mul512(z, x, y *fe512) {
	var t [16]uint64
	var c column
	c = c.add(x[0], y[0])
	t[0], c = c.low, c.next()
	c = c.add(x[0], y[1]).add(x[1], y[0])
	t[1], c = c.low, c.next()
	c = c.add(x[0], y[2]).add(x[1], y[1]).add(x[2], y[0])
	t[2], c = c.low, c.next()
	c = c.add(x[0], y[3]).add(x[1], y[2]).add(x[2], y[1]).add(x[3], y[0])
	t[3], c = c.low, c.next()
	c = c.add(x[0], y[4]).add(x[1], y[3]).add(x[2], y[2]).add(x[3], y[1]).add(x[4], y[0])
	t[4], c = c.low, c.next()
	c = c.add(x[0], y[5]).add(x[1], y[4]).add(x[2], y[3]).add(x[3], y[2]).add(x[4], y[1]).add(x[5], y[0])
	t[5], c = c.low, c.next()
	c = c.add(x[0], y[6]).add(x[1], y[5]).add(x[2], y[4]).add(x[3], y[3]).add(x[4], y[2]).add(x[5], y[1]).add(x[6], y[0])
	t[6], c = c.low, c.next()
	c = c.add(x[0], y[7]).add(x[1], y[6]).add(x[2], y[5]).add(x[3], y[4]).
		add(x[4], y[3]).add(x[5], y[2]).add(x[6], y[1]).add(x[7], y[0])
	t[7], c = c.low, c.next()
	c = c.add(x[1], y[7]).add(x[2], y[6]).add(x[3], y[5]).add(x[4], y[4]).add(x[5], y[3]).add(x[6], y[2]).add(x[7], y[1])
	t[8], c = c.low, c.next()
	c = c.add(x[2], y[7]).add(x[3], y[6]).add(x[4], y[5]).add(x[5], y[4]).add(x[6], y[3]).add(x[7], y[2])
	t[9], c = c.low, c.next()
	c = c.add(x[3], y[7]).add(x[4], y[6]).add(x[5], y[5]).add(x[6], y[4]).add(x[7], y[3])
	t[10], c = c.low, c.next()
	c = c.add(x[4], y[7]).add(x[5], y[6]).add(x[6], y[5]).add(x[7], y[4])
	t[11], c = c.low, c.next()
	c = c.add(x[5], y[7]).add(x[6], y[6]).add(x[7], y[5])
	t[12], c = c.low, c.next()
	c = c.add(x[6], y[7]).add(x[7], y[6])
	t[13], c = c.low, c.next()
	c = c.add(x[7], y[7])
	t[14], c = c.low, c.next()
	t[15] = c.low
	fold512(z, &t)
}

// sqr512 sets z = x².
func sqr512(z, x *fe512) {
	var t [16]uint64
	var c column
	c = c.add(x[0], x[0])
	t[0], c = c.low, c.next()
	c = c.twice(x[0], x[1])
	t[1], c = c.low, c.next()
	c = c.twice(x[0], x[2]).add(x[1], x[1])
	t[2], c = c.low, c.next()
	c = c.twice(x[0], x[3]).twice(x[1], x[2])
	t[3], c = c.low, c.next()
	c = c.twice(x[0], x[4]).twice(x[1], x[3]).add(x[2], x[2])
	t[4], c = c.low, c.next()
	c = c.twice(x[0], x[5]).twice(x[1], x[4]).twice(x[2], x[3])
	t[5], c = c.low, c.next()
	c = c.twice(x[0], x[6]).twice(x[1], x[5]).twice(x[2], x[4]).add(x[3], x[3])
	t[6], c = c.low, c.next()
	c = c.twice(x[0], x[7]).twice(x[1], x[6]).twice(x[2], x[5]).twice(x[3], x[4])
	t[7], c = c.low, c.next()
	c = c.twice(x[1], x[7]).twice(x[2], x[6]).twice(x[3], x[5]).add(x[4], x[4])
	t[8], c = c.low, c.next()
	c = c.twice(x[2], x[7]).twice(x[3], x[6]).twice(x[4], x[5])
	t[9], c = c.low, c.next()
	c = c.twice(x[3], x[7]).twice(x[4], x[6]).add(x[5], x[5])
	t[10], c = c.low, c.next()
	c = c.twice(x[4], x[7]).twice(x[5], x[6])
	t[11], c = c.low, c.next()
	c = c.twice(x[5], x[7]).add(x[6], x[6])
	t[12], c = c.low, c.next()
	c = c.twice(x[6], x[7])
	t[13], c = c.low, c.next()
	c = c.add(x[7], x[7])
	t[14], c = c.low, c.next()
	t[15] = c.low
	fold512(z, &t)
}

// fold512 sets z = t mod p: the upper half of t counts 569 times, as 2^512 ≡ 569.
func fold512(z *fe512, t *[16]uint64) {
	var c uint64
	h0, l0 := bits.Mul64(t[8], excess512)
	h1, l1 := bits.Mul64(t[9], excess512)
	h2, l2 := bits.Mul64(t[10], excess512)
	h3, l3 := bits.Mul64(t[11], excess512)
	h4, l4 := bits.Mul64(t[12], excess512)
	h5, l5 := bits.Mul64(t[13], excess512)
	h6, l6 := bits.Mul64(t[14], excess512)
	h7, l7 := bits.Mul64(t[15], excess512)
	l1, c = bits.Add64(l1, h0, 0)
	l2, c = bits.Add64(l2, h1, c)
	l3, c = bits.Add64(l3, h2, c)
	l4, c = bits.Add64(l4, h3, c)
	l5, c = bits.Add64(l5, h4, c)
	l6, c = bits.Add64(l6, h5, c)
	l7, c = bits.Add64(l7, h6, c)
	h7 += c
	l0, c = bits.Add64(l0, t[0], 0)
	l1, c = bits.Add64(l1, t[1], c)
	l2, c = bits.Add64(l2, t[2], c)
	l3, c = bits.Add64(l3, t[3], c)
	l4, c = bits.Add64(l4, t[4], c)
	l5, c = bits.Add64(l5, t[5], c)
	l6, c = bits.Add64(l6, t[6], c)
	l7, c = bits.Add64(l7, t[7], c)
	h7 += c
	z[0], c = bits.Add64(l0, h7*excess512, 0)
	z[1], c = bits.Add64(l1, 0, c)
	z[2], c = bits.Add64(l2, 0, c)
	z[3], c = bits.Add64(l3, 0, c)
	z[4], c = bits.Add64(l4, 0, c)
	z[5], c = bits.Add64(l5, 0, c)
	z[6], c = bits.Add64(l6, 0, c)
	z[7], c = bits.Add64(l7, 0, c)
	z[0] += excess512 & -c // after a carry the rest is tiny
}

// add512 sets z = x + y.
func add512(z, x, y *fe512) {
	a0, c := bits.Add64(x[0], y[0], 0)
	a1, c := bits.Add64(x[1], y[1], c)
	a2, c := bits.Add64(x[2], y[2], c)
	a3, c := bits.Add64(x[3], y[3], c)
	a4, c := bits.Add64(x[4], y[4], c)
	a5, c := bits.Add64(x[5], y[5], c)
	a6, c := bits.Add64(x[6], y[6], c)
	a7, c := bits.Add64(x[7], y[7], c)
	a0, c = bits.Add64(a0, excess512&-c, 0)
	z[1], c = bits.Add64(a1, 0, c)
	z[2], c = bits.Add64(a2, 0, c)
	z[3], c = bits.Add64(a3, 0, c)
	z[4], c = bits.Add64(a4, 0, c)
	z[5], c = bits.Add64(a5, 0, c)
	z[6], c = bits.Add64(a6, 0, c)
	z[7], c = bits.Add64(a7, 0, c)
	z[0] = a0 + excess512&-c // after a second carry the rest is tiny
}

// sub512 sets z = x − y.
func sub512(z, x, y *fe512) {
	s0, c := bits.Sub64(x[0], y[0], 0)
	s1, c := bits.Sub64(x[1], y[1], c)
	s2, c := bits.Sub64(x[2], y[2], c)
	s3, c := bits.Sub64(x[3], y[3], c)
	s4, c := bits.Sub64(x[4], y[4], c)
	s5, c := bits.Sub64(x[5], y[5], c)
	s6, c := bits.Sub64(x[6], y[6], c)
	s7, c := bits.Sub64(x[7], y[7], c)
	s0, c = bits.Sub64(s0, excess512&-c, 0)
	z[1], c = bits.Sub64(s1, 0, c)
	z[2], c = bits.Sub64(s2, 0, c)
	z[3], c = bits.Sub64(s3, 0, c)
	z[4], c = bits.Sub64(s4, 0, c)
	z[5], c = bits.Sub64(s5, 0, c)
	z[6], c = bits.Sub64(s6, 0, c)
	z[7], c = bits.Sub64(s7, 0, c)
	z[0] = s0 - excess512&-c // after a second borrow the lowest word is large
}

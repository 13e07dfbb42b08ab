package gost

import (
	"math/big"
	"math/bits"
	"slices"
)

// order is arithmetic modulo q, the order of the base point. Products are Montgomery products: mul(x, y) = x·y/R
// with R = 2^n for the n bits of E. All methods but invert take constant time.
type order[E element] struct {
	q    E
	r2   E      // R² mod q
	neg  uint64 // −1/q modulo 2^64
	bits int    // length of q
	big  *big.Int
}

func newOrder[E element](q *big.Int) order[E] {
	o := order[E]{q: fromBig[E](q), bits: q.BitLen(), big: q}
	r2 := new(big.Int).Lsh(big.NewInt(1), uint(128*len(o.q)))
	o.r2 = fromBig[E](r2.Mod(r2, q))
	inv := o.q[0] // right to three bits; each step doubles them
	for range 5 {
		inv *= 2 - o.q[0]*inv
	}
	o.neg = -inv
	return o
}

// valid tells whether 0 < k < q.
func (o *order[E]) valid(k *E) bool {
	var borrow, some uint64
	for i := range len(*k) {
		_, borrow = bits.Sub64((*k)[i], o.q[i], borrow)
		some |= (*k)[i]
	}
	return borrow&isNonZero(some) == 1
}

// mul sets z = x·y/R modulo q, below q. One of x and y must be below q, the other may be any.
func (o *order[E]) mul(z, x, y *E) {
	var t E
	var top, carry uint64 // top·R + t is the running sum
	for i := range len(t) {
		top, carry = bits.Add64(top, mulAdd(&t, (*x)[i], y), 0)
		m := t[0] * o.neg // t + mq ends in a zero word, which falls away
		sum := column{}.add(m, o.q[0]).plus(t[0]).next()
		for j := 1; j < len(t); j++ {
			sum = sum.add(m, o.q[j]).plus(t[j])
			t[j-1], sum = sum.low, sum.next()
		}
		t[len(t)-1], top = bits.Add64(top, sum.low, 0)
		top += carry
	}
	o.reduce(&t, top)
	*z = t
}

// mulAdd adds x·y to t and returns the word that runs over.
func mulAdd[E element](t *E, x uint64, y *E) uint64 {
	var sum column
	for j := range len(*t) {
		sum = sum.add(x, (*y)[j]).plus((*t)[j])
		(*t)[j], sum = sum.low, sum.next()
	}
	return sum.low
}

// reduce subtracts q once from the number top·R + t if it is not below q.
func (o *order[E]) reduce(t *E, top uint64) {
	var less E
	var borrow uint64
	for i := range len(less) {
		less[i], borrow = bits.Sub64((*t)[i], o.q[i], borrow)
	}
	_, borrow = bits.Sub64(top, 0, borrow)
	choose(t, &less, borrow-1)
}

// add sets z = x + y modulo q for x, y < q.
func (o *order[E]) add(z, x, y *E) {
	var t E
	var carry uint64
	for i := range len(t) {
		t[i], carry = bits.Add64((*x)[i], (*y)[i], carry)
	}
	o.reduce(&t, carry)
	*z = t
}

// negate sets z = −x modulo q for 0 < x < q.
func (o *order[E]) negate(z, x *E) {
	var borrow uint64
	for i := range len(*z) {
		(*z)[i], borrow = bits.Sub64(o.q[i], (*x)[i], borrow)
	}
}

// toMontgomery returns x·R modulo q for any x.
func (o *order[E]) toMontgomery(x *E) (z E) {
	o.mul(&z, x, &o.r2)
	return z
}

// mod returns x modulo q for any x.
func (o *order[E]) mod(x *E) E {
	z, one := o.toMontgomery(x), small[E](1)
	o.mul(&z, &z, &one)
	return z
}

// scalar returns the number e that a digest stands for: little-endian, modulo q, one for zero (RFC 7091 §6.1 step 2).
func (o *order[E]) scalar(digest []byte) E {
	e := fromBytes[E](digest)
	e = o.mod(&e)
	var some uint64
	for i := range len(e) {
		some |= e[i]
	}
	e[0] |= 1 &^ isNonZero(some)
	return e
}

// invert returns 1/x modulo q for 0 < x < q. It takes variable time and is for public numbers only.
func (o *order[E]) invert(x *E) E {
	n := toBig(x)
	return fromBig[E](n.ModInverse(n, o.big))
}

// fromBig reads a number that fits E.
func fromBig[E element](n *big.Int) E {
	buf := n.FillBytes(make([]byte, 8*len(*new(E))))
	slices.Reverse(buf)
	return fromBytes[E](buf)
}

// toBig returns x as a big number.
func toBig[E element](x *E) *big.Int {
	buf := appendBytes(make([]byte, 0, 64), x)
	slices.Reverse(buf)
	return new(big.Int).SetBytes(buf)
}

package gost

import (
	"encoding/binary"
	"math/bits"
)

// element is a number of the curve's length: a field element, or a scalar (see order). The hot operations below
// choose the code for the length; the others walk the words.
type element interface{ fe256 | fe512 }

// mul sets z = x·y modulo p.
func mul[E element](z, x, y *E) {
	switch z := any(z).(type) {
	case *fe256:
		mul256(z, any(x).(*fe256), any(y).(*fe256))
	case *fe512:
		mul512(z, any(x).(*fe512), any(y).(*fe512))
	}
}

// sqr sets z = x² modulo p.
func sqr[E element](z, x *E) {
	switch z := any(z).(type) {
	case *fe256:
		sqr256(z, any(x).(*fe256))
	case *fe512:
		sqr512(z, any(x).(*fe512))
	}
}

// add sets z = x + y modulo p.
func add[E element](z, x, y *E) {
	switch z := any(z).(type) {
	case *fe256:
		add256(z, any(x).(*fe256), any(y).(*fe256))
	case *fe512:
		add512(z, any(x).(*fe512), any(y).(*fe512))
	}
}

// sub sets z = x − y modulo p.
func sub[E element](z, x, y *E) {
	switch z := any(z).(type) {
	case *fe256:
		sub256(z, any(x).(*fe256), any(y).(*fe256))
	case *fe512:
		sub512(z, any(x).(*fe512), any(y).(*fe512))
	}
}

// excess returns 2^n − p for the n bits of E.
func excess[E element]() uint64 {
	var z E
	if len(z) == len(fe512{}) {
		return excess512
	}
	return excess256
}

// small returns the element n.
func small[E element](n uint64) (z E) {
	z[0] = n
	return z
}

// inverse sets z = 1/x modulo p by Fermat's theorem, in constant time; the inverse of zero comes out as zero.
// The exponent p − 2 is a run of ones followed by the ten bits of 1024 − (excess + 2).
func inverse[E element](z, x *E) {
	const tail = 10
	base := *x
	t := ones(&base, 64*len(base)-tail)
	low := 1<<tail - (excess[E]() + 2)
	for i := tail - 1; i >= 0; i-- {
		sqr(&t, &t)
		if low>>i&1 == 1 {
			mul(&t, &t, &base)
		}
	}
	*z = t
}

// ones returns x^(2^n − 1).
func ones[E element](x *E, n int) E {
	t := *x
	for i := bits.Len(uint(n)) - 2; i >= 0; i-- {
		half := t
		for range n >> (i + 1) {
			sqr(&t, &t)
		}
		mul(&t, &t, &half)
		if n>>i&1 == 1 {
			sqr(&t, &t)
			mul(&t, &t, x)
		}
	}
	return t
}

// canonical sets x to its form below p.
func canonical[E element](x *E) {
	t := *x
	carry := excess[E]()
	for i := range len(t) {
		t[i], carry = bits.Add64(t[i], carry, 0)
	}
	choose(x, &t, -carry)
}

// zeroMask returns all ones if x ≡ 0 modulo p, else zero.
func zeroMask[E element](x *E) uint64 {
	t := *x
	canonical(&t)
	var some uint64
	for i := range len(t) {
		some |= t[i]
	}
	return ^isNonZero(some)
}

// isZero tells whether x ≡ 0 modulo p.
func isZero[E element](x *E) bool { return zeroMask(x) != 0 }

// isNonZero returns all ones if x is not zero, else zero.
func isNonZero(x uint64) uint64 { return -((x | -x) >> 63) }

// choose sets z = x where mask is all ones and leaves z where it is zero.
func choose[E element](z, x *E, mask uint64) {
	for i := range len(*z) {
		(*z)[i] ^= mask & ((*z)[i] ^ (*x)[i])
	}
}

// fromBytes reads a little-endian number of exactly the length of E.
func fromBytes[E element](b []byte) (z E) {
	for i := range len(z) {
		z[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return z
}

// appendBytes appends x little-endian.
func appendBytes[E element](b []byte, x *E) []byte {
	for i := range len(*x) {
		b = binary.LittleEndian.AppendUint64(b, (*x)[i])
	}
	return b
}

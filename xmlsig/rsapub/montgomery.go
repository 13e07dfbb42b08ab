package rsapub

import (
	"encoding/binary"
	"math/bits"
)

// Numbers are limbs of 64 bits, the lowest first, as many as the modulus has, rounded up to whole blocks
// of [addMulRows]. Between multiplications they are below R = 2^(64·limbs) and not always below n: that
// saves comparing, and the last multiplication ends below 2n (see power).
const (
	block    = 8
	maxLimbs = maxBits / 64
)

// work is what one power needs. The limbs after those of a number stay zero, for rows rounded up.
type work struct {
	base, x, y [maxLimbs + block]uint64
	wide       [2*maxLimbs + block]uint64
}

// power makes x of base, square and multiply from the highest bit of e down. Base is below n. It stays
// outside Montgomery form for the last step, which therefore leaves the form by itself; its product is
// below R·n, and Montgomery's reduction adds less than R·n to it before it divides by R: below 2n.
func (k *Key) power(w *work) {
	n := len(k.n)
	k.multiply(w, w.base[:n], k.rr)
	copy(w.y[:n], w.x[:n])
	for i := bits.Len32(k.e) - 2; i > 0; i-- {
		k.square(w)
		if k.e>>i&1 == 1 {
			k.multiply(w, w.x[:n], w.y[:n])
		}
	}
	k.square(w)
	k.multiply(w, w.x[:n], w.base[:n])
	if !less(w.x[:n], k.n) {
		subtract(w.x[:n], w.x[:n], k.n)
	}
}

// multiply sets x to a·b/R.
func (k *Key) multiply(w *work, a, b []uint64) {
	n := len(k.n)
	clear(w.wide[:2*n])
	addMulRows(w.wide[:], a, b, n, n, 0, 1)
	k.reduce(w)
}

// square sets x to x²/R: the products of two different limbs once, doubled, and the squares of the limbs.
func (k *Key) square(w *work) {
	n := len(k.n)
	clear(w.wide[:2*n])
	addMulRows(w.wide[1:], w.x[1:], w.x[:], n-1, n-1, 1, 1)
	var carry, top uint64
	wide := w.wide[:2*n]
	for _, limb := range w.x[:n] {
		hi, lo := bits.Mul64(limb, limb)
		a, b := wide[0], wide[1]
		wide[0], carry = bits.Add64(a<<1|top, lo, carry)
		wide[1], carry = bits.Add64(b<<1|a>>63, hi, carry)
		top = b >> 63
		wide = wide[2:]
	}
	k.reduce(w)
}

// reduce sets x to wide/R (Montgomery 1985): each row adds the multiple of n that clears the lowest limb.
func (k *Key) reduce(w *work) {
	n := len(k.n)
	carry := addMulRows(w.wide[:], k.n, w.wide[:], n, n, 0, k.inverse)
	if carry == 1 {
		subtract(w.x[:n], w.wide[n:2*n], k.n)
		return
	}
	copy(w.x[:n], w.wide[n:2*n])
}

// subtract sets z to x-y without the borrow.
func subtract(z, x, y []uint64) {
	var borrow uint64
	for i := range z {
		z[i], borrow = bits.Sub64(x[i], y[i], borrow)
	}
}

func less(x, y []uint64) bool {
	for i := len(x) - 1; i >= 0; i-- {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return false
}

// negInverse is -n^-1 mod 2^64 of an odd n: every step of Newton's doubles the bits that are right, and
// an odd number is its own inverse modulo 8.
func negInverse(n uint64) uint64 {
	inverse := n
	for range 5 {
		inverse *= 2 - n*inverse
	}
	return -inverse
}

// setBytes reads a big-endian number into x, whose higher limbs are zero already.
func setBytes(x []uint64, b []byte) {
	for i := range x {
		if len(b) < 8 {
			for _, octet := range b {
				x[i] = x[i]<<8 | uint64(octet)
			}
			return
		}
		x[i] = binary.BigEndian.Uint64(b[len(b)-8:])
		b = b[:len(b)-8]
	}
}

// appendBytes writes the lowest size octets of x, big-endian.
func appendBytes(dst []byte, x []uint64, size int) []byte {
	for i := size - 1; i >= 0; i-- {
		dst = append(dst, byte(x[i/8]>>(i%8*8)))
	}
	return dst
}

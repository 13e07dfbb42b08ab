package gost

import "math/bits"

// column is a running sum of products of words, 192 bits wide. Long multiplication goes column by column: all
// products of equal weight are added, the low word is the result's, and the rest moves on to the next column.
type column struct{ low, mid, high uint64 }

// add returns the sum with x·y added.
func (c column) add(x, y uint64) column {
	var carry uint64
	high, low := bits.Mul64(x, y)
	c.low, carry = bits.Add64(c.low, low, 0)
	c.mid, carry = bits.Add64(c.mid, high, carry)
	c.high, _ = bits.Add64(c.high, 0, carry)
	return c
}

// twice returns the sum with 2·x·y added.
func (c column) twice(x, y uint64) column {
	var carry uint64
	high, low := bits.Mul64(x, y)
	c.low, carry = bits.Add64(c.low, low, 0)
	c.mid, carry = bits.Add64(c.mid, high, carry)
	c.high, _ = bits.Add64(c.high, 0, carry)
	c.low, carry = bits.Add64(c.low, low, 0)
	c.mid, carry = bits.Add64(c.mid, high, carry)
	c.high, _ = bits.Add64(c.high, 0, carry)
	return c
}

// plus returns the sum with x added.
func (c column) plus(x uint64) column {
	var carry uint64
	c.low, carry = bits.Add64(c.low, x, 0)
	c.mid, carry = bits.Add64(c.mid, 0, carry)
	c.high, _ = bits.Add64(c.high, 0, carry)
	return c
}

// next returns what is left for the next column.
func (c column) next() column { return column{c.mid, c.high, 0} }

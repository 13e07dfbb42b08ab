package rsapub

import "math/bits"

// addMulRowsGo adds to z the rows of a long multiplication of x by y: row i is x times k·y[i], and lies
// one limb higher in z than the row before. With fall 1 the rows are those of a triangle: each starts
// one limb later in x, ends where the one before ended, and so lies two limbs higher and is one shorter.
// Rows are rounded up to whole blocks, with zero limbs that must follow x. The carry of a row is added
// to the limb after it; what overflows there goes to the limb after the next row and at last is returned.
//
// y may be z: a row sees what the rows before have added. So with k = -n^-1 the rows clear z (Montgomery).
func addMulRowsGo(z, x, y []uint64, rows, length, fall int, k uint64) (carry uint64) {
	for i := range rows {
		whole := (length - i*fall + block - 1) / block * block
		row, factors, by := z[i*(1+fall):][:whole+1], x[i*fall:][:whole], y[i]*k
		var high uint64
		for len(factors) >= block && len(row) >= block {
			f, r := (*[block]uint64)(factors), (*[block]uint64)(row)
			high, r[0] = mulAdd(f[0], by, r[0], high)
			high, r[1] = mulAdd(f[1], by, r[1], high)
			high, r[2] = mulAdd(f[2], by, r[2], high)
			high, r[3] = mulAdd(f[3], by, r[3], high)
			high, r[4] = mulAdd(f[4], by, r[4], high)
			high, r[5] = mulAdd(f[5], by, r[5], high)
			high, r[6] = mulAdd(f[6], by, r[6], high)
			high, r[7] = mulAdd(f[7], by, r[7], high)
			factors, row = factors[block:], row[block:]
		}
		row[0], carry = bits.Add64(row[0], high, carry)
	}
	return carry
}

// mulAdd is x·y+a+b, which 128 bits hold.
func mulAdd(x, y, a, b uint64) (hi, lo uint64) {
	hi, lo = bits.Mul64(x, y)
	lo, carry := bits.Add64(lo, a, 0)
	hi, _ = bits.Add64(hi, 0, carry)
	lo, carry = bits.Add64(lo, b, 0)
	hi, _ = bits.Add64(hi, 0, carry)
	return hi, lo
}

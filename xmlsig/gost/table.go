package gost

const (
	// digitBits is the width of a digit of a scalar in a table. Digits run from −31 to 32, so a row holds the
	// multiples 1 to 32 of its power of 64 and negation gives the others.
	digitBits = 6
	rowLength = 1 << (digitBits - 1)
)

// table holds multiples of one point: row i has 1·64^i to 32·64^i times the point. With it a scalar multiplication is
// a sum of one entry of each row, without doublings. The table of a 512-bit point takes 344 KiB.
type table[E element] struct {
	group *group[E]
	rows  [][rowLength]affine[E]
}

// newTable builds the table of a point of order q.
func newTable[E element](g *group[E], point *affine[E]) *table[E] {
	rows := g.order.bits/digitBits + 1
	all := make([]jacobian[E], 0, rows*rowLength)
	first := point.jacobian()
	for range rows {
		multiple := first
		for range rowLength {
			all = append(all, multiple)
			g.add(&multiple, &first)
		}
		first = all[len(all)-1]
		g.double(&first)
	}
	t := &table[E]{group: g, rows: make([][rowLength]affine[E], rows)}
	for i, p := range toAffines(all) {
		t.rows[i/rowLength][i%rowLength] = p
	}
	return t
}

// toAffines turns finite points to affine form with a single inversion (Montgomery's trick).
func toAffines[E element](points []jacobian[E]) []affine[E] {
	products := make([]E, len(points)) // product of the z's before each point
	acc := small[E](1)
	for i := range points {
		products[i] = acc
		mul(&acc, &acc, &points[i].z)
	}
	inverse(&acc, &acc)
	out := make([]affine[E], len(points))
	for i := len(points) - 1; i >= 0; i-- {
		mul(&products[i], &products[i], &acc)
		mul(&acc, &acc, &points[i].z)
		out[i] = points[i].scale(&products[i])
	}
	return out
}

// digit splits off digit i of k: its size from 0 to 32, all ones in negative if it is below zero, and the carry into
// the next digit.
func digit[E element](k *E, i int, carry uint64) (size, negative, next uint64) {
	v := window(k, i*digitBits, digitBits) + carry
	next = (rowLength - v) >> 63
	negative = -next
	size = (v ^ negative) - negative // |v|, or −v
	return size + (1<<digitBits)&negative, negative, next
}

// window returns n bits of k from bit position at; bits beyond the top are zero. Only k is secret.
func window[E element](k *E, at, n int) uint64 {
	word, shift := at/64, at%64
	if word >= len(*k) {
		return 0
	}
	v := (*k)[word] >> shift
	if word+1 < len(*k) {
		v |= (*k)[word+1] << (64 - shift) // nothing when shift is zero: Go shifts out all 64 bits
	}
	return v & (1<<n - 1)
}

// addMultiple adds k times the point to sum, in variable time.
func (t *table[E]) addMultiple(sum *jacobian[E], k *E) {
	var size, negative, carry uint64
	for i := range t.rows {
		size, negative, carry = digit(k, i, carry)
		if size == 0 {
			continue
		}
		p := t.rows[i][size-1]
		if negative != 0 {
			p.negate()
		}
		t.group.addAffine(sum, &p)
	}
}

// multiple returns k times the point for 0 < k < q, in constant time.
func (t *table[E]) multiple(k *E) jacobian[E] {
	sum := infinity[E]()
	start := ^uint64(0) // all ones until the first digit that is not zero
	var size, negative, carry uint64
	for i := range t.rows {
		size, negative, carry = digit(k, i, carry)
		p := pick(&t.rows[i], size, negative)
		start = t.addSecret(&sum, &p, start, isNonZero(size))
	}
	return sum
}

// addSecret adds p to sum if nonzero is all ones; start tells whether sum is still infinite. It returns the new
// start. The one branch is for sum = ±p, which a secret scalar that was drawn at random never meets: partial sums
// are smaller than the next row's entries except, modulo q, for a handful of scalars.
func (t *table[E]) addSecret(sum *jacobian[E], p *affine[E], start, nonzero uint64) uint64 {
	var next jacobian[E]
	h, _ := t.group.addDistinct(&next, sum, p)
	if zeroMask(&h)&nonzero&^start != 0 {
		t.group.addAffine(sum, p)
		return start
	}
	first := p.jacobian()
	next.choose(&first, start)
	sum.choose(&next, nonzero)
	return start &^ nonzero
}

// pick returns ±size times the point of the row, reading every entry so that the cache does not tell which one.
// For size zero it returns (0, 0), which is no point.
func pick[E element](row *[rowLength]affine[E], size, negative uint64) (p affine[E]) {
	for j := range row {
		mask := ^isNonZero(size ^ uint64(j+1))
		choose(&p.x, &row[j].x, mask)
		choose(&p.y, &row[j].y, mask)
	}
	minus := p
	minus.negate()
	choose(&p.y, &minus.y, negative)
	return p
}

// choose sets p = q where mask is all ones and leaves p where it is zero.
func (p *jacobian[E]) choose(q *jacobian[E], mask uint64) {
	choose(&p.x, &q.x, mask)
	choose(&p.y, &q.y, mask)
	choose(&p.z, &q.z, mask)
}

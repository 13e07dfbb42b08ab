package gost

const (
	// nafWidth is the width of the window of the non-adjacent form; digits are odd and below 2^(nafWidth−1) in size.
	nafWidth = 5
	nafOdd   = 1 << (nafWidth - 2)
)

// multipleOf returns k times q in variable time, for a point without a table. The scalar goes through its
// non-adjacent form: digits are odd or zero, and at least four zeros follow each odd one.
func (g *group[E]) multipleOf(q *affine[E], k *E) jacobian[E] {
	odd := g.oddMultiples(q)
	digits, n := nonAdjacent(k)
	sum := infinity[E]()
	for i := n - 1; i >= 0; i-- {
		g.double(&sum)
		switch d := digits[i]; {
		case d > 0:
			g.add(&sum, &odd[d/2])
		case d < 0:
			minus := odd[-d/2]
			minus.negate()
			g.add(&sum, &minus)
		}
	}
	return sum
}

// oddMultiples returns 1, 3, 5, ... times q.
func (g *group[E]) oddMultiples(q *affine[E]) (odd [nafOdd]jacobian[E]) {
	odd[0] = q.jacobian()
	twice := odd[0]
	g.double(&twice)
	for i := 1; i < nafOdd; i++ {
		odd[i] = odd[i-1]
		g.add(&odd[i], &twice)
	}
	return odd
}

// nonAdjacent returns the digits of k, least significant first, and how many there are.
func nonAdjacent[E element](k *E) (digits [513]int8, n int) {
	var carry uint64
	for i := 0; i <= 64*len(*k); {
		if window(k, i, 1) == carry {
			i++
			continue
		}
		v := window(k, i, nafWidth) + carry
		carry = v >> (nafWidth - 1)
		digits[i] = int8(v) - int8(carry<<nafWidth)
		n = i + 1
		i += nafWidth
	}
	return digits, n
}

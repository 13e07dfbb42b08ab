package gost

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func allParams() []params { return []params{params512A, paramsCryptoProA, params256A} }

// The numbers of RFC 4357 and RFC 7836 hold together: p is the prime of the field, q is prime, G lies on the curve and
// has order q, and the number of points in reach of Hasse's bound is cofactor·q.
func TestParameterSets(t *testing.T) {
	for _, p := range allParams() {
		t.Run(p.name, func(t *testing.T) {
			r := newReference(p)
			want := new(big.Int).Lsh(big.NewInt(1), uint(8*p.size))
			excess := uint64(excess512)
			if p.size == 32 {
				excess = excess256
			}
			want.Sub(want, new(big.Int).SetUint64(excess))
			if r.p.Cmp(want) != 0 || !r.p.ProbablyPrime(20) || !r.q.ProbablyPrime(20) {
				t.Error("p or q is wrong")
			}
			if _, err := r.newPoint(append(toLE(r.g.x, p.size), toLE(r.g.y, p.size)...)); err != nil {
				t.Errorf("base point: %v", err)
			}
			if r.scale(r.q, r.g).z.Sign() != 0 {
				t.Error("q·G is not infinity")
			}
			trace := new(big.Int).Add(r.p, big.NewInt(1))
			trace.Sub(trace, new(big.Int).Mul(r.q, r.h))
			if bound := new(big.Int).Mul(big.NewInt(4), r.p); new(big.Int).Mul(trace, trace).Cmp(bound) > 0 {
				t.Error("cofactor·q breaks Hasse's bound")
			}
		})
	}
}

// RFC 7836 Appendix A.2 defines the 256-bit set by the twisted Edwards curve x² + y² = 1 + dx²y² with the base point
// (u, v); the Weierstrass numbers follow from those.
func TestTwistedEdwardsOriginOf256A(t *testing.T) {
	r := newReference(params256A)
	d := hexInt("0605F6B7C183FA81578BC39CFAD518132B9DF62897009AF7E522C32D6DC7BFFB")
	v := hexInt("60CA1E32AA475B348488C38FAB07649CE7EF8DBE87F22E81F92B2592DBA300E7")
	inv := func(n *big.Int) *big.Int { return new(big.Int).ModInverse(n, r.p) }
	one := big.NewInt(1)
	s := r.mul(r.sub(one, d), inv(big.NewInt(4)))
	shift := r.mul(new(big.Int).Add(one, d), inv(big.NewInt(6)))

	a := r.sub(r.mul(s, s), r.times(3, r.mul(shift, shift)))
	b := r.sub(r.times(2, r.mul(shift, r.mul(shift, shift))), r.mul(shift, r.mul(s, s)))
	montgomery := r.mul(s, r.mul(new(big.Int).Add(one, v), inv(r.sub(one, v))))
	x := new(big.Int).Mod(new(big.Int).Add(montgomery, shift), r.p)
	y := r.mul(montgomery, inv(big.NewInt(13))) // the u of the base point is 13
	if a.Cmp(r.a) != 0 || b.Cmp(r.b) != 0 || x.Cmp(r.g.x) != 0 || y.Cmp(r.g.y) != 0 {
		t.Errorf("a = %x, b = %x, x = %x, y = %x", a, b, x, y)
	}
}

func TestMultiplesAgreeWithTheReference(t *testing.T) {
	t.Run("512A", func(t *testing.T) { testMultiples[fe512](t, params512A) })
	t.Run("CryptoProA", func(t *testing.T) { testMultiples[fe256](t, paramsCryptoProA) })
	t.Run("256A", func(t *testing.T) { testMultiples[fe256](t, params256A) })
}

func testMultiples[E element](t *testing.T, p params) {
	g, r := newGroup[E](p), newReference(p)
	base := g.table()
	rapid.Check(t, func(t *rapid.T) {
		k := scalars(&g.order).Draw(t, "k")
		want := showReference(r, r.scale(toBig(&k), r.g))
		if got := show(g.multipleOf(&g.base, &k)); got != want {
			t.Fatalf("by non-adjacent form: got %s, want %s", got, want)
		}
		if !g.order.valid(&k) {
			return
		}
		sum := infinity[E]()
		base.addMultiple(&sum, &k)
		if got := show(sum); got != want {
			t.Fatalf("by table: got %s, want %s", got, want)
		}
		if got := show(base.multiple(&k)); got != want {
			t.Fatalf("in constant time: got %s, want %s", got, want)
		}
	})
}

// The partial sums of the constant-time path meet the next entry only for scalars like these; see addSecret.
func TestMultiplesOfTheExceptionalScalars(t *testing.T) {
	g, r := newGroup[fe256](params256A), newReference(params256A)
	met := false
	for i := -3; i <= 3; i++ {
		for shift := 250; shift <= 256; shift++ {
			n := new(big.Int).Lsh(big.NewInt(1), uint(shift))
			n.Add(n.Sub(n, r.q), big.NewInt(int64(i)))
			n.Mod(n, r.q)
			k := fromBig[fe256](n)
			if want := showReference(r, r.scale(n, r.g)); show(g.table().multiple(&k)) != want {
				t.Errorf("2^%d - q + %d: wrong", shift, i)
			}
			met = met || shift == 255 && i == 0
		}
	}
	if !met {
		t.Error("2^255 - q was not tried")
	}
}

// Sums of all pairs of small multiples, infinity among them: doublings and opposite points included.
func TestAdditionHasNoExceptions(t *testing.T) {
	t.Run("512A", func(t *testing.T) { testAddition[fe512](t, params512A) })
	t.Run("256A", func(t *testing.T) { testAddition[fe256](t, params256A) })
}

func testAddition[E element](t *testing.T, p params) {
	g, r := newGroup[E](p), newReference(p)
	multiple := func(n int) jacobian[E] {
		k := small[E](uint64(max(n, -n)))
		q := g.multipleOf(&g.base, &k)
		if n < 0 {
			q.negate()
		}
		return q
	}
	for a := -3; a <= 3; a++ {
		for b := -3; b <= 3; b++ {
			n := new(big.Int).Mod(big.NewInt(int64(a+b)), r.q)
			want := showReference(r, r.scale(n, r.g))
			sum, other := multiple(a), multiple(b)
			g.add(&sum, &other)
			if got := show(sum); got != want {
				t.Errorf("%d + %d: got %s, want %s", a, b, got, want)
			}
			if b == 0 {
				continue
			}
			sum, q := multiple(a), other.toAffine()
			g.addAffine(&sum, &q)
			if got := show(sum); got != want {
				t.Errorf("%d + affine %d: got %s, want %s", a, b, got, want)
			}
		}
	}
}

// Digits of either form add up to the scalar and stay within their tables.
func TestDigitsAddUp(t *testing.T) {
	o := newOrder[fe256](hexInt(params256A.q))
	rapid.Check(t, func(t *rapid.T) {
		k := scalars(&o).Draw(t, "k")
		total := new(big.Int)
		digits, n := nonAdjacent(&k)
		for i := n - 1; i >= 0; i-- {
			total.Lsh(total, 1)
			total.Add(total, big.NewInt(int64(digits[i])))
			if d := digits[i]; d != 0 && (d&1 == 0 || d > 2*nafOdd || -d > 2*nafOdd) {
				t.Fatalf("digit %d", d)
			}
		}
		if total.Cmp(toBig(&k)) != 0 {
			t.Fatalf("non-adjacent form adds up to %x, want %x", total, toBig(&k))
		}

		total.SetInt64(0)
		var size, negative, carry uint64
		for i := range 256/digitBits + 1 {
			size, negative, carry = digit(&k, i, carry)
			if size > rowLength {
				t.Fatalf("digit %d", size)
			}
			term := new(big.Int).SetUint64(size)
			term.Lsh(term, uint(i*digitBits))
			if negative != 0 {
				term.Neg(term)
			}
			total.Add(total, term)
		}
		if total.Cmp(toBig(&k)) != 0 || carry != 0 {
			t.Fatalf("digits add up to %x, want %x", total, toBig(&k))
		}
	})
}

func show[E element](p jacobian[E]) string {
	if p.isInfinity() {
		return "infinity"
	}
	q := p.toAffine()
	return fmt.Sprintf("(%x, %x)", toBig(&q.x), toBig(&q.y))
}

func showReference(r *reference, p jac) string {
	if p.z.Sign() == 0 {
		return "infinity"
	}
	x, y := r.affine(p)
	return fmt.Sprintf("(%x, %x)", x, y)
}

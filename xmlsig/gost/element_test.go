package gost

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// words draws numbers that are random, or rich in zeros and ones, or close to 0, p and 2^n.
func words[E element](excess uint64) *rapid.Generator[E] {
	edge := rapid.Custom(func(t *rapid.T) (x E) {
		n := rapid.Uint64Range(0, 2*excess).Draw(t, "distance")
		x[0] = n
		if rapid.Bool().Draw(t, "from the top") {
			for i := range len(x) {
				x[i] = ^x[i] // 2^n − 1 − distance, so p is among them
			}
		}
		return x
	})
	word := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1 << 63, 1<<64 - 1}))
	free := rapid.Custom(func(t *rapid.T) (x E) {
		for i := range len(x) {
			x[i] = word.Draw(t, "word")
		}
		return x
	})
	return rapid.OneOf(edge, free)
}

func TestFieldAgreesWithBigNumbers(t *testing.T) {
	t.Run("256", func(t *testing.T) { testField[fe256](t, hexInt(paramsCryptoProA.p)) })
	t.Run("512", func(t *testing.T) { testField[fe512](t, hexInt(params512A.p)) })
}

func testField[E element](t *testing.T, p *big.Int) {
	numbers := words[E](excess[E]())
	rapid.Check(t, func(t *rapid.T) {
		x, y := numbers.Draw(t, "x"), numbers.Draw(t, "y")
		a, b := toBig(&x), toBig(&y)
		check := func(name string, op func(z *E), want *big.Int) {
			t.Helper()
			var z E
			op(&z)
			canonical(&z)
			if got := toBig(&z); got.Cmp(want.Mod(want, p)) != 0 {
				t.Fatalf("%s: got %x, want %x", name, got, want)
			}
		}
		check("mul", func(z *E) { mul(z, &x, &y) }, new(big.Int).Mul(a, b))
		check("sqr", func(z *E) { sqr(z, &x) }, new(big.Int).Mul(a, a))
		check("add", func(z *E) { add(z, &x, &y) }, new(big.Int).Add(a, b))
		check("sub", func(z *E) { sub(z, &x, &y) }, new(big.Int).Sub(a, b))
		check("aliased mul", func(z *E) { *z = x; mul(z, z, &y) }, new(big.Int).Mul(a, b))
		check("aliased sub", func(z *E) { *z = y; sub(z, &x, z) }, new(big.Int).Sub(a, b))
		zero := new(big.Int).Mod(a, p).Sign() == 0
		if got := isZero(&x); got != zero {
			t.Fatalf("isZero(%x) = %t", a, got)
		}
		if got := isCanonical(&x); got != (a.Cmp(p) < 0) {
			t.Fatalf("isCanonical(%x) = %t", a, got)
		}
	})
}

// Folding a product carries a second time only if the upper half times the excess brings the lower half to the edge;
// the lower half is chosen so here.
func TestFoldCarriesTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		high := words[fe512](excess512).Draw(t, "high")
		distance := rapid.Int64Range(-2, 600*600).Draw(t, "distance")

		var wide [16]uint64
		low := edge(toBig(&high), 512, excess512, distance)
		wideLow := fromBig[fe512](low)
		copy(wide[:], append(wideLow[:], high[:]...))
		var z fe512
		fold512(&z, &wide)
		checkFold(t, toBig(&z), toBig(&high), low, 512, excess512)

		var wide256 [8]uint64
		high256 := fe256(high[:4])
		low = edge(toBig(&high256), 256, excess256, distance)
		wide256Low := fromBig[fe256](low)
		copy(wide256[:], append(wide256Low[:], high256[:]...))
		var z256 fe256
		fold256(&z256, &wide256)
		checkFold(t, toBig(&z256), toBig(&high256), low, 256, excess256)
	})
}

// edge returns low with low + excess·high = −1 − distance modulo 2^n.
func edge(high *big.Int, n uint, excess, distance int64) *big.Int {
	top := new(big.Int).Lsh(big.NewInt(1), n)
	low := big.NewInt(-1 - distance)
	low.Sub(low, new(big.Int).Mul(high, big.NewInt(excess)))
	return low.Mod(low, top)
}

func checkFold(t *rapid.T, got, high, low *big.Int, n uint, excess int64) {
	t.Helper()
	top := new(big.Int).Lsh(big.NewInt(1), n)
	p := new(big.Int).Sub(top, big.NewInt(excess))
	want := new(big.Int).Add(low, new(big.Int).Mul(high, top))
	if want.Mod(want, p).Cmp(new(big.Int).Mod(got, p)) != 0 {
		t.Fatalf("fold%d(%x, %x) = %x, want %x", n, high, low, got, want)
	}
}

func TestInverse(t *testing.T) {
	t.Run("256", func(t *testing.T) { testInverse[fe256](t, hexInt(paramsCryptoProA.p)) })
	t.Run("512", func(t *testing.T) { testInverse[fe512](t, hexInt(params512A.p)) })
}

func testInverse[E element](t *testing.T, p *big.Int) {
	rapid.Check(t, func(t *rapid.T) {
		x := words[E](excess[E]()).Draw(t, "x")
		var z E
		inverse(&z, &x)
		canonical(&z)
		want := new(big.Int)
		if !isZero(&x) {
			want.ModInverse(toBig(&x), p)
		}
		if got := toBig(&z); got.Cmp(want) != 0 {
			t.Fatalf("1/%x = %x, want %x", toBig(&x), got, want)
		}
	})
}

func TestElementsKeepTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := words[fe512](excess512).Draw(t, "x")
		if back := fromBytes[fe512](appendBytes(nil, &x)); back != x {
			t.Fatalf("got %x, want %x", back, x)
		}
		if back := fromBig[fe512](toBig(&x)); back != x {
			t.Fatalf("through big: got %x, want %x", back, x)
		}
	})
}

func TestOrderAgreesWithBigNumbers(t *testing.T) {
	t.Run("512A", func(t *testing.T) { testOrder[fe512](t, params512A) })
	t.Run("CryptoProA", func(t *testing.T) { testOrder[fe256](t, paramsCryptoProA) })
	t.Run("256A", func(t *testing.T) { testOrder[fe256](t, params256A) })
}

func testOrder[E element](t *testing.T, p params) {
	o := newOrder[E](hexInt(p.q))
	one, zero := small[E](1), small[E](0)
	rapid.Check(t, func(t *rapid.T) {
		x, y := scalars(&o).Draw(t, "x"), scalars(&o).Draw(t, "y")
		a, b := toBig(&x), toBig(&y)
		check := func(name string, z E, want *big.Int) {
			t.Helper()
			if got := toBig(&z); got.Cmp(want.Mod(want, o.big)) != 0 {
				t.Fatalf("%s: got %x, want %x", name, got, want)
			}
		}
		var product, sum, minus E
		xm := o.toMontgomery(&x)
		o.mul(&product, &y, &xm)
		check("mul", product, new(big.Int).Mul(a, b))
		check("mod", o.mod(&x), new(big.Int).Set(a))

		x, y = o.mod(&x), o.mod(&y)
		o.add(&sum, &x, &y)
		check("add", sum, new(big.Int).Add(toBig(&x), toBig(&y)))
		if valid := o.valid(&x); valid != (x != zero) {
			t.Fatalf("valid(%x) = %t", toBig(&x), valid)
		}
		if x == zero {
			return
		}
		o.negate(&minus, &x)
		check("negate", minus, new(big.Int).Neg(toBig(&x)))
		inv := o.invert(&x)
		inv = o.toMontgomery(&inv)
		o.mul(&product, &x, &inv)
		check("invert", product, toBig(&one))
	})
}

// scalars draws numbers of E, many of them next to 0, q and its multiples.
func scalars[E element](o *order[E]) *rapid.Generator[E] {
	near := rapid.Custom(func(t *rapid.T) E {
		n := new(big.Int).Mul(o.big, big.NewInt(rapid.Int64Range(0, 4).Draw(t, "times q")))
		n.Add(n, big.NewInt(rapid.Int64Range(-70, 70).Draw(t, "distance")))
		top := new(big.Int).Lsh(big.NewInt(1), uint(64*len(*new(E))))
		return fromBig[E](n.Mod(n, top))
	})
	return rapid.OneOf(near, words[E](excess256))
}

func TestOrderKnowsItsRange(t *testing.T) {
	o := newOrder[fe256](hexInt(params256A.q))
	last := o.q
	last[0]--
	zero, one, top := fe256{}, fe256{1}, fe256{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1}
	for _, tt := range []struct {
		name string
		k    fe256
		want bool
	}{{"0", zero, false}, {"1", one, true}, {"q-1", last, true}, {"q", o.q, false}, {"2^256-1", top, false}} {
		if got := o.valid(&tt.k); got != tt.want {
			t.Errorf("valid(%s) = %t", tt.name, got)
		}
	}
}

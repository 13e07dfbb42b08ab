//go:build !purego

package rsapub

import (
	mrand "math/rand/v2"
	"slices"
	"testing"
)

// TestRowsAgree compares the two implementations on every size, shape and kind of limb.
func TestRowsAgree(t *testing.T) {
	if !hasADX {
		t.Skip("this processor has no ADX or no BMI2")
	}
	random := mrand.New(mrand.NewPCG(7, 8))
	limbs := func(n int) []uint64 {
		x := make([]uint64, n, n+block)
		for i := range x {
			x[i] = patterned(random, 8).Uint64()
		}
		return x[:n+block]
	}
	for round := range 4000 {
		n := block * (1 + random.IntN(maxLimbs/block))
		x, z, k := limbs(n), limbs(2*n), patterned(random, 8).Uint64()
		rows, length, fall := n, n, round%2
		y := x
		if fall == 1 {
			rows, length, x = n-1, n-1, x[1:]
		}
		other := slices.Clone(z)
		ours, theirs := addMulRowsADX(&z[0], &x[0], &y[0], rows, length, fall, k), addMulRowsGo(other, x, y, rows, length, fall, k)
		if ours != theirs || !slices.Equal(z, other) {
			t.Fatalf("%d limbs, fall %d: they differ", n, fall)
		}
		ours, theirs = addMulRowsADX(&z[0], &y[0], &z[0], n, n, 0, k), addMulRowsGo(other, y, other, n, n, 0, k)
		if ours != theirs || !slices.Equal(z, other) {
			t.Fatalf("%d limbs, z by itself: they differ", n)
		}
	}
}

// TestWithoutADX runs the tests of this package's arithmetic as on another processor.
func TestWithoutADX(t *testing.T) {
	if !hasADX {
		t.Skip("the other tests ran so")
	}
	hasADX = false
	defer func() { hasADX = true }()
	t.Run("TestPower", TestPower)
	t.Run("TestForgeries", TestForgeries)
	t.Run("TestOpenSSL", TestOpenSSL)
}

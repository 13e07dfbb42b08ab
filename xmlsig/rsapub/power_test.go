package rsapub

import (
	"bytes"
	"crypto/rsa"
	"math/big"
	mrand "math/rand/v2"
	"slices"
	"testing"
)

// moduli are odd numbers of every kind of size and of limbs that carry far: nothing here needs two primes.
func moduli(random *mrand.Rand) []*big.Int {
	one := big.NewInt(1)
	var all []*big.Int
	for _, size := range []uint{2048, 2049, 2111, 2112, 2113, 2559, 2560, 2561, 3072, 4096, 8191, 8192} {
		top := new(big.Int).Lsh(one, size-1)
		ones := new(big.Int).Sub(new(big.Int).Lsh(one, size), one)
		all = append(all, new(big.Int).Add(top, one), ones,
			new(big.Int).Sub(ones, new(big.Int).Lsh(one, 64)),
			new(big.Int).SetBit(patterned(random, int(size+7)/8), int(size)-1, 1))
	}
	for i, n := range all {
		n = new(big.Int).And(n, new(big.Int).Sub(new(big.Int).Lsh(one, uint(max(n.BitLen()-1, minBits))), one))
		all[i] = n.SetBit(n.SetBit(n, max(all[i].BitLen(), minBits)-1, 1), 0, 1)
	}
	return all
}

// patterned is a number whose limbs are often all ones, zero, or one off.
func patterned(random *mrand.Rand, octets int) *big.Int {
	limbs := []uint64{0, 1, 2, 1 << 63, 1<<63 - 1, ^uint64(0), ^uint64(0) - 1, 1 << 32, 1<<32 - 1}
	b := make([]byte, 0, octets+8)
	for len(b) < octets {
		limb := random.Uint64()
		if i := random.IntN(2 * len(limbs)); i < len(limbs) {
			limb = limbs[i]
		}
		for range 8 {
			b, limb = append(b, byte(limb)), limb>>8
		}
	}
	return new(big.Int).SetBytes(b[:octets])
}

// checkPower compares Power with math/big, and wants a refusal of what is not below the modulus.
func checkPower(t *testing.T, n *big.Int, e int, s *big.Int) {
	t.Helper()
	k, err := New(&rsa.PublicKey{N: n, E: e})
	if err != nil {
		t.Fatal(err)
	}
	if s.BitLen() > 8*k.size {
		return
	}
	prefix := []byte("before")
	got, err := k.Power(slices.Clone(prefix), s.FillBytes(make([]byte, k.size)))
	if s.Cmp(n) >= 0 {
		if err == nil {
			t.Fatalf("a signature not below the modulus was taken: n=%x s=%x", n, s)
		}
		return
	}
	want := new(big.Int).Exp(s, big.NewInt(int64(e)), n).FillBytes(make([]byte, k.size))
	if err != nil || !bytes.Equal(got, append(prefix, want...)) {
		t.Fatalf("%x^%d mod %x:\n got %x (%v)\nwant %x", s, e, n, got, err, want)
	}
}

func TestPower(t *testing.T) {
	random := mrand.New(mrand.NewPCG(1, 2))
	one := big.NewInt(1)
	for _, n := range moduli(random) {
		for _, e := range []int{3, 65537, 0x5A5A5A5B} {
			edges := []*big.Int{new(big.Int), one, new(big.Int).Sub(n, one), n, new(big.Int).Add(n, one),
				new(big.Int).Sub(new(big.Int).Lsh(one, uint(n.BitLen()-1)), one), new(big.Int).Rsh(n, 1)}
			for range 8 {
				edges = append(edges, new(big.Int).Mod(patterned(random, (n.BitLen()+7)/8), n))
			}
			for _, s := range edges {
				checkPower(t, n, e, s)
			}
		}
	}
}

// TestPowerAtRandom is the same for keys as people have them.
func TestPowerAtRandom(t *testing.T) {
	random := mrand.New(mrand.NewPCG(3, 4))
	for i := range 3000 {
		size, e := []int{2048, 3072, 4096}[i%3], []int{3, 65537}[i/3%2]
		n := patterned(random, size/8)
		n.SetBit(n.SetBit(n, size-1, 1), 0, 1)
		checkPower(t, n, e, patterned(random, size/8))
	}
}

func TestPowerWantsTheExactLength(t *testing.T) {
	n := new(big.Int).SetBit(big.NewInt(1), 2047, 1)
	k, err := New(&rsa.PublicKey{N: n, E: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{0, 1, 255, 257, 264, 1024, 2048} {
		if _, err := k.Power(nil, make([]byte, length)); err == nil {
			t.Errorf("a signature of %d octets was taken", length)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	odd := func(size int) *big.Int { return new(big.Int).SetBit(big.NewInt(1), size-1, 1) }
	if _, err := New(nil); err == nil {
		t.Error("no key was taken")
	}
	for name, k := range map[string]rsa.PublicKey{
		"no modulus": {E: 3}, "negative": {N: new(big.Int).Neg(odd(2048)), E: 3}, "short": {N: odd(2047), E: 3}, "long": {N: odd(8193), E: 3},
		"even": {N: new(big.Int).Lsh(odd(2048), 1), E: 3}, "e 0": {N: odd(2048)}, "e 1": {N: odd(2048), E: 1},
		"e even": {N: odd(2048), E: 65536}, "e negative": {N: odd(2048), E: -3}, "e long": {N: odd(2048), E: 1<<31 + 1},
	} {
		if _, err := New(&k); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := Of("a key"); err == nil {
		t.Error("a string was taken for a key")
	}
}

func FuzzPower(f *testing.F) {
	random := mrand.New(mrand.NewPCG(5, 6))
	for i, n := range moduli(random) {
		f.Add(n.Bytes(), patterned(random, (n.BitLen()+7)/8).Bytes(), uint32(1+i))
		f.Add(n.Bytes(), new(big.Int).Sub(n, big.NewInt(1)).Bytes(), uint32(32768))
	}
	f.Fuzz(func(t *testing.T, modulus, signature []byte, half uint32) {
		if len(modulus) > maxBits/8 || len(signature) > maxBits/8 {
			return
		}
		n := new(big.Int).SetBytes(modulus)
		if n.BitLen() < minBits {
			n.SetBit(n, minBits-1, 1)
		}
		checkPower(t, n.SetBit(n, 0, 1), int(max(half%(1<<30), 1))*2+1, new(big.Int).SetBytes(signature))
	})
}

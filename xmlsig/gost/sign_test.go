package gost

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"errors"
	"io"
	"math/big"
	"strings"
	"sync"
	"testing"
)

// Keys, signatures and verdicts are those of the reference for keys and digests at random and on the edges.
func TestSignaturesAgreeWithTheReference(t *testing.T) {
	for _, p := range allParams() {
		t.Run(p.name, func(t *testing.T) {
			c, ref := newCurve(p), newRefCurve(p)
			for _, d := range edgeScalars(p, 1, 2, -1) {
				key, err := ParsePrivateKey(c, d)
				if err != nil {
					t.Fatal(err)
				}
				other, err := ParsePrivateKey(ref, d)
				if err != nil {
					t.Fatal(err)
				}
				for _, digest := range append(edgeScalars(p, 0, 1, -1), toLE(hexInt(p.q), p.size)) {
					compareSignatures(t, key, other, digest)
				}
			}
		})
	}
}

// edgeScalars returns the given numbers modulo q, and two at random.
func edgeScalars(p params, numbers ...int64) (scalars [][]byte) {
	q := hexInt(p.q)
	for _, n := range numbers {
		scalars = append(scalars, toLE(new(big.Int).Mod(big.NewInt(n), q), p.size))
	}
	for range 2 {
		n, err := rand.Int(rand.Reader, q)
		if err != nil {
			panic(err)
		}
		scalars = append(scalars, toLE(n, p.size))
	}
	return scalars
}

func compareSignatures(t *testing.T, key, other *PrivateKey, digest []byte) {
	t.Helper()
	sig, err := key.Sign(nil, digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := other.Sign(nil, digest, nil)
	if err != nil || !bytes.Equal(sig, want) {
		t.Fatalf("key %x, digest %x: signature\n got %x\nwant %x", key.d, digest, sig, want)
	}
	if !key.public.Verify(digest, sig) || !other.public.Verify(digest, sig) {
		t.Fatalf("key %x, digest %x: signature %x refused", key.d, digest, sig)
	}
}

// A signature stops being one when a bit of it, of the digest or of the key changes; with and without a table.
func TestVerifyRefusesChanges(t *testing.T) {
	for _, c := range allCurves() {
		key := newKey(t, c)
		digest := make([]byte, c.size)
		rand.Read(digest)
		sig, err := key.Sign(rand.Reader, digest, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if !key.public.Verify(digest, sig) {
				t.Fatalf("%s: good signature refused", c.Name())
			}
			for i := range 2 * c.size {
				if key.public.Verify(digest, flipped(sig, i)) {
					t.Errorf("%s: changed byte %d of the signature", c.Name(), i)
				}
				if i < c.size && key.public.Verify(flipped(digest, i), sig) {
					t.Errorf("%s: changed byte %d of the digest", c.Name(), i)
				}
			}
			if newKey(t, c).public.Verify(digest, sig) {
				t.Errorf("%s: another key", c.Name())
			}
			key.public.Precompute()
		}
	}
}

func flipped(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 1 << (i % 8)
	return b
}

func TestVerifyRefusesForms(t *testing.T) {
	for _, c := range allCurves() {
		key, q := newKey(t, c), referenceOf(c).q
		digest := make([]byte, c.size)
		rand.Read(digest)
		sig, err := key.Sign(nil, digest, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, s, zero := sig[:c.size], sig[c.size:], make([]byte, c.size)
		plusQ := func(half []byte) []byte {
			n := fromLE(half)
			top := new(big.Int).Lsh(big.NewInt(1), uint(8*c.size))
			return toLE(n.Mod(n.Add(n, q), top), c.size)
		}
		join := func(halves ...[]byte) []byte { return bytes.Join(halves, nil) }
		for name, bad := range map[string][]byte{
			"nothing":      nil,
			"r alone":      r,
			"short":        sig[:len(sig)-1],
			"long":         join(sig, []byte{0}),
			"r = 0":        join(zero, s),
			"s = 0":        join(r, zero),
			"both 0":       join(zero, zero),
			"r = q":        join(toLE(q, c.size), s),
			"s = q":        join(r, toLE(q, c.size)),
			"r + q":        join(plusQ(r), s),
			"s + q":        join(r, plusQ(s)),
			"-s":           join(r, toLE(new(big.Int).Sub(q, fromLE(s)), c.size)),
			"s before r":   join(s, r),
			"big-endian":   join(bigEndian(r), bigEndian(s)),
			"RFC 4491":     bigEndian(sig),
			"all ones":     bytes.Repeat([]byte{0xff}, 2*c.size),
			"one and one":  join(scalarBytes(1, c.size), scalarBytes(1, c.size)),
			"padded twice": join(r, zero, s, zero),
		} {
			if key.public.Verify(digest, bad) {
				t.Errorf("%s: accepted %s", c.Name(), name)
			}
		}
		for name, bad := range map[string][]byte{"nothing": nil, "short": digest[1:], "long": join(digest, []byte{0})} {
			if key.public.Verify(bad, sig) {
				t.Errorf("%s: accepted a digest of the wrong length: %s", c.Name(), name)
			}
			if _, err := key.Sign(nil, bad, nil); !errors.Is(err, errDigest) {
				t.Errorf("%s: signed a digest of the wrong length: %s (%v)", c.Name(), name, err)
			}
		}
	}
	var none PublicKey
	if none.Verify(make([]byte, 64), make([]byte, 128)) || none.Bytes() != nil {
		t.Error("the zero key is good for something")
	}
	none.Precompute()
}

// With s = rd the sum of points is infinity, which has no x; nobody who signs gets there, but a forger may try.
func TestVerifyRefusesInfinity(t *testing.T) {
	for _, c := range allCurves() {
		key, q := newKey(t, c), referenceOf(c).q
		for _, r := range []int64{1, 2, 3} {
			s := new(big.Int).Mul(big.NewInt(r), fromLE(key.d))
			sig := append(scalarBytes(r, c.size), toLE(s.Mod(s, q), c.size)...)
			if key.public.Verify(scalarBytes(1, c.size), sig) {
				t.Errorf("%s: accepted r = %d, s = rd", c.Name(), r)
			}
		}
	}
}

// The standard reads a digest that is zero modulo q as one.
func TestZeroDigestCountsAsOne(t *testing.T) {
	for _, c := range allCurves() {
		key := newKey(t, c)
		one, zero := scalarBytes(1, c.size), make([]byte, c.size)
		sig, err := key.Sign(rand.Reader, zero, nil)
		if err != nil {
			t.Fatal(err)
		}
		if q := toLE(referenceOf(c).q, c.size); !key.public.Verify(zero, sig) || !key.public.Verify(one, sig) ||
			!key.public.Verify(q, sig) {
			t.Errorf("%s: 0, 1 and q are not the same digest", c.Name())
		}
	}
}

// When the x of the point is not below q, r is x − q or less; on the 256-bit set three points of four are such.
func TestVerifyFindsXAboveTheOrder(t *testing.T) {
	c, r := Curve256A(), newReference(params256A)
	group := c.arithmetic.(*group[fe256])
	above := 0
	for n := int64(2); n < 40; n++ {
		x, _ := r.affine(r.scale(big.NewInt(n), r.g))
		if x.Cmp(r.q) >= 0 {
			above++
		}
		small := fromBig[fe256](new(big.Int).Mod(x, r.q))
		k := fromBig[fe256](big.NewInt(n))
		point := group.multipleOf(&group.base, &k)
		if !group.hasX(&point, &small) {
			t.Errorf("x of %d·G not found", n)
		}
		small[0]++
		if group.hasX(&point, &small) {
			t.Errorf("x of %d·G is said to be another", n)
		}
	}
	if above < 20 {
		t.Errorf("only %d points with x above q", above)
	}
}

func TestSignIsDeterministicWithoutRandomness(t *testing.T) {
	for _, c := range allCurves() {
		key := newKey(t, c)
		digest, other := make([]byte, c.size), scalarBytes(2, c.size)
		first, _ := key.Sign(nil, digest, nil)
		second, _ := key.Sign(nil, digest, crypto.SHA512)
		third, _ := key.Sign(nil, other, nil)
		if !bytes.Equal(first, second) {
			t.Errorf("%s: two signatures of one digest", c.Name())
		}
		if bytes.Equal(first[:c.size], third[:c.size]) {
			t.Errorf("%s: two digests with one nonce", c.Name())
		}
	}
}

// With randomness signatures differ; even a broken source gives other nonces for other digests.
func TestSignHedgesWithRandomness(t *testing.T) {
	for _, c := range allCurves() {
		key := newKey(t, c)
		digest, other := make([]byte, c.size), scalarBytes(2, c.size)
		seen := map[string]bool{}
		for _, source := range []io.Reader{nil, rand.Reader, rand.Reader, zeros{}} {
			for _, d := range [][]byte{digest, other} {
				sig, err := key.Sign(source, d, nil)
				if err != nil || !key.public.Verify(d, sig) {
					t.Fatalf("%s: %v", c.Name(), err)
				}
				seen[string(sig[:c.size])] = true
			}
		}
		if len(seen) != 8 {
			t.Errorf("%s: %d nonces in 8 signatures", c.Name(), len(seen))
		}
	}
	if _, err := newKey(t, Curve512A()).Sign(strings.NewReader("x"), make([]byte, 64), nil); err == nil {
		t.Error("a source that ends early is no error")
	}
}

// The generator runs on after a nonce is refused, and keeps to the range.
func TestNoncesStayInRange(t *testing.T) {
	for _, c := range allCurves() {
		g, err := newNonces(c, scalarBytes(5, c.size), scalarBytes(6, c.size), nil)
		if err != nil {
			t.Fatal(err)
		}
		q, seen := referenceOf(c).q, map[string]bool{}
		for range 50 {
			k := g.next()
			if n := fromLE(k); n.Sign() == 0 || n.Cmp(q) >= 0 || seen[string(k)] {
				t.Errorf("%s: nonce %x", c.Name(), k)
			}
			seen[string(k)] = true
		}
	}
}

func TestKeysServeManyAtOnce(t *testing.T) {
	key := newKey(t, CurveCryptoProA())
	digest := scalarBytes(9, 32)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			sig, err := key.Sign(rand.Reader, digest, nil)
			if i%3 == 0 {
				key.public.Precompute()
			}
			if err != nil || !key.public.Verify(digest, sig) {
				t.Errorf("signature refused: %v", err)
			}
		})
	}
	wg.Wait()
}

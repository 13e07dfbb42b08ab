package gost

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
)

var _ crypto.Signer = (*PrivateKey)(nil)

func allCurves() []*Curve { return []*Curve{Curve512A(), CurveCryptoProA(), Curve256A()} }

// referenceOf returns the reference arithmetic of the same parameter set.
func referenceOf(c *Curve) *reference {
	for _, p := range allParams() {
		if p.name == c.name {
			return newReference(p)
		}
	}
	panic("no parameters for " + c.name)
}

func newKey(t testing.TB, c *Curve) *PrivateKey {
	t.Helper()
	k, err := GenerateKey(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestCurvesAreSingletons(t *testing.T) {
	names := map[string]int{"tc26-gost-3410-12-512-A": 64, "CryptoPro-A": 32, "tc26-gost-3410-12-256-A": 32}
	again := allCurves()
	for i, c := range allCurves() {
		if c != again[i] {
			t.Errorf("%s: two values", c.Name())
		}
		if size, ok := names[c.Name()]; !ok || size != c.Size() {
			t.Errorf("%s has size %d", c.Name(), c.Size())
		}
	}
}

func TestKeysKeepTheirBytes(t *testing.T) {
	for _, c := range allCurves() {
		key := newKey(t, c)
		back, err := ParsePrivateKey(c, key.Bytes())
		if err != nil || !back.Equal(key) {
			t.Fatalf("%s: private key: %v", c.Name(), err)
		}
		public := key.Public().(*PublicKey)
		publicBack, err := ParsePublicKey(c, public.Bytes())
		if err != nil || !publicBack.Equal(public) || publicBack.Curve != c {
			t.Fatalf("%s: public key: %v", c.Name(), err)
		}
	}
}

func TestKeysDoNotShareTheirBytes(t *testing.T) {
	key := newKey(t, CurveCryptoProA())
	raw := key.Bytes()
	parsed, err := ParsePrivateKey(CurveCryptoProA(), raw)
	if err != nil {
		t.Fatal(err)
	}
	clear(raw)
	clear(parsed.Bytes())
	clear(parsed.Public().(*PublicKey).Bytes())
	if !parsed.Equal(key) || !parsed.Public().(*PublicKey).Equal(key.Public()) {
		t.Error("a key changed with bytes that were read or given")
	}
}

func TestEqualTellsKeysApart(t *testing.T) {
	a, b := newKey(t, CurveCryptoProA()), newKey(t, CurveCryptoProA())
	if a.Equal(b) || a.Public().(*PublicKey).Equal(b.Public()) {
		t.Error("different keys are equal")
	}
	if a.Equal("key") || a.Public().(*PublicKey).Equal(nil) || a.Public().(*PublicKey).Equal(*b.public) {
		t.Error("a key equals something else")
	}
	same, err := ParsePrivateKey(Curve256A(), scalarBytes(7, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := ParsePrivateKey(CurveCryptoProA(), scalarBytes(7, 32))
	if err != nil {
		t.Fatal(err)
	}
	if same.Equal(other) {
		t.Error("one scalar on two curves makes equal keys")
	}
}

func scalarBytes(n int64, size int) []byte { return toLE(big.NewInt(n), size) }

func TestParsePublicKeyRefuses(t *testing.T) {
	for _, c := range allCurves() {
		r, good := referenceOf(c), newKey(t, c).public.Bytes()
		x, y := fromLE(good[:c.size]), fromLE(good[c.size:])
		tests := []struct {
			name string
			raw  []byte
			want error
		}{
			{"nothing", nil, errKeyLength},
			{"one byte less", good[:len(good)-1], errKeyLength},
			{"one byte more", append(bytes.Clone(good), 0), errKeyLength},
			{"x alone", good[:c.size], errKeyLength},
			{"zeros", make([]byte, 2*c.size), errOffCurve},
			{"ones", bytes.Repeat([]byte{0xff}, 2*c.size), errCoordinate},
			{"x = p", append(toLE(r.p, c.size), good[c.size:]...), errCoordinate},
			{"y = p", append(bytes.Clone(good[:c.size]), toLE(r.p, c.size)...), errCoordinate},
			{"y + 1", append(toLE(x, c.size), toLE(new(big.Int).Xor(y, big.NewInt(1)), c.size)...), errOffCurve},
			{"x and y exchanged", append(bytes.Clone(good[c.size:]), good[:c.size]...), errOffCurve},
			{"big-endian", append(bigEndian(good[:c.size]), bigEndian(good[c.size:])...), nil},
		}
		for _, tt := range tests {
			key, err := ParsePublicKey(c, tt.raw)
			if key != nil || err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%s, %s: got %v, want %v", c.Name(), tt.name, err, tt.want)
			}
		}
	}
	if _, err := ParsePublicKey(nil, nil); !errors.Is(err, errCurve) {
		t.Errorf("no curve: %v", err)
	}
}

// The group of the 256-bit set has points of order 2, 4, 2q and 4q besides those of order q.
func TestParsePublicKeyRefusesPointsOutsideTheSubgroup(t *testing.T) {
	c, r := Curve256A(), newReference(params256A)
	for x, refused := int64(0), 0; refused < 4; x++ {
		p, ok := r.lift(big.NewInt(x))
		if !ok {
			continue
		}
		inside := r.scale(r.q, p).z.Sign() == 0
		_, err := ParsePublicKey(c, append(toLE(p.x, c.size), toLE(p.y, c.size)...))
		if inside != (err == nil) || err != nil && !errors.Is(err, errSubgroup) {
			t.Errorf("x = %d: in the subgroup: %t, error: %v", x, inside, err)
		}
		if !inside {
			refused++
		}
	}
}

// lift returns a point with the given x; p is 3 modulo 4 for the curves in use.
func (r *reference) lift(x *big.Int) (jac, bool) {
	rhs := new(big.Int).Add(r.mul(x, new(big.Int).Add(r.mul(x, x), r.a)), r.b)
	y := new(big.Int).ModSqrt(rhs, r.p)
	return jac{x, y, big.NewInt(1)}, y != nil
}

func TestParsePrivateKeyRefuses(t *testing.T) {
	for _, c := range allCurves() {
		q := referenceOf(c).q
		for name, raw := range map[string][]byte{
			"nothing": nil,
			"short":   make([]byte, c.size-1),
			"long":    append(scalarBytes(1, c.size), 0),
			"0":       make([]byte, c.size),
			"q":       toLE(q, c.size),
			"q+1":     toLE(new(big.Int).Add(q, big.NewInt(1)), c.size),
			"ones":    bytes.Repeat([]byte{0xff}, c.size),
		} {
			if _, err := ParsePrivateKey(c, raw); !errors.Is(err, errScalar) {
				t.Errorf("%s, %s: got %v", c.Name(), name, err)
			}
		}
	}
	if _, err := ParsePrivateKey(nil, nil); !errors.Is(err, errCurve) {
		t.Errorf("no curve: %v", err)
	}
}

func TestEdgeScalarsGiveTheKeysOfTheReference(t *testing.T) {
	for _, c := range allCurves() {
		r := referenceOf(c)
		for _, n := range []int64{1, 2, 3, 31, 32, 33, 63, 64, 65, -1, -2, -32, -33} {
			d := new(big.Int).Mod(big.NewInt(n), r.q)
			key, err := ParsePrivateKey(c, toLE(d, c.size))
			if err != nil {
				t.Fatal(err)
			}
			if want := r.baseMult(toLE(d, c.size)); !bytes.Equal(key.public.raw, want) {
				t.Errorf("%s, d = %d: got %x, want %x", c.Name(), n, key.public.raw, want)
			}
		}
	}
}

func TestGenerateKeyFollowsItsSource(t *testing.T) {
	for _, c := range allCurves() {
		seed := make([]byte, maxDraws*c.size)
		rand.Read(seed)
		a, err := GenerateKey(c, bytes.NewReader(seed))
		if err != nil {
			t.Fatal(err)
		}
		b, err := GenerateKey(c, bytes.NewReader(seed))
		if err != nil || !a.Equal(b) {
			t.Errorf("%s: one seed, two keys (%v)", c.Name(), err)
		}
	}
}

func TestGenerateKeyReportsABadSource(t *testing.T) {
	if _, err := GenerateKey(Curve512A(), strings.NewReader("short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("short source: %v", err)
	}
	if _, err := GenerateKey(Curve512A(), zeros{}); !errors.Is(err, errRandom) {
		t.Errorf("source of zeros: %v", err)
	}
	if _, err := GenerateKey(nil, rand.Reader); !errors.Is(err, errCurve) {
		t.Errorf("no curve: %v", err)
	}
}

// zeros is a broken source of randomness.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

package gost

import (
	"crypto/rand"
	"hash"
	"testing"
)

func BenchmarkVerify512(b *testing.B)      { benchmarkVerify(b, Curve512A(), false) }
func BenchmarkVerify256(b *testing.B)      { benchmarkVerify(b, CurveCryptoProA(), false) }
func BenchmarkVerify256A(b *testing.B)     { benchmarkVerify(b, Curve256A(), false) }
func BenchmarkVerifyTable512(b *testing.B) { benchmarkVerify(b, Curve512A(), true) }
func BenchmarkVerifyTable256(b *testing.B) { benchmarkVerify(b, CurveCryptoProA(), true) }

func benchmarkVerify(b *testing.B, c *Curve, table bool) {
	key := newKey(b, c)
	digest := make([]byte, c.size)
	rand.Read(digest)
	sig, err := key.Sign(nil, digest, nil)
	if err != nil {
		b.Fatal(err)
	}
	if table {
		key.public.Precompute()
	}
	b.ReportAllocs()
	for b.Loop() {
		if !key.public.Verify(digest, sig) {
			b.Fatal("signature refused")
		}
	}
}

func BenchmarkSign512(b *testing.B) { benchmarkSign(b, Curve512A()) }
func BenchmarkSign256(b *testing.B) { benchmarkSign(b, CurveCryptoProA()) }

func benchmarkSign(b *testing.B, c *Curve) {
	key := newKey(b, c)
	digest := make([]byte, c.size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Sign(rand.Reader, digest, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParsePublicKey512(b *testing.B)  { benchmarkParse(b, Curve512A()) }
func BenchmarkParsePublicKey256A(b *testing.B) { benchmarkParse(b, Curve256A()) }

func benchmarkParse(b *testing.B, c *Curve) {
	raw := newKey(b, c).public.Bytes()
	for b.Loop() {
		if _, err := ParsePublicKey(c, raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTable512(b *testing.B) {
	g := newGroup[fe512](params512A)
	for b.Loop() {
		newTable(g, &g.base)
	}
}

func BenchmarkStreebog512(b *testing.B) { benchmarkHash(b, NewStreebog512()) }
func Benchmark34311(b *testing.B)       { benchmarkHash(b, New34311()) }

func benchmarkHash(b *testing.B, h hash.Hash) {
	message := make([]byte, 64<<10)
	digest := make([]byte, 0, 64)
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		h.Reset()
		h.Write(message)
		h.Sum(digest)
	}
}

package revocation_test

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"runtime"
	"testing"

	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// bigList makes a list of a million entries shaped like the national one:
// random serial numbers of 20 octets, most with a reason.
func bigList(b *testing.B, alg testpki.Algorithm, entries int) (*testpki.Authority, []byte, []*big.Int) {
	b.Helper()
	ca := newAuthority(b, alg, "big")
	s := ca.CRLSpec(now, now.Add(day))
	s.Entries = make([]testpki.Revoked, entries)
	serials := make([]*big.Int, entries)
	for i := range s.Entries {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		sum[0] &= 0x7f
		serials[i] = new(big.Int).SetBytes(sum[:20])
		s.Entries[i] = testpki.Revoked{Serial: serials[i], At: now.Add(-day), Reason: i % 5}
	}
	raw, err := ca.MakeCRL(s)
	if err != nil {
		b.Fatal(err)
	}
	return ca, raw, serials
}

// BenchmarkLoadCRL parses a list of a million entries and verifies it. Goal:
// 3 s and 64 MB live.
func BenchmarkLoadCRL(b *testing.B) {
	for _, alg := range []testpki.Algorithm{testpki.RSA, testpki.GOST512} {
		b.Run(string(alg), func(b *testing.B) {
			ca, raw, _ := bigList(b, alg, 1_000_000)
			b.SetBytes(int64(len(raw)))
			before := live()
			var c *revocation.CRL
			for b.Loop() {
				c = list(b, raw)
				if err := c.VerifyBy(ca.Issuing); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(live()-before)/(1<<20), "live-MB")
			runtime.KeepAlive(c)
			runtime.KeepAlive(raw)
		})
	}
}

func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkLookup looks serial numbers up in a list of a million. Goal: less
// than 1 µs, nothing allocated.
func BenchmarkLookup(b *testing.B) {
	_, raw, serials := bigList(b, testpki.ECDSA, 1_000_000)
	c := list(b, raw)
	raw = nil
	flat := make([]byte, 0, 20*len(serials))
	for _, n := range serials {
		flat = append(flat, n.FillBytes(make([]byte, 20))...)
	}
	serials = nil
	serial := new(big.Int)
	b.ReportAllocs()
	for i := 0; b.Loop(); i += 20 {
		if i == len(flat) {
			i = 0
		}
		if _, ok := c.Lookup(serial.SetBytes(flat[i : i+20])); !ok {
			b.Fatal("not found")
		}
	}
}

// BenchmarkAnswer parses and verifies an answer of a delegated responder.
func BenchmarkAnswer(b *testing.B) {
	for _, alg := range algorithms {
		ca := newAuthority(b, alg, "big")
		cert := issue(b, ca, testpki.Profile{})
		raw := ask(b, ca, cert, ca.Issuing, nil)
		b.Run(string(alg), func(b *testing.B) {
			for b.Loop() {
				wantState(b, answer(b, raw).Status(cert, ca.Issuing, now, nonce), revocation.Good)
			}
		})
	}
}

// BenchmarkRemembered asks an online source for what it knows already.
func BenchmarkRemembered(b *testing.B) {
	ca := newAuthority(b, testpki.ECDSA, "big")
	cert := issue(b, ca, testpki.Profile{})
	source := revocation.NewOnline(newNetwork(ca), revocation.Config{OCSP: []string{ocspURL}})
	b.ReportAllocs()
	for b.Loop() {
		if source.Status(b.Context(), cert, ca.Issuing, now).State != revocation.Good {
			b.Fatal("not good")
		}
	}
}

package pki_test

import (
	"testing"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

func BenchmarkParse(b *testing.B) {
	for _, alg := range algorithms {
		der := issue(b, authority(b, alg), testpki.Profile{IIN: "000230500003"}).Certificate.Raw
		b.Run(string(alg), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := pki.Parse(der); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkChain(b *testing.B) {
	for _, alg := range algorithms {
		ca := authority(b, alg)
		leaf := issue(b, ca, testpki.Profile{}).Certificate
		b.Run(string(alg)+"/cold", func(b *testing.B) {
			for b.Loop() {
				if _, err := trusting(ca).Chain(leaf, nil, now); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(alg)+"/warm", func(b *testing.B) {
			store := trusting(ca)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := store.Chain(leaf, nil, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkChainWarm is what a gateway does with a certificate it has met: recognise the octets, answer the chain,
// judge dates and purpose. It allocates nothing.
func BenchmarkChainWarm(b *testing.B) {
	for _, alg := range algorithms {
		ca := authority(b, alg)
		der := issue(b, ca, testpki.Profile{IIN: "000230500003"}).Certificate.Raw
		b.Run(string(alg), func(b *testing.B) {
			store := trusting(ca)
			b.ReportAllocs()
			for b.Loop() {
				if err := decide(store, der); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// decide answers every question about a signer's certificate but that of revocation.
func decide(store *pki.Store, der []byte) error {
	leaf, err := store.Parse(der)
	if err != nil {
		return err
	}
	chain, err := store.Chain(leaf, nil, now)
	if err != nil {
		return err
	}
	if err := leaf.CheckValidity(now); err != nil {
		return err
	}
	return leaf.CheckPurpose(store.PurposeFor(chain))
}

// TestWarmDecisionAllocatesNothing holds the benchmark's promise.
func TestWarmDecisionAllocatesNothing(t *testing.T) {
	ca := authority(t, testpki.GOST512)
	store, der := trusting(ca), issue(t, ca, testpki.Profile{}).Certificate.Raw
	for range 40 { // past the point where the key gets its table
		if err := decide(store, der); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _ = decide(store, der) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

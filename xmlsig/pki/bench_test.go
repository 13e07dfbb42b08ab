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

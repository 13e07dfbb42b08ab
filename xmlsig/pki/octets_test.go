package pki_test

import (
	"bytes"
	"testing"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// TestEveryOctetCounts changes each octet of a leaf in turn: none of the
// results has a chain.
func TestEveryOctetCounts(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.ECDSA, testpki.GOST2004} {
		ca := authority(t, alg)
		store := trusting(ca)
		der := issue(t, ca, testpki.Profile{IIN: "000230500003"}).Certificate.Raw
		for i := range der {
			changed := bytes.Clone(der)
			changed[i] ^= 1 << (i % 8)
			c, err := pki.Parse(changed)
			if err != nil {
				continue
			}
			if _, err := store.Chain(c, nil, now); err == nil {
				t.Errorf("%s: octet %d may be changed", alg, i)
			}
		}
	}
}

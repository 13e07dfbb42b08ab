package simulate

import (
	"testing"

	"kopir/xmlsig/pki"
)

func TestSyntheticNumbersPassTheChecksumAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for n := range 300 {
		iin, bin := SyntheticIIN(n), SyntheticBIN(n)
		if !pki.CheckIIN(iin) || !pki.CheckBIN(bin) {
			t.Fatalf("%d: %s or %s fails the checksum", n, iin, bin)
		}
		if seen[iin] || seen[bin] {
			t.Fatalf("%d: %s or %s came twice", n, iin, bin)
		}
		seen[iin], seen[bin] = true, true
	}
}

package xmlsig

import (
	"bytes"
	"encoding/asn1"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestAppendECDSA compares with encoding/asn1, leading zeros and high bits among the numbers.
func TestAppendECDSA(t *testing.T) {
	random := rand.NewChaCha8([32]byte{3})
	for _, n := range []int{32, 48, 66} {
		for zeros := range n + 1 {
			for _, first := range []byte{0x01, 0x7F, 0x80, 0xFF} {
				r, s := make([]byte, n), make([]byte, n)
				random.Read(r[zeros:])
				random.Read(s)
				if zeros < n {
					r[zeros] = first
				}
				want, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)})
				if err != nil {
					t.Fatal(err)
				}
				if got := appendECDSA(nil, r, s); !bytes.Equal(got, want) {
					t.Fatalf("%x and %x:\ngot  %x\nwant %x", r, s, got, want)
				}
			}
		}
	}
}

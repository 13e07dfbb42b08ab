package gost

import (
	"math/bits"
	"sync"
)

// testSBox is the substitution of id-GostR3411-94-TestParamSet (RFC 4357 §11.2), least significant nibble first.
var testSBox = [8][16]byte{
	{4, 10, 9, 2, 13, 8, 0, 14, 6, 11, 1, 12, 7, 15, 5, 3},
	{14, 11, 4, 12, 6, 13, 15, 10, 2, 3, 8, 1, 0, 7, 5, 9},
	{5, 8, 1, 13, 10, 3, 4, 2, 14, 15, 12, 7, 6, 0, 9, 11},
	{7, 13, 10, 1, 0, 8, 9, 15, 14, 4, 6, 12, 11, 2, 5, 3},
	{6, 12, 7, 1, 5, 15, 13, 8, 4, 10, 9, 14, 0, 3, 11, 2},
	{4, 11, 10, 0, 7, 2, 1, 13, 3, 6, 8, 5, 9, 12, 15, 14},
	{13, 11, 4, 1, 3, 15, 5, 9, 0, 10, 14, 7, 6, 8, 2, 12},
	{1, 15, 13, 0, 5, 7, 10, 4, 9, 2, 3, 14, 6, 11, 8, 12},
}

// cipherTable joins the substitution and the rotation by 11 of GOST 28147-89: entry [i][v] is the image of byte
// v standing at position i of a 32-bit word.
type cipherTable [4][256]uint32

// cipherTables builds the table on first use.
var cipherTables = sync.OnceValue(func() *cipherTable {
	t := new(cipherTable)
	for i := range t {
		for v := range t[i] {
			image := testSBox[2*i][v&15] | testSBox[2*i+1][v>>4]<<4
			t[i][v] = bits.RotateLeft32(uint32(image)<<(8*i), 11)
		}
	}
	return t
})

// round is the function f of GOST 28147-89 (RFC 5830 §5).
func (t *cipherTable) round(x uint32) uint32 {
	return t[0][byte(x)] ^ t[1][byte(x>>8)] ^ t[2][byte(x>>16)] ^ t[3][byte(x>>24)]
}

// encryptPair encrypts one block under each of two keys with GOST 28147-89 in simple substitution mode (RFC 5830
// §5). Two independent blocks at a time keep the processor busy.
func (t *cipherTable) encryptPair(j, k *[8]uint32, a, b uint64) (uint64, uint64) {
	a0, a1 := uint32(a), uint32(a>>32)
	b0, b1 := uint32(b), uint32(b>>32)
	for range 3 {
		for i := 0; i < 8; i += 2 {
			a1 ^= t.round(a0 + j[i])
			b1 ^= t.round(b0 + k[i])
			a0 ^= t.round(a1 + j[i+1])
			b0 ^= t.round(b1 + k[i+1])
		}
	}
	for i := 6; i >= 0; i -= 2 {
		a1 ^= t.round(a0 + j[i+1])
		b1 ^= t.round(b0 + k[i+1])
		a0 ^= t.round(a1 + j[i])
		b0 ^= t.round(b1 + k[i])
	}
	return uint64(a0)<<32 | uint64(a1), uint64(b0)<<32 | uint64(b1)
}

package gost

import (
	"encoding/binary"
	"hash"
	"math/bits"
	"sync"
)

// streebogBlock is the block of the compression function in bytes (RFC 6986 §8).
const streebogBlock = 64

// NewStreebog512 returns GOST R 34.11-2012 with a 512-bit digest. The digest comes in the byte order of
// RFC 6986: the first byte is the least significant one of the number the standard prints.
func NewStreebog512() hash.Hash { return newStreebog(64, 0) }

// NewStreebog256 returns GOST R 34.11-2012 with a 256-bit digest, in the byte order of RFC 6986.
func NewStreebog256() hash.Hash { return newStreebog(32, 0x0101010101010101) }

// SumStreebog512 returns the 512-bit digest of b.
func SumStreebog512(b []byte) (digest [64]byte) {
	d := newStreebog(64, 0)
	d.Write(b)
	d.Sum(digest[:0])
	return digest
}

// SumStreebog256 returns the 256-bit digest of b.
func SumStreebog256(b []byte) (digest [32]byte) {
	d := newStreebog(32, 0x0101010101010101)
	d.Write(b)
	d.Sum(digest[:0])
	return digest
}

// streebog is the running state of RFC 6986 §9. Vectors are eight words, least significant first.
type streebog struct {
	table *streebogTable
	size  int    // digest bytes
	start uint64 // the word that fills the start vector (RFC 6986 §6.1)
	h     [8]uint64
	n     [8]uint64 // bits taken so far
	sigma [8]uint64 // sum of the blocks modulo 2^512
	buf   [streebogBlock]byte
	fill  int // bytes waiting in buf, always less than a block
}

func newStreebog(size int, start uint64) *streebog {
	d := &streebog{table: streebogTables(), size: size, start: start}
	d.Reset()
	return d
}

// Size returns the digest length in bytes.
func (d *streebog) Size() int { return d.size }

// BlockSize returns 64.
func (d *streebog) BlockSize() int { return streebogBlock }

// Reset returns the hash to its start vector.
func (d *streebog) Reset() {
	for i := range d.h {
		d.h[i] = d.start
	}
	d.n, d.sigma, d.fill = [8]uint64{}, [8]uint64{}, 0
}

// Write adds p to the message; it never fails.
func (d *streebog) Write(p []byte) (int, error) {
	written := len(p)
	if d.fill > 0 {
		taken := copy(d.buf[d.fill:], p)
		d.fill, p = d.fill+taken, p[taken:]
		if d.fill < streebogBlock {
			return written, nil
		}
		d.block(d.buf[:], streebogBlock)
		d.fill = 0
	}
	for ; len(p) >= streebogBlock; p = p[streebogBlock:] {
		d.block(p[:streebogBlock], streebogBlock)
	}
	d.fill = copy(d.buf[:], p)
	return written, nil
}

// Sum appends the digest of the message so far; writing may go on afterwards.
func (d *streebog) Sum(in []byte) []byte {
	last := *d
	clear(last.buf[last.fill:])
	last.buf[last.fill] = 1 // RFC 6986 §9, stage 3: a one bit, then zeros
	last.block(last.buf[:], last.fill)
	var zero [8]uint64
	last.compress(&zero, &last.n)
	last.compress(&zero, &last.sigma)

	var digest [64]byte
	putWords(&digest, &last.h)
	return append(in, digest[64-last.size:]...)
}

// block takes one block of which used bytes belong to the message (RFC 6986 §9, stage 2).
func (d *streebog) block(p []byte, used int) {
	var m [8]uint64
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(p[8*i:])
	}
	d.compress(&d.n, &m)
	addWords(&d.n, &[8]uint64{uint64(used) * 8})
	addWords(&d.sigma, &m)
}

// compress is h = g_N(h, m) of RFC 6986 §8.
func (d *streebog) compress(n, m *[8]uint64) {
	t := d.table
	var key [8]uint64
	t.lps(&key, &d.h, n)
	text := *m
	for i := range streebogC {
		t.lps(&text, &text, &key)
		t.lps(&key, &key, &streebogC[i])
	}
	for i := range d.h {
		d.h[i] ^= text[i] ^ key[i] ^ m[i]
	}
}

// addWords sets z = z + x modulo 2^512.
func addWords(z, x *[8]uint64) {
	var carry uint64
	for i := range z {
		z[i], carry = bits.Add64(z[i], x[i], carry)
	}
}

func putWords(out *[64]byte, words *[8]uint64) {
	for i, w := range words {
		binary.LittleEndian.PutUint64(out[8*i:], w)
	}
}

// streebogTable joins π and A: entry [i][v] is the image of byte v standing at position i of a word.
type streebogTable [8][256]uint64

// streebogTables builds the table on first use.
var streebogTables = sync.OnceValue(func() *streebogTable {
	t := new(streebogTable)
	for i := range t {
		for v := range t[i] {
			t[i][v] = streebogRow(uint64(streebogPi[v]) << (8 * i))
		}
	}
	return t
})

// streebogRow is the linear map l of RFC 6986 §6.4 on one word.
func streebogRow(w uint64) (image uint64) {
	for ; w != 0; w &= w - 1 {
		image ^= streebogA[63-bits.TrailingZeros64(w)]
	}
	return image
}

// lps sets out = L(P(S(a xor b))); out may be a or b. As P sends byte i of word j to byte j of word i, word i of the
// result gathers byte i of all words.
func (t *streebogTable) lps(out, a, b *[8]uint64) {
	x0, x1, x2, x3 := a[0]^b[0], a[1]^b[1], a[2]^b[2], a[3]^b[3]
	x4, x5, x6, x7 := a[4]^b[4], a[5]^b[5], a[6]^b[6], a[7]^b[7]
	out[0] = t[0][byte(x0)] ^ t[1][byte(x1)] ^ t[2][byte(x2)] ^ t[3][byte(x3)] ^
		t[4][byte(x4)] ^ t[5][byte(x5)] ^ t[6][byte(x6)] ^ t[7][byte(x7)]
	out[1] = t[0][byte(x0>>8)] ^ t[1][byte(x1>>8)] ^ t[2][byte(x2>>8)] ^ t[3][byte(x3>>8)] ^
		t[4][byte(x4>>8)] ^ t[5][byte(x5>>8)] ^ t[6][byte(x6>>8)] ^ t[7][byte(x7>>8)]
	out[2] = t[0][byte(x0>>16)] ^ t[1][byte(x1>>16)] ^ t[2][byte(x2>>16)] ^ t[3][byte(x3>>16)] ^
		t[4][byte(x4>>16)] ^ t[5][byte(x5>>16)] ^ t[6][byte(x6>>16)] ^ t[7][byte(x7>>16)]
	out[3] = t[0][byte(x0>>24)] ^ t[1][byte(x1>>24)] ^ t[2][byte(x2>>24)] ^ t[3][byte(x3>>24)] ^
		t[4][byte(x4>>24)] ^ t[5][byte(x5>>24)] ^ t[6][byte(x6>>24)] ^ t[7][byte(x7>>24)]
	out[4] = t[0][byte(x0>>32)] ^ t[1][byte(x1>>32)] ^ t[2][byte(x2>>32)] ^ t[3][byte(x3>>32)] ^
		t[4][byte(x4>>32)] ^ t[5][byte(x5>>32)] ^ t[6][byte(x6>>32)] ^ t[7][byte(x7>>32)]
	out[5] = t[0][byte(x0>>40)] ^ t[1][byte(x1>>40)] ^ t[2][byte(x2>>40)] ^ t[3][byte(x3>>40)] ^
		t[4][byte(x4>>40)] ^ t[5][byte(x5>>40)] ^ t[6][byte(x6>>40)] ^ t[7][byte(x7>>40)]
	out[6] = t[0][byte(x0>>48)] ^ t[1][byte(x1>>48)] ^ t[2][byte(x2>>48)] ^ t[3][byte(x3>>48)] ^
		t[4][byte(x4>>48)] ^ t[5][byte(x5>>48)] ^ t[6][byte(x6>>48)] ^ t[7][byte(x7>>48)]
	out[7] = t[0][byte(x0>>56)] ^ t[1][byte(x1>>56)] ^ t[2][byte(x2>>56)] ^ t[3][byte(x3>>56)] ^
		t[4][byte(x4>>56)] ^ t[5][byte(x5>>56)] ^ t[6][byte(x6>>56)] ^ t[7][byte(x7>>56)]
}

package gost

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// size34311 is both the digest and the block of GOST 34.311-95 in bytes (RFC 5831 §4).
const size34311 = 32

// New34311 returns GOST 34.311-95 (the Kazakh edition of GOST R 34.11-94) as the national CA uses it: the
// substitution of id-GostR3411-94-TestParamSet and a zero start vector. The digest comes least significant
// byte first, as in RFC 4490 and OpenSSL. An empty message adds no padding block, as in the common implementations.
func New34311() hash.Hash { return &hash34311{table: cipherTables()} }

// Sum34311 returns the GOST 34.311-95 digest of b.
func Sum34311(b []byte) (digest [32]byte) {
	d := hash34311{table: cipherTables()}
	d.Write(b)
	d.Sum(digest[:0])
	return digest
}

// vec34311 is a 256-bit vector of RFC 5831, least significant word first.
type vec34311 [4]uint64

type hash34311 struct {
	table  *cipherTable
	h      vec34311
	sigma  vec34311 // sum of the blocks modulo 2^256
	length uint64   // message bytes in whole blocks
	buf    [size34311]byte
	fill   int // bytes waiting in buf, always less than a block
}

// Size returns 32.
func (d *hash34311) Size() int { return size34311 }

// BlockSize returns 32.
func (d *hash34311) BlockSize() int { return size34311 }

// Reset returns the hash to its zero start vector.
func (d *hash34311) Reset() { *d = hash34311{table: d.table} }

// Write adds p to the message; it never fails.
func (d *hash34311) Write(p []byte) (int, error) {
	written := len(p)
	if d.fill > 0 {
		taken := copy(d.buf[d.fill:], p)
		d.fill, p = d.fill+taken, p[taken:]
		if d.fill < size34311 {
			return written, nil
		}
		d.block(d.buf[:], size34311)
		d.fill = 0
	}
	for ; len(p) >= size34311; p = p[size34311:] {
		d.block(p[:size34311], size34311)
	}
	d.fill = copy(d.buf[:], p)
	return written, nil
}

// Sum appends the digest of the message so far; writing may go on afterwards.
func (d *hash34311) Sum(in []byte) []byte {
	last := *d
	if last.fill > 0 {
		clear(last.buf[last.fill:])
		last.block(last.buf[:], last.fill)
	}
	last.step(&vec34311{last.length << 3, last.length >> 61}) // the length in bits
	last.step(&last.sigma)
	for _, w := range last.h {
		in = binary.LittleEndian.AppendUint64(in, w)
	}
	return in
}

// block takes one block of which used bytes belong to the message (RFC 5831 §6).
func (d *hash34311) block(p []byte, used int) {
	var m vec34311
	var carry uint64
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(p[8*i:])
		d.sigma[i], carry = bits.Add64(d.sigma[i], m[i], carry)
	}
	d.length += uint64(used)
	d.step(&m)
}

// step is H = χ(m, H) of RFC 5831 §5: four keys, four encryptions, and the mixing.
func (d *hash34311) step(m *vec34311) {
	keys := keys34311(&d.h, m)
	var s vec34311
	s[0], s[1] = d.table.encryptPair(&keys[0], &keys[1], d.h[0], d.h[1])
	s[2], s[3] = d.table.encryptPair(&keys[2], &keys[3], d.h[2], d.h[3])
	d.h = mix34311(&d.h, m, &s)
}

// c34311 is the constant C_3 of RFC 5831 §5.1; C_2 and C_4 are zero.
var c34311 = vec34311{0xff00ff00ff00ff00, 0x00ff00ff00ff00ff, 0xff0000ff00ffff00, 0xff00ffff000000ff}

// keys34311 makes the four keys of one step (RFC 5831 §5.1).
func keys34311(h, m *vec34311) (keys [4][8]uint32) {
	u, v := *h, *m
	for j := range keys {
		if j > 0 {
			u, v = u.shift(), v.shift().shift()
		}
		if j == 2 {
			u = u.xor(&c34311)
		}
		w := u.xor(&v)
		keys[j] = w.transpose()
	}
	return keys
}

// shift is the map A of RFC 5831 §5.1.
func (x vec34311) shift() vec34311 { return vec34311{x[1], x[2], x[3], x[0] ^ x[1]} }

func (x vec34311) xor(y *vec34311) vec34311 {
	return vec34311{x[0] ^ y[0], x[1] ^ y[1], x[2] ^ y[2], x[3] ^ y[3]}
}

// transpose is the map P of RFC 5831 §5.1 followed by the split into key words: word k is made of byte k of
// each of the four words. Bytes are paired first, then pairs, all of a word at a time.
func (x vec34311) transpose() (key [8]uint32) {
	const bytes, pairs = 0x00ff00ff00ff00ff, 0x0000ffff0000ffff
	even01, odd01 := x[0]&bytes|x[1]&bytes<<8, x[0]>>8&bytes|x[1]&^bytes
	even23, odd23 := x[2]&bytes|x[3]&bytes<<8, x[2]>>8&bytes|x[3]&^bytes
	k04, k26 := even01&pairs|even23&pairs<<16, even01>>16&pairs|even23&^pairs
	k15, k37 := odd01&pairs|odd23&pairs<<16, odd01>>16&pairs|odd23&^pairs
	return [8]uint32{
		uint32(k04), uint32(k15), uint32(k26), uint32(k37),
		uint32(k04 >> 32), uint32(k15 >> 32), uint32(k26 >> 32), uint32(k37 >> 32),
	}
}

// mix34311 is ψ^61(h xor ψ(m xor ψ^12(s))) of RFC 5831 §5.3. The map ψ is a shift register of 16-bit words, so
// its n-th power is the window n words further along the sequence the register makes.
func mix34311(h, m, s *vec34311) (out vec34311) {
	var r [16 + 12 + 1 + 61]uint16
	xor34311((*[16]uint16)(r[0:]), s)
	run34311(r[0:], 12)
	xor34311((*[16]uint16)(r[12:]), m)
	run34311(r[12:], 1)
	xor34311((*[16]uint16)(r[13:]), h)
	run34311(r[13:], 61)
	w := (*[16]uint16)(r[74:])
	for i := range out {
		out[i] = uint64(w[4*i]) | uint64(w[4*i+1])<<16 | uint64(w[4*i+2])<<32 | uint64(w[4*i+3])<<48
	}
	return out
}

// xor34311 adds x to a window.
func xor34311(w *[16]uint16, x *vec34311) {
	for i, v := range x {
		w[4*i] ^= uint16(v)
		w[4*i+1] ^= uint16(v >> 16)
		w[4*i+2] ^= uint16(v >> 32)
		w[4*i+3] ^= uint16(v >> 48)
	}
}

// run34311 moves the window at the front of r n words on. The last word stays in a register, or
// every step would wait for the one before to reach memory.
func run34311(r []uint16, n int) {
	last := r[15]
	for i := range n {
		w := (*[17]uint16)(r[i:])
		last ^= w[0] ^ w[1] ^ w[2] ^ w[3] ^ w[12]
		w[16] = last
	}
}

package gost

import (
	"crypto/hmac"
	"crypto/sha512"
	"fmt"
	"io"
	"slices"
)

// nonces yields the secret numbers of signatures by the generator of RFC 6979 §3.2, HMAC_DRBG. The hash is SHA-512
// for every curve: it runs in constant time and fast, while the tables of Streebog would leak the key through the
// cache. Numbers enter most significant byte first, as the RFC has them.
type nonces struct {
	curve *Curve
	k, v  []byte
	again bool
}

// newNonces seeds the generator with the private key d, the digest and, unless rand is nil, bytes of rand.
func newNonces(c *Curve, d, digest []byte, rand io.Reader) (*nonces, error) {
	seed := append(bigEndian(d), bigEndian(c.reduceScalar(digest))...)
	if rand != nil {
		extra := make([]byte, c.size)
		if _, err := io.ReadFull(rand, extra); err != nil {
			return nil, fmt.Errorf("gost: sign: %w", err)
		}
		seed = append(seed, extra...)
	}
	g := &nonces{curve: c, k: make([]byte, sha512.Size), v: make([]byte, sha512.Size)}
	for i := range g.v {
		g.v[i] = 1
	}
	g.update(0, seed)
	g.update(1, seed)
	return g, nil
}

// next returns a number between 0 and q, little-endian (RFC 6979 §3.2 h).
func (g *nonces) next() []byte {
	for {
		if g.again {
			g.update(0, nil)
		}
		g.again = true
		g.v = mac(g.k, g.v)
		k := bigEndian(g.v[:g.curve.size])
		g.curve.shorten(k)
		if g.curve.validScalar(k) {
			return k
		}
	}
}

// update is one of the steps d and e, or f and g, of RFC 6979 §3.2.
func (g *nonces) update(separator byte, seed []byte) {
	g.k = mac(g.k, g.v, []byte{separator}, seed)
	g.v = mac(g.k, g.v)
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha512.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// bigEndian returns the bytes of a little-endian number turned round.
func bigEndian(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

package gost

import (
	"bytes"
	"crypto/sha512"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// p256 is the curve of the example below; only its order matters.
var p256 = params{
	name: "P-256", size: 32, cofactor: 1,
	p: "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF",
	a: "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC",
	b: "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B",
	q: "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
	x: "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296",
	y: "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5",
}

// The nonces of RFC 6979 A.2.5 with SHA-512, turned little-endian.
func TestNoncesOfRFC6979(t *testing.T) {
	c := newRefCurve(p256)
	d := reversedHex(t, "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
	for message, want := range map[string]string{
		"sample": "5FA81C63109BADB88C1F367B47DA606DA28CAD69AA22C4FE6AD7DF73A7173AA5",
		"test":   "6915D11632ACA3C40D5D51C08DAF9C555933819548784480E93499000D9F0B7F",
	} {
		digest := sha512.Sum512([]byte(message))
		g, err := newNonces(c, d, bigEndian(digest[:32]), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.next(); !bytes.Equal(got, reversedHex(t, want)) {
			t.Errorf("%s: nonce %x, want %s turned round", message, got, want)
		}
	}
}

// Shortening is a shift of the number by the bits that q has less than its bytes.
func TestShorten(t *testing.T) {
	curves := allCurves()
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(curves).Draw(t, "curve")
		k := rapid.SliceOfN(rapid.Byte(), c.size, c.size).Draw(t, "k")
		want := new(big.Int).Rsh(fromLE(k), uint(8*c.size-c.scalarBits()))
		if c.shorten(k); fromLE(k).Cmp(want) != 0 {
			t.Fatalf("got %x, want %x", fromLE(k), want)
		}
	})
}

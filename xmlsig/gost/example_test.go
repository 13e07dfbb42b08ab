package gost_test

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"io"

	"kopir/xmlsig/gost"
)

// A signature over a text, as the national CA makes them since 2022.
func Example() {
	key, err := gost.GenerateKey(gost.Curve512A(), rand.Reader)
	if err != nil {
		panic(err)
	}
	digest := gost.SumStreebog512([]byte("Қазақстан"))
	sig, err := key.Sign(rand.Reader, digest[:], nil)
	if err != nil {
		panic(err)
	}

	raw := key.Public().(*gost.PublicKey).Bytes() // what a certificate carries
	public, err := gost.ParsePublicKey(gost.Curve512A(), raw)
	if err != nil {
		panic(err)
	}
	other := gost.SumStreebog512([]byte("Казахстан"))
	fmt.Println(len(raw), len(sig), public.Verify(digest[:], sig), public.Verify(other[:], sig))
	// Output: 128 128 true false
}

// Streams are hashed like with any other hash.Hash.
func ExampleNew34311() {
	h := gost.New34311()
	io.WriteString(h, "This is message, ")
	io.WriteString(h, "length=32 bytes")
	fmt.Printf("%x\n", h.Sum(nil))
	// Output: b1c466d37519b82e8319819ff32595e047a28cb6f83eff1c6916a815a637fffa
}

// A private key is a crypto.Signer. With a nil source of randomness its signatures are always the same.
func ExamplePrivateKey_Sign() {
	scalar := make([]byte, 32)
	scalar[0] = 7 // little-endian
	key, err := gost.ParsePrivateKey(gost.CurveCryptoProA(), scalar)
	if err != nil {
		panic(err)
	}
	var signer crypto.Signer = key
	digest := gost.Sum34311([]byte("abc"))
	first, _ := signer.Sign(nil, digest[:], nil)
	second, _ := signer.Sign(nil, digest[:], nil)
	fmt.Println(string(first) == string(second))
	// Output: true
}

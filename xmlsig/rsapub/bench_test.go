package rsapub

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"strconv"
	"testing"
)

func BenchmarkVerify(b *testing.B) {
	for _, size := range []int{2048, 4096} {
		private, err := rsa.GenerateKey(rand.Reader, size)
		if err != nil {
			b.Fatal(err)
		}
		digest := sha256.Sum256([]byte("kopir"))
		sig, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:])
		if err != nil {
			b.Fatal(err)
		}
		key, err := New(&private.PublicKey)
		if err != nil {
			b.Fatal(err)
		}
		run := func(name string, verify func() error) {
			b.Run(name+"-"+strconv.Itoa(size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if verify() != nil {
						b.Fatal("refused")
					}
				}
			})
		}
		run("rsapub", func() error { return key.VerifyPKCS1v15(crypto.SHA256, digest[:], sig) })
		run("once", func() error {
			key, _ := New(&private.PublicKey)
			return key.VerifyPKCS1v15(crypto.SHA256, digest[:], sig)
		})
		run("crypto-rsa", func() error { return rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, digest[:], sig) })
	}
}

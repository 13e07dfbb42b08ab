package pki_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"
)

// badKeys are keys no certificate may have.
type badKeys struct{ rsa1024, p224, ed25519 crypto.Signer }

var onceWeak = sync.OnceValues(func() (k badKeys, err error) {
	if k.rsa1024, err = rsa.GenerateKey(rand.Reader, 1024); err != nil {
		return k, err
	}
	if k.p224, err = ecdsa.GenerateKey(elliptic.P224(), rand.Reader); err != nil {
		return k, err
	}
	_, k.ed25519, err = ed25519.GenerateKey(rand.Reader)
	return k, err
})

func weakKeys(t testing.TB) badKeys {
	t.Helper()
	k, err := onceWeak()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// berLength writes the outer length with one octet more than needed.
func berLength(der []byte) []byte {
	return append([]byte{0x30, 0x83, 0, der[2], der[3]}, der[4:]...)
}

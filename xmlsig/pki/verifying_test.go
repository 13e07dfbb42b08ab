package pki_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"sync"
	"testing"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/rsapub"
)

// TestVerifyingKeyIsMadeOnce: the constants of an RSA key live with its certificate, whoever asks at once.
func TestVerifyingKeyIsMadeOnce(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := pki.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	var keys [4]any
	var wait sync.WaitGroup
	for i := range keys {
		wait.Go(func() { keys[i] = cert.VerifyingKey() })
	}
	wait.Wait()
	for _, key := range keys {
		if _, quick := key.(*rsapub.Key); !quick || key != keys[0] {
			t.Errorf("%T, or not the same one", key)
		}
	}
	if !cert.SelfSigned() {
		t.Error("the certificate does not verify with its own key")
	}
}

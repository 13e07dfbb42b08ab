package app

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"kopir/adapters/keystore"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/revocation"
)

// judging tells the prover which algorithms count no longer, and what verdicts record of the policy.
func judging(p *gateway.Prover, cfg config.Config) error {
	ended, err := cfg.Endings()
	if err != nil {
		return err
	}
	freshness := cfg.Status.Freshness
	if freshness == 0 {
		freshness = revocation.DefaultFreshness
	}
	return p.Judging(gateway.PolicyRecord{Freshness: freshness.String(), Model: cfg.Trust.Model, TestPKI: cfg.Trust.TestPKI}, ended)
}

// sealYears is how long the gateway's own certificate is valid. A seal is judged at the moment it was
// made, so this bounds making seals, not checking them.
const sealYears = 10

// SealKey opens the key that seals evidence. The default one is made at first use, with a certificate
// of its own beside it (seal.cer), which the operator hands to whoever checks seals.
func SealKey(cfg config.Config, o Outside) (xmlsig.Key, error) {
	if cfg.Evidence.SealKey == filepath.Join(cfg.Data, "keys", "seal.key") {
		if err := makeSealKey(cfg.Evidence.SealKey, o); err != nil {
			return xmlsig.Key{}, err
		}
	}
	password, err := config.Secret(cfg.Evidence.SealPassword)
	if err != nil {
		return xmlsig.Key{}, err
	}
	id, err := keystore.OpenFile(cfg.Evidence.SealKey, password)
	if err != nil {
		return xmlsig.Key{}, errors.Join(errors.New("evidence.seal_key_file cannot be used"), err)
	}
	return xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, id.Certificate.CheckValidity(o.Now())
}

// makeSealKey makes the key file unless it is there. It is written whole and then linked into place, so
// that two processes that start at once agree on one key.
func makeSealKey(path string, o Outside) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, cert, err := newSealKey(o)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "seal-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // linked under its name
	_, err = f.Write(append(key, cert...))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return nil // another process was faster
	} else if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "seal.cer"), cert, 0o644) //nolint:gosec // a certificate is public
}

// newSealKey makes an ECDSA key on P-256 with a self-signed certificate, as PEM.
func newSealKey(o Outside) (key, cert []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), o.Rand)
	if err != nil {
		return nil, nil, err
	}
	var serial [16]byte
	if _, err := o.Rand.Read(serial[:]); err != nil {
		return nil, nil, err
	}
	serial[0] &= 0x7F
	host, _ := os.Hostname()
	now := o.Now()
	template := x509.Certificate{SerialNumber: new(big.Int).SetBytes(serial[:]), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(sealYears, 0, 0),
		Subject:  pkix.Name{CommonName: "Kopir evidence seal", OrganizationalUnit: []string{host}},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(o.Rand, &template, &template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	var k, c bytes.Buffer
	err = errors.Join(pem.Encode(&k, &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), pem.Encode(&c, &pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return k.Bytes(), c.Bytes(), err
}

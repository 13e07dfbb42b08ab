// Package keystore opens signing keys kept in files: PKCS#12 containers and PEM.
//
// The national containers are PKCS#12 of 1999: BER with indefinite lengths, the key under PBE-SHA1-3DES, the
// certificates under RC2-40, a SHA-1 MAC, and inside a GOST key that no common library knows. They are read here;
// modern containers (PBES2, AES) hold RSA and ECDSA keys and are left to go-pkcs12.
//
//	id, err := keystore.OpenFile("signer.p12", password)
//	signed, err := xmlsig.Sign(doc, xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, xmlsig.SignOptions{})
//
// The package only reads. Nothing in Kopir issues keys, so there is no way to write a container.
package keystore

import (
	"crypto"
	"errors"
	"fmt"

	"kopir/xmlsig/pki"
)

// Reasons why a key cannot be used. Test with [errors.Is].
var (
	// ErrPassword says that the MAC of the container or the padding of the key does not fit the password.
	ErrPassword = errors.New("keystore: wrong password, or the container is damaged")
	// ErrMalformed says that the bytes are not a container or a key.
	ErrMalformed = errors.New("keystore: malformed")
	// ErrUnsupported names an algorithm or a form that is not read.
	ErrUnsupported = errors.New("keystore: unsupported")
	// ErrMismatch says that no certificate at hand carries the public half of the key.
	ErrMismatch = errors.New("keystore: no certificate belongs to the private key")
	// ErrNoKey says that there is no private key in the file.
	ErrNoKey = errors.New("keystore: no private key")
)

// Identity is a private key with the certificate that belongs to it.
type Identity struct {
	Key         crypto.Signer // *gost.PrivateKey, *rsa.PrivateKey or *ecdsa.PrivateKey
	Certificate *pki.Certificate
	Others      []*pki.Certificate // the other certificates of the file, usually the issuing CAs
}

// maxContainerBytes bounds a container or PEM file: a national one is 2 KB, one with a full RSA chain under 20 KB.
const maxContainerBytes = 1 << 20

// Open reads a PKCS#12 container in BER or DER. The certificate it returns is the one whose public key is that
// of the private key; without such a certificate the error is [ErrMismatch].
func Open(p12 []byte, password string) (Identity, error) {
	return open(p12, password, maxIterations)
}

// open is Open with a bound on the rounds of key derivation.
func open(p12 []byte, password string, rounds int) (Identity, error) {
	if len(p12) > maxContainerBytes {
		return Identity{}, fmt.Errorf("%w: a container is not larger than %d bytes", ErrMalformed, maxContainerBytes)
	}
	der, err := normalise(p12)
	if err != nil {
		return Identity{}, err
	}
	box, err := parseContainer(der)
	if err != nil {
		return Identity{}, err
	}
	found, err := box.open(password, rounds)
	if errors.Is(err, errModern) {
		found, err = openModern(der, box, password, rounds)
	}
	if err != nil {
		return Identity{}, err
	}
	return found.identity()
}

// contents is what a file holds before it is known what belongs together.
type contents struct {
	key          crypto.Signer
	certificates []*pki.Certificate
	skipped      error // the first certificate that could not be read; it matters only if the right one is missing
}

func (c *contents) addKey(key crypto.Signer) error {
	if c.key != nil {
		return fmt.Errorf("%w: more than one private key", ErrUnsupported)
	}
	c.key = key
	return nil
}

func (c *contents) addCertificate(der []byte) {
	cert, err := pki.Parse(der)
	if err == nil {
		c.certificates = append(c.certificates, cert)
	} else if c.skipped == nil {
		c.skipped = err
	}
}

// identity pairs the key with its certificate.
func (c *contents) identity() (Identity, error) {
	if c.key == nil {
		return Identity{}, ErrNoKey
	}
	id := Identity{Key: c.key}
	for _, cert := range c.certificates {
		if id.Certificate == nil && belongs(cert.PublicKey, c.key) {
			id.Certificate = cert
		} else {
			id.Others = append(id.Others, cert)
		}
	}
	if id.Certificate == nil {
		if c.skipped != nil {
			return Identity{}, fmt.Errorf("%w: %w", ErrMismatch, c.skipped)
		}
		return Identity{}, ErrMismatch
	}
	return id, nil
}

// belongs tells whether public is the public half of key.
func belongs(public crypto.PublicKey, key crypto.Signer) bool {
	comparable, ok := public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && comparable.Equal(key.Public())
}

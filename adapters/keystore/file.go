package keystore

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"

	"kopir/xmlsig/pki"
)

// OpenFile reads a key file, PKCS#12 or PEM, see [Load].
func OpenFile(path, password string, certificates ...*pki.Certificate) (Identity, error) {
	f, err := os.Open(path)
	if err != nil {
		return Identity{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, maxContainerBytes+1))
	if err != nil {
		return Identity{}, err
	}
	return Load(data, password, certificates...)
}

// Load reads a key: a PKCS#12 container, or PEM blocks with a key and certificates. The certificates given besides
// are looked through when the file holds none that belongs to the key, so a key may lie in a file of its own.
func Load(data []byte, password string, certificates ...*pki.Certificate) (Identity, error) {
	if !bytes.Contains(data, []byte("-----BEGIN ")) {
		return Open(data, password)
	}
	found, err := readPEM(data)
	if err != nil {
		return Identity{}, err
	}
	found.certificates = append(found.certificates, certificates...)
	return found.identity()
}

// readPEM reads every block of the file. Blocks that are neither key nor certificate (EC PARAMETERS) are passed over.
func readPEM(data []byte) (*contents, error) {
	if len(data) > maxContainerBytes {
		return nil, fmt.Errorf("%w: a key file is not larger than %d bytes", ErrMalformed, maxContainerBytes)
	}
	found := &contents{}
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return found, nil
		}
		if err := readBlock(block, found); err != nil {
			return nil, err
		}
	}
}

func readBlock(block *pem.Block, found *contents) error {
	switch block.Type {
	case "CERTIFICATE":
		found.addCertificate(block.Bytes)
		return nil
	case "PRIVATE KEY":
		return found.parseKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return found.addKey(key)
	case "EC PRIVATE KEY":
		key, err := x509.ParseECPrivateKey(block.Bytes)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return found.addKey(key)
	case "ENCRYPTED PRIVATE KEY":
		return fmt.Errorf("%w: an encrypted PEM key; put it into a PKCS#12 container", ErrUnsupported)
	default:
		return nil
	}
}

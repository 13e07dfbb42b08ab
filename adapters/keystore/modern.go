package keystore

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"math"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"software.sslmate.com/src/go-pkcs12"
)

// openModern reads a container with PBES2 or a newer MAC. Such containers hold RSA and ECDSA keys only.
func openModern(der []byte, box container, password string, rounds int) (*contents, error) {
	d := &decrypter{rounds: rounds}
	if box.mac.algorithm.oid != oidPBMAC1 {
		if err := d.spend(box.mac.iterations); err != nil {
			return nil, err
		}
	}
	if err := d.boundRounds(box.mac.algorithm.parameters, 0); err != nil {
		return nil, err
	}
	if err := d.boundRounds(box.authSafe, 0); err != nil {
		return nil, err
	}
	key, leaf, others, err := pkcs12.DecodeChain(der, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption):
		return nil, ErrPassword
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	signer, err := usable(key)
	if err != nil {
		return nil, err
	}
	found := &contents{key: signer}
	found.addCertificate(leaf.Raw)
	for _, c := range others {
		found.addCertificate(c.Raw)
	}
	return found, nil
}

// usable admits the keys an XML signature can be made with.
func usable(key any) (crypto.Signer, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		return key, nil
	default:
		return nil, fmt.Errorf("%w: a private key of type %T", ErrUnsupported, key)
	}
}

// boundRounds looks for parameters of a key derivation, SEQUENCE { OCTET STRING, INTEGER, … }, in DER that is about
// to be given to a library without a limit. It looks into OCTET STRINGs too.
func (d *decrypter) boundRounds(der cryptobyte.String, depth int) error {
	for !der.Empty() && depth < maxDepth {
		var element cryptobyte.String
		var tag asn1.Tag
		if !der.ReadAnyASN1(&element, &tag) {
			return nil // not DER: an OCTET STRING of something else
		}
		if tag == asn1.SEQUENCE {
			if n, ok := derivationRounds(element); ok {
				if err := d.spend(n); err != nil {
					return err
				}
			}
		}
		if tag == asn1.OCTET_STRING || tag&0x20 != 0 {
			if err := d.boundRounds(element, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func derivationRounds(sequence cryptobyte.String) (rounds int, ok bool) {
	var salt cryptobyte.String
	if !sequence.ReadASN1(&salt, asn1.OCTET_STRING) || !sequence.PeekASN1Tag(asn1.INTEGER) {
		return 0, false
	}
	if !sequence.ReadASN1Integer(&rounds) {
		return math.MaxInt, true
	}
	return rounds, true
}

package keystore

import (
	"crypto"
	"crypto/x509"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki/der"
)

// nationalKeys maps the OID of a national key algorithm to its curve and the OID of the only parameter set in use
// (facts from root.gov.kz/oid: parameter set A of each).
var nationalKeys = map[string]struct {
	curve      func() *gost.Curve
	parameters string
}{
	"1.2.398.3.10.1.1.1.1": {gost.CurveCryptoProA, "1.2.398.3.10.1.1.1.1.1"}, // GOST 34.310-2004
	"1.2.398.3.10.1.1.2.1": {gost.Curve256A, "1.2.398.3.10.1.1.2.1.1"},       // GOST R 34.10-2015, 256 bits
	"1.2.398.3.10.1.1.2.2": {gost.Curve512A, "1.2.398.3.10.1.1.2.2.1"},       // GOST R 34.10-2015, 512 bits
}

func (c *contents) parseKey(pkcs8 []byte) error {
	key, err := ParsePrivateKey(pkcs8)
	if err != nil {
		return err
	}
	return c.addKey(key)
}

// ParsePrivateKey reads an unencrypted PKCS#8 key: national GOST, RSA or ECDSA. The OCTET STRING of a national key
// holds another OCTET STRING with the scalar, little-endian.
func ParsePrivateKey(pkcs8 []byte) (crypto.Signer, error) {
	octets, err := normalise(pkcs8)
	if err != nil {
		return nil, err
	}
	algorithm, private, err := readPKCS8(octets)
	if err != nil {
		return nil, err
	}
	national, ok := nationalKeys[algorithm.oid]
	if !ok {
		return parseStandardKey(octets, algorithm.oid)
	}
	if err := checkParameters(algorithm.parameters, national.parameters); err != nil {
		return nil, err
	}
	var scalar []byte
	if !private.ReadASN1Bytes(&scalar, asn1.OCTET_STRING) || !private.Empty() {
		return nil, malformed("GOST private key")
	}
	key, err := gost.ParsePrivateKey(national.curve(), scalar)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return key, nil
}

// readPKCS8 reads PrivateKeyInfo ::= SEQUENCE { version, algorithm, privateKey, … } of RFC 5208.
func readPKCS8(octets []byte) (algorithm algorithmID, private cryptobyte.String, err error) {
	in := cryptobyte.String(octets)
	var seq cryptobyte.String
	var version int
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1Integer(&version) ||
		!readAlgorithm(&seq, &algorithm) || !seq.ReadASN1(&private, asn1.OCTET_STRING) {
		return algorithm, nil, malformed("private key")
	}
	return algorithm, private, nil
}

// checkParameters accepts absent parameters, NULL, and SEQUENCE { curve, digest } with the curve wanted.
func checkParameters(parameters cryptobyte.String, want string) error {
	if parameters.Empty() || parameters.PeekASN1Tag(asn1.NULL) {
		return nil
	}
	var seq cryptobyte.String
	if !parameters.ReadASN1(&seq, asn1.SEQUENCE) {
		return malformed("parameters of the private key")
	}
	if got, ok := der.ReadOID(&seq); !ok || got != want {
		return fmt.Errorf("%w: curve %q of the private key", ErrUnsupported, got)
	}
	return nil
}

func parseStandardKey(pkcs8 []byte, oid string) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, fmt.Errorf("%w: private key of algorithm %s: %w", ErrUnsupported, oid, err)
	}
	return usable(key)
}

package keystore

import (
	"crypto/cipher"
	"crypto/des" //nolint:gosec // the national containers use it
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the national containers use it
	"errors"
	"fmt"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxIterations bounds the rounds of key derivation of a whole container, which has three or four derivations: the
// national CA uses 1024 for each, the strictest advice for PBKDF2 is 1.3 million.
const maxIterations = 4 << 20

// Object identifiers of the PKCS#12 encryption, RFC 7292 appendix C.
const (
	oidPBE3DES   = "1.2.840.113549.1.12.1.3"
	oidPBERC2128 = "1.2.840.113549.1.12.1.5"
	oidPBERC240  = "1.2.840.113549.1.12.1.6"
)

// errModern says that a container needs go-pkcs12: it uses more than the algorithms of PKCS#12 v1.0.
var errModern = errors.New("keystore: not a container of the old algorithms")

// purposeOf the derived bytes, RFC 7292 appendix B.3.
type purpose byte

const (
	purposeKey purpose = 1
	purposeIV  purpose = 2
	purposeMAC purpose = 3
)

// derive is the key derivation of RFC 7292 appendix B.2 with SHA-1 (u = 20 bytes, v = 64 bytes).
func derive(password, salt []byte, iterations int, id purpose, n int) []byte {
	const v = sha1.BlockSize
	input := append(repeatTo(salt, v), repeatTo(password, v)...)
	diversifier := make([]byte, v)
	for i := range diversifier {
		diversifier[i] = byte(id)
	}
	var out []byte
	for len(out) < n {
		h := sha1.New()
		h.Write(diversifier)
		h.Write(input)
		a := h.Sum(nil)
		for range iterations - 1 {
			sum := sha1.Sum(a)
			copy(a, sum[:])
		}
		out = append(out, a...)
		b := repeatTo(a, v)[:v]
		for i := 0; i < len(input); i += v {
			addPlusOne(input[i:i+v], b)
		}
	}
	return out[:n]
}

// repeatTo repeats b to the next multiple of v bytes; nothing stays nothing.
func repeatTo(b []byte, v int) []byte {
	if len(b) == 0 {
		return nil
	}
	size := v * ((len(b) + v - 1) / v)
	out := make([]byte, 0, size+len(b))
	for len(out) < size {
		out = append(out, b...)
	}
	return out[:size]
}

// addPlusOne sets a = a + b + 1 modulo 2^(8·len(a)), big-endian.
func addPlusOne(a, b []byte) {
	carry := 1
	for i := len(a) - 1; i >= 0; i-- {
		sum := int(a[i]) + int(b[i]) + carry
		a[i], carry = byte(sum), sum>>8
	}
}

// bmpPassword is the password as PKCS#12 wants it: UTF-16, big-endian, with a zero at the end (RFC 7292 appendix B.1).
func bmpPassword(password string) []byte {
	units := append(utf16.Encode([]rune(password)), 0)
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		out = append(out, byte(u>>8), byte(u))
	}
	return out
}

// decrypter decrypts the parts of one container. Its rounds bound the work of all parts together.
type decrypter struct {
	password []byte
	rounds   int // left
}

// decrypt decrypts with one of the three old algorithms; any other is errModern.
func (d *decrypter) decrypt(algorithm algorithmID, ciphertext []byte) ([]byte, error) {
	var keySize int
	var open func(key []byte) (cipher.Block, error)
	switch algorithm.oid {
	case oidPBE3DES:
		keySize, open = 24, des.NewTripleDESCipher
	case oidPBERC2128:
		keySize, open = 16, func(key []byte) (cipher.Block, error) { return newRC2(key, 128), nil }
	case oidPBERC240:
		keySize, open = 5, func(key []byte) (cipher.Block, error) { return newRC2(key, 40), nil }
	default:
		return nil, errModern
	}
	salt, iterations, err := pbeParameters(algorithm.parameters)
	if err != nil {
		return nil, err
	}
	if err := d.spend(iterations); err != nil {
		return nil, err
	}
	block, err := open(derive(d.password, salt, iterations, purposeKey, keySize))
	if err != nil {
		return nil, err
	}
	return decryptCBC(block, derive(d.password, salt, iterations, purposeIV, block.BlockSize()), ciphertext)
}

// decryptCBC decrypts and takes off the padding of PKCS#5.
func decryptCBC(block cipher.Block, iv, ciphertext []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(ciphertext) == 0 || len(ciphertext)%size != 0 {
		return nil, fmt.Errorf("%w: encrypted data of %d bytes", ErrMalformed, len(ciphertext))
	}
	plain := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, ciphertext)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > size {
		return nil, ErrPassword
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, ErrPassword
		}
	}
	return plain[:len(plain)-pad], nil
}

// pbeParameters reads pkcs-12PbeParams: salt and iterations.
func pbeParameters(der cryptobyte.String) (salt []byte, iterations int, err error) {
	var seq cryptobyte.String
	if !der.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1Bytes(&salt, asn1.OCTET_STRING) ||
		!seq.ReadASN1Integer(&iterations) || !seq.Empty() {
		return nil, 0, fmt.Errorf("%w: parameters of the encryption", ErrMalformed)
	}
	return salt, iterations, nil
}

// spend takes the rounds of one key derivation from what is left.
func (d *decrypter) spend(rounds int) error {
	if rounds < 1 || rounds > d.rounds {
		return fmt.Errorf("%w: %d rounds of key derivation, %d are left of those a container may ask for", ErrUnsupported, rounds, d.rounds)
	}
	d.rounds -= rounds
	return nil
}

// macMatches checks the MAC of a container (RFC 7292 §4) with HMAC-SHA-1.
func macMatches(m macData, content, password []byte) bool {
	h := hmac.New(sha1.New, derive(password, m.salt, m.iterations, purposeMAC, sha1.Size))
	h.Write(content)
	return hmac.Equal(h.Sum(nil), m.digest)
}

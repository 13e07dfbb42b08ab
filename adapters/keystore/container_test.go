package keystore

import (
	"bytes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"os"
	"testing"
	"time"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/testpki"
)

// These helpers write containers the way the national CA does: indefinite lengths, OCTET STRINGs in pieces.

func oid(t testing.TB, dotted string) []byte {
	t.Helper()
	var parts asn1.ObjectIdentifier
	for _, field := range bytes.Split([]byte(dotted), []byte(".")) {
		n := 0
		for _, c := range field {
			n = 10*n + int(c-'0')
		}
		parts = append(parts, n)
	}
	der, err := asn1.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func integer(t testing.TB, n int) []byte {
	t.Helper()
	der, err := asn1.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func octets(b []byte) []byte { return appendTLV(nil, tagOctetString, b) }

// indefinite writes a constructed element of indefinite length.
func indefinite(tag byte, parts ...[]byte) []byte {
	out := []byte{tag, 0x80}
	for _, p := range parts {
		out = append(out, p...)
	}
	return append(out, 0, 0)
}

// pieces writes an OCTET STRING as several.
func pieces(tag byte, b []byte) []byte {
	const size = 100
	var parts [][]byte
	for ; len(b) > size; b = b[size:] {
		parts = append(parts, octets(b[:size]))
	}
	return indefinite(tag, append(parts, octets(b))...)
}

func set(parts ...[]byte) []byte { return appendTLV(nil, 0x31, bytes.Join(parts, nil)) }

// encryption encrypts with one of the old algorithms.
type encryption struct {
	t        testing.TB
	password []byte
	salt     []byte
	rounds   int
}

func newEncryption(t testing.TB, password string) encryption {
	return encryption{t, bmpPassword(password), []byte("salt of 20 octets ok"), 7}
}

func (e encryption) algorithm(name string) []byte {
	parameters := indefinite(0x30, octets(e.salt), integer(e.t, e.rounds))
	return indefinite(0x30, oid(e.t, name), parameters)
}

func (e encryption) encrypt(name string, plain []byte) []byte {
	e.t.Helper()
	var block cipher.Block
	switch name {
	case oidPBERC240:
		block = newRC2(derive(e.password, e.salt, e.rounds, purposeKey, 5), 40)
	case oidPBERC2128:
		block = newRC2(derive(e.password, e.salt, e.rounds, purposeKey, 16), 128)
	default:
		var err error
		if block, err = des.NewTripleDESCipher(derive(e.password, e.salt, e.rounds, purposeKey, 24)); err != nil {
			e.t.Fatal(err)
		}
	}
	pad := 8 - len(plain)%8
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, derive(e.password, e.salt, e.rounds, purposeIV, 8)).CryptBlocks(padded, padded)
	return padded
}

func (e encryption) bag(name string, value []byte) []byte {
	return indefinite(0x30, oid(e.t, name), indefinite(0xa0, value), set())
}

func (e encryption) keyBag(pkcs8 []byte) []byte {
	return e.bag(oidShroudedBag, indefinite(0x30, e.algorithm(oidPBE3DES), octets(e.encrypt(oidPBE3DES, pkcs8))))
}

func (e encryption) certBag(cert []byte) []byte {
	return e.bag(oidCertBag, indefinite(0x30, oid(e.t, oidX509Cert), indefinite(0xa0, pieces(tagConstructedOctetString, cert))))
}

func (e encryption) plainSafe(bags ...[]byte) []byte {
	return indefinite(0x30, oid(e.t, oidData), indefinite(0xa0, pieces(tagConstructedOctetString, indefinite(0x30, bags...))))
}

func (e encryption) encryptedSafe(name string, bags ...[]byte) []byte {
	ciphertext := e.encrypt(name, indefinite(0x30, bags...))
	info := indefinite(0x30, oid(e.t, oidData), e.algorithm(name), pieces(0xa0, ciphertext))
	return indefinite(0x30, oid(e.t, oidEncryptedData), indefinite(0xa0, indefinite(0x30, integer(e.t, 0), info)))
}

func (e encryption) container(safes ...[]byte) []byte {
	authSafe := indefinite(0x30, safes...)
	mac := hmac.New(sha1.New, derive(e.password, e.salt, e.rounds, purposeMAC, sha1.Size))
	mac.Write(authSafe)
	digestInfo := indefinite(0x30, indefinite(0x30, oid(e.t, oidSHA1), []byte{5, 0}), octets(mac.Sum(nil)))
	return indefinite(0x30, integer(e.t, 3),
		indefinite(0x30, oid(e.t, oidData), indefinite(0xa0, pieces(tagConstructedOctetString, authSafe))),
		indefinite(0x30, digestInfo, octets(e.salt), integer(e.t, e.rounds)))
}

// national is a national identity with its key in PKCS#8.
type national struct {
	testpki.Identity
	pkcs8 []byte
	ca    []byte
}

func newNational(t testing.TB, alg testpki.Algorithm) national {
	t.Helper()
	ca, err := testpki.New(alg, testpki.Options{Rand: rand.Reader, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ca.Issue(testpki.Profile{Kind: testpki.Person})
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := id.MarshalKey()
	if err != nil {
		t.Fatal(err)
	}
	return national{id, pkcs8, ca.Issuing.Raw}
}

func (n national) check(t *testing.T, id Identity) {
	t.Helper()
	if !bytes.Equal(id.Certificate.Raw, n.Certificate.Raw) || !belongs(n.Certificate.PublicKey, id.Key) {
		t.Error("not the identity that was written")
	}
}

func TestContainersInTheNationalFormOpen(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.RSA, testpki.ECDSA} {
		t.Run(string(alg), func(t *testing.T) {
			n, e := newNational(t, alg), newEncryption(t, "Құпия1")
			key, cert, ca := e.keyBag(n.pkcs8), e.certBag(n.Certificate.Raw), e.certBag(n.ca)
			forms := map[string][]byte{
				"as issued":            e.container(e.plainSafe(key), e.encryptedSafe(oidPBERC240, ca, cert)),
				"RC2-128":              e.container(e.plainSafe(key), e.encryptedSafe(oidPBERC2128, ca, cert)),
				"3DES, one safe":       e.container(e.encryptedSafe(oidPBE3DES, ca, cert, key)),
				"certificates in open": e.container(e.plainSafe(ca, cert, key)),
				"key in open":          e.container(e.plainSafe(e.bag(oidKeyBag, n.pkcs8), ca, cert)),
				"safe in a safe":       e.container(e.plainSafe(e.bag(oidSafeBag, indefinite(0x30, key, ca, cert)))),
				"with other bags":      e.container(e.plainSafe(e.bag("1.2.840.113549.1.12.10.1.5", []byte{5, 0}), key, ca, cert)),
			}
			for name, p12 := range forms {
				id, err := Open(p12, "Құпия1")
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				n.check(t, id)
				if len(id.Others) != 1 {
					t.Errorf("%s: %d other certificates", name, len(id.Others))
				}
			}
			text, err := n.KeyPEM()
			if err != nil {
				t.Fatal(err)
			}
			id, err := Load(append(text, n.PEM()...), "")
			if err != nil {
				t.Fatal(err)
			}
			n.check(t, id)
		})
	}
}

func TestContainersOfBadContentAreRefused(t *testing.T) {
	n, other := newNational(t, testpki.GOST512), newNational(t, testpki.GOST2004)
	e := newEncryption(t, "x")
	key, cert := e.keyBag(n.pkcs8), e.certBag(n.Certificate.Raw)
	many := e
	many.rounds = maxIterations + 1
	none := e
	none.rounds = 0
	nested := key
	for range maxSafeNesting {
		nested = e.bag(oidSafeBag, indefinite(0x30, nested))
	}
	tests := []struct {
		name string
		p12  []byte
		want error
	}{
		{"no safe", e.container(), ErrNoKey},
		{"no certificate", e.container(e.plainSafe(key)), ErrMismatch},
		{"another's certificate", e.container(e.plainSafe(key, e.certBag(other.Certificate.Raw))), ErrMismatch},
		{"a broken certificate", e.container(e.plainSafe(key, e.certBag([]byte{0x30, 0}))), ErrMismatch},
		{"two keys", e.container(e.plainSafe(key, key, cert)), ErrUnsupported},
		{"a key encrypted with another password", e.container(e.plainSafe(newEncryption(t, "y").keyBag(n.pkcs8), cert)), ErrPassword},
		{"a key that is none", e.container(e.plainSafe(e.keyBag([]byte{0x30, 0}), cert)), ErrMalformed},
		{"a safe that is none", e.container(indefinite(0x30, oid(t, oidData), indefinite(0xa0, octets([]byte{1})))), ErrMalformed},
		{"a safe of another kind", e.container(indefinite(0x30, oid(t, "1.2.840.113549.1.7.3"), indefinite(0xa0, octets(nil)))), ErrUnsupported},
		{"safes too deep", e.container(e.plainSafe(nested, cert)), ErrMalformed},
		{"a safe of no octets", e.container(e.encryptedSafe(oidPBERC240)), ErrNoKey},
		{"too many rounds", e.container(e.plainSafe(many.bag(oidShroudedBag, indefinite(0x30, many.algorithm(oidPBE3DES), octets(make([]byte, 8)))))), ErrUnsupported},
		{"no rounds", e.container(e.plainSafe(none.bag(oidShroudedBag, indefinite(0x30, none.algorithm(oidPBE3DES), octets(make([]byte, 8)))))), ErrUnsupported},
		{"half a block", e.container(e.plainSafe(e.bag(oidShroudedBag, indefinite(0x30, e.algorithm(oidPBE3DES), octets(make([]byte, 9)))))), ErrMalformed},
		{"version 4", indefinite(0x30, integer(t, 4)), ErrUnsupported},
		{"without a MAC", indefinite(0x30, integer(t, 3), indefinite(0x30, oid(t, oidData), indefinite(0xa0, octets(nil)))), ErrUnsupported},
		{"signed, not under a password", indefinite(0x30, integer(t, 3), indefinite(0x30, oid(t, "1.2.840.113549.1.7.2"), indefinite(0xa0, octets(nil)))), ErrUnsupported},
		{"a MAC that is none", indefinite(0x30, integer(t, 3), indefinite(0x30, oid(t, oidData), indefinite(0xa0, octets(nil))), octets(nil)), ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Open(tt.p12, "x"); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestRoundsOfAllPartsAreBoundedTogether(t *testing.T) {
	n, e := newNational(t, testpki.ECDSA), newEncryption(t, "x")
	p12 := e.container(e.plainSafe(e.keyBag(n.pkcs8)), e.encryptedSafe(oidPBERC240, e.certBag(n.Certificate.Raw)))
	if _, err := open(p12, "x", 3*e.rounds); err != nil {
		t.Error(err)
	}
	if _, err := open(p12, "x", 3*e.rounds-1); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

func TestParsePrivateKeyRefuses(t *testing.T) {
	n := newNational(t, testpki.GOST512)
	at := bytes.Index(n.pkcs8, n.Key.(*gost.PrivateKey).Bytes())
	zero := append(bytes.Clone(n.pkcs8[:at]), make([]byte, 64)...)
	curve := bytes.Replace(n.pkcs8, oid(t, "1.2.398.3.10.1.1.2.2.1"), oid(t, "1.2.398.3.10.1.1.2.2.2"), 1)
	unknown := bytes.Replace(n.pkcs8, oid(t, "1.2.398.3.10.1.1.2.2"), oid(t, "1.2.398.3.10.1.1.2.9"), 1)
	outer := bytes.Clone(n.pkcs8)
	outer[at-2] = 0x03 // the inner OCTET STRING becomes a BIT STRING
	tests := []struct {
		name  string
		pkcs8 []byte
		want  error
	}{
		{"cut short", n.pkcs8[:40], ErrMalformed},
		{"a scalar of zero", zero, ErrMalformed},
		{"another curve", curve, ErrUnsupported},
		{"another algorithm", unknown, ErrUnsupported},
		{"no inner OCTET STRING", outer, ErrMalformed},
	}
	for _, tt := range tests {
		if _, err := ParsePrivateKey(tt.pkcs8); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// Vectors of the key derivation that Bouncy Castle tests with.
func TestDerive(t *testing.T) {
	tests := []struct {
		password, salt string
		rounds         int
		id             purpose
		want           string
	}{
		{"smeg", "0a58cf64530d823f", 1, purposeKey, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"},
		{"smeg", "0a58cf64530d823f", 1, purposeIV, "79993dfe048d3b76"},
		{"smeg", "3d83c0e4546ac140", 1, purposeMAC, "8d967d88f6caa9d714800ab3d48051d63f73a312"},
		{"queeg", "05dec959acff72f7", 1000, purposeKey, "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"},
		{"queeg", "05dec959acff72f7", 1000, purposeIV, "11dedad7758d4860"},
	}
	for _, tt := range tests {
		got := derive(bmpPassword(tt.password), unhex(t, tt.salt), tt.rounds, tt.id, len(tt.want)/2)
		if hex.EncodeToString(got) != tt.want {
			t.Errorf("%s, purpose %d: %x, want %s", tt.password, tt.id, got, tt.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	n, e := newNational(f, testpki.GOST512), newEncryption(f, nationalPassword)
	f.Add(e.container(e.plainSafe(e.keyBag(n.pkcs8)), e.encryptedSafe(oidPBERC240, e.certBag(n.Certificate.Raw))))
	if p12, err := os.ReadFile("../../../shared/data/nca/p12/legal_valid_head.p12"); err == nil {
		f.Add(p12)
	}
	f.Fuzz(func(t *testing.T, p12 []byte) {
		id, err := open(p12, nationalPassword, 5000)
		if err == nil && (id.Key == nil || id.Certificate == nil || !belongs(id.Certificate.PublicKey, id.Key)) {
			t.Error("half an identity")
		}
		checkReason(t, err)
	})
}

// FuzzAuthSafe goes past the MAC, which stops nearly every container the other target makes.
func FuzzAuthSafe(f *testing.F) {
	n, e := newNational(f, testpki.GOST512), newEncryption(f, nationalPassword)
	f.Add(indefinite(0x30, e.plainSafe(e.keyBag(n.pkcs8)), e.encryptedSafe(oidPBERC240, e.certBag(n.Certificate.Raw))))
	f.Add(indefinite(0x30, e.plainSafe(e.bag(oidSafeBag, indefinite(0x30, e.bag(oidKeyBag, n.pkcs8))))))
	f.Fuzz(func(t *testing.T, authSafe []byte) {
		found := &contents{}
		d := &decrypter{password: bmpPassword(nationalPassword), rounds: 1000}
		if err := d.readAuthSafe(authSafe, found); err != nil {
			if !errors.Is(err, errModern) {
				checkReason(t, err)
			}
			return
		}
		_, err := found.identity()
		checkReason(t, err)
	})
}

func checkReason(t *testing.T, err error) {
	t.Helper()
	for _, known := range []error{nil, ErrPassword, ErrMalformed, ErrUnsupported, ErrMismatch, ErrNoKey} {
		if errors.Is(err, known) {
			return
		}
	}
	t.Errorf("an error without a reason: %v", err)
}

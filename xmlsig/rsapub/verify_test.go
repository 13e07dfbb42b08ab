package rsapub

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// private is a key that signs any encoded message, also one no honest signer would make.
type private struct {
	rsa.PublicKey
	d *big.Int
}

// makeKey makes n, of a multiple of four bits, of four primes: they are found sooner than two, and verifying is the same.
func makeKey(t testing.TB, size, e int) *private {
	t.Helper()
	one := big.NewInt(1)
	for {
		n, phi := big.NewInt(1), big.NewInt(1)
		for n.BitLen() < size-1 {
			p, err := rand.Prime(rand.Reader, size/4)
			if err != nil {
				t.Fatal(err)
			}
			if less := new(big.Int).Sub(p, one); new(big.Int).GCD(nil, nil, big.NewInt(int64(e)), less).Cmp(one) == 0 {
				n.Mul(n, p)
				phi.Mul(phi, less)
			}
		}
		if n.BitLen() == size {
			return &private{rsa.PublicKey{N: n, E: e}, new(big.Int).ModInverse(big.NewInt(int64(e)), phi)}
		}
	}
}

// sign makes the signature whose power is em.
func (k *private) sign(em []byte) []byte {
	s := new(big.Int).SetBytes(em)
	return s.Exp(s, k.d, k.N).FillBytes(make([]byte, k.Size()))
}

func (k *private) encode(hash crypto.Hash, digest []byte) []byte {
	return appendEncoded(nil, k.Size(), digestInfo[hash], digest)
}

func sum(hash crypto.Hash, text string) []byte {
	h := hash.New()
	h.Write([]byte(text))
	return h.Sum(nil)
}

// agree wants the verdict of this package, of crypto/rsa, and the one expected, to be the same.
func agree(t *testing.T, pub *rsa.PublicKey, hash crypto.Hash, digest, sig []byte, want bool) {
	t.Helper()
	k, err := New(pub)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := k.VerifyPKCS1v15(hash, digest, sig), rsa.VerifyPKCS1v15(pub, hash, digest, sig)
	if (ours == nil) != want || (theirs == nil) != want {
		t.Errorf("rsapub %v, crypto/rsa %v, valid %t", ours, theirs, want)
	}
}

func TestVerify(t *testing.T) {
	for _, size := range []int{2048, 2056, 3072, 4096} {
		for _, e := range []int{3, 65537} {
			t.Run(strconv.Itoa(size)+" "+strconv.Itoa(e), func(t *testing.T) {
				t.Parallel()
				k := makeKey(t, size, e)
				for hash := range digestInfo {
					digest := sum(hash, "Көпір")
					sig := k.sign(k.encode(hash, digest))
					agree(t, &k.PublicKey, hash, digest, sig, true)
					agree(t, &k.PublicKey, hash, sum(hash, "көпір"), sig, false)
					agree(t, &k.PublicKey, hash, digest[1:], sig, false)
					agree(t, &k.PublicKey, hash, digest, sig[1:], false)
					agree(t, &k.PublicKey, hash, digest, append([]byte{0}, sig...), false)
					agree(t, &k.PublicKey, hash, digest, new(big.Int).Add(new(big.Int).SetBytes(sig), k.N).Bytes(), false)
					for _, at := range []int{0, 1, len(sig) / 2, len(sig) - 1} {
						bad := bytes.Clone(sig)
						bad[at] ^= 1
						agree(t, &k.PublicKey, hash, digest, bad, false)
					}
				}
			})
		}
	}
}

// TestForgeries signs what looks like an encoded message to a reader who parses it (Bleichenbacher 2006).
func TestForgeries(t *testing.T) {
	k := makeKey(t, 2048, 3)
	digest := sum(crypto.SHA256, "Көпір")
	good := k.encode(crypto.SHA256, digest)
	info := digestInfo[crypto.SHA256] + string(digest)
	fill := func(head, tail string) []byte {
		return []byte(head + strings.Repeat("\xFF", k.Size()-len(head)-len(tail)) + tail)
	}
	agree(t, &k.PublicKey, crypto.SHA256, digest, k.sign(fill("\x00\x01", "\x00"+info)), true)
	noNull := "\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20" + string(digest)
	garbage := strings.Repeat("\x5A", k.Size()-3-8-len(info))
	for name, em := range map[string][]byte{
		"trailing garbage":        []byte("\x00\x01" + strings.Repeat("\xFF", 8) + "\x00" + info + garbage),
		"no padding":              []byte("\x00\x01\x00" + info + garbage + strings.Repeat("\x5A", 8)),
		"one octet behind":        fill("\x00\x01", "\x00"+info+"\x00"),
		"missing NULL":            fill("\x00\x01", "\x00"+noNull),
		"another OID":             fill("\x00\x01", "\x00"+strings.Replace(info, "\x04\x02\x01\x05", "\x04\x02\x03\x05", 1)),
		"the bare digest":         fill("\x00\x01", "\x00"+string(digest)),
		"block type 2":            fill("\x00\x02", "\x00"+info),
		"block type 0":            fill("\x00\x00", "\x00"+info),
		"first octet 1":           append([]byte{1}, good[1:]...),
		"no separator":            fill("\x00\x01", info),
		"a hole in the padding":   bytes.Replace(good, []byte("\xFF\xFF"), []byte("\xFF\xFE"), 1),
		"BER length":              fill("\x00\x01", "\x00\x30\x81"+info[1:]),
		"digest with a NULL more": fill("\x00\x01", "\x00\x30\x33"+info[2:]+"\x05\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			if len(em) != k.Size() {
				t.Fatalf("%d octets", len(em))
			}
			agree(t, &k.PublicKey, crypto.SHA256, digest, k.sign(em), false)
		})
	}
	t.Run("cube root", func(t *testing.T) {
		head := "\x00\x01" + strings.Repeat("\xFF", 8) + "\x00" + info
		cube := new(big.Int).SetBytes([]byte(head + strings.Repeat("\xFF", k.Size()-len(head))))
		s := cubeRoot(cube)
		forged := new(big.Int).Exp(s, big.NewInt(3), nil).FillBytes(make([]byte, k.Size()))
		if !strings.HasPrefix(string(forged), head) {
			t.Fatal("the forgery does not begin as an encoded message")
		}
		agree(t, &k.PublicKey, crypto.SHA256, digest, s.FillBytes(make([]byte, k.Size())), false)
	})
}

// cubeRoot is the largest number whose cube is not above n.
func cubeRoot(n *big.Int) *big.Int {
	root, three := new(big.Int), big.NewInt(3)
	for i := n.BitLen()/3 + 1; i >= 0; i-- {
		root.SetBit(root, i, 1)
		if new(big.Int).Exp(root, three, nil).Cmp(n) > 0 {
			root.SetBit(root, i, 0)
		}
	}
	return root
}

// TestOpenSSL verifies a signature OpenSSL made: 2056 bits, e = 3, SHA-384.
func TestOpenSSL(t *testing.T) {
	n, ok := new(big.Int).SetString(opensslModulus, 16)
	sig, err := hex.DecodeString(opensslSignature)
	if !ok || err != nil {
		t.Fatal("the vector")
	}
	agree(t, &rsa.PublicKey{N: n, E: 3}, crypto.SHA384, sum(crypto.SHA384, "Көпір"), sig, true)
	agree(t, &rsa.PublicKey{N: n, E: 3}, crypto.SHA384, sum(crypto.SHA384, "Көпир"), sig, false)
}

func TestVerifyPSS(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	k, err := New(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	digest := sum(crypto.SHA256, "Көпір")
	for salt, want := range map[int]bool{32: true, 20: false, 0: false} {
		sig, err := rsa.SignPSS(rand.Reader, private, crypto.SHA256, digest, &rsa.PSSOptions{SaltLength: max(salt, 1)})
		if err != nil {
			t.Fatal(err)
		}
		if got := k.VerifyPSS(crypto.SHA256, digest, sig) == nil; got != want {
			t.Errorf("a salt of %d octets: %t", salt, got)
		}
	}
}

// TestVerifyIsShared verifies with one key at once, for the race detector, and counts what is allocated.
func TestVerifyIsShared(t *testing.T) {
	private := makeKey(t, 2048, 65537)
	k, err := New(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	digest := sum(crypto.SHA256, "Көпір")
	sig := private.sign(private.encode(crypto.SHA256, digest))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 50 {
				if k.VerifyPKCS1v15(crypto.SHA256, digest, sig) != nil {
					t.Error("refused")
				}
			}
		})
	}
	wait.Wait()
	if n := testing.AllocsPerRun(20, func() { _ = k.VerifyPKCS1v15(crypto.SHA256, digest, sig) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzVerify signs what the fuzzer makes of an encoded message, and breaks the signature as it likes.
func FuzzVerify(f *testing.F) {
	private := makeKey(f, 2048, 3)
	k, err := New(&private.PublicKey)
	if err != nil {
		f.Fatal(err)
	}
	digest := sum(crypto.SHA256, "Көпір")
	good := private.encode(crypto.SHA256, digest)
	f.Add(good, []byte{})
	f.Add(good, []byte{1})
	f.Add(good, bytes.Repeat([]byte{0xFF}, 256))
	f.Add(append(good[:64:64], good[:192]...), []byte{})
	f.Fuzz(func(t *testing.T, em, damage []byte) {
		sig := private.sign(em)
		for i, octet := range damage {
			if i == len(sig) {
				sig = append(sig, damage[i:]...)
				break
			}
			sig[i] ^= octet
		}
		ours, theirs := k.VerifyPKCS1v15(crypto.SHA256, digest, sig), rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, digest, sig)
		if (ours == nil) != (theirs == nil) {
			t.Fatalf("rsapub %v, crypto/rsa %v: %x", ours, theirs, sig)
		}
	})
}

const opensslModulus = "" +
	"b3b8cab21fc93de7983906d0674ebcab0c66155e466c8143139c288f70b8876a5984dd83d38317bccc6dea1a2ac79c1b9865617ca03f337e65b948f5" +
	"037e7de980a407a2aef4dccc63608543afad3d7c0030c9f64daf69532e805111e93d2612a7ff55376976bb48de410835a4e8cd86af3bf7a66bed8efe" +
	"261ae102d063568a69787d804e15fd6844f17364d8d84f8a78321c331aae73fce3b2593bdbd58546e4d0d354db84bff8263f2c0b9dcf0a146a03710e" +
	"90c21fca0fe5d5949d89b26e57db4e1c1cad16e82f2a2eef3ffefed52ee54d53145025bb7ef0e68d2383e647e207dad0cab6b55568bbe4f3613ce8ca" +
	"f9668001f5f5b41ba51ef91bf9ea2ec053"

const opensslSignature = "" +
	"4406f3defb4d1a62ea8f7d5212973487f0758392c7c4f900172771d48ec99e28690fae7959b36f4592cd4ff7bf392a2d14311643e32b6e906f0e39da" +
	"a818ce319a52308bf1c78777003e9c358653020fbe903ec349941cf27fd2346a326730a1b293b20f46bd837b10ea8bccfb60b6d6c6f8c0ed12b5cad5" +
	"bc44c5874a896b77c1587f305cdf5fca18523d3edf9cfe8fa1d6241a50bee19133c0376bd1eb567202446886ae198f453030f96162c547f6aee4cd22" +
	"0a568c2b2f6ce22600ac04553283108df217e306f2292251f62fede01c087072b547b0ac05665e23ce8e281b116df3990c13db90e01382cf6aefdb31" +
	"d19dd7a7f94c7174fe067c02ecf7385efa"

package gost

import (
	"bytes"
	"testing"
)

// A key that is read keeps its bytes, lies on the curve by the reference, and verifies nothing at random.
func FuzzParsePublicKey(f *testing.F) {
	for i, c := range allCurves() {
		key, err := ParsePrivateKey(c, scalarBytes(3, c.size))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), key.public.Bytes())
		f.Add(uint8(i), make([]byte, 2*c.size))
		f.Add(uint8(i), bytes.Repeat([]byte{0xff}, 2*c.size))
	}
	f.Fuzz(func(t *testing.T, curve uint8, raw []byte) {
		c := allCurves()[int(curve)%len(allCurves())]
		key, err := ParsePublicKey(c, raw)
		if len(raw) != 2*c.size {
			if err == nil {
				t.Fatal("wrong length accepted")
			}
			return
		}
		if _, refErr := referenceOf(c).newPoint(raw); (err == nil) != (refErr == nil) {
			t.Fatalf("error %v, reference says %v", err, refErr)
		}
		if err != nil {
			return
		}
		if !bytes.Equal(key.Bytes(), raw) {
			t.Fatalf("read %x, kept %x", raw, key.Bytes())
		}
		if key.Verify(make([]byte, c.size), make([]byte, 2*c.size)) {
			t.Fatal("a signature of zeros verifies")
		}
	})
}

// Verdicts are those of the reference, whatever the digest and the signature, and with a table as without.
func FuzzVerify(f *testing.F) {
	for i, c := range allCurves() {
		key, err := ParsePrivateKey(c, scalarBytes(5, c.size))
		if err != nil {
			f.Fatal(err)
		}
		for _, digest := range [][]byte{make([]byte, c.size), scalarBytes(77, c.size), bytes.Repeat([]byte{0xff}, c.size)} {
			sig, err := key.Sign(nil, digest, nil)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), key.public.Bytes(), digest, sig)
		}
		q := toLE(referenceOf(c).q, c.size)
		f.Add(uint8(i), key.public.Bytes(), q, append(scalarBytes(1, c.size), q...))
	}
	f.Fuzz(func(t *testing.T, curve uint8, raw, digest, sig []byte) {
		c := allCurves()[int(curve)%len(allCurves())]
		key, err := ParsePublicKey(c, raw)
		if err != nil {
			return
		}
		got := key.Verify(digest, sig)
		if len(digest) != c.size || len(sig) != 2*c.size {
			if got {
				t.Fatal("wrong length accepted")
			}
			return
		}
		point, err := referenceOf(c).newPoint(raw)
		if err != nil {
			t.Fatal(err)
		}
		if want := point.verify(digest, sig); got != want {
			t.Fatalf("verdict %t, reference says %t", got, want)
		}
		if key.Precompute(); key.Verify(digest, sig) != got {
			t.Fatalf("verdict %t without a table, %t with one", got, !got)
		}
	})
}

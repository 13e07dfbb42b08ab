package tsp_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/tsp"
)

// FuzzParse: no panic, errors are *reason.Error, and only the honest token's own
// octets pass.
func FuzzParse(f *testing.F) {
	fam := newFamily(f, testpki.ECDSA)
	honest := stamp(f, fam.tsa, tsp.SHA256, testpki.StampSpec{})
	f.Add(honest.Raw)
	for _, s := range []testpki.StampSpec{{V2: true, ByKey: true}, {Fraction: 1, Accuracy: 1e9}, {NoCertificate: true, NoNonce: true}} {
		f.Add(stamp(f, fam.tsa, tsp.SHA256, s).Raw)
	}
	for _, s := range []testpki.StampSpec{{Now: now}, {Now: now, Status: 2, Failure: 25}} {
		answer, err := fam.tsa.Stamp(request(f, tsp.SHA256), s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(answer)
	}
	if b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "nca", "tsp", "tsp_response.bin")); err == nil {
		f.Add(b)
	}
	opt := fam.options()
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, parse := range []func([]byte) (*tsp.Token, error){tsp.Parse, tsp.ParseResponse} {
			token, err := parse(b)
			if err != nil {
				var e *reason.Error
				if !errors.As(err, &e) || e.Code == "" || e.Detail == "" {
					t.Fatalf("%T: %v", err, err)
				}
				continue
			}
			if token.Verify(opt).Passed() && !bytes.Equal(token.Imprint, honest.Imprint) {
				t.Fatal("a token over something else passes")
			}
		}
	})
}

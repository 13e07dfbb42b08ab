package revocation_test

import (
	"crypto/x509"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

func seeds(f *testing.F, folder string) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "nca", folder, "*"))
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && len(b) < 8192 {
			f.Add(b)
		}
	}
}

func wantError(t *testing.T, err error) {
	var e *reason.Error
	if !errors.As(err, &e) || e.Code == "" || e.Detail == "" {
		t.Fatalf("%T: %v", err, err)
	}
}

// FuzzParseCRL: no panic, errors are *reason.Error, and no list that was not
// signed by the authority says good.
func FuzzParseCRL(f *testing.F) {
	ca := newAuthority(f, testpki.ECDSA, "fuzz")
	cert := issue(f, ca, testpki.Profile{})
	ca.Revoke(big.NewInt(77), now, 6)
	ca.Revoke(cert.Serial, now.Add(-time.Hour), 1)
	base := ca.CRLSpec(now, now.Add(day))
	base.Extra = []testpki.Extension{testpki.IssuingPoint([]string{crlURL}, 1)}
	for _, s := range []testpki.CRLSpec{ca.CRLSpec(now, now.Add(day)), base} {
		raw, err := ca.MakeCRL(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	seeds(f, "crl")
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := revocation.ParseCRL(der)
		if err != nil {
			wantError(t, err)
			return
		}
		c.Lookup(cert.Serial)
		if library, err := x509.ParseRevocationList(der); err == nil && (!library.ThisUpdate.Equal(c.ThisUpdate) || !library.NextUpdate.Equal(c.NextUpdate)) {
			t.Fatalf("the library: %v to %v; ours: %v to %v", library.ThisUpdate, library.NextUpdate, c.ThisUpdate, c.NextUpdate)
		}
		got := revocation.NewStatic([]*revocation.CRL{c, c}, nil).Status(t.Context(), cert, ca.Issuing, now)
		if got.State == revocation.Good {
			t.Fatal("good by a list that is not the authority's")
		}
	})
}

// FuzzParseOCSP: the same for answers.
func FuzzParseOCSP(f *testing.F) {
	ca := newAuthority(f, testpki.ECDSA, "fuzz")
	cert := issue(f, ca, testpki.Profile{})
	ca.Revoke(cert.Serial, now.Add(-time.Hour), 1)
	f.Add(ask(f, ca, cert, ca.Issuing, nil))
	f.Add(ask(f, ca, cert, ca.Issuing, func(s *testpki.OCSPSpec) { s.ByKey, s.Singles[0].NextUpdate = true, now.Add(day) }))
	f.Add(ask(f, ca, ca.Issuing, ca.Root, nil))
	seeds(f, "ocsp")
	f.Fuzz(func(t *testing.T, der []byte) {
		r, err := revocation.ParseOCSP(der)
		if err != nil {
			wantError(t, err)
			return
		}
		if got := r.Status(cert, ca.Issuing, now, nil); got.State == revocation.Good {
			t.Fatal("good by an answer that is not the authority's")
		}
		for _, s := range r.Singles {
			r.Status(&pki.Certificate{Serial: s.Serial}, ca.Root, now, nonce)
		}
	})
}

package pki_test

import (
	"bytes"
	"fmt"
	"testing"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// TestBounds: as many addresses and octets as are let in, and one more.
func TestBounds(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	urls := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("http://crl.example.kz/%d", i))
		}
		return list
	}
	for name, set := range map[string]func(c *testpki.Template, n int){
		"lists":      func(c *testpki.Template, n int) { c.CRLURLs = urls(n) },
		"deltas":     func(c *testpki.Template, n int) { c.DeltaURLs = urls(n) },
		"responders": func(c *testpki.Template, n int) { c.OCSPURLs, c.IssuerURLs = urls(n), nil },
		"responders and issuers": func(c *testpki.Template, n int) {
			c.OCSPURLs, c.IssuerURLs = urls(n-8), urls(8)
		},
	} {
		for n, want := range map[int]reason.Code{16: "", 17: reason.CertificateMalformed} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				der, _, err := ca.IssueDER(testpki.Profile{Mutate: func(c *testpki.Template) {
					c.CRLURLs, c.OCSPURLs, c.IssuerURLs, c.DeltaURLs = nil, nil, nil, nil
					set(c, n)
				}})
				if err != nil {
					t.Fatal(err)
				}
				_, err = pki.Parse(der)
				wantCode(t, err, want)
			})
		}
	}
	for size, want := range map[int]reason.Code{10 << 10: "", 16 << 10: reason.CertificateMalformed} {
		der, _, err := ca.IssueDER(testpki.Profile{Mutate: func(c *testpki.Template) {
			c.Extra = []testpki.Extension{{OID: "1.2.3.4", Value: bytes.Repeat([]byte{0}, size)}}
		}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = pki.Parse(der)
		wantCode(t, err, want)
	}
}

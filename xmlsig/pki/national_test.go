package pki_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"slices"
	"testing"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// TestPinnedAreTheRealOnes compares every row of the table with the certificate it names, and every certificate
// with the table.
func TestPinnedAreTheRealOnes(t *testing.T) {
	rows := map[[32]byte]pki.National{}
	for _, n := range pki.Nationals() {
		rows[n.SHA256] = n
	}
	for environment, pattern := range map[pki.Environment]string{pki.Production: "prod/*", pki.Test: "test/*"} {
		for file, c := range loadAll(t, pattern) {
			n, ok := c.Pinned()
			if !ok {
				t.Errorf("%s is not pinned: %x", file, c.SHA256)
				continue
			}
			delete(rows, c.SHA256)
			if n.Name != c.Subject.CommonName || n.Environment != environment || n.Root != c.SelfSigned() ||
				!n.NotBefore.Equal(c.NotBefore) || !n.NotAfter.Equal(c.NotAfter) || n.Algorithm != keyName(c) {
				t.Errorf("%s: the table says %+v", file, n)
			}
			if by, ok := c.PinnedName(); !ok || by.Name != n.Name {
				t.Errorf("%s is not found by its name", file)
			}
		}
	}
	for _, n := range rows {
		t.Errorf("%s (%s) is pinned, but nobody has the certificate", n.File, hex.EncodeToString(n.SHA256[:]))
	}
}

func keyName(c *pki.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *gost.PublicKey:
		if key.Curve == gost.CurveCryptoProA() {
			return "GOST 34.310-2004"
		}
		return fmt.Sprintf("GOST R 34.10-2015-%d", 8*key.Curve.Size())
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA"
	}
	return ""
}

// TestPinnedTable checks what needs no certificates: names are told apart, addresses are addresses, and those that
// certificates name themselves are the ones of the table.
func TestPinnedTable(t *testing.T) {
	files, sums := map[string]bool{}, map[[32]byte]bool{}
	for _, n := range pki.Nationals() {
		if files[n.File] || sums[n.SHA256] || n.SHA256 == [32]byte{} {
			t.Errorf("%s stands twice or has no fingerprint", n.File)
		}
		files[n.File], sums[n.SHA256] = true, true
		for _, address := range append(slices.Clone(n.Addresses), n.List) {
			if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || path.Ext(u.Path) == "") {
				t.Errorf("%s: %q is no address of a file", n.File, address)
			}
		}
	}
	if _, ok := authority(t, testpki.GOST512).Root.Pinned(); ok {
		t.Error("a throw-away authority is pinned")
	}
}

// TestPinnedAddressesAreTheOfficialOnes: what certificates below an authority say about it stands in its row.
func TestPinnedAddressesAreTheOfficialOnes(t *testing.T) {
	known := map[string]pki.National{} // by issuer's name
	for _, pattern := range []string{"prod/*", "test/*"} {
		for _, c := range loadAll(t, pattern) {
			if n, ok := c.Pinned(); ok {
				known[string(c.RawSubject)] = n
			}
		}
	}
	compared := 0
	for _, pattern := range []string{"prod/*", "test/*", "leaf/*"} {
		for file, c := range loadAll(t, pattern) {
			issuer, ok := known[string(c.RawIssuer)]
			if !ok || file == "ceo_valid_sign_2004_gost.cer" { // names the RSA authority's addresses, by mistake of the issuer
				continue
			}
			for _, address := range c.IssuerURLs {
				compared++
				if !slices.Contains(issuer.Addresses, address) {
					t.Errorf("%s says its issuer %s is published at %s", file, issuer.File, address)
				}
			}
			if len(c.CRLPoints) > 0 && !slices.Contains(c.CRLPoints, issuer.List) {
				t.Errorf("%s says the list of %s is at %v, the table %s", file, issuer.File, c.CRLPoints, issuer.List)
			}
		}
	}
	if compared < 10 {
		t.Errorf("only %d addresses compared", compared)
	}
}

// TestNamesThatLookPinned: people compare names by eye.
func TestNamesThatLookPinned(t *testing.T) {
	const real = "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022"
	tests := map[string]bool{
		real: true,
		"ҰЛТТЫҚ КУӘЛАНДЫРУШЫ OPTAЛЫҚ (GOST) 2022":              true, // Latin letters
		"ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GОSТ) 2022":              true, // Cyrillic ones
		"Ұлттық куәландырушы орталық (Gost) 2022":              true, // case
		"ҰЛТТЫҚ  КУӘЛАНДЫРУШЫ\u00a0ОРТАЛЫҚ\u200b (GOST) 2022 ": true, // what is not seen
		"ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2023":              false,
		"Банк УЦ (GOST) 2022": false,
		"":                    false,
	}
	for name, want := range tests {
		if n, ok := (&pki.Certificate{Subject: pki.Name{CommonName: name}}).PinnedName(); ok != want || ok && n.Name != real {
			t.Errorf("%q: %v %s", name, ok, n.Name)
		}
	}
}

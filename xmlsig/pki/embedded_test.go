package pki_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
)

// x509Element finds certificates in signed XML.
var x509Element = regexp.MustCompile(`(?s)<(?:\w+:)?(?:X509Certificate|KeyIdentifier)[^>]*>(.*?)</`)

// embedded finds every certificate in a file: base64 in XML, DER elsewhere.
func embedded(t *testing.T, path string) (certs []*pki.Certificate) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(path) == ".xml" {
		for _, m := range x509Element.FindAllSubmatch(b, -1) {
			text := strings.NewReplacer("&#13;", "", "\n", "", "\r", "", " ", "").Replace(string(m[1]))
			raw, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				t.Fatal(path, err)
			}
			c, err := pki.Parse(raw)
			if err != nil {
				t.Fatal(path, err)
			}
			certs = append(certs, c)
		}
		return certs
	}
	for i := 0; i+4 < len(b); i++ {
		s := cryptobyte.String(b[i:])
		var whole cryptobyte.String
		if b[i] != 0x30 || !s.ReadASN1Element(&whole, asn1.SEQUENCE) || len(whole) < 300 {
			continue
		}
		if c, err := pki.Parse(whole); err == nil {
			certs = append(certs, c)
			i += len(whole) - 1
		}
	}
	return certs
}

// TestEmbeddedCertificates verifies the certificates inside signed documents,
// messages, timestamps and OCSP answers, each at its own beginning.
func TestEmbeddedCertificates(t *testing.T) {
	dir := nca(t)
	store := pki.NewStore()
	for _, pattern := range []string{"prod/*", "test/*"} {
		for _, c := range loadAll(t, pattern) {
			store.AddAnchor(c, pki.PurposeNational)
		}
	}
	var seen, trusted, stamping, responders int
	known := make(map[[32]byte]bool)
	for _, folder := range []string{"xml", "cms", "tsp", "ocsp"} {
		files, _ := filepath.Glob(filepath.Join(dir, folder, "*"))
		for _, file := range files {
			for _, c := range embedded(t, file) {
				if known[c.SHA256] {
					continue
				}
				known[c.SHA256] = true
				seen++
				_, err := store.Chain(c, nil, c.NotBefore.Add(time.Hour))
				if err == nil {
					trusted++
				}
				if c.HasRole(pki.RoleTSA) {
					stamping++
				}
				if c.HasRole(pki.RoleOCSP) {
					responders++
				}
			}
		}
	}
	// The one that is not trusted is a self-signed test person.
	if seen != 11 || trusted != 10 || stamping != 2 || responders != 3 {
		t.Errorf("%d certificates, %d trusted, %d TSA, %d OCSP", seen, trusted, stamping, responders)
	}
}

package pki_test

import (
	"bytes"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// The peculiarities of the national hierarchy, each on the real certificates that have it
// (facts/national-pki.md §1.1).

func storeOf(certs ...*pki.Certificate) *pki.Store {
	s := pki.NewStore()
	for _, c := range certs {
		s.AddTrust(c)
	}
	return s
}

// TestQuirkNamesOfRoots (a): the old and the re-issued root differ in the organization alone. The right one of two
// is found, and the wrong one alone is none.
func TestQuirkNamesOfRoots(t *testing.T) {
	certs := loadAll(t, "prod/*")
	tests := []struct{ file, root, twin, at string }{
		{"nca_gost.pem", "root_gost.pem", "root_gost_2020.cer", "2024-01-01"},
		{"nca_rsa.pem", "root_rsa.pem", "root_rsa_2020.cer", "2024-01-01"},
		{"nca_rsa_2022.cer", "root_rsa_2020.cer", "root_rsa.pem", "2024-01-01"},
		{"ucgo_gost.cer", "root_gost_2020.cer", "root_gost.pem", "2024-01-01"},
		{"btsd_gost.cer", "root_gost_2020.cer", "root_gost.pem", "2024-01-01"},
	}
	for _, tt := range tests {
		at, _ := time.Parse(time.DateOnly, tt.at)
		root, twin := certs[tt.root], certs[tt.twin]
		if root.Subject.CommonName != twin.Subject.CommonName {
			t.Fatalf("%s and %s have different names", tt.root, tt.twin)
		}
		chain, err := storeOf(twin, root).Chain(certs[tt.file], nil, at)
		if err != nil || chain.Anchor().SHA256 != root.SHA256 {
			t.Errorf("%s: %v", tt.file, err)
		}
		_, err = storeOf(twin).Chain(certs[tt.file], nil, at)
		wantCode(t, err, reason.ChainUntrusted)
	}
}

// TestQuirkShortKeyIdentifier (b): the old issuing authority's key identifier has four octets, and its leaves
// refer to it by them.
func TestQuirkShortKeyIdentifier(t *testing.T) {
	certs := loadAll(t, "prod/*")
	issuing := certs["nca_gost.pem"]
	leaf := load(t, filepath.Join(nca(t), "leaf", "sdk_gost2004_testperson_by_prod_nca_gost.pem"))
	if want := []byte{0x5b, 0x6a, 0x73, 0xe9}; !bytes.Equal(issuing.SubjectKeyID, want) || !bytes.Equal(leaf.AuthorityKeyID, want) {
		t.Fatalf("identifiers %x and %x", issuing.SubjectKeyID, leaf.AuthorityKeyID)
	}
	chain, err := storeOf(certs["root_gost.pem"], issuing).Chain(leaf, nil, time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || len(chain) != 3 {
		t.Errorf("%d certificates, %v", len(chain), err)
	}
}

// TestQuirkSerialIsKeyIdentifier (c): the serial number of an authority is its key identifier with the top bit
// cleared, and certificates below name it beside the identifier. Only the identifier is compared.
func TestQuirkSerialIsKeyIdentifier(t *testing.T) {
	for name, c := range loadAll(t, "prod/*") {
		if len(c.SubjectKeyID) != 20 {
			continue // (b)
		}
		want := new(big.Int).SetBytes(c.SubjectKeyID)
		if want.SetBit(want, 159, 0); c.Serial.Cmp(want) != 0 {
			t.Errorf("%s: serial number %x, key identifier %x", name, c.Serial, c.SubjectKeyID)
		}
		if len(c.AuthorityKeyID) != 20 {
			t.Errorf("%s: authority key identifier %x", name, c.AuthorityKeyID)
		}
	}
}

// TestQuirkOlderThanItsRoot (d): an authority of 2019 stands below the root that was re-issued in 2020.
func TestQuirkOlderThanItsRoot(t *testing.T) {
	certs := loadAll(t, "prod/*")
	btsd, root := certs["btsd_gost.cer"], certs["root_gost_2020.cer"]
	if !btsd.NotBefore.Before(root.NotBefore) {
		t.Fatal("it is not older")
	}
	tests := []struct {
		model pki.Model
		at    string
		want  reason.Code
	}{
		{pki.ModelShell, "2026-11-23", ""},
		{pki.ModelShell, "2020-01-01", reason.ChainInvalid}, // the root was not there yet
		{pki.ModelChain, "2026-11-23", reason.ChainInvalid}, // the root had not begun when it issued
		{pki.ModelNational, "2026-11-23", ""},
		{pki.ModelNational, "2020-01-01", ""},
	}
	for _, tt := range tests {
		store := storeOf(root)
		store.SetModel(tt.model)
		at, _ := time.Parse(time.DateOnly, tt.at)
		_, err := store.Chain(btsd, nil, at)
		if wantCode(t, err, tt.want); t.Failed() {
			t.Fatalf("%s at %s: %v", tt.model, tt.at, err)
		}
	}
}

// TestQuirkRootsNameNoList (e): neither do the two authorities that the root of 2020 issued outside the national CA.
func TestQuirkRootsNameNoList(t *testing.T) {
	silent := map[string]bool{"ucgo_gost.cer": true, "btsd_gost.cer": true}
	for name, c := range loadAll(t, "prod/*") {
		none := len(c.CRLPoints) == 0 && len(c.OCSPServers) == 0 && len(c.IssuerURLs) == 0
		if none != (c.SelfSigned() || silent[name]) {
			t.Errorf("%s names %v %v %v", name, c.CRLPoints, c.OCSPServers, c.IssuerURLs)
		}
		if pinned, _ := c.Pinned(); c.SelfSigned() && pinned.List == "" {
			t.Errorf("%s: nobody knows where its list is", name)
		}
	}
}

// TestQuirkOrderOfNames (f): the country stands first in some names and last in others; names are compared octet
// by octet, never as sets.
func TestQuirkOrderOfNames(t *testing.T) {
	certs := loadAll(t, "prod/*")
	first, last := certs["nca_gost.pem"], certs["nca_gost_2022.pem"]
	if !strings.HasPrefix(first.Subject.DN, "C=KZ, ") || !strings.HasSuffix(last.Subject.DN, ", C=KZ") {
		t.Errorf("%s; %s", first.Subject.DN, last.Subject.DN)
	}
	leaf := load(t, filepath.Join(nca(t), "leaf", "sdk_gost2004_testperson_by_prod_nca_gost.pem"))
	if !bytes.Equal(leaf.RawIssuer, first.RawSubject) {
		t.Error("the leaf writes its issuer's name in another order")
	}
	swapped := *first
	swapped.RawSubject = swapRDNs(first.RawSubject)
	if len(swapped.RawSubject) != len(first.RawSubject) || bytes.Equal(swapped.RawSubject, first.RawSubject) {
		t.Fatal("the name was not turned round")
	}
	at := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
	store := pki.NewStore()
	store.AddAnchor(&swapped, pki.PurposeNational)
	_, err := store.Chain(leaf, nil, at)
	wantCode(t, err, reason.ChainUntrusted)
}

// swapRDNs turns a name of two attributes with short lengths round.
func swapRDNs(name []byte) []byte {
	body := name[2:]
	n := 2 + int(body[1])
	return append(append(append([]byte{}, name[:2]...), body[n:]...), body[:n]...)
}

package pki_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// TestNationalManifest parses the production authorities and compares their
// fingerprints with the manifest they came with.
func TestNationalManifest(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(nca(t), "prod", "MANIFEST.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b) {
		t.Fatal("the manifest is not JSON")
	}
	certs := loadAll(t, "prod/*")
	if len(certs) != 11 {
		t.Fatalf("%d production authorities, want 11", len(certs))
	}
	for name, c := range certs {
		if !strings.Contains(strings.ToLower(string(b)), hex.EncodeToString(c.SHA256[:])) {
			t.Errorf("%s: fingerprint %x is not in the manifest", name, c.SHA256)
		}
		if !slices.Equal(c.Roles(), []string{pki.RoleCA}) {
			t.Errorf("%s: roles %v", name, c.Roles())
		}
		wantCode(t, c.CheckPurpose(pki.PurposeNational), reason.PurposeWrong)
	}
}

// TestNationalHierarchy builds the chain of every real authority and leaf
// (facts/national-pki.md §1.1, §7).
func TestNationalHierarchy(t *testing.T) {
	dir := nca(t)
	store := pki.NewStore()
	var roots, others int
	for _, pattern := range []string{"prod/*", "test/*"} {
		for name, c := range loadAll(t, pattern) {
			if !store.AddTrust(c) {
				t.Errorf("%s is no authority", name)
			}
			if c.SelfSigned() {
				roots++
			} else {
				others++
			}
		}
	}
	if roots != 6 || others != 9 || len(store.Anchors()) != 6 || len(store.Intermediates()) != 9 {
		t.Errorf("%d roots and %d other authorities, want 6 and 9", roots, others)
	}
	// The roots of the old TEST PKI are not public: trust its authorities themselves.
	store.AddAnchor(load(t, filepath.Join(dir, "test", "nca_gost_test.crt")), pki.PurposeNational)
	store.AddAnchor(load(t, filepath.Join(dir, "test", "nca_rsa_test.crt")), pki.PurposeGeneric)

	tests := []struct {
		file   string
		at     string
		length int
		code   reason.Code
	}{
		{"prod/nca_gost_2022.pem", "2026-11-23", 2, ""},
		{"prod/nca_rsa_2022.cer", "2026-11-23", 2, ""},
		{"prod/ucgo_gost.cer", "2026-11-23", 2, ""},
		{"prod/btsd_gost.cer", "2026-11-23", 2, ""}, // older than its re-issued root
		{"prod/btsd_gost.cer", "2020-01-01", 0, reason.ChainInvalid},
		{"prod/nca_gost.pem", "2024-01-01", 2, ""},
		{"prod/nca_gost.pem", "2026-11-23", 0, reason.ChainInvalid}, // root expired 2025-07-27
		{"prod/nca_rsa.pem", "2024-01-01", 2, ""},
		{"test/nca_gost2015_test.cer", "2026-11-23", 2, ""},
		{"leaf/sdk_gost2004_testperson_by_prod_nca_gost.pem", "2019-01-01", 3, ""},
		{"leaf/ceo_valid_sign_2004_gost.cer", "2021-06-01", 2, ""},
		{"leaf/individual_valid_sign_2004_rsa.cer", "2021-06-01", 2, ""},
		{"leaf/individual_valid_sign_2004_rsa_auth.cer", "2021-06-01", 2, ""},
	}
	for _, f := range []string{"individual_revoked_individual_revoked", "individual_valid_individual_valid", "legal_revoked_employee",
		"legal_revoked_employee_signright", "legal_revoked_head", "legal_revoked_infosystem", "legal_revoked_treasury_client",
		"legal_valid_employee", "legal_valid_employee_signright", "legal_valid_head", "legal_valid_infosystem", "legal_valid_treasury_client"} {
		tests = append(tests, struct {
			file   string
			at     string
			length int
			code   reason.Code
		}{"leaf/" + f + ".pem", "2026-11-23", 3, ""})
	}
	for _, tt := range tests {
		t.Run(tt.file+"@"+tt.at, func(t *testing.T) {
			at, _ := time.Parse(time.DateOnly, tt.at)
			chain, err := store.Chain(load(t, filepath.Join(dir, tt.file)), nil, at)
			wantCode(t, err, tt.code)
			if len(chain) != tt.length {
				t.Errorf("chain of %d, want %d", len(chain), tt.length)
			}
		})
	}
}

// TestNationalLeaves compares what is read from the leaves with what they are.
func TestNationalLeaves(t *testing.T) {
	const person, other, company = "123456789011", "123456789012", "123456789021"
	tests := []struct {
		file, iin, bin, keyStore string
		roles                    []string
		national                 reason.Code
	}{
		{"individual_valid_individual_valid.pem", person, "", "pkcs12", []string{"individual"}, ""},
		{"individual_revoked_individual_revoked.pem", person, "", "pkcs12", []string{"individual"}, ""},
		{"individual_valid_sign_2004_rsa.cer", person, "", "", []string{"individual"}, ""},
		{"individual_valid_sign_2004_rsa_auth.cer", person, "", "", []string{"individual", "authentication"}, reason.PurposeWrong},
		{"ceo_valid_sign_2004_gost.cer", person, company, "", []string{"legal_entity", "head"}, ""},
		{"legal_valid_head.pem", person, company, "pkcs12", []string{"legal_entity", "head"}, ""},
		{"legal_revoked_head.pem", person, company, "pkcs12", []string{"legal_entity", "head"}, ""},
		{"legal_valid_employee.pem", other, company, "pkcs12", []string{"legal_entity", "employee"}, ""},
		{"legal_revoked_employee.pem", other, company, "pkcs12", []string{"legal_entity", "employee"}, ""},
		{"legal_valid_employee_signright.pem", other, company, "pkcs12", []string{"legal_entity", "sign_right"}, ""},
		{"legal_revoked_employee_signright.pem", other, company, "pkcs12", []string{"legal_entity", "sign_right"}, ""},
		// The two names are swapped in the source (data/nca/README.md).
		{"legal_valid_infosystem.pem", other, company, "pkcs12", []string{"legal_entity", "treasury_client"}, ""},
		{"legal_revoked_infosystem.pem", other, company, "pkcs12", []string{"legal_entity", "treasury_client"}, ""},
		{"legal_valid_treasury_client.pem", "", company, "pkcs12", []string{"legal_entity", "information_system"}, ""},
		{"legal_revoked_treasury_client.pem", "", company, "pkcs12", []string{"legal_entity", "information_system"}, ""},
		{"sdk_gost2004_testperson_by_prod_nca_gost.pem", other, company, "", []string{"legal_entity", "hr"}, ""},
	}
	if all := loadAll(t, "leaf/*"); len(all) != len(tests) {
		t.Errorf("%d leaves, %d expectations", len(all), len(tests))
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			c := load(t, filepath.Join(nca(t), "leaf", tt.file))
			if c.Subject.IIN != tt.iin || c.Subject.BIN != tt.bin {
				t.Errorf("IIN %q BIN %q", c.Subject.IIN, c.Subject.BIN)
			}
			if !slices.Equal(c.Roles(), tt.roles) {
				t.Errorf("roles %v, want %v", c.Roles(), tt.roles)
			}
			if c.KeyStore != tt.keyStore {
				t.Errorf("key store %q, want %q", c.KeyStore, tt.keyStore)
			}
			if c.Subject.CommonName == "" || c.Subject.Country != "KZ" || len(c.OCSPServers) != 1 || len(c.CRLPoints) == 0 || len(c.DeltaCRLPoints) == 0 {
				t.Errorf("%+v %v %v %v", c.Subject, c.OCSPServers, c.CRLPoints, c.DeltaCRLPoints)
			}
			wantCode(t, c.CheckPurpose(pki.PurposeNational), tt.national)
			wantCode(t, c.CheckPurpose(pki.PurposeGeneric), "")
		})
	}
}

func TestNationalQuirks(t *testing.T) {
	certs := loadAll(t, "prod/*")
	if id := certs["nca_gost.pem"].SubjectKeyID; hex.EncodeToString(id) != "5b6a73e9" {
		t.Errorf("the old authority's key identifier is %x, not four octets", id)
	}
	want := []string{"http://crl.root.gov.kz/gost.crl", "http://crl1.root.gov.kz/gost.crl"}
	if got := certs["nca_gost.pem"].CRLPoints; !slices.Equal(got, want) {
		t.Errorf("two addresses in one string: %q", got)
	}
	if got := certs["nca_rsa_2022.cer"].MaxPathLen; got != 0 {
		t.Errorf("path length %d", got)
	}
	old, renewed := certs["root_gost.pem"], certs["root_gost_2020.cer"]
	if old.Subject.CommonName != renewed.Subject.CommonName || old.Subject.DN == renewed.Subject.DN {
		t.Errorf("roots: %s, %s", old.Subject.DN, renewed.Subject.DN)
	}
}

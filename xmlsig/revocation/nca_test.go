package revocation_test

import (
	"path/filepath"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// nationalAuthorities gives the test authorities of the national CA.
func nationalAuthorities(t testing.TB) map[string]*pki.Certificate {
	dir := filepath.Join(nca(t), "test")
	return map[string]*pki.Certificate{
		"gost2015": certificate(t, filepath.Join(dir, "nca_gost2015_test.cer")),
		"gost2004": certificate(t, filepath.Join(dir, "nca_gost_test.crt")),
		"rsa":      certificate(t, filepath.Join(dir, "nca_rsa_test.crt")),
	}
}

// TestNationalLists reads every real list and checks whose it is.
func TestNationalLists(t *testing.T) {
	tests := []struct {
		file, issuer    string
		entries, number int
		from, to        string
	}{
		{"nca_gost2022_test.2026.crl", "gost2015", 195, 166, "2026-08-11", "2027-02-07"}, // refused by crypto/x509
		{"nca_gost2022_test.crl", "gost2015", 6, 4, "2022-07-27", "2023-01-23"},
		{"nca_gost_test.crl", "gost2004", 31, 7, "2022-03-29", "2022-09-25"},
		{"nca_rsa_test.crl", "rsa", 126, 9, "2022-03-29", "2022-09-25"},
	}
	files, _ := filepath.Glob(filepath.Join(nca(t), "crl", "*"))
	if len(files) != len(tests) {
		t.Errorf("%d lists, %d expectations", len(files), len(tests))
	}
	for _, tt := range tests {
		c := list(t, read(t, filepath.Join(nca(t), "crl", tt.file)))
		if c.Len() != tt.entries || c.Number.Int64() != int64(tt.number) || c.IsDelta() ||
			c.ThisUpdate.Format(time.DateOnly) != tt.from || c.NextUpdate.Format(time.DateOnly) != tt.to {
			t.Errorf("%s: %d entries, number %v, %v to %v", tt.file, c.Len(), c.Number, c.ThisUpdate, c.NextUpdate)
		}
		for name, issuer := range nationalAuthorities(t) {
			if err := c.VerifyBy(issuer); (err == nil) != (name == tt.issuer) {
				t.Errorf("%s by %s: %v", tt.file, name, err)
			}
		}
	}
}

// TestNationalLeavesOnLists asks all real lists at once about every real leaf.
func TestNationalLeavesOnLists(t *testing.T) {
	dir := nca(t)
	var lists []*revocation.CRL
	files, _ := filepath.Glob(filepath.Join(dir, "crl", "*"))
	for _, f := range files {
		lists = append(lists, list(t, read(t, f)))
	}
	source := revocation.NewStatic(lists, nil)
	tests := []struct {
		file, issuer, at string
		want             revocation.State
	}{
		{"individual_valid_individual_valid.pem", "gost2015", "2026-11-23", revocation.Good},
		{"individual_revoked_individual_revoked.pem", "gost2015", "2026-11-23", revocation.OnHold},
		{"legal_valid_employee.pem", "gost2015", "2026-11-23", revocation.Revoked}, // superseded on 2026-06-02
		{"legal_revoked_employee.pem", "gost2015", "2026-11-23", revocation.OnHold},
		{"legal_valid_employee_signright.pem", "gost2015", "2026-11-23", revocation.Good},
		{"legal_revoked_employee_signright.pem", "gost2015", "2026-11-23", revocation.OnHold},
		{"legal_valid_head.pem", "gost2015", "2026-11-23", revocation.Good},
		{"legal_revoked_head.pem", "gost2015", "2026-11-23", revocation.OnHold},
		{"legal_valid_infosystem.pem", "gost2015", "2026-11-23", revocation.Revoked}, // superseded on 2026-06-02
		{"legal_revoked_infosystem.pem", "gost2015", "2026-11-23", revocation.OnHold},
		{"legal_valid_treasury_client.pem", "gost2015", "2026-11-23", revocation.Good},
		{"legal_revoked_treasury_client.pem", "gost2015", "2026-11-23", revocation.OnHold},
		{"legal_valid_head.pem", "gost2015", "2026-08-01", revocation.Unknown}, // before the list
		{"legal_valid_head.pem", "gost2015", "2027-03-01", revocation.Unknown}, // after it
		{"ceo_valid_sign_2004_gost.cer", "gost2004", "2022-05-01", revocation.Good},
		{"individual_valid_sign_2004_rsa.cer", "rsa", "2022-05-01", revocation.Good},
		{"individual_valid_sign_2004_rsa_auth.cer", "rsa", "2022-05-01", revocation.Good},
		{"ceo_valid_sign_2004_gost.cer", "gost2004", "2026-11-23", revocation.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.file+"@"+tt.at, func(t *testing.T) {
			leaf, issuer := certificate(t, filepath.Join(dir, "leaf", tt.file)), nationalAuthorities(t)[tt.issuer]
			if err := leaf.VerifyBy(issuer); err != nil {
				t.Fatal(err)
			}
			got := source.Status(t.Context(), leaf, issuer, date(tt.at))
			if got.State != tt.want {
				t.Errorf("got %v: %s", got.State, got.Detail)
			}
			if (got.State == revocation.Unknown) == (got.Source == revocation.SourceCRL && got.EvidenceSHA256 != "") || got.Detail == "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestNationalAnswers judges every real OCSP answer. The certificates they are
// about are not public but for their serial numbers.
func TestNationalAnswers(t *testing.T) {
	tests := []struct {
		file, issuer string
		want         revocation.State
		reason       int
	}{
		{"ocsp_response_ceo_sign_2004_revoked.bin", "gost2004", revocation.Revoked, 4},
		{"ocsp_response_individual_2015.bin", "gost2015", revocation.Unknown, 0}, // certificateHold, 1970-01-01: never issued
		{"ocsp_response_individual_sign_2004.bin", "rsa", revocation.Good, 0},
	}
	files, _ := filepath.Glob(filepath.Join(nca(t), "ocsp", "*"))
	if len(files) != len(tests) {
		t.Errorf("%d answers, %d expectations", len(files), len(tests))
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			raw := read(t, filepath.Join(nca(t), "ocsp", tt.file))
			r := answer(t, raw)
			if len(r.Singles) != 1 || len(r.Certificates) != 1 || len(r.Nonce) != 10 {
				t.Fatalf("%d answers, %d certificates, nonce %x", len(r.Singles), len(r.Certificates), r.Nonce)
			}
			nonce := r.Nonce[2:]
			for name, issuer := range nationalAuthorities(t) {
				subject := &pki.Certificate{Serial: r.Singles[0].Serial}
				want := tt.want
				if name != tt.issuer {
					want = revocation.Unknown
				}
				got := r.Status(subject, issuer, r.ProducedAt, nonce)
				if got.State != want || got.State != revocation.Unknown && got.Reason != tt.reason {
					t.Errorf("by %s: %v, %s", name, got.State, got.Detail)
				}
				if want == revocation.Unknown {
					continue
				}
				if late := r.Status(subject, issuer, r.ProducedAt.Add(2*time.Hour), nonce); late.State != revocation.Unknown {
					t.Error("fresh for more than an hour")
				}
				if other := r.Status(subject, issuer, r.ProducedAt, []byte("12345678")); other.State != revocation.Unknown {
					t.Error("another nonce was taken")
				}
			}
			for _, at := range []int{len(raw) / 4, 300} { // inside the answer or its signature
				broken := append([]byte(nil), raw...)
				broken[at] ^= 0x10
				b, err := revocation.ParseOCSP(broken)
				if err != nil {
					continue
				}
				if got := b.Status(&pki.Certificate{Serial: r.Singles[0].Serial}, nationalAuthorities(t)[tt.issuer], r.ProducedAt, nil); got.State != revocation.Unknown {
					t.Errorf("octet %d changed, still %v", at, got.State)
				}
			}
		})
	}
}

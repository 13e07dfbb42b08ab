package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// trusting is a configuration whose trust folder holds copies of the files.
func trustingFiles(t *testing.T, files ...string) config.Config {
	t.Helper()
	cfg := config.Config{Data: t.TempDir()}.WithDefaults()
	if err := os.Mkdir(TrustFolder(cfg), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(filepath.Join(national, file))
		if err != nil {
			t.Skip("../shared/data/nca is absent: the national CA certificates are read in place and not part of the project")
		}
		put(t, cfg, filepath.Base(file), b)
	}
	return cfg
}

func put(t *testing.T, cfg config.Config, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(TrustFolder(cfg), name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTestAndProductionNeverMix: the gateway does not start on a mixture, wherever it comes from.
func TestTestAndProductionNeverMix(t *testing.T) {
	const prodRoot, testRoot, testIssuing = "prod/root_gost_2022.pem", "test/root_test_gost_2022.cer", "test/nca_gost2015_test.cer"
	tests := []struct {
		name    string
		files   []string
		testPKI bool
		anchors []string
		says    string
	}{
		{"production", []string{prodRoot}, false, nil, ""},
		{"TEST, named so", []string{testRoot}, true, nil, ""},
		{"TEST without the switch", []string{testRoot}, false, nil, "TEST PKI"},
		{"an issuing TEST authority without the switch", []string{testIssuing}, false, nil, "TEST PKI"},
		{"TEST beside production", []string{prodRoot, testRoot}, false, nil, "TEST PKI"},
		{"production beside TEST", []string{prodRoot, testRoot}, true, nil, "never mix"},
		{"TEST in the configuration", []string{prodRoot}, false, []string{testRoot}, "TEST PKI"},
		{"production in the configuration", []string{testRoot}, true, []string{prodRoot}, "never mix"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := trustingFiles(t, tt.files...)
			cfg.Trust.TestPKI = tt.testPKI
			for _, a := range tt.anchors {
				cfg.Trust.Anchors = append(cfg.Trust.Anchors, filepath.Join(national, a))
			}
			a, err := New(context.Background(), cfg, Outside{Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)})
			if a != nil {
				a.Close()
			}
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("%v, want %q", err, tt.says)
			}
			mixed := false
			for _, f := range CheckTrust(cfg, time.Now()) {
				mixed = mixed || f.Code == "environments_mixed"
			}
			if mixed != (tt.says != "") {
				t.Errorf("kopir trust check found it: %v", mixed)
			}
		})
	}
}

// TestThrowAwayPKIGoesWithBoth: the demo's authorities are neither TEST nor production.
func TestThrowAwayPKIGoesWithBoth(t *testing.T) {
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, testPKI := range []bool{false, true} {
		cfg := trustingFiles(t)
		cfg.Trust.TestPKI = testPKI
		put(t, cfg, "demo.pem", append(testpki.CertificatePEM(ca.Root), testpki.CertificatePEM(ca.Issuing)...))
		if _, anchors, err := loadTrust(cfg); err != nil || len(anchors) != 1 {
			t.Errorf("%d anchors, %v", len(anchors), err)
		}
	}
}

// TestTrustCheckFindings makes every finding happen on real certificates.
func TestTrustCheckFindings(t *testing.T) {
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		files  []string
		change func(t *testing.T, cfg *config.Config)
		at     time.Time
		want   string // codes, errors with a mark
	}{
		{name: "root alone", files: []string{"prod/root_gost_2022.pem"}},
		{name: "nobody asks for its status", files: []string{"prod/root_gost_2022.pem", "prod/nca_gost_2022.pem"}, want: "no_status_address"},
		{name: "its list's host may be asked", files: []string{"prod/root_gost_2022.pem", "prod/nca_gost_2022.pem"},
			change: func(_ *testing.T, cfg *config.Config) { cfg.Status.Hosts = []string{"crl.root.gov.kz"} }},
		{name: "the list of its root is configured", files: []string{"prod/root_gost_2020.cer", "prod/btsd_gost.cer"},
			change: func(_ *testing.T, cfg *config.Config) {
				cfg.Status.CRL = []string{"http://crl.root.gov.kz/gost2020.crl"}
			}},
		{name: "names no list", files: []string{"prod/root_gost_2020.cer", "prod/btsd_gost.cer"}, want: "no_status_address"},
		{name: "the wrong root of two", files: []string{"prod/root_gost.pem", "prod/root_gost_2022.pem", "prod/btsd_gost.cer"}, want: "no_anchor! expired"},
		{name: "all expired", files: []string{"prod/root_gost.pem"}, want: "expired no_anchors!"},
		{name: "expires soon", files: []string{"prod/root_gost_2020.cer"}, at: time.Date(2045, 8, 1, 0, 0, 0, 0, time.UTC), want: "expires_soon"},
		{name: "not yet valid", files: []string{"prod/root_gost_2020.cer"}, at: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), want: "not_yet_valid"},
		{name: "a person's", files: []string{"prod/root_gost_2022.pem", "leaf/legal_valid_head.pem"}, want: "not_a_ca!"},
		{name: "note of another certificate", files: []string{"prod/root_gost_2022.pem"}, want: "unreadable! no_anchors!",
			change: func(t *testing.T, cfg *config.Config) {
				put(t, *cfg, "root_gost_2022.pem.reason.json", []byte(`{"sha256":"00","reason":"x","anchor":true}`))
			}},
		{name: "imitated", files: []string{"prod/root_gost_2022.pem"}, want: "name_imitated!", change: func(t *testing.T, cfg *config.Config) {
			fake := imitation(t, "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022")
			put(t, *cfg, "fake.pem", testpki.CertificatePEM(fake))
			note, _ := json.Marshal(TrustNote{SHA256: hex.EncodeToString(fake.SHA256[:]), Reason: "they said so"})
			put(t, *cfg, "fake.pem.reason.json", note)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := trustingFiles(t, tt.files...)
			if tt.change != nil {
				tt.change(t, &cfg)
			}
			if tt.at.IsZero() {
				tt.at = at
			}
			var got []string
			for _, f := range CheckTrust(cfg, tt.at) {
				got = append(got, f.Code+map[string]string{LevelError: "!"}[f.Level])
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("found %v, want %q", got, tt.want)
			}
		})
	}
}

func imitation(t *testing.T, name string) *pki.Certificate {
	t.Helper()
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	fake, err := ca.Issue(testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) { c.Issuer = nil; c.SetSubject(testpki.CommonName, name) }})
	if err != nil {
		t.Fatal(err)
	}
	return fake.Certificate
}

// TestTrustIsWhatTheFilesSay: notes make anchors and purposes, pins make purposes, the configuration has the last word.
func TestTrustIsWhatTheFilesSay(t *testing.T) {
	cfg := trustingFiles(t, "prod/root_gost_2020.cer", "prod/ucgo_gost.cer", "prod/btsd_gost.cer")
	btsd, err := pki.ParseAll(mustRead(t, filepath.Join(national, "prod/btsd_gost.cer")))
	if err != nil {
		t.Fatal(err)
	}
	note, _ := json.Marshal(TrustNote{SHA256: hex.EncodeToString(btsd[0].SHA256[:]), Reason: "x", Anchor: true})
	put(t, cfg, "btsd_gost.cer.reason.json", note)
	cfg.Trust.Generic = []string{filepath.Join(national, "prod/root_gost_2020.cer")}
	store, anchors, err := loadTrust(cfg)
	if err != nil || len(anchors) != 3 || len(store.Intermediates()) != 1 {
		t.Fatalf("%d anchors, %d intermediates, %v", len(anchors), len(store.Intermediates()), err)
	}
	if !store.IsAnchor(btsd[0]) || store.PurposeOf(btsd[0]) != pki.PurposeGeneric || store.PurposeOf(store.Intermediates()[0]) != pki.PurposeGeneric {
		t.Error("purposes")
	}
	if root := store.Anchors()[1]; store.PurposeOf(root) != pki.PurposeGeneric {
		t.Errorf("%s is not what trust.generic says", root.Subject.CommonName)
	}
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

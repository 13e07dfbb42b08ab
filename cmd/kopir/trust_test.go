package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/xmlsig/pki"
)

// nationalFiles are the real CA certificates beside the project.
const nationalFiles = "../../../shared/data/nca"

// nationalCerts reads them by fingerprint.
func nationalCerts(t *testing.T) map[[32]byte][]byte {
	t.Helper()
	if _, err := os.Stat(nationalFiles); err != nil {
		t.Skip("../shared/data/nca is absent: the national CA certificates are read in place and not part of the project")
	}
	found := map[[32]byte][]byte{}
	for _, folder := range []string{"prod", "test"} {
		files, _ := filepath.Glob(filepath.Join(nationalFiles, folder, "*.*"))
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			certs, _ := pki.ParseAll(b)
			for _, c := range certs {
				found[c.SHA256] = b
			}
		}
	}
	return found
}

// mirror serves the pinned certificates by the names of their official addresses; change may spoil an answer.
func mirror(t *testing.T, change func(name string, b []byte) []byte) string {
	t.Helper()
	have, answers := nationalCerts(t), map[string][]byte{}
	for _, n := range pki.Nationals() {
		for _, address := range n.Addresses {
			answers["/cert/"+address[strings.LastIndexByte(address, '/')+1:]] = have[n.SHA256]
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(change(filepath.Base(r.URL.Path), b))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/cert"
}

func TestTrustFetch(t *testing.T) {
	stranger, err := os.ReadFile(filepath.Join(nationalFiles, "prod", "root_rsa.pem"))
	if err != nil {
		t.Skip("../shared/data/nca is absent")
	}
	as := func(_ string, b []byte) []byte { return b }
	tests := []struct {
		name   string
		test   bool
		change func(string, []byte) []byte
		fails  string   // in the error
		files  []string // in the folder afterwards
	}{
		{"production", false, as, "", []string{"btsd_gost.cer", "nca_gost_2022.cer", "nca_rsa_2022.cer", "root_gost_2020.cer", "root_gost_2022.cer", "root_rsa_2020.cer"}},
		{"test", true, as, "", []string{"nca_gost2022_test.cer", "root_test_gost_2022.cer"}},
		{"another certificate", true, func(name string, b []byte) []byte {
			if strings.HasPrefix(name, "root") {
				return stranger
			}
			return b
		}, "1 of 2", []string{"nca_gost2022_test.cer"}},
		{"one bit", true, func(_ string, b []byte) []byte { b = bytes.Clone(b); b[len(b)-1] ^= 1; return b }, "2 of 2", nil},
		{"a page", true, func(string, []byte) []byte { return []byte("<html>log in</html>") }, "2 of 2", nil},
		{"nothing", true, func(string, []byte) []byte { return nil }, "2 of 2", nil},
		{"too much", true, func(_ string, b []byte) []byte { return append(bytes.Clone(b), make([]byte, 1<<20)...) }, "2 of 2", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			c := TrustFetchCmd{where: gatewayAt(t, tt.test), Test: tt.test, From: mirror(t, tt.change), Timeout: 10 * time.Second}
			std := streams{out: &out, now: func() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }}
			err := c.run(std)
			if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
				t.Errorf("%v\n%s", err, out.String())
			}
			cfg, _ := c.load()
			if got := trustFiles(t, cfg); !slices.Equal(got, tt.files) {
				t.Errorf("the folder holds %v, want %v", got, tt.files)
			}
			if acts := trustActs(t, cfg); len(acts) != len(tt.files) {
				t.Errorf("the ledger knows of %d, the folder holds %d", len(acts), len(tt.files))
			}
			if tt.fails == "" {
				out.Reset()
				if err := c.run(std); err != nil || strings.Contains(out.String(), "fetched") {
					t.Errorf("once more: %v\n%s", err, out.String())
				}
			}
		})
	}
}

// gatewayAt writes a configuration with a folder of its own.
func gatewayAt(t *testing.T, testPKI bool) where {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "kopir.yaml")
	content := "data: " + filepath.Join(dir, "data") + "\n"
	if testPKI {
		content += "trust: {test_pki: true}\n"
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return where{Config: file}
}

func trustFiles(t *testing.T, cfg config.Config) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(app.TrustFolder(cfg))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func trustActs(t *testing.T, cfg config.Config) []gateway.Act {
	t.Helper()
	ledger, err := app.OpenLedger(context.Background(), cfg, app.Machine())
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close() //nolint:errcheck // only read
	acts, err := ledger.Acts(context.Background(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return acts
}

// TestTrustAddNational: pinned certificates go in at once under their official names, as DER that all may read, and
// the ledger knows; those of the other environment are refused.
func TestTrustAddNational(t *testing.T) {
	nationalCerts(t)
	production := gatewayAt(t, false)
	prod := func(name string) string { return filepath.Join(nationalFiles, "prod", name) }
	testRoot := filepath.Join(nationalFiles, "test", "root_test_gost_2022.cer")

	add := TrustAddCmd{where: production, Files: []string{prod("nca_gost_2022.pem"), prod("root_gost_2022.pem")}}
	if err := add.Run(); err != nil {
		t.Fatal(err)
	}
	cfg, _ := production.load()
	if got := trustFiles(t, cfg); !slices.Equal(got, []string{"nca_gost_2022.cer", "root_gost_2022.cer"}) {
		t.Errorf("the folder holds %v", got)
	}
	info, err := os.Stat(filepath.Join(app.TrustFolder(cfg), "root_gost_2022.cer"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	acts := trustActs(t, cfg)
	if len(acts) != 2 || acts[0].Kind != "trust_added" || !strings.HasPrefix(acts[0].Actor, "operator") || acts[0].Data["pinned"] != "production" {
		t.Errorf("acts %+v", acts)
	}
	if err := (&TrustAddCmd{where: production, Files: []string{testRoot}}).Run(); err == nil || !strings.Contains(err.Error(), "TEST PKI") {
		t.Errorf("a TEST root beside production: %v", err)
	}
	forTests := gatewayAt(t, true)
	if err := (&TrustAddCmd{where: forTests, Files: []string{testRoot}}).Run(); err != nil {
		t.Error(err)
	}
	if err := (&TrustAddCmd{where: forTests, Files: []string{prod("root_gost_2022.pem")}}).Run(); err == nil || !strings.Contains(err.Error(), "never mix") {
		t.Errorf("a production root beside TEST: %v", err)
	}
}

// TestTrustAddTellsTheLedgerWhy: actor, reason and fingerprint of an authority that is not pinned.
func TestTrustAddTellsTheLedgerWhy(t *testing.T) {
	files, err := writePKI("ecdsa", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	at := gatewayAt(t, false)
	file := filepath.Join(t.TempDir(), "bank.pem")
	if err := os.WriteFile(file, files["root.pem"], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&TrustAddCmd{where: at, Generic: true, Reason: "registry entry 12", Files: []string{file}}).Run(); err != nil {
		t.Fatal(err)
	}
	certs, _ := pki.ParseAll(files["root.pem"])
	cfg, _ := at.load()
	acts := trustActs(t, cfg)
	if len(acts) != 1 || acts[0].Target != hex.EncodeToString(certs[0].SHA256[:]) || acts[0].Data["reason"] != "registry entry 12" || acts[0].Data["purpose"] != "generic" {
		t.Errorf("acts %+v", acts)
	}

	// Without the ledger nothing is trusted.
	broken := gatewayAt(t, false)
	broken.Ledger = t.TempDir()
	if err := (&TrustAddCmd{where: broken, Reason: "x", Files: []string{file}}).Run(); err == nil {
		t.Error("added although the ledger cannot be told")
	}
	cfg, _ = broken.load()
	if entries, err := os.ReadDir(app.TrustFolder(cfg)); err == nil && len(entries) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

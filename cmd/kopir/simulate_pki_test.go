package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
)

// simulatedPKI runs the command until the test ends and gives what it printed.
func simulatedPKI(t *testing.T, faults ...string) simulated {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	c := SimulatePKICmd{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", Dir: t.TempDir(), Alg: "gost2015-512", Fault: faults, JSON: true}
	done := make(chan error, 1)
	go func() { done <- c.run(ctx, streams{out: w, err: io.Discard, now: time.Now}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	var s simulated
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s simulated) certificate(t *testing.T, file string) *pki.Certificate {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.Dir, file))
	if err != nil {
		t.Fatal(err)
	}
	certs, err := pki.ParseAll(b)
	if err != nil {
		t.Fatal(err)
	}
	return certs[0]
}

// ocsp asks the simulated responder about a sample and keeps the answer in a file.
func (s simulated) ocsp(t *testing.T, name string) string {
	t.Helper()
	request, err := revocation.NewOCSPRequest(s.certificate(t, name+".pem"), s.certificate(t, "trust/issuing.pem"), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(s.OCSP, "application/ocsp-request", bytes.NewReader(request))
	return s.keep(t, name+".ocsp", resp, err)
}

func (s simulated) keep(t *testing.T, name string, resp *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.Dir, name)
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestSimulatedPKIServesAnIntegrator: sign with its keys, verify with its answers, break it, mend it.
func TestSimulatedPKIServesAnIntegrator(t *testing.T) {
	s := simulatedPKI(t)
	cfg, err := config.Load(s.config())
	if err != nil || len(cfg.Status.OCSP) != 1 || cfg.Data != s.Dir {
		t.Fatalf("the gateway does not take kopir.yaml: %v", err)
	}
	form := filepath.Join(s.Dir, "form.xml")
	if err := os.WriteFile(form, []byte(`<application xmlns="urn:kz:test"><text>Өтініш</text></application>`), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := http.Get(s.RootCRL)
	rootList := s.keep(t, "root.crl", root, err)
	verify := func(name string) int {
		key, signed := filepath.Join(s.Dir, name), filepath.Join(s.Dir, name+".xml")
		if code := run([]string{"sign", "--key", key + ".key", "--certificate", key + ".pem", "-o", signed, form}); code != 0 {
			t.Fatalf("sign: exit %d", code)
		}
		return run([]string{"verify", "--trust", filepath.Join(s.Dir, "trust"), "--crl", rootList, "--ocsp", s.ocsp(t, name), signed})
	}
	for name, want := range map[string]int{"person": exitPassed, "head": exitPassed, "employee": exitPassed, "revoked": exitFailed} {
		if got := verify(name); got != want {
			t.Errorf("%s: exit %d, want %d", name, got, want)
		}
	}
	change := func(form string) {
		resp, err := http.Post(s.Control, "application/x-www-form-urlencoded", strings.NewReader(form))
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v %v", form, resp, err)
		}
		resp.Body.Close()
	}
	change("ocsp-stranger=")
	for _, name := range []string{"person", "revoked"} {
		if got := verify(name); got != exitInconclusive {
			t.Errorf("a stranger's word on %s: exit %d", name, got)
		}
	}
	change("ocsp-stranger=off")
	if got := verify("revoked"); got != exitFailed {
		t.Errorf("mended: exit %d", got)
	}
}

func TestSimulatedPKIBeginsWithFaults(t *testing.T) {
	s := simulatedPKI(t, "crl-http=404")
	resp, err := http.Get(s.CRL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("the list comes with %s", resp.Status)
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway/evidence"
)

// exits runs a command of the program and demands its exit code.
func (p *process) exits(code int, args ...string) (stdout, stderr string) {
	p.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command("kopir", args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var e *exec.ExitError
	if errors.As(err, &e) && e.ExitCode() != code || err == nil && code != 0 {
		p.t.Fatalf("kopir %v: %v, want exit code %d\n%s%s", args, err, code, &out, &errs)
	}
	return out.String(), errs.String()
}

func (p *process) path(name string) string { return filepath.Join(p.dir, name) }

// TestEvidenceOnTheCommandLine exports from a running gateway, checks the container, and looks at what the
// operator would.
func TestEvidenceOnTheCommandLine(t *testing.T) {
	p := newProcess(t)
	portal := &simulate.Client{Base: "http://" + p.listen, HTTP: &http.Client{Timeout: 20 * time.Second},
		Key: p.kopir("caller", "add", "--data", p.dir, "--kind", "portal", "portal")}
	p.start()
	doc := p.application()
	r, err := portal.Submit(context.Background(), "m1", doc)
	if err != nil {
		t.Fatal(err)
	}
	conf, container := p.path("kopir.yaml"), p.path("case.asice")
	trust, seal := p.path("trust"), p.path("keys/seal.cer")

	export := []string{"evidence", "export", "--config", conf, "--out", container, r.Number}
	p.exits(0, export...)
	if info, err := os.Stat(container); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the container: %v %v", info, err)
	}
	if info, err := os.Stat(p.path("keys/seal.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the sealing key: %v %v", info, err)
	}
	p.exits(2, export...)
	p.exits(0, append(export, "--force")...)
	p.exits(1, "evidence", "export", "--config", conf, "--out", p.path("no.asice"), "K26-NONE0-00000")
	if _, err := os.Stat(p.path("no.asice")); err == nil {
		t.Error("a container of no case")
	}
	if acts := p.acts("evidence_exported"); acts != 2 {
		t.Errorf("%d exports are in the audit log, want 2", acts)
	}

	out, _ := p.exits(0, "evidence", "verify", "--trust", trust, "--seal", seal, container)
	if !strings.Contains(out, "PASSED  case "+r.Number) || !strings.Contains(out, "nothing is other than it was recorded") {
		t.Error(out)
	}
	if iin := simulate.SyntheticIIN(p.n); strings.Contains(out, iin) {
		t.Error("a personal number is printed")
	}
	p.exits(3, "evidence", "verify", "--seal", seal, container)
	p.exits(3, "evidence", "verify", "--trust", trust, container)
	p.exits(2, "evidence", "verify", "--trust", trust, conf)
	out, _ = p.exits(3, "evidence", "verify", "--json", container)
	var report struct {
		Number, Trust, Verdict string
		Checks                 []evidence.Check
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.Number != r.Number || report.Trust != evidence.TrustRecorded || report.Verdict != "inconclusive" {
		t.Errorf("%v %+v", err, report)
	}
	if pem := p.kopir("evidence", "seal", "--config", conf); !strings.Contains(pem, "BEGIN CERTIFICATE") {
		t.Error(pem)
	}
	p.encrypted(r.Number, trust, seal)
	p.whatIf(r.Number)
}

func (p *process) acts(kind string) (n int) {
	p.t.Helper()
	cfg, err := config.Load(p.path("kopir.yaml"))
	if err != nil {
		p.t.Fatal(err)
	}
	ledger, err := app.OpenLedger(context.Background(), cfg, app.Machine())
	if err != nil {
		p.t.Fatal(err)
	}
	defer ledger.Close()
	acts, err := ledger.Acts(context.Background(), 100)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, a := range acts {
		if a.Kind == kind && a.Data["sha256"] != "" && a.Target != "" {
			n++
		}
	}
	return n
}

// encrypted exports to a recipient; only he can check it.
func (p *process) encrypted(number, trust, seal string) {
	t := p.t
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	p.write("id.txt", "# court\n"+id.String()+"\n")
	p.write("other.txt", other.String()+"\n")
	file := p.path("case.asice.age")
	p.exits(2, "evidence", "export", "--config", p.path("kopir.yaml"), "--to", "age1wrong", "--out", file, number)
	p.exits(0, "evidence", "export", "--config", p.path("kopir.yaml"), "--to", id.Recipient().String(), "--out", file, number)
	b, err := os.ReadFile(file)
	if err != nil || bytes.Contains(b, []byte("mimetype")) {
		t.Errorf("not encrypted: %v", err)
	}
	verify := []string{"evidence", "verify", "--trust", trust, "--seal", seal, file}
	p.exits(2, verify...)
	p.exits(2, append(verify, "--identity", p.path("other.txt"))...)
	p.exits(0, append(verify, "--identity", p.path("id.txt"))...)
	b[len(b)-1] ^= 1
	p.write("case.asice.age", string(b))
	p.exits(2, append(verify, "--identity", p.path("id.txt"))...)
}

func (p *process) whatIf(number string) {
	t, conf := p.t, p.path("kopir.yaml")
	t.Helper()
	out, _ := p.exits(0, "policy", "what-if", "--config", conf, "--end", "gost2015")
	if !strings.Contains(out, "1 of 1 that passed would fail") || !strings.Contains(out, number) || !strings.Contains(out, "algorithm_forbidden") {
		t.Error(out)
	}
	out, _ = p.exits(0, "policy", "what-if", "--config", conf, "--end", "rsa-2048", "--json")
	var report evidence.WhatIfReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.Looked != 1 || report.Fail != 0 {
		t.Errorf("%v %s", err, out)
	}
	p.exits(2, "policy", "what-if", "--config", conf)
	p.exits(2, "policy", "what-if", "--config", conf, "--end", "md5")
	p.exits(2, "policy", "what-if", "--config", conf, "--end", "rsa", "--from", "yesterday")
}

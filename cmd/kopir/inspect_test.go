package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/testpki"
)

func runInspect(t *testing.T, cmd InspectCmd) (stdout, stderr string, exit int) {
	t.Helper()
	var out, warnings strings.Builder
	err := cmd.run(streams{in: strings.NewReader(""), out: &out, err: &warnings, now: time.Now})
	var e *exitError
	if errors.As(err, &e) {
		exit = e.code
	} else if err != nil {
		t.Fatal(err)
	}
	return out.String(), warnings.String(), exit
}

func TestInspectKnowsNationalSamples(t *testing.T) {
	if _, err := os.Stat(nca); err != nil {
		t.Skip("the national samples are not here: ../shared/data/nca")
	}
	tests := []struct{ pattern, kind string }{
		{"prod/*.pem", kindCertificate}, {"prod/*.cer", kindCertificate}, {"leaf/*", kindCertificate},
		{"crl/*.crl", kindCRL}, {"ocsp/*.bin", kindOCSP}, {"tsp/*.bin", kindTimestamp}, {"xml/*.xml", kindXML}, {"p12/*.p12", kindContainer},
	}
	pin := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(pin, []byte("Qwerty12\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		files, err := filepath.Glob(nca + tt.pattern)
		if err != nil || len(files) == 0 {
			t.Errorf("%s: %d files, %v", tt.pattern, len(files), err)
		}
		for _, file := range files {
			cmd := InspectCmd{JSON: true, passwordFlags: passwordFlags{PasswordFile: pin}, Files: []string{file}}
			out, warnings, exit := runInspect(t, cmd)
			var got inspection
			if exit != 0 || json.Unmarshal([]byte(out), &got) != nil || got.Kind != tt.kind {
				t.Errorf("%s: %q, exit code %d, %s", file, got.Kind, exit, warnings)
			}
			cmd.JSON = false
			if out, _, _ := runInspect(t, cmd); strings.Contains(out, "123456789011") || !strings.Contains(out, kindWords[tt.kind]) {
				t.Errorf("%s is shown as\n%s", file, out)
			}
		}
	}
}

func TestInspectSaysUnknownOfWhatTheResponderDoesNotKnow(t *testing.T) {
	file := nca + "ocsp/ocsp_response_individual_2015.bin"
	if _, err := os.Stat(file); err != nil {
		t.Skip("the national samples are not here: ../shared/data/nca")
	}
	out, _, _ := runInspect(t, InspectCmd{Files: []string{file}})
	if !strings.Contains(out, " unknown at ") || strings.Contains(out, "1970") {
		t.Error(out)
	}
}

func TestInspectTellsTheStateOfACertificate(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	view := certificateView{notBefore: now, notAfter: now.Add(time.Hour)}
	for at, want := range map[time.Duration]string{-time.Second: "not yet valid", 0: "in force", time.Hour: "in force", time.Hour + 1: "expired"} {
		if got := view.state(now.Add(at)); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
}

func TestInspectKeysOfEveryKind(t *testing.T) {
	for alg, want := range map[testpki.Algorithm]string{testpki.GOST512: "GOST R 34.10-2015, 512 bits",
		testpki.GOST2004: "GOST 34.310-2004, 256 bits", testpki.RSA: "RSA, 2048 bits", testpki.ECDSA: "ECDSA, P-256"} {
		dir := testFolder(t, alg)
		for _, name := range []string{"person.key", "person.pub", "person.pem"} {
			out, warnings, exit := runInspect(t, InspectCmd{Files: []string{filepath.Join(dir, name)}})
			if exit != 0 || !strings.Contains(out, want) {
				t.Errorf("%s %s: %s%s", alg, name, out, warnings)
			}
		}
	}
}

func TestInspectRefusesDamagedPEM(t *testing.T) {
	dir := t.TempDir()
	for _, kind := range []string{"CERTIFICATE", "X509 CRL", "PUBLIC KEY", "PRIVATE KEY", "DH PARAMETERS"} {
		path := filepath.Join(dir, "x.pem")
		if err := os.WriteFile(path, []byte("-----BEGIN "+kind+"-----\nMAA=\n-----END "+kind+"-----\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, _, exit := runInspect(t, InspectCmd{Files: []string{path}}); exit != exitUsage {
			t.Errorf("%s: exit code %d, %s", kind, exit, out)
		}
	}
}

func TestInspectReportsAClosedPipe(t *testing.T) {
	err := (&InspectCmd{Files: []string{"-"}}).run(streams{in: strings.NewReader("<a/>"), out: failingWriter{}, err: io.Discard, now: time.Now})
	var e *exitError
	if !errors.As(err, &e) || e.code != exitUsage {
		t.Errorf("got %v", err)
	}
}

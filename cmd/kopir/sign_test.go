package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

const application = `<application xmlns="urn:kz:test"><text Id="part">Өтініш</text></application>`

// TestNationalContainersSignAndAreJudged goes the whole way with the test keys the national CA gives out: open the
// container, sign, verify up to the issuing CA, and find the revoked ones on its list.
func TestNationalContainersSignAndAreJudged(t *testing.T) {
	containers, err := filepath.Glob(nca + "p12/*.p12")
	if err != nil {
		t.Fatal(err)
	}
	if len(containers) == 0 {
		t.Skip("the national test containers are not here: ../shared/data/nca/p12")
	}
	t.Setenv("KOPIR_PASSWORD", "Qwerty12")
	for _, container := range containers {
		t.Run(filepath.Base(container), func(t *testing.T) {
			signed := filepath.Join(t.TempDir(), "signed.xml")
			cmd := SignCmd{Key: container, passwordFlags: passwordFlags{PasswordEnv: "KOPIR_PASSWORD"}, Style: "santuario", Out: signed, File: "-"}
			if err := cmd.run(streams{strings.NewReader(application), io.Discard, io.Discard, time.Now}); err != nil {
				t.Fatal(err)
			}
			r, _ := verifyJSON(t, "--at", "2026-11-01T00:00:00Z", "--anchor", nca+"test/nca_gost2015_test.cer",
				"--crl", nca+"crl/nca_gost2022_test.2026.crl", signed)
			if want := onTheList(filepath.Base(container)); r.Code != want || (r.Verdict == reason.Passed) != (want == "") {
				t.Errorf("got %v %q, want %q", r.Verdict, r.Code, want)
			}
		})
	}
}

// onTheList is what the national test list of August 2026 says, read with openssl crl: the "revoked" keys are
// listed with certificateHold, which the national profile takes for revoked, and two of the "valid" ones were superseded in June.
func onTheList(container string) reason.Code {
	if strings.Contains(container, "_revoked_") || container == "legal_valid_employee.p12" || container == "legal_valid_infosystem.p12" {
		return reason.CertificateRevoked
	}
	return ""
}

func TestEveryStyleVerifies(t *testing.T) {
	envelope := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body><a xmlns="urn:x">1</a></s:Body></s:Envelope>`
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.RSA, testpki.ECDSA} {
		dir := testFolder(t, alg)
		in := func(name string) string { return filepath.Join(dir, name) }
		tests := []struct {
			name    string
			cmd     SignCmd
			doc     string
			profile string
		}{
			{"santuario", SignCmd{Style: "santuario"}, application, "document"},
			{"compact", SignCmd{Style: "compact"}, application, "document"},
			{"by Id", SignCmd{Style: "santuario", ID: "part"}, application, "any"},
			{"by Id, compact", SignCmd{Style: "compact", ID: "part"}, application, "any"},
			{"WS-Security", SignCmd{WSS: true}, envelope, "wss"},
			{"WS-Security with an Id", SignCmd{WSS: true, ID: "id-1"}, envelope, "wss"},
		}
		for _, tt := range tests {
			t.Run(string(alg)+"/"+tt.name, func(t *testing.T) {
				cmd := tt.cmd
				cmd.Key, cmd.Certificate, cmd.Out, cmd.File = in("head.key"), []string{in("head.pem")}, in("signed.xml"), "-"
				if err := cmd.run(streams{strings.NewReader(tt.doc), io.Discard, io.Discard, time.Now}); err != nil {
					t.Fatal(err)
				}
				r, _ := verifyJSON(t, "--profile", tt.profile, "--trust", in("trust"), "--crl", in("issuing.crl"), "--crl", in("root.crl"), in("signed.xml"))
				if r.Verdict != reason.Passed {
					t.Errorf("%v %s: %+v", r.Verdict, r.Code, r.Checks)
				}
			})
		}
	}
}

func TestPasswordIsTheFirstLine(t *testing.T) {
	t.Setenv("PIN", "from the environment")
	path := filepath.Join(t.TempDir(), "pin")
	for content, want := range map[string]string{"": "", "a": "a", "a\n": "a", "a b \r\nsecond": "a b ", "Құпия\n": "Құпия"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := (passwordFlags{PasswordFile: path, PasswordEnv: "PIN"}).password(); err != nil || got != want {
			t.Errorf("%q gave %q, %v", content, got, err)
		}
	}
	if got, err := (passwordFlags{PasswordEnv: "PIN"}).password(); err != nil || got != "from the environment" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := os.WriteFile(path, make([]byte, maxPasswordFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	var e *exitError
	if _, err := (passwordFlags{PasswordFile: path}).password(); !errors.As(err, &e) || e.code != exitUsage {
		t.Errorf("a file that is too large gave %v", err)
	}
}

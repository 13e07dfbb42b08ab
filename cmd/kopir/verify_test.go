package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// runVerify parses the arguments as the program does and runs the command with these streams.
func runVerify(t *testing.T, stdin io.Reader, args ...string) (stdout, stderr string, exit int) {
	t.Helper()
	var cmd VerifyCmd
	parser, err := kong.New(&cmd, kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		return "", err.Error(), exitUsage
	}
	var out, warnings bytes.Buffer
	err = cmd.run(context.Background(), streams{in: stdin, out: &out, err: &warnings, now: time.Now})
	var e *exitError
	switch {
	case errors.As(err, &e):
		exit = e.code
	case err != nil:
		t.Fatalf("an error without an exit code: %v", err)
	}
	return out.String(), warnings.String(), exit
}

// verifyJSON runs verify --json over one file.
func verifyJSON(t *testing.T, args ...string) (verifyReport, int) {
	t.Helper()
	out, warnings, exit := runVerify(t, strings.NewReader(""), append([]string{"--json"}, args...)...)
	var r verifyReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in %q, %s", err, out, warnings)
	}
	return r, exit
}

// nca is where the national samples are; they stay outside the project.
const nca = "../../../shared/data/nca/"

// expectedRow is one file of EXPECTED.tsv: the flags its words come to, and what must come out.
type expectedRow struct {
	flags   []string
	verdict reason.Outcome
	code    reason.Code
	passed  []string // checks that passed for every signer
	comment bool
}

var mathChecks = []string{reason.CheckXML, reason.CheckSignature, reason.CheckDigest, reason.CheckCoverage, reason.CheckAlgorithm}

// expectedRows holds every row of EXPECTED.tsv. "own" stands for the document's own certificate as --anchor.
func expectedRows() map[string]expectedRow {
	october := []string{"--profile", "any", "--at", "2026-10-15T00:00:00Z", "--anchor", "own"}
	old := []string{"--at", "2021-06-01T00:00:00Z", "--anchor", nca + "test/nca_rsa_test.crt"}
	anyOld := append([]string{"--profile", "any"}, old...)
	untrusted := expectedRow{october, reason.Failed, reason.ChainUntrusted, mathChecks, false}
	commented := expectedRow{october, reason.Failed, reason.ChainUntrusted, mathChecks, true}
	return map[string]expectedRow{
		"xml/ncalayerrs_simple.xml": untrusted,
		"xml/ncalayerrs_xpath.xml":  untrusted,
		"xml/mitwork_90af39a.xml": {[]string{"--profile", "any", "--at", "2024-03-01T00:00:00Z", "--trust", nca + "test"},
			reason.Passed, "", mathChecks, false},
		"xml/malikzh_XML_SIGNED_VALID_STRING.xml": {anyOld, reason.Passed, "", mathChecks, false},
		"xml/malikzh_XML_SIGNED_VALID_STRING_TWO_SIGNERS.xml": {append([]string{"--trust", nca + "test"}, anyOld...),
			reason.Failed, reason.CertificateNotYetValid, mathChecks, false},
		"xml/malikzh_WSSE_XML_SIGNED_STRING.xml": {append([]string{"--profile", "wss", "--purpose", "generic"}, old...),
			reason.Passed, "", mathChecks, false},
		"xml-variants/attr_ws.xml": untrusted, "xml-variants/bom.xml": untrusted,
		"xml-variants/cdata.xml": untrusted, "xml-variants/crlf_file.xml": untrusted,
		"xml-variants/comment_before.xml": commented, "xml-variants/comment_in_signedinfo.xml": commented,
		"xml-variants/comment_in_root.xml":      commented,
		"xml-variants/doctype_default_attr.xml": {october, reason.Failed, reason.XMLForbidden, nil, false},
		"xml-variants/pi_in_root.xml":           {october, reason.Failed, reason.DigestMismatch, []string{reason.CheckXML, reason.CheckSignature}, false},
		"xml-variants/stripped_cr.xml":          {october, reason.Failed, reason.SignatureInvalid, []string{reason.CheckXML, reason.CheckDigest}, false},
		"xml-variants/tampered.xml":             {october, reason.Failed, reason.DigestMismatch, []string{reason.CheckXML, reason.CheckSignature}, false},
	}
}

// expectedFiles lists the files EXPECTED.tsv names: the first column holds one or several of a folder.
func expectedFiles(t *testing.T) []string {
	t.Helper()
	table, err := os.ReadFile(nca + "EXPECTED.tsv")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the national samples are not here: ../shared/data/nca/EXPECTED.tsv")
	}
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, line := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		first, _, _ := strings.Cut(line, "\t")
		folder := filepath.Dir(strings.Fields(first)[0])
		for _, name := range strings.Fields(first) {
			files = append(files, filepath.Join(folder, filepath.Base(name)))
		}
	}
	return files
}

func TestVerifyGivesWhatIsExpectedOfNationalSamples(t *testing.T) {
	files, rows := expectedFiles(t), expectedRows()
	if len(files) != len(rows) {
		t.Errorf("EXPECTED.tsv names %d files, this table %d", len(files), len(rows))
	}
	for _, file := range files {
		row, ok := rows[file]
		if !ok {
			t.Errorf("no row for %s", file)
			continue
		}
		t.Run(file, func(t *testing.T) {
			flags := slices.Clone(row.flags)
			if i := slices.Index(flags, "own"); i >= 0 {
				flags[i] = ownCertificate(t, nca+file)
			}
			r, exit := verifyJSON(t, append(flags, "--revocation", "off", nca+file)...)
			if r.Verdict != row.verdict || r.Code != row.code || exit != exitOf(row.verdict) {
				t.Errorf("got %v %q and exit code %d, want %v %q", r.Verdict, r.Code, exit, row.verdict, row.code)
			}
			for _, c := range r.Checks {
				if slices.Contains(row.passed, c.Name) && c.Outcome != reason.Passed {
					t.Errorf("%s of signer %d %v: %s %s", c.Name, c.Signer, c.Outcome, c.Code, c.Detail)
				}
			}
			if got := len(r.Checks) > 0 && strings.Contains(r.Checks[0].Detail, "comment"); got != row.comment {
				t.Errorf("comment told: %v, want %v", got, row.comment)
			}
		})
	}
}

// ownCertificate writes the certificate of a document into a file.
func ownCertificate(t *testing.T, file string) string {
	t.Helper()
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?s)X509Certificate>(.*?)<`).FindSubmatch(doc)
	if found == nil {
		t.Fatal("the document holds no certificate")
	}
	body := bytes.ReplaceAll(found[1], []byte("&#13;"), nil)
	path := filepath.Join(t.TempDir(), "own.pem")
	text := append(append([]byte("-----BEGIN CERTIFICATE-----\n"), bytes.TrimSpace(body)...), "\n-----END CERTIFICATE-----\n"...)
	if block, _ := pem.Decode(text); block == nil {
		t.Fatal("the certificate is no base64")
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// testFolder holds the files of [writePKI] and a document signed by its person, head, revoked and auth.
func testFolder(t *testing.T, alg testpki.Algorithm) string {
	t.Helper()
	files, err := writePKI(alg, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "trust"), 0o700); err != nil {
		t.Fatal(err)
	}
	files["app.xml"] = []byte(`<application xmlns="urn:kz:test"><text>Өтініш</text></application>`)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, who := range []string{"person", "head", "revoked", "auth"} {
		in := func(name string) string { return filepath.Join(dir, name) }
		cmd := SignCmd{Key: in(who + ".key"), Certificate: []string{in(who + ".pem")}, Style: "santuario", Out: in(who + ".xml"), File: in("app.xml")}
		if err := cmd.run(streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard, now: time.Now}); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWorstExitWins(t *testing.T) {
	dir := testFolder(t, testpki.ECDSA)
	in := func(name string) string { return filepath.Join(dir, name) }
	flags := []string{"--trust", in("trust"), "--crl", in("root.crl"), "--ocsp", in("person.ocsp"), "--ocsp", in("revoked.ocsp")}
	passed, failed, unknown, unreadable := in("person.xml"), in("revoked.xml"), in("head.xml"), in("none.xml")
	tests := []struct {
		name  string
		files []string
		want  int
	}{
		{"passed", []string{passed}, 0},
		{"failed", []string{failed}, 1},
		{"inconclusive", []string{unknown}, 3},
		{"unreadable", []string{unreadable}, 2},
		{"a folder", []string{dir}, 2},
		{"inconclusive beats passed", []string{passed, unknown, passed}, 3},
		{"failed beats inconclusive", []string{unknown, failed, unknown}, 1},
		{"unreadable beats failed", []string{failed, unreadable, passed}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, _, exit := runVerify(t, strings.NewReader(""), slices.Concat(flags, []string{"--json"}, tt.files)...)
			if exit != tt.want {
				t.Errorf("exit code %d, want %d\n%s", exit, tt.want, out)
			}
			if lines := strings.Count(out, "\n"); lines != len(tt.files) {
				t.Errorf("%d lines for %d files", lines, len(tt.files))
			}
		})
	}
}

// keysOf lists the keys of a JSON object, sorted.
func keysOf(t *testing.T, object any) []string {
	t.Helper()
	m, ok := object.(map[string]any)
	if !ok {
		t.Fatalf("%v is no object", object)
	}
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func TestJSONHasTheKeysOfTheContract(t *testing.T) {
	dir := testFolder(t, testpki.GOST512)
	out, _, _ := runVerify(t, strings.NewReader(""), "--json", "--trust", filepath.Join(dir, "trust"), "--iin", testIIN, "--bin", testBIN,
		filepath.Join(dir, "head.xml"))
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"file":   {"checks", "code", "file", "signers", "verdict"},
		"check":  {"code", "detail", "name", "outcome", "signer"},
		"signer": {"algorithm", "bin", "code", "coverage", "covers", "iin", "key_store", "not_after", "not_before", "roles", "serial", "subject", "verdict"},
	}
	checks, signers := got["checks"].([]any), got["signers"].([]any)
	keys := map[string][]string{"file": keysOf(t, any(got)), "check": keysOf(t, checks[0]), "signer": keysOf(t, signers[0])}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, c := range checks {
		names = append(names, c.(map[string]any)["name"].(string))
	}
	order := []string{"xml", "signature", "digest", "coverage", "algorithm", "chain", "validity", "purpose", "revocation", "identity", "identity"}
	if diff := cmp.Diff(order, names); diff != "" {
		t.Error(diff)
	}
	signer := signers[0].(map[string]any)
	if signer["iin"] != testIIN || signer["bin"] != testBIN || signer["covers"] != "document" || signer["key_store"] != "pkcs12" ||
		signer["verdict"] != "inconclusive" || signer["code"] != "revocation_unknown" || signer["algorithm"] != "gost3410-2015-512" {
		t.Errorf("signer is %v", signer)
	}
	if _, err := time.Parse(time.RFC3339, signer["not_before"].(string)); err != nil {
		t.Error(err)
	}
}

func TestJSONShowsNoNull(t *testing.T) {
	for _, file := range []string{"none.xml", os.DevNull} {
		out, _, _ := runVerify(t, strings.NewReader(""), "--json", file)
		if strings.Contains(out, "null,") || strings.Contains(out, ":null") || strings.Count(out, "\n") != 1 {
			t.Errorf("%s gave %s", file, out)
		}
	}
}

// endless gives blanks without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestDocumentAboveTheLimitIsTooLarge(t *testing.T) {
	out, _, exit := runVerify(t, endless{}, "-")
	if exit != exitFailed || !strings.Contains(out, "FAILED (too_large)") {
		t.Errorf("exit code %d, %s", exit, out)
	}
	if n := xmltree.DefaultLimits().Bytes; n > 64<<20 {
		t.Errorf("the limit of %d bytes is too much to read into memory", n)
	}
}

func TestPeopleSeeNoPersonalNumberAndNoEscapes(t *testing.T) {
	r := verifyReport{File: "a\x1b[2Jb.xml", Signers: []signerReport{{Subject: "CN=X, serialNumber=IIN" + testIIN,
		name: "X\u202eY IIN" + testIIN, IIN: testIIN, Covers: "#\a"}},
		Checks: []reason.Check{reason.Fail("xml", 0, reason.XMLForbidden, "line 1\n: IIN"+testIIN)}}
	var out strings.Builder
	if err := r.print(&out, false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), testIIN) || strings.ContainsAny(out.String(), "\x1b\a\u202e") || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("%q", out.String())
	}
	if !strings.Contains(out.String(), "IIN ********0003") {
		t.Errorf("no masked number in %q", out.String())
	}
}

func TestEveryCodeHasWords(t *testing.T) {
	for _, code := range reason.All() {
		if codeWords[code] == "" {
			t.Errorf("%s has none", code)
		}
	}
	if len(codeWords) != len(reason.All()) {
		t.Errorf("%d sentences for %d codes", len(codeWords), len(reason.All()))
	}
}

func TestWorseIsAnOrder(t *testing.T) {
	order := []int{exitPassed, exitInconclusive, exitFailed, exitUsage}
	for i, a := range order {
		for j, b := range order {
			if got := worse(a, b); got != order[max(i, j)] {
				t.Errorf("worse(%d, %d) is %d", a, b, got)
			}
		}
	}
}

func TestTrustFolderIsSorted(t *testing.T) {
	dir := testFolder(t, testpki.ECDSA)
	in := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string]string{"trust/README.txt": "not a certificate", "trust/.hidden.pem": "x"} {
		if err := os.WriteFile(in(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leaf, err := os.ReadFile(in("person.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in("trust/person.pem"), leaf, 0o600); err != nil {
		t.Fatal(err)
	}
	_, warnings, exit := runVerify(t, strings.NewReader(""), "--trust", in("trust"), "--revocation", "off", in("person.xml"))
	if exit != exitPassed || !strings.Contains(warnings, "person.pem: not a CA's certificate") || strings.Contains(warnings, "README") {
		t.Errorf("exit code %d, %s", exit, warnings)
	}
	if _, _, exit := runVerify(t, strings.NewReader(""), "--anchor", in("person.pem"), "--revocation", "off", in("person.xml")); exit != exitFailed {
		t.Errorf("a leaf as its own anchor gave exit code %d", exit)
	}
}

func TestKeyFileForms(t *testing.T) {
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.GOST2004, testpki.RSA, testpki.ECDSA} {
		t.Run(string(alg), func(t *testing.T) {
			dir := testFolder(t, alg)
			in := func(name string) string { return filepath.Join(dir, name) }
			text, err := os.ReadFile(in("person.pub"))
			if err != nil {
				t.Fatal(err)
			}
			block, _ := pem.Decode(text)
			if err := os.WriteFile(in("person.der"), block.Bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"person.pub", "person.pem", "person.der"} {
				r, exit := verifyJSON(t, "--key", in(key), in("person.xml"))
				if exit != exitPassed || r.Verdict != reason.Passed {
					t.Errorf("%s: %v %s", key, r.Verdict, r.Code)
				}
				for _, c := range r.Checks {
					if slices.Contains([]string{"chain", "validity", "purpose", "revocation"}, c.Name) && c.Outcome != reason.NotApplicable {
						t.Errorf("%s: %s is %v", key, c.Name, c.Outcome)
					}
				}
			}
			if _, exit := verifyJSON(t, "--key", in("head.pub"), in("person.xml")); exit != exitFailed {
				t.Errorf("another's key gave exit code %d", exit)
			}
		})
	}
}

// weakCertificate is the certificate of an RSA key of 1024 bits.
func weakCertificate(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "WEAK"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestUnusableCertificateDoesNoHarmWhereTrustIsNotAsked(t *testing.T) {
	dir := testFolder(t, testpki.RSA)
	in := func(name string) string { return filepath.Join(dir, name) }
	weak := weakCertificate(t)
	issuing, err := os.ReadFile(in("issuing.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"weak.pem": weak, "bundle.pem": append(bytes.Clone(weak), issuing...)} {
		if err := os.WriteFile(in(name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name    string
		flags   []string
		warning string
		want    int
	}{
		{"a bundle of trust", []string{"--trust", in("root.pem"), "--trust", in("bundle.pem")}, "key_weak", exitPassed},
		{"a candidate", []string{"--trust", in("trust"), "--certificate", in("weak.pem")}, "counts as absent", exitPassed},
		{"a candidate that is none", []string{"--trust", in("trust"), "--certificate", in("app.xml")}, "counts as absent", exitPassed},
		{"a candidate that is not there", []string{"--trust", in("trust"), "--certificate", in("none")}, "", exitUsage},
		{"an anchor", []string{"--anchor", in("weak.pem")}, "", exitUsage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, warnings, exit := runVerify(t, strings.NewReader(""), append(tt.flags, "--revocation", "off", in("person.xml"))...)
			if exit != tt.want || !strings.Contains(warnings, tt.warning) {
				t.Errorf("exit code %d, %s", exit, warnings)
			}
		})
	}
	out, _, exit := runInspect(t, InspectCmd{Files: []string{in("weak.pem")}})
	if exit != 0 || !strings.Contains(out, "signs documents  no") {
		t.Errorf("inspect: exit code %d, %s", exit, out)
	}
}

func TestListMayBePEMAndKeyPKCS1(t *testing.T) {
	dir := testFolder(t, testpki.RSA)
	in := func(name string) string { return filepath.Join(dir, name) }
	rewrite := func(from, to, kind string, convert func([]byte) []byte) {
		t.Helper()
		b, err := os.ReadFile(in(from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(in(to), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: convert(b)}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewrite("issuing.crl", "issuing.crl.pem", "X509 CRL", func(b []byte) []byte { return b })
	rewrite("person.pub", "person.rsa", "RSA PUBLIC KEY", func(b []byte) []byte {
		block, _ := pem.Decode(b)
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return x509.MarshalPKCS1PublicKey(key.(*rsa.PublicKey))
	})
	if r, _ := verifyJSON(t, "--anchor", in("issuing.pem"), "--crl", in("issuing.crl.pem"), in("person.xml")); r.Verdict != reason.Passed {
		t.Errorf("list as PEM: %v %s", r.Verdict, r.Code)
	}
	if r, _ := verifyJSON(t, "--key", in("person.rsa"), in("person.xml")); r.Verdict != reason.Passed {
		t.Errorf("key as PKCS#1: %v %s", r.Verdict, r.Code)
	}
	out, _, _ := runInspect(t, InspectCmd{Files: []string{in("issuing.crl.pem")}})
	if !strings.Contains(out, "revocation list") {
		t.Error(out)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

func TestReportThatCannotBeWrittenIsNoSuccess(t *testing.T) {
	cmd := VerifyCmd{Revocation: "off", Profile: "document", Purpose: "national", Files: []string{"-"}}
	err := cmd.run(context.Background(), streams{in: strings.NewReader("<a/>"), out: failingWriter{}, err: io.Discard, now: time.Now})
	var e *exitError
	if !errors.As(err, &e) || e.code != exitUsage {
		t.Errorf("got %v", err)
	}
}

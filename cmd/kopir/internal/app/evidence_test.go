package app

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/pem"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/gateway/evidence"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// answered tells a whole case and gives its number.
func (s *stage) answered(alg testpki.Algorithm) string {
	s.t.Helper()
	ctx := context.Background()
	r, err := s.portal.Submit(ctx, "evidence-"+string(alg), s.application(alg, nil, nil))
	if err != nil {
		s.t.Fatal(err)
	}
	d := s.district("evidence-district-" + string(alg))
	l := lease(s.t, d, r.Provider)
	if err := d.Ack(ctx, l.LeaseID); err != nil {
		s.t.Fatal(err)
	}
	stranger := s.result(alg, testpki.Head, simulate.SyntheticBIN(2), l, nil)
	refusedWith(s.t, d.Result(ctx, l.Number, l.Attempt, stranger), reason.BINMismatch)
	if err := d.Result(ctx, l.Number, l.Attempt, s.result(alg, testpki.Head, simulate.SyntheticBIN(1), l, nil)); err != nil {
		s.t.Fatal(err)
	}
	if !s.becomes(r.Number, gateway.StateDelivered) {
		s.t.Fatal("the case is not delivered")
	}
	return r.Number
}

func (s *stage) outside() Outside {
	return Outside{Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}
}

// export collects and seals, and gives the options of somebody who trusts the roots and the seal.
func (s *stage) export(number string) ([]byte, evidence.Options) {
	s.t.Helper()
	o := s.outside()
	container, _, err := CollectEvidence(context.Background(), s.cfg, o, s.ledger, EvidenceRequest{Number: number, Actor: "test"})
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := SealKey(s.cfg, o)
	if err != nil {
		s.t.Fatal(err)
	}
	trust := pki.NewStore()
	for _, c := range s.pki.Roots() {
		trust.AddTrust(c)
	}
	return container, evidence.Options{Trust: trust, Seal: key.Certificate}
}

func verifyEvidence(t *testing.T, container []byte, opt evidence.Options) evidence.Report {
	t.Helper()
	r, err := evidence.Verify(context.Background(), container, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// unpacked lists the files of a container.
func unpacked(t *testing.T, container []byte) (files []evidence.File) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(container), int64(len(container)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, evidence.File{Name: f.Name, Bytes: body})
	}
	return files
}

// repacked makes a container of files by another program's hand.
func repacked(t *testing.T, files []evidence.File) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		method := zip.Deflate
		if f.Name == "mimetype" {
			method = zip.Store
		}
		body, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := body.Write(f.Bytes); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestEvidenceOfACaseIsCheckedOffline exports a whole case and makes every verdict again elsewhere.
func TestEvidenceOfACaseIsCheckedOffline(t *testing.T) {
	s := newStage(t, nil)
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.RSA} {
		number := s.answered(alg)
		container, opt := s.export(number)
		r := verifyEvidence(t, container, opt)
		if r.Verdict != reason.Passed || r.Number != number || len(r.Recorded) != 3 || len(r.Changed) > 0 {
			t.Fatalf("%s: %+v", alg, r)
		}
		r = verifyEvidence(t, repacked(t, unpacked(t, container)), opt)
		if r.Verdict != reason.Passed {
			t.Errorf("packed by another program: %+v", r)
		}
		opt.Trust = nil
		if r := verifyEvidence(t, container, opt); r.Verdict != reason.Inconclusive || r.Trust != evidence.TrustRecorded || len(r.Anchors) == 0 || len(r.Changed) > 0 {
			t.Errorf("on its own word: %+v", r)
		}
		opt.Seal = nil
		if r := verifyEvidence(t, container, opt); r.Verdict != reason.Inconclusive || r.Seal == nil {
			t.Errorf("by nobody's seal: %+v", r)
		}
	}
}

// TestEvidenceNamesWhatWasChanged changes one byte of every file; the report fails and names the file.
func TestEvidenceNamesWhatWasChanged(t *testing.T) {
	s := newStage(t, nil)
	container, opt := s.export(s.answered(testpki.RSA))
	files := unpacked(t, container)
	for i, f := range files {
		for _, at := range []int{0, len(f.Bytes) / 2, len(f.Bytes) - 1} {
			changed := append([]evidence.File(nil), files...)
			body := bytes.Clone(f.Bytes)
			body[at] ^= 1
			changed[i].Bytes = body
			r, err := evidence.Verify(context.Background(), repacked(t, changed), opt)
			if f.Name == "mimetype" {
				if err == nil {
					t.Error("another mimetype was read")
				}
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			if r.Verdict != reason.Failed || !strings.Contains(strings.Join(r.Changed, "\n"), f.Name) {
				t.Errorf("%s, byte %d: %s %q", f.Name, at, r.Verdict, r.Changed)
			}
		}
	}
	for i, f := range files {
		if f.Name == "mimetype" {
			continue
		}
		r := verifyEvidence(t, repacked(t, append(append([]evidence.File(nil), files[:i]...), files[i+1:]...)), opt)
		if r.Verdict != reason.Failed || !strings.Contains(strings.Join(r.Changed, "\n"), f.Name) {
			t.Errorf("without %s: %s %q", f.Name, r.Verdict, r.Changed)
		}
	}
	more := append(append([]evidence.File(nil), files...), evidence.File{Name: "result/other.xml", Bytes: []byte("<a/>")})
	if r := verifyEvidence(t, repacked(t, more), opt); r.Verdict != reason.Failed {
		t.Errorf("a file more: %+v", r)
	}
}

// TestEvidenceResealedByAStranger changes a file and seals all anew with another key: what the files say
// of each other gives it away, and the seal is not the gateway's.
func TestEvidenceResealedByAStranger(t *testing.T) {
	s := newStage(t, nil)
	container, opt := s.export(s.answered(testpki.RSA))
	dir := t.TempDir()
	stranger, err := SealKey(config.Config{Data: dir}.WithDefaults(), s.outside())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ file, from, to, check string }{
		{"application/received.xml", "<", "<", evidence.CheckSeal}, // nothing but the seal
		{"application/received.xml", "portal", "portaI", evidence.CheckDocument},
		{"history/events.json", "acknowledged", "forgotten", evidence.CheckHistory},
		{"history/case.json", s.provider().ID, "another", evidence.CheckHistory},
		{"delivery/receipts.json", "\"receipt\": \"", "\"receipt\": \"x", evidence.CheckDocument},
		{"verdicts/", `"outcome":"passed"`, `"outcome":"failed"`, evidence.CheckVerdict},
	}
	for _, tt := range tests {
		files, done := unpacked(t, container), false
		var covered []xmlsig.DetachedFile
		for i, f := range files {
			if strings.HasPrefix(f.Name, tt.file) && !done && bytes.Contains(f.Bytes, []byte(tt.from)) {
				files[i].Bytes, done = bytes.Replace(f.Bytes, []byte(tt.from), []byte(tt.to), 1), true
			}
			if f.Name != "mimetype" && !strings.HasPrefix(f.Name, "META-INF/") {
				covered = append(covered, xmlsig.DetachedFile{URI: f.Name, Bytes: files[i].Bytes})
			}
		}
		if !done {
			t.Fatalf("%s has no %q", tt.file, tt.from)
		}
		sealed, err := xmlsig.SignDetached(covered, stranger, xmlsig.DetachedOptions{At: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range files {
			if f.Name == "META-INF/signatures.xml" {
				files[i].Bytes = sealed
			}
		}
		r := verifyEvidence(t, repacked(t, files), opt)
		if r.Verdict != reason.Failed || !hasFailed(r, evidence.CheckSeal) || !hasFailed(r, tt.check) {
			t.Errorf("%s: %+v", tt.file, r.Checks)
		}
		opt := opt
		opt.Seal = stranger.Certificate // deceived about the seal: the rest must still be found
		if r := verifyEvidence(t, repacked(t, files), opt); tt.check != evidence.CheckSeal && r.Verdict != reason.Failed {
			t.Errorf("%s, seal believed: %+v", tt.file, r.Checks)
		}
	}
}

func hasFailed(r evidence.Report, check string) bool {
	for _, c := range r.Checks {
		if c.Name == check && c.Outcome == reason.Failed {
			return true
		}
	}
	return false
}

// TestEvidenceByOtherPrograms lets unzip and xmlsec1 confirm a container.
func TestEvidenceByOtherPrograms(t *testing.T) {
	for _, program := range []string{"unzip", "xmlsec1"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed (make tools)")
		}
	}
	s := newStage(t, nil)
	container, opt := s.export(s.answered(testpki.GOST512))
	dir := t.TempDir()
	run := func(want bool, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); (err == nil) != want {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
	}
	seal := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: opt.Seal.Raw})
	for name, body := range map[string][]byte{"case.asice": container, "seal.pem": seal} {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(true, "unzip", "-tq", "case.asice")
	run(true, "unzip", "-q", "case.asice")
	xmlsec := []string{"--verify", "--enabled-reference-uris", "empty,same-doc,remote", "--id-attr:Id",
		"http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "--trusted-pem", "seal.pem", "META-INF/signatures.xml"}
	run(true, "xmlsec1", xmlsec...)
	if err := os.WriteFile(filepath.Join(dir, "history", "events.json"), []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(false, "xmlsec1", xmlsec...)
}

// TestEvidenceOfAParkedCase: a verdict that could not be reached cannot be reached again, which is as recorded.
func TestEvidenceOfAParkedCase(t *testing.T) {
	s := newStage(t, nil)
	s.pki.Silence(true)
	r, err := s.portal.Submit(context.Background(), "evidence-parked", s.application(testpki.RSA, nil, nil))
	if err != nil || r.Decision != "parked" {
		t.Fatalf("%+v %v", r, err)
	}
	container, opt := s.export(r.Number)
	if rep := verifyEvidence(t, container, opt); rep.Verdict != reason.Passed || rep.Recorded[0].Now != reason.Inconclusive {
		t.Errorf("%+v", rep)
	}
}

// TestEvidenceDecidedByLists lets lists decide: small ones are in the container, and one that is left out
// is asked for by its digest.
func TestEvidenceDecidedByLists(t *testing.T) {
	s := newStage(t, nil)
	if err := s.pki.SetFault("ocsp-http", "503"); err != nil {
		t.Fatal(err)
	}
	r, err := s.portal.Submit(context.Background(), "evidence-lists", s.application(testpki.RSA, nil, nil))
	if err != nil || r.Decision != "accepted" {
		t.Fatalf("%+v %v", r, err)
	}
	container, opt := s.export(r.Number)
	if rep := verifyEvidence(t, container, opt); rep.Verdict != reason.Passed {
		t.Errorf("%+v", rep)
	}
	sources, err := evidenceSources(s.cfg, s.outside(), s.ledger)
	if err != nil {
		t.Fatal(err)
	}
	kept := sources.Lists
	sources.Lists = nil
	bundle, err := evidence.Collect(context.Background(), sources, r.Number, evidence.CollectOptions{At: time.Now()})
	if err != nil || len(bundle.Notes()) == 0 {
		t.Fatalf("%v %v", bundle, err)
	}
	key, err := SealKey(s.cfg, s.outside())
	if err != nil {
		t.Fatal(err)
	}
	if container, err = bundle.Seal(key, rand.Reader); err != nil {
		t.Fatal(err)
	}
	rep := verifyEvidence(t, container, opt)
	if rep.Verdict != reason.Inconclusive || rep.Code != reason.RevocationUnknown || len(rep.Changed) > 0 {
		t.Errorf("without lists: %+v", rep)
	}
	verdicts, err := s.ledger.Verdicts(context.Background(), gateway.VerdictFilter{Number: r.Number})
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range verdicts[0].Evidence {
		for _, sha := range []string{ref.SHA256, ref.Base} {
			der, err := kept.List(sha)
			if sha != "" && err != nil {
				t.Fatal(err)
			}
			if list, err := revocation.ParseCRL(der); err == nil {
				opt.Lists = append(opt.Lists, list)
			}
		}
	}
	if rep := verifyEvidence(t, container, opt); rep.Verdict != reason.Passed {
		t.Errorf("lists given besides: %+v", rep)
	}
}

// TestWhatIf replays a day under other policies.
func TestWhatIf(t *testing.T) {
	s := newStage(t, nil)
	from := time.Now().Add(-time.Minute)
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.RSA} {
		s.answered(alg) // two verdicts that passed, and a stranger's result that did not
	}
	rsa := xmlsig.Ending{Name: "rsa-2048"}
	later := xmlsig.Ending{Name: "rsa-2048", From: time.Now().AddDate(0, 0, 1)}
	generic := pki.PurposeGeneric
	tests := []struct {
		name   string
		policy evidence.Policy
		fail   int
		park   int
		code   reason.Code
	}{
		{"nothing changes", evidence.Policy{}, 0, 0, ""},
		{"RSA-2048 ends", evidence.Policy{Ended: []xmlsig.Ending{rsa}}, 2, 0, reason.AlgorithmForbidden},
		{"RSA-2048 ends tomorrow", evidence.Policy{Ended: []xmlsig.Ending{later}}, 0, 0, ""},
		{"GOST 2015 ends", evidence.Policy{Ended: []xmlsig.Ending{{Name: "gost2015"}}}, 2, 0, reason.AlgorithmForbidden},
		{"SHA-1 ends", evidence.Policy{Ended: []xmlsig.Ending{{Name: "sha1"}}}, 0, 0, ""},
		{"generic profile", evidence.Policy{Purpose: &generic}, 0, 0, ""},
		{"unknown is refused", evidence.Policy{Unknown: evidence.UnknownRefuse}, 0, 0, ""},
	}
	for _, tt := range tests {
		what, err := WhatIf(s.cfg, s.outside(), s.ledger, tt.policy)
		if err != nil {
			t.Fatal(err)
		}
		r, err := what.Run(context.Background(), from, time.Now().Add(time.Minute), func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		if r.Looked != 6 || r.Passed != 4 || r.Fail != tt.fail || r.Park != tt.park || r.ByCode[string(tt.code)] < tt.fail {
			t.Errorf("%s: %+v", tt.name, r)
		}
		for _, c := range r.Changed {
			if c.Was == reason.Passed && c.NowCode != tt.code {
				t.Errorf("%s: %+v", tt.name, c)
			}
		}
	}
}

// TestEndedAlgorithmsAreRefused runs a gateway whose policy ends RSA-2048.
func TestEndedAlgorithmsAreRefused(t *testing.T) {
	s := newStage(t, func(c *config.Config) { c.Policy.Ended = []string{"rsa-2048=2020-01-01"} })
	_, err := s.portal.Submit(context.Background(), "ended-rsa", s.application(testpki.RSA, nil, nil))
	refusedWith(t, err, reason.AlgorithmForbidden)
	if _, err := s.portal.Submit(context.Background(), "ended-gost", s.application(testpki.GOST512, nil, nil)); err != nil {
		t.Error(err)
	}
}

// TestEvidenceIsTimestamped follows every event and verdict to a token, which openssl confirms too.
func TestEvidenceIsTimestamped(t *testing.T) {
	s := newStage(t, func(c *config.Config) {
		c.Timestamps = config.Timestamps{TSA: []string{"http://" + c.Callbacks[0] + "/tsp/rsa"}, Every: 100 * time.Millisecond}
	})
	number := s.answered(testpki.GOST512)
	s.awaitLag("never stamped", func(l gateway.StampLag) bool { return l.Pending+l.Unstamped == 0 && len(l.Last.Token) > 0 })
	container, opt := s.export(number)
	rep := verifyEvidence(t, container, opt)
	all := false
	for _, c := range rep.Checks {
		all = all || c.Name == evidence.CheckTimestamps && c.Outcome == reason.Passed && strings.HasPrefix(c.Detail, "all ")
	}
	if rep.Verdict != reason.Passed || !all {
		t.Fatalf("%+v", rep)
	}
	opt.Trust = pki.NewStore()
	opt.Trust.AddTrust(s.pki.Family(testpki.GOST512).Root)
	if rep := verifyEvidence(t, container, opt); rep.Verdict != reason.Inconclusive || rep.Code != reason.ChainUntrusted || len(rep.Changed) > 0 {
		t.Errorf("an authority nobody knows: %+v", rep)
	}
	opt.TSA = pki.NewStore()
	opt.TSA.AddTrust(s.pki.Family(testpki.RSA).Root)
	opt.TSA.AddTrust(s.pki.Family(testpki.RSA).Issuing)
	if rep := verifyEvidence(t, container, opt); rep.Verdict != reason.Passed {
		t.Errorf("an authority for stamps only: %+v", rep)
	}
	s.openssl(unpacked(t, container))
}

// openssl checks one token of a container against its root.
func (s *stage) openssl(files []evidence.File) {
	t := s.t
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed (make tools)")
	}
	dir, batch := t.TempDir(), ""
	rsa := s.pki.Family(testpki.RSA)
	for _, f := range files {
		name, token := strings.CutPrefix(f.Name, "timestamps/")
		if token {
			must(t, os.WriteFile(filepath.Join(dir, name), f.Bytes, 0o600))
		}
		if id, is := strings.CutSuffix(name, ".tst"); is {
			batch = id
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "root.pem"), testpki.CertificatePEM(rsa.Root), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "ca.pem"), testpki.CertificatePEM(rsa.Issuing), 0o600))
	for data, want := range map[string]bool{batch + ".root": true, "root.pem": false} {
		cmd := exec.Command("openssl", "ts", "-verify", "-token_in", "-in", batch+".tst", "-data", data, "-CAfile", "root.pem", "-untrusted", "ca.pem")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); (err == nil) != want {
			t.Errorf("openssl ts over %s: %v\n%s", data, err, out)
		}
	}
}

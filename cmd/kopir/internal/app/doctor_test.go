package app

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kopir/adapters/pkihttp"
	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/gateway/doctor"
	"kopir/gateway/gatewaytest"
	"kopir/schemas"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// clinic is a PKI that can fall ill, and a configuration of a gateway that depends on it.
type clinic struct {
	t      *testing.T
	pki    *simulate.PKI
	cfg    config.Config
	offset time.Duration // of our clock
	known  []*pki.Certificate
}

const (
	clinicKeys = testpki.ECDSA
	patientIIN = "000230500003"
	patient    = "НАУҚАСОВ НАУҚАС"
)

func newClinic(t *testing.T) *clinic {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	p, err := simulate.NewPKI("http://"+s.Listener.Addr().String(), time.Now, rand.Reader, clinicKeys)
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = p
	s.Start()
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections) // before Close, which waits for silent ones
	at := p.Addresses(clinicKeys)
	cfg := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:1", Trust: config.Trust{TestPKI: true}, Timestamps: config.Timestamps{TSA: []string{at.TSP}},
		Status: config.Status{OCSP: []config.Responder{{URL: at.OCSP}}, CRL: []string{at.CRL, at.Delta, at.RootCRL}, Timeout: 4 * time.Second, ListTime: 4 * time.Second}}.WithDefaults()
	if err := os.MkdirAll(filepath.Join(cfg.Data, "trust"), 0o700); err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, c := range append(p.Roots(), p.Issuing()...) {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if err := os.WriteFile(filepath.Join(cfg.Data, "trust", "ca.pem"), out, 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := p.Issue(clinicKeys, testpki.Profile{Kind: testpki.Person, CommonName: patient, IIN: patientIIN})
	if err != nil {
		t.Fatal(err)
	}
	return &clinic{t: t, pki: p, cfg: cfg, known: []*pki.Certificate{key.Certificate}}
}

func (c *clinic) outside() Outside {
	return Outside{Now: func() time.Time { return time.Now().Add(c.offset) }, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}
}

// examine asks everything outside, with what lists were kept before.
func (c *clinic) examine(kept map[string][]byte) (findings []doctor.Finding) {
	c.t.Helper()
	store, _, err := loadTrust(c.cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	check := &checkup{cfg: c.cfg, out: c.outside(), store: store}
	client, err := check.client()
	if err != nil {
		c.t.Fatal(err)
	}
	x := doctor.Examination{Prober: pkihttp.NewProber(client), Now: check.out.Now, Rand: rand.Reader, Store: store, Known: c.known, Lists: c.cfg.Status.CRL,
		Responders: []doctor.Responder{{URL: c.cfg.Status.OCSP[0].URL, GET: c.cfg.Status.OCSP[0].GET()}},
		Stampers:   doctor.Stampers{Addresses: c.cfg.Timestamps.TSA, Policy: c.cfg.Timestamps.Policy, Hash: c.cfg.Timestamps.HashOID(), Store: store},
		Kept: func(address string) (io.ReadCloser, error) {
			if list, ok := kept[address]; ok {
				return io.NopCloser(strings.NewReader(string(list))), nil
			}
			return nil, os.ErrNotExist
		}}
	x.Run(c.t.Context(), func(f doctor.Finding) { findings = append(findings, f) })
	findings = append(findings, doctor.NewForecast(x.States(), authoritiesOf(store), check.out.Now()).Findings()...)
	for _, f := range findings {
		wellSaid(c.t, f)
	}
	return findings
}

// wellSaid demands words in every language, and nothing personal.
func wellSaid(t *testing.T, f doctor.Finding) {
	t.Helper()
	for _, lang := range schemas.Languages() {
		words := f.Words(lang) + " " + f.Advice(lang) + " " + f.Subject
		for _, bad := range []string{"doctor.", "{", "}", patient, patientIIN, "<html"} {
			if strings.Contains(words, bad) {
				t.Errorf("%s %s says %q", f.Check, f.Cause, words)
			}
		}
		if f.Level != doctor.OK && f.Advice(lang) == "" {
			t.Errorf("%s %s has no advice", f.Check, f.Cause)
		}
	}
}

// ill are the findings that are not ok, as "level check cause".
func ill(findings []doctor.Finding) (words []string) {
	for _, f := range findings {
		if f.Level != doctor.OK && f.Check != doctor.CheckForecast {
			words = append(words, string(f.Level)+" "+f.Check+" "+f.Cause)
		}
	}
	return words
}

// TestDoctorFindsFaults holds every fault of the simulated PKI against what the doctor says of it.
func TestDoctorFindsFaults(t *testing.T) {
	c := newClinic(t)
	at := c.pki.Addresses(clinicKeys)
	if found := ill(c.examine(nil)); len(found) > 0 {
		t.Fatalf("a healthy PKI: %v", found)
	}
	list, err := c.pki.Family(clinicKeys).CRL(time.Now().Add(-time.Minute), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ fault, want string }{
		{"ocsp-slow=2200ms", "warn ocsp slow"},
		{"ocsp-silent", "fail ocsp timeout"},
		{"ocsp-reset", "fail ocsp reset"},
		{"ocsp-http=503", "fail ocsp http_status"},
		{"ocsp-html", "fail ocsp html"},
		{"ocsp-redirect", "fail ocsp redirect"},
		{"ocsp-empty", "fail ocsp empty"},
		{"ocsp-truncated", "fail ocsp truncated"},
		{"ocsp-large", "fail ocsp too_large"},
		{"ocsp-refuses", "fail ocsp ocsp_refusal"},
		{"ocsp-other-certificate", "fail ocsp ocsp_other_certificate"},
		{"ocsp-replayed", "fail ocsp ocsp_nonce_wrong"},
		{"ocsp-wrong-nonce", "fail ocsp ocsp_nonce_wrong"},
		{"ocsp-no-nonce", "fail ocsp ocsp_nonce_missing"},
		{"ocsp-bad-signature", "fail ocsp ocsp_signature"},
		{"ocsp-stranger", "fail ocsp ocsp_foreign"},
		{"ocsp-other-ca", "fail ocsp ocsp_foreign"},
		{"ocsp-expired-responder", "fail ocsp ocsp_expired_signer"},
		{"ocsp-no-eku", "fail ocsp ocsp_purpose"},
		{"ocsp-stale", "fail ocsp ocsp_stale"},
		{"ocsp-hold-1970", "warn ocsp ocsp_unknown"},
		{"ocsp-unknown", "warn ocsp ocsp_unknown"},
		{"ocsp-future", "fail ocsp ocsp_clock"},
		{"ocsp-future", "fail clock clock_source"},
		{"clock=10m", "fail clock clock_source"},
		{"crl-silent", "fail list timeout"},
		{"crl-reset", "fail list reset"},
		{"crl-http=404", "fail list http_status"},
		{"crl-html", "fail list html"},
		{"crl-redirect", "fail list redirect"},
		{"crl-empty", "fail list empty"},
		{"crl-truncated", "fail list truncated"},
		{"crl-stale", "fail list list_stale"},
		{"crl-wrong-signer", "fail list list_signature"},
		{"crl-older", "fail list list_older"},
		{"crl-delta-only", "fail list list_no_base"},
		{"crl-delta-without-base", "fail list list_no_base"},
		{"tsp-silent", "fail tsa timeout"},
		{"tsp-html", "fail tsa html"},
		{"tsp-empty", "fail tsa empty"},
		{"tsp-refuses", "fail tsa tsa_refuses"},
		{"tsp-wrong-imprint", "fail tsa tsa_imprint"},
		{"tsp-wrong-nonce", "fail tsa tsa_nonce"},
		{"tsp-no-eku", "fail tsa tsa_purpose"},
		{"tsp-expired", "fail tsa tsa_expired"},
		{"tsp-clock", "fail clock clock_source"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			if err := c.pki.SetFaults(simulate.ParseFaults([]string{tt.fault})); err != nil {
				t.Fatal(err)
			}
			var kept map[string][]byte
			if tt.fault == "crl-older" {
				kept = map[string][]byte{at.CRL: list}
			}
			if found := ill(c.examine(kept)); !slices.Contains(found, tt.want) {
				t.Errorf("found %q, want %q", found, tt.want)
			}
		})
	}
}

// TestDoctorKnowsWhoseClockIsWrong: ours, if nobody outside agrees with it.
func TestDoctorKnowsWhoseClockIsWrong(t *testing.T) {
	c := newClinic(t)
	for offset, want := range map[time.Duration]string{10 * time.Minute: "fail clock clock_ahead", -10 * time.Minute: "fail clock clock_behind"} {
		c.offset = offset
		if found := ill(c.examine(nil)); !slices.Contains(found, want) {
			t.Errorf("%v: %q", offset, found)
		}
	}
}

// TestDoctorAsksWithoutAnyApplication: the responder's own certificate is something to ask about.
func TestDoctorAsksWithoutAnyApplication(t *testing.T) {
	c := newClinic(t)
	c.known = nil
	for fault, want := range map[string]string{"": "", "ocsp-expired-responder": "fail ocsp ocsp_expired_signer", "ocsp-no-eku": "fail ocsp ocsp_purpose",
		"ocsp-stranger": "fail ocsp ocsp_foreign", "ocsp-other-certificate": "fail ocsp ocsp_other_certificate"} {
		if err := c.pki.SetFaults(simulate.ParseFaults(slices.DeleteFunc([]string{fault}, func(s string) bool { return s == "" }))); err != nil {
			t.Fatal(err)
		}
		found := ill(c.examine(nil))
		if want == "" && len(found) > 0 || want != "" && !slices.Contains(found, want) {
			t.Errorf("%s: %q, want %q", fault, found, want)
		}
	}
}

// TestDoctorTellsWaysApart: a closed port, TLS where there is none, a host nobody named.
func TestDoctorTellsWaysApart(t *testing.T) {
	c := newClinic(t)
	at := c.pki.Addresses(clinicKeys)
	client, err := pkihttp.New(pkihttp.Config{Allow: []string{"127.0.0.1:1", doctor.HostOf(at.OCSP)}})
	if err != nil {
		t.Fatal(err)
	}
	p := pkihttp.NewProber(client)
	for address, want := range map[string]doctor.Problem{"http://127.0.0.1:1/": doctor.ProblemRefused, strings.Replace(at.OCSP, "http:", "https:", 1): doctor.ProblemTLS,
		"http://127.0.0.1:2/": doctor.ProblemNotAllowed, at.OCSP: doctor.ProblemNone} {
		if got := p.Connect(t.Context(), address); got.Problem != want {
			t.Errorf("%s: %q, want %q", address, got.Problem, want)
		}
	}
}

// TestDoctorAtAFreshGateway: nothing is there yet, and that is said without making anything.
func TestDoctorAtAFreshGateway(t *testing.T) {
	cfg := config.Config{Data: filepath.Join(t.TempDir(), "none"), Listen: "127.0.0.1:1"}.WithDefaults()
	var findings []doctor.Finding
	Doctor(t.Context(), cfg, Machine(), func(f doctor.Finding) { wellSaid(t, f); findings = append(findings, f) })
	found := ill(findings)
	for _, want := range []string{"warn data data_missing", "warn ledger ledger_missing", "fail trust trust_no_anchors", "warn ocsp no_sources"} {
		if !slices.Contains(found, want) {
			t.Errorf("%q is not among %q", want, found)
		}
	}
	if _, err := os.Stat(cfg.Data); !os.IsNotExist(err) {
		t.Error("the doctor made the data folder")
	}
}

// TestDoctorAtTheMachine: keys others can read, a strange authority, late messages, applications nearly due.
func TestDoctorAtTheMachine(t *testing.T) {
	c := newClinic(t)
	now := time.Now()
	ledger, err := OpenLedger(t.Context(), c.cfg, c.outside())
	if err != nil {
		t.Fatal(err)
	}
	for i, in := range []time.Duration{-time.Hour, 5 * time.Hour, 50 * time.Hour} {
		r := gatewaytest.NewRecord(i+1, gateway.StateParked)
		r.Case.DueAt, r.Outbox[0].CreatedAt = now.Add(in), now.Add(-time.Hour)
		record(t, ledger, r)
	}
	for i := range 3 {
		r := gatewaytest.NewRecord(10+i, gateway.StateRefused)
		r.Verdict.At, r.Verdict.Code = now, "chain_untrusted"
		r.Verdict.Signers[0].Issuer, r.Verdict.Signers[0].Serial = "БӨТЕН ОРТАЛЫҚ", string(rune('a'+i))
		if i == 2 {
			r.Verdict.Signers[0].Issuer = patient
		}
		record(t, ledger, r)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(c.cfg.Data, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(c.cfg.Data, "keys", "seal.key")
	if err := os.WriteFile(key, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	var findings []doctor.Finding
	Doctor(context.Background(), c.cfg, c.outside(), func(f doctor.Finding) { wellSaid(t, f); findings = append(findings, f) })
	found := ill(findings)
	for _, want := range []string{"fail data key_mode", "warn trust anchor_missing", "warn queues outbox_late"} {
		if !slices.Contains(found, want) {
			t.Errorf("%q is not among %q", want, found)
		}
	}
	for _, f := range findings {
		switch f.Cause {
		case "anchor_missing":
			if f.Data["count"] != "3" || f.Data["issuer"] != "БӨТЕН ОРТАЛЫҚ" {
				t.Errorf("strangers: %v", f.Data)
			}
		case "at_risk":
			if f.Data["parked"] != "3" || f.Data["overdue"] != "1" || f.Data["day"] != "2" || f.Data["three"] != "3" || f.Level != doctor.Fail {
				t.Errorf("at risk: %v %v", f.Level, f.Data)
			}
		case "ledger_missing", "ledger_unreachable":
			t.Errorf("%s %v", f.Cause, f.Data)
		}
	}
	if !slices.ContainsFunc(findings, func(f doctor.Finding) bool { return f.Cause == "at_risk" }) {
		t.Error("nobody is said to be at risk")
	}
}

func record(t *testing.T, l gateway.Ledger, r gateway.Record) {
	t.Helper()
	if _, err := l.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// TestForecastOfTheRunningGateway: when both sources fall silent, pages and metrics say so, and the doctor hears it.
func TestForecastOfTheRunningGateway(t *testing.T) {
	f := newFaultStage(t, nil)
	f.both()
	f.pass(2 * time.Minute)
	if calm, err := f.Forecast(t.Context()); err != nil || calm.Parks || !calm.Asked {
		t.Errorf("on a calm day: %+v, %v", calm, err)
	}
	f.breaks("ocsp-http=503", "crl-http=503")
	f.pass(28 * time.Hour) // the list was good for 27 hours
	parked := f.submit(f.person(goodIIN+3), false)
	if parked.first() != "parked revocation_unknown" {
		t.Fatalf("a new certificate: %s", parked.first())
	}
	bites, err := f.Forecast(t.Context())
	if err != nil || !bites.Parks || bites.In != 0 || bites.Waiting.Parked.All != 1 || bites.Quiet() {
		t.Errorf("when it bites: %+v, %v", bites, err)
	}
	var heard []string
	check := &checkup{cfg: f.cfg, out: f.out, tell: func(found doctor.Finding) { wellSaid(t, found); heard = append(heard, found.Cause) }}
	check.cfg.Listen = f.addr.String()
	if check.running(t.Context()); len(heard) == 0 || slices.ContainsFunc(heard, func(s string) bool { return s != "source_silent" }) {
		t.Errorf("the doctor heard %q of the running gateway", heard)
	}
	f.heal()
	f.decided()
	f.account()
}

func TestTrustFindingsHaveWords(t *testing.T) {
	for _, code := range append(slices.Clone(trustCauses), "unreadable") {
		remedy := trustRemedies[code]
		if remedy == "" {
			remedy = "trust_check"
		}
		wellSaid(t, doctor.NewFinding(doctor.CheckTrust, "ca.cer", doctor.Fail, "trust_"+code, remedy, "file", "ca.cer"))
	}
}

package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

// testConfig is a run with fast keys against an adapter that is none.
func testConfig(t *testing.T, h http.HandlerFunc) Config {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	key := func(kind testpki.Kind) Signer {
		id, err := ca.Issue(testpki.Profile{Kind: kind, IIN: "000230500003", BIN: "000140000009"})
		if err != nil {
			t.Fatal(err)
		}
		return Signer{xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}}
	}
	form, err := ExampleForm(`<f><n>{NUMBER}</n><i>{IIN}</i><d>{DATE}</d></f>`)
	if err != nil {
		t.Fatal(err)
	}
	system := key(testpki.InformationSystem)
	return Config{Sync: server.URL + "/sync", Async: server.URL + "/async", Service: "S", Form: form, IIN: "000230500003", Person: key(testpki.Person),
		Revoked: key(testpki.Person), Gateway: system, Other: system, Expired: system, Stranger: system, HTTP: http.DefaultClient,
		Now: time.Now, Rand: rand.Reader, Patience: 200 * time.Millisecond}
}

func examined(t *testing.T, cfg Config) map[string]Result {
	t.Helper()
	report, err := Run(t.Context(), cfg, func(Result) {})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Result{}
	for _, r := range report.Results {
		all[r.ID] = r
	}
	return all
}

// TestAnAdapterThatAgreesToEverythingDoesNotPass: it answers every message by success.
func TestAnAdapterThatAgreesToEverythingDoesNotPass(t *testing.T) {
	all := examined(t, testConfig(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer := any(&envelope.SyncResponse{MessageID: "1", ResponseDate: time.Now(), Status: envelope.StatusInfo{Code: "SCSS001"}})
		if strings.HasPrefix(r.URL.Path, "/async") {
			answer = &envelope.AsyncResponse{MessageID: "1", CorrelationID: "2", ResponseDate: time.Now()}
		}
		out, _ := envelope.Write(answer)
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = w.Write(out)
	}))
	for id, r := range all {
		switch id[0] {
		case 'D', 'W', 'F', 'B':
			if r.Outcome != Failed && r.Expected != "200, SCSS001" {
				t.Errorf("%s %s: %s, came %s", id, r.Sent, r.Outcome, r.Came)
			}
		}
	}
	for id, want := range map[string]Outcome{"S01": Passed, "S07": Passed, "S08": Failed, "S12": Failed, "S15": Failed, "A02": Failed, "A04": Failed, "A11": Failed, "H01": Failed, "C01": Skipped} {
		if all[id].Outcome != want {
			t.Errorf("%s: %s (%s), want %s", id, all[id].Outcome, all[id].Why, want)
		}
	}
}

// TestAnAdapterThatRefusesEverythingDoesNotPass: only what has to be refused for that very reason passes.
func TestAnAdapterThatRefusesEverythingDoesNotPass(t *testing.T) {
	all := examined(t, testConfig(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		out, _ := envelope.Write(&envelope.Fault{Code: envelope.FaultClient, Text: "no", Info: envelope.ErrorInfo{Code: "SCE007", Message: "no", Date: time.Now()}})
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write(out)
	}))
	passed := 0
	for id, r := range all {
		if r.Outcome == Passed {
			passed++
		}
		if r.Outcome == Passed && r.Expected == "200, SCSS001" {
			t.Errorf("%s passed", id)
		}
	}
	if all["W06"].Outcome != Passed || passed > 12 {
		t.Errorf("%d passed, unsigned: %+v", passed, all["W06"])
	}
}

func TestWithoutKeysCasesAreSkipped(t *testing.T) {
	cfg := testConfig(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	cfg.Person, cfg.Gateway = Signer{}, Signer{}
	all := examined(t, cfg)
	for _, id := range []string{"S01", "W01", "B02", "C01"} {
		if r := all[id]; r.Outcome == Passed || r.Why == "" {
			t.Errorf("%+v", r)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	cfg := Config{Sync: "http://127.0.0.1:1/", HTTP: http.DefaultClient}
	if _, err := Run(context.Background(), cfg, func(Result) {}); !errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
}

// TestCasesAreNumbered: every case has its own number, and says what, what for and by which clause.
func TestCasesAreNumbered(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		if seen[c.ID] || c.Sent == "" || c.Expected == "" || c.Clause == "" || c.run == nil {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
	}
	if len(seen) < 100 {
		t.Errorf("%d cases", len(seen))
	}
}

func TestExampleFormNeedsANumber(t *testing.T) {
	if _, err := ExampleForm("<f/>"); err == nil {
		t.Error("every application would be the same")
	}
}

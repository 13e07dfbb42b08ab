package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/cmd/kopir/internal/conformance"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/xmlsig"
)

// TestConformanceSelf: our own gateway passes every case.
func TestConformanceSelf(t *testing.T) {
	var out bytes.Buffer
	err := (&SimulateSHEPCmd{Conformance: self, Patience: 60 * time.Second}).run(t.Context(), streams{out: &out, err: io.Discard, now: time.Now})
	if err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := lines[len(lines)-1]
	if n := len(conformance.Cases()); last != fmt.Sprintf("conformance: %d of %d passed", n, n) {
		t.Errorf("the last line is %q", last)
	}
	for _, b := range blocks(t, "") {
		if strings.HasPrefix(b, "conformance: ") && strings.TrimSpace(b) != last {
			t.Errorf("the README says %q", b)
		}
	}
}

func TestConformanceOfNobody(t *testing.T) {
	c := &SimulateSHEPCmd{Conformance: "http://127.0.0.1:1", Service: "KOPIR_HOUSING_ASSISTANCE", Territory: "593200000", Patience: time.Second}
	if err := c.run(t.Context(), streams{out: io.Discard, err: io.Discard, now: time.Now}); endedWith(err) != exitUsage {
		t.Error(err)
	}
}

// simulatedSHEP runs the command until the test ends and gives the addresses it printed.
func simulatedSHEP(t *testing.T, c SimulateSHEPCmd) map[string]string {
	t.Helper()
	c.Listen, c.Control, c.JSON, c.Token, c.Forward, c.Service = "127.0.0.1:0", "127.0.0.1:0", true, "key-identifier", "gateway", "S"
	r, w := io.Pipe()
	done := make(chan error, 1)
	ctx := t.Context() // ends before the clean-ups
	go func() { done <- c.run(ctx, streams{out: w, err: io.Discard, now: time.Now}) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	at := map[string]string{}
	if err := json.NewDecoder(r).Decode(&at); err != nil {
		t.Fatal(err)
	}
	return at
}

// TestSimulatedSHEPServesAnIntegrator: its keys come from simulate pki, faults are switched while it
// runs, a document handed in is there to be pulled.
func TestSimulatedSHEPServesAnIntegrator(t *testing.T) {
	pki := simulatedPKI(t)
	at := simulatedSHEP(t, SimulateSHEPCmd{PKI: pki.Dir, Fault: []string{"push-duplicate"}})
	said := func(method, path, media, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), method, at["control"]+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", media)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.Status + " " + string(b)
	}
	const form = "application/x-www-form-urlencoded"
	for _, tt := range []struct{ method, path, media, body, want string }{
		{"GET", "/faults", "", "", `"on":{"push-duplicate":""}`},
		{"POST", "/faults", form, "push-resend-storm=", `"push-resend-storm":"20"`},
		{"PUT", "/faults", form, "reply-http=502", `"on":{"reply-http":"502"}`},
		{"POST", "/faults", form, "push-lazy=", `400`},
		{"POST", "/services", form, "service=T&owner=us", `"owner":"us"`},
		{"POST", "/services", form, "push=x", `400`},
		{"POST", "/send?service=T", "application/xml", "<a>1</a>", `"correlation_id"`},
		{"POST", "/send?service=nobody", "application/xml", "<a>1</a>", `SCE004`},
		{"POST", "/send?service=T&channel=sync", "application/xml", "<a>1</a>", `SCE004`},
		{"GET", "/messages", "", "", `"payload":"<a>1</a>"`},
	} {
		if got := said(tt.method, tt.path, tt.media, tt.body); !strings.Contains(got, tt.want) {
			t.Errorf("%s %s %s: %s", tt.method, tt.path, tt.body, got)
		}
	}
	resp, err := http.Post(at["async"], "text/xml", strings.NewReader("<a/>"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusBadGateway || !bytes.Contains(b, []byte(envelope.NSSoap)) {
		t.Errorf("reply-http: %s %s", resp.Status, b)
	}
}

// TestOurAdapterUnderEveryFaultOfTheGateway: what arrives whole and signed is taken, however often and in
// whatever order it comes; nothing else is.
func TestOurAdapterUnderEveryFaultOfTheGateway(t *testing.T) {
	cfg, end, err := conformance.Self(t.Context(), 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	want := map[string]string{"": envelope.StateDelivered}
	for _, f := range simulate.GateFaults() {
		switch f.Name {
		case "push-duplicate", "push-resend-storm", "push-reorder":
			want[f.Name] = envelope.StateDelivered
		case "push-delay", "push-slow":
			want[f.Name+"=500ms"] = envelope.StateDelivered
		case "push-truncated", "push-reset", "push-encoding", "push-changed-body", "push-unsigned", "push-stranger":
			want[f.Name] = envelope.StateNotDelivered
		}
	}
	var wg sync.WaitGroup
	first := 0
	for fault, state := range want {
		first += 1000
		begin := first
		wg.Go(func() {
			g := simulate.NewGate(simulate.GateConfig{Key: cfg.Gateway.Key, Stranger: cfg.Stranger.Key, Forward: simulate.ForwardSigned, First: begin, HTTP: cfg.HTTP,
				Services: []simulate.GateService{{ID: cfg.Service, Push: cfg.Async}}, Now: time.Now, Rand: rand.Reader})
			if err := g.Faults.Change(simulate.ParseFaults(strings.Fields(fault))); err != nil {
				t.Error(err)
			}
			doc, err := xmlsig.Sign(cfg.Form("10109001292987"+fault, cfg.IIN, time.Now()), cfg.Person.Key, xmlsig.SignOptions{Rand: rand.Reader})
			if err != nil {
				t.Error(err)
			}
			if _, err := g.Submit(cfg.Service, doc); err != nil {
				t.Error(err)
			}
			g.Wait()
			if p := g.Parcels("")[0]; p.State != state {
				t.Errorf("%s: %s, want %s", fault, p.State, state)
			}
		})
	}
	wg.Wait()
}

package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

var now = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

type fakeLedger struct {
	queues, outbox []gateway.Queue
	parked, marked int
	escalated      int
	err            error
	hang           chan struct{}
	mu             sync.Mutex
	asked          int
}

func (l *fakeLedger) Queues(context.Context) ([]gateway.Queue, error) {
	l.mu.Lock()
	l.asked++
	l.mu.Unlock()
	if l.hang != nil {
		<-l.hang
	}
	return l.queues, l.err
}

func (l *fakeLedger) OutboxDepth(context.Context) ([]gateway.Queue, error) { return l.outbox, l.err }

func (l *fakeLedger) DueParked(_ context.Context, _ time.Time, limit int) ([]string, error) {
	return make([]string, min(l.parked, limit)), l.err
}

func (l *fakeLedger) DueMarked(_ context.Context, _ time.Time, limit int) ([]string, error) {
	return make([]string, min(l.marked, limit)), l.err
}

func (l *fakeLedger) Escalated(_ context.Context, limit int) ([]string, error) {
	return make([]string, min(l.escalated, limit)), l.err
}

func newMetrics(l Ledger) *Metrics {
	return New(Config{Ledger: l, Services: []string{"housing-assistance"}, Providers: []string{"kyzylzhar", "yesil"}, Version: "v1",
		Timeout: 200 * time.Millisecond, Now: func() time.Time { return now }})
}

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func wantLines(t *testing.T, page string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if !strings.Contains(page, l+"\n") {
			t.Errorf("there is no line %q", l)
		}
	}
}

func TestWhatHappensIsCounted(t *testing.T) {
	m := newMetrics(nil)
	m.Verdict(gateway.Verdict{Kind: "application", Outcome: reason.Failed, Code: reason.DigestMismatch, Service: "housing-assistance"})
	m.Verdict(gateway.Verdict{Kind: "application", Outcome: reason.Passed})
	m.Answer(gateway.Answer{Decision: gateway.DecisionParked, Code: reason.RevocationUnknown}, gateway.ViaAsyncSOAP)
	m.Answer(gateway.Answer{Decision: gateway.DecisionAccepted}, gateway.ViaREST)
	m.Accepted(30 * time.Millisecond)
	m.Verified(time.Millisecond)
	m.Delivery("shep", true)
	m.Delivery("callback:portal", false)
	m.Request("/v1/applications", http.MethodPost, http.StatusAccepted, 20*time.Millisecond)
	wantLines(t, scrape(t, m),
		`kopir_verdicts_total{code="digest_mismatch",kind="application",outcome="failed",service="housing-assistance"} 1`,
		`kopir_verdicts_total{code="none",kind="application",outcome="passed",service="none"} 1`,
		`kopir_answers_total{code="revocation_unknown",decision="parked",via="soap-async"} 1`,
		`kopir_answers_total{code="none",decision="accepted",via="rest"} 1`,
		`kopir_accept_seconds_count 1`, `kopir_verify_seconds_bucket{le="0.001"} 1`,
		`kopir_delivery_attempts_total{destination="shep",result="delivered"} 1`,
		`kopir_delivery_attempts_total{destination="callback",result="failed"} 1`,
		`kopir_http_request_seconds_count{method="POST",route="/v1/applications",status="202"} 1`,
		`kopir_http_request_seconds_bucket{method="POST",route="/v1/applications",status="202",le="0.025"} 1`)
}

func TestBuildIsTold(t *testing.T) {
	page := scrape(t, newMetrics(nil))
	if !strings.Contains(page, `kopir_build_info{goversion="go1.`) || !strings.Contains(page, `version="v1"} 1`) {
		t.Error("no build info")
	}
	if !strings.Contains(page, "go_goroutines") || !strings.Contains(page, "process_start_time_seconds") {
		t.Error("no facts of the process")
	}
}

func TestDepthsAreReadWhenScraped(t *testing.T) {
	l := &fakeLedger{parked: 3, marked: 2, escalated: 1,
		queues: []gateway.Queue{{Name: "kyzylzhar", Depth: 7, Leased: 2, Oldest: now.Add(-90 * time.Second)}, {Name: "yesil"},
			{Name: "unknown-1", Depth: 1, Oldest: now.Add(-time.Minute)}, {Name: "unknown-2", Depth: 2, Oldest: now.Add(-time.Hour)}},
		outbox: []gateway.Queue{{Name: "shep", Depth: 4, Oldest: now.Add(-5 * time.Second)}, {Name: "callback:a", Depth: 1}, {Name: "callback:b", Depth: 2}}}
	m := newMetrics(l)
	if l.asked != 0 {
		t.Error("the ledger was asked before anybody scraped")
	}
	wantLines(t, scrape(t, m), `kopir_queue_depth{provider="kyzylzhar"} 7`, `kopir_queue_leased{provider="kyzylzhar"} 2`, `kopir_queue_oldest_seconds{provider="kyzylzhar"} 90`,
		`kopir_queue_depth{provider="yesil"} 0`, `kopir_queue_oldest_seconds{provider="yesil"} 0`, `kopir_queue_depth{provider="other"} 3`,
		`kopir_queue_oldest_seconds{provider="other"} 3600`, `kopir_outbox_depth{destination="shep"} 4`, `kopir_outbox_depth{destination="callback"} 3`,
		`kopir_outbox_oldest_seconds{destination="shep"} 5`, `kopir_parked 3`, `kopir_unconfirmed 2`, `kopir_escalated 1`, `kopir_ledger_up 1`)
	l.parked = 50_000
	wantLines(t, scrape(t, m), `kopir_parked 10000`)
}

func TestALedgerThatFailsLeavesTheRest(t *testing.T) {
	l := &fakeLedger{err: errors.New("gone"), queues: []gateway.Queue{{Name: "kyzylzhar", Depth: 7}}}
	m := newMetrics(l)
	m.Accepted(time.Second)
	page := scrape(t, m)
	wantLines(t, page, `kopir_ledger_up 0`, `kopir_accept_seconds_count 1`)
	if strings.Contains(page, "kopir_queue_depth{") || strings.Contains(page, "kopir_parked ") {
		t.Error("depths are told though the ledger did not answer")
	}
}

func TestALedgerThatHangsDoesNotHangTheScrape(t *testing.T) {
	l := &fakeLedger{hang: make(chan struct{})}
	m := newMetrics(l)
	for range 3 {
		started := time.Now()
		wantLines(t, scrape(t, m), `kopir_ledger_up 0`)
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("the scrape took %v", took)
		}
	}
	l.mu.Lock()
	asked := l.asked
	l.mu.Unlock()
	if asked != 1 {
		t.Errorf("a ledger that hangs was asked %d times", asked)
	}
	close(l.hang)
	for range 1000 { // the reading that hung ends by itself
		if strings.Contains(scrape(t, m), "kopir_ledger_up 1") {
			return
		}
	}
	t.Error("the ledger came back and nobody noticed")
}

// listed are the labels whose values must come from a list, with their lists.
func listed(m *Metrics) map[string]closed {
	with := func(c closed, more ...string) closed {
		all := newClosed(append(more, other)...)
		for v := range c {
			all[v] = struct{}{}
		}
		return all
	}
	statuses := closed{}
	for s := 100; s < 600; s++ {
		statuses[fmt.Sprint(s)] = struct{}{}
	}
	return map[string]closed{
		labelKind: with(m.lists.kinds), labelOutcome: with(m.lists.outcomes), labelCode: with(m.lists.codes, none), labelService: with(m.lists.services, none),
		labelProvider: with(m.lists.providers), labelDecision: with(m.lists.decisions), labelVia: with(m.lists.vias), labelDestination: with(m.lists.destinations),
		labelResult: newClosed(resultDelivered, resultFailed), labelRoute: with(m.lists.routes), labelMethod: with(m.lists.methods), labelStatus: with(statuses)}
}

// TestLabelsComeFromClosedLists feeds anything at all, personal numbers among it, and looks at every label.
func TestLabelsComeFromClosedLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9]{12}`), rapid.SampledFrom([]string{"shep", "housing-assistance", "internal", "rest", "application",
			"000230500003", "Иванова", "callback:000230500003", "/v1/applications/K26-7QX4M-09TCB", "GET", "\xff"}))
		l := &fakeLedger{queues: []gateway.Queue{{Name: word.Draw(t, "queue"), Depth: 1}}, outbox: []gateway.Queue{{Name: word.Draw(t, "outbox"), Depth: 1}}}
		m := newMetrics(l)
		m.Verdict(gateway.Verdict{Kind: word.Draw(t, "kind"), Outcome: reason.Outcome(rapid.Byte().Draw(t, "outcome")),
			Code: gateway.Code(word.Draw(t, "code")), Service: word.Draw(t, "service")})
		m.Answer(gateway.Answer{Decision: gateway.Decision(word.Draw(t, "decision")), Code: gateway.Code(word.Draw(t, "code"))}, gateway.Via(word.Draw(t, "via")))
		m.Delivery(word.Draw(t, "destination"), rapid.Bool().Draw(t, "ok"))
		m.Request(word.Draw(t, "route"), word.Draw(t, "method"), rapid.IntRange(-5, 1000).Draw(t, "status"), time.Second)
		checkLabels(t, m)
	})
}

func checkLabels(t *rapid.T, m *Metrics) {
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	allowed, seen := listed(m), 0
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "kopir_") || f.GetName() == "kopir_build_info" {
			continue
		}
		for _, metric := range f.GetMetric() {
			for _, l := range metric.GetLabel() {
				list, ok := allowed[l.GetName()]
				if !ok {
					t.Fatalf("%s has the label %s, which has no list", f.GetName(), l.GetName())
				}
				if _, ok := list[l.GetValue()]; !ok {
					t.Fatalf("%s{%s=%q} is not in the list", f.GetName(), l.GetName(), l.GetValue())
				}
				seen++
			}
		}
	}
	if seen < 10 {
		t.Fatalf("only %d labels were seen", seen)
	}
}

func TestEveryCodeIsCountedAsItself(t *testing.T) {
	m := newMetrics(nil)
	for _, code := range gateway.Codes() {
		m.Answer(gateway.Answer{Decision: gateway.DecisionRefused, Code: code}, gateway.ViaREST)
	}
	if got, want := testutil.CollectAndCount(m.answers), len(gateway.Codes()); got != want {
		t.Errorf("%d series, want %d", got, want)
	}
	for o := range reason.NotApplicable + 1 {
		if got := m.lists.outcomes.of(o.String()); got == other {
			t.Errorf("outcome %v is other", o)
		}
	}
}

func TestMetricsAreWellNamed(t *testing.T) {
	l := &fakeLedger{queues: []gateway.Queue{{Name: "yesil"}}, outbox: []gateway.Queue{{Name: "shep"}}}
	m := newMetrics(l)
	m.Verdict(gateway.Verdict{})
	m.Answer(gateway.Answer{}, "")
	m.Delivery("", false)
	m.Request("", "", 0, 0)
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "kopir_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestRoutesAreTemplates(t *testing.T) {
	routes := Routes()
	slices.Sort(routes)
	if len(slices.Compact(routes)) != len(Routes()) {
		t.Error("a route is there twice")
	}
	for _, r := range routes {
		if strings.ContainsAny(r, "?#") {
			t.Errorf("%q is no template", r)
		}
	}
}

package telemetry

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kopir/gateway"
)

type stampBook struct {
	Ledger
	lag  gateway.StampLag
	err  error
	hang chan struct{}
}

func (b stampBook) StampLag(context.Context) (gateway.StampLag, error) {
	if b.hang != nil {
		<-b.hang
	}
	return b.lag, b.err
}

func scrapeLag(t *testing.T, b stampBook, now time.Time) string {
	t.Helper()
	s := newStampLag(b, 50*time.Millisecond, func() time.Time { return now })
	m := New(Config{})
	if err := m.Register(s); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, _ := io.ReadAll(w.Body)
	return string(body)
}

func TestStampLagIsMeasured(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	page := scrapeLag(t, stampBook{lag: gateway.StampLag{Unstamped: 7, Pending: 2, Oldest: now.Add(-90 * time.Second),
		Last: gateway.Batch{TokenAt: now.Add(-time.Hour)}}}, now)
	for _, line := range []string{"kopir_unstamped 7", "kopir_stamp_batches_pending 2", "kopir_unstamped_oldest_seconds 90",
		"kopir_stamp_last_timestamp_seconds 1.7999964e+09"} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("%q is missing", line)
		}
	}
	page = scrapeLag(t, stampBook{}, now)
	if !strings.Contains(page, "kopir_unstamped_oldest_seconds 0\n") || strings.Contains(page, "\nkopir_stamp_last") {
		t.Error("nothing written, nothing stamped")
	}
}

// TestStampLagIsLeftOut: a stale lag would look like a calm one.
func TestStampLagIsLeftOut(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	for name, b := range map[string]stampBook{"failing": {err: errors.New("no")}, "hanging": {hang: hang}} {
		if page := scrapeLag(t, b, time.Now()); strings.Contains(page, "\nkopir_unstamped") {
			t.Error(name, page)
		}
	}
}

func TestStampLagComesWithTheLedger(t *testing.T) {
	if New(Config{Ledger: stampBook{}}).Register(newStampLag(stampBook{}, 1, time.Now)) == nil {
		t.Error("the ledger's lag is not registered")
	}
}

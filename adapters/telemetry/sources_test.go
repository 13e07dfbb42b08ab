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
	"kopir/gateway/doctor"
	"kopir/xmlsig/revocation"
)

func scrapeForecast(t *testing.T, ask Forecaster) string {
	t.Helper()
	m := New(Config{})
	if err := m.WatchSources(ask, []string{"ocsp.example", "crl.example:8080"}); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, _ := io.ReadAll(w.Body)
	return string(body)
}

func TestSourcesAreMeasured(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	states := []revocation.SourceState{
		{Kind: "ocsp", URL: "http://ocsp.example/a", LastTried: now, SilentSince: now.Add(-90 * time.Second), CarriesUntil: now.Add(time.Minute)},
		{Kind: "crl", URL: "http://crl.example:8080/x.crl", Issuer: "nca", LastGood: now, LastTried: now, SilentSince: now.Add(-time.Minute), CarriesUntil: now.Add(time.Hour)},
		{Kind: "ocsp", URL: "http://citizen-000230500003.example/", LastTried: now, SilentSince: now.Add(-time.Second)},
		{Kind: "ocsp", URL: "http://another.example/", LastTried: now, SilentSince: now.Add(-5 * time.Second)},
	}
	f := doctor.NewForecast(states, doctor.Authorities{Issuing: []string{"nca"}}, now).WithWaiting(gateway.Waiting{
		Parked: gateway.DueCount{All: 5, By: []int{1, 2, 3}}})
	page := scrapeForecast(t, func(context.Context) (doctor.Forecast, error) { return f, nil })
	for _, line := range []string{
		`kopir_status_source_silent_seconds{kind="ocsp",source="ocsp.example"} 90`,
		`kopir_status_source_silent_seconds{kind="ocsp",source="other"} 5`,
		`kopir_status_carries_seconds{kind="crl",source="crl.example:8080"} 3600`,
		`kopir_status_parking_in_seconds 3600`,
		`kopir_applications_at_risk{within="overdue"} 1`, `kopir_applications_at_risk{within="24h"} 2`, `kopir_applications_at_risk{within="72h"} 3`,
	} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("%q is missing in\n%s", line, page)
		}
	}
	if strings.Contains(page, "citizen") || strings.Contains(page, "another") {
		t.Error("a host that is not configured became a label")
	}
}

// TestSourcesWithoutTheLedger: what is known of the sources is told all the same; a question that hangs delays nobody.
func TestSourcesWithoutTheLedger(t *testing.T) {
	now := time.Now()
	f := doctor.NewForecast([]revocation.SourceState{{Kind: "ocsp", URL: "http://ocsp.example/", LastGood: now, LastTried: now}}, doctor.Authorities{}, now)
	page := scrapeForecast(t, func(context.Context) (doctor.Forecast, error) { return f, errors.New("no") })
	if !strings.Contains(page, `kopir_status_source_silent_seconds{kind="ocsp",source="ocsp.example"} 0`) || strings.Contains(page, "\nkopir_applications_at_risk{") ||
		strings.Contains(page, "\nkopir_status_parking_in") {
		t.Error(page)
	}
	if page = scrapeForecast(t, func(ctx context.Context) (doctor.Forecast, error) { <-ctx.Done(); return f, ctx.Err() }); strings.Contains(page, "\nkopir_status_source_silent") {
		t.Error("a hanging forecast was told")
	}
}

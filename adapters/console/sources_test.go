package console

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/gateway/doctor"
	"kopir/xmlsig/revocation"
)

const nca = "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022"

// weather is a forecast with a responder that has been silent, and lists that were.
func weather(responder, lists, carries time.Duration) doctor.Forecast {
	since := func(silent time.Duration) time.Time {
		if silent == 0 {
			return time.Time{}
		}
		return now.Add(-silent)
	}
	states := []revocation.SourceState{
		{Kind: "ocsp", URL: "http://ocsp.pki.gov.kz/", Issuer: nca, LastGood: now.Add(-responder), LastTried: now, SilentSince: since(responder),
			CarriesUntil: now.Add(18 * time.Minute), Answers: 1412, LastError: "dial tcp: connection refused IIN000230500003"},
		{Kind: "crl", URL: "http://crl.pki.gov.kz/nca_gost_2022.crl", Issuer: nca, LastGood: now.Add(-lists), LastTried: now, SilentSince: since(lists),
			NextRefresh: now.Add(10 * time.Minute), CarriesUntil: now.Add(carries), Entries: 422065},
		{Kind: "crl", URL: "http://crl.pki.gov.kz/nca_d_gost_2022.crl", Issuer: nca, Delta: true, LastGood: now.Add(-time.Minute), LastTried: now, CarriesUntil: now.Add(7 * time.Hour)},
		{Kind: "crl", URL: "http://crl.root.gov.kz/gost2022.crl"},
	}
	if responder == 0 {
		states[0].LastError = ""
	}
	return doctor.NewForecast(states, doctor.Authorities{Issuing: []string{nca}}, now)
}

func calm(context.Context) (doctor.Forecast, error) {
	return weather(0, 0, 20*time.Hour).WithWaiting(gateway.Waiting{}), nil
}

func stormy(context.Context) (doctor.Forecast, error) {
	return weather(3*time.Hour, 2*time.Hour, 4*time.Hour+30*time.Minute).WithWaiting(gateway.Waiting{
		Parked: gateway.DueCount{All: 1234, By: []int{2, 31, 77}, Earliest: now.Add(-time.Hour)}, Marked: gateway.DueCount{All: 5, By: []int{0, 1, 1}}}), nil
}

func withForecast(f func(context.Context) (doctor.Forecast, error)) func(*Config) {
	return func(c *Config) { c.Forecast = f }
}

func TestSourcesOnACalmDay(t *testing.T) {
	h := newConsole(sample())
	for lang, want := range map[string]string{"kk": "Көздер жұмыс істеп тұр.", "ru": "Источники работают.", "en": "The sources carry."} {
		w := get(t, h, "/console/sources?lang="+lang, http.StatusOK)
		wantIn(t, w, want, "ocsp.pki.gov.kz", nca, "422\u00a0065")
		wantNotIn(t, w, "line-failed", "tile bad", "tile warn", `role="alert"`)
	}
	wantNotIn(t, get(t, h, "/console?lang=en", http.StatusOK), "outlook")
}

func TestSourcesInAnOutage(t *testing.T) {
	h := newConsole(sample(), withForecast(stormy))
	w := get(t, h, "/console/sources?lang=en", http.StatusOK)
	wantIn(t, w, "begin to be parked in 4\u00a0h\u00a030\u00a0min (2026-11-23 15:50). First: "+nca, `role="alert"`, "for 3\u00a0h, since 2026-11-23 08:20", "18\u00a0min", "answers kept: 1\u00a0412",
		"until 2026-11-23 15:50", "2026-11-23 11:30", "1\u00a0234", "accepted with a mark: 5", "<dd>32</dd>", "overdue: 2", "<dd>78</dd>", "not asked yet", "List (delta)", "connection refused")
	wantNotIn(t, w, sampleIIN)
	for lang, want := range map[string]string{"kk": "кейінге қалдырыла бастайды", "ru": "начнут откладываться", "en": "begin to be parked"} {
		wantIn(t, get(t, h, "/console?lang="+lang, http.StatusOK), want, `href="/console/sources"`)
	}
}

func TestSourcesWhenItBites(t *testing.T) {
	h := newConsole(sample(), withForecast(func(context.Context) (doctor.Forecast, error) {
		return weather(3*time.Hour, 2*time.Hour, -time.Minute), errors.New("dsn secret")
	}))
	w := get(t, h, "/console/sources?lang=en", http.StatusOK)
	wantIn(t, w, "New applications are being parked", "The ledger did not answer in time.", "<dd>?</dd>")
	wantNotIn(t, w, "secret")
	h = newConsole(sample(), withForecast(func(context.Context) (doctor.Forecast, error) { return weather(time.Hour, 0, time.Hour), nil }))
	wantIn(t, get(t, h, "/console/sources?lang=en", http.StatusOK), "A source is silent, but others carry")
	h = newConsole(sample(), withForecast(func(context.Context) (doctor.Forecast, error) { return weather(0, 0, -time.Minute), nil }))
	wantIn(t, get(t, h, "/console/sources?lang=en", http.StatusOK), "has ended")
}

func TestSourcesOfAProcessThatAsksNobody(t *testing.T) {
	for _, f := range []func(context.Context) (doctor.Forecast, error){nil, func(context.Context) (doctor.Forecast, error) { return doctor.Forecast{}, nil }} {
		w := get(t, newConsole(sample(), withForecast(f)), "/console/sources?lang=ru", http.StatusOK)
		wantIn(t, w, "ещё не спрашивал")
		wantNotIn(t, w, "Источники работают")
	}
}

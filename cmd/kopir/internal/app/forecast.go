package app

import (
	"context"
	"slices"

	"kopir/gateway/doctor"
	"kopir/xmlsig/pki"
)

// authoritiesOf names whose word applications need: authorities that issue, and above those that are not trusted
// themselves their roots.
func authoritiesOf(store *pki.Store) (names doctor.Authorities) {
	add := func(list []string, c *pki.Certificate) []string {
		if slices.Contains(list, c.Subject.CommonName) {
			return list // certified twice
		}
		return append(list, c.Subject.CommonName)
	}
	below := store.Intermediates()
	for _, c := range below {
		names.Issuing = add(names.Issuing, c)
	}
	for _, c := range store.Anchors() {
		issues := func(other *pki.Certificate) bool { return other.VerifyBy(c) == nil }
		if slices.ContainsFunc(below, issues) {
			names.Roots = add(names.Roots, c)
		} else if !c.SelfSigned() || len(below) == 0 {
			names.Issuing = add(names.Issuing, c)
		}
	}
	return names
}

// Forecast tells what becomes of applications if the sources of certificate status stay as they are.
func (a *App) Forecast(ctx context.Context) (doctor.Forecast, error) {
	now := a.out.Now()
	f := doctor.NewForecast(a.status.source.Sources(), a.authorities, now)
	waiting, err := a.ledger.WaitingBy(ctx, doctor.Horizons(now)...)
	if err != nil {
		return f, err
	}
	return f.WithWaiting(waiting), nil
}

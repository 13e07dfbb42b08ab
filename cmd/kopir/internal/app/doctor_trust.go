package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kopir/gateway"
	"kopir/gateway/doctor"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// trustCauses have words of their own; whatever else makes a file useless is "unreadable".
var trustCauses = []string{"environments_mixed", "not_a_ca", "name_imitated", "not_pinned", "expired", "expires_soon", "not_yet_valid",
	"signature_weak", "no_anchor", "no_status_address", "no_anchors", "note_alone"}

// trustRemedies are what to do where it is not to take the file away or to look closer.
var trustRemedies = map[string]string{"no_anchors": "fetch", "no_anchor": "fetch", "expires_soon": "fetch", "expired": "fetch", "no_status_address": "crl_address"}

// trust checks whom the gateway believes, and fills the store with those it would.
func (c *checkup) trust() {
	model, _ := pki.ParseModel(c.cfg.Trust.Model)
	c.store.SetModel(model)
	for _, e := range ReadTrust(c.cfg) {
		if e.Err == nil {
			e.addTo(c.store)
		}
	}
	findings := CheckTrust(c.cfg, c.out.Now())
	for _, f := range findings {
		level, code := doctor.Warn, f.Code
		if f.Level == LevelError {
			level = doctor.Fail
		}
		if !slices.Contains(trustCauses, code) {
			code = "unreadable"
		}
		remedy := trustRemedies[code]
		if remedy == "" {
			remedy = "trust_check"
		}
		c.add(doctor.CheckTrust, f.File, level, "trust_"+code, remedy, "file", f.File, "detail", f.Detail)
	}
	if len(findings) == 0 {
		c.add(doctor.CheckTrust, "", doctor.OK, "trust_good", "", "count", strconv.Itoa(len(c.store.Anchors())))
	}
	if c.cfg.Trust.TestPKI {
		c.add(doctor.CheckTrust, "", doctor.Warn, "trust_test", "test_pki")
	}
}

// strangersSince is how far back refusals are looked at.
const strangersSince = 7 * 24 * time.Hour

// strangers names authorities that are not trusted although people sign with their certificates. One that has issued
// a single certificate is not named: in a self-signed one the issuer may be a person.
func (c *checkup) strangers(ctx context.Context) {
	if c.ledger == nil {
		return
	}
	verdicts, err := c.ledger.Verdicts(ctx, gateway.VerdictFilter{Code: reason.ChainUntrusted, From: c.out.Now().Add(-strangersSince), Limit: verdictsLooked})
	if err != nil || len(verdicts) == 0 {
		return
	}
	issued := map[string]map[string]bool{}
	for _, v := range verdicts {
		for _, s := range v.Signers {
			if issued[s.Issuer] == nil {
				issued[s.Issuer] = map[string]bool{}
			}
			issued[s.Issuer][s.Serial] = true
		}
	}
	var names []string
	for name, serials := range issued {
		if len(serials) > 1 && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	words := "—"
	if len(names) > 0 {
		words = strings.Join(names, "; ")
	}
	c.add(doctor.CheckTrust, "", doctor.Warn, "anchor_missing", "anchor", "count", strconv.Itoa(len(verdicts)), "issuer", words)
}

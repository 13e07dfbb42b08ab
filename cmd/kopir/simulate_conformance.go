package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"kopir/adapters/keystore"
	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/conformance"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
)

// self is the address of our own gateway, which is started for it.
const self = "self"

// conform asks every case and ends with the code that says whether all passed.
func (c *SimulateSHEPCmd) conform(ctx context.Context, std streams) error {
	cfg, end, err := c.examinee(ctx, std)
	if err != nil {
		return err
	}
	defer end() //nolint:errcheck // a throw-away gateway
	t := table{out: std.out, json: c.JSON, all: len(conformance.Cases())}
	report, err := conformance.Run(ctx, cfg, t.row)
	switch {
	case errors.Is(err, conformance.ErrUnreachable):
		return &exitError{code: exitUsage, err: err}
	case err != nil:
		return err
	}
	t.end(report)
	passed, skipped := report.Count(conformance.Passed), report.Count(conformance.Skipped)
	if passed == len(report.Results) || c.AllowSkip && passed+skipped == len(report.Results) {
		return nil
	}
	return &exitError{code: exitFailed}
}

// examinee says whom to ask and how.
func (c *SimulateSHEPCmd) examinee(ctx context.Context, std streams) (conformance.Config, func() error, error) {
	if c.Conformance == self {
		cfg, end, err := conformance.Self(ctx, c.Patience)
		return cfg, end, err
	}
	cfg := conformance.Config{Service: c.Service, HTTP: &http.Client{Timeout: c.Patience}, Now: std.now, Rand: rand.Reader, Patience: c.Patience}
	nothing := func() error { return nil }
	var err error
	if cfg.Sync, cfg.Async, err = addresses("--conformance", c.Conformance, c.Async); err != nil {
		return cfg, nil, err
	}
	if cfg.Form, err = c.form(); err != nil {
		return cfg, nil, err
	}
	if cfg.Stranger, err = conformance.Stranger(); err != nil {
		return cfg, nil, err
	}
	if c.PKI == "" {
		return cfg, nothing, nil
	}
	if err := readSimulatedPKI(c.PKI, &cfg); err != nil {
		return cfg, nil, err
	}
	if c.Inbox == "" {
		return cfg, nothing, nil
	}
	end, err := c.listen(&cfg)
	return cfg, end, err
}

// addresses are those of an adapter: its base as ours has them, or both by name.
func addresses(flag, sync, async string) (string, string, error) {
	u, err := url.Parse(sync)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", "", usageErrorf("%s: %q is no http address", flag, sync)
	}
	if strings.Trim(u.Path, "/") == "" {
		base := strings.TrimSuffix(sync, "/")
		return base + "/shep/sync", base + "/shep/async", nil
	}
	return sync, async, nil
}

// form is that of the service: an example file's, or the catalogue's.
func (c *SimulateSHEPCmd) form() (conformance.Form, error) {
	if c.Form == "" {
		rules, err := app.LoadRules(config.Config{})
		if err != nil {
			return nil, err
		}
		form, err := conformance.CatalogueForm(rules.Catalogue, c.Service, c.Territory)
		if err != nil {
			return nil, usageErrorf("--service: %w", err)
		}
		return form, nil
	}
	b, err := readFlagFile(c.Form, maxForm)
	if err != nil {
		return nil, usageErrorf("--form: %w", err)
	}
	form, err := conformance.ExampleForm(string(b))
	if err != nil {
		return nil, usageErrorf("--form: %w", err)
	}
	return form, nil
}

// maxForm bounds an example; real forms have a few kilobytes.
const maxForm = 1 << 20

// listen opens the place where the adapter sends to.
func (c *SimulateSHEPCmd) listen(cfg *conformance.Config) (func() error, error) {
	at, err := listenLoopback("--inbox", c.Inbox)
	if err != nil {
		return nil, err
	}
	cfg.Inbox = &conformance.Inbox{Key: cfg.Gateway, Token: simulate.Token(c.Token), Now: cfg.Now, Rand: cfg.Rand}
	server := &http.Server{Handler: cfg.Inbox, ReadHeaderTimeout: 10 * time.Second}
	go func(l net.Listener) { _ = server.Serve(l) }(at)
	return server.Close, nil
}

// readSimulatedPKI takes the keys that kopir simulate pki --dir made.
func readSimulatedPKI(dir string, cfg *conformance.Config) error {
	for name, to := range map[string]*conformance.Signer{"shep": &cfg.Gateway, "shep-other": &cfg.Other, "shep-expired": &cfg.Expired, "person": &cfg.Person, "revoked": &cfg.Revoked} {
		key, err := readKeyPair(dir, name)
		if err != nil {
			return usageErrorf("--pki: %s: %w", name, err)
		}
		to.Key = key
	}
	cfg.IIN = cfg.Person.Certificate.Subject.IIN
	cfg.Adapter = pki.NewStore()
	for _, name := range []string{"root.pem", "issuing.pem"} {
		certs, err := readCertificates(filepath.Join(dir, "trust", name), io.Discard)
		if err != nil {
			return usageErrorf("--pki: %s: %w", name, err)
		}
		for _, cert := range certs {
			if cert.SelfSigned() {
				cfg.Adapter.AddAnchor(cert, pki.PurposeNational)
			} else {
				cfg.Adapter.AddIntermediate(cert)
			}
		}
	}
	return nil
}

// readKeyPair reads NAME.key and NAME.pem of a folder.
func readKeyPair(dir, name string) (xmlsig.Key, error) {
	certs, err := readCertificates(filepath.Join(dir, name+".pem"), io.Discard)
	if err != nil {
		return xmlsig.Key{}, err
	}
	id, err := keystore.OpenFile(filepath.Join(dir, name+".key"), "", certs...)
	if err != nil {
		return xmlsig.Key{}, withoutPath(err)
	}
	return xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, nil
}

// table prints results as they come, or each as a JSON line.
type table struct {
	out       io.Writer
	json      bool
	all, done int
}

func (t *table) row(r conformance.Result) {
	t.done++
	if t.json {
		_ = json.NewEncoder(t.out).Encode(r)
		return
	}
	fmt.Fprintf(t.out, "%3d/%d %-7s %s  %s\n%19s expected %s [%s]; came %s\n", t.done, t.all, r.Outcome, r.ID, r.Sent, "", r.Expected, r.Clause, r.Came)
	if r.Outcome != conformance.Passed {
		fmt.Fprintf(t.out, "%19s because  %s\n", "", r.Why)
	}
}

// end is the last line. It stands on its own whatever came before.
func (t *table) end(r conformance.Report) {
	passed, skipped := r.Count(conformance.Passed), r.Count(conformance.Skipped)
	if t.json {
		_ = json.NewEncoder(t.out).Encode(map[string]int{"passed": passed, "skipped": skipped, "failed": r.Count(conformance.Failed), "cases": len(r.Results)})
		return
	}
	if skipped > 0 {
		fmt.Fprintf(t.out, "%d skipped: what did not run did not pass\n", skipped)
	}
	fmt.Fprintf(t.out, "conformance: %d of %d passed\n", passed, len(r.Results))
}

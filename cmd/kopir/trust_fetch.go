package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/signal"
	"path"
	"strings"
	"syscall"
	"time"

	"kopir/adapters/pkihttp"
	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/xmlsig/pki"
)

// TrustFetchCmd downloads pinned certificates.
type TrustFetchCmd struct {
	where
	Test    bool          `help:"The TEST certificates instead of the production ones."`
	Expired bool          `help:"Also those that have expired, for documents of earlier years."`
	From    string        `placeholder:"URL" help:"Take the files, by their names, from this address instead of the official ones: a mirror inside your network."`
	Proxy   string        `placeholder:"URL" help:"Ask through this HTTP proxy."`
	Timeout time.Duration `default:"15s" help:"For each address."`
}

// Help tells why this is safe over plain HTTP.
func (c *TrustFetchCmd) Help() string {
	return `Example: kopir trust fetch --config kopir.yaml

Only certificates whose SHA-256 is pinned in the program are kept, whoever answers. Exit code 1 if one could not be had.`
}

// Run downloads what is missing.
func (c *TrustFetchCmd) Run() error { return c.run(standardStreams()) }

func (c *TrustFetchCmd) run(std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.Test != cfg.Trust.TestPKI {
		return usageErrorf("trust.test_pki is %v, and TEST and production never mix: %s", cfg.Trust.TestPKI,
			map[bool]string{true: "set it to fetch the TEST certificates", false: "give --test"}[c.Test])
	}
	wanted := c.wanted(std.now())
	client, err := c.client(wanted)
	if err != nil {
		return usageErrorf("%w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return c.withLedger(cfg, func(_ context.Context, ledger gateway.Ledger, world gateway.World) error {
		missing := 0
		for i, n := range wanted {
			outcome, err := c.fetch(ctx, cfg, client, ledger, world, n)
			if err != nil {
				outcome, missing = "FAILED: "+err.Error(), missing+1
			}
			fmt.Fprintf(std.out, "[%d/%d] %s  %s: %s\n", i+1, len(wanted), n.File, n.Name, outcome)
		}
		if missing > 0 {
			return fmt.Errorf("%d of %d certificates could not be had", missing, len(wanted))
		}
		return nil
	})
}

// wanted are the pinned certificates of the environment that are of use.
func (c *TrustFetchCmd) wanted(now time.Time) (list []pki.National) {
	environment := pki.Production
	if c.Test {
		environment = pki.Test
	}
	for _, n := range pki.Nationals() {
		if n.Environment == environment && (c.Expired || now.Before(n.NotAfter)) {
			list = append(list, n)
		}
	}
	return list
}

// client may ask the hosts of the official addresses, or the mirror, and nobody else.
func (c *TrustFetchCmd) client(wanted []pki.National) (*pkihttp.Client, error) {
	cfg := pkihttp.Config{OCSPTimeout: c.Timeout}
	for _, n := range wanted {
		for _, address := range c.addresses(n) {
			u, err := url.Parse(address)
			if err != nil {
				return nil, err
			}
			cfg.Allow = append(cfg.Allow, u.Host)
		}
	}
	if c.Proxy != "" {
		proxy, err := url.Parse(c.Proxy)
		if err != nil {
			return nil, fmt.Errorf("--proxy: not an address")
		}
		cfg.Proxy = proxy
	}
	return pkihttp.New(cfg)
}

// addresses are where the certificate is looked for. A mirror may keep it under any of its names.
func (c *TrustFetchCmd) addresses(n pki.National) []string {
	if c.From == "" {
		return n.Addresses
	}
	base := strings.TrimSuffix(c.From, "/") + "/"
	list := []string{base + n.File}
	for _, official := range n.Addresses {
		if name := path.Base(official); name != n.File {
			list = append(list, base+name)
		}
	}
	return list
}

// fetch brings one certificate and says how that went.
func (c *TrustFetchCmd) fetch(ctx context.Context, cfg config.Config, client *pkihttp.Client, ledger gateway.Ledger, world gateway.World, n pki.National) (string, error) {
	if at, there := installedPin(cfg, n); there {
		return "there already, in " + at, nil
	}
	var problems []error
	for _, address := range c.addresses(n) {
		cert, err := download(ctx, client, address, n)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", address, err))
			continue
		}
		at, err := app.Install(ctx, cfg, ledger, world, app.Installation{Cert: cert, File: n.File, Source: address, Actor: operatorName()})
		return "fetched from " + address + " into " + at, err
	}
	if len(n.Addresses) == 0 {
		return "not published as a file of its own: bring it by kopir trust add", nil
	}
	return "", errors.Join(problems...)
}

func installedPin(cfg config.Config, n pki.National) (string, bool) {
	return app.Installed(cfg, &pki.Certificate{SHA256: n.SHA256})
}

// download keeps an answer only if it is the pinned certificate, octet for octet.
func download(ctx context.Context, client *pkihttp.Client, address string, n pki.National) (*pki.Certificate, error) {
	b, err := client.Certificate(ctx, address)
	if err != nil {
		return nil, err
	}
	certs, err := pki.ParseAll(b)
	for _, cert := range certs {
		if cert.SHA256 == n.SHA256 {
			return cert, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("another certificate than the pinned one (%s): not kept", certs[0].Subject.CommonName)
}

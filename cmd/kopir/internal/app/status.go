package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kopir/adapters/pkihttp"
	"kopir/adapters/rediscache"
	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
)

// statusParts are what certificate status comes from.
type statusParts struct {
	client *pkihttp.Client    // the one guarded dialer: only hosts the configuration names
	source *revocation.Online // OCSP and lists
	shared *rediscache.Cache  // answers other instances were given; nil without Redis
}

// openStatus makes the source of certificate status. failed hears which source gave nothing usable.
func openStatus(cfg config.Config, o Outside, trust *pki.Store, failed func(source string)) (s statusParts, err error) {
	s.client, err = pkihttp.New(pkihttp.Config{Allow: cfg.StatusHosts(), Dir: filepath.Join(cfg.Data, crlFolder),
		OCSPTimeout: cfg.Status.Timeout, CRLTimeout: cfg.Status.ListTime, ArchiveAge: cfg.Status.ArchiveAge, Now: o.Now, Log: o.Log})
	if err != nil {
		return s, err
	}
	complaints := complaints{log: o.Log, now: o.Now, last: map[string]time.Time{}}
	c := revocation.Config{Now: o.Now, Rand: o.Rand, CRL: cfg.Status.CRL, Hosts: cfg.StatusHosts(),
		Freshness: cfg.Status.Freshness, OCSPTimeout: cfg.Status.Timeout, CRLTimeout: cfg.Status.ListTime, CRLRefresh: cfg.Status.Refresh,
		FullRefresh: cfg.Status.Full, Jitter: cfg.Status.Jitter,
		Authorities: func() []*pki.Certificate { return slices.Concat(trust.Intermediates(), trust.Anchors()) },
		Failed: func(source, url string, err error) {
			failed(source)
			complaints.hear(source, url, err)
		}}
	for _, r := range cfg.Status.OCSP {
		c.Responders = append(c.Responders, revocation.Responder{URL: r.URL, GET: r.GET(), Priority: r.Priority})
	}
	if cfg.Redis != "" {
		if s.shared, err = rediscache.Open(cfg.Redis, rediscache.Options{Now: o.Now}); err != nil {
			return s, fmt.Errorf("redis: %w", err)
		}
		c.Cache = s.shared
	}
	s.source = revocation.NewOnline(s.client, c)
	return s, nil
}

// crlFolder lies in the data folder.
const crlFolder = "crl"

func (s statusParts) close() error {
	if s.shared == nil {
		return nil
	}
	return s.shared.Close()
}

// complaints logs why sources give nothing, each address once a minute: in an outage every application would.
type complaints struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	last map[string]time.Time
}

// complainEvery is how often one address gets into the log.
const complainEvery = time.Minute

func (c *complaints) hear(source, url string, err error) {
	c.mu.Lock()
	now, key := c.now(), source+" "+url
	last, heard := c.last[key]
	quiet := heard && now.Sub(last).Abs() < complainEvery
	if !quiet {
		c.last[key] = now
	}
	c.mu.Unlock()
	if !quiet {
		c.log.Warn("certificate status not usable", "source", source, "url", url, "error", err.Error())
	}
}

// longestRest bounds the pause between two rounds of renewal: a clock may be put right meanwhile.
const longestRest = time.Minute

// renewStatus keeps lists and often-asked answers fresh, so that no application waits for them.
func (a *App) renewStatus(ctx context.Context) {
	for ctx.Err() == nil {
		next := a.status.source.Renew(ctx)
		sleep(ctx, min(max(next.Sub(a.out.Now()), time.Second), longestRest))
	}
}

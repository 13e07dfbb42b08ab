package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"kopir/adapters/keystore"
	"kopir/adapters/pkihttp"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/gateway/doctor"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// checkup is one look at all that a gateway depends on.
type checkup struct {
	cfg    config.Config
	out    Outside
	tell   func(doctor.Finding)
	store  *pki.Store
	ledger gateway.Ledger // nil if it cannot be used
}

// Doctor looks at everything the gateway of this configuration depends on and tells each finding at once. It changes
// nothing, but for one row and one file that it takes away again.
func Doctor(ctx context.Context, cfg config.Config, o Outside, tell func(doctor.Finding)) {
	o.Log = slog.New(slog.DiscardHandler) // what is wrong is said in findings
	c := &checkup{cfg: cfg, out: o, tell: tell, store: pki.NewStore()}
	c.folders()
	c.disk()
	c.openLedger(ctx)
	if c.ledger != nil {
		defer c.ledger.Close() //nolint:errcheck // only read
	}
	c.redis(ctx)
	c.trust()
	c.strangers(ctx)
	examination := c.outside(ctx)
	c.calendar()
	c.lag(ctx)
	c.queues(ctx)
	c.running(ctx)
	c.forecast(ctx, examination)
}

func (c *checkup) add(check, subject string, level doctor.Level, cause, remedy string, pairs ...string) {
	c.tell(doctor.NewFinding(check, subject, level, cause, remedy, pairs...))
}

// forecast tells what becomes of applications if what was found stays so.
func (c *checkup) forecast(ctx context.Context, x *doctor.Examination) {
	now := c.out.Now()
	f := doctor.NewForecast(x.States(), authoritiesOf(c.store), now)
	if c.ledger != nil {
		if w, err := c.ledger.WaitingBy(ctx, doctor.Horizons(now)...); err == nil {
			f = f.WithWaiting(w)
		}
	}
	for _, one := range f.Findings() {
		c.tell(one)
	}
}

// outside asks all sources of status and of time stamps, and knocks at the state gateway's door.
func (c *checkup) outside(ctx context.Context) *doctor.Examination {
	x := &doctor.Examination{Now: c.out.Now, Rand: c.out.Rand, Store: c.store, Known: c.known(ctx), SHEP: c.cfg.SHEP.Send,
		Lists: c.cfg.Status.CRL, Stampers: doctor.Stampers{Addresses: c.cfg.Timestamps.TSA, Policy: c.cfg.Timestamps.Policy,
			Hash: c.cfg.Timestamps.HashOID(), Store: c.store}}
	for _, r := range c.cfg.Status.OCSP {
		x.Responders = append(x.Responders, doctor.Responder{URL: r.URL, GET: r.GET()})
	}
	if store, err := stampStore(c.cfg, c.store); err == nil {
		x.Stampers.Store = store
	}
	client, err := c.client()
	if err != nil {
		c.add(doctor.CheckOCSP, "", doctor.Fail, "hosts_malformed", "hosts", "detail", err.Error())
		return x
	}
	x.Prober = pkihttp.NewProber(client)
	x.Kept = func(address string) (io.ReadCloser, error) {
		r, _, err := client.Kept(address)
		return r, err
	}
	x.Run(ctx, c.tell)
	return x
}

// client may ask whoever the gateway may, and sees the lists it has kept.
func (c *checkup) client() (*pkihttp.Client, error) {
	allow := append(c.cfg.StatusHosts(), c.cfg.Timestamps.Hosts()...)
	if u, err := url.Parse(c.cfg.SHEP.Send); err == nil && u.Host != "" {
		allow = append(allow, u.Host)
	}
	dir := filepath.Join(c.cfg.Data, crlFolder)
	if _, err := os.Stat(dir); err != nil {
		dir = "" // nothing is made here
	}
	return pkihttp.New(pkihttp.Config{Allow: allow, Dir: dir, OCSPTimeout: c.cfg.Status.Timeout, CRLTimeout: c.cfg.Status.ListTime, Now: c.out.Now})
}

// Bounds of the search for certificates to ask about.
const (
	verdictsLooked = 200
	knownEnough    = 16
)

// known are certificates of applications that were verified lately, of the state gateway and our own. Of them only
// their serial numbers leave the machine, to the responders that the gateway asks about them anyway.
func (c *checkup) known(ctx context.Context) (all []*pki.Certificate) {
	if c.ledger != nil {
		all = c.signers(ctx)
	}
	if password, err := config.Secret(c.cfg.SHEP.KeyPassword); err == nil && c.cfg.SHEP.KeyFile != "" {
		if id, err := keystore.OpenFile(c.cfg.SHEP.KeyFile, password); err == nil && id.Certificate != nil {
			all = append(all, id.Certificate)
		}
	}
	if pins, err := readCertificates(c.cfg.SHEP.Pins); err == nil {
		all = append(all, pins...)
	}
	return all
}

func (c *checkup) signers(ctx context.Context) (all []*pki.Certificate) {
	verdicts, err := c.ledger.Verdicts(ctx, gateway.VerdictFilter{Limit: verdictsLooked})
	if err != nil {
		return nil
	}
	seen := map[string]bool{}
	for _, v := range verdicts {
		if v.Outcome != reason.Passed && v.Code != reason.RevocationUnknown {
			continue
		}
		for _, sum := range v.Certificates {
			if cert := c.signer(ctx, sum); cert != nil && !seen[sum] {
				all = append(all, cert)
			}
			seen[sum] = true
			if len(seen) > 4*knownEnough || len(all) == knownEnough {
				return all
			}
		}
	}
	return all
}

func (c *checkup) signer(ctx context.Context, sum string) *pki.Certificate {
	der, err := c.ledger.Document(ctx, sum)
	if err != nil {
		return nil
	}
	cert, err := pki.Parse(der)
	if err != nil || cert.IsCA {
		return nil
	}
	return cert
}

// cause is an error's own words without what wraps them, fit for a line.
func cause(err error) string {
	var e *gateway.Error
	if errors.As(err, &e) {
		return e.Detail
	}
	return err.Error()
}

package app

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"

	"golang.org/x/sync/errgroup"

	"kopir/adapters/httpserver"
	"kopir/adapters/shep"
	"kopir/adapters/telemetry"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/gateway/catalogue"
	"kopir/gateway/doctor"
	"kopir/gateway/routing"
	"kopir/gateway/worktime"
	"kopir/schemas"
	"kopir/xmlsig/pki"
)

// App is a wired gateway.
type App struct {
	cfg     config.Config
	out     Outside
	rules   gateway.Rules
	trust   *pki.Store
	anchors []anchor

	authorities doctor.Authorities // whose word applications need

	first string // where the first operator's key was put; empty after the first run

	ledger   gateway.Ledger
	files    *gateway.FileDesk
	index    gateway.Index
	metrics  *telemetry.Metrics
	intake   *gateway.Intake
	work     *gateway.Work
	views    *gateway.Views
	access   *gateway.Access
	parking  *gateway.Parking
	delivery *gateway.Delivery
	lookups  *gateway.Lookups
	stamping *gateway.Stamping
	status   statusParts
	shep     *shep.Client     // nil: no way to the state gateway is configured
	notices  chan shep.Notice // of pushed applications, to be confirmed
	server   *httpserver.Server
	addr     net.Addr
}

// New opens the ledger and the index and wires everything. Nothing listens yet.
func New(ctx context.Context, cfg config.Config, o Outside) (_ *App, err error) {
	a := &App{cfg: cfg, out: o, notices: make(chan shep.Notice, maxNotices)}
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	if a.rules, err = LoadRules(cfg); err != nil {
		return nil, err
	}
	if a.trust, a.anchors, err = loadTrust(cfg); err != nil {
		return nil, err
	}
	if a.ledger, err = OpenLedger(ctx, cfg, o); err != nil {
		return nil, err
	}
	if err = a.openFiles(); err != nil {
		return nil, err
	}
	if a.index, err = openIndex(cfg); err != nil {
		return nil, err
	}
	if err = a.domain(); err != nil {
		return nil, err
	}
	if err = a.firstRun(ctx); err != nil {
		return nil, err
	}
	return a, a.edges()
}

// LoadRules reads the catalogue, the registry and the calendar: the built-in ones or the operator's folder.
func LoadRules(cfg config.Config) (r gateway.Rules, err error) {
	var files fs.FS = schemas.FS
	if cfg.Catalogue != "" {
		files = os.DirFS(cfg.Catalogue)
	}
	if r.Catalogue, err = catalogue.Load(files); err != nil {
		return r, err
	}
	if r.Registry, err = routing.Load(files); err != nil {
		return r, err
	}
	r.Calendar, err = worktime.Load(files)
	return r, err
}

// domain makes the use cases over the ports.
func (a *App) domain() error {
	a.metrics = telemetry.New(telemetry.Config{Ledger: a.ledger, Services: a.serviceKeys(), Providers: a.providerIDs(), Now: a.out.Now})
	var err error
	if a.status, err = openStatus(a.cfg, a.out, a.trust, a.metrics.SourceFailed); err != nil {
		return err
	}
	a.authorities = authoritiesOf(a.trust)
	if err := a.metrics.WatchSources(a.Forecast, a.cfg.StatusHosts()); err != nil {
		return err
	}
	prover := gateway.NewProver(a.trust, a.status.source)
	if err := judging(prover, a.cfg); err != nil {
		return err
	}
	if err := a.openSHEP(); err != nil {
		return err
	}
	if err := a.openTemporary(); err != nil {
		return err
	}
	world := a.out.World()
	clock := gateway.NewClock(a.ledger)
	a.intake = gateway.NewIntake(a.ledger, a.index, prover, a.rules, world, clock, a.metrics,
		gateway.IntakeConfig{ParkEvery: a.cfg.Intervals.Park, Registers: a.registerNames(), Files: a.files})
	a.work = gateway.NewWork(a.ledger, a.index, prover, a.rules, world, a.metrics, gateway.WorkConfig{Clock: clock})
	a.views = gateway.NewViews(a.ledger, a.files.Files)
	a.access = gateway.NewAccess(a.ledger, world)
	a.parking = gateway.NewParking(a.intake, gateway.ParkingConfig{})
	if err := a.openStamping(clock); err != nil {
		return err
	}
	if err := a.openLookups(); err != nil {
		return err
	}
	couriers, err := a.couriers()
	if err != nil {
		return err
	}
	a.delivery = gateway.NewDelivery(a.ledger, couriers, world, a.metrics, gateway.DeliveryConfig{Timeout: a.cfg.Intervals.Timeout})
	return nil
}

// Start opens the listener, so that an address in use is known at once.
func (a *App) Start() (err error) {
	a.addr, err = a.server.Listen()
	return err
}

// URL is where the gateway is reached; known after Start.
func (a *App) URL() string {
	if a.cfg.TLS.On() {
		return "https://" + a.addr.String()
	}
	return "http://" + a.addr.String()
}

// Run serves and works until ctx ends; running requests are finished first.
func (a *App) Run(ctx context.Context) error {
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { return a.server.Run(inner) })
	if a.cfg.HasRole("intake") || a.cfg.HasRole("worker") {
		g.Go(func() error { a.renewStatus(inner); return nil })
	}
	if a.cfg.HasRole("intake") {
		g.Go(func() error { a.confirmPushed(inner); return nil })
	}
	if a.cfg.HasRole("worker") {
		for _, r := range a.rounds() {
			g.Go(func() error { a.loop(inner, r); return nil })
		}
	}
	return g.Wait()
}

// Close ends the connections to the ledger and the index.
func (a *App) Close() error {
	var problems []error
	problems = append(problems, a.status.close())
	if a.index != nil {
		problems = append(problems, a.index.Close())
	}
	if a.ledger != nil {
		problems = append(problems, a.ledger.Close())
	}
	return errors.Join(problems...)
}

// Rules are the catalogue, registry and calendar in use.
func (a *App) Rules() gateway.Rules { return a.rules }

// Access adds and revokes callers.
func (a *App) Access() *gateway.Access { return a.access }

// History is a case and its events as the ledger has them.
func (a *App) History(ctx context.Context, number string) (gateway.Case, []gateway.Event, error) {
	c, err := a.ledger.Case(ctx, number)
	if err != nil {
		return gateway.Case{}, nil, err
	}
	events, err := a.ledger.Events(ctx, number)
	return c, events, err
}

package app

import (
	"fmt"
	"net/http"
	"strings"

	"kopir/adapters/console"
	"kopir/adapters/envelope"
	"kopir/adapters/httpserver"
	"kopir/adapters/keystore"
	"kopir/adapters/rest"
	"kopir/adapters/soap"
	"kopir/adapters/webhook"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/schemas"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
)

// edges mounts everything that listens.
func (a *App) edges() error {
	texts, err := httpserver.LoadTexts()
	if err != nil {
		return err
	}
	frame := httpserver.NewFrame(httpserver.Options{Log: a.out.Log, Texts: texts, Now: a.out.Now, Rand: a.out.Rand,
		Observe: a.observe})
	mux := http.NewServeMux()
	mux.Handle("/healthz", frame.Healthy())
	mux.Handle("/readyz", frame.Ready(httpserver.Probe{Name: "ledger", Ask: a.ledger.Ping}))
	mux.Handle("/metrics", a.metrics.Handler())
	if a.cfg.HasRole("intake") {
		if err := a.intakeEdges(mux, frame); err != nil {
			return err
		}
	}
	if a.cfg.HasRole("console") {
		mux.Handle("/console", a.console(texts))
		mux.Handle("/console/", a.console(texts))
	}
	mux.Handle("/", frame.Handle("unmatched", a.elsewhere))
	encryption, err := listenerTLS(a.cfg.TLS)
	if err != nil {
		return err
	}
	a.server = httpserver.New(httpserver.Config{Addr: a.cfg.Listen, TLS: encryption}, mux)
	return nil
}

// elsewhere answers what nothing is mounted for: the pages for people who open the bare address.
func (a *App) elsewhere(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Path == "/" && r.Method == http.MethodGet && a.cfg.HasRole("console") {
		http.Redirect(w, r, "/console", http.StatusFound)
		return nil
	}
	return &gateway.Error{Code: gateway.CodeNotFound, Detail: "no such address"}
}

func (a *App) observe(o httpserver.Observation) {
	a.metrics.Request(o.Route, o.Method, o.Status, o.Took)
}

// intakeEdges are the addresses portals and districts call.
func (a *App) intakeEdges(mux *http.ServeMux, frame *httpserver.Frame) error {
	api, err := rest.New(frame, rest.Config{Access: a.access, Intake: a.intake, Work: a.work, Views: a.views, Files: a.files.Files})
	if err != nil {
		return err
	}
	mux.Handle("/v1/", api)
	mux.Handle("/openapi.yaml", api)
	transport, err := a.transport()
	if err != nil {
		return err
	}
	sign, err := a.transportSigner()
	if err != nil {
		return err
	}
	ep, err := soap.New(frame, soap.Config{Transport: transport, Intake: a.confirmingIntake(), Sender: a.intake.SenderStatus, Status: statusSink{a}, Sign: sign,
		PublicURL: a.cfg.PublicURL, Now: a.out.Now, Rand: a.out.Rand})
	if err != nil {
		return err
	}
	mux.Handle("/shep/sync", ep.Sync())
	mux.Handle("/shep/async", ep.Async())
	return nil
}

func readCertificates(files []string) (all []*pki.Certificate, err error) {
	err = eachCertificate(files, func(_ string, c *pki.Certificate) { all = append(all, c) })
	return all, err
}

// transportSigner signs what goes to the state gateway; nil where no key is configured.
func (a *App) transportSigner() (envelope.Signer, error) {
	if a.cfg.SHEP.KeyFile == "" {
		return nil, nil
	}
	password, err := config.Secret(a.cfg.SHEP.KeyPassword)
	if err != nil {
		return nil, err
	}
	id, err := keystore.OpenFile(a.cfg.SHEP.KeyFile, password)
	if err != nil {
		return nil, fmt.Errorf("shep.key_file: %w", err)
	}
	return envelope.KeySigner(xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, a.out.Rand), nil
}

// couriers carry the outbox: through the state gateway where it is configured, and to REST callers.
func (a *App) couriers() (map[string]gateway.Courier, error) {
	words, err := messageWords()
	if err != nil {
		return nil, err
	}
	key, err := callbackKey(a.cfg, a.out)
	if err != nil {
		return nil, err
	}
	all := map[string]gateway.Courier{"callback": webhook.New(webhook.Config{Targets: callbackBook{a, key}, Words: words, Now: a.out.Now})}
	if a.shep != nil {
		all[gateway.DestinationSHEP] = a.shep
	}
	return all, nil
}

// console makes the operator's pages.
func (a *App) console(texts httpserver.Table) http.Handler {
	rows, _ := schemas.Codes()
	operator := map[gateway.Code]map[string]string{}
	for _, r := range rows {
		operator[gateway.Code(r.Code)] = r.Operator
	}
	return console.New(console.Config{Ledger: a.ledger, Auth: console.Basic(a.access), Now: a.out.Now, Rand: a.out.Rand, Log: a.out.Log,
		TestPKI: a.cfg.Trust.TestPKI, Forecast: a.Forecast, Texts: console.TextsFunc(schemas.Text), Services: a.serviceRows,
		Codes: func(code gateway.Code) (console.CodeText, bool) {
			t, ok := texts[code]
			return console.CodeText{Applicant: map[string]string{"kk": t.Kk, "ru": t.Ru}, Operator: operator[code]}, ok
		},
		Provider: func(lang, id string) string {
			p, ok := a.rules.Registry.Provider(id)
			if !ok {
				return strings.TrimSpace(id)
			}
			return p.Name(lang)
		}})
}

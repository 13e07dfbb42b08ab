package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"kopir/adapters/envelope"
	"kopir/adapters/httpserver"
	"kopir/adapters/shep"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
)

// openSHEP makes the client of the state gateway where an address of it is configured.
func (a *App) openSHEP() error {
	s := a.cfg.SHEP
	if s.Send == "" && s.SendSync == "" {
		return nil
	}
	if err := a.knownServices(); err != nil {
		return err
	}
	cfg := shep.Config{URL: s.Send, SyncURL: s.SendSync, SenderID: s.SenderID, OwnIDs: s.MessageID == "own",
		Timeout: a.cfg.Intervals.Timeout, Service: a.wayBack, Now: a.out.Now, Rand: a.out.Rand}
	var err error
	if cfg.Words, err = messageWords(); err != nil {
		return err
	}
	if cfg.Sign, err = a.transportSigner(); err != nil {
		return err
	}
	if cfg.Password, err = config.Secret(s.PasswordFile); err != nil {
		return fmt.Errorf("shep.password_file: %w", err)
	}
	cfg.Files = temporaryFiles(s, cfg.Password)
	if cfg.Replies, err = a.replies(); err != nil {
		return err
	}
	if cfg.Header, err = extraHeaders(s.SHEPClient); err != nil {
		return err
	}
	if cfg.Transport, err = wayOut(a.cfg); err != nil {
		return err
	}
	if a.shep, err = shep.New(cfg); err != nil {
		return err
	}
	for _, c := range a.shep.Collectors() {
		if err := a.metrics.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// knownServices refuses settings of services nobody has heard of: a misspelt key would be silence.
func (a *App) knownServices() error {
	for key := range a.cfg.SHEP.Services {
		if len(a.serviceIDs(key)) == 0 {
			return fmt.Errorf("shep.services: the catalogue has no service %q with a serviceId", key)
		}
	}
	return nil
}

// wayBack is how a case's service is told what became of it.
func (a *App) wayBack(c gateway.Case) shep.Service {
	way := shep.Service{Channel: a.cfg.SHEP.Service(c.Service).Channel}
	if s, ok := a.rules.Catalogue.ByKey(c.Service); ok {
		way.Payload = s.SHEP.Payload
	}
	return way
}

func messageWords() (func(gateway.Message, gateway.Case) (kk, ru string), error) {
	texts, err := httpserver.LoadTexts()
	return func(m gateway.Message, c gateway.Case) (kk, ru string) {
		w := httpserver.MessageWords(texts, m, c)
		return w.Kk, w.Ru
	}, err
}

// replies says whose signature answers have to carry; nil where the operator has said off. The status of a
// national certificate is asked for by the intake, for the applications that were fetched: a receipt
// that would not count while a responder is silent would be sent for again and again.
func (a *App) replies() (shep.Verifier, error) {
	s := a.cfg.SHEP
	switch s.Replies {
	case "off":
		return nil, nil
	case "national":
		candidates, err := readCertificates(s.RepliesCerts)
		return envelope.NewNational(a.trust, s.RepliesBIN, candidates...), err
	}
	certs, err := readCertificates(s.Pins)
	var pins []envelope.Pin
	for _, c := range certs {
		pins = append(pins, envelope.PinCertificate(c))
	}
	return envelope.NewPins(pins...), err
}

func extraHeaders(s config.SHEPClient) (http.Header, error) {
	h := http.Header{}
	for name, value := range s.Headers {
		h.Set(name, value)
	}
	for name, file := range s.HeaderFiles {
		value, err := config.Secret(file)
		if err != nil {
			return nil, fmt.Errorf("shep.header_files: %w", err)
		}
		h.Set(name, value)
	}
	return h, nil
}

// wayOut is the connection to the gateway: proxy, client certificate, whom to believe.
func wayOut(c config.Config) (http.RoundTripper, error) {
	s := c.SHEP
	t := shep.TransportConfig{Timeout: c.Intervals.Timeout, ServerName: s.ServerName}
	var err error
	if t.Proxy, err = proxy(s.SHEPClient); err != nil {
		return nil, err
	}
	if t.ServerKeys, err = s.ServerKeys.Digests(); err != nil {
		return nil, err
	}
	if s.ClientCert != "" {
		pair, err := tls.LoadX509KeyPair(s.ClientCert, s.ClientKey)
		if err != nil {
			return nil, fmt.Errorf("shep.client_certificate_file: %w", err)
		}
		t.Certificate = &pair
	}
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, fmt.Errorf("shep.ca_file: %w", err)
		}
		if t.Roots = x509.NewCertPool(); !t.Roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("shep.ca_file: no PEM certificate in it")
		}
	}
	return shep.NewTransport(t)
}

func proxy(s config.SHEPClient) (*url.URL, error) {
	if s.Proxy == "" {
		return nil, nil
	}
	u, err := url.Parse(s.Proxy)
	if err != nil {
		return nil, errors.New("shep.proxy: not an address")
	}
	password, err := config.Secret(s.ProxyPass)
	if err != nil {
		return nil, fmt.Errorf("shep.proxy_password_file: %w", err)
	}
	if password != "" && u.User != nil {
		u.User = url.UserPassword(u.User.Username(), password)
	}
	return u, nil
}

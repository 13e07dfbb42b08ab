package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// The service our own gateway is asked for.
const (
	SelfService   = "KOPIR_HOUSING_ASSISTANCE"
	SelfTerritory = "593200000" // Айыртау ауданы
)

// Self starts our own gateway on embedded defaults, with a throw-away PKI around it, and says how to ask it.
func Self(ctx context.Context, patience time.Duration) (_ Config, end func() error, err error) {
	dir, err := os.MkdirTemp("", "kopir-conformance-")
	if err != nil {
		return Config{}, nil, err
	}
	inner, cancel := context.WithCancel(ctx)
	s := &self{dir: dir, cfg: Config{Service: SelfService, HTTP: &http.Client{Timeout: patience}, Now: time.Now, Rand: rand.Reader, Patience: patience}}
	end = func() error {
		cancel()
		var err error
		if s.running != nil {
			err = errors.Join(<-s.running, s.app.Close())
		}
		return errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.open(inner); err != nil {
		return Config{}, nil, errors.Join(err, end())
	}
	return s.cfg, end, nil
}

type self struct {
	dir     string
	cfg     Config
	pki     *simulate.PKI
	app     *app.App
	running chan error
}

func (s *self) open(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	if s.pki, err = simulate.NewPKI(base, time.Now, rand.Reader, testpki.GOST512, testpki.RSA); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := s.people(); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.cfg.Inbox = &Inbox{Key: s.cfg.Gateway, Token: simulate.TokenIssuerSerial, Now: time.Now, Rand: rand.Reader}
	mux := http.NewServeMux()
	mux.Handle("/bip-async/", s.cfg.Inbox)
	mux.Handle("/", s.pki)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return s.gateway(ctx, base)
}

// people makes every key of the run and writes what the gateway reads.
func (s *self) people() error {
	system := func(alg testpki.Algorithm, n int, change func(*testpki.Profile)) func() (xmlsig.Key, error) {
		p := testpki.Profile{Kind: testpki.InformationSystem, CommonName: "СЫНАҚ ЖҮЙЕ", BIN: simulate.SyntheticBIN(n), Organization: "СЫНАҚ"}
		if change != nil {
			change(&p)
		}
		return func() (xmlsig.Key, error) { return s.pki.Issue(alg, p) }
	}
	expired := func(p *testpki.Profile) {
		p.NotBefore, p.NotAfter = time.Now().Add(-300*24*time.Hour), time.Now().Add(-24*time.Hour)
	}
	s.cfg.IIN = simulate.SyntheticIIN(1)
	person := func() (xmlsig.Key, error) { return s.pki.Issue(testpki.GOST512, Citizen(s.cfg.IIN)) }
	var ours Signer
	for _, k := range []struct {
		to   *Signer
		make func() (xmlsig.Key, error)
	}{
		{&ours, system(testpki.GOST512, 901, nil)}, {&s.cfg.Gateway, system(testpki.GOST512, 902, nil)},
		{&s.cfg.Other, system(testpki.RSA, 902, nil)}, {&s.cfg.Expired, system(testpki.GOST512, 902, expired)},
		{&s.cfg.Person, person}, {&s.cfg.Revoked, person}, {&s.cfg.Stranger, strangersKey},
	} {
		key, err := k.make()
		if err != nil {
			return err
		}
		k.to.Key = key
	}
	s.pki.Family(testpki.GOST512).Revoke(s.cfg.Revoked.Certificate.Serial, time.Now().Add(-time.Hour), 1) // keyCompromise
	s.cfg.Adapter = pki.NewStore()
	for _, root := range s.pki.Roots() {
		s.cfg.Adapter.AddAnchor(root, pki.PurposeNational)
	}
	for _, ca := range s.pki.Issuing() {
		s.cfg.Adapter.AddIntermediate(ca)
	}
	return s.files(ours)
}

// Citizen is the profile of a person's signing certificate.
func Citizen(iin string) testpki.Profile {
	return testpki.Profile{Kind: testpki.Person, CommonName: "СЫНАҚОВ ҮЛГІ", Surname: "СЫНАҚОВ", IIN: iin}
}

// strangersKey is of an authority nobody trusts, under the same names.
func strangersKey() (xmlsig.Key, error) {
	other, err := testpki.New(testpki.GOST512, testpki.Options{Rand: rand.Reader, Now: time.Now().Add(-time.Hour), Name: string(testpki.GOST512)})
	if err != nil {
		return xmlsig.Key{}, err
	}
	id, err := other.Issue(Citizen(simulate.SyntheticIIN(1)))
	return xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, err
}

// Stranger is a key no adapter trusts.
func Stranger() (Signer, error) {
	key, err := strangersKey()
	return Signer{key}, err
}

func (s *self) files(ours Signer) error {
	id := testpki.Identity{Certificate: ours.Certificate, Key: ours.Signer}
	private, err := id.KeyPEM()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"system.pem":     append(private, id.PEM()...),
		"shep.pem":       testpki.CertificatePEM(s.cfg.Gateway.Certificate, s.cfg.Other.Certificate, s.cfg.Expired.Certificate),
		"trust/self.pem": testpki.CertificatePEM(append(s.pki.Roots(), s.pki.Issuing()...)...),
	} {
		path := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// gateway starts the gateway with a configuration an operator could have written.
func (s *self) gateway(ctx context.Context, base string) error {
	cfg := config.Config{
		Listen: "127.0.0.1:0", Data: s.dir, Trust: config.Trust{TestPKI: true},
		Status: config.Status{Hosts: []string{base[len("http://"):]}, Timeout: 2 * time.Second},
		SHEP: config.SHEP{Pins: []string{filepath.Join(s.dir, "shep.pem")}, Send: base + "/bip-async/", SenderID: "kopir",
			KeyFile: filepath.Join(s.dir, "system.pem")},
		Intervals: config.Intervals{Delivery: 50 * time.Millisecond},
	}.WithDefaults()
	o := app.Machine()
	o.Log = slog.New(slog.DiscardHandler)
	a, err := app.New(ctx, cfg, o)
	if err != nil {
		return err
	}
	if err := a.Start(); err != nil {
		return errors.Join(err, a.Close())
	}
	s.app, s.running = a, make(chan error, 1)
	go func() { s.running <- a.Run(ctx) }()
	s.cfg.Sync, s.cfg.Async = a.URL()+"/shep/sync", a.URL()+"/shep/async"
	s.cfg.Form, err = CatalogueForm(a.Rules().Catalogue, SelfService, SelfTerritory)
	return err
}

package app

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/gateway/routing"
	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

// stage is a running gateway with the outside world around it.
type stage struct {
	*App
	t       *testing.T
	pki     *simulate.PKI
	cabinet *simulate.Cabinet
	portal  *simulate.Client
	clock   func() time.Time // nil: this machine's
	offset  atomic.Int64     // of the gateway's clock
	stop    func()
	n       int
}

const (
	north   = "593200000" // Айыртау ауданы
	service = "housing-assistance"
)

// newStage starts a gateway on a fresh folder; change may set another ledger or Redis.
func newStage(t *testing.T, change func(*config.Config)) *stage {
	t.Helper()
	s := &stage{t: t, cabinet: simulate.NewCabinet(time.Now)}
	outside := httptest.NewUnstartedServer(nil)
	t.Cleanup(outside.Close)
	base := "http://" + outside.Listener.Addr().String()
	var err error
	if s.pki, err = simulate.NewPKI(base, func() time.Time { return time.Now().Add(-time.Minute) }, rand.Reader, testpki.GOST512, testpki.RSA); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/cabinet/", simulate.CallbackHandler(s.cabinet))
	mux.Handle("/", s.pki)
	outside.Config.Handler = mux
	outside.Start()

	host := outside.Listener.Addr().String()
	cfg := config.Config{Listen: "127.0.0.1:0", Data: t.TempDir(), Trust: config.Trust{TestPKI: true},
		Status: config.Status{Hosts: []string{host}, Timeout: time.Second}, Callbacks: []string{host},
		Intervals: config.Intervals{Delivery: 20 * time.Millisecond, Parking: 50 * time.Millisecond, Rebuild: 100 * time.Millisecond, Park: 50 * time.Millisecond}}
	if change != nil {
		change(&cfg)
	}
	cfg = cfg.WithDefaults()
	s.writeRoots(cfg.Data)
	s.start(cfg)
	key, err := s.Access().Add(context.Background(), gateway.Caller{ID: "portal", Kind: gateway.CallerPortal, Callback: base + "/cabinet/"}, "test")
	if err != nil {
		t.Fatal(err)
	}
	s.portal = s.client(key)
	return s
}

func (s *stage) writeRoots(dir string) {
	s.t.Helper()
	var out []byte
	for _, c := range append(s.pki.Roots(), s.pki.Issuing()...) {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if err := os.MkdirAll(filepath.Join(dir, "trust"), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "trust", "roots.pem"), out, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// start runs a gateway with this configuration until the test ends.
func (s *stage) start(cfg config.Config) {
	s.t.Helper()
	o := Outside{Now: func() time.Time { return s.now().Add(time.Duration(s.offset.Load())) }, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := New(ctx, cfg, o)
	if err != nil {
		cancel()
		s.t.Fatal(err)
	}
	s.App = a
	s.supply()
	if err := a.Start(); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	s.stop = once(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
		if err := a.Close(); err != nil {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(s.stop)
}

func (s *stage) now() time.Time {
	if s.clock == nil {
		return time.Now()
	}
	return s.clock()
}

// once makes a function that works once.
func once(fn func()) func() {
	var done atomic.Bool
	return func() {
		if done.CompareAndSwap(false, true) {
			fn()
		}
	}
}

// supply gives the provider of the tests its BIN, as an operator would.
func (s *stage) supply() {
	s.t.Helper()
	p := s.provider()
	p.BIN = simulate.SyntheticBIN(1)
	if err := s.rules.Registry.Put(p); err != nil {
		s.t.Fatal(err)
	}
}

// provider is who gives the housing assistance in the north.
func (s *stage) provider() routing.Provider {
	s.t.Helper()
	svc, _ := s.rules.Catalogue.ByKey(service)
	d, err := s.rules.Registry.Route(svc.ProviderKinds, north, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return d.Provider
}

func (s *stage) client(key string) *simulate.Client {
	return &simulate.Client{Base: s.URL(), Key: key, HTTP: &http.Client{Timeout: 30 * time.Second}}
}

// application makes a signed application of a new citizen.
func (s *stage) application(alg testpki.Algorithm, change func(*testpki.Profile), form func(*simulate.Application)) []byte {
	s.t.Helper()
	s.n++
	p := testpki.Profile{Kind: testpki.Person, CommonName: "СЫНАҚОВ ҮЛГІ", Surname: "СЫНАҚОВ", IIN: simulate.SyntheticIIN(s.n)}
	if change != nil {
		change(&p)
	}
	key, err := s.pki.Issue(alg, p)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.signed(key, p.IIN, form)
}

func (s *stage) signed(key xmlsig.Key, iin string, form func(*simulate.Application)) []byte {
	s.t.Helper()
	svc, ok := s.rules.Catalogue.ByKey(service)
	if !ok {
		s.t.Fatal("no " + service)
	}
	s.n++
	a := simulate.Application{Service: svc, IIN: iin, Territory: north, Channel: "portal",
		RequestNumber: fmt.Sprintf("10109%09d", s.n), At: s.now()}
	if form != nil {
		form(&a)
	}
	doc, err := xmlsig.Sign(a.XML(), key, xmlsig.SignOptions{Rand: rand.Reader})
	if err != nil {
		s.t.Fatal(err)
	}
	return doc
}

// district adds a caller for the provider of the housing assistance in the north.
func (s *stage) district(id string, providers ...string) *simulate.Client {
	s.t.Helper()
	if len(providers) == 0 {
		providers = []string{s.provider().ID}
	}
	key, err := s.Access().Add(context.Background(), gateway.Caller{ID: id, Kind: gateway.CallerProvider, Providers: providers}, "test")
	if err != nil {
		s.t.Fatal(err)
	}
	return s.client(key)
}

// refusedWith demands a problem with the code.
func refusedWith(t *testing.T, err error, code gateway.Code) {
	t.Helper()
	var p *simulate.Problem
	if !errors.As(err, &p) || p.Code != string(code) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if p.Kk == "" || p.Ru == "" {
		t.Errorf("%s has no text for the applicant: %+v", code, p)
	}
}

// lease polls until a case comes.
func lease(t *testing.T, c *simulate.Client, provider string) simulate.Lease {
	t.Helper()
	for range 20 {
		leases, err := c.Poll(context.Background(), provider, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(leases) > 0 {
			return leases[0]
		}
	}
	t.Fatal("no case came to " + strings.TrimSpace(provider))
	return simulate.Lease{}
}

package demo

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// world is everything of the story: the outside, the gateway, and what has happened so far.
type world struct {
	t          *transcript
	dir        string
	rand       io.Reader
	outsideURL string
	pki        *simulate.PKI
	shep       *simulate.SHEP
	cabinet    *simulate.Cabinet
	portal     *simulate.Client
	app        *app.App
	rules      gateway.Rules
	orders     []*order
	later      []*order // applications of other chapters that must reach the cabinet too
	officials  map[string]xmlsig.Key
	people     atomic.Int64
	numbers    int
	sum        counts
	operator   string // the key for the pages

	mu        sync.Mutex // guards officials: districts decide side by side
	swapArmed atomic.Bool
	swapped   chan error // what became of the result sent for the wrong case
}

func (w *world) now() time.Time { return time.Now() }

// past is when the throw-away PKI was founded: certificates of the story are valid already.
func (w *world) past() time.Time { return w.now().Add(-time.Hour) }

// requestNumber is the portal's own number, 14 digits as egov.kz writes it.
func (w *world) requestNumber() string {
	w.numbers++
	return fmt.Sprintf("10109%09d", w.numbers)
}

// build starts the outside world and the gateway.
func build(ctx context.Context, t *transcript, dir string) (*world, error) {
	w := &world{t: t, dir: dir, rand: rand.Reader, orders: story(), officials: map[string]xmlsig.Key{}, swapped: make(chan error, 1)}
	t.chapter("A throw-away national PKI, the state gateway and the portal")
	if err := w.openOutside(ctx); err != nil {
		return nil, err
	}
	t.chapter("The gateway, on embedded defaults: a SQLite file, no Redis, loopback only")
	if err := w.openGateway(ctx); err != nil {
		return nil, err
	}
	return w, w.introduce(ctx)
}

// openOutside listens on loopback for everything that is not Kopir.
func (w *world) openOutside(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.outsideURL = "http://" + listener.Addr().String()
	if w.pki, err = simulate.NewPKI(w.outsideURL, w.now, w.rand, testpki.GOST512, testpki.RSA); err != nil {
		return err
	}
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.RSA} {
		a := w.pki.Family(alg)
		w.t.say("%-12s root %q, issuing CA %q", alg, a.Root.Subject.CommonName, a.Issuing.Subject.CommonName)
	}
	w.cabinet = simulate.NewCabinet(w.now)
	if err := w.openSHEP(); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/ocsp/", w.pki)
	mux.Handle("/crl/", w.pki)
	mux.Handle("/tsp/", w.pki)
	mux.Handle("/bip-async/", w.shep)
	mux.Handle("/cabinet/", simulate.CallbackHandler(w.cabinet))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	w.t.say("OCSP, CRL, time stamps, the state gateway and the cabinet answer at %s", w.outsideURL)
	return nil
}

// openSHEP makes the transport keys of both sides; the gateway's lies in the data folder.
func (w *world) openSHEP() error {
	ours, err := w.system("КӨПІР СЫНАҚ", 1)
	if err != nil {
		return err
	}
	theirs, err := w.system("ШЭП СЫНАҚ", 2)
	if err != nil {
		return err
	}
	trusted := pki.NewStore()
	for _, root := range w.pki.Roots() {
		trusted.AddAnchor(root, pki.PurposeNational)
	}
	for _, ca := range w.pki.Issuing() {
		trusted.AddIntermediate(ca)
	}
	w.shep = &simulate.SHEP{Key: theirs, Adapter: trusted, Cabinet: w.cabinet, HTTP: http.DefaultClient, Now: w.now, Rand: w.rand}
	return errors.Join(w.writeKey("gateway.pem", ours), w.writeCerts("shep.pem", theirs.Certificate),
		w.writeCerts(filepath.Join("trust", "demo.pem"), append(w.pki.Roots(), w.pki.Issuing()...)...))
}

func (w *world) system(name string, n int) (xmlsig.Key, error) {
	return w.pki.Issue(testpki.GOST512, testpki.Profile{Kind: testpki.InformationSystem, CommonName: name,
		BIN: simulate.SyntheticBIN(900 + n), Organization: name})
}

func (w *world) writeKey(name string, key xmlsig.Key) error {
	id := testpki.Identity{Certificate: key.Certificate, Key: key.Signer}
	private, err := id.KeyPEM()
	if err != nil {
		return err
	}
	return w.write(name, append(private, id.PEM()...))
}

func (w *world) writeCerts(name string, certs ...*pki.Certificate) error {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return w.write(name, out)
}

func (w *world) write(name string, content []byte) error {
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// openGateway starts the real gateway with a configuration an operator could have written.
func (w *world) openGateway(ctx context.Context) error {
	outside := w.outsideURL[len("http://"):]
	cfg := config.Config{
		Listen: "127.0.0.1:0", Data: w.dir,
		Trust:      config.Trust{TestPKI: true},
		Status:     config.Status{Hosts: []string{outside}, Timeout: 2 * time.Second},
		Callbacks:  []string{outside},
		Timestamps: config.Timestamps{TSA: []string{w.pki.Addresses(testpki.GOST512).TSP, w.pki.Addresses(testpki.RSA).TSP}, Every: stampEvery},
		SHEP: config.SHEP{Pins: []string{filepath.Join(w.dir, "shep.pem")}, Send: w.outsideURL + "/bip-async/",
			SenderID: "kopir-demo", KeyFile: filepath.Join(w.dir, "gateway.pem")},
		Intervals: config.Intervals{Delivery: 50 * time.Millisecond, Parking: 200 * time.Millisecond, Park: 300 * time.Millisecond},
	}.WithDefaults()
	o := app.Machine()
	o.Log = slog.New(slog.DiscardHandler)
	a, err := app.New(ctx, cfg, o)
	if err != nil {
		return err
	}
	w.app, w.rules = a, a.Rules()
	if err := w.register(w.rules); err != nil {
		return err
	}
	if err := a.Start(); err != nil {
		return err
	}
	w.shep.Provider = a.URL()
	for _, line := range a.Greeting() {
		w.t.say("%s", line)
	}
	return nil
}

// introduce makes the callers of the story: a portal and two district systems.
func (w *world) introduce(ctx context.Context) error {
	key, err := w.app.Access().Add(ctx, gateway.Caller{ID: "portal", Kind: gateway.CallerPortal, Name: "egov.kz (demo)",
		Callback: w.outsideURL + "/cabinet/"}, "demo")
	if err != nil {
		return err
	}
	w.portal = w.client(key)
	if w.operator, err = w.app.Access().Add(ctx, gateway.Caller{ID: "demo-operator", Kind: gateway.CallerOperator, Name: "demo"}, "demo"); err != nil {
		return err
	}
	return nil
}

func (w *world) client(key string) *simulate.Client {
	return &simulate.Client{Base: w.app.URL(), Key: key, HTTP: &http.Client{Timeout: time.Minute}}
}

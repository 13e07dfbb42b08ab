package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// faultStage is a gateway whose time stands still until the test lets it pass. Its PKI misbehaves on
// order, over real HTTP. No worker runs: pass makes the rounds a worker would make meanwhile.
type faultStage struct {
	*stage
	cfg     config.Config
	mu      sync.Mutex
	at      time.Time
	ran     map[string]time.Time // background rounds, and when each was made last
	renewal time.Time            // when lists and answers are to be renewed
	sent    []*sent
	good    xmlsig.Key
	revoked xmlsig.Key
	line    *faultLine
}

// sent is one application and what the gateway answered to it.
type sent struct {
	key     string
	doc     []byte
	revoked bool // its certificate was, by every true word of the PKI, when it came
	answer  simulate.Receipt
	refusal string // the code, if it was refused at once
}

// The story of every row begins on a Tuesday at 10:00 in Kazakhstan. The second person's certificate
// was revoked the day before, and is on the full list.
var faultsBegin = time.Date(2026, 10, 6, 5, 0, 0, 0, time.UTC)

const (
	family  = testpki.GOST512
	goodIIN = 1001
	badIIN  = 1002
)

// faultPatience is how long the gateway waits for one answer, in real time, on a machine that has much to do.
const faultPatience = 3 * time.Second

// short is the patience of rows in which it is used up.
func short(c *config.Config) {
	c.Status.Timeout, c.Status.ListTime = faultPatience/5, faultPatience/5
}

func newFaultStage(t *testing.T, change func(*config.Config)) *faultStage {
	t.Helper()
	f := &faultStage{stage: &stage{t: t}, at: faultsBegin.Add(-3 * 24 * time.Hour), ran: map[string]time.Time{}, line: &faultLine{}}
	f.clock = func() time.Time {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.at
	}
	outside := httptest.NewUnstartedServer(nil)
	t.Cleanup(outside.Close)
	host := outside.Listener.Addr().String()
	var err error
	if f.pki, err = simulate.NewPKI("http://"+host, f.clock, rand.Reader, family); err != nil {
		t.Fatal(err)
	}
	outside.Config.Handler = f.pki
	outside.Start()
	t.Cleanup(outside.CloseClientConnections) // before Close, which waits for silent ones

	at := f.pki.Addresses(family)
	f.cfg = config.Config{Listen: "127.0.0.1:0", Data: t.TempDir(), Roles: []string{"intake"}, Trust: config.Trust{TestPKI: true},
		Status: config.Status{OCSP: []config.Responder{{URL: at.OCSP}}, CRL: []string{at.CRL, at.Delta, at.RootCRL}, Timeout: faultPatience, ListTime: faultPatience}}
	if change != nil {
		change(&f.cfg)
	}
	f.cfg = f.cfg.WithDefaults()
	f.writeRoots(f.cfg.Data)
	f.good, f.revoked = f.person(goodIIN), f.person(badIIN)
	f.set(faultsBegin)
	f.pki.Family(family).Revoke(f.revoked.Certificate.Serial, faultsBegin.Add(-24*time.Hour), 1)
	f.open()
	key, err := f.Access().Add(context.Background(), gateway.Caller{ID: "portal", Kind: gateway.CallerPortal}, "test")
	if err != nil {
		t.Fatal(err)
	}
	f.portal = f.client(key)
	return f
}

func (f *faultStage) person(n int) xmlsig.Key {
	return f.issue(family, testpki.Profile{Kind: testpki.Person, IIN: simulate.SyntheticIIN(n)})
}

// restart ends the gateway and starts another over the same folder, as after a reboot.
func (f *faultStage) restart() {
	f.t.Helper()
	f.stop()
	key := f.portal.Key
	f.open()
	f.portal = f.client(key)
}

// open starts a gateway that listens and does nothing by itself.
func (f *faultStage) open() {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	a, err := New(ctx, f.cfg, Outside{Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return f.clock().Add(time.Duration(f.offset.Load())) }})
	if err == nil {
		err = a.Start()
	}
	if err != nil {
		cancel()
		f.t.Fatal(err)
	}
	f.App, f.renewal = a, time.Time{}
	done := make(chan error, 1)
	go func() { done <- a.server.Run(ctx) }()
	f.stop = once(func() {
		cancel()
		if err := errors.Join(<-done, a.Close()); err != nil {
			f.t.Error(err)
		}
	})
	f.t.Cleanup(f.stop)
}

// breaks puts these faults, "name" or "name=value", in place of those before.
func (f *faultStage) breaks(faults ...string) {
	f.t.Helper()
	if err := f.pki.SetFaults(simulate.ParseFaults(faults)); err != nil {
		f.t.Fatal(err)
	}
	f.work()
}

func (f *faultStage) heal() { f.pki.Heal() }

func (f *faultStage) set(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = at
}

// pass lets time go by in steps of a minute, or of the whole if step says so, with all background work.
func (f *faultStage) pass(d time.Duration) { f.passBy(d, time.Minute) }

func (f *faultStage) passBy(d, step time.Duration) {
	f.t.Helper()
	for gone := time.Duration(0); gone < d; gone += step {
		f.set(f.clock().Add(step))
		f.work()
	}
}

// work makes the background rounds that are due, as a worker does.
func (f *faultStage) work() {
	f.t.Helper()
	if !f.out.Now().Before(f.renewal) {
		f.renewal = f.status.source.Renew(context.Background())
	}
	for _, r := range f.rounds() {
		if now := f.clock(); now.Sub(f.ran[r.name]) < r.every {
			continue
		}
		f.ran[r.name] = f.clock()
		for done := 1; done > 0; {
			var err error
			if done, err = r.do(context.Background()); err != nil {
				if r.name == "parking" { // of the others a failure is what the row is about
					f.t.Errorf("round %s: %v", r.name, err)
				}
				break
			}
		}
	}
}

// submit sends an application signed with the key, twice: the same message gets the same answer.
func (f *faultStage) submit(key xmlsig.Key, revoked bool) *sent {
	f.t.Helper()
	f.n++
	iin := key.Certificate.Subject.IIN
	s := &sent{key: fmt.Sprint("m", f.n), doc: f.signed(key, iin, nil), revoked: revoked}
	f.sent = append(f.sent, s)
	s.answer, s.refusal = f.post(s)
	f.sameAnswer(s)
	return s
}

// both sends one application of each person.
func (f *faultStage) both() (good, bad *sent) {
	f.t.Helper()
	return f.submit(f.good, false), f.submit(f.revoked, true)
}

func (f *faultStage) post(s *sent) (simulate.Receipt, string) {
	f.t.Helper()
	r, err := f.portal.Submit(context.Background(), s.key, s.doc)
	var p *simulate.Problem
	switch {
	case errors.As(err, &p):
		return r, p.Code
	case err != nil:
		f.t.Fatalf("no answer at all: %v", err)
	}
	return r, ""
}

func (f *faultStage) sameAnswer(s *sent) {
	f.t.Helper()
	if r, code := f.post(s); r != s.answer || code != s.refusal {
		f.t.Errorf("the same message got another answer: %+v %s, the first was %+v %s", r, code, s.answer, s.refusal)
	}
}

// first is what the gateway did at once, in words.
func (s *sent) first() string {
	switch {
	case s.refusal != "":
		return "refused " + s.refusal
	case s.answer.Code != "":
		return s.answer.Decision + " " + s.answer.Code
	}
	return s.answer.Decision
}

// state of an application by now.
func (f *faultStage) state(s *sent) gateway.State {
	f.t.Helper()
	if s.refusal != "" {
		return gateway.StateRefused
	}
	c, _, err := f.History(context.Background(), s.answer.Number)
	if err != nil {
		f.t.Fatalf("an application with a number is lost: %v", err)
	}
	return c.State
}

// parked counts the applications that wait.
func (f *faultStage) parked() (n int) {
	for _, s := range f.sent {
		if f.state(s) == gateway.StateParked {
			n++
		}
	}
	return n
}

// decided lets time pass until nothing is parked any more, and says how long that took: no finer than
// people would say it, so that the table does not hang on the rhythm of a retry.
func (f *faultStage) decided() string {
	f.t.Helper()
	began := f.clock()
	for f.parked() > 0 {
		if f.clock().Sub(began) > 2*time.Hour {
			f.t.Errorf("%d applications are still parked two hours after the PKI came back", f.parked())
			return "never"
		}
		f.pass(time.Minute)
	}
	return roundedUp(f.clock().Sub(began))
}

// roundedUp rounds a time up.
func roundedUp(took time.Duration) string {
	for _, bound := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour} {
		if took <= bound {
			return fmt.Sprintf("within %d min", int(bound.Minutes()))
		}
	}
	return "within 2 h"
}

// event tells whether an application's history has one.
func (f *faultStage) event(s *sent, kind string) bool {
	f.t.Helper()
	_, events, err := f.History(context.Background(), s.answer.Number)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// account holds every application against what must be, whatever was injected: a revoked certificate
// never passed, not even for a while; a good one was never refused; nothing is lost or still waits; and
// the same message still gets the same answer.
func (f *faultStage) account() {
	f.t.Helper()
	for i, s := range f.sent {
		f.sameAnswer(s)
		switch state := f.state(s); {
		case s.revoked && (state != gateway.StateRefused || s.answer.Decision == "accepted"):
			f.t.Errorf("application %d: a revoked certificate passed: %s, then %s", i, s.first(), state)
		case s.revoked && s.refusal != "" && s.refusal != string(reason.CertificateRevoked):
			f.t.Errorf("application %d: refused as %s", i, s.refusal)
		case !s.revoked && state != gateway.StateAccepted:
			f.t.Errorf("application %d: a good certificate did not pass: %s, then %s", i, s.first(), state)
		}
		if s.refusal != "" {
			continue
		}
		f.chainHolds(s.answer.Number)
		if s.revoked && f.event(s, "accepted") {
			f.t.Errorf("application %d: a revoked certificate was accepted for a while", i)
		}
	}
}

package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
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

// backends are the storages every story is told on; the real servers come from .ci/services.
func backends(t *testing.T) map[string]func(*config.Config) {
	all := map[string]func(*config.Config){"sqlite": nil,
		"sqlite, redis gone": func(c *config.Config) { c.Redis = "redis://127.0.0.1:1" }} // nothing listens there
	redis, postgres := os.Getenv("KOPIR_TEST_REDIS"), os.Getenv("KOPIR_TEST_POSTGRES")
	if redis == "" || postgres == "" {
		t.Log("KOPIR_TEST_REDIS or KOPIR_TEST_POSTGRES is not set: only SQLite is used (make test sets both)")
		return all
	}
	all["sqlite and redis"] = func(c *config.Config) { c.Redis = redis }
	all["postgres and redis"] = func(c *config.Config) { c.Redis, c.Ledger = redis, freshDatabase(t, postgres) }
	return all
}

func TestApplicationGoesEndToEnd(t *testing.T) {
	for name, backend := range backends(t) {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, backend)
			for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.RSA} {
				s.endToEnd(alg)
			}
		})
	}
}

func (s *stage) endToEnd(alg testpki.Algorithm) {
	t, ctx := s.t, context.Background()
	t.Helper()
	r, err := s.portal.Submit(ctx, "m-"+string(alg), s.application(alg, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	if r.Decision != "accepted" || r.Provider != s.provider().ID || !r.DueAt.After(r.ReceivedAt) {
		t.Fatalf("answer: %+v", r)
	}
	d := s.district("district-" + string(alg))
	l := lease(t, d, r.Provider)
	if err := d.Ack(ctx, l.LeaseID); err != nil {
		t.Fatal(err)
	}
	if err := d.Step(ctx, l, "draft", "the executor drafted the decision"); err != nil {
		t.Fatal(err)
	}
	if err := d.Result(ctx, l.Number, l.Attempt, s.result(alg, testpki.Head, simulate.SyntheticBIN(1), l, nil)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	letters, err := s.cabinet.Await(ctx, r.Number, simulate.IsResponse)
	if err != nil {
		t.Fatal(err)
	}
	var way []string
	for _, l := range letters {
		way = append(way, l.Status)
	}
	if got := fmt.Sprint(way); got != "[accepted in_work step completed]" {
		t.Errorf("the cabinet got %s", got)
	}
	if !s.becomes(r.Number, gateway.StateDelivered) {
		t.Error("the case is not delivered")
	}
	s.chainHolds(r.Number)
}

// result signs a provider's answer.
func (s *stage) result(alg testpki.Algorithm, kind testpki.Kind, bin string, l simulate.Lease, change func(*simulate.Result)) []byte {
	s.t.Helper()
	s.n++
	key, err := s.pki.Issue(alg, testpki.Profile{Kind: kind, CommonName: "БАСШЫ СЫНАҚ", Surname: "БАСШЫ", IIN: simulate.SyntheticIIN(s.n), BIN: bin, Organization: "СЫНАҚ"})
	if err != nil {
		s.t.Fatal(err)
	}
	r := simulate.Result{Number: l.Number, Service: l.Service, IIN: l.Applicant.IIN, Outcome: "positive", TextKk: "Иә", TextRu: "Да", At: time.Now()}
	if change != nil {
		change(&r)
	}
	doc, err := xmlsig.Sign(r.XML(), key, xmlsig.SignOptions{Rand: rand.Reader})
	if err != nil {
		s.t.Fatal(err)
	}
	return doc
}

// becomes waits for a state.
func (s *stage) becomes(number string, state gateway.State) bool {
	for range 100 {
		c, _, err := s.History(context.Background(), number)
		if err != nil {
			s.t.Fatal(err)
		}
		if c.State == state {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

// chainHolds recomputes the history's chain.
func (s *stage) chainHolds(number string) {
	_, events, err := s.History(context.Background(), number)
	if err != nil || len(events) == 0 {
		s.t.Fatalf("no history of %s: %v", number, err)
	}
	previous := ""
	for _, e := range events {
		if want := gateway.ChainHash(previous, e); want != e.Hash {
			s.t.Fatalf("the chain breaks at event %d (%s)", e.Seq, e.Kind)
		}
		previous = e.Hash
	}
}

func TestSameMessageGetsTheSameAnswer(t *testing.T) {
	for name, backend := range backends(t) {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, backend)
			ctx, doc := context.Background(), s.application(testpki.GOST512, nil, nil)
			const parallel = 20
			answers, errs := make([]simulate.Receipt, parallel), make([]error, parallel)
			var wg sync.WaitGroup
			for i := range parallel {
				wg.Go(func() { answers[i], errs[i] = s.portal.Submit(ctx, "same", doc) })
			}
			wg.Wait()
			for i := range parallel {
				if errs[i] != nil || answers[i] != answers[0] {
					t.Fatalf("answer %d: %+v %v, the first was %+v", i, answers[i], errs[i], answers[0])
				}
			}
			_, err := s.portal.Submit(ctx, "same", s.application(testpki.GOST512, nil, nil))
			refusedWith(t, err, gateway.CodeConflict)
			_, err = s.portal.Submit(ctx, "other", doc)
			refusedWith(t, err, gateway.CodeDuplicate)
			if err.(*simulate.Problem).FirstNumber != answers[0].Number {
				t.Errorf("the duplicate names %s", err.(*simulate.Problem).FirstNumber)
			}
		})
	}
}

func TestSilentSourcesParkAndTheReturnDecides(t *testing.T) {
	s := newStage(t, nil)
	ctx := context.Background()
	s.pki.Silence(true)
	good := s.application(testpki.GOST512, nil, nil)
	key, err := s.pki.Issue(testpki.GOST512, testpki.Profile{Kind: testpki.Person, CommonName: "Б", Surname: "Б", IIN: simulate.SyntheticIIN(500)})
	if err != nil {
		t.Fatal(err)
	}
	bad := s.signed(key, simulate.SyntheticIIN(500), nil)
	first, err := s.portal.Submit(ctx, "good", good)
	if err != nil || first.Decision != "parked" || first.Code != string(reason.RevocationUnknown) || first.DueAt.IsZero() {
		t.Fatalf("%+v %v", first, err)
	}
	second, err := s.portal.Submit(ctx, "bad", bad)
	if err != nil || second.Decision != "parked" {
		t.Fatalf("%+v %v", second, err)
	}
	if again, err := s.portal.Submit(ctx, "good", good); err != nil || again != first {
		t.Errorf("the parked message got another answer: %+v %v", again, err)
	}
	s.pki.Family(testpki.GOST512).Revoke(key.Certificate.Serial, time.Now().Add(-time.Hour), 1)
	s.pki.Silence(false)
	if !s.becomes(first.Number, gateway.StateAccepted) || !s.becomes(second.Number, gateway.StateRefused) {
		t.Error("the return of the sources did not decide both")
	}
	s.chainHolds(first.Number)
}

func TestClockThatWentBackParks(t *testing.T) {
	s := newStage(t, nil)
	ctx := context.Background()
	if _, err := s.portal.Submit(ctx, "before", s.application(testpki.RSA, nil, nil)); err != nil {
		t.Fatal(err)
	}
	s.offset.Store(int64(-24 * time.Hour))
	r, err := s.portal.Submit(ctx, "after", s.application(testpki.RSA, nil, nil))
	if err != nil || r.Decision != "parked" {
		t.Fatalf("a clock a day behind decided: %+v %v", r, err)
	}
	s.offset.Store(0)
	if !s.becomes(r.Number, gateway.StateAccepted) {
		t.Error("the clock came back and nothing was decided")
	}
}

func TestRefusalsHaveTheirReason(t *testing.T) {
	s := newStage(t, nil)
	ctx := context.Background()
	tests := []struct {
		name string
		code gateway.Code
		doc  []byte
	}{
		{"empty", reason.XMLMalformed, nil},
		{"truncated", reason.XMLMalformed, s.application(testpki.RSA, nil, nil)[:900]},
		{"not xml", reason.XMLMalformed, []byte("{}")},
		{"doctype", reason.XMLForbidden, append([]byte("<!DOCTYPE a>"), s.application(testpki.RSA, nil, nil)...)},
		{"unsigned", reason.SignatureMissing, []byte(`<app:Application xmlns:app="urn:kopir:service:housing-assistance:1"/>`)},
		{"tampered", reason.DigestMismatch, bytes.Replace(s.application(testpki.GOST512, nil, nil), []byte("<Name>ҮЛГІ"), []byte("<Name>БАСҚА"), 1)},
		{"territory elsewhere", gateway.CodeTerritoryUnknown, s.application(testpki.RSA, nil, func(a *simulate.Application) { a.Territory = "750000000" })},
		{"no such territory", gateway.CodeTerritoryUnknown, s.application(testpki.RSA, nil, func(a *simulate.Application) { a.Territory = "x" })},
		{"bad iin", gateway.CodeFormInvalid, s.application(testpki.RSA, nil, func(a *simulate.Application) { a.IIN = "12" })},
		{"another channel in the form", gateway.CodeFormInvalid, s.application(testpki.RSA, nil, func(a *simulate.Application) { a.Channel = "moon" })},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.portal.Submit(ctx, fmt.Sprint("r", i), tt.doc)
			refusedWith(t, err, tt.code)
		})
	}
}

func TestOnlyTheRightOfficialOfTheRightProviderAnswers(t *testing.T) {
	s := newStage(t, nil)
	ctx := context.Background()
	r, err := s.portal.Submit(ctx, "m", s.application(testpki.GOST512, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	d := s.district("district")
	l := lease(t, d, r.Provider)
	own := simulate.SyntheticBIN(1)
	refusedWith(t, d.Result(ctx, l.Number, l.Attempt, s.result(testpki.RSA, testpki.Head, own, l, nil)), gateway.CodeTransitionRefused)
	if err := d.Ack(ctx, l.LeaseID); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		code gateway.Code
		doc  []byte
	}{
		{"an employee signs", reason.SignerRoleWrong, s.result(testpki.GOST512, testpki.Employee, own, l, nil)},
		{"the head of another body signs", reason.BINMismatch, s.result(testpki.GOST512, testpki.Head, simulate.SyntheticBIN(2), l, nil)},
		{"a citizen signs", reason.IdentityMissing, s.result(testpki.GOST512, testpki.Person, "", l, nil)},
		{"another number", gateway.CodeResultMismatch, s.result(testpki.RSA, testpki.Head, own, l, func(r *simulate.Result) { r.Number = "K26-AAAAA-AAAAA" })},
		{"another applicant", gateway.CodeResultMismatch, s.result(testpki.RSA, testpki.Head, own, l, func(r *simulate.Result) { r.IIN = simulate.SyntheticIIN(3) })},
		{"another service", gateway.CodeResultMismatch, s.result(testpki.RSA, testpki.Head, own, l, func(r *simulate.Result) { r.Service = "adoption-payment" })},
		{"no outcome", gateway.CodeResultMismatch, s.result(testpki.RSA, testpki.Head, own, l, func(r *simulate.Result) { r.Outcome = "" })},
		{"unsigned", reason.SignatureMissing, simulate.Result{Number: l.Number, At: time.Now()}.XML()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			refusedWith(t, d.Result(ctx, l.Number, l.Attempt, tt.doc), tt.code)
			c, _, err := s.History(ctx, l.Number)
			if err != nil || c.State != gateway.StateInWork {
				t.Errorf("the case is %s, %v", c.State, err)
			}
		})
	}
	other := s.district("other", "akm-dep-01")
	refusedWith(t, other.Result(ctx, l.Number, l.Attempt, s.result(testpki.RSA, testpki.Head, own, l, nil)), gateway.CodeNotFound)
	_, err = other.Poll(ctx, r.Provider, 1, 0)
	refusedWith(t, err, gateway.CodeForbidden)
	refusedWith(t, other.Ack(ctx, l.LeaseID), gateway.CodeForbidden)
	if letters := s.cabinet.Letters(l.Number); len(letters) > 0 && simulate.IsResponse(letters[len(letters)-1]) {
		t.Error("something refused went to the citizen")
	}
	refusedWith(t, d.Result(ctx, l.Number, l.Attempt+1, s.result(testpki.RSA, testpki.Head, own, l, nil)), gateway.CodeLeaseExpired)
	good := s.result(testpki.RSA, testpki.Head, own, l, nil)
	for range 2 { // the same result twice is the same answer
		if err := d.Result(ctx, l.Number, l.Attempt, good); err != nil {
			t.Fatal(err)
		}
	}
	refusedWith(t, d.Result(ctx, l.Number, l.Attempt, s.result(testpki.RSA, testpki.Head, own, l, nil)), gateway.CodeTransitionRefused)
}

func TestNobodyIsLetInWithoutAKey(t *testing.T) {
	s := newStage(t, nil)
	ctx := context.Background()
	_, err := s.client("").Submit(ctx, "m", nil)
	refusedWith(t, err, gateway.CodeUnauthenticated)
	_, err = s.client("no such key").Submit(ctx, "m", nil)
	refusedWith(t, err, gateway.CodeUnauthenticated)
	d := s.district("district")
	_, err = d.Submit(ctx, "m", s.application(testpki.RSA, nil, nil))
	refusedWith(t, err, gateway.CodeForbidden)
	if err := s.Access().Revoke(ctx, "district", "test"); err != nil {
		t.Fatal(err)
	}
	_, err = d.Poll(ctx, s.provider().ID, 1, 0)
	refusedWith(t, err, gateway.CodeUnauthenticated)
}

// TestLostLedgerAcknowledgesNothing closes the ledger under a running gateway: callers are told to come
// again, nobody gets an answer that is not written down, and readiness says so.
func TestLostLedgerAcknowledgesNothing(t *testing.T) {
	s := newStage(t, nil)
	ctx := context.Background()
	d := s.district("district")
	if err := s.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := s.portal.Submit(ctx, "m", s.application(testpki.RSA, nil, nil))
	refusedWith(t, err, gateway.CodeUnavailable)
	_, err = d.Poll(ctx, s.provider().ID, 1, 0)
	refusedWith(t, err, gateway.CodeUnavailable)
	resp, err := http.Get(s.URL() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz says %d", resp.StatusCode)
	}
}

func TestExpiredLeaseGoesToTheNextWithAHigherAttempt(t *testing.T) {
	s := newStage(t, nil)
	ctx := context.Background()
	r, err := s.portal.Submit(ctx, "m", s.application(testpki.RSA, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	d := s.district("district")
	first := lease(t, d, r.Provider)
	s.offset.Store(int64(6 * time.Minute))
	second := lease(t, d, r.Provider)
	if second.Number != first.Number || second.Attempt != first.Attempt+1 {
		t.Fatalf("first %+v, second %+v", first, second)
	}
	refusedWith(t, d.Ack(ctx, first.LeaseID), gateway.CodeLeaseExpired)
	if err := d.Ack(ctx, second.LeaseID); err != nil {
		t.Fatal(err)
	}
}

package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kopir/gateway/catalogue"
	"kopir/gateway/routing"
	"kopir/gateway/worktime"
	"kopir/schemas"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

const (
	oneService   = "adoption-payment"
	oneIIN       = "000230500003"
	oneTerritory = "113220100"
	oneBIN       = "000140000001"
)

// morning is a Monday, 10:00 in Almaty; the results of the day are due ten working days later.
var morning = time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)

// people are the keys of every test: making them takes longer than the tests.
var people = sync.OnceValues(func() (*testpki.Authority, error) {
	return testpki.New(testpki.RSA, testpki.Options{Rand: rand.Reader, Now: morning.AddDate(0, -1, 0)})
})

var citizen = sync.OnceValues(func() (testpki.Identity, error) {
	ca, err := people()
	if err != nil {
		return testpki.Identity{}, err
	}
	return ca.Issue(testpki.Profile{Kind: testpki.Person, CommonName: "СЫНАҚОВ ҮЛГІ", IIN: oneIIN})
})

// surroundings are the registry and the calendar of every test.
var surroundings = sync.OnceValues(func() (r Rules, err error) {
	if r.Registry, err = routing.Load(schemas.FS); err != nil {
		return r, err
	}
	if err = r.Registry.Add(routing.Provider{ID: "school", Kind: routing.Education, NameKk: "Бөлім", NameRu: "Отдел", Region: "11",
		Territory: oneTerritory, BIN: oneBIN, ValidFrom: morning.AddDate(-1, 0, 0), Synthetic: true}); err != nil {
		return r, err
	}
	r.Calendar, err = worktime.Load(schemas.FS)
	return r, err
})

// desk is a gateway over a ledger in memory, with a clock that the test moves.
type desk struct {
	t       testing.TB
	now     time.Time
	ledger  *memory
	meter   *tally
	intake  *Intake
	parking *Parking
	work    *Work
	n       int
}

// newDesk opens a desk for one service with this text in its revocation section; status tells the clock
// to its source.
func newDesk(t testing.TB, section string, status func(now func() time.Time) revocation.Source) *desk {
	t.Helper()
	d := &desk{t: t, now: morning, ledger: newMemory(), meter: &tally{seen: map[string]int{}}}
	rules := must(surroundings())(t)
	rules.Catalogue = catalogueWith(t, section)
	trust := pki.NewStore()
	trust.AddAnchor(must(people())(t).Issuing, pki.PurposeNational)
	clock := func() time.Time { return d.now }
	prover := NewProver(trust, status(clock))
	world, floor := World{Now: clock, IDs: NewIDs(rand.Reader)}, NewClock(d.ledger)
	d.intake = NewIntake(d.ledger, quiet{}, prover, rules, world, floor, d.meter, IntakeConfig{ParkedPerIIN: 10_000, ParkedPerCaller: 10_000})
	d.parking = NewParking(d.intake, ParkingConfig{})
	d.work = NewWork(d.ledger, quiet{}, prover, rules, world, d.meter, WorkConfig{Clock: floor})
	return d
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// catalogues are those read before, by section: reading one takes longer than a test.
var catalogues sync.Map

func catalogueWith(t testing.TB, section string) *catalogue.Catalogue {
	t.Helper()
	if c, ok := catalogues.Load(section); ok {
		return c.(*catalogue.Catalogue)
	}
	const file = "services/" + oneService + ".yaml"
	text := must(fs.ReadFile(schemas.FS, file))(t)
	if section != "" {
		text = append(bytes.Clone(text), "revocation: "+section+"\n"...)
	}
	c := must(catalogue.Load(fstest.MapFS{file: {Data: text}}))(t)
	catalogues.Store(section, c)
	return c
}

// signed is a new application of the citizen.
func (d *desk) signed() []byte { return d.signedBy(must(citizen())(d.t), oneIIN) }

func (d *desk) signedBy(id testpki.Identity, iin string) []byte {
	d.t.Helper()
	d.n++
	form := fmt.Sprintf(`<app:Application xmlns:app="urn:kopir:service:%s:1"><SystemInfo><RequestNumber>%d</RequestNumber><ChainId>%[2]d</ChainId>`+
		`<RequestDate>2026-11-23T10:00:00+05:00</RequestDate></SystemInfo><Applicant><IIN>%s</IIN><Surname>СЫНАҚОВ</Surname><Name>ҮЛГІ</Name></Applicant>`+
		`<Territory>%s</Territory></app:Application>`, oneService, d.n, iin, oneTerritory)
	return must(xmlsig.Sign([]byte(form), xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, xmlsig.SignOptions{Rand: rand.Reader}))(d.t)
}

func (d *desk) submit() Answer { return d.send(d.signed()) }

func (d *desk) send(doc []byte) Answer {
	d.t.Helper()
	return must(d.intake.Accept(d.t.Context(), Submission{Caller: Caller{ID: "portal", Kind: CallerPortal}, Via: ViaREST,
		MessageID: SHA256Hex(doc), Channel: ChannelPortal, Document: doc}))(d.t)
}

// pass lets time go by, with a round of parking every minute.
func (d *desk) pass(span time.Duration) {
	d.t.Helper()
	for end := d.now.Add(span); d.now.Before(end); {
		d.now = d.now.Add(time.Minute)
		d.round()
	}
}

// round does what the background does: again at once while something goes on.
func (d *desk) round() (decided int) {
	d.t.Helper()
	for {
		n := must(d.parking.Round(d.t.Context()))(d.t)
		if decided += n; n == 0 {
			return decided
		}
	}
}

func (d *desk) get(number string) Case {
	d.t.Helper()
	return must(d.ledger.Case(d.t.Context(), number))(d.t)
}

// sources are OCSP and a list that the test switches.
type sources struct {
	ca        *testpki.Authority
	now       func() time.Time
	off       time.Duration // of the responder's clock
	ocsp, crl string        // "good", "revoked", "silent"
	issued    testpki.Identity
}

const (
	good    = "good"
	revoked = "revoked"
	silent  = "silent"
)

// online is the real source of status over switchable authorities.
func online(t testing.TB, s *sources) func(func() time.Time) revocation.Source {
	s.ca, s.issued = must(people())(t), must(citizen())(t)
	return func(now func() time.Time) revocation.Source {
		s.now = now
		return revocation.NewOnline(s, revocation.Config{Now: now, Rand: rand.Reader, Retry: time.Second,
			OCSP: []string{"http://ocsp.test/"}, CRL: []string{"http://crl.test/"}})
	}
}

var errSilent = errors.New("no answer")

// OCSP implements revocation.Fetcher.
func (s *sources) OCSP(_ context.Context, _ string, request []byte) ([]byte, error) {
	if s.ocsp == silent {
		return nil, errSilent
	}
	return s.ca.AnswerOCSP(request, s.now().Add(s.off), func(spec *testpki.OCSPSpec) {
		if s.ocsp == revoked {
			spec.Singles[0].State, spec.Singles[0].RevokedAt, spec.Singles[0].Reason = testpki.OCSPRevoked, morning.Add(-time.Hour), 1
		}
	})
}

// CRL implements revocation.Fetcher. A list holds for a minute, so that the switch is felt.
func (s *sources) CRL(context.Context, string) (io.ReadCloser, error) {
	if s.crl == silent {
		return nil, errSilent
	}
	spec := s.ca.CRLSpec(s.now().Add(-time.Second), s.now().Add(time.Minute))
	if s.crl == revoked {
		spec.Entries = append(spec.Entries, testpki.Revoked{Serial: s.issued.Certificate.Serial, At: morning.Add(-time.Hour), Reason: 1})
	}
	raw, err := s.ca.MakeCRL(spec)
	return io.NopCloser(bytes.NewReader(raw)), err
}

// quiet is an index that wakes nobody.
type quiet struct{ Index }

func (quiet) Ready(context.Context, string) error { return nil }

// tally counts what the meter is told about waiting applications.
type tally struct {
	NoMeter
	seen map[string]int
}

func (m *tally) StatusEvent(event, _ string) { m.seen[event]++ }

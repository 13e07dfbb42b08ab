package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// questions is a ledger in memory that keeps what registers are asked, too.
type questions struct {
	*memory
	mu       sync.Mutex
	next     map[string]time.Time
	attempts map[string]int
	answers  map[string][]byte
}

func (q *questions) ClaimLookups(_ context.Context, now, until time.Time, limit int) (due []Lookup, err error) {
	q.memory.mu.Lock()
	defer q.memory.mu.Unlock()
	q.mu.Lock()
	defer q.mu.Unlock()
	for number, c := range q.cases {
		for _, m := range c.Lookups {
			_, ended := q.answers[number]
			if m.State == LookupPending && !ended && !q.next[number].After(now) && len(due) < limit {
				q.next[number] = until
				due = append(due, Lookup{Number: number, Register: m.Register, Attempts: q.attempts[number]})
			}
		}
	}
	return due, nil
}

func (q *questions) PostponeLookup(_ context.Context, l Lookup, counts bool, next time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next[l.Number] = next
	if counts {
		q.attempts[l.Number]++
	}
	return nil
}

func (q *questions) Change(ctx context.Context, number string, decide func(Case) (Change, error)) (Case, error) {
	return q.memory.Change(ctx, number, func(c Case) (Change, error) {
		ch, err := decide(c)
		if err == nil && ch.Lookup != nil {
			q.mu.Lock()
			q.answers[number] = ch.Lookup.Answer
			q.mu.Unlock()
		}
		return ch, err
	})
}

// register answers as it is told, and notices whom it was asked about.
type register struct {
	mu     sync.Mutex
	asked  []string
	answer func(ctx context.Context, iin string) (Person, error)
}

func (r *register) Person(ctx context.Context, iin string) (Person, error) {
	r.mu.Lock()
	r.asked = append(r.asked, iin)
	r.mu.Unlock()
	return r.answer(ctx, iin)
}

// lookupDesk is a desk whose service asks gbdfl.
func lookupDesk(t *testing.T, s *sources, r *register, connected ...string) (*desk, *Lookups, *questions) {
	t.Helper()
	d := newDesk(t, "{}\nlookups: [gbdfl]", online(t, s))
	d.intake.cfg.Registers = connected
	q := &questions{memory: d.ledger, next: map[string]time.Time{}, attempts: map[string]int{}, answers: map[string][]byte{}}
	u := NewLookups(q, map[string]Registers{"gbdfl": r}, d.intake.rules, d.intake.world, LookupsConfig{Timeout: 50 * time.Millisecond})
	return d, u, q
}

func TestRegisterIsHeldAgainstTheForm(t *testing.T) {
	person := Person{IIN: oneIIN, Surname: "Сынақов", Name: " үлгі ", BirthDate: "2000-02-30", Answer: []byte("<data/>")}
	unavailable := &Error{Code: CodeUnavailable}
	tests := []struct {
		name        string
		answer      func() (Person, error)
		rounds      int
		state       LookupState
		differences string
		cause       string
		kept        string
	}{
		{"agrees, in other letters", func() (Person, error) { return person, nil }, 1, LookupAgrees, "", "", "<data/>"},
		{"another name", func() (Person, error) { p := person; p.Name = "ҮЛГІТАЙ"; return p, nil }, 1, LookupDiffers, "name", "", "<data/>"},
		{"a name that looks the same", func() (Person, error) { p := person; p.Surname = "CЫНАҚОВ"; return p, nil }, 1, LookupDiffers, "surname", "", "<data/>"},
		{"nobody", func() (Person, error) { return Person{}, &Error{Code: CodeNotFound} }, 1, LookupDiffers, "iin", "", ""},
		{"silence", func() (Person, error) { return Person{}, unavailable }, 4, LookupUnconfirmed, "", LookupSilent, ""},
		{"an answer nobody signed", func() (Person, error) { return Person{}, &Error{Code: "transport_signature_invalid"} }, 4, LookupUnconfirmed, "", LookupBadAnswer, ""},
		{"somebody else", func() (Person, error) { p := person; p.IIN = "111111111111"; return p, nil }, 4, LookupUnconfirmed, "", LookupBadAnswer, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &register{answer: func(context.Context, string) (Person, error) { return tt.answer() }}
			d, u, q := lookupDesk(t, &sources{ocsp: good, crl: good}, r, "gbdfl")
			a := d.submit()
			if a.Decision != DecisionAccepted || len(r.asked) > 0 {
				t.Fatalf("%+v, asked %d times before the answer", a, len(r.asked))
			}
			for i := 1; ; i++ {
				ended, err := u.Round(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				c := d.ledger.cases[a.Number]
				if c.State != StateAccepted {
					t.Fatalf("the case is %s", c.State)
				}
				if ended > 0 {
					if i != tt.rounds {
						t.Errorf("ended in round %d", i)
					}
					break
				}
				if c.Lookups[0].State != LookupPending || i > 9 {
					t.Fatalf("round %d: %+v", i, c.Lookups)
				}
				d.now = d.now.Add(5 * time.Minute)
			}
			m := d.ledger.cases[a.Number].Lookups[0]
			if m.State != tt.state || strings.Join(m.Differences, " ") != tt.differences || m.Cause != tt.cause || string(q.answers[a.Number]) != tt.kept {
				t.Errorf("%+v, kept %q", m, q.answers[a.Number])
			}
			events := d.ledger.events[a.Number]
			last := events[len(events)-1]
			if last.Kind != "lookup_"+string(tt.state) || strings.Contains(fmt.Sprint(last), oneIIN) || strings.Contains(strings.ToUpper(fmt.Sprint(last)), "ҮЛГІ") {
				t.Errorf("%+v", last)
			}
			if slices.ContainsFunc(r.asked, func(iin string) bool { return iin != oneIIN }) {
				t.Errorf("asked about %v", r.asked)
			}
			if ended, err := u.Round(t.Context()); ended != 0 || err != nil {
				t.Errorf("asked again: %d %v", ended, err)
			}
		})
	}
}

func TestRegisterThatCannotBeAskedIsTheProvidersToConfirm(t *testing.T) {
	r := &register{}
	d, u, _ := lookupDesk(t, &sources{ocsp: good, crl: good}, r)
	a := d.submit()
	c := d.ledger.cases[a.Number]
	if len(c.Lookups) != 1 || c.Lookups[0].State != LookupUnconfirmed || c.Lookups[0].Cause != LookupNotConnected {
		t.Errorf("%+v", c.Lookups)
	}
	if kinds := d.ledger.kinds(a.Number); !slices.Equal(kinds, []string{"accepted", "lookup_unconfirmed"}) {
		t.Errorf("%v", kinds)
	}
	if ended, err := u.Round(t.Context()); ended != 0 || err != nil || len(r.asked) > 0 {
		t.Errorf("%d %v", ended, err)
	}
}

// TestNobodysDataIsAskedForBeforeHisCertificateIsKnown: a parked case waits, a refused one is never asked about.
func TestNobodysDataIsAskedForBeforeHisCertificateIsKnown(t *testing.T) {
	for _, after := range []string{good, revoked} {
		r := &register{answer: func(context.Context, string) (Person, error) { return Person{}, &Error{Code: CodeNotFound} }}
		s := &sources{ocsp: silent, crl: silent}
		d, u, _ := lookupDesk(t, s, r, "gbdfl")
		a := d.submit()
		if _, err := u.Round(t.Context()); err != nil || a.Decision != DecisionParked || len(r.asked) > 0 {
			t.Fatalf("%v %s, asked %d times", err, a.Decision, len(r.asked))
		}
		s.ocsp, s.crl = after, after
		d.now = d.now.Add(time.Hour)
		d.round()
		if ended, err := u.Round(t.Context()); ended != 1 || err != nil || (len(r.asked) == 1) != (after == good) {
			t.Errorf("%s: ended %d, asked %d times, %v", after, ended, len(r.asked), err)
		}
	}
}

func TestSilentRegisterCostsItsTimeoutOnly(t *testing.T) {
	r := &register{answer: func(ctx context.Context, _ string) (Person, error) {
		<-ctx.Done()
		return Person{}, &Error{Code: CodeUnavailable, Err: ctx.Err()}
	}}
	d, u, q := lookupDesk(t, &sources{ocsp: good, crl: good}, r, "gbdfl")
	for range 8 {
		d.submit()
	}
	if ended, err := u.Round(t.Context()); ended != 0 || err != nil || len(r.asked) != 8 {
		t.Errorf("%d %v %d", ended, err, len(r.asked))
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	d.now = d.now.Add(time.Hour)
	if _, err := u.Round(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	for number, n := range q.attempts {
		if n != 1 {
			t.Errorf("%s counts %d attempts: stopping is none", number, n)
		}
	}
}

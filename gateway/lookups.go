package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kopir/xmlsig/xmltree"
)

// LookupState is how far a register has confirmed the applicant of a case.
type LookupState string

// States of a look-up. Pending and unconfirmed block nothing: the provider has the case.
const (
	LookupPending     LookupState = "pending"     // asked, or about to be
	LookupAgrees      LookupState = "agrees"      // the register says what the form says
	LookupDiffers     LookupState = "differs"     // it says something else, or knows nobody by this IIN
	LookupUnconfirmed LookupState = "unconfirmed" // silence or a bad answer: to be confirmed by the provider
)

// LookupStates lists the states of a look-up.
func LookupStates() []LookupState {
	return []LookupState{LookupPending, LookupAgrees, LookupDiffers, LookupUnconfirmed}
}

// Causes of an unconfirmed look-up.
const (
	LookupSilent       = "silent"
	LookupBadAnswer    = "bad_answer"
	LookupNotConnected = "not_connected" // the installation cannot ask this register
)

// LookupMark is what a case shows of a look-up. It holds nothing the register said.
type LookupMark struct {
	Register    string      `json:"register"`
	State       LookupState `json:"state"`
	Differences []string    `json:"differences,omitempty"` // of surname, name, birth_date, iin
	Cause       string      `json:"cause,omitempty"`
	At          time.Time   `json:"at"`
}

// Lookup is a question to a register that is to be asked.
type Lookup struct {
	Number, Register string
	Attempts         int // already made
}

// LookupEnd ends a look-up, with the register's answer where one came. The answer is kept for the case only.
type LookupEnd struct {
	Register string
	Answer   []byte
}

// LookupLedger keeps the questions. A case whose marks are pending is recorded with their questions.
type LookupLedger interface {
	// ClaimLookups takes questions whose time has come, hiding them until the given moment. None is given to two claimers.
	ClaimLookups(ctx context.Context, now, until time.Time, limit int) ([]Lookup, error)
	// PostponeLookup says when a question is asked again, and whether the attempt counts.
	PostponeLookup(ctx context.Context, l Lookup, counts bool, next time.Time) error
	// LookupAnswer is the register's answer about a case; CodeNotFound if there is none.
	LookupAnswer(ctx context.Context, number, register string) ([]byte, error)
}

// LookupsConfig tunes the look-ups. The zero value works.
type LookupsConfig struct {
	Batch    int           // default 16 questions a round
	AtOnce   int           // default 4 in flight
	Timeout  time.Duration // default 20 seconds a question
	Attempts int           // default 4
	Observe  func(register string, state LookupState)
}

func (c LookupsConfig) withDefaults() LookupsConfig {
	if c.Batch == 0 {
		c.Batch = 16
	}
	if c.AtOnce == 0 {
		c.AtOnce = 4
	}
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second
	}
	if c.Attempts == 0 {
		c.Attempts = 4
	}
	if c.Observe == nil {
		c.Observe = func(string, LookupState) {}
	}
	return c
}

// Lookups asks state registers about applicants, after the answer was given and beside the work: whatever
// a register does or does not say, no application waits for it.
type Lookups struct {
	ledger    Ledger
	registers map[string]Registers
	rules     Rules
	world     World
	cfg       LookupsConfig
}

// NewLookups makes the use case over the registers by the names the catalogue gives them.
func NewLookups(l Ledger, registers map[string]Registers, r Rules, w World, cfg LookupsConfig) *Lookups {
	return &Lookups{ledger: l, registers: registers, rules: r, world: w, cfg: cfg.withDefaults()}
}

// Round asks what is due and says how many look-ups came to an end.
func (u *Lookups) Round(ctx context.Context) (ended int, err error) {
	now := u.world.Now()
	rows := time.Duration((u.cfg.Batch + u.cfg.AtOnce - 1) / u.cfg.AtOnce)
	due, err := u.ledger.ClaimLookups(ctx, now, now.Add((rows+1)*u.cfg.Timeout), u.cfg.Batch)
	if err != nil {
		return 0, err
	}
	done, failed := make([]bool, len(due)), make([]error, len(due))
	var g errgroup.Group
	g.SetLimit(u.cfg.AtOnce)
	for i, l := range due {
		g.Go(func() error {
			done[i], failed[i] = u.one(ctx, l)
			return nil
		})
	}
	_ = g.Wait()
	for _, ok := range done {
		if ok {
			ended++
		}
	}
	return ended, errors.Join(failed...)
}

// parkedPause is when a question about a parked case is looked at again: who has not proved his
// certificate has nobody's data asked for.
const parkedPause = time.Minute

func (u *Lookups) one(ctx context.Context, l Lookup) (ended bool, err error) {
	c, err := u.ledger.Case(ctx, l.Number)
	if err != nil {
		return false, err
	}
	switch c.State {
	case StateParked:
		return false, u.ledger.PostponeLookup(ctx, l, false, u.world.Now().Add(parkedPause))
	case StateRefused:
		return true, u.end(ctx, l, nil, nil)
	}
	mark, answer := u.ask(ctx, c, l)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err() // the question comes again by itself
	case mark.State == LookupPending:
		return false, u.ledger.PostponeLookup(ctx, l, true, u.world.Now().Add(lookupPause(l.Attempts)))
	}
	if err := u.end(ctx, l, &mark, answer); err != nil {
		return false, err
	}
	u.cfg.Observe(l.Register, mark.State)
	return true, nil
}

// lookupPauses are short: the provider begins to work, and an answer that comes late helps nobody.
var lookupPauses = [...]time.Duration{10 * time.Second, time.Minute, 5 * time.Minute}

func lookupPause(attempts int) time.Duration {
	return lookupPauses[min(attempts, len(lookupPauses)-1)]
}

// ask puts the question once. The mark is pending while another attempt is left.
func (u *Lookups) ask(ctx context.Context, c Case, l Lookup) (LookupMark, []byte) {
	mark := LookupMark{Register: l.Register, State: LookupUnconfirmed, At: u.world.Now()}
	register, connected := u.registers[l.Register]
	if !connected {
		mark.Cause = LookupNotConnected
		return mark, nil
	}
	asking, cancel := context.WithTimeout(ctx, u.cfg.Timeout)
	defer cancel()
	person, err := register.Person(asking, c.IIN)
	switch code := codeOf(err); {
	case err == nil && person.IIN == c.IIN:
		return u.compare(ctx, c, mark, person), person.Answer
	case err != nil && code == CodeNotFound:
		mark.State, mark.Differences = LookupDiffers, []string{"iin"}
	case l.Attempts+1 < u.cfg.Attempts:
		mark.State = LookupPending
	case err == nil || code != CodeUnavailable:
		mark.Cause = LookupBadAnswer
	default:
		mark.Cause = LookupSilent
	}
	return mark, nil
}

// compare holds the register's person against the form, which is read from the covered octets again.
func (u *Lookups) compare(ctx context.Context, c Case, mark LookupMark, p Person) LookupMark {
	entry, ok := u.rules.Catalogue.ByKey(c.Service)
	covered, err := u.ledger.Document(ctx, c.CoveredSHA)
	if !ok || err != nil {
		mark.Cause = LookupBadAnswer
		return mark
	}
	doc, err := xmltree.Parse(covered, xmltree.DefaultLimits())
	if err != nil {
		mark.Cause = LookupBadAnswer
		return mark
	}
	form, _ := entry.Read(doc.Root, "") // it was read at the intake; what is missing by today's rules is not compared
	mark.State = LookupAgrees
	for _, f := range []struct{ name, form, register string }{
		{"surname", form.Person.Surname, p.Surname}, {"name", form.Person.Name, p.Name}, {"birth_date", form.Person.BirthDate, p.BirthDate},
	} {
		if f.form != "" && !sameWords(f.form, f.register) {
			mark.State, mark.Differences = LookupDiffers, append(mark.Differences, f.name)
		}
	}
	return mark
}

// sameWords compares names as registers and people write them: case and spaces mean nothing.
func sameWords(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// end writes the mark, the answer and the history in one transaction. Without a mark the question is dropped.
func (u *Lookups) end(ctx context.Context, l Lookup, mark *LookupMark, answer []byte) error {
	_, err := u.ledger.Change(ctx, l.Number, func(c Case) (Change, error) {
		change := Change{Case: c, Lookup: &LookupEnd{Register: l.Register, Answer: answer}}
		if mark == nil {
			return change, nil
		}
		marks := slices.Clone(c.Lookups)
		for i := range marks {
			if marks[i].Register == l.Register {
				marks[i] = *mark
			}
		}
		change.Case.Lookups = marks
		change.Events = []Event{mark.event(answer)}
		return change, nil
	})
	return err
}

// event tells the history what a look-up came to; of what the register said only the digest.
func (m LookupMark) event(answer []byte) Event {
	data := map[string]string{"register": m.Register}
	if len(m.Differences) > 0 {
		data["differences"] = strings.Join(m.Differences, " ")
	}
	if m.Cause != "" {
		data["lookup_cause"] = m.Cause
	}
	if len(answer) > 0 {
		data["answer"] = SHA256Hex(answer)
	}
	return Event{At: m.At, Kind: "lookup_" + string(m.State), Actor: actorKopir, Data: data}
}

// lookups are the marks a case begins with. What cannot be asked here is the provider's to confirm at once.
func (in *Intake) lookups(d *draft, c *Case) (marks []LookupMark, events []Event) {
	if d.service == nil || c.IIN == "" || c.State == StateRefused {
		return nil, nil
	}
	for _, name := range d.service.Lookups {
		m := LookupMark{Register: name, State: LookupPending, At: d.at}
		if !slices.Contains(in.cfg.Registers, name) {
			m.State, m.Cause = LookupUnconfirmed, LookupNotConnected
			events = append(events, m.event(nil))
		}
		marks = append(marks, m)
	}
	return marks, events
}

package gateway

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// memory is a ledger as far as intake, parking and results need one. What a test does not expect to be
// called panics.
type memory struct {
	Ledger
	mu       sync.Mutex
	stored   map[MessageKey]*Stored
	cases    map[string]Case
	events   map[string][]Event
	verdicts map[string]Verdict
	docs     map[string][]byte
	outbox   []Message
	latest   time.Time
}

func newMemory() *memory {
	return &memory{stored: map[MessageKey]*Stored{}, cases: map[string]Case{}, events: map[string][]Event{},
		verdicts: map[string]Verdict{}, docs: map[string][]byte{}}
}

func (m *memory) Latest(context.Context) (time.Time, error) { return m.latest, nil }

func (m *memory) Stored(_ context.Context, key MessageKey) (*Stored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stored[key], nil
}

func (m *memory) FirstNumber(_ context.Context, covered string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for number, c := range m.cases {
		if c.CoveredSHA == covered && c.State != StateRefused {
			return number, nil
		}
	}
	return "", nil
}

func (m *memory) Record(_ context.Context, r Record) (*Stored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Key.ID != "" {
		m.stored[r.Key] = &Stored{CoveredSHA: r.CoveredSHA, Answer: r.Answer}
	}
	number := ""
	if r.Case != nil {
		number = r.Case.Number
		m.cases[number] = *r.Case
	}
	m.write(number, Change{Verdict: &r.Verdict, Events: r.Events, Outbox: r.Outbox, Documents: r.Documents})
	return nil, nil
}

func (m *memory) write(number string, ch Change) {
	m.events[number] = append(m.events[number], ch.Events...)
	m.outbox = append(m.outbox, ch.Outbox...)
	for _, d := range ch.Documents {
		m.docs[d.SHA256] = d.Bytes
	}
	if ch.Verdict != nil {
		m.verdicts[ch.Verdict.ID] = *ch.Verdict
	}
}

func (m *memory) Case(_ context.Context, number string) (Case, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.cases[number]
	if !ok {
		return c, &Error{Code: CodeNotFound}
	}
	return c, nil
}

func (m *memory) Document(_ context.Context, sha string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if doc, ok := m.docs[sha]; ok {
		return doc, nil
	}
	return nil, &Error{Code: CodeNotFound}
}

func (m *memory) Change(_ context.Context, number string, decide func(Case) (Change, error)) (Case, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.cases[number]
	ch, err := decide(before)
	if err == nil && ch.Case.State != before.State && !before.State.CanBecome(ch.Case.State) {
		err = &Error{Code: CodeTransitionRefused}
	}
	if err != nil {
		return Case{}, err
	}
	m.cases[number] = ch.Case
	m.write(number, ch)
	return ch.Case, nil
}

// due lists the cases that fit, earliest due date first.
func (m *memory) due(limit int, fits func(Case) bool) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []Case
	for _, c := range m.cases {
		if fits(c) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b Case) int { return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Number, b.Number)) })
	var numbers []string
	for _, c := range found[:min(limit, len(found))] {
		numbers = append(numbers, c.Number)
	}
	return numbers, nil
}

func (m *memory) DueParked(_ context.Context, now time.Time, limit int) ([]string, error) {
	return m.due(limit, func(c Case) bool { return c.State == StateParked && !c.NextCheckAt.After(now) })
}

func (m *memory) DueMarked(_ context.Context, now time.Time, limit int) ([]string, error) {
	return m.due(limit, func(c Case) bool { return c.Mark == MarkUnconfirmed && !c.NextCheckAt.After(now) })
}

func (m *memory) Wake(_ context.Context, now time.Time) (woken int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for number, c := range m.cases {
		if c.awaitsStatus() && c.NextCheckAt.After(now) {
			c.NextCheckAt = now
			m.cases[number] = c
			woken++
		}
	}
	return woken, nil
}

func (m *memory) ParkedCount(_ context.Context, caller, iin string) (byCaller, byIIN int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.cases {
		if c.State == StateParked && c.Caller == caller {
			byCaller++
		}
		if c.State == StateParked && c.IIN == iin {
			byIIN++
		}
	}
	return byCaller, byIIN, nil
}

// kinds are the kinds of a case's events in order.
func (m *memory) kinds(number string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var kinds []string
	for _, e := range m.events[number] {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (m *memory) DueFiles(_ context.Context, now time.Time, limit int) ([]string, error) {
	return m.due(limit, func(c Case) bool {
		return slices.ContainsFunc(c.Attachments, func(a Attachment) bool { return !a.NextAt.IsZero() && !a.NextAt.After(now) })
	})
}

func (m *memory) NamesFile(_ context.Context, sha string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.cases {
		if slices.ContainsFunc(c.Attachments, func(a Attachment) bool { return a.SHA256 == sha && a.State == FileStored }) {
			return true, nil
		}
	}
	return false, nil
}

package gatewaytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

func hasCode(err error, code gateway.Code) bool {
	var e *gateway.Error
	return errors.As(err, &e) && e.Code == code
}

// paths lead from a record's state to every state.
var paths = map[gateway.State][]gateway.State{
	gateway.StateParked:    {gateway.StateParked},
	gateway.StateAccepted:  {gateway.StateAccepted},
	gateway.StateInWork:    {gateway.StateAccepted, gateway.StateInWork},
	gateway.StateCompleted: {gateway.StateAccepted, gateway.StateInWork, gateway.StateCompleted},
	gateway.StateDeclined:  {gateway.StateAccepted, gateway.StateInWork, gateway.StateDeclined},
	gateway.StateDelivered: {gateway.StateAccepted, gateway.StateInWork, gateway.StateCompleted, gateway.StateDelivered},
	gateway.StateRefused:   {gateway.StateParked, gateway.StateRefused},
	gateway.StateDead:      {gateway.StateAccepted, gateway.StateDead},
}

var changeTests = []ledgerTest{
	{"a case moves exactly along the table", func(t *testing.T, b *bench) {
		for _, from := range gateway.States() {
			for _, to := range gateway.States() {
				number := b.in(from)
				_, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
					c.State = to
					return gateway.Change{Case: c, Events: []gateway.Event{{At: start, Kind: "tried"}}}, nil
				})
				switch allowed := from == to || from.CanBecome(to); {
				case allowed && err != nil:
					t.Errorf("%s to %s: %v", from, to, err)
				case !allowed && !hasCode(err, gateway.CodeTransitionRefused):
					t.Errorf("%s to %s: error is %v, want code %s", from, to, err, gateway.CodeTransitionRefused)
				case !allowed && (b.get(number).State != from || len(b.events(number)) != len(paths[from])):
					t.Errorf("%s to %s was refused but left something", from, to)
				}
			}
		}
	}},
	{"a change writes case, events, outbox, documents and verdict together", func(t *testing.T, b *bench) {
		number := b.in(gateway.StateInWork)
		verdict := NewVerdict(500, reason.Passed, "")
		after, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
			c.State, c.Outcome, c.ResultSHA, c.UpdatedAt = gateway.StateCompleted, "positive", "result", start.Add(time.Hour)
			return gateway.Change{Case: c, Verdict: &verdict,
				Events:    []gateway.Event{{At: start.Add(time.Hour), Kind: "result", Actor: "akkol"}},
				Outbox:    []gateway.Message{NewMessage(gateway.KindResponse, "completed")},
				Documents: []gateway.Document{{SHA256: "result", Bytes: []byte("<Result/>")}}}, nil
		})
		b.ok(err)
		b.same("returned case", after, b.get(number))
		if after.State != gateway.StateCompleted || after.Outcome != "positive" || !after.UpdatedAt.Equal(start.Add(time.Hour)) {
			t.Errorf("case: %+v", after)
		}
		_, err = b.ledger.Verdict(b.ctx, verdict.ID)
		b.ok(err)
		_, err = b.ledger.Document(b.ctx, "result")
		b.ok(err)
		if events := b.events(number); events[len(events)-1].Kind != "result" {
			t.Errorf("events: %+v", events)
		}
		queues, err := b.ledger.OutboxDepth(b.ctx)
		b.ok(err)
		if len(queues) != 1 || queues[0].Depth != 1 {
			t.Errorf("outbox: %+v", queues)
		}
	}},
	{"decide sees the case as it is", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		want := b.record(r)
		_, err := b.ledger.Change(b.ctx, want.Number, func(c gateway.Case) (gateway.Change, error) {
			b.same("case", c, want)
			return gateway.Change{Case: c}, nil
		})
		b.ok(err)
		b.same("case after a change of nothing", b.get(want.Number), want)
	}},
	{"an error of decide comes back as it is and nothing is written", func(t *testing.T, b *bench) {
		number := b.in(gateway.StateAccepted)
		for _, want := range []error{errors.New("no"), context.Canceled, reason.New(gateway.CodeForbidden, "not yours")} {
			_, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
				c.State = gateway.StateInWork
				return gateway.Change{Case: c, Events: []gateway.Event{{Kind: "no"}}}, want
			})
			if err != want {
				t.Errorf("error is %v, want the very %v", err, want)
			}
		}
		if b.get(number).State != gateway.StateAccepted || len(b.events(number)) != 1 {
			t.Error("something was written")
		}
	}},
	{"an unknown number is not found and decide is not asked", func(t *testing.T, b *bench) {
		_, err := b.ledger.Change(b.ctx, "K26-NONE", func(gateway.Case) (gateway.Change, error) {
			t.Error("decide was asked")
			return gateway.Change{}, nil
		})
		b.fails(err, gateway.CodeNotFound)
	}},
	{"what was received cannot be changed", func(t *testing.T, b *bench) {
		want := b.get(b.in(gateway.StateAccepted))
		for name, spoil := range map[string]func(*gateway.Case){
			"number":   func(c *gateway.Case) { c.Number = "K26-OTHER" },
			"iin":      func(c *gateway.Case) { c.IIN = "000000000000" },
			"covered":  func(c *gateway.Case) { c.CoveredSHA = "other" },
			"document": func(c *gateway.Case) { c.DocumentSHA = "other" },
			"caller":   func(c *gateway.Case) { c.Caller = "other" },
			"received": func(c *gateway.Case) { c.ReceivedAt = start.Add(time.Hour) },
			"attempt":  func(c *gateway.Case) { c.Attempt = -1 },
		} {
			_, err := b.ledger.Change(b.ctx, want.Number, func(c gateway.Case) (gateway.Change, error) {
				spoil(&c)
				return gateway.Change{Case: c}, nil
			})
			if err == nil {
				t.Errorf("%s was changed", name)
			}
		}
		b.same("case", b.get(want.Number), want)
	}},
	{"parallel changes of one case happen one after the other", func(t *testing.T, b *bench) {
		const many = 20
		number := b.in(gateway.StateParked)
		var wg sync.WaitGroup
		for i := range many {
			wg.Go(func() {
				_, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
					c.Checks++
					return gateway.Change{Case: c, Events: []gateway.Event{{At: start, Kind: fmt.Sprint("check ", i)}}}, nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := b.get(number).Checks; got != many {
			t.Errorf("%d of %d changes counted", got, many)
		}
		b.chained(number)
	}},
}

// in records a case and moves it to a state.
func (b *bench) in(state gateway.State) string {
	b.t.Helper()
	path := paths[state]
	r := b.submission(path[0])
	r.Outbox = nil
	number := b.record(r).Number
	b.become(number, path[1:]...)
	return number
}

// chained demands that a case's events are numbered from 1 and chained to each other.
func (b *bench) chained(number string) {
	b.t.Helper()
	previous := ""
	for i, e := range b.events(number) {
		if e.Seq != i+1 || e.Number != number {
			b.t.Fatalf("event %d is number %d of %q", i+1, e.Seq, e.Number)
		}
		if want := gateway.ChainHash(previous, e); e.Hash != want {
			b.t.Fatalf("event %d has hash %s, want %s", e.Seq, e.Hash, want)
		}
		previous = e.Hash
	}
}

var historyTests = []ledgerTest{
	{"events are chained in the order they were given", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		r.Events = append(r.Events, gateway.Event{At: start.Add(time.Nanosecond * 999), Kind: "second", Actor: "kopir"})
		number := b.record(r).Number
		b.become(number, gateway.StateInWork, gateway.StateInWork, gateway.StateDeclined)
		var kinds []string
		for _, e := range b.events(number) {
			kinds = append(kinds, e.Kind)
		}
		b.same("kinds", kinds, []string{"registered", "second", "in_work", "in_work", "declined"})
		b.chained(number)
	}},
	{"each case has its own chain", func(t *testing.T, b *bench) {
		one, two := b.in(gateway.StateInWork), b.in(gateway.StateInWork)
		b.chained(one)
		b.chained(two)
		if b.events(one)[0].Hash == b.events(two)[0].Hash {
			t.Error("two cases' chains begin with the same hash")
		}
	}},
	{"an unknown case has no events", func(t *testing.T, b *bench) {
		if events := b.events("K26-NONE"); len(events) != 0 {
			t.Errorf("got %+v", events)
		}
	}},
	{"a person's cases come newest first and nobody else's", func(t *testing.T, b *bench) {
		var want []string
		for i := range 5 {
			r := b.submission(gateway.StateAccepted)
			r.Case.IIN, r.Case.ReceivedAt = "000230500003", start.Add(time.Duration(i)*time.Hour)
			want = append(want, b.record(r).Number)
			b.record(b.submission(gateway.StateAccepted))
		}
		slices.Reverse(want)
		for _, limit := range []int{3, 100} {
			cases, err := b.ledger.CasesOf(b.ctx, "000230500003", limit)
			b.ok(err)
			b.same("numbers", numbers(cases), want[:min(limit, len(want))])
		}
		cases, err := b.ledger.CasesOf(b.ctx, "111111111111", 10)
		b.ok(err)
		b.same("a stranger's cases", numbers(cases), []string{})
	}},
	{"cases without a person are in nobody's history", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		r.Case.IIN = ""
		b.record(r)
		cases, err := b.ledger.CasesOf(b.ctx, "", 10)
		b.ok(err)
		b.same("cases", numbers(cases), []string{})
	}},
	{"unknown things are not found", func(t *testing.T, b *bench) {
		_, err := b.ledger.Case(b.ctx, "none")
		b.fails(err, gateway.CodeNotFound)
		_, err = b.ledger.Document(b.ctx, "none")
		b.fails(err, gateway.CodeNotFound)
		_, err = b.ledger.Verdict(b.ctx, "none")
		b.fails(err, gateway.CodeNotFound)
	}},
}

func numbers(cases []gateway.Case) []string {
	list := []string{}
	for _, c := range cases {
		list = append(list, c.Number)
	}
	return list
}

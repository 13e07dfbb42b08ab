// Package gatewaytest holds what every implementation of the gateway's ports must do, as test
// suites: an adapter's test opens its adapter and hands it to Exercise….
//
//	func TestLedger(t *testing.T) {
//		gatewaytest.ExerciseLedger(t, func(t *testing.T) gateway.Ledger { return openSQLite(t) })
//	}
package gatewaytest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kopir/gateway"
)

// ExerciseLedger runs the suite; open gives a new empty ledger and closes it with t.Cleanup.
func ExerciseLedger(t *testing.T, open func(t *testing.T) gateway.Ledger) {
	groups := []struct {
		name  string
		tests []ledgerTest
	}{
		{"record", recordTests},
		{"change", changeTests},
		{"history", historyTests},
		{"claim", claimTests},
		{"parking", parkingTests},
		{"outbox", outboxTests},
		{"verdicts", verdictTests},
		{"lookups", lookupTests},
		{"evidence", evidenceTests},
		{"stamps", stampTests},
		{"attachments", attachmentTests},
		{"callers", callerTests},
		{"faults", faultTests},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, test := range g.tests {
				t.Run(test.name, func(t *testing.T) { test.run(t, &bench{t: t, ctx: t.Context(), ledger: open(t)}) })
			}
		})
	}
}

type ledgerTest struct {
	name string
	run  func(t *testing.T, b *bench)
}

// start is when the suite's story begins: on the microsecond, in the zone of the country.
var start = time.Date(2026, 11, 23, 10, 47, 28, 123456000, time.FixedZone("+05", 5*3600))

// bench is a ledger with what the tests do to it over and over. Its verbs end the test on errors.
type bench struct {
	t      *testing.T
	ctx    context.Context
	ledger gateway.Ledger
	made   int
}

// submission is a record of an application that nobody sent before.
func (b *bench) submission(state gateway.State) gateway.Record {
	b.made++
	return NewRecord(b.made, state)
}

// record writes a record and returns its case as the ledger has it.
func (b *bench) record(r gateway.Record) gateway.Case {
	b.t.Helper()
	stored, err := b.ledger.Record(b.ctx, r)
	b.ok(err)
	if stored != nil {
		b.t.Fatalf("a new message got a stored answer: %+v", stored)
	}
	if r.Case == nil {
		return gateway.Case{}
	}
	return b.get(r.Case.Number)
}

// accepted records a case that waits in the provider's queue.
func (b *bench) accepted(provider string, due time.Time) gateway.Case {
	b.t.Helper()
	r := b.submission(gateway.StateAccepted)
	r.Case.Provider, r.Case.DueAt, r.Outbox = provider, due, nil
	return b.record(r)
}

func (b *bench) get(number string) gateway.Case {
	b.t.Helper()
	c, err := b.ledger.Case(b.ctx, number)
	b.ok(err)
	return c
}

func (b *bench) events(number string) []gateway.Event {
	b.t.Helper()
	events, err := b.ledger.Events(b.ctx, number)
	b.ok(err)
	return events
}

// become moves a case through states.
func (b *bench) become(number string, states ...gateway.State) gateway.Case {
	b.t.Helper()
	var after gateway.Case
	for _, s := range states {
		var err error
		after, err = b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
			c.State = s
			return gateway.Change{Case: c, Events: []gateway.Event{{At: start, Kind: string(s), Actor: "kopir"}}}, nil
		})
		b.ok(err)
	}
	return after
}

func (b *bench) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("unexpected error: %v", err)
	}
}

// fails demands an error with the code.
func (b *bench) fails(err error, code gateway.Code) {
	b.t.Helper()
	var e *gateway.Error
	if !errors.As(err, &e) || e.Code != code {
		b.t.Fatalf("error is %v, want one with code %s", err, code)
	}
}

// same demands equal values; nil and empty lists are equal.
func (b *bench) same(what string, got, want any) {
	b.t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		b.t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

package gatewaytest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"kopir/gateway"
)

// asked records an accepted case with look-ups.
func (b *bench) asked(states ...gateway.LookupState) string {
	b.t.Helper()
	r := b.submission(gateway.StateAccepted)
	for i, s := range states {
		r.Case.Lookups = append(r.Case.Lookups, gateway.LookupMark{Register: fmt.Sprint("register-", i), State: s, At: start.UTC()})
	}
	return b.record(r).Number
}

func (b *bench) lookups(after time.Duration, limit int) []gateway.Lookup {
	b.t.Helper()
	list, err := b.ledger.ClaimLookups(b.ctx, start.Add(after), start.Add(after+time.Minute), limit)
	b.ok(err)
	return list
}

func (b *bench) endLookup(number string, marks []gateway.LookupMark, end gateway.LookupEnd) gateway.Case {
	b.t.Helper()
	c, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
		if marks != nil {
			c.Lookups = marks
		}
		return gateway.Change{Case: c, Lookup: &end}, nil
	})
	b.ok(err)
	return c
}

var lookupTests = []ledgerTest{
	{"a case is recorded with its questions, and each is handed out once until its time comes again", func(t *testing.T, b *bench) {
		number := b.asked(gateway.LookupPending, gateway.LookupUnconfirmed, gateway.LookupPending)
		b.asked()
		want := []gateway.Lookup{{Number: number, Register: "register-0"}, {Number: number, Register: "register-2"}}
		b.same("before its time", b.lookups(-time.Second, 10), []gateway.Lookup{})
		b.same("first", b.lookups(0, 1), want[:1])
		b.same("the other", b.lookups(0, 10), want[1:])
		b.same("both are hidden", b.lookups(time.Second, 10), []gateway.Lookup{})
		b.same("and come again", b.lookups(time.Hour, 10), want)
		if c := b.get(number); len(c.Lookups) != 3 || c.Lookups[1].State != gateway.LookupUnconfirmed || !c.Lookups[0].At.Equal(start) {
			t.Errorf("%+v", c.Lookups)
		}
	}},
	{"a question that is put off counts its attempts", func(t *testing.T, b *bench) {
		b.asked(gateway.LookupPending)
		one := b.lookups(0, 1)[0]
		b.ok(b.ledger.PostponeLookup(b.ctx, one, true, start.Add(time.Hour)))
		b.same("too early", b.lookups(59*time.Minute, 1), []gateway.Lookup{})
		one.Attempts = 1
		b.same("later", b.lookups(time.Hour, 1), []gateway.Lookup{one})
		b.ok(b.ledger.PostponeLookup(b.ctx, one, false, start.Add(2*time.Hour)))
		b.same("uncounted", b.lookups(2*time.Hour, 1), []gateway.Lookup{one})
	}},
	{"an end takes the question away, keeps the answer for its case and the mark in it", func(t *testing.T, b *bench) {
		number, other := b.asked(gateway.LookupPending), b.asked(gateway.LookupPending)
		marks := []gateway.LookupMark{{Register: "register-0", State: gateway.LookupDiffers, Differences: []string{"surname"}, At: start.UTC()}}
		_, err := b.ledger.LookupAnswer(b.ctx, number, "register-0")
		b.fails(err, gateway.CodeNotFound)
		b.same("marks of the change", b.endLookup(number, marks, gateway.LookupEnd{Register: "register-0", Answer: []byte{0, 1, 0xff}}).Lookups, marks)
		b.same("marks as stored", b.get(number).Lookups, marks)
		answer, err := b.ledger.LookupAnswer(b.ctx, number, "register-0")
		b.ok(err)
		b.same("answer", answer, []byte{0, 1, 0xff})
		b.same("left", b.lookups(0, 10), []gateway.Lookup{{Number: other, Register: "register-0"}})
		b.endLookup(other, nil, gateway.LookupEnd{Register: "register-0"})
		_, err = b.ledger.LookupAnswer(b.ctx, other, "register-0")
		b.fails(err, gateway.CodeNotFound)
		b.ok(b.ledger.PostponeLookup(b.ctx, gateway.Lookup{Number: other, Register: "register-0"}, true, start))
		b.same("what has ended is not put off", b.lookups(time.Hour, 10), []gateway.Lookup{})
	}},
	{"parallel claimers share the questions", func(t *testing.T, b *bench) {
		const many = 12
		for range many {
			b.asked(gateway.LookupPending)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		seen := map[string]int{}
		for range 4 {
			wg.Go(func() {
				for range many {
					list, err := b.ledger.ClaimLookups(b.ctx, start, start.Add(time.Minute), 2)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					for _, one := range list {
						seen[one.Number]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for number, n := range seen {
			if n != 1 {
				t.Errorf("%s was handed out %d times", number, n)
			}
		}
		if len(seen) != many {
			t.Errorf("%d of %d questions", len(seen), many)
		}
	}},
}

package gatewaytest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"kopir/gateway"
)

// claim asks for up to n leases of five minutes at the given moment.
func (b *bench) claim(provider string, n int, now time.Time) []gateway.Case {
	b.t.Helper()
	cases, err := b.ledger.Claim(b.ctx, b.asks(provider, n, now))
	b.ok(err)
	return cases
}

func (b *bench) asks(provider string, n int, now time.Time) gateway.Claim {
	c := gateway.Claim{Provider: provider, Actor: provider + "-district", Max: n, Now: now, Until: now.Add(5 * time.Minute)}
	for range n {
		b.made++
		c.LeaseIDs = append(c.LeaseIDs, fmt.Sprintf("lease-%d-%d", b.made, now.UnixNano()))
	}
	return c
}

var claimTests = []ledgerTest{
	{"an empty queue leases nothing", func(t *testing.T, b *bench) {
		b.same("claimed", numbers(b.claim("akkol", 5, start)), []string{})
		b.accepted("other", start)
		b.same("claimed", numbers(b.claim("akkol", 5, start)), []string{})
		b.same("claimed", numbers(b.claim("other", 0, start)), []string{})
	}},
	{"the oldest due date goes first", func(t *testing.T, b *bench) {
		late := b.accepted("akkol", start.AddDate(0, 0, 9)).Number
		early := b.accepted("akkol", start.AddDate(0, 0, 1)).Number
		middle := b.accepted("akkol", start.AddDate(0, 0, 5)).Number
		b.same("first claim", numbers(b.claim("akkol", 2, start)), []string{early, middle})
		b.same("second claim", numbers(b.claim("akkol", 2, start)), []string{late})
		b.same("third claim", numbers(b.claim("akkol", 2, start)), []string{})
	}},
	{"a claimed case carries lease, attempt and event", func(t *testing.T, b *bench) {
		number := b.accepted("akkol", start).Number
		ask := b.asks("akkol", 1, start)
		cases, err := b.ledger.Claim(b.ctx, ask)
		b.ok(err)
		c := cases[0]
		if c.Attempt != 1 || c.LeaseID != ask.LeaseIDs[0] || !c.LeaseUntil.Equal(ask.Until) {
			t.Errorf("attempt %d, lease %q until %v", c.Attempt, c.LeaseID, c.LeaseUntil)
		}
		b.same("the case as stored", b.get(number), c)
		events := b.events(number)
		if last := events[len(events)-1]; last.Kind != "leased" || last.Actor != ask.Actor || last.Data["attempt"] != "1" {
			t.Errorf("last event: %+v", last)
		}
		for _, e := range events {
			for _, v := range e.Data {
				if v == c.LeaseID {
					t.Error("the history tells the lease id, which is a key to the case")
				}
			}
		}
		b.chained(number)
	}},
	{"only accepted cases are leased", func(t *testing.T, b *bench) {
		for _, s := range gateway.States() {
			if s != gateway.StateAccepted {
				b.in(s)
			}
		}
		b.same("claimed", numbers(b.claim("akkol", 10, start)), []string{})
	}},
	{"a running lease is passed over and an ended one is leased again with a higher attempt", func(t *testing.T, b *bench) {
		number := b.accepted("akkol", start).Number
		first := b.claim("akkol", 1, start)[0]
		b.same("claim while it runs", numbers(b.claim("akkol", 1, start.Add(4*time.Minute))), []string{})
		again := b.claim("akkol", 1, start.Add(5*time.Minute))
		b.same("claim after its end", numbers(again), []string{number})
		if again[0].Attempt != first.Attempt+1 || again[0].LeaseID == first.LeaseID {
			t.Errorf("second lease: attempt %d, id %q", again[0].Attempt, again[0].LeaseID)
		}
		_, err := b.ledger.CaseByLease(b.ctx, first.LeaseID)
		b.fails(err, gateway.CodeLeaseExpired)
		c, err := b.ledger.CaseByLease(b.ctx, again[0].LeaseID)
		b.ok(err)
		b.same("case by lease", c, again[0])
	}},
	{"an unknown or empty lease id opens nothing", func(t *testing.T, b *bench) {
		b.accepted("akkol", start) // has no lease yet
		for _, id := range []string{"", "none"} {
			_, err := b.ledger.CaseByLease(b.ctx, id)
			b.fails(err, gateway.CodeLeaseExpired)
		}
	}},
	{"a lease still names its case after the acknowledgement", func(t *testing.T, b *bench) {
		b.accepted("akkol", start)
		c := b.claim("akkol", 1, start)[0]
		b.become(c.Number, gateway.StateInWork)
		got, err := b.ledger.CaseByLease(b.ctx, c.LeaseID)
		b.ok(err)
		b.same("number", got.Number, c.Number)
	}},
	{"a released case is leased at once", func(t *testing.T, b *bench) {
		b.accepted("akkol", start)
		c := b.claim("akkol", 1, start)[0]
		_, err := b.ledger.Change(b.ctx, c.Number, func(c gateway.Case) (gateway.Change, error) {
			c.LeaseUntil = start.Add(time.Second)
			return gateway.Change{Case: c}, nil
		})
		b.ok(err)
		b.same("claimed", numbers(b.claim("akkol", 1, start.Add(time.Second))), []string{c.Number})
	}},
	{"parallel claimers never get the same case and leave none behind", func(t *testing.T, b *bench) {
		const cases, claimers = 60, 8
		for i := range cases {
			b.accepted("akkol", start.Add(seconds(i)))
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		holders := map[string]int{}
		for i := range claimers {
			asks := make([]gateway.Claim, 0, cases)
			for range cases {
				asks = append(asks, b.asks("akkol", 3, start))
			}
			wg.Go(func() {
				for _, ask := range asks {
					got, err := b.ledger.Claim(b.ctx, ask)
					if err != nil {
						t.Errorf("claimer %d: %v", i, err)
						return
					}
					mu.Lock()
					for _, c := range got {
						holders[c.Number]++
					}
					done := len(holders) == cases
					mu.Unlock()
					if done {
						return
					}
				}
			})
		}
		wg.Wait()
		for number, n := range holders {
			if n != 1 {
				t.Errorf("case %s was given out %d times", number, n)
			}
		}
		if len(holders) != cases {
			t.Errorf("%d of %d cases were given out", len(holders), cases)
		}
	}},
	{"claims and changes of the same cases do not lose each other", func(t *testing.T, b *bench) {
		var all []string
		for range 10 {
			all = append(all, b.accepted("akkol", start).Number)
		}
		var wg sync.WaitGroup
		asks := make([]gateway.Claim, 10)
		for i := range asks {
			asks[i] = b.asks("akkol", 2, start.Add(time.Duration(i)*10*time.Minute))
		}
		for i := range 10 {
			wg.Go(func() {
				if _, err := b.ledger.Claim(b.ctx, asks[i]); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				_, err := b.ledger.Change(b.ctx, all[i], func(c gateway.Case) (gateway.Change, error) {
					c.Checks++
					return gateway.Change{Case: c, Events: []gateway.Event{{At: start, Kind: "noted"}}}, nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, number := range all {
			c := b.get(number)
			if c.Checks != 1 || len(b.events(number)) != 2+c.Attempt {
				t.Errorf("%s: %d checks, %d attempts, %d events", number, c.Checks, c.Attempt, len(b.events(number)))
			}
			b.chained(number)
		}
	}},
	{"queues tell depth, leases and the oldest", func(t *testing.T, b *bench) {
		now := time.Now()
		for i := range 3 {
			r := b.submission(gateway.StateAccepted)
			r.Case.ReceivedAt = start.Add(-time.Duration(i) * time.Hour)
			b.record(r)
		}
		b.accepted("zhaksy", start)
		b.in(gateway.StateInWork)
		b.in(gateway.StateParked)
		b.claim("akkol", 1, now)
		queues, err := b.ledger.Queues(b.ctx)
		b.ok(err)
		b.same("queues", queues, []gateway.Queue{
			{Name: "akkol", Depth: 3, Leased: 1, Oldest: start.Add(-2 * time.Hour)},
			{Name: "zhaksy", Depth: 1, Oldest: start},
		})
	}},
}

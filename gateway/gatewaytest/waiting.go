package gatewaytest

import (
	"fmt"
	"testing"
	"time"

	"kopir/gateway"
)

var parkingTests = []ledgerTest{
	{"parked cases are asked about when their time has come, earliest due date first", func(t *testing.T, b *bench) {
		var want []string
		for i := range 3 {
			r := b.submission(gateway.StateParked)
			r.Case.NextCheckAt = start.Add(time.Duration(3-i) * time.Minute)
			r.Case.DueAt = start.Add(time.Duration(3-i) * 24 * time.Hour)
			want = append([]string{b.record(r).Number}, want...)
		}
		for _, tt := range []struct {
			after time.Duration
			limit int
			want  []string
		}{{0, 10, nil}, {time.Minute, 10, want[:1]}, {time.Hour, 10, want}, {time.Hour, 2, want[:2]}} {
			got, err := b.ledger.DueParked(b.ctx, start.Add(tt.after), tt.limit)
			b.ok(err)
			b.same(fmt.Sprint("due after ", tt.after), got, tt.want)
		}
		b.become(want[0], gateway.StateAccepted)
		got, err := b.ledger.DueParked(b.ctx, start.Add(time.Hour), 10)
		b.ok(err)
		b.same("due after one was accepted", got, want[1:])
	}},
	{"parked cases are counted by caller and by person", func(t *testing.T, b *bench) {
		for i := range 3 {
			r := b.submission(gateway.StateParked)
			r.Case.IIN = "000230500003"
			if i == 0 {
				r.Case.Caller = "front-office"
			}
			b.record(r)
		}
		b.record(b.submission(gateway.StateAccepted))
		byCaller, byIIN, err := b.ledger.ParkedCount(b.ctx, "portal", "000230500003")
		b.ok(err)
		b.same("counts", []int{byCaller, byIIN}, []int{2, 3})
		byCaller, byIIN, err = b.ledger.ParkedCount(b.ctx, "nobody", "")
		b.ok(err)
		b.same("counts of nobody", []int{byCaller, byIIN}, []int{0, 0})
	}},
	{"a mark, its checks and its escalation are kept, and the earliest due date comes first", func(t *testing.T, b *bench) {
		due := []int{3, 1, 2}
		all := make([]string, len(due))
		for i, days := range due {
			r := b.submission(gateway.StateAccepted)
			r.Case.Mark, r.Case.NextCheckAt = gateway.MarkUnconfirmed, start.Add(time.Duration(i)*time.Minute)
			r.Case.EscalatedAt, r.Case.DueAt = start.Add(time.Second), start.AddDate(0, 0, days)
			all[i] = b.record(r).Number
			if c := b.get(all[i]); c.Mark != gateway.MarkUnconfirmed || !c.EscalatedAt.Equal(start.Add(time.Second)) {
				t.Fatalf("stored as %q, escalated at %v", c.Mark, c.EscalatedAt)
			}
		}
		b.record(b.submission(gateway.StateAccepted))
		b.in(gateway.StateParked)
		b.marked("at the beginning", 0, 10, all[0])
		b.marked("after all pauses", time.Hour, 10, all[1], all[2], all[0])
		b.marked("the first of them", time.Hour, 1, all[1])
		b.become(all[1], gateway.StateInWork, gateway.StateCompleted, gateway.StateDelivered)
		b.marked("a case that is closed is asked about still", time.Hour, 10, all[1], all[2], all[0])
		b.mark(all[2], gateway.MarkFailed)
		b.mark(all[0], gateway.MarkNone)
		b.marked("what is known is not", time.Hour, 10, all[1])
	}},
	{"what waits is counted by when it is due", func(t *testing.T, b *bench) {
		moments := []time.Time{start, start.Add(24 * time.Hour), start.Add(72 * time.Hour)}
		count := func(what string, want gateway.Waiting) {
			t.Helper()
			got, err := b.ledger.WaitingBy(b.ctx, moments...)
			b.ok(err)
			for _, c := range []*gateway.DueCount{&got.Parked, &got.Marked} {
				if !c.Earliest.IsZero() {
					c.Earliest = c.Earliest.In(start.Location())
				}
			}
			b.same(what, got, want)
		}
		none := gateway.DueCount{By: []int{0, 0, 0}}
		count("nothing", gateway.Waiting{Parked: none, Marked: none})
		var parked []string
		for _, due := range []time.Duration{-time.Hour, 24 * time.Hour, 25 * time.Hour, 100 * time.Hour} {
			r := b.submission(gateway.StateParked)
			r.Case.DueAt = start.Add(due)
			parked = append(parked, b.record(r).Number)
		}
		endless := b.submission(gateway.StateParked)
		endless.Case.DueAt = time.Time{}
		b.record(endless)
		marked := b.in(gateway.StateAccepted)
		b.mark(marked, gateway.MarkUnconfirmed)
		b.record(b.submission(gateway.StateAccepted))
		due := b.get(marked).DueAt.In(start.Location())
		count("all", gateway.Waiting{Parked: gateway.DueCount{All: 5, By: []int{1, 2, 3}, Earliest: start.Add(-time.Hour)},
			Marked: gateway.DueCount{All: 1, By: []int{0, 0, 0}, Earliest: due}})
		b.become(parked[0], gateway.StateAccepted)
		b.become(marked, gateway.StateInWork, gateway.StateCompleted)
		count("one was decided, one answered", gateway.Waiting{Parked: gateway.DueCount{All: 4, By: []int{0, 1, 2}, Earliest: start.Add(24 * time.Hour)}, Marked: none})
	}},
	{"what needs people is listed until it is settled or closed", func(t *testing.T, b *bench) {
		parked, failed, closed := b.in(gateway.StateParked), b.in(gateway.StateInWork), b.in(gateway.StateInWork)
		b.in(gateway.StateParked)
		for i, number := range []string{failed, parked, closed} {
			_, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
				c.EscalatedAt, c.DueAt = start, start.AddDate(0, 0, i)
				return gateway.Change{Case: c}, nil
			})
			b.ok(err)
		}
		b.become(closed, gateway.StateDeclined, gateway.StateDelivered)
		b.escalated("both", 10, failed, parked)
		b.escalated("the first", 1, failed)
		b.become(parked, gateway.StateRefused)
		b.escalated("one was refused", 10, failed)
	}},
	{"who waits can be woken, and nobody else", func(t *testing.T, b *bench) {
		parked, marked, other := b.in(gateway.StateParked), b.in(gateway.StateAccepted), b.in(gateway.StateAccepted)
		for _, number := range []string{parked, marked, other} {
			_, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
				c.NextCheckAt = start.Add(time.Hour)
				return gateway.Change{Case: c}, nil
			})
			b.ok(err)
		}
		b.mark(marked, gateway.MarkUnconfirmed)
		for _, want := range []int{2, 0} {
			n, err := b.ledger.Wake(b.ctx, start)
			b.ok(err)
			b.same("woken", n, want)
		}
		got, err := b.ledger.DueParked(b.ctx, start, 10)
		b.ok(err)
		b.same("parked", got, []string{parked})
		b.marked("marked", 0, 10, marked)
		if c := b.get(other); !c.NextCheckAt.Equal(start.Add(time.Hour)) {
			t.Errorf("a case that waits for nothing was woken: %v", c.NextCheckAt)
		}
	}},
}

// marked demands the unconfirmed cases that are to be asked about.
func (b *bench) marked(what string, after time.Duration, limit int, want ...string) {
	b.t.Helper()
	got, err := b.ledger.DueMarked(b.ctx, start.Add(after), limit)
	b.ok(err)
	b.same(what, got, want)
}

func (b *bench) escalated(what string, limit int, want ...string) {
	b.t.Helper()
	got, err := b.ledger.Escalated(b.ctx, limit)
	b.ok(err)
	b.same(what, got, want)
}

func (b *bench) mark(number string, m gateway.Mark) {
	b.t.Helper()
	_, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
		c.Mark = m
		return gateway.Change{Case: c}, nil
	})
	b.ok(err)
}

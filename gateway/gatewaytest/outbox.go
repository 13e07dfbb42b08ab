package gatewaytest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"kopir/gateway"
)

// send records an accepted case with messages, each with its status as its name.
func (b *bench) send(statuses ...string) string {
	b.t.Helper()
	r := b.submission(gateway.StateAccepted)
	r.Outbox = nil
	for _, s := range statuses {
		r.Outbox = append(r.Outbox, NewMessage(gateway.KindNotification, s))
	}
	return b.record(r).Number
}

// take claims due messages for two minutes.
func (b *bench) take(now time.Time, limit int) []gateway.Message {
	b.t.Helper()
	messages, err := b.ledger.ClaimOutbox(b.ctx, now, now.Add(2*time.Minute), limit)
	b.ok(err)
	return messages
}

func statuses(messages []gateway.Message) []string {
	list := []string{}
	for _, m := range messages {
		list = append(list, m.Status)
	}
	return list
}

var outboxTests = []ledgerTest{
	{"a message is handed out as it was written, with an id and its place", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		r.Outbox[0].ResultSHA = "result"
		r.Outbox[0].NextAt = start.Add(-time.Minute)
		number := b.record(r).Number
		messages := b.take(start, 10)
		if len(messages) != 1 || messages[0].ID == "" {
			t.Fatalf("messages: %+v", messages)
		}
		want := r.Outbox[0]
		want.ID, want.Number, want.Seq, want.NextAt = messages[0].ID, number, 1, start.Add(2*time.Minute)
		b.same("message", messages[0], want)
	}},
	{"an id given by the caller is kept", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		r.Outbox[0].ID = "mine"
		b.record(r)
		b.same("id", b.take(start, 1)[0].ID, "mine")
	}},
	{"messages of one case go out one after the other", func(t *testing.T, b *bench) {
		number := b.send("one", "two")
		_, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
			return gateway.Change{Case: c, Outbox: []gateway.Message{NewMessage(gateway.KindNotification, "three")}}, nil
		})
		b.ok(err)
		for i, want := range []string{"one", "two", "three"} {
			messages := b.take(start, 10)
			b.same("handed out", statuses(messages), []string{want})
			b.same("place", messages[0].Seq, i+1)
			b.same("more while it is on its way", statuses(b.take(start, 10)), []string{})
			b.ok(b.ledger.Delivered(b.ctx, messages[0].ID, "receipt", start))
		}
		b.same("after the last", statuses(b.take(start.Add(time.Hour), 10)), []string{})
		_, err = b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
			return gateway.Change{Case: c, Outbox: []gateway.Message{NewMessage(gateway.KindNotification, "four")}}, nil
		})
		b.ok(err)
		four := b.take(start, 10)
		b.same("after an empty outbox", statuses(four), []string{"four"})
		b.same("place", four[0].Seq, 4)
	}},
	{"cases do not wait for each other", func(t *testing.T, b *bench) {
		for i := range 5 {
			b.send(fmt.Sprint("first of ", i), fmt.Sprint("second of ", i))
		}
		if got := b.take(start, 3); len(got) != 3 {
			t.Errorf("limit 3 gave %v", statuses(got))
		}
		if got := b.take(start, 10); len(got) != 2 {
			t.Errorf("the rest is %v", statuses(got))
		}
	}},
	{"what is not due is not handed out", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		r.Outbox[0].NextAt = start.Add(time.Minute)
		b.record(r)
		b.same("before", statuses(b.take(start, 10)), []string{})
		b.same("limit 0", statuses(b.take(start.Add(time.Minute), 0)), []string{})
		b.same("then", len(b.take(start.Add(time.Minute), 10)), 1)
	}},
	{"a message that was handed out and forgotten comes again", func(t *testing.T, b *bench) {
		b.send("one")
		b.take(start, 1)
		b.same("while hidden", statuses(b.take(start.Add(time.Minute), 1)), []string{})
		b.same("afterwards", statuses(b.take(start.Add(2*time.Minute), 1)), []string{"one"})
	}},
	{"a postponed message waits, keeps its cause and holds back those behind it", func(t *testing.T, b *bench) {
		b.send("one", "two")
		id := b.take(start, 1)[0].ID
		b.ok(b.ledger.Postpone(b.ctx, id, "connection refused", start.Add(time.Hour)))
		b.same("before", statuses(b.take(start.Add(59*time.Minute), 10)), []string{})
		again := b.take(start.Add(time.Hour), 10)
		b.same("then", statuses(again), []string{"one"})
		if m := again[0]; m.Attempts != 1 || m.LastError != "connection refused" {
			t.Errorf("attempts %d, last error %q", m.Attempts, m.LastError)
		}
	}},
	{"a delivery is written into the history once", func(t *testing.T, b *bench) {
		number := b.send("one", "two")
		id := b.take(start, 1)[0].ID
		for range 2 {
			b.ok(b.ledger.Delivered(b.ctx, id, "receipt-1", start.Add(time.Minute)))
		}
		b.ok(b.ledger.Postpone(b.ctx, id, "too late", start)) // a slow second courier does not undo it
		events := b.events(number)
		last := events[len(events)-1]
		if len(events) != 2 || last.Kind != "delivered" || last.Data["kind"] != gateway.KindNotification ||
			last.Data["receipt"] != "receipt-1" || !last.At.Equal(start.Add(time.Minute)) {
			t.Errorf("events: %+v", events)
		}
		b.chained(number)
		b.same("next", statuses(b.take(start, 10)), []string{"two"})
		b.same("state", b.get(number).State, gateway.StateAccepted)
	}},
	{"the delivered answer moves an answered case to delivered", func(t *testing.T, b *bench) {
		for _, answered := range []gateway.State{gateway.StateCompleted, gateway.StateDeclined, gateway.StateInWork} {
			number := b.in(answered)
			_, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
				return gateway.Change{Case: c, Outbox: []gateway.Message{NewMessage(gateway.KindNotification, "step"), NewMessage(gateway.KindResponse, string(answered))}}, nil
			})
			b.ok(err)
			b.ok(b.ledger.Delivered(b.ctx, b.take(start, 1)[0].ID, "", start))
			b.same("state after a notification", b.get(number).State, answered)
			b.ok(b.ledger.Delivered(b.ctx, b.take(start, 1)[0].ID, "", start))
			want := gateway.StateDelivered
			if !answered.CanBecome(want) {
				want = answered
			}
			b.same("state after the response", b.get(number).State, want)
			b.chained(number)
		}
	}},
	{"an unknown message is not found", func(t *testing.T, b *bench) {
		b.fails(b.ledger.Delivered(b.ctx, "none", "", start), gateway.CodeNotFound)
		b.fails(b.ledger.Postpone(b.ctx, "none", "", start), gateway.CodeNotFound)
	}},
	{"the depth is told by destination", func(t *testing.T, b *bench) {
		b.send("one", "two")
		r := b.submission(gateway.StateAccepted)
		r.Outbox[0].Destination, r.Outbox[0].CreatedAt = "callback:portal", start.Add(-time.Hour)
		b.record(r)
		b.ok(b.ledger.Delivered(b.ctx, b.take(start, 1)[0].ID, "", start))
		queues, err := b.ledger.OutboxDepth(b.ctx)
		b.ok(err)
		depth := 0
		for _, q := range queues {
			depth += q.Depth
			if q.Name == "callback:portal" && !q.Oldest.Equal(start.Add(-time.Hour)) {
				t.Errorf("oldest: %v", q.Oldest)
			}
		}
		b.same("undelivered", depth, 2)
	}},
	{"parallel couriers never carry the same message", func(t *testing.T, b *bench) {
		const cases = 30
		for range cases {
			b.send("one", "two")
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		carried := map[string]int{}
		for range 4 {
			wg.Go(func() {
				for range cases * 2 {
					messages, err := b.ledger.ClaimOutbox(b.ctx, start, start.Add(time.Hour), 4)
					if err != nil {
						t.Error(err)
						return
					}
					for _, m := range messages {
						if err := b.ledger.Delivered(b.ctx, m.ID, "", start); err != nil {
							t.Error(err)
						}
						mu.Lock()
						carried[m.Number+" "+m.Status]++
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		for m, n := range carried {
			if n != 1 {
				t.Errorf("%s was carried %d times", m, n)
			}
		}
		b.same("carried", len(carried), 2*cases)
	}},
}

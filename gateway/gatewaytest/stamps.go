package gatewaytest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/gateway"
)

// lag asks how far stamping is behind.
func (b *bench) lag() gateway.StampLag {
	b.t.Helper()
	lag, err := b.ledger.StampLag(b.ctx)
	b.ok(err)
	return lag
}

// root opens a batch that must come about.
func (b *bench) root(id string, limit int) gateway.Batch {
	b.t.Helper()
	batch, err := b.ledger.OpenBatch(b.ctx, id, start.Add(time.Hour), limit)
	b.ok(err)
	if batch == nil {
		b.t.Fatalf("batch %s was not opened", id)
	}
	return *batch
}

// proved demands a proof of the leaf that holds, and returns it.
func (b *bench) proved(leaf gateway.Leaf) gateway.StampProof {
	b.t.Helper()
	p, err := b.ledger.StampProof(b.ctx, leaf)
	b.ok(err)
	if p == nil || !gateway.VerifyInclusion(leaf, p.Index, p.Batch.Size, p.Path, p.Batch.Root) {
		b.t.Fatalf("%s %s is not proved: %+v", leaf.Kind, leaf.Ref, p)
	}
	return *p
}

func eventLeaf(e gateway.Event) gateway.Leaf {
	return gateway.Leaf{Kind: gateway.LeafEvent, Ref: fmt.Sprintf("%s/%d", e.Number, e.Seq), SHA256: e.Hash}
}

var stampTests = []ledgerTest{
	{"everything that is written is rooted and proved", func(t *testing.T, b *bench) {
		number := b.record(b.submission(gateway.StateAccepted)).Number
		b.become(number, gateway.StateInWork, gateway.StateCompleted)
		refused := b.submission(gateway.StateRefused)
		b.record(refused)
		lag := b.lag()
		b.same("waiting", lag.Unstamped, 5) // three events, two verdicts
		if !lag.Waiting.Equal(start) || !lag.Oldest.Equal(start) || lag.Pending != 0 {
			t.Errorf("lag: %+v, want one since %v", lag, start)
		}
		batch := b.root("batch-1", 100)
		b.same("leaves", batch.Size, 6) // and the batch before, which there is not
		for _, e := range b.events(number) {
			b.same("batch", b.proved(eventLeaf(e)).Batch.ID, "batch-1")
		}
		body, err := b.ledger.VerdictBody(b.ctx, refused.Verdict.ID)
		b.ok(err)
		b.proved(gateway.Leaf{Kind: gateway.LeafVerdict, Ref: refused.Verdict.ID, SHA256: gateway.SHA256Hex(body)})
		lag = b.lag()
		if lag.Unstamped != 0 || lag.Pending != 1 || !lag.Waiting.IsZero() || !lag.Oldest.Equal(start) {
			t.Errorf("lag after the root: %+v", lag)
		}
	}},
	{"nothing waits, nothing is opened", func(t *testing.T, b *bench) {
		batch, err := b.ledger.OpenBatch(b.ctx, "none", start, 10)
		b.ok(err)
		pending, err := b.ledger.PendingBatches(b.ctx, 10)
		b.ok(err)
		if batch != nil || len(pending) != 0 || !b.lag().Oldest.IsZero() {
			t.Errorf("%+v, %+v", batch, pending)
		}
	}},
	{"what fails leaves nothing to stamp", func(t *testing.T, b *bench) {
		c := b.accepted("akkol", start)
		before := b.lag().Unstamped
		_, err := b.ledger.Change(b.ctx, c.Number, func(c gateway.Case) (gateway.Change, error) {
			return gateway.Change{Case: c, Events: []gateway.Event{{At: start, Kind: "step"}}}, errors.New("no")
		})
		if err == nil {
			t.Fatal("the change went through")
		}
		b.same("waiting", b.lag().Unstamped, before)
	}},
	{"batches go oldest first, a limit at a time, each over the one before", func(t *testing.T, b *bench) {
		var late, early gateway.Event
		for i, at := range []time.Time{start.Add(time.Hour), start.Add(-time.Hour)} {
			r := b.submission(gateway.StateAccepted)
			r.Events[0].At, r.Verdict.At = at, at
			e := b.events(b.record(r).Number)[0]
			if i == 0 {
				late = e
			} else {
				early = e
			}
		}
		first, second := b.root("batch-1", 2), b.root("batch-2", 2)
		b.same("early", b.proved(eventLeaf(early)).Batch.ID, "batch-1")
		b.same("late", b.proved(eventLeaf(late)).Batch.ID, "batch-2")
		p := b.proved(gateway.Leaf{Kind: gateway.LeafStamp, Ref: first.ID, SHA256: first.Root})
		b.same("chained", []any{p.Batch.ID, p.Index}, []any{second.ID, 0})
		pending, err := b.ledger.PendingBatches(b.ctx, 10)
		b.ok(err)
		b.same("pending", pending, []gateway.Batch{first, second})
		one, err := b.ledger.PendingBatches(b.ctx, 1)
		b.ok(err)
		b.same("first pending", one, []gateway.Batch{first})
	}},
	{"a token is stored once", func(t *testing.T, b *bench) {
		e := b.events(b.accepted("akkol", start).Number)[0]
		batch := b.root("batch-1", 10)
		at := start.Add(2 * time.Hour).UTC()
		b.ok(b.ledger.Stamped(b.ctx, batch.ID, []byte("token"), at))
		b.ok(b.ledger.Stamped(b.ctx, batch.ID, []byte("another"), at.Add(time.Hour)))
		batch.Token, batch.TokenAt = []byte("token"), at
		b.same("proof", b.proved(eventLeaf(e)).Batch, batch)
		lag := b.lag()
		b.same("last", lag.Last, batch)
		b.same("pending", lag.Pending, 0)
		if !lag.Oldest.IsZero() {
			t.Errorf("the oldest is %v", lag.Oldest)
		}
		b.fails(b.ledger.Stamped(b.ctx, "unknown", []byte("token"), at), gateway.CodeNotFound)
		b.fails(b.ledger.Stamped(b.ctx, batch.ID, nil, at), gateway.CodeInternal)
	}},
	{"a waiting leaf has no proof, a changed one is told", func(t *testing.T, b *bench) {
		e := b.events(b.accepted("akkol", start).Number)[0]
		p, err := b.ledger.StampProof(b.ctx, eventLeaf(e))
		b.ok(err)
		if p != nil {
			t.Errorf("proof of what was not rooted: %+v", p)
		}
		b.root("batch-1", 10)
		leaf := eventLeaf(e)
		leaf.SHA256 = strings.Repeat("0", 64)
		_, err = b.ledger.StampProof(b.ctx, leaf)
		b.fails(err, gateway.CodeConflict)
	}},
	{"instances that root at once put every leaf into one batch", func(t *testing.T, b *bench) {
		var events []gateway.Event
		for range 12 {
			events = append(events, b.events(b.accepted("akkol", start).Number)...)
		}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if _, err := b.ledger.OpenBatch(b.ctx, fmt.Sprint("batch-", i), start, 5); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for b.lag().Unstamped > 0 {
			b.root(fmt.Sprint("rest-", b.lag().Unstamped), 5)
		}
		for _, e := range events {
			b.proved(eventLeaf(e))
		}
	}},
}

// Package localqueue wakes pollers inside one process: [gateway.Index] without Redis, for one
// machine that runs on its ledger alone.
//
//	index := localqueue.New()
package localqueue

import (
	"context"
	"sync"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Index implements [gateway.Index].
type Index struct {
	mu     sync.Mutex
	rooms  map[string]*room
	closed chan struct{}
}

// room is where one provider's pollers wait. A poller asks the ledger, finds nothing, says Drained and
// waits: work announced between its question and its Drained must not be forgotten. So Drained
// only ends what somebody was woken for.
type room struct {
	ready     bool
	announced uint64        // how often work was announced
	woken     uint64        // the announcement somebody was last woken for
	wake      chan struct{} // closed by the next announcement
}

var _ gateway.Index = (*Index)(nil)

// New makes an empty index.
func New() *Index { return &Index{rooms: map[string]*room{}, closed: make(chan struct{})} }

// room gives the provider's room; the caller holds the lock.
func (ix *Index) room(provider string) *room {
	r := ix.rooms[provider]
	if r == nil {
		r = &room{wake: make(chan struct{})}
		ix.rooms[provider] = r
	}
	return r
}

func (r *room) announce() {
	r.ready = true
	r.announced++
	close(r.wake)
	r.wake = make(chan struct{})
}

// Ready says that the provider has work.
func (ix *Index) Ready(ctx context.Context, provider string) error {
	if err := ix.usable(ctx); err != nil {
		return err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.room(provider).announce()
	return nil
}

// Wait returns when the provider was said to be ready, when d has passed, or with ctx's error.
func (ix *Index) Wait(ctx context.Context, provider string, d time.Duration) error {
	if err := ix.usable(ctx); err != nil {
		return err
	}
	ix.mu.Lock()
	r := ix.room(provider)
	if r.ready {
		r.woken = r.announced
		ix.mu.Unlock()
		return nil
	}
	wake := r.wake
	ix.mu.Unlock()

	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-wake:
		ix.mu.Lock()
		r.woken = r.announced
		ix.mu.Unlock()
		return nil
	case <-timer.C:
		return nil
	case <-ix.closed:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Drained says that the provider's queue was found empty. What was announced since the last poller
// was woken stays.
func (ix *Index) Drained(ctx context.Context, provider string) error {
	if err := ix.usable(ctx); err != nil {
		return err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if r := ix.room(provider); r.woken == r.announced {
		r.ready = false
	}
	return nil
}

// Rebuild replaces what the index believes by what the ledger knows.
func (ix *Index) Rebuild(ctx context.Context, queues []gateway.Queue) error {
	if err := ix.usable(ctx); err != nil {
		return err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for _, r := range ix.rooms {
		r.ready = false
	}
	for _, q := range queues {
		if q.Depth > q.Leased {
			ix.room(q.Name).announce()
		}
	}
	return nil
}

// Ping says whether the index is open.
func (ix *Index) Ping(ctx context.Context) error { return ix.usable(ctx) }

// Close ends all waiting.
func (ix *Index) Close() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	select {
	case <-ix.closed:
	default:
		close(ix.closed)
	}
	return nil
}

var errClosed = reason.New(gateway.CodeUnavailable, "the ready-index is closed")

func (ix *Index) usable(ctx context.Context) error {
	select {
	case <-ix.closed:
		return errClosed
	default:
		return ctx.Err()
	}
}

package redisqueue

import (
	"context"
	"math/rand/v2"
	"time"
)

// room is where this instance's pollers of one provider wait. A poller asks the ledger, finds nothing,
// says Drained and waits: work announced between its question and its Drained must not be
// forgotten. So Drained only ends the announcement somebody was woken for.
type room struct {
	token   string        // the announcement that nobody drained yet
	woken   string        // the announcement somebody was last woken for
	last    string        // the announcement last heard of: one's own comes back by the stream
	wake    chan struct{} // closed by the next announcement
	session int           // the reader's session in which Redis was asked for a hint
}

// room gives the provider's room; the caller holds the lock.
func (ix *Index) room(provider string) *room {
	r := ix.rooms[provider]
	if r == nil {
		r = &room{wake: make(chan struct{})}
		ix.rooms[provider] = r
	}
	return r
}

func (r *room) announce(token string) {
	if token == r.last {
		return
	}
	r.token, r.last = token, token
	close(r.wake)
	r.wake = make(chan struct{})
}

func (ix *Index) announce(provider, token string) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.room(provider).announce(token)
}

// hear is announce for what the stream brings: where nobody ever waited, nobody is woken.
func (ix *Index) hear(provider, token string) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if r := ix.rooms[provider]; r != nil {
		r.announce(token)
	}
}

// settle ends the announcement somebody was woken for and returns its token, "" if there is none or a newer one.
func (ix *Index) settle(provider string) string {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	r := ix.room(provider)
	if r.token == "" || r.token != r.woken {
		return ""
	}
	token := r.token
	r.token = ""
	return token
}

func (ix *Index) replace(waiting map[string]string) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for _, r := range ix.rooms {
		r.token = ""
	}
	for provider, token := range waiting {
		ix.room(provider).announce(token)
	}
}

// Wait returns when the provider was said to be ready, when d has passed, or with ctx's error. While
// Redis is away it returns after a part of d, so that the caller asks the ledger.
func (ix *Index) Wait(ctx context.Context, provider string, d time.Duration) error {
	if err := ix.usable(ctx); err != nil {
		return err
	}
	until := time.Now().Add(d)
	timer := time.NewTimer(d)
	defer timer.Stop()
	for degraded := false; ; {
		s := ix.enter(ctx, provider, time.Until(until))
		if s == nil {
			return nil
		}
		if degraded {
			s.away = nil // its timer is set
		}
		select {
		case <-s.renewed:
		case <-s.wake:
			ix.take(provider)
			return nil
		case <-timer.C:
			return nil
		case <-s.away:
			// Spread out, so that the pollers of a lost Redis do not come to the ledger all at once.
			slice := ix.options.Slice/2 + rand.N(ix.options.Slice/2+1)
			timer.Reset(min(time.Until(until), slice))
			degraded = true
		case <-ix.stopped:
			return errClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// signs are what a waiting poller listens to.
type signs struct{ wake, away, renewed <-chan struct{} }

// enter takes what is announced already and gives nil, or the signs to wait for. The first poller of
// a provider in a session of the reader asks Redis what was announced before; from then on the
// stream tells everything.
func (ix *Index) enter(ctx context.Context, provider string, d time.Duration) *signs {
	ix.mu.Lock()
	r := ix.room(provider)
	session, ask := ix.session, r.session != ix.session
	r.session = session
	s := &signs{wake: r.wake, away: ix.away, renewed: ix.renewed}
	ix.mu.Unlock()
	if ix.take(provider) {
		return nil
	}
	if !ask {
		return s
	}
	limited, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var token string
	err := ix.command(limited, func(ctx context.Context) (err error) {
		token, err = ix.client.Get(ctx, readyKey(provider)).Result()
		return err
	})
	if err != nil { // this poller goes on as if Redis were away, the next one asks again
		ix.forget(provider)
		s.away = ended
		return s
	}
	if token != "" {
		ix.announce(provider, token)
	}
	if ix.take(provider) {
		return nil
	}
	return s
}

// ended is a channel that is closed.
var ended = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// take says whether an announcement waits, and remembers that somebody was woken for it.
func (ix *Index) take(provider string) bool {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	r := ix.room(provider)
	if r.token == "" {
		return false
	}
	r.woken = r.token
	return true
}

func (ix *Index) forget(provider string) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.room(provider).session = 0
}

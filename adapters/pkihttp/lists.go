package pkihttp

import (
	"bytes"
	"context"
	"sync"
	"time"
)

// lists remembers what was fetched from each address.
type lists struct {
	store *store // nil: nothing on disk

	mu    sync.Mutex
	slots map[string]*slot
}

// slot is one address.
type slot struct {
	mu       sync.Mutex
	loaded   bool      // the store was looked at
	kept     *kept     // what a caller called verified, now or before the last restart
	offered  *kept     // what came since and nobody has called verified yet
	running  *download // under way; nil: none
	lastTry  time.Time
	lastFail error // of lastTry; nil if it went well
}

// kept is a list of an address.
type kept struct {
	body       []byte
	header     listHeader
	validators validators
	checked    time.Time // when the server last sent or confirmed it
	given      bool      // a caller has it
	verified   bool      // a caller has it and called it verified
}

// doubted tells that a caller has looked at the list and did not want it. Such a list is not compared with, is not
// confirmed by its validators, and does not put off a download: it may be forged, and so may its date.
func (k *kept) doubted() bool { return k.given && !k.verified }

func (l *lists) slot(address string) *slot {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.slots == nil {
		l.slots = map[string]*slot{}
	}
	if l.slots[address] == nil {
		l.slots[address] = &slot{}
	}
	return l.slots[address]
}

// CRL returns the list at an address: the one at hand while it is fresh, else by download. When the download fails or
// ctx ends before it, the last good list is returned, even if it is past its date, for the caller judges dates; an
// error comes only when there is none. A download goes on without the caller, up to its own time limit, and serves the
// next one: the largest lists take longer than an application can wait. The bytes are shared: do not change them.
//
// A list is kept, in memory and in the store, only after [Client.Keep] was called with it.
func (c *Client) CRL(ctx context.Context, address string) ([]byte, error) {
	if _, err := c.allow.parse(address); err != nil {
		return nil, err
	}
	s := c.lists.slot(address)
	d := c.renew(ctx, s, address)
	if d == nil {
		return s.best(ctx.Err())
	}
	select {
	case <-d.done:
		if d.got != nil {
			return s.give(d.got), nil
		}
		return s.best(nil)
	case <-ctx.Done():
		return s.best(ctx.Err())
	}
}

// renew begins a download, or finds the one under way; nil when there is nothing to wait for.
func (c *Client) renew(ctx context.Context, s *slot, address string) *download {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.load(s, address)
	now := c.cfg.Now()
	switch {
	case s.running != nil:
		return s.running
	case s.kept != nil && !s.kept.doubted() && c.fresh(s.kept, now),
		s.offered != nil && !s.offered.given && c.fresh(s.offered, now),
		c.resting(s, now), ctx.Err() != nil:
		return nil
	}
	s.running = &download{done: make(chan struct{})}
	go c.download(context.WithoutCancel(ctx), s, address, s.running)
	return s.running
}

// best gives the list at hand that is most likely good, or why there is none.
func (s *slot) best(err error) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.kept
	if s.offered != nil && (k == nil || k.doubted() || !s.offered.given) {
		k = s.offered
	}
	switch {
	case k != nil:
		k.given = true
		return k.body, nil
	case err != nil:
		return nil, err
	}
	return nil, s.lastFail
}

func (s *slot) give(k *kept) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.given = true
	return k.body
}

// confirm notes that the server still gives out the list at hand.
func (s *slot) confirm(got answer, now time.Time) {
	k := *s.kept
	k.checked = now
	if !got.unchanged {
		k.validators = got.validators
	}
	s.kept, s.offered = &k, nil
}

// Keep says that a list [Client.CRL] gave was signed by whom it names and is not older than the one before. Only from
// now on it serves when the server does not answer, others are compared with it, and it is in the store.
func (c *Client) Keep(address string, body []byte) {
	c.lists.mu.Lock()
	s := c.lists.slots[address]
	c.lists.mu.Unlock()
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.offered != nil && same(s.offered.body, body):
		s.offered.given, s.offered.verified = true, true
		s.kept, s.offered, s.lastFail = s.offered, nil, nil
		c.save(s.kept, address, true)
	case s.kept != nil && same(s.kept.body, body):
		s.kept.given, s.kept.verified = true, true
	}
}

// same is fast for bytes that came from here.
func same(a, b []byte) bool {
	return len(a) == len(b) && len(a) > 0 && (&a[0] == &b[0] || bytes.Equal(a, b))
}

// load takes the list of the last run from the store, once.
func (c *Client) load(s *slot, address string) {
	if s.loaded || c.lists.store == nil {
		return
	}
	s.loaded = true
	s.kept, _ = c.lists.store.load(address) // a damaged file counts as absent and is replaced by the next download
}

// save writes to the store. One that cannot be written costs a download at the next start, not the answer.
func (c *Client) save(k *kept, address string, rewrite bool) {
	if c.lists.store == nil {
		return
	}
	if err := c.lists.store.save(address, k, rewrite); err != nil {
		c.cfg.Log.Warn("revocation list not stored", "url", address, "err", err)
	}
}

// fresh tells whether asking the server again would be too early. A list past its date, which its server still
// gives out, is asked for as often as after a failure.
func (c *Client) fresh(k *kept, now time.Time) bool {
	wait := c.cfg.Refresh
	if !k.header.nextUpdate.IsZero() && now.After(k.header.nextUpdate) {
		wait = min(wait, c.cfg.RetryAfter)
	}
	return !now.Before(k.checked) && now.Sub(k.checked) < wait
}

// resting tells whether the last attempt failed a moment ago, or brought what nobody has called verified.
func (c *Client) resting(s *slot, now time.Time) bool {
	return s.lastFail != nil && !now.Before(s.lastTry) && now.Sub(s.lastTry) < c.cfg.RetryAfter
}

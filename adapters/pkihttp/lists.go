package pkihttp

import (
	"context"
	"errors"
	"sync"
	"time"
)

// lists remembers what was fetched from each address.
type lists struct {
	store *store // nil: nothing on disk

	mu    sync.Mutex
	slots map[string]*slot
}

// slot is one address. Its lock is held during a download, so that an address is asked once for all who wait.
type slot struct {
	mu       sync.Mutex
	loaded   bool // the store was looked at
	kept     *kept
	lastTry  time.Time
	lastFail error // of lastTry; nil if it went well
}

// kept is the last good list of an address.
type kept struct {
	body       []byte
	header     listHeader
	validators validators
	checked    time.Time // when the server last sent or confirmed it
}

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

// CRL returns the list at an address: from the store while it is fresh, else by download. When the download fails
// the last good list is returned, even if it is past its date, for the caller judges dates; an error comes only
// when there is none. The bytes are shared: do not change them.
func (c *Client) CRL(ctx context.Context, address string) ([]byte, error) {
	if _, err := c.allow.parse(address); err != nil {
		return nil, err
	}
	s := c.lists.slot(address)
	s.mu.Lock()
	defer s.mu.Unlock()
	c.load(s, address)
	now := c.cfg.Now()
	if s.kept != nil && (c.fresh(s.kept, now) || c.resting(s, now)) {
		return s.kept.body, nil
	}
	if s.kept == nil && c.resting(s, now) {
		return nil, s.lastFail
	}
	err := c.download(ctx, s, address)
	if !errors.Is(ctx.Err(), context.Canceled) { // a caller that hangs up says nothing about the server
		s.lastTry, s.lastFail = now, err
	}
	if s.kept == nil {
		return nil, err
	}
	if err != nil {
		c.cfg.Log.Warn("revocation list not renewed, the last good one serves", "url", address, "err", err)
	}
	return s.kept.body, nil
}

// load takes the list of the last run from the store, once.
func (c *Client) load(s *slot, address string) {
	if s.loaded || c.lists.store == nil {
		return
	}
	s.loaded = true
	s.kept, _ = c.lists.store.load(address) // a damaged file counts as absent and is replaced by the next download
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

// resting tells whether the last attempt failed a moment ago.
func (c *Client) resting(s *slot, now time.Time) bool {
	return s.lastFail != nil && !now.Before(s.lastTry) && now.Sub(s.lastTry) < c.cfg.RetryAfter
}

// download asks the server; only a whole list that is not older changes the slot.
func (c *Client) download(ctx context.Context, s *slot, address string) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CRLTimeout)
	defer cancel()
	q := query{address: address, accept: "application/pkix-crl", limit: maxCRLBytes}
	if s.kept != nil {
		q.known = s.kept.validators
	}
	got, err := c.exchange(ctx, q)
	if err != nil {
		return err
	}
	now := c.cfg.Now()
	if got.unchanged {
		confirmed := *s.kept
		confirmed.checked = now
		c.keep(s, address, &confirmed)
		return nil
	}
	header, err := readListHeader(got.body)
	if err != nil {
		return err
	}
	if s.kept != nil && !header.replaces(s.kept.header) {
		return errOlder
	}
	c.keep(s, address, &kept{body: got.body, header: header, validators: got.validators, checked: now})
	return nil
}

var errOlder = errors.New("pkihttp: the server sent a list older than the one at hand")

// keep puts a list into the slot and the store. A store that cannot be written costs a download at the next start,
// not the answer.
func (c *Client) keep(s *slot, address string, k *kept) {
	rewrite := s.kept == nil || &k.body[0] != &s.kept.body[0]
	s.kept = k
	if c.lists.store == nil {
		return
	}
	if err := c.lists.store.save(address, k, rewrite); err != nil {
		c.cfg.Log.Warn("revocation list not stored", "url", address, "err", err)
	}
}

package pkihttp

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"kopir/xmlsig/revocation"
)

// lists remembers what was fetched from each address. The lists themselves are files, or stay in memory only where
// there is no folder.
type lists struct {
	store *store

	mu    sync.Mutex
	slots map[string]*slot
}

// slot is one address.
type slot struct {
	mu      sync.Mutex
	kept    *kept     // what a caller called verified, now or before the last restart; nil: none
	vouched bool      // in this run: only then its validators are sent, for else a forged list would be confirmed
	offered *kept     // what came since and nobody has called verified
	running *download // under way, or done and not yet given; nil: none
}

// kept is a list of an address.
type kept struct {
	content
	validators validators
	checked    time.Time // when the server last gave or confirmed it
}

// download is one attempt to bring a list; all who ask meanwhile wait for it.
type download struct {
	done chan struct{} // closed at the end
	got  *kept
	err  error
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

// CRL opens the list at an address as it is downloaded; [revocation.ErrUnchanged] says that it still is the one that
// was kept last. A download goes on without its caller, up to its own time limit, and serves the next one: the largest
// lists take longer than an application can wait.
//
// A list is kept, for [Client.Kept] and the next run, only after [Client.Keep] was called with its digest.
func (c *Client) CRL(ctx context.Context, address string) (io.ReadCloser, error) {
	if _, err := c.allow.parse(address); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := c.lists.slot(address)
	d := c.begin(ctx, s, address)
	select {
	case <-d.done:
		return s.give(d)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// begin starts a download, or finds the one under way.
func (c *Client) begin(ctx context.Context, s *slot, address string) *download {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		s.running = &download{done: make(chan struct{})}
		go c.download(context.WithoutCancel(ctx), s, address, s.running)
	}
	return s.running
}

// give opens what a download brought; the next caller begins a new one.
func (s *slot) give(d *download) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == d {
		s.running = nil
	}
	if d.err != nil {
		return nil, d.err
	}
	return d.got.open()
}

// download asks the server and puts what it sends, or why it sends nothing, into the slot.
func (c *Client) download(ctx context.Context, s *slot, address string, d *download) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CRLTimeout)
	defer cancel()
	sink, err := c.lists.store.sink()
	var got answer
	if err == nil {
		got, err = c.stream(ctx, query{address: address, accept: "application/pkix-crl", limit: maxCRLBytes, known: s.known()}, sink.take)
	}
	var list content
	if err == nil && !got.unchanged {
		list, err = sink.finish()
	}
	if err != nil || got.unchanged {
		sink.discard()
	}
	c.finish(s, address, d, &kept{list, got.validators, c.cfg.Now()}, got.unchanged, err)
}

// known gives the validators of the list that a caller called verified.
func (s *slot) known() validators {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil || !s.vouched {
		return validators{}
	}
	return s.kept.validators
}

func (c *Client) finish(s *slot, address string, d *download, got *kept, unchanged bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(d.done)
	same := err == nil && !unchanged && s.vouched && s.kept.sum == got.sum
	switch {
	case err != nil:
		d.err = err
	case same || unchanged:
		if same {
			got.discard()
			s.kept.validators = got.validators
		}
		s.kept.checked = got.checked
		d.err = revocation.ErrUnchanged
		c.remember(s.kept, address)
	default:
		if s.offered != nil {
			s.offered.discard()
		}
		s.offered, d.got = got, got
	}
}

// Keep says that the list of an address with that digest was signed by whom it names and is not older than the one
// before. From now on [Client.Kept] opens it, after a restart too.
func (c *Client) Keep(address string, sum [32]byte) {
	s := c.lists.slot(address)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.offered != nil && s.offered.sum == sum:
		s.kept, s.vouched, s.offered = s.offered, true, nil
		if err := c.lists.store.archive(&s.kept.content); err != nil {
			c.cfg.Log.Warn("revocation list not stored", "url", address, "err", err)
			return
		}
		c.remember(s.kept, address)
		c.lists.store.prune(c.cfg.Now(), c.cfg.ArchiveAge)
	case s.kept != nil && s.kept.sum == sum:
		s.vouched = true
	}
}

// Kept opens the list kept of an address and tells when its server last gave or confirmed it.
func (c *Client) Kept(address string) (io.ReadCloser, time.Time, error) {
	s := c.lists.slot(address)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		k, err := c.lists.store.load(address)
		if err != nil {
			return nil, time.Time{}, err
		}
		s.kept = k
	}
	r, err := s.kept.open()
	return r, s.kept.checked, err
}

// remember notes on disk which list is the address's. What cannot be written costs a download at the next start, not
// the answer.
func (c *Client) remember(k *kept, address string) {
	if err := c.lists.store.save(address, k); err != nil {
		c.cfg.Log.Warn("revocation list not stored", "url", address, "err", err)
	}
}

// errNotKept says that there is no list of an address, or none of that digest.
var errNotKept = errors.New("pkihttp: no such revocation list is kept")

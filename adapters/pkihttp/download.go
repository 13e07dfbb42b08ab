package pkihttp

import (
	"context"
	"errors"
)

// download is one attempt to bring a list; all who ask meanwhile wait for it.
type download struct {
	done chan struct{} // closed at the end
	got  *kept         // the list, unless it failed or only confirmed the one at hand
}

// Reasons why a download changes nothing.
var (
	errOlder   = errors.New("pkihttp: the server sent a list older than the one at hand")
	errNotKept = errors.New("pkihttp: nobody has verified the list the server sent")
)

// download asks the server and puts what it sends, or why it sends nothing, into the slot.
func (c *Client) download(ctx context.Context, s *slot, address string, d *download) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CRLTimeout)
	defer cancel()
	got, err := c.exchange(ctx, query{address: address, accept: "application/pkix-crl", limit: maxCRLBytes, known: s.known()})
	var header listHeader
	if err == nil && !got.unchanged {
		header, err = readListHeader(got.body)
	}
	c.finish(s, address, d, got, header, err)
}

// known gives the validators of the list at hand, unless it is doubted: the word that it has not changed would keep
// a forged one in place.
func (s *slot) known() validators {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil || s.kept.doubted() {
		return validators{}
	}
	return s.kept.validators
}

// finish ends a download. A new list is only offered: it changes what is kept when a caller has verified it.
func (c *Client) finish(s *slot, address string, d *download, got answer, header listHeader, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(d.done)
	now := c.cfg.Now()
	s.running, s.lastTry, s.lastFail = nil, now, err
	trusted := s.kept != nil && !s.kept.doubted()
	switch {
	case err != nil:
	case trusted && (got.unchanged || same(got.body, s.kept.body)):
		s.confirm(got, now)
		c.save(s.kept, address, false)
	case got.unchanged: // the list it was the word on has been doubted meanwhile
		s.lastFail = errNotKept
	case trusted && !header.replaces(s.kept.header):
		s.lastFail = errOlder
	default:
		s.lastFail = errNotKept
		s.offered = &kept{body: got.body, header: header, validators: got.validators, checked: now}
		d.got = s.offered
	}
	if s.lastFail != nil && d.got == nil && s.kept != nil {
		c.cfg.Log.Warn("revocation list not renewed, the last good one serves", "url", address, "err", s.lastFail)
	}
}

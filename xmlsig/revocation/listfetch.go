package revocation

import (
	"context"
	"errors"
	"io"
	"time"

	"kopir/xmlsig/pki"
)

// refusal says why a list that was brought is not taken.
type refusal string

func (r refusal) Error() string { return "the list is " + string(r) }

// Reasons why an address gives no list.
var (
	errForeign = errors.New("the list is of another authority")
	errResting = errors.New("the address failed a moment ago")
)

// foreignSpan is for how many refreshes an address is passed over that gave
// another authority's list when this one's was looked for.
const foreignSpan = 6

// list gives the list of an address that the issuer has signed: the one in hand
// while it is young, else a new one, else the one in hand again, whose dates are
// judged later. An address that is known for another authority's list is tried
// only if again says so.
func (o *Online) list(ctx context.Context, url string, q question, again bool) (*CRL, error) {
	key := listKey{url, authorityID(q.issuer)}
	have, ok := o.lists.get(key)
	if !ok {
		o.restore(url, q)
		have, ok = o.lists.get(key)
	}
	switch {
	case ok && o.serves(have, q.at):
		return have.list, nil
	case !ok && o.lists.isForeign(key, q.at, foreignSpan*o.cfg.CRLRefresh) && !again, !ok && o.lists.isOthers(key, q.at, o.cfg.CRLRefresh):
		return nil, errForeign
	}
	list, err := o.renew(ctx, key, q)
	if err != nil && ok {
		return have.list, nil
	}
	return list, err
}

// serves reports whether nobody has to wait for another list. While somebody
// calls Renew, lists are exchanged behind the questions' backs, unless that is long overdue.
func (o *Online) serves(have cachedList, at time.Time) bool {
	if at.After(have.list.NextUpdate) || have.fetched.Sub(at) >= o.cfg.CRLRefresh {
		return false
	}
	return at.Before(have.due) || o.attended.Load() && at.Before(have.due.Add(o.cfg.CRLRefresh/2))
}

// renew brings the list of an address, if the address does not rest and there is
// time left, and takes it.
func (o *Online) renew(ctx context.Context, key listKey, q question) (*CRL, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !o.rests.may(o.now(q), key.rest()) {
		return nil, errResting
	}
	list, err := o.bring(ctx, key.url, q)
	switch {
	case errors.Is(err, ErrUnchanged):
		return o.confirm(key, q)
	case err != nil:
		return nil, err
	}
	return list, o.take(key, list, q, o.now(q))
}

// bring downloads a list once for all who ask for it at a time, and takes it for
// the authority it belongs to, if that one is known.
func (o *Online) bring(ctx context.Context, url string, q question) (*CRL, error) {
	flight := o.flights.DoChan("crl "+url, func() (any, error) {
		all := restKey{SourceCRL, url, [32]byte{}}
		if !o.rests.may(o.now(q), all) {
			return (*CRL)(nil), errResting
		}
		list, err := o.fetchList(ctx, url)
		if err != nil && !errors.Is(err, ErrUnchanged) {
			o.failed(SourceCRL, url, q, err)
			o.rests.failed(all, o.now(q), o.firstRest(err))
			return (*CRL)(nil), err
		}
		o.rests.answered(all)
		if list != nil {
			o.adopt(url, list, q, o.now(q))
		}
		return list, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-flight:
		return got.Val.(*CRL), got.Err
	}
}

func (o *Online) fetchList(ctx context.Context, url string) (*CRL, error) {
	ctx, cancel := context.WithTimeout(ctx, o.cfg.CRLTimeout)
	defer cancel()
	r, err := o.fetch.CRL(ctx, url)
	if err != nil {
		return nil, err
	}
	return readAndClose(r)
}

func readAndClose(r io.ReadCloser) (*CRL, error) {
	defer r.Close() //nolint:errcheck // only read
	return ReadCRL(r)
}

// adopt takes a list for a known authority that nobody is asking about now.
func (o *Online) adopt(url string, list *CRL, q question, fetched time.Time) {
	for _, issuer := range o.authorities() {
		if list.ofIssuer(issuer) && authorityID(issuer) != q.authority() {
			own := q
			own.issuer = issuer
			if o.take(listKey{url, authorityID(issuer)}, list, own, fetched) == nil {
				return
			}
		}
	}
}

func (o *Online) authorities() []*pki.Certificate {
	if o.cfg.Authorities == nil {
		return nil
	}
	return o.cfg.Authorities()
}

// confirm notes that an address still gives out the list in hand.
func (o *Online) confirm(key listKey, q question) (*CRL, error) {
	have, ok := o.lists.get(key)
	if !ok {
		return nil, errForeign
	}
	o.accepted(key, have.list, q, o.now(q))
	return have.list, nil
}

// take keeps a list once it is known to be the issuer's, and says so to the
// fetcher. One that is not lets the address rest for this issuer.
func (o *Online) take(key listKey, list *CRL, q question, fetched time.Time) error {
	if err := o.examine(key, list, q); err != nil {
		o.rests.failed(key.rest(), o.now(q), o.cfg.Retry)
		if _, had := o.lists.get(key); had || !errors.Is(err, errForeign) {
			o.failed(SourceCRL, key.url, q, err)
		}
		return err
	}
	if keeper, ok := o.fetch.(Keeper); ok {
		keeper.Keep(key.url, list.SHA256)
	}
	o.accepted(key, list, q, fetched)
	return nil
}

// accepted puts a verified list where questions find it, and plans the next one.
func (o *Online) accepted(key listKey, list *CRL, q question, fetched time.Time) {
	if o.lists.put(key, cachedList{list, fetched, o.dueAt(list, q.issuer, fetched), q.issuer}) {
		o.answers.lists.Add(1)
	}
	o.health.good(SourceCRL, key.url, fetched, q.issuer)
	if q.at.After(list.NextUpdate) {
		o.rests.failed(key.rest(), o.now(q), o.cfg.Retry) // its successor is late
	} else {
		o.rests.answered(key.rest())
	}
}

// examine verifies a list before it is compared with the one in hand. A list
// from the future is refused whoever signed it: all that come before would
// look like replays.
func (o *Online) examine(key listKey, list *CRL, q question) error {
	if !list.ofIssuer(q.issuer) {
		o.lists.setForeign(key, o.now(q))
		return errForeign
	}
	if list.ThisUpdate.After(q.at.Add(q.skew)) {
		return refusal("not valid before " + day(list.ThisUpdate))
	}
	if why := list.unsigned(q.issuer); why != "" {
		return refusal(why)
	}
	if have, ok := o.lists.get(key); ok && list.olderThan(have.list) {
		return refusal("older than the one in hand")
	}
	return nil
}

// restore takes the list that was kept of an address in an earlier run, so that
// nobody waits for a network that may be gone.
func (o *Online) restore(url string, q question) {
	keeper, ok := o.fetch.(Keeper)
	if !ok || !o.lists.restores(listKey{url, q.authority()}) {
		return
	}
	_, _, _ = o.flights.Do("kept "+url, func() (any, error) {
		r, checked, err := keeper.Kept(url)
		if err != nil {
			return nil, nil // there is none
		}
		list, err := readAndClose(r)
		if err != nil {
			o.cfg.Failed(SourceCRL, url, err)
			return nil, nil
		}
		o.adopt(url, list, q, checked)
		if q.issuer != nil && list.ofIssuer(q.issuer) {
			_ = o.take(listKey{url, q.authority()}, list, q, checked)
		}
		return nil, nil
	})
}

package revocation

import (
	"context"
	"errors"
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
	switch {
	case ok && q.at.Sub(have.fetched).Abs() < o.cfg.CRLRefresh && !q.at.After(have.list.NextUpdate):
		return have.list, nil
	case !ok && !again && o.lists.isForeign(key, q.at, foreignSpan*o.cfg.CRLRefresh):
		return nil, errForeign
	}
	list, err := o.renew(ctx, key, q)
	if err != nil && ok {
		return have.list, nil
	}
	return list, err
}

// renew brings a list, once for all who ask for it at a time, if the address
// does not rest and there is time left.
func (o *Online) renew(ctx context.Context, key listKey, q question) (*CRL, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	flight := o.flights.DoChan("crl "+key.url+" "+string(key.issuer[:]), func() (any, error) {
		all, own := restKey{"crl", key.url, [32]byte{}}, restKey{"crl", key.url, key.issuer}
		if !o.rests.may(o.now(q), all, own) {
			return (*CRL)(nil), errResting
		}
		list, raw, err := o.fetchList(ctx, key.url)
		if err != nil {
			o.cfg.Failed(key.url, err)
			o.rests.failed(all, o.now(q), o.firstRest(err))
			return (*CRL)(nil), err
		}
		o.rests.answered(all)
		return list, o.take(key, list, raw, q)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-flight:
		return got.Val.(*CRL), got.Err
	}
}

func (o *Online) fetchList(ctx context.Context, url string) (*CRL, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, o.cfg.CRLTimeout)
	defer cancel()
	raw, err := o.fetch.CRL(ctx, url)
	if err != nil {
		return nil, nil, err
	}
	list, err := ParseCRL(raw)
	return list, raw, err
}

// take keeps a list once it is known to be the issuer's, and says so to the
// fetcher. One that is not lets the address rest for this issuer.
func (o *Online) take(key listKey, list *CRL, raw []byte, q question) error {
	own := restKey{"crl", key.url, key.issuer}
	err := o.examine(key, list, q)
	if err != nil {
		o.rests.failed(own, o.now(q), o.cfg.Retry)
		if !errors.Is(err, errForeign) {
			o.cfg.Failed(key.url, err)
		}
		return err
	}
	if keeper, ok := o.fetch.(Keeper); ok {
		keeper.Keep(key.url, raw)
	}
	if q.at.After(list.NextUpdate) {
		o.rests.failed(own, o.now(q), o.cfg.Retry) // its successor is late
	} else {
		o.rests.answered(own)
	}
	return nil
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
	if !o.lists.put(key, list, q.at) {
		return refusal("older than the one in hand")
	}
	return nil
}

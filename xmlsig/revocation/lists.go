package revocation

import (
	"context"
	"errors"
	"sync"
	"time"

	"kopir/xmlsig/pki"
)

// listCache holds one list an address, and addresses that are resting after a
// failure.
type listCache struct {
	mu     sync.Mutex
	lists  map[string]cachedList
	failed map[string]time.Time // resting until
}

type cachedList struct {
	list    *CRL
	fetched time.Time
}

// maxAddresses bounds both maps: addresses stand in certificates.
const maxAddresses = 1024

func (l *listCache) init() {
	l.lists = make(map[string]cachedList)
	l.failed = make(map[string]time.Time)
}

func (l *listCache) get(url string) (cachedList, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.lists[url]
	return c, ok
}

// put keeps a list unless the one in hand is newer: numbers of lists never go
// back (RFC 5280 §5.2.3), so an older one is a replay.
func (l *listCache) put(url string, list *CRL, now time.Time) *CRL {
	l.mu.Lock()
	defer l.mu.Unlock()
	if have, ok := l.lists[url]; ok && list.olderThan(have.list) {
		list = have.list
	}
	if len(l.lists) < maxAddresses {
		l.lists[url] = cachedList{list, now}
	}
	return list
}

// olderThan compares lists of one issuer.
func (c *CRL) olderThan(o *CRL) bool {
	if string(c.RawIssuer) != string(o.RawIssuer) || string(c.AuthorityKeyID) != string(o.AuthorityKeyID) {
		return false
	}
	if c.Number != nil && o.Number != nil && c.Number.Cmp(o.Number) < 0 {
		return true
	}
	return c.ThisUpdate.Before(o.ThisUpdate)
}

// ofIssuer gives the lists in hand that call themselves the issuer's.
func (l *listCache) ofIssuer(issuer *pki.Certificate) []*CRL {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lists []*CRL
	for _, c := range l.lists {
		if c.list.ofIssuer(issuer) {
			lists = append(lists, c.list)
		}
	}
	return lists
}

func (l *listCache) resting(url string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.failed[url])
}

func (l *listCache) rest(url string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.failed) >= maxAddresses {
		clear(l.failed)
	}
	l.failed[url] = until
}

// askLists answers from full lists, completed by delta lists where they can be
// had: first those of the configuration, then those the certificate names. Of
// its full lists, which mirror each other, the first usable one is enough.
func (o *Online) askLists(ctx context.Context, q question) (Status, []string) {
	var lists []*CRL
	var why []string
	add := func(url string) {
		list, err := o.list(ctx, url, q)
		switch {
		case err != nil:
			why = append(why, "crl: the list could not be had")
		case list.ofIssuer(q.issuer):
			lists = append(lists, list)
		}
	}
	for _, url := range o.cfg.CRL {
		add(url)
	}
	for _, url := range o.named(q.cert.CRLPoints, o.cfg.CRL) {
		if s, _ := crlStatus(lists, q); s.State == Unknown {
			add(url)
		}
	}
	if s, _ := crlStatus(lists, q); s.State == Good || s.State == OnHold {
		for _, url := range o.named(q.cert.DeltaCRLPoints, o.cfg.CRL) {
			add(url)
		}
	}
	s, refused := crlStatus(lists, q)
	return s, append(why, refused...)
}

// list gives the list of an address: the one in hand while it is young, else a
// new one, else the one in hand again, whose dates are judged later.
func (o *Online) list(ctx context.Context, url string, q question) (*CRL, error) {
	have, ok := o.lists.get(url)
	switch {
	case ok && !have.list.ofIssuer(q.issuer):
		return have.list, nil // of no use here, not worth another download
	case ok && q.at.Sub(have.fetched) < o.cfg.CRLRefresh && !q.at.After(have.list.NextUpdate):
		return have.list, nil
	case ok && o.lists.resting(url, q.at):
		return have.list, nil
	case o.lists.resting(url, q.at):
		return nil, errResting
	}
	got, err, _ := o.flights.Do("crl "+url, func() (any, error) { return o.fetchList(ctx, url, q) })
	if err == nil {
		return got.(*CRL), nil
	}
	o.cfg.Failed(url, err)
	o.lists.rest(url, q.at.Add(o.cfg.Retry))
	if ok {
		return have.list, nil
	}
	return nil, err
}

var errResting = errors.New("the address failed a moment ago")

func (o *Online) fetchList(ctx context.Context, url string, q question) (*CRL, error) {
	ctx, cancel := context.WithTimeout(ctx, o.cfg.CRLTimeout)
	defer cancel()
	raw, err := o.fetch.CRL(ctx, url)
	if err != nil {
		return nil, err
	}
	list, err := ParseCRL(raw)
	if err != nil {
		return nil, err
	}
	return o.lists.put(url, list, q.at), nil
}

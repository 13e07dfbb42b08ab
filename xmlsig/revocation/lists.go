package revocation

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"kopir/xmlsig/pki"
)

// listCache holds one list an address and authority. Nothing gets in before its
// signature was verified: lists come over plain HTTP, and a forged one must
// neither be compared with nor take the place of a genuine one.
type listCache struct {
	mu       sync.Mutex
	lists    map[listKey]cachedList
	foreign  map[listKey]time.Time // addresses that gave another authority's list, and when
	restored map[listKey]bool      // what was kept in an earlier run has been looked at
}

// listKey is an address, and the authority whose list is looked for there.
type listKey struct {
	url    string
	issuer [32]byte
}

// rest is where the breaker notes that the address gave nothing for the authority.
func (k listKey) rest() restKey { return restKey{SourceCRL, k.url, k.issuer} }

// authorityID is of name and key, by which lists are verified: certificates of
// an authority that was certified anew share it.
func authorityID(c *pki.Certificate) [32]byte {
	return sha256.Sum256(slices.Concat(c.RawSubject, c.RawSPKI))
}

// authority is whose list a question is for; nobody's while a list is looked for
// before its authority is known.
func (q question) authority() (id [32]byte) {
	if q.issuer != nil {
		id = authorityID(q.issuer)
	}
	return id
}

type cachedList struct {
	list    *CRL
	fetched time.Time        // when its server last gave or confirmed it
	due     time.Time        // when to ask for the next one
	issuer  *pki.Certificate // who signed it
}

// maxAddresses bounds what is remembered: addresses stand in certificates.
const maxAddresses = 1024

func (l *listCache) init() {
	l.lists = make(map[listKey]cachedList)
	l.foreign = make(map[listKey]time.Time)
	l.restored = make(map[listKey]bool)
}

func (l *listCache) get(key listKey) (cachedList, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.lists[key]
	return c, ok
}

// put keeps a verified list unless the one in hand is newer: numbers of lists
// never go back (RFC 5280 §5.2.3), so an older one is a replay. It tells whether
// the list is another one than before.
func (l *listCache) put(key listKey, c cachedList) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	have, ok := l.lists[key]
	if ok && c.list.olderThan(have.list) {
		return false
	}
	if ok || len(l.lists) < maxAddresses {
		l.lists[key] = c
	}
	delete(l.foreign, key)
	return !ok || have.list.SHA256 != c.list.SHA256
}

// hasten makes an authority's full lists due: a delta list came that they are
// too old for.
func (l *listCache) hasten(issuer [32]byte, delta *CRL, due time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, c := range l.lists {
		if key.issuer == issuer && !c.list.IsDelta() && c.list.Number != nil && c.list.Number.Cmp(delta.Base) < 0 && due.Before(c.due) {
			c.due = due
			l.lists[key] = c
		}
	}
}

// restores reports, once for each address and authority, that what was kept in
// an earlier run is yet to be looked at.
func (l *listCache) restores(key listKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.restored[key] || len(l.restored) >= maxAddresses {
		return false
	}
	l.restored[key] = true
	return true
}

// all gives the lists in hand with their addresses.
func (l *listCache) all() map[listKey]cachedList {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.lists)
}

// hasAt reports whether there is any list of the address.
func (l *listCache) hasAt(url string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range l.lists {
		if key.url == url {
			return true
		}
	}
	return false
}

// isOthers reports whether the address gave another authority's list lately: no
// download will make it this one's.
func (l *listCache) isOthers(key listKey, now time.Time, span time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for other, c := range l.lists {
		if other.url == key.url && other.issuer != key.issuer && now.Sub(c.fetched).Abs() < span {
			return true
		}
	}
	return false
}

// olderThan compares two lists that one key has signed.
func (c *CRL) olderThan(o *CRL) bool {
	return c.Number != nil && o.Number != nil && c.Number.Cmp(o.Number) < 0 || c.ThisUpdate.Before(o.ThisUpdate)
}

// ofIssuer gives the lists in hand that the issuer has signed.
func (l *listCache) ofIssuer(issuer *pki.Certificate) []*CRL {
	id := authorityID(issuer)
	l.mu.Lock()
	defer l.mu.Unlock()
	var lists []*CRL
	for key, c := range l.lists {
		if key.issuer == id {
			lists = append(lists, c.list)
		}
	}
	return lists
}

// setForeign remembers that the address gave another authority's list.
func (l *listCache) setForeign(key listKey, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.foreign) >= maxAddresses {
		clear(l.foreign)
	}
	l.foreign[key] = now
}

func (l *listCache) isForeign(key listKey, now time.Time, span time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.foreign[key]
	return ok && now.Sub(at).Abs() < span
}

// gathering collects the lists that speak for one question.
type gathering struct {
	lists   []*CRL
	why     []string
	foreign []string // addresses that gave another authority's list
}

// askLists answers from the lists as of seen, the count of new ones. Where one came while
// the question waited for another, the answer would be an older list's: it is asked again, once.
func (o *Online) askLists(ctx context.Context, q question) (s Status, why []string, seen uint64) {
	for again := false; ; again = true {
		seen = o.answers.lists.Load()
		if s, why = o.consult(ctx, q); again || seen == o.answers.lists.Load() {
			return s, why, seen
		}
	}
}

// consult answers from full lists, completed by delta lists where they can be
// had: first those of the configuration, then those the certificate names. Of
// its full lists, which mirror each other, the first usable one is enough.
func (o *Online) consult(ctx context.Context, q question) (Status, []string) {
	var g gathering
	state := func() State {
		s, _ := crlStatus(g.lists, q)
		return s.State
	}
	for _, url := range o.cfg.CRL {
		o.gather(ctx, &g, url, q, false)
	}
	for _, url := range o.unlisted(q.cert.CRLPoints) {
		if state() == Unknown {
			o.gather(ctx, &g, url, q, false)
		}
	}
	for _, url := range g.foreign { // only when the others say nothing
		if state() == Unknown {
			o.gather(ctx, &g, url, q, true)
		}
	}
	if s := state(); s == Good || s == OnHold {
		for _, url := range o.unlisted(q.cert.DeltaCRLPoints) {
			o.gather(ctx, &g, url, q, false)
		}
	}
	s, refused := crlStatus(g.lists, q)
	return s, append(g.why, refused...)
}

func (o *Online) gather(ctx context.Context, g *gathering, url string, q question, again bool) {
	list, err := o.list(ctx, url, q, again)
	var refused refusal
	switch {
	case err == nil:
		g.lists = append(g.lists, list)
	case errors.Is(err, errForeign) && !again:
		g.foreign = append(g.foreign, url)
	case errors.As(err, &refused):
		g.why = append(g.why, "crl: "+string(refused))
	default:
		g.why = append(g.why, "crl: the list could not be had")
	}
}

// unlisted gives those addresses of a certificate that may be asked and that the
// configuration does not have already.
func (o *Online) unlisted(urls []string) []string {
	return slices.DeleteFunc(o.named(urls), func(url string) bool { return slices.Contains(o.cfg.CRL, url) })
}

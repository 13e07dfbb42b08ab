package revocation

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kopir/xmlsig/pki"
)

// Bounds of the work of one Renew.
const (
	renewAtOnce    = 2   // lists; each may take 64 MB for a moment
	askAtOnce      = 8   // certificates
	maxRenewals    = 256 // certificates in one round
	renewHits      = 2   // an answer given so often is renewed before it ends
	renewalWindow  = 5   // that many-th part of the freshness before its end
	maxLead        = time.Hour
	minLead        = time.Minute
	longestPause   = 10 * time.Minute
	overdueRefresh = 10 * time.Minute // a full list too old for its delta list is asked for again after that
)

// Renew is one round of what keeps questions from waiting: it loads lists nobody
// has asked for yet, exchanges those that are due, and asks again about
// certificates that are seen often, before their answers end. It tells when
// the next round is worth while; without Config.Now it does nothing.
func (o *Online) Renew(ctx context.Context) (next time.Time) {
	if o.cfg.Now == nil {
		return time.Time{}
	}
	o.attended.Store(true)
	o.renewLists(ctx)
	o.renewAnswers(ctx)
	return o.nextRound()
}

func (o *Online) renewLists(ctx context.Context) {
	g := new(errgroup.Group)
	g.SetLimit(renewAtOnce)
	for _, url := range o.cfg.CRL {
		if !o.lists.hasAt(url) {
			g.Go(func() error { o.load(ctx, url); return nil })
		}
	}
	_ = g.Wait()
	now := o.cfg.Now()
	for key, have := range o.lists.all() {
		if !now.Before(have.due) {
			g.Go(func() error {
				_, _ = o.renew(ctx, key, o.questionOf(nil, have.issuer)) // the list in hand stays
				return nil
			})
		}
	}
	_ = g.Wait()
}

// load takes the list of an address for whichever known authority it belongs to.
func (o *Online) load(ctx context.Context, url string) {
	q := o.questionOf(nil, nil)
	if o.restore(url, q); o.lists.hasAt(url) || len(o.authorities()) == 0 || o.lists.isForeign(listKey{url: url}, q.at, o.cfg.CRLRefresh) {
		return
	}
	if list, err := o.bring(ctx, url, q); err == nil && list != nil && !o.lists.hasAt(url) {
		o.lists.setForeign(listKey{url: url}, q.at) // of an authority that nobody trusts
	}
}

func (o *Online) questionOf(cert, issuer *pki.Certificate) question {
	return question{cert, issuer, o.cfg.Now(), o.cfg.Skew, o.cfg.Freshness}
}

// renewAnswers asks again about certificates that are seen often.
func (o *Online) renewAnswers(ctx context.Context) {
	now := o.cfg.Now()
	g := new(errgroup.Group)
	g.SetLimit(askAtOnce)
	for _, s := range o.answers.ending(now, now.Add(o.cfg.Freshness/renewalWindow), renewHits, maxRenewals) {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, o.cfg.Deadline)
			defer cancel()
			_, _ = o.askResponders(ctx, o.questionOf(s.cert, s.issuer)) // without a new answer the old one ends in its time
			return nil
		})
	}
	_ = g.Wait()
}

// nextRound is when the first list is due, and no later than answers may end.
func (o *Online) nextRound() time.Time {
	now := o.cfg.Now()
	next := now.Add(min(o.cfg.Freshness/renewalWindow/2, longestPause))
	for _, have := range o.lists.all() {
		if have.due.Before(next) {
			next = have.due
		}
	}
	if soon := now.Add(o.cfg.Retry); next.Before(soon) {
		return soon
	}
	return next
}

// dueAt plans when to ask for the list after this one: after the refresh, and
// well before its own end, each a little earlier by chance, so that instances do
// not all ask at once. A full list that a delta list completes is asked for daily only.
func (o *Online) dueAt(list *CRL, issuer *pki.Certificate, fetched time.Time) time.Time {
	refresh := o.cfg.CRLRefresh
	if list.IsDelta() {
		o.lists.hasten(authorityID(issuer), list, fetched.Add(min(refresh, overdueRefresh)))
	} else if o.completed(list, issuer, fetched) {
		refresh = o.cfg.FullRefresh
	}
	due := fetched.Add(refresh - o.jitter(time.Duration(o.cfg.Jitter*float64(refresh))))
	lead := min(max(list.NextUpdate.Sub(list.ThisUpdate)/10, minLead), maxLead)
	if end := list.NextUpdate.Add(-lead - o.jitter(lead)); end.Before(due) {
		due = end
	}
	if soon := fetched.Add(min(minLead, refresh)); due.Before(soon) {
		return soon // its successor is not out yet
	}
	return due
}

// completed reports whether a delta list in hand completes a full one.
func (o *Online) completed(full *CRL, issuer *pki.Certificate, at time.Time) bool {
	return slices.ContainsFunc(o.lists.ofIssuer(issuer), func(c *CRL) bool {
		return c.completes(full) && !at.After(c.NextUpdate)
	})
}

// jitter draws a duration below most.
func (o *Online) jitter(most time.Duration) time.Duration {
	var b [8]byte
	if o.cfg.Rand == nil || most <= 0 || o.draw(b[:]) != nil {
		return 0
	}
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(most))
}

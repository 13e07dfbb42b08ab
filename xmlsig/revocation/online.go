package revocation

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"kopir/xmlsig/pki"
)

// Online asks OCSP responders, then lists, and remembers what was verified for
// as long as it is fresh. Questions about one certificate that come together
// are asked once. It may be used from many goroutines.
type Online struct {
	fetch      Fetcher
	cfg        Config
	usual      plan
	responders []Responder // of the configuration
	flights    singleflight.Group
	drawing    sync.Mutex // Config.Rand need not be safe for concurrent use
	answers    answerCache
	lists      listCache
	rests      rests
	health     health
	attended   atomic.Bool // somebody calls Renew
}

// NewOnline makes a source that asks through the fetcher.
func NewOnline(f Fetcher, cfg Config) *Online {
	o := &Online{fetch: f, cfg: cfg.withDefaults()}
	o.answers.init()
	o.lists.init()
	o.usual = o.planOf(Policy{})
	for _, url := range o.cfg.OCSP {
		o.responders = append(o.responders, Responder{URL: url})
	}
	o.responders = append(o.responders, o.cfg.Responders...)
	slices.SortStableFunc(o.responders, func(a, b Responder) int { return cmp.Compare(a.Priority, b.Priority) })
	return o
}

// Status asks about the certificate. Freshness is judged by Config.Now: what
// holds now about a certificate held at an earlier moment too, and RevokedAt
// tells when that ended. Without Config.Now it is judged at the moment itself.
func (o *Online) Status(ctx context.Context, cert, issuer *pki.Certificate, at time.Time) Status {
	return o.status(ctx, cert, issuer, at, o.usual)
}

func (o *Online) status(ctx context.Context, cert, issuer *pki.Certificate, at time.Time, p plan) Status {
	q := question{cert, issuer, at, o.cfg.Skew, p.freshness}
	if o.cfg.Now != nil {
		q.at = o.cfg.Now()
	}
	if s, ok := o.remembered(q, p); ok {
		return s
	}
	ctx, cancel := o.patience(ctx)
	defer cancel()
	flight := o.flights.DoChan(p.name+string(cert.SHA256[:])+string(issuer.SHA256[:]), func() (any, error) {
		ctx, cancel := o.outliving(ctx)
		defer cancel()
		return o.follow(ctx, q, p), nil
	})
	select {
	case <-ctx.Done():
		return unknown("the check was broken off")
	case result := <-flight:
		return result.Val.(Status)
	}
}

// patience bounds the wait of a caller that has set no bound. The second on top
// lets a flight that ends at its deadline say why.
func (o *Online) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, o.cfg.Deadline+time.Second)
}

// outliving bounds a flight. It goes on when its caller gives up, since others
// may wait for it, but not beyond Config.Deadline or a later end the caller set
// himself: a silent authority must not hold the gateway's callers.
func (o *Online) outliving(ctx context.Context) (context.Context, context.CancelFunc) {
	free := context.WithoutCancel(ctx)
	flight, cancel := context.WithTimeout(free, o.cfg.Deadline)
	until, _ := ctx.Deadline()
	if end, _ := flight.Deadline(); until.After(end.Add(time.Second)) {
		cancel()
		return context.WithDeadline(free, until)
	}
	return flight, cancel
}

// now is the moment by which addresses rest: the clock, which has moved on while
// an address was silent, else the moment of the question.
func (o *Online) now(q question) time.Time {
	if o.cfg.Now != nil {
		return o.cfg.Now()
	}
	return q.at
}

package revocation

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// Fetcher brings OCSP answers and lists from outside. It bounds what it reads
// and guards where it goes; a later call may be made while another runs.
type Fetcher interface {
	OCSP(ctx context.Context, url string, request []byte) ([]byte, error)
	CRL(ctx context.Context, url string) ([]byte, error)
}

// Keeper is a [Fetcher] that keeps lists for later runs. Online tells it which
// of those it brought were signed by the authority that was asked about, and are
// not older than the one before: before that nobody has vouched for a byte of them.
type Keeper interface {
	Keep(url string, der []byte)
}

// Config of an Online source. The zero value works, but asks nobody: addresses
// are either given here or stand in certificates and are allowed by Hosts.
type Config struct {
	Now  func() time.Time // clock for freshness; nil: the moment that is asked about
	Rand io.Reader        // for nonces; nil: no nonce is sent

	OCSP  []string // responders asked first, for every certificate
	CRL   []string // lists asked first, full and delta, of any authority
	Hosts []string // host or host:port that addresses in certificates may have; empty: none

	Freshness     time.Duration // of OCSP answers without nextUpdate; 1 hour by default
	Skew          time.Duration // between clocks; 2 minutes by default
	OCSPTimeout   time.Duration // for one answer; 5 seconds by default
	CRLTimeout    time.Duration // for one list; 1 minute by default
	CRLRefresh    time.Duration // a list older than this is asked for again; 1 hour by default
	Deadline      time.Duration // for everything one Status asks, unless its context says when; 10 seconds by default
	Retry         time.Duration // an address that gave nothing rests so long, then twice as long, up to a minute; 2 seconds by default
	NonceOptional bool          // an answer without any nonce counts although one was sent

	// Failed, if set, hears why an address gave nothing usable, for logs and metrics.
	Failed func(url string, err error)
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.Freshness, DefaultFreshness}, {&c.Skew, defaultSkew}, {&c.OCSPTimeout, 5 * time.Second},
		{&c.CRLTimeout, time.Minute}, {&c.CRLRefresh, time.Hour}, {&c.Retry, 2 * time.Second},
		{&c.Deadline, 10 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.Failed == nil {
		c.Failed = func(string, error) {}
	}
	return c
}

// Online asks OCSP responders, then lists, and remembers what was verified for
// as long as it is fresh. Questions about one certificate that come together
// are asked once. It may be used from many goroutines.
type Online struct {
	fetch   Fetcher
	cfg     Config
	flights singleflight.Group
	drawing sync.Mutex // Config.Rand need not be safe for concurrent use
	answers answerCache
	lists   listCache
	rests   rests
}

// NewOnline makes a source that asks through the fetcher.
func NewOnline(f Fetcher, cfg Config) *Online {
	o := &Online{fetch: f, cfg: cfg.withDefaults()}
	o.answers.init()
	o.lists.init()
	return o
}

// Status asks about the certificate. Freshness is judged by Config.Now: what
// holds now about a certificate held at an earlier moment too, and RevokedAt
// tells when that ended. Without Config.Now it is judged at the moment itself.
func (o *Online) Status(ctx context.Context, cert, issuer *pki.Certificate, at time.Time) Status {
	q := question{cert, issuer, at, o.cfg.Skew, o.cfg.Freshness}
	if o.cfg.Now != nil {
		q.at = o.cfg.Now()
	}
	key := answerKey{cert.SHA256, issuer.SHA256}
	if s, ok := o.answers.get(key, q.at); ok {
		return s
	}
	ctx, cancel := o.patience(ctx)
	defer cancel()
	flight := o.flights.DoChan(string(key.cert[:])+string(key.issuer[:]), func() (any, error) {
		ctx, cancel := o.outliving(ctx)
		defer cancel()
		return o.ask(ctx, q), nil
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

// ask goes through the sources in order and stops at the first usable answer.
func (o *Online) ask(ctx context.Context, q question) Status {
	key := answerKey{q.cert.SHA256, q.issuer.SHA256}
	s, why := o.askOCSP(ctx, q)
	if s.State == Unknown {
		var more []string
		s, more = o.askLists(ctx, q)
		why = append(why, more...)
	}
	if s.State == Unknown {
		return unknown(why...)
	}
	o.answers.put(key, s, q)
	return s
}

func (o *Online) askOCSP(ctx context.Context, q question) (Status, []string) {
	var why []string
	for _, url := range slices.Concat(o.cfg.OCSP, o.named(q.cert.OCSPServers, o.cfg.OCSP)) {
		if ctx.Err() != nil {
			return Status{}, append(why, "ocsp: no time was left for a responder")
		}
		// A responder that fails for one authority may well answer for another; one that is silent is so for all.
		all, own := restKey{"ocsp", url, [32]byte{}}, restKey{"ocsp", url, q.issuer.SHA256}
		if !o.rests.may(o.now(q), all, own) {
			why = append(why, "ocsp: the responder could not be reached a moment ago")
			continue
		}
		raw, nonce, err := o.send(ctx, url, q)
		if err != nil {
			o.cfg.Failed(url, err)
			if silent(err) {
				own = all
			}
			o.rests.failed(own, o.now(q), o.firstRest(err))
			why = append(why, "ocsp: the responder could not be reached")
			continue
		}
		o.rests.answered(all, own)
		s := o.judge(raw, q, nonce)
		if s.State != Unknown {
			return s, nil
		}
		o.cfg.Failed(url, unreadable(s.Detail))
		why = append(why, s.Detail)
	}
	return Status{}, why
}

// send asks one responder.
func (o *Online) send(ctx context.Context, url string, q question) (raw, nonce []byte, err error) {
	if nonce, err = o.nonce(); err != nil {
		return nil, nil, err
	}
	request, err := NewOCSPRequest(q.cert, q.issuer, nonce)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.cfg.OCSPTimeout)
	defer cancel()
	raw, err = o.fetch.OCSP(ctx, url, request)
	return raw, nonce, err
}

// nonce draws a fresh one, or none without Config.Rand.
func (o *Online) nonce() ([]byte, error) {
	if o.cfg.Rand == nil {
		return nil, nil
	}
	o.drawing.Lock()
	defer o.drawing.Unlock()
	nonce := make([]byte, nonceBytes)
	_, err := io.ReadFull(o.cfg.Rand, nonce)
	return nonce, err
}

// judge verifies an answer.
func (o *Online) judge(raw []byte, q question, nonce []byte) Status {
	answer, err := ParseOCSP(raw)
	if err != nil {
		var e *reason.Error
		errors.As(err, &e)
		return unknown("ocsp: " + e.Detail)
	}
	if o.cfg.NonceOptional && answer.Nonce == nil {
		nonce = nil
	}
	return answer.status(q, nonce, o.lists.ofIssuer(q.issuer))
}

// named gives the addresses of a certificate whose host is allowed and that the
// configuration does not have already.
func (o *Online) named(urls, configured []string) []string {
	var found []string
	for _, url := range urls {
		if allowed(url, o.cfg.Hosts) && !slices.Contains(configured, url) {
			found = append(found, url)
		}
	}
	return found
}

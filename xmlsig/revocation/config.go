package revocation

import (
	"context"
	"errors"
	"io"
	"time"

	"kopir/xmlsig/pki"
)

// Fetcher brings OCSP answers and lists from outside. It bounds what it reads
// and guards where it goes; a later call may be made while another runs.
type Fetcher interface {
	OCSP(ctx context.Context, url string, request []byte) ([]byte, error)
	// CRL opens the list at an address; ErrUnchanged says that it still is the one that was kept last.
	CRL(ctx context.Context, url string) (io.ReadCloser, error)
}

// ErrUnchanged is a Fetcher's word that an address has nothing new.
var ErrUnchanged = errors.New("the list at the address has not changed")

// Getter is a [Fetcher] that can also ask responders by GET (RFC 6960 appendix A.1).
type Getter interface {
	OCSPByGET(ctx context.Context, url string, request []byte) ([]byte, error)
}

// Keeper is a [Fetcher] that keeps lists for later runs. Online tells it which
// of those it opened were signed by the authority that was asked about, and are
// not older than the one before: before that nobody has vouched for a byte of them.
type Keeper interface {
	Keep(url string, sha256 [32]byte)
	// Kept opens the list kept of an address, and tells when its server last gave or confirmed it.
	Kept(url string) (list io.ReadCloser, checked time.Time, err error)
}

// Cache is shared with other instances. What comes out of it is verified like
// anything else; it may forget, be slow within reason, and lie.
type Cache interface {
	Get(ctx context.Context, key string) (der []byte, ok bool)
	Put(ctx context.Context, key string, der []byte, ttl time.Duration)
}

// Dropper is a [Cache] that can be told that a value is of no use.
type Dropper interface {
	Drop(ctx context.Context, key string)
}

// Responder is an OCSP responder that is asked about every certificate.
type Responder struct {
	URL      string
	GET      bool // without a nonce then: what is asked for by GET may come out of a cache (RFC 5019 §4)
	Priority int  // lower ones are asked first; those of one priority in their order
}

// Config of an Online source. The zero value works, but asks nobody: addresses
// are either given here or stand in certificates and are allowed by Hosts.
type Config struct {
	Now  func() time.Time // clock for freshness; nil: the moment that is asked about
	Rand io.Reader        // for nonces and jitter; nil: neither

	OCSP       []string    // responders asked first, by POST, for every certificate
	Responders []Responder // the same with a method and a priority; those of OCSP have priority 0
	CRL        []string    // lists asked first, full and delta, of any authority
	Hosts      []string    // host or host:port that addresses in certificates may have; empty: none

	Authorities func() []*pki.Certificate // whose lists are loaded before anybody asks; nil: nobody's
	Cache       Cache                     // of OCSP answers, shared with other instances; nil: none

	Freshness     time.Duration // of OCSP answers without nextUpdate; 1 hour by default
	Skew          time.Duration // between clocks; 2 minutes by default
	OCSPTimeout   time.Duration // for one answer; 5 seconds by default
	CRLTimeout    time.Duration // for one list; 1 minute by default
	CRLRefresh    time.Duration // a list older than this is asked for again; 1 hour by default
	FullRefresh   time.Duration // the same for a full list that a delta list completes; 24 hours by default
	Deadline      time.Duration // for everything one Status asks, unless its context says when; 10 seconds by default
	Retry         time.Duration // an address that gave nothing rests so long, then twice as long, up to a minute; 2 seconds by default
	Jitter        float64       // up to that part of CRLRefresh lists are asked for earlier, by chance; 0.1 by default
	NonceOptional bool          // an answer without any nonce counts although one was sent

	// Failed, if set, hears why a source ("ocsp", "crl", "cache") gave nothing usable, for logs and metrics.
	// It hears no serial number and no name of a person.
	Failed func(source, url string, err error)
}

// sourceCache is the shared cache, as Config.Failed names it.
const sourceCache = "cache"

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.Freshness, DefaultFreshness}, {&c.Skew, defaultSkew}, {&c.OCSPTimeout, 5 * time.Second},
		{&c.CRLTimeout, time.Minute}, {&c.CRLRefresh, time.Hour}, {&c.FullRefresh, 24 * time.Hour},
		{&c.Retry, 2 * time.Second}, {&c.Deadline, 10 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.Jitter == 0 {
		c.Jitter = 0.1
	}
	if c.Failed == nil {
		c.Failed = func(string, string, error) {}
	}
	return c
}

// Package pkihttp brings OCSP answers and revocation lists over HTTP. It implements revocation.Fetcher.
//
// What it brings is not trusted: signatures and dates are the business of xmlsig/revocation, which says of a list
// that it is good with [Client.Keep]. It sees to it that nothing is asked of a host the operator has not named, that
// no answer is too large or comes too late, and that the last good list survives a failed download and a restart.
//
//	client, err := pkihttp.New(pkihttp.Config{Allow: []string{"ocsp.pki.gov.kz", "crl.pki.gov.kz"}, Dir: "crl"})
//	source := revocation.NewOnline(client, revocation.Config{})
package pkihttp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Reasons why nothing was brought. Test with [errors.Is].
var (
	// ErrForbidden says that the address is not on the list of allowed hosts, or is no plain http(s) address.
	ErrForbidden = errors.New("pkihttp: address not allowed")
	// ErrAnswer says that the server answered, but not with what was asked for.
	ErrAnswer = errors.New("pkihttp: unusable answer")
)

// Limits of what is accepted; [Config] can only choose the times.
const (
	// maxOCSPBytes bounds an OCSP answer: a national one with its responder's certificate is under 3 KB.
	maxOCSPBytes = 256 << 10
	// maxCRLBytes bounds a list: that of the national CA had 21.6 MB in July 2026 and grows.
	maxCRLBytes = 64 << 20
	// maxOCSPRequestBytes bounds what is sent; a request for one certificate has some 150 bytes.
	maxOCSPRequestBytes = 8 << 10
)

// Times that hold when [Config] says nothing.
const (
	defaultOCSPTimeout = 5 * time.Second
	defaultCRLTimeout  = 90 * time.Second
	dialTimeout        = 3 * time.Second
)

// userAgent is never empty: a filter before pki.gov.kz answers 303 to requests without one.
const userAgent = "kopir/1 (+revocation check)"

// Config says whom to ask and how long to wait. Only Allow is needed; without it nothing may be asked.
type Config struct {
	Allow       []string         // host (its default port) or host:port
	Dir         string           // where lists are kept; "" keeps none
	Proxy       *url.URL         // nil: straight
	UserAgent   string           // "" for kopir/1
	OCSPTimeout time.Duration    // whole exchange; 0 for 5 s
	CRLTimeout  time.Duration    // whole download; 0 for 90 s
	ArchiveAge  time.Duration    // older lists than that are dropped, save those in use; 0: none
	Now         func() time.Time // nil for time.Now
	Log         *slog.Logger     // nil: silence
}

// Client brings OCSP answers and lists. It is safe for concurrent use.
type Client struct {
	cfg   Config
	http  *http.Client
	allow allowList
	lists lists
}

// New makes a client. It fails when an entry of Allow is not host or host:port, the proxy is no http address,
// or the folder cannot be made.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	allow, err := parseAllowList(cfg.Allow)
	if err != nil {
		return nil, err
	}
	if p := cfg.Proxy; p != nil && (defaultPorts[p.Scheme] == "" || p.Hostname() == "") {
		return nil, fmt.Errorf("pkihttp: proxy %s is not http://host:port", p.Redacted())
	}
	c := &Client{cfg: cfg, allow: allow}
	if cfg.Dir != "" {
		if c.lists.store, err = openStore(cfg.Dir); err != nil {
			return nil, err
		}
	}
	c.http = &http.Client{Transport: c.transport(), CheckRedirect: refuseRedirect}
	return c, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.UserAgent == "" {
		cfg.UserAgent = userAgent
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{
		{&cfg.OCSPTimeout, defaultOCSPTimeout}, {&cfg.CRLTimeout, defaultCRLTimeout},
	} {
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	return cfg
}

// transport dials allowed hosts and, when there is one, the proxy. HTTP/2, cookies and the environment stay out.
func (c *Client) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout}
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if !c.mayDial(addr) {
				return nil, fmt.Errorf("%w: %s", ErrForbidden, addr)
			}
			return dialer.DialContext(ctx, network, addr)
		},
		TLSHandshakeTimeout:    dialTimeout,
		IdleConnTimeout:        time.Minute,
		MaxIdleConnsPerHost:    8,
		MaxConnsPerHost:        32,
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true, // a list does not compress, and a bomb would
	}
	if c.cfg.Proxy != nil {
		t.Proxy = http.ProxyURL(c.cfg.Proxy)
	}
	return t
}

func (c *Client) mayDial(addr string) bool {
	if c.cfg.Proxy != nil {
		return addr == hostPort(c.cfg.Proxy)
	}
	return c.allow[addr]
}

func refuseRedirect(req *http.Request, _ []*http.Request) error {
	return fmt.Errorf("%w: the server redirects to %s", ErrAnswer, req.URL.Host)
}

// OCSP posts a request to a responder (RFC 6960 appendix A.1) and returns the DER of the answer.
func (c *Client) OCSP(ctx context.Context, address string, request []byte) ([]byte, error) {
	return c.askOCSP(ctx, query{address: address, body: request}, request)
}

// OCSPByGET asks with the request in the address (RFC 6960 appendix A.1), for responders that answer out of caches. Such
// an answer may be an older one, without the nonce that was sent.
func (c *Client) OCSPByGET(ctx context.Context, address string, request []byte) ([]byte, error) {
	encoded := url.QueryEscape(base64.StdEncoding.EncodeToString(request))
	return c.askOCSP(ctx, query{address: strings.TrimSuffix(address, "/") + "/" + encoded}, request)
}

func (c *Client) askOCSP(ctx context.Context, q query, request []byte) ([]byte, error) {
	if len(request) == 0 || len(request) > maxOCSPRequestBytes {
		return nil, fmt.Errorf("pkihttp: an OCSP request of %d bytes", len(request))
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.OCSPTimeout)
	defer cancel()
	q.accept, q.limit = "application/ocsp-response", maxOCSPBytes
	if q.body != nil {
		q.mediaType = "application/ocsp-request"
	}
	answer, err := c.exchange(ctx, q)
	if err != nil {
		return nil, err
	}
	return answer.body, checkDER(answer.body, "an OCSP answer")
}

// Package shep is the client of the state gateway's asynchronous channel: it tells the cabinet what
// became of an application, as NOTIFICATION on the way and RESPONSE at the end, along the chain the
// application came by.
//
//	client, err := shep.New(shep.Config{URL: url, SenderID: login, Sign: signer, Pins: pins, Words: words})
//	couriers["shep"] = client
package shep

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/xmlsig/xmltree"
)

// Bounds of one exchange. SmartBridge documents ask for an answer within 30 s (gateway-protocol.md §4).
const (
	defaultTimeout  = 30 * time.Second
	maxReplyBytes   = 1 << 20 // replies hold ids, not documents
	maxErrorRunes   = 300     // of a fault's text in our ledger
	idleConnections = 8
)

// Service is what differs between services on the way back. Zero fields mean: as it came.
type Service struct {
	ServiceID string // default: the serviceId the application came with
	RouteID   string // default: none, the chain's correlationId finds the way
	Namespace string // of the payload; default [Namespace]
}

// Config of a [Client]. URL and SenderID have to be given.
type Config struct {
	URL       string // the asynchronous endpoint, issued by the gateway's operator
	SenderID  string
	Password  string
	Sign      envelope.Signer // nil: unsigned, for tests only
	Pins      *envelope.Pins  // nil: replies are not verified
	Transport http.RoundTripper
	Header    http.Header // sent with every message, where an installation asks for it
	Timeout   time.Duration
	Service   func(c gateway.Case) Service
	Statuses  map[string]string                                       // our status word → the service's CurrentStatus
	Words     func(m gateway.Message, c gateway.Case) (kk, ru string) // what the applicant is told
	SignForm  func(doc []byte) ([]byte, error)                        // the payload's own signature, where the service asks for one
	Now       func() time.Time
	Rand      io.Reader
}

// Client sends messages to the gateway.
type Client struct {
	cfg  Config
	http *http.Client
}

var _ gateway.Courier = (*Client)(nil)

// New makes a client.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errors.New("shep: the address must be an http or https URL without credentials")
	}
	if cfg.SenderID == "" {
		return nil, errors.New("shep: SenderID is needed")
	}
	cfg = cfg.withDefaults()
	return &Client{cfg: cfg, http: &http.Client{
		Transport: cfg.Transport, Timeout: cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: time.Minute,
			ResponseHeaderTimeout: c.Timeout, MaxResponseHeaderBytes: 64 << 10}
	}
	if c.Service == nil {
		c.Service = func(gateway.Case) Service { return Service{} }
	}
	if c.Words == nil {
		c.Words = func(m gateway.Message, _ gateway.Case) (string, string) { return m.Text["kk"], m.Text["ru"] }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	return c
}

// Send exchanges one message. The reply is read from the octets its signature covers where pins are
// configured. A fault is an error of type *envelope.Fault.
func (c *Client) Send(ctx context.Context, body any) (*envelope.Message, error) {
	doc, err := envelope.Seal(body, c.cfg.Sign)
	if err != nil {
		return nil, err
	}
	raw, status, err := c.exchange(ctx, doc)
	if err != nil {
		return nil, err
	}
	msg, err := c.open(raw)
	switch {
	case err != nil && status != http.StatusOK:
		return nil, unavailable(fmt.Sprintf("the gateway answered with status %d", status), err)
	case err != nil:
		return nil, err
	}
	if f, ok := msg.Body.(*envelope.Fault); ok {
		return nil, f
	}
	if status != http.StatusOK {
		return nil, unavailable(fmt.Sprintf("the gateway answered with status %d", status), nil)
	}
	return msg, nil
}

func (c *Client) exchange(ctx context.Context, doc []byte) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.URL, bytes.NewReader(doc))
	if err != nil {
		return nil, 0, err
	}
	for name, values := range c.cfg.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `""`)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, 0, unavailable("the gateway cannot be reached", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxReplyBytes+1))
	switch {
	case err != nil:
		return nil, 0, unavailable("the gateway's answer broke off", err)
	case len(raw) > maxReplyBytes:
		return nil, 0, unavailable("the gateway's answer is too long", nil)
	}
	return raw, res.StatusCode, nil
}

// open decodes a reply. With pins, an answer that is not signed as it must be does not exist:
// only its being a fault is believed, which makes us try again and nothing else.
func (c *Client) open(raw []byte) (*envelope.Message, error) {
	msg, err := envelope.Read(raw, xmltree.Limits{})
	if err != nil {
		return nil, unavailable("the gateway's answer cannot be read", err)
	}
	if _, fault := msg.Body.(*envelope.Fault); fault || c.cfg.Pins == nil {
		return msg, nil
	}
	signed, err := c.cfg.Pins.Verify(raw, c.cfg.Now())
	if err != nil {
		return nil, err
	}
	return envelope.ReadBody(signed.Body, xmltree.Limits{})
}

func unavailable(detail string, err error) error {
	return &gateway.Error{Code: gateway.CodeUnavailable, Detail: detail, Err: err}
}

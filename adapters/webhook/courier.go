// Package webhook tells REST callers what became of their applications: status and results go as
// JSON to the address the operator configured for the caller, never to one that came in a message.
//
//	courier, err := webhook.New(webhook.Config{Targets: book, Words: words})
//	couriers["callback"] = courier
//
// The receiver recomputes the signature: Kopir-Signature is "t=<unix seconds>,v1=<hex>" with
// v1 = HMAC-SHA256(secret, "<t>." + body), refuses an old t, and remembers Idempotency-Key.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kopir/gateway"
)

// Target is where a caller hears from us.
type Target struct {
	URL    string // "" when the caller polls
	Secret []byte // key of the signature header; nil: no signature
	Bearer string // sent as Authorization, where the receiver asks for it
}

// Book knows the callers' targets. An unknown caller has the zero Target.
type Book interface {
	Target(ctx context.Context, caller string) (Target, error)
}

// Targets is a [Book] in memory.
type Targets map[string]Target

// Target implements [Book].
func (t Targets) Target(_ context.Context, caller string) (Target, error) { return t[caller], nil }

// Config of a [Courier].
type Config struct {
	Targets   Book
	Transport http.RoundTripper // the guarded dialer
	Timeout   time.Duration     // default 15 s
	PlainHTTP bool              // allow http:// beyond loopback, inside a protected network
	Words     func(m gateway.Message, c gateway.Case) (kk, ru string)
	Now       func() time.Time
}

// Bounds of one call.
const (
	defaultTimeout = 15 * time.Second
	maxDrain       = 64 << 10 // of an answer nobody reads, to keep the connection
)

// NoCallback is the receipt for a caller without an address: it polls.
const NoCallback = "no callback address: the caller polls"

// Courier posts messages.
type Courier struct {
	cfg  Config
	http *http.Client
}

var _ gateway.Courier = (*Courier)(nil)

// New makes a courier.
func New(cfg Config) *Courier {
	if cfg.Targets == nil {
		cfg.Targets = Targets{}
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Words == nil {
		cfg.Words = func(m gateway.Message, _ gateway.Case) (string, string) { return m.Text["kk"], m.Text["ru"] }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{IdleConnTimeout: time.Minute, ResponseHeaderTimeout: cfg.Timeout, MaxResponseHeaderBytes: 64 << 10}
	}
	return &Courier{cfg: cfg, http: &http.Client{Transport: cfg.Transport, Timeout: cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Deliver implements [gateway.Courier]. Any 2xx is the receipt; everything else means: try again.
func (c *Courier) Deliver(ctx context.Context, m gateway.Message, cs gateway.Case, result []byte) (string, error) {
	_, caller, _ := strings.Cut(m.Destination, ":")
	target, err := c.cfg.Targets.Target(ctx, caller)
	if err != nil {
		return "", err
	}
	if target.URL == "" {
		return NoCallback, nil
	}
	if err := c.allowed(target.URL); err != nil {
		return "", err
	}
	body, err := json.Marshal(c.note(m, cs, result))
	if err != nil {
		return "", err
	}
	return c.post(ctx, target, m.ID, body)
}

// note is the JSON of a callback; schemas/openapi describes it.
type note struct {
	Number  string     `json:"number"`
	Status  string     `json:"status"`
	Kind    string     `json:"kind"`
	Text    text       `json:"text"`
	Code    string     `json:"code,omitempty"`
	Step    string     `json:"step,omitempty"`
	Service string     `json:"service,omitempty"`
	Request string     `json:"request_number,omitempty"`
	Outcome string     `json:"outcome,omitempty"`
	Mark    string     `json:"mark,omitempty"`
	DueAt   *time.Time `json:"due_at,omitempty"`
	At      time.Time  `json:"at"`
	Result  []byte     `json:"result_base64,omitempty"`
}

type text struct {
	Kk string `json:"kk"`
	Ru string `json:"ru"`
}

func (c *Courier) note(m gateway.Message, cs gateway.Case, result []byte) note {
	kk, ru := c.cfg.Words(m, cs)
	n := note{Number: m.Number, Status: m.Status, Kind: m.Kind, Text: text{kk, ru}, Code: m.Text["code"], Step: m.Text["step"], Mark: m.Text["mark"],
		Service: cs.Service, Request: cs.RequestNumber, Outcome: cs.Outcome, At: m.CreatedAt.In(gateway.Almaty), Result: result}
	if !cs.DueAt.IsZero() {
		due := cs.DueAt.In(gateway.Almaty)
		n.DueAt = &due
	}
	return n
}

func (c *Courier) post(ctx context.Context, target Target, id string, body []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.URL, bytes.NewReader(body))
	if err != nil {
		return "", refuse("the callback address cannot be used", nil) // the error repeats the address with its query
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", id)
	if target.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+target.Bearer)
	}
	if len(target.Secret) > 0 {
		req.Header.Set("Kopir-Signature", Signature(target.Secret, c.cfg.Now(), body))
	}
	res, err := c.http.Do(req)
	if err != nil {
		return "", refuse("the callback cannot be reached", cause(err))
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxDrain))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return "", refuse(fmt.Sprintf("the callback answered with status %d", res.StatusCode), nil)
	}
	return "http " + strconv.Itoa(res.StatusCode), nil
}

// Signature is the value of Kopir-Signature for a body sent at a moment.
func Signature(secret []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// allowed refuses addresses that would carry results in the clear.
func (c *Courier) allowed(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return refuse("the callback address cannot be used", nil)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (c.cfg.PlainHTTP || loopback(u.Hostname())):
		return nil
	}
	return refuse("the callback address must be https", nil)
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// cause drops the address from a client's error: it may hold a token in its query.
func cause(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

func refuse(detail string, err error) error {
	return &gateway.Error{Code: gateway.CodeUnavailable, Detail: detail, Err: err}
}

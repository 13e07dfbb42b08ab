// Package shep is the client of the state gateway. Over the asynchronous channel it tells the cabinet
// what became of an application, as NOTIFICATION on the way and RESPONSE at the end, along the chain
// the application came by; it fetches applications of services that are pulled, and confirms
// them. Over the synchronous channel it asks other systems and waits for their answer.
//
//	client, err := shep.New(shep.Config{URL: url, SyncURL: sync, SenderID: login, Sign: signer, Replies: pins, Words: words})
//	couriers["shep"] = client
//	reply, err := client.Sync(ctx, shep.SyncRequest{ServiceID: "GBDFL_UniversalServiceSync", Data: doc, Form: envelope.FormTyped})
//	done, err := client.Puller(shep.PullConfig{Service: key, ServiceIDs: ids, Intake: intake, Caller: caller}).Round(ctx)
//
// Each address has a breaker of its own. Replies are bounded, and read from the octets their
// WS-Security signature covers where it is to be verified.
package shep

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/gateway/catalogue"
)

// Bounds of one exchange. SmartBridge documents ask for an answer within 30 s (gateway-protocol.md §4).
const (
	defaultTimeout  = 30 * time.Second
	defaultAttempts = 3
	defaultPause    = 250 * time.Millisecond
	maxReceiptBytes = 1 << 20  // replies that hold ids, not documents
	maxReplyBytes   = 32 << 20 // those with documents: a 20 MB file travels as base64
	maxErrorRunes   = 300      // of a refusal's text
)

// Channels by which what became of an application goes back.
const (
	ChannelAsync = "async" // sendMessage with NOTIFICATION, UPDATE, RESPONSE; the default
	ChannelSync  = "sync"  // SendMessage, where the portal's own service takes the status
)

// Service is what differs between services on the way back. Zero fields mean: as it came.
type Service struct {
	ServiceID string             // default: the serviceId the application came with
	RouteID   string             // default: none, the chain's correlationId finds the way
	Namespace string             // of the payload; default [Namespace]
	Channel   string             // default [ChannelAsync]
	Payload   *catalogue.Payload // how its documents are written; default [catalogue.OwnPayload]
}

// Config of a [Client]. URL or SyncURL, and SenderID, have to be given.
type Config struct {
	URL       string // the asynchronous endpoint, issued by the gateway's operator
	SyncURL   string // the synchronous one
	SenderID  string
	Password  string
	Sign      envelope.Signer   // nil: unsigned, for tests only
	Replies   Verifier          // whose signature answers have to carry; nil: they are not verified
	Transport http.RoundTripper // see [NewTransport]
	Header    http.Header       // sent with every message, where an installation asks for it
	OwnIDs    bool              // messages carry an id of ours, by which the gateway can be asked about them
	Timeout   time.Duration     // of one exchange
	Attempts  int               // of a question over the synchronous channel
	Pause     time.Duration     // before the second attempt; the next ones are twice as long each
	Breaker   BreakerConfig
	Service   func(c gateway.Case) Service
	Files     *FilesConfig                                            // the temporary storage, for payloads that name results by id
	Statuses  map[string]string                                       // our status word → the service's CurrentStatus
	Words     func(m gateway.Message, c gateway.Case) (kk, ru string) // what the applicant is told
	SignForm  func(doc []byte) ([]byte, error)                        // the payload's own signature, where the service asks for one
	Now       func() time.Time
	Rand      io.Reader
}

// BreakerConfig tunes the breakers. The zero value works.
type BreakerConfig struct {
	Failures   int           // in a row before nothing is sent; default 5
	Pause, Max time.Duration // default 1 s, doubling up to 1 min
}

// Verifier checks the WS-Security signature of an answer: *[envelope.Pins] or *[envelope.National].
type Verifier interface {
	VerifyMessage(m *envelope.Message, at time.Time) (envelope.Signed, error)
}

// Client sends messages to the gateway.
type Client struct {
	cfg         Config
	http        *http.Client
	async, sync *link
	metrics     *metrics
}

var _ gateway.Courier = (*Client)(nil)

// New makes a client.
func New(cfg Config) (*Client, error) {
	if cfg.URL == "" && cfg.SyncURL == "" {
		return nil, errors.New("shep: an address is needed")
	}
	for _, address := range []string{cfg.URL, cfg.SyncURL} {
		u, err := url.Parse(address)
		if err != nil || address != "" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil) {
			return nil, errors.New("shep: the address must be an http or https URL without credentials")
		}
	}
	if cfg.SenderID == "" {
		return nil, errors.New("shep: SenderID is needed")
	}
	if err := checkHeader(cfg.Header); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	c := &Client{cfg: cfg, http: &http.Client{
		Transport: cfg.Transport, Timeout: cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	c.async, c.sync = c.newLink(AddressAsync, cfg.URL), c.newLink(AddressSync, cfg.SyncURL)
	c.metrics = newMetrics(c.async, c.sync)
	return c, nil
}

func (c Config) withDefaults() Config {
	orDefault(&c.Timeout, defaultTimeout)
	orDefault(&c.Attempts, defaultAttempts)
	orDefault(&c.Pause, defaultPause)
	orDefault(&c.Breaker.Failures, 5)
	orDefault(&c.Breaker.Pause, time.Second)
	orDefault(&c.Breaker.Max, time.Minute)
	if c.Transport == nil {
		c.Transport, _ = NewTransport(TransportConfig{Timeout: c.Timeout}) // nothing in it can fail
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

func orDefault[T int | time.Duration](v *T, value T) {
	if *v <= 0 {
		*v = value
	}
}

func (c *Client) sender() envelope.SenderInfo {
	return envelope.SenderInfo{ID: c.cfg.SenderID, Password: c.cfg.Password}
}

// send exchanges one message over the asynchronous channel.
func (c *Client) send(ctx context.Context, body any) (answer, error) {
	return c.exchange(ctx, c.async, operationOf(body), body)
}

// operationOf names a message for the metrics.
func operationOf(body any) string {
	switch body.(type) {
	case *envelope.AsyncRequest:
		return "sendMessage"
	case *envelope.DeliveryNotification:
		return "sendDeliveryNotification"
	case *envelope.MessageStatusRequest:
		return "getMessageStatus"
	case *envelope.MessagesRequest:
		return "getMessages"
	}
	return "other"
}

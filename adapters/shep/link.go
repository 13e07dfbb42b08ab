package shep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/xmlsig/xmltree"
)

// The two addresses, as labels of the metrics.
const (
	AddressAsync = "async"
	AddressSync  = "sync"
)

// link is one address with its breaker.
type link struct {
	name, url string
	breaker   *breaker
}

func (c *Client) newLink(name, url string) *link {
	b := c.cfg.Breaker
	return &link{name: name, url: url, breaker: &breaker{after: b.Failures, first: b.Pause, max: b.Max, now: c.cfg.Now, rand: c.cfg.Rand}}
}

// State tells what the breaker of an address does now.
func (c *Client) State(address string) State {
	if address == AddressSync {
		return c.sync.breaker.State()
	}
	return c.async.breaker.State()
}

// How an exchange ended, for the metrics: a closed list.
const (
	resultOK          = "ok"
	resultRefused     = "refused"     // a fault, or a status that is none of success
	resultUnreachable = "unreachable" // never sent
	resultTimeout     = "timeout"
	resultBroken      = "broken"     // the connection ended before the answer did
	resultHTTP        = "http"       // a status that is none of success, with nothing that could be read
	resultUnreadable  = "unreadable" // no envelope, too long, not what was asked for
	resultUnverified  = "unverified" // not signed as it must be
	resultResting     = "resting"    // not sent: the breaker is open
	resultCancelled   = "cancelled"
)

// results lists them.
func results() []string {
	return []string{resultOK, resultRefused, resultUnreachable, resultTimeout, resultBroken, resultHTTP, resultUnreadable,
		resultUnverified, resultResting, resultCancelled}
}

// endings says what a result means for the breaker. A refusal shows that somebody is there.
func endingOf(result string) ending {
	switch result {
	case resultOK, resultRefused:
		return alive
	case resultCancelled:
		return abandoned
	}
	return failed
}

// answer is what came back, and whose signature was found on it; signed is nil where none was looked at.
type answer struct {
	body   any
	signed *envelope.Signed
}

// exchange sends one message to an address and reads the answer. A fault is a *[Refusal].
func (c *Client) exchange(ctx context.Context, l *link, operation string, body any) (answer, error) {
	if l.url == "" {
		return answer{}, noAddress(l)
	}
	doc, err := envelope.Seal(body, c.cfg.Sign)
	if err != nil {
		return answer{}, err
	}
	trial, err := l.breaker.enter()
	if err != nil {
		c.metrics.exchange(l.name, operation, resultResting, 0)
		return answer{}, unavailable("the gateway is not asked for a while", err)
	}
	result := resultCancelled
	defer func() { l.breaker.leave(trial, endingOf(result)) }()
	started := c.cfg.Now()
	var a answer
	a, result, err = c.once(ctx, l, doc, replyLimit(body))
	c.metrics.exchange(l.name, operation, result, c.cfg.Now().Sub(started))
	return a, err
}

func noAddress(l *link) error {
	if l.name == AddressSync {
		return unavailable("the synchronous channel is not configured", errNoSync)
	}
	return unavailable("the asynchronous channel is not configured", errors.New("shep: no address of the asynchronous channel is configured"))
}

// replyLimit bounds what is read: only these answers hold documents.
func replyLimit(body any) int {
	switch body.(type) {
	case *envelope.SyncRequest, *envelope.MessagesRequest:
		return maxReplyBytes
	}
	return maxReceiptBytes
}

// once is one exchange without a second attempt; it tells its result for the metrics.
func (c *Client) once(ctx context.Context, l *link, doc []byte, limit int) (answer, string, error) {
	raw, status, result, err := c.post(ctx, l, doc, limit)
	if err != nil {
		return answer{}, result, err
	}
	good := status >= 200 && status <= 299
	a, result, err := c.open(raw)
	switch {
	case err != nil && !good:
		return answer{}, resultHTTP, answered(status, err)
	case err != nil:
		return answer{}, result, uncertain("nothing usable came back", err)
	}
	switch m := a.body.(type) {
	case *envelope.Fault:
		return answer{}, resultRefused, refusalOf(m)
	case *envelope.SyncResponse: // a refusal by its own status may come with any HTTP status
		if !succeeded(m.Status.Code) {
			return a, resultRefused, nil
		}
	}
	if !good {
		return answer{}, resultHTTP, answered(status, nil)
	}
	return a, resultOK, nil
}

// errTurnedAway tells that asking again is of no use before somebody has changed something.
var errTurnedAway = errors.New("turned away")

// answered is the error of an HTTP status. Below 500 the message was turned away; a server, or a proxy
// before it, that failed may have taken it.
func answered(status int, err error) error {
	detail := fmt.Sprintf("the gateway answered with status %d", status)
	switch {
	case status >= 500:
		return uncertain(detail, err)
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return unavailable(detail, err)
	}
	return unavailable(detail, errTurnedAway)
}

// post sends the octets and reads the answer, whatever its content type says.
func (c *Client) post(ctx context.Context, l *link, doc []byte, limit int) (raw []byte, status int, result string, err error) {
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteRequest: func(i httptrace.WroteRequestInfo) { sent.Store(i.Err == nil) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, l.url, bytes.NewReader(doc))
	if err != nil {
		return nil, 0, resultUnreachable, unavailable("the gateway's address cannot be used", cause(err))
	}
	for name, values := range c.cfg.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `""`)
	res, err := c.http.Do(req)
	if err != nil {
		result, err = lost(ctx, sent.Load(), cause(err))
		return nil, 0, result, err
	}
	defer res.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(res.Body, int64(limit)+1))
	switch {
	case err != nil:
		result, err = lost(ctx, true, cause(err))
		return nil, 0, result, err
	case len(raw) > limit:
		return nil, 0, resultUnreadable, uncertain("the gateway's answer is too long", errTooLong)
	}
	return raw, res.StatusCode, resultOK, nil
}

// errTooLong tells that fewer messages have to be asked for at once.
var errTooLong = errors.New("longer than what is read")

// lost says what an exchange without an answer means.
func lost(ctx context.Context, sent bool, err error) (string, error) {
	var n net.Error
	timeout := errors.As(err, &n) && n.Timeout()
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return resultCancelled, uncertain("given up", ctx.Err())
	case !sent:
		return resultUnreachable, unavailable("the gateway cannot be reached", err)
	case timeout:
		return resultTimeout, uncertain("the gateway did not answer in time", err)
	}
	return resultBroken, uncertain("the gateway's answer broke off", err)
}

// open decodes a reply. Where replies are verified, one that is not signed as it must be does not exist:
// only its being a fault is believed, which makes us try again and nothing else.
func (c *Client) open(raw []byte) (answer, string, error) {
	msg, err := envelope.Read(raw, xmltree.Limits{})
	if err != nil {
		return answer{}, resultUnreadable, unavailable("the gateway's answer cannot be read", err)
	}
	if _, fault := msg.Body.(*envelope.Fault); fault || c.cfg.Replies == nil {
		return answer{body: msg.Body}, resultOK, nil
	}
	signed, err := c.cfg.Replies.VerifyMessage(msg, c.cfg.Now())
	if err != nil {
		return answer{}, resultUnverified, unavailable("the gateway's answer is not signed as it must be", err)
	}
	if msg, err = envelope.ReadBody(signed.Body, xmltree.Limits{}); err != nil {
		return answer{}, resultUnreadable, unavailable("the gateway's answer cannot be read", err)
	}
	return answer{msg.Body, &signed}, resultOK, nil
}

func isUnavailable(err error) bool {
	var e *gateway.Error
	return errors.As(err, &e) && e.Code == gateway.CodeUnavailable
}

package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"kopir/adapters/envelope"
	"kopir/xmlsig/xmltree"
)

// pushTimeout bounds one push; the gateway asks for an answer within 30 s (gateway-protocol.md §4).
const pushTimeout = 40 * time.Second

// handOn brings a message to its receiver: the portal has it at once, a provider is pushed to or pulls.
func (g *Gate) handOn(p *Parcel) {
	service, _ := g.service(p.Service)
	switch opening := g.opening(p.Chain); {
	case p.Back && opening.From == Applicant:
		g.set(p, envelope.StateDelivered)
		g.report(p)
	case p.Back || service.Push == "": // it waits for getMessages
	default:
		g.order(p, service.Push)
	}
}

// order keeps or breaks the order in which messages were taken.
func (g *Gate) order(p *Parcel, address string) {
	time.Sleep(g.Faults.duration("push-delay"))
	if !g.Faults.is("push-reorder") {
		g.push(p, address)
		return
	}
	g.mu.Lock()
	first := g.held
	if first == nil {
		g.held = p
	} else {
		g.held = nil
	}
	g.mu.Unlock()
	if first != nil {
		g.push(p, address)
		g.push(first, address)
		return
	}
	const patience = 3 * time.Second // nobody came to be put before it
	time.Sleep(patience)
	g.mu.Lock()
	alone := g.held == p
	if alone {
		g.held = nil
	}
	g.mu.Unlock()
	if alone {
		g.push(p, address)
	}
}

// push delivers with a few attempts, as often as faults say.
func (g *Gate) push(p *Parcel, address string) {
	doc, err := g.seal(&p.message, "push", g.cfg.Forward, p.security)
	if err == nil {
		err = g.deliver(p, address, doc)
	}
	if err != nil {
		g.tell("%s %s: %v", p.Kind, p.ID, err)
		g.set(p, envelope.StateNotDelivered)
	} else {
		g.set(p, envelope.StateDelivered)
	}
	g.report(p)
}

func (g *Gate) deliver(p *Parcel, address string, doc []byte) (err error) {
	for attempt := 0; ; attempt++ {
		if err = g.copies(address, doc); err == nil || attempt == len(pushPauses) {
			return err
		}
		g.tell("%s %s: %v; once more", p.Kind, p.ID, err)
		time.Sleep(pushPauses[attempt])
	}
}

// copies sends the same octets once, twice or as a storm; it arrived when one of them did.
func (g *Gate) copies(address string, doc []byte) error {
	n, storm := g.Faults.number("push-resend-storm")
	if !storm {
		n = 1
	}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = g.call(address, doc) })
	}
	wg.Wait()
	if g.Faults.is("push-duplicate") {
		errs = append(errs, g.call(address, doc))
	}
	for _, err := range errs {
		if err == nil {
			return nil
		}
	}
	return errs[0]
}

// call pushes once; only a sendMessageResponse is a receipt.
func (g *Gate) call(address string, doc []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), pushTimeout+g.Faults.duration("push-slow"))
	defer cancel()
	body, err := g.post(ctx, address, doc)
	if err != nil {
		return err
	}
	switch m := body.(type) {
	case *envelope.AsyncResponse, *envelope.ChangeStatusResponse:
		return nil
	case *envelope.Fault:
		return m
	}
	return fmt.Errorf("answered by %T", body)
}

// post sends octets, well or as faults say, and reads the answer.
func (g *Gate) post(ctx context.Context, address string, doc []byte) (any, error) {
	if g.Faults.is("push-reset") {
		return nil, torn(ctx, address, doc)
	}
	var content io.Reader = bytes.NewReader(doc)
	if d := g.Faults.duration("push-slow"); d > 0 {
		content = &trickle{rest: doc, pause: d / trickles, ctx: ctx}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, content)
	if err != nil {
		return nil, err
	}
	req.ContentLength = int64(len(doc))
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `""`)
	resp, err := g.cfg.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxGateMessage))
	if err != nil {
		return nil, err
	}
	m, err := envelope.Read(raw, xmltree.Limits{})
	if err != nil {
		return nil, fmt.Errorf("status %d: %w", resp.StatusCode, err)
	}
	return m.Body, nil
}

// torn resets the connection in the middle of a message.
func torn(ctx context.Context, address string, doc []byte) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", u.RequestURI(), u.Host, len(doc), doc[:len(doc)/2])
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	return errors.Join(errors.New("the connection was reset, as the fault says"), conn.Close())
}

// trickles is in how many pieces a slow message comes.
const trickles = 20

type trickle struct {
	rest  []byte
	piece int
	pause time.Duration
	ctx   context.Context
}

func (t *trickle) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		return 0, io.EOF
	}
	if t.piece == 0 {
		t.piece = len(t.rest)/trickles + 1
	}
	select {
	case <-time.After(t.pause):
	case <-t.ctx.Done():
		return 0, t.ctx.Err()
	}
	n := copy(p, t.rest[:min(t.piece, len(t.rest))])
	t.rest = t.rest[n:]
	return n, nil
}

// report tells the provider what became of a message of its own.
func (g *Gate) report(p *Parcel) {
	service, _ := g.service(p.Service)
	if !p.Back || service.Push == "" {
		return
	}
	g.mu.Lock()
	n := &envelope.ChangeStatusNotification{MessageID: p.ID, NotificationDate: g.cfg.Now(), MessageState: p.State,
		Status: envelope.MessageStatusInfo{Code: "0", Message: p.State, Date: g.cfg.Now()}, RequestDate: g.cfg.Now()}
	g.mu.Unlock()
	if g.Faults.is("status-not-delivered") {
		n.MessageState, n.Status.Message = envelope.StateNotDelivered, envelope.StateNotDelivered
	}
	n.NotificationID, n.SessionID = g.id(), g.session()
	g.busy.Go(func() {
		doc, err := g.seal(n, "push", ForwardSigned, nil)
		if err == nil {
			err = g.call(service.Push, doc)
		}
		if err != nil {
			g.tell("changeMassageStatusNotification for %s: %v", n.MessageID, err)
		}
	})
}

package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"kopir/adapters/envelope"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/xmlsig"
	"kopir/xmlsig/xmltree"
)

// maxReply bounds an answer; real ones have a few kilobytes.
const maxReply = 4 << 20

// bench carries a run: the configuration and what was learnt on the way.
type bench struct {
	Config
	next atomic.Int64

	mu    sync.Mutex
	files map[string]map[string]*xmltree.Document // descriptions by channel and address
}

// reply is what came for one message.
type reply struct {
	ids    ids // of the message it answers
	status int
	header http.Header
	raw    []byte
	body   any // decoded; nil when it is no envelope
	err    error
}

// String is what the table shows: the status, and the code or operation.
func (r reply) String() string {
	switch m := r.body.(type) {
	case *envelope.Fault:
		return fmt.Sprintf("%d Fault %s %s", r.status, m.Code, m.Info.Code)
	case *envelope.SyncResponse:
		return fmt.Sprintf("%d %s", r.status, m.Status.Code)
	case *envelope.AsyncResponse:
		return fmt.Sprintf("%d sendMessageResponse", r.status)
	case *envelope.ChangeStatusResponse:
		return fmt.Sprintf("%d changeMassageStatusNotificationResponse", r.status)
	}
	if len(r.raw) > 0 && r.err != nil {
		return fmt.Sprintf("%d, not an envelope", r.status)
	}
	return fmt.Sprint(r.status)
}

// exchange is a case of one message: sent as drafted, and judged.
func exchange(d draft, judges ...judge) runner {
	return func(ctx context.Context, b *bench) (string, error) {
		r, err := b.send(ctx, d)
		if err != nil {
			return "", err
		}
		return r.String(), judged(b, r, judges)
	}
}

func judged(b *bench, r reply, judges []judge) error {
	for _, j := range judges {
		if err := j(b, r); err != nil {
			return err
		}
	}
	return nil
}

// address of a channel.
func (b *bench) address(channel string) (string, error) {
	at := b.Sync
	if channel != sync10 {
		at = b.Async
	}
	if at == "" {
		return "", skip("no address of the " + channel + " channel is known")
	}
	return at, nil
}

// send writes, signs and posts a message and reads what comes.
func (b *bench) send(ctx context.Context, d draft) (reply, error) {
	at, err := b.address(d.channel)
	if err != nil {
		return reply{}, err
	}
	doc, in, err := b.write(d)
	if err != nil {
		return reply{}, err
	}
	r, err := b.post(ctx, at, doc, d.headers)
	r.ids = in
	return r, err
}

func (b *bench) post(ctx context.Context, address string, doc []byte, headers map[string]string) (reply, error) {
	var body io.Reader = bytes.NewReader(doc)
	if _, chunked := headers["Transfer-Encoding"]; chunked {
		body = io.MultiReader(body) // of unknown length, so it goes in chunks
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `""`)
	for name, value := range headers {
		switch {
		case name == "Transfer-Encoding":
		case value == "":
			req.Header.Del(name)
		default:
			req.Header.Set(name, value)
		}
	}
	resp, err := b.HTTP.Do(req)
	if err != nil {
		return reply{}, fmt.Errorf("no answer: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return reply{}, fmt.Errorf("the answer broke off: %w", err)
	}
	r := reply{status: resp.StatusCode, header: resp.Header, raw: raw}
	msg, err := envelope.Read(raw, xmltree.Limits{})
	if r.err = err; err == nil {
		r.body = msg.Body
	}
	return r, nil
}

// sealed signs with the trusted transport key, the usual way.
func (b *bench) sealed(doc []byte) ([]byte, error) {
	if b.Gateway.Signer == nil {
		return nil, skip("the transport key is not known: --pki")
	}
	return simulate.SealAs(doc, b.Gateway.Key, simulate.TokenKeyIdentifier, b.Rand)
}

// with signs with another key.
func with(pick func(*bench) Signer, token simulate.Token, missing string) sealer {
	return func(b *bench, doc []byte) ([]byte, error) {
		s := pick(b)
		if s.Signer == nil {
			return nil, skip(missing)
		}
		return simulate.SealAs(doc, s.Key, token, b.Rand)
	}
}

// unsealed leaves the header empty, as messages delivered in 2021 had it.
func unsealed(_ *bench, doc []byte) ([]byte, error) { return doc, nil }

// application is a business document, signed by the citizen.
func (b *bench) application(number string) ([]byte, error) {
	return b.signedBy(b.Person, number, b.IIN)
}

func (b *bench) signedBy(who Signer, number, iin string) ([]byte, error) {
	if b.Form == nil || who.Signer == nil {
		return nil, skip("no key to sign a document with: --pki")
	}
	return xmlsig.Sign(b.Form(number, iin, b.Now()), who.Key, xmlsig.SignOptions{Rand: b.Rand})
}

package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"kopir/adapters/envelope"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/xmlsig/xmltree"
)

// Inbox is the gateway's asynchronous channel as the adapter meets it: it keeps what the adapter
// sends and answers as the gateway does. Serve it where the adapter sends to.
type Inbox struct {
	Key   Signer
	Token simulate.Token // how answers name their signer
	Now   func() time.Time
	Rand  io.Reader

	mu      sync.Mutex
	next    int
	letters map[string][]letter // by chain
	spoil   map[string]bool     // chains whose first message is answered by a 500 with XML
	changed chan struct{}
}

// letter is one message of the adapter's.
type letter struct {
	raw     []byte
	body    *envelope.AsyncRequest
	refused bool // by us
}

// ServeHTTP takes sendMessage; everything else is answered by a fault.
func (in *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReply))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	status, answer := http.StatusOK, any(nil)
	msg, err := envelope.Read(raw, xmltree.Limits{})
	m, ok := bodyOf(msg, err)
	switch {
	case !ok:
		status, answer = http.StatusInternalServerError, in.fault("SCE001")
	case in.keep(raw, m):
		status, answer = http.StatusInternalServerError, in.fault("SCE909")
	default:
		answer, err = in.receipt(m)
	}
	var out []byte
	if err == nil || answer != nil {
		out, err = in.seal(answer)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out)
}

func bodyOf(msg *envelope.Message, err error) (*envelope.AsyncRequest, bool) {
	if err != nil {
		return nil, false
	}
	m, ok := msg.Body.(*envelope.AsyncRequest)
	return m, ok
}

// keep files a message and says whether it has to come again.
func (in *Inbox) keep(raw []byte, m *envelope.AsyncRequest) (again bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.letters == nil {
		in.letters = map[string][]letter{}
	}
	again = in.spoil[m.CorrelationID]
	delete(in.spoil, m.CorrelationID)
	in.letters[m.CorrelationID] = append(in.letters[m.CorrelationID], letter{raw: raw, body: m, refused: again})
	if in.changed != nil {
		close(in.changed)
		in.changed = nil
	}
	return again
}

func (in *Inbox) receipt(m *envelope.AsyncRequest) (any, error) {
	session, err := envelope.NewUUID(in.Rand)
	in.mu.Lock()
	in.next++
	n := firstID + in.next
	in.mu.Unlock()
	return &envelope.AsyncResponse{MessageID: fmt.Sprint(n), CorrelationID: m.CorrelationID, ResponseDate: in.Now(),
		SessionID: envelope.GUID(session)}, err
}

func (in *Inbox) fault(code string) *envelope.Fault {
	return &envelope.Fault{Code: envelope.FaultServer, Text: "conformance", Operation: "sendMessage",
		Info: envelope.ErrorInfo{Code: code, Message: "conformance", Date: in.Now()}}
}

func (in *Inbox) seal(body any) ([]byte, error) {
	doc, err := envelope.Write(body)
	if err != nil || in.Key.Signer == nil {
		return doc, err
	}
	return simulate.SealAs(doc, in.Key.Key, in.Token, in.Rand)
}

// refuseFirst makes the first message of a chain come again.
func (in *Inbox) refuseFirst(chain string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.spoil == nil {
		in.spoil = map[string]bool{}
	}
	in.spoil[chain] = true
}

// await waits until a chain has n messages.
func (in *Inbox) await(ctx context.Context, chain string, n int) ([]letter, error) {
	for {
		in.mu.Lock()
		have := append([]letter{}, in.letters[chain]...)
		if in.changed == nil {
			in.changed = make(chan struct{})
		}
		changed := in.changed
		in.mu.Unlock()
		if len(have) >= n {
			return have, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return have, fmt.Errorf("%d of %d messages came along the chain", len(have), n)
		}
	}
}

package httpserver

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Key names one attribute of the request's log event. Only the keys below are written:
// the list is short so that no body, personal number or secret finds a way in.
type Key string

// Keys of the request event.
const (
	KeyRequestID Key = "request_id"
	KeyMethod    Key = "method"
	KeyRoute     Key = "route" // the template, never the path as it came
	KeyRemote    Key = "remote"
	KeyCaller    Key = "caller"
	KeyStatus    Key = "status"
	KeyCode      Key = "code"
	KeyDuration  Key = "duration_ms"
	KeyBytesIn   Key = "bytes_in"
	KeyBytesOut  Key = "bytes_out"
	KeyNumber    Key = "number" // an application number the ledger gave, never one from the address
	KeyService   Key = "service"
	KeyProvider  Key = "provider"
	KeyDecision  Key = "decision"
	KeyVerdict   Key = "verdict"
	KeyMessageID Key = "message_id"
	KeySessionID Key = "session_id"
	KeyOperation Key = "operation"
	KeyLeases    Key = "leases"
	KeyDetail    Key = "detail" // of refusals; safe to show by contract
	KeyError     Key = "err"    // of internal errors
	KeyStack     Key = "stack"
)

var knownKeys = map[Key]bool{
	KeyRequestID: true, KeyMethod: true, KeyRoute: true, KeyRemote: true, KeyCaller: true, KeyStatus: true,
	KeyCode: true, KeyDuration: true, KeyBytesIn: true, KeyBytesOut: true, KeyNumber: true, KeyService: true,
	KeyProvider: true, KeyDecision: true, KeyVerdict: true, KeyMessageID: true, KeySessionID: true,
	KeyOperation: true, KeyLeases: true, KeyDetail: true, KeyError: true, KeyStack: true,
}

// RequestEvent gathers what the one log line of a request will say.
type RequestEvent struct {
	mu    sync.Mutex
	attrs []slog.Attr
	id    string
	route string
	code  string
	at    time.Time
}

// Set adds an attribute. A key outside the list is dropped; runs of twelve digits in a
// text are masked, for that is what personal numbers look like.
func (e *RequestEvent) Set(key Key, value any) {
	if e == nil || !knownKeys[key] {
		return
	}
	if s, ok := value.(string); ok {
		value = MaskNumbers(s)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if key == KeyCode {
		e.code, _ = value.(string)
	}
	for i := range e.attrs {
		if e.attrs[i].Key == string(key) {
			e.attrs[i].Value = slog.AnyValue(value)
			return
		}
	}
	e.attrs = append(e.attrs, slog.Any(string(key), value))
}

type eventKey struct{}

// Event is the log event of the request; nil, on which Set does nothing, outside a [Frame].
func Event(r *http.Request) *RequestEvent {
	e, _ := r.Context().Value(eventKey{}).(*RequestEvent)
	return e
}

// RequestID is the id this request is known by in answers and in the log.
func RequestID(ctx context.Context) string {
	if e, ok := ctx.Value(eventKey{}).(*RequestEvent); ok {
		return e.id
	}
	return ""
}

// personalDigits is the length of an IIN or BIN.
const personalDigits = 12

// MaskNumbers replaces every run of exactly twelve digits.
func MaskNumbers(s string) string {
	var out []byte
	from := 0
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		if end-i == personalDigits {
			out = append(append(out, s[from:i]...), "************"...)
			from = end
		}
		i = max(end, i+1)
	}
	if out == nil {
		return s
	}
	return string(append(out, s[from:]...))
}

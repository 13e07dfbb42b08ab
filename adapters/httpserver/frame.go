package httpserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"kopir/gateway"
)

// Func is a handler that returns its error instead of writing it.
type Func func(w http.ResponseWriter, r *http.Request) error

// Fail writes an error as the edge's clients expect it: a problem document, a SOAP fault.
type Fail func(w http.ResponseWriter, r *http.Request, err error)

// Observation is what metrics learn of one request. Every label is from a closed list.
type Observation struct {
	Method, Route, Code string
	Status              int
	Took                time.Duration
}

// Options of a [Frame]. The zero value works: no log, no metrics, the fallback text.
type Options struct {
	Log     *slog.Logger
	Texts   Texts
	Now     func() time.Time
	Rand    io.Reader // request ids
	Observe func(Observation)

	VerifyingBytes int64 // of signed bodies at once; default [MaxVerifyingBytes], at least one of the largest
}

// Frame runs handlers: request id, one log event, panic guard, errors as answers. One frame serves all
// edges of a process, for they share its [Frame.Room].
type Frame struct {
	log     *slog.Logger
	texts   Texts
	now     func() time.Time
	rand    io.Reader
	observe func(Observation)
	room    room
}

// NewFrame makes a frame.
func NewFrame(o Options) *Frame {
	f := &Frame{log: o.Log, texts: o.Texts, now: o.Now, rand: o.Rand, observe: o.Observe, room: newRoom(o.VerifyingBytes)}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	if f.now == nil {
		f.now = time.Now
	}
	if f.rand == nil {
		f.rand = rand.Reader
	}
	if f.observe == nil {
		f.observe = func(Observation) {}
	}
	return f
}

// Texts is the table of codes the frame answers with.
func (f *Frame) Texts() Texts { return f.texts }

// Handle runs fn; its errors become problem documents. route is the template the log and metrics name.
func (f *Frame) Handle(route string, fn Func) http.Handler {
	return f.HandleWith(route, f.Problem, fn)
}

// HandleWith runs fn; its errors are written by fail.
func (f *Frame) HandleWith(route string, fail Fail, fn Func) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ev := &RequestEvent{id: f.newID(), route: route, at: f.now()}
		r = r.WithContext(context.WithValue(r.Context(), eventKey{}, ev))
		rec := &recorder{ResponseWriter: w}
		rec.Header().Set("X-Request-Id", ev.id)
		rec.Header().Set("X-Content-Type-Options", "nosniff")
		defer f.finish(rec, r, ev, fail)
		if err := fn(rec, r); err != nil {
			f.note(ev, err)
			fail(rec, r, err)
		}
	})
}

// finish turns a panic into an answer and writes the one log event.
func (f *Frame) finish(rec *recorder, r *http.Request, ev *RequestEvent, fail Fail) {
	aborted := false
	if p := recover(); p != nil {
		aborted = rec.status != 0 || p == http.ErrAbortHandler
		err := &gateway.Error{Code: gateway.CodeInternal, Detail: "", Err: fmt.Errorf("panic: %v", p)}
		f.note(ev, err)
		if p != http.ErrAbortHandler {
			ev.Set(KeyStack, string(debug.Stack()))
		}
		if !aborted {
			fail(rec, r, err)
		}
	}
	f.write(rec, r, ev)
	if aborted { // half an answer must not look like a whole one
		panic(http.ErrAbortHandler)
	}
}

// note puts an error into the event: the cause only where it is ours.
func (f *Frame) note(ev *RequestEvent, err error) {
	e := AsError(err)
	ev.Set(KeyCode, string(e.Code))
	if e.Detail != "" {
		ev.Set(KeyDetail, e.Detail)
	}
	if e.Err != nil && (e.Code == gateway.CodeInternal || e.Code == gateway.CodeUnavailable) {
		ev.Set(KeyError, e.Err.Error())
	}
}

func (f *Frame) write(rec *recorder, r *http.Request, ev *RequestEvent) {
	took := f.now().Sub(ev.at)
	level := slog.LevelInfo
	if rec.status >= 500 && (ev.code == "" || ev.code == string(gateway.CodeInternal) || ev.code == string(gateway.CodeUnavailable)) {
		level = slog.LevelError // SOAP 1.1 answers every refusal with 500
	}
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	ev.mu.Lock()
	defer ev.mu.Unlock()
	attrs := append([]slog.Attr{
		slog.String(string(KeyRequestID), ev.id), slog.String(string(KeyMethod), knownMethod(r.Method)),
		slog.String(string(KeyRoute), ev.route), slog.String(string(KeyRemote), remote),
		slog.Int(string(KeyStatus), rec.status), slog.Int64(string(KeyBytesOut), rec.bytes),
		slog.Float64(string(KeyDuration), float64(took.Microseconds())/1000),
	}, ev.attrs...)
	f.log.LogAttrs(r.Context(), level, "request", attrs...)
	f.observe(Observation{Method: knownMethod(r.Method), Route: ev.route, Code: ev.code, Status: rec.status, Took: took})
}

func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func (f *Frame) newID() string {
	var b [16]byte
	if _, err := io.ReadFull(f.rand, b[:]); err != nil {
		return fmt.Sprintf("t%x", f.now().UnixNano()) // an id for the log, not a secret
	}
	return fmt.Sprintf("%x", b)
}

// AsError finds the gateway's error in err. One without a code is internal; a client that
// went away while it was served is told unavailable, which nobody hears.
func AsError(err error) *gateway.Error {
	var e *gateway.Error
	switch {
	case errors.As(err, &e) && e.Code != "":
		return e
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &gateway.Error{Code: gateway.CodeUnavailable, Detail: "the request took too long; send it again", Err: err}
	}
	return &gateway.Error{Code: gateway.CodeInternal, Err: err}
}

// StatusError answers an error with another HTTP status than the table gives its code: the
// protocol was broken (400, 405), not the form.
type StatusError struct {
	Status int
	Err    *gateway.Error
}

func (e *StatusError) Error() string { return e.Err.Error() }

// Unwrap gives the error with its code.
func (e *StatusError) Unwrap() error { return e.Err }

// BadRequest is form_invalid with status 400: a header or the JSON around the form is wrong.
func BadRequest(detail string) error {
	return &StatusError{Status: http.StatusBadRequest, Err: &gateway.Error{Code: gateway.CodeFormInvalid, Detail: detail}}
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements [http.ResponseWriter].
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

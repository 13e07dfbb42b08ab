package rest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// How long a body in parts may take: as long as it keeps coming, 20 MB over a slow line and several of them,
// but not for ever. The server's own time-outs are meant for 12 MB.
const (
	defaultIdle    = 30 * time.Second
	defaultLongest = 15 * time.Minute
	answerTime     = 90 * time.Second // to verify and answer once all has come
)

// unbounded is a bound that does not bind.
const unbounded = -1

// errHead: what stands between two parts does not end.
var errHead = errors.New("a part's head is too long")

// body is a request's body under its bounds of time and size. It moves the connection's deadline on while
// octets come.
type body struct {
	r       io.Reader
	conn    *http.ResponseController
	idle    time.Duration
	end     time.Time
	moved   time.Time
	left    int64 // of the whole
	head    int64 // until the next part begins, or unbounded
	read    int
	over    bool // the whole was too large
	ended   bool // nothing more came
	started bool

	closing []byte // the closing boundary
	tail    []byte // of what was read, where the boundary may begin
	closed  bool   // it has come
}

func newBody(w http.ResponseWriter, r *http.Request, boundary string, idle, longest time.Duration, most int64) *body {
	return &body{r: r.Body, conn: http.NewResponseController(w), idle: idle, end: time.Now().Add(longest), left: most, head: unbounded,
		closing: []byte("\n--" + boundary + "--")}
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.wait()
	if b.head == 0 {
		return 0, errHead
	}
	if b.head > 0 && int64(len(p)) > b.head {
		p = p[:b.head]
	}
	n, err := b.r.Read(p)
	b.read += n
	b.left -= int64(n)
	if b.head > 0 {
		b.head -= int64(n)
	}
	b.watch(p[:n])
	b.ended = err != nil
	if b.left < 0 {
		b.over = true
		return 0, tooMuch()
	}
	return n, err
}

// watch looks for the closing boundary. The reader of parts tells the end of a message from one that was cut
// right after a boundary by nothing: both are io.EOF.
func (b *body) watch(p []byte) {
	if b.closed {
		return
	}
	keep := len(b.closing) - 1
	b.tail = append(b.tail, p[:min(len(p), keep)]...)
	b.closed = bytes.Contains(b.tail, b.closing) || bytes.Contains(p, b.closing)
	if len(p) > keep {
		b.tail = append(b.tail[:0], p[len(p)-keep:]...)
	} else if over := len(b.tail) - keep; over > 0 {
		b.tail = append(b.tail[:0], b.tail[over:]...)
	}
}

// wait gives the sender a further pause, up to the end. A writer that is no connection has no deadline.
func (b *body) wait() {
	now := time.Now()
	if b.started && now.Sub(b.moved) < b.idle/10 {
		return
	}
	b.started, b.moved = true, now
	deadline := now.Add(b.idle)
	if deadline.After(b.end) {
		deadline = b.end
	}
	_ = b.conn.SetReadDeadline(deadline)
	_ = b.conn.SetWriteDeadline(deadline.Add(answerTime))
}

// done leaves time for the answer.
func (b *body) done() {
	_ = b.conn.SetReadDeadline(time.Now().Add(b.idle))
	_ = b.conn.SetWriteDeadline(time.Now().Add(answerTime))
}

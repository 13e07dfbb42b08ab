package shep

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// State of a breaker, as the metric shows it.
type State int

// States: messages go out; one message tries the way; nothing goes out.
const (
	Closed State = iota
	HalfOpen
	Open
)

// breaker spares an address that does not answer, and us the waiting: after several failures in a
// row nothing is sent for a pause, then one message tries the way. Every failed trial doubles the pause.
type breaker struct {
	after      int           // failures in a row
	first, max time.Duration // the pause
	now        func() time.Time
	rand       io.Reader

	mu       sync.Mutex
	failures int
	pause    time.Duration
	until    time.Time // zero while closed
	trying   bool      // a trial is on its way
}

// breakerOpen is the error while the breaker is open.
type breakerOpen struct{ wait time.Duration }

func (e *breakerOpen) Error() string {
	return fmt.Sprintf("not sent: the gateway failed several times in a row, it is tried again in %v", e.wait.Round(time.Second))
}

// enter asks to send, and tells whether it is the trial. Whoever may has to call leave.
func (b *breaker) enter() (trial bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state() {
	case Open:
		return false, &breakerOpen{wait: b.until.Sub(b.now())}
	case HalfOpen:
		if b.trying {
			return false, &breakerOpen{}
		}
		b.trying = true
		return true, nil
	}
	return false, nil
}

// how an exchange ended, for the breaker.
type ending int

const (
	abandoned ending = iota // the caller went away: nothing is known of the address
	alive
	failed
)

func (b *breaker) leave(trial bool, how ending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if trial {
		b.trying = false
	}
	switch how {
	case alive:
		b.failures, b.pause, b.until = 0, 0, time.Time{}
	case failed:
		b.failures++
		if trial || b.until.IsZero() && b.failures >= b.after {
			b.open()
		}
	}
}

// open starts a pause, twice as long as the one before.
func (b *breaker) open() {
	b.pause = min(max(b.pause*2, b.first), b.max)
	b.until = b.now().Add(jitter(b.pause, b.rand))
}

func (b *breaker) state() State {
	switch {
	case b.until.IsZero():
		return Closed
	case b.now().Before(b.until):
		return Open
	}
	return HalfOpen
}

// State is what the breaker does now.
func (b *breaker) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state()
}

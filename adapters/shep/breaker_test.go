package shep

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"
)

func newBreaker(now *time.Time) *breaker {
	return &breaker{after: 2, first: time.Second, max: 10 * time.Second, now: func() time.Time { return *now }, rand: rand.Reader}
}

// One message tries the way, however many would like to.
func TestBreakerLetsOneTry(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBreaker(&now)
	for range 2 {
		trial, err := b.enter()
		if err != nil {
			t.Fatal(err)
		}
		b.leave(trial, failed)
	}
	now = now.Add(2 * time.Second)
	trial, err := b.enter()
	if err != nil || !trial || b.State() != HalfOpen {
		t.Fatalf("%v %v", trial, err)
	}
	var resting *breakerOpen
	if _, err := b.enter(); !errors.As(err, &resting) {
		t.Errorf("a second one goes out: %v", err)
	}
	b.leave(false, failed) // a late failure from before is not the trial's
	if b.State() != HalfOpen {
		t.Error("a late failure ended the trial")
	}
	b.leave(trial, abandoned)
	if trial, err = b.enter(); err != nil || !trial {
		t.Errorf("a trial that was given up blocks the next one: %v", err)
	}
	b.leave(trial, alive)
	if b.State() != Closed {
		t.Error("not closed after a trial that succeeded")
	}
}

// The pause doubles up to its bound, and moves by no more than a quarter.
func TestBreakerPauses(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBreaker(&now)
	b.leave(false, failed)
	b.leave(false, failed)
	for _, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		want *= time.Second
		if got := b.until.Sub(now); got < want*3/4 || got > want*5/4 {
			t.Errorf("pause %v, want about %v", got, want)
		}
		now = b.until
		trial, err := b.enter()
		if err != nil {
			t.Fatal(err)
		}
		b.leave(trial, failed)
	}
}

func TestFailuresHaveToBeInARow(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBreaker(&now)
	for range 5 {
		b.leave(false, failed)
		b.leave(false, alive)
	}
	if b.State() != Closed {
		t.Error("open after single failures")
	}
}

// Pauses between attempts are moved by what comes from outside, and by nothing else.
func TestJitter(t *testing.T) {
	for octets, want := range map[string]time.Duration{"\x00\x00\x00\x00": 750, "\x80\x00\x00\x00": 1000, "\xff\xff\xff\xff": 1249, "": 1000} {
		if got := jitter(1000, reader(octets)); got != want {
			t.Errorf("%q: %d, want %d", octets, got, want)
		}
	}
}

type reader string

func (r reader) Read(b []byte) (int, error) {
	if r == "" {
		return 0, errors.New("no randomness")
	}
	return copy(b, r), nil
}

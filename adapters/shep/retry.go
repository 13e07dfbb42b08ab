package shep

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"
)

// again does what fails for the moment once more, with growing pauses. What may have arrived is
// repeated only where that does no harm.
func (c *Client) again(ctx context.Context, repeat bool, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil || attempt >= c.cfg.Attempts || !c.worthAgain(ctx, err, repeat) {
			return err
		}
		if !rest(ctx, c.pause(attempt)) {
			return err
		}
	}
}

func (c *Client) worthAgain(ctx context.Context, err error, repeat bool) bool {
	var no *Refusal
	var resting *breakerOpen
	switch {
	case ctx.Err() != nil, errors.As(err, &resting), errors.Is(err, errNoSync), errors.Is(err, errTurnedAway):
		return false
	case errors.As(err, &no):
		return no.Temporary()
	case errors.Is(err, ErrUncertain):
		return repeat
	}
	return isUnavailable(err)
}

// pause doubles with every attempt and is shortened or prolonged by up to a quarter by chance, so that
// several instances do not come back at the same moment.
func (c *Client) pause(attempt int) time.Duration {
	return jitter(c.cfg.Pause<<min(attempt-1, 10), c.cfg.Rand)
}

// jitter moves a pause by up to a quarter either way; without randomness it stays as it is.
func jitter(d time.Duration, rand io.Reader) time.Duration {
	var b [4]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return d
	}
	part := float64(binary.BigEndian.Uint32(b[:]))/(1<<32) - 0.5 // -½ … ½
	return d + time.Duration(part*float64(d)/2)
}

// rest waits and tells whether ctx still lasts.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

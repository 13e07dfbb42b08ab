package simulate

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Letter is one thing that arrived in the personal cabinet.
type Letter struct {
	At     time.Time
	Kind   string // NOTIFICATION or RESPONSE
	Status string
	Number string // the adapter's
	Text   string
	Result []byte // the signed result document, with RESPONSE
}

// Cabinet is the citizens' personal cabinet: letters by application number.
type Cabinet struct {
	mu      sync.Mutex
	letters map[string][]Letter
	changed chan struct{}
	now     func() time.Time
}

// NewCabinet makes an empty cabinet.
func NewCabinet(now func() time.Time) *Cabinet {
	return &Cabinet{letters: map[string][]Letter{}, changed: make(chan struct{}), now: now}
}

// Put files a letter under an application.
func (c *Cabinet) Put(number string, l Letter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.At = c.now()
	c.letters[number] = append(c.letters[number], l)
	close(c.changed)
	c.changed = make(chan struct{})
}

// Letters returns what arrived for an application, in order.
func (c *Cabinet) Letters(number string) []Letter {
	letters, _ := c.look(number)
	return letters
}

func (c *Cabinet) look(number string) ([]Letter, chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Letter{}, c.letters[number]...), c.changed
}

// Await waits until a letter that suits arrived for the application and returns all letters.
func (c *Cabinet) Await(ctx context.Context, number string, suits func(Letter) bool) ([]Letter, error) {
	for {
		letters, changed := c.look(number)
		for _, l := range letters {
			if suits(l) {
				return letters, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return letters, fmt.Errorf("the cabinet waited in vain for %s: %w", number, ctx.Err())
		}
	}
}

// IsResponse suits the last word on an application.
func IsResponse(l Letter) bool { return l.Kind == "RESPONSE" }

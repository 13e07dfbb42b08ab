package revocation

import (
	"sync"
	"time"

	"kopir/xmlsig/pki"
)

// behindFor is how long a responder that failed is asked after the others. Then
// one question tries it in its own place again.
const behindFor = 5 * time.Minute

// condition is how an address has done so far.
type condition struct {
	lastGood, lastTried, silentSince time.Time
	lastError                        string
	issuer                           string // the authority last asked about
}

// health remembers how the addresses do. The zero value is empty.
type health struct {
	mu sync.Mutex
	of map[place]*condition
}

// place is a source's address.
type place struct{ source, url string }

// at gives the condition of an address; the caller holds the lock.
func (h *health) at(source, url string) *condition {
	key := place{source, url}
	if c := h.of[key]; c != nil {
		return c
	}
	if h.of == nil || len(h.of) >= maxAddresses {
		h.of = make(map[place]*condition)
	}
	h.of[key] = &condition{}
	return h.of[key]
}

func (h *health) good(source, url string, now time.Time, issuer *pki.Certificate) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.at(source, url)
	c.lastGood, c.lastTried, c.silentSince, c.lastError = now, now, time.Time{}, ""
	c.ask(issuer)
}

func (h *health) failed(source, url string, now time.Time, issuer *pki.Certificate, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.at(source, url)
	if c.silentSince.IsZero() {
		c.silentSince = now
	}
	c.lastTried, c.lastError = now, err.Error()
	c.ask(issuer)
}

func (c *condition) ask(issuer *pki.Certificate) {
	if issuer != nil {
		c.issuer = issuer.Subject.CommonName
	}
}

// fails reports whether an address gave nothing usable lately.
func (h *health) fails(source, url string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.of[place{source, url}]
	return c != nil && !c.silentSince.IsZero() && now.Sub(c.lastTried).Abs() < behindFor
}

func (h *health) condition(source, url string) condition {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.of[place{source, url}]; c != nil {
		return *c
	}
	return condition{}
}

// places lists the addresses of a source that were asked.
func (h *health) places(source string) (urls []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key := range h.of {
		if key.source == source {
			urls = append(urls, key.url)
		}
	}
	return urls
}

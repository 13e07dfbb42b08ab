package revocation

import (
	"errors"
	"sync"
	"time"
)

// maxRest is how long an address that keeps failing is left alone: the first
// application after an outage ends waits no longer than that.
const maxRest = time.Minute

// restKey is an address; with an issuer only as far as that authority goes.
type restKey struct {
	protocol, url string
	issuer        [32]byte
}

// rest is a time during which an address is not asked.
type rest struct {
	length time.Duration
	until  time.Time
}

// rests remembers the addresses that gave nothing, so that only now and then one
// question waits for them, and the others are answered at once. The zero value
// is empty.
type rests struct {
	mu   sync.Mutex
	last map[restKey]rest
}

// may reports whether an address may be asked. After a rest one question tries
// it; for the others the rest goes on until that one knows.
func (r *rests) may(now time.Time, keys ...restKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		if r.last[key].lasts(now) {
			return false
		}
	}
	for _, key := range keys {
		if last, ok := r.last[key]; ok {
			r.last[key] = rest{last.length, now.Add(last.length)}
		}
	}
	return true
}

// lasts: a rest that ends later than it is long was begun by a clock that was
// ahead, and is over.
func (r rest) lasts(now time.Time) bool {
	return now.Before(r.until) && r.until.Sub(now) <= r.length
}

// failed lets an address rest: first so long, then twice as long each time.
func (r *rests) failed(key restKey, now time.Time, first time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	length := max(first, min(2*r.last[key].length, maxRest))
	if r.last == nil || len(r.last) >= maxAddresses {
		r.last = make(map[restKey]rest)
	}
	r.last[key] = rest{length, now.Add(length)}
}

// answered ends the rests.
func (r *rests) answered(keys ...restKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		delete(r.last, key)
	}
}

// firstRest: an address that was silent until the time was up has cost its
// caller much more than one that refused, and rests as long as it may cost.
func (o *Online) firstRest(err error) time.Duration {
	if silent(err) {
		return max(o.cfg.Retry, o.cfg.Deadline)
	}
	return o.cfg.Retry
}

func silent(err error) bool {
	var e interface{ Timeout() bool }
	return errors.As(err, &e) && e.Timeout()
}

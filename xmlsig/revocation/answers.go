package revocation

import (
	"sync"
	"time"
)

// maxAnswers bounds the answers in memory; with 2 KB of evidence each they take
// some 30 MB.
const maxAnswers = 16384

// answerKey is a certificate and the authority that answers for it.
type answerKey struct{ cert, issuer [32]byte }

// answerCache holds verified answers until their freshness ends.
type answerCache struct {
	mu      sync.RWMutex
	answers map[answerKey]cachedAnswer
}

type cachedAnswer struct {
	status      Status
	from, until time.Time
}

func (a *answerCache) init() { a.answers = make(map[answerKey]cachedAnswer) }

func (a *answerCache) get(key answerKey, now time.Time) (Status, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	c, ok := a.answers[key]
	if !ok || now.After(c.until) || now.Before(c.from) {
		return Status{}, false
	}
	return c.status, true
}

// put keeps an answer of the question's moment until its end, and no longer
// than the freshness: a responder may promise a week.
func (a *answerCache) put(key answerKey, s Status, q question) {
	until := s.NextUpdate
	if until.IsZero() {
		until = s.ThisUpdate.Add(q.freshness)
	}
	if fresh := q.at.Add(q.freshness); fresh.Before(until) {
		until = fresh
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.answers) >= maxAnswers {
		a.makeRoom(q.at)
	}
	a.answers[key] = cachedAnswer{s, s.ThisUpdate.Add(-q.skew), until}
}

// makeRoom drops what is over, and everything when nothing is.
func (a *answerCache) makeRoom(now time.Time) {
	for key, c := range a.answers {
		if now.After(c.until) {
			delete(a.answers, key)
		}
	}
	if len(a.answers) >= maxAnswers {
		clear(a.answers)
	}
}

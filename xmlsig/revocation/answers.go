package revocation

import (
	"sync"
	"sync/atomic"
	"time"

	"kopir/xmlsig/pki"
)

// maxAnswers bounds the answers in memory; with 2 KB of evidence each they take
// some 30 MB.
const maxAnswers = 16384

// answerKind says whose word an answer is, and why it was asked for: a list's
// word that stands in for a silent responder must not answer a service whose
// policy is to ask the lists first, or the other way round.
type answerKind uint8

const (
	byOCSP      answerKind = iota // a responder's
	byCRL                         // the lists'
	insteadOCSP                   // another source's, since no responder gave a usable one
	insteadCRL                    // another source's, since no list gave a usable one
)

// answerKey is a certificate and the authority that answers for it.
type answerKey struct {
	cert, issuer [32]byte
	kind         answerKind
}

func (q question) key(kind answerKind) answerKey {
	return answerKey{q.cert.SHA256, q.issuer.SHA256, kind}
}

// answerCache holds verified answers until their freshness ends.
type answerCache struct {
	mu      sync.RWMutex
	answers map[answerKey]*cachedAnswer
	swept   time.Time
	lists   atomic.Uint64 // grows with every new list: what older ones said is asked again
}

type cachedAnswer struct {
	status    Status
	asked     time.Time // by our clock; when it was made, if another instance asked
	from, end time.Time
	lists     uint64
	source    string // address of the responder

	used    atomic.Int64 // when it was last given, seconds since 1970
	hits    atomic.Int32
	subject atomic.Pointer[subject] // whose it is, known once it was given again
}

// subject is a certificate to ask about again.
type subject struct{ cert, issuer *pki.Certificate }

func (a *answerCache) init() { a.answers = make(map[answerKey]*cachedAnswer) }

// until is when the answer ends: at its own end, and no later than the freshness
// allows: a responder may promise a week.
func (c *cachedAnswer) until(freshness time.Duration) time.Time {
	end := c.status.NextUpdate
	if end.IsZero() {
		end = c.status.ThisUpdate.Add(freshness)
	}
	if fresh := c.asked.Add(freshness); fresh.Before(end) {
		return fresh
	}
	return end
}

// get gives an answer that is fresh at the question's moment.
func (a *answerCache) get(q question, kind answerKind) (Status, bool) {
	a.mu.RLock()
	c, ok := a.answers[q.key(kind)]
	a.mu.RUnlock()
	if !ok || q.at.Before(c.from) || q.at.After(c.until(q.freshness)) ||
		c.status.Source == SourceCRL && c.lists != a.lists.Load() {
		return Status{}, false
	}
	c.used.Store(q.at.Unix())
	if c.hits.Add(1) == 1 {
		c.subject.Store(&subject{q.cert, q.issuer})
	}
	return c.status, true
}

// put keeps an answer to a question that was asked then. lists says which lists it is made of, if of any.
func (a *answerCache) put(q question, kind answerKind, s Status, asked time.Time, source string, lists uint64) {
	c := &cachedAnswer{status: s, asked: asked, from: s.ThisUpdate.Add(-q.skew), lists: lists, source: source}
	c.end = c.until(q.freshness)
	c.used.Store(q.at.Unix())
	key := q.key(kind)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.answers[key]; !known && len(a.answers) >= maxAnswers {
		a.makeRoom(q.at)
	}
	a.answers[key] = c
}

// Bounds of the work that making room may cost: everything is looked through no
// more than once a minute, otherwise a handful that the map's order picks.
const (
	sweepEvery  = time.Minute
	roomSamples = 16
)

// makeRoom drops what is over; if nothing is, the one of a handful that was not
// used for the longest time.
func (a *answerCache) makeRoom(now time.Time) {
	if now.Sub(a.swept).Abs() >= sweepEvery {
		a.swept = now
		for key, c := range a.answers {
			if now.After(c.end) {
				delete(a.answers, key)
			}
		}
	}
	if len(a.answers) < maxAnswers {
		return
	}
	var victim answerKey
	oldest, seen := int64(0), 0
	for key, c := range a.answers {
		if used := c.used.Load(); seen == 0 || used < oldest {
			victim, oldest = key, used
		}
		if seen++; seen == roomSamples {
			break
		}
	}
	delete(a.answers, victim)
}

// fresh counts a responder's answers that still hold, and tells until when the
// last of them does.
func (a *answerCache) fresh(source string, now time.Time) (n int, until time.Time) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for key, c := range a.answers {
		if key.kind != byOCSP || c.source != source || now.After(c.end) {
			continue
		}
		if n++; c.end.After(until) {
			until = c.end
		}
	}
	return n, until
}

// ending gives some of the certificates that were asked about so often, whose
// answers of responders end before a moment, but have not yet.
func (a *answerCache) ending(now, before time.Time, hits int32, limit int) []subject {
	a.mu.RLock()
	defer a.mu.RUnlock()
	var found []subject
	for key, c := range a.answers {
		if key.kind != byOCSP || c.hits.Load() < hits || now.After(c.end) || c.end.After(before) {
			continue
		}
		if s := c.subject.Load(); s != nil {
			found = append(found, *s)
		}
		if len(found) == limit {
			break
		}
	}
	return found
}

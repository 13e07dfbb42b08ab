package pki

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	"kopir/xmlsig/gost"
)

// Bounds of what a store remembers about certificates that reached one of its anchors.
const (
	// maxRemembered is for each of two generations. A certificate takes some 6 KB.
	maxRemembered = 2048
	// quickAfter is how often a certificate is met before its national key gets a table: a
	// table costs as much as 14 verifications without one.
	quickAfter = 16
	// maxQuick bounds the tables: 344 KiB each for 512 bits, 22 MB together.
	maxQuick = 64
)

// memory keeps parsed certificates and the chains found from them. It only saves work: the leaf's dates
// and its purpose are judged anew for every document, the authorities' dates as soon as the moment leaves
// the time in which the answer cannot change. Two generations make a cheap LRU: what is met moves to the young one, and
// when that is full it becomes the old one and the old one goes.
type memory struct {
	young, old map[[32]byte]*remembered
	quick      [maxQuick]*remembered // those with a table, a ring
	next       int                   // the place in the ring that is given away next
}

type remembered struct {
	cert *Certificate
	met  atomic.Int32
	path atomic.Pointer[decision]
}

// decision is a chain that holds from one moment until another; zero moments are no bound.
type decision struct {
	chain       Chain
	from, until time.Time
	generation  uint64 // of the store it was found in
}

// decided gives the chain found earlier from the very same octets, if it holds at the moment too.
func (s *Store) decided(leaf *Certificate, at time.Time) Chain {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.memory.young[leaf.SHA256]
	if e == nil {
		e = s.memory.old[leaf.SHA256]
	}
	if e == nil {
		return nil
	}
	d := e.path.Load()
	switch {
	case d == nil || d.generation != s.generation:
		return nil
	case !d.from.IsZero() && at.Before(d.from) || !d.until.IsZero() && at.Truncate(time.Second).After(d.until):
		return nil
	case d.chain[0] != leaf:
		return append(Chain{leaf}, d.chain[1:]...)
	}
	return d.chain
}

// Parse is [Parse], but gives the certificate that is remembered where the very same octets have
// reached an anchor of the store before. A change of the store forgets all of them.
func (s *Store) Parse(der []byte) (*Certificate, error) {
	e, old := s.recall(sha256.Sum256(der))
	if e == nil {
		return Parse(der)
	}
	met := e.met.Add(1)
	if old {
		s.keep(e.cert.SHA256, e)
	}
	if met == quickAfter {
		s.hasten(e)
	}
	return e.cert, nil
}

// recall finds a certificate by its fingerprint and tells whether it is of the old generation.
func (s *Store) recall(sum [32]byte) (e *remembered, old bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if e = s.memory.young[sum]; e != nil {
		return e, false
	}
	e = s.memory.old[sum]
	return e, e != nil
}

// keepAll remembers the certificates of a chain that reached an anchor; only those, so that
// strangers cannot fill the memory with certificates of their own making.
func (s *Store) keepAll(chain Chain, d *decision) {
	for i, c := range chain {
		e, _ := s.recall(c.SHA256)
		if e == nil {
			e = &remembered{cert: c}
			s.keep(c.SHA256, e)
		}
		if i == 0 && d != nil {
			e.path.Store(d)
		}
	}
}

func (s *Store) keep(sum [32]byte, e *remembered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &s.memory
	if len(m.young) >= maxRemembered {
		m.young, m.old = nil, m.young
	}
	if m.young == nil {
		m.young = make(map[[32]byte]*remembered)
	}
	m.young[sum] = e
}

// hasten makes a table for a national key. The certificate whose place it takes is forgotten, and
// its table with it.
func (s *Store) hasten(e *remembered) {
	key, national := e.cert.PublicKey.(*gost.PublicKey)
	if !national {
		return
	}
	key.Precompute()
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &s.memory
	if last := m.quick[m.next]; last != nil {
		delete(m.young, last.cert.SHA256)
		delete(m.old, last.cert.SHA256)
	}
	m.quick[m.next] = e
	m.next = (m.next + 1) % maxQuick
}

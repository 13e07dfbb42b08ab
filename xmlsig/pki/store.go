package pki

import (
	"bytes"
	"slices"
	"sync"

	"kopir/xmlsig/gost"
)

// maxLinks bounds the memory of signatures already checked. One link is 64
// bytes; a region's applicants of a busy day fit.
const maxLinks = 16384

// Store holds the certificates chains are built from: anchors, which are
// trusted, and intermediates, which only help to reach them.
// It may be used from many goroutines.
type Store struct {
	mu            sync.RWMutex
	model         Model
	anchors       []*Certificate
	anchored      map[[32]byte]bool // anchors by fingerprint
	intermediates []*Certificate
	known         map[[32]byte]bool    // intermediates by fingerprint
	purposes      map[[32]byte]Purpose // of anchors, and of intermediates that have their own
	links         map[link]struct{}
	memory        memory
	generation    uint64 // counts changes: what was decided before one counts no more
}

// link is a pair of certificates of which the second signed the first. That
// stays true for ever, so it is checked once.
type link struct{ cert, issuer [32]byte }

// NewStore makes an empty store, which trusts nothing.
func NewStore() *Store {
	return &Store{
		anchored: make(map[[32]byte]bool),
		purposes: make(map[[32]byte]Purpose),
		known:    make(map[[32]byte]bool),
		links:    make(map[link]struct{}),
	}
}

// AddAnchor trusts the certificate itself, self-signed or not, for signers of
// the given purpose. Added twice, the last purpose counts.
func (s *Store) AddAnchor(c *Certificate, purpose Purpose) {
	prepare(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change()
	if !s.anchored[c.SHA256] {
		s.anchored[c.SHA256] = true
		s.anchors = append(s.anchors, c)
	}
	s.purposes[c.SHA256] = purpose
}

// AddIntermediate adds a CA certificate that chains may pass through. Signers below it have the purpose of
// their anchor.
func (s *Store) AddIntermediate(c *Certificate) {
	prepare(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addIntermediate(c)
}

// AddIntermediateFor is AddIntermediate for an authority whose signers have a purpose of their own: accredited
// authorities below the national root.
func (s *Store) AddIntermediateFor(c *Certificate, purpose Purpose) {
	prepare(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addIntermediate(c)
	if !s.anchored[c.SHA256] { // whoever trusts it itself has said for whom
		s.purposes[c.SHA256] = purpose
	}
}

func (s *Store) addIntermediate(c *Certificate) {
	s.change()
	if !s.known[c.SHA256] {
		s.known[c.SHA256] = true
		s.intermediates = append(s.intermediates, c)
	}
}

// AddTrust sorts a certificate of a trust folder: a self-signed CA becomes an
// anchor, another CA an intermediate. A pinned one has the purpose it is pinned
// with, another anchor the national one. It reports whether the certificate is
// a CA's; others are not added.
func (s *Store) AddTrust(c *Certificate) bool {
	pinned, isPinned := c.Pinned()
	switch {
	case !c.IsCA:
		return false
	case c.SelfSigned():
		s.AddAnchor(c, pinned.Purpose)
	case isPinned:
		s.AddIntermediateFor(c, pinned.Purpose)
	default:
		s.AddIntermediate(c)
	}
	return true
}

// SetModel sets when the authorities of a chain have to be valid.
func (s *Store) SetModel(m Model) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change()
	s.model = m
}

// change forgets what was decided before the store became another one. Signatures stay checked.
func (s *Store) change() {
	s.memory = memory{}
	s.generation++
}

// Anchors lists the anchors in the order they were added.
func (s *Store) Anchors() []*Certificate {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.anchors)
}

// Intermediates lists the other CA certificates in the order they were added.
func (s *Store) Intermediates() []*Certificate {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.intermediates)
}

// IsAnchor reports whether the certificate itself is trusted.
func (s *Store) IsAnchor(c *Certificate) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.anchored[c.SHA256]
}

// holds reports whether the store itself has the authority.
func (s *Store) holds(c *Certificate) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.anchored[c.SHA256] || s.known[c.SHA256]
}

// PurposeOf gives the purpose an authority was added with; [PurposeNational], the
// stricter one, for what has none.
func (s *Store) PurposeOf(authority *Certificate) Purpose {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.purposes[authority.SHA256]
}

// PurposeFor gives the purpose of the signer a chain begins with: that of the nearest authority above it that
// has one, at last the anchor's.
func (s *Store) PurposeFor(chain Chain) Purpose {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, authority := range chain[1:] {
		if p, ok := s.purposes[authority.SHA256]; ok {
			return p
		}
	}
	return s.purposes[chain.Anchor().SHA256]
}

// issuersOf lists certificates that may have issued c, anchors first: the
// subject is the wanted one and the key identifiers agree where both are given.
// The name alone is not enough: old and new national roots differ little.
func (s *Store) issuersOf(c *Certificate, candidates []*Certificate) []*Certificate {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*Certificate
	for _, group := range [3][]*Certificate{s.anchors, s.intermediates, candidates} {
		for _, issuer := range group {
			if mayIssue(issuer, c) {
				found = append(found, issuer)
			}
		}
	}
	return found
}

func mayIssue(issuer, c *Certificate) bool {
	if !bytes.Equal(issuer.RawSubject, c.RawIssuer) {
		return false
	}
	return len(issuer.SubjectKeyID) == 0 || len(c.AuthorityKeyID) == 0 ||
		bytes.Equal(issuer.SubjectKeyID, c.AuthorityKeyID)
}

// knows reports whether an earlier chain showed that issuer signed c.
func (s *Store) knows(c, issuer *Certificate) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.links[link{c.SHA256, issuer.SHA256}]
	return ok
}

// remember keeps the links of a chain that reached an anchor; only those, so
// that strangers cannot fill the memory with certificates of their own making.
func (s *Store) remember(chain Chain) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.links)+len(chain) > maxLinks {
		clear(s.links)
	}
	for i := 1; i < len(chain); i++ {
		s.links[link{chain[i-1].SHA256, chain[i].SHA256}] = struct{}{}
	}
}

// prepare makes an authority's national key quick to verify with.
func prepare(c *Certificate) {
	if key, ok := c.PublicKey.(*gost.PublicKey); ok {
		key.Precompute()
	}
}

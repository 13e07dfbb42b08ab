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
	anchors       []*Certificate
	purposes      map[[32]byte]Purpose
	intermediates []*Certificate
	known         map[[32]byte]bool // intermediates by fingerprint
	links         map[link]struct{}
	memory        memory
}

// link is a pair of certificates of which the second signed the first. That
// stays true for ever, so it is checked once.
type link struct{ cert, issuer [32]byte }

// NewStore makes an empty store, which trusts nothing.
func NewStore() *Store {
	return &Store{
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
	s.memory = memory{}
	if _, twice := s.purposes[c.SHA256]; !twice {
		s.anchors = append(s.anchors, c)
	}
	s.purposes[c.SHA256] = purpose
}

// AddIntermediate adds a CA certificate that chains may pass through.
func (s *Store) AddIntermediate(c *Certificate) {
	prepare(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory = memory{}
	if !s.known[c.SHA256] {
		s.known[c.SHA256] = true
		s.intermediates = append(s.intermediates, c)
	}
}

// AddTrust sorts a certificate of a trust folder: a self-signed CA becomes an
// anchor of the national purpose, another CA an intermediate. It reports
// whether the certificate is a CA's; others are not added.
func (s *Store) AddTrust(c *Certificate) bool {
	switch {
	case !c.IsCA:
		return false
	case c.SelfSigned():
		s.AddAnchor(c, PurposeNational)
	default:
		s.AddIntermediate(c)
	}
	return true
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
	_, ok := s.purposes[c.SHA256]
	return ok
}

// PurposeOf gives the purpose an anchor was added with; [PurposeNational], the
// stricter one, for what is no anchor.
func (s *Store) PurposeOf(anchor *Certificate) Purpose {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.purposes[anchor.SHA256]
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

package pki

import (
	"bytes"
	"errors"
	"time"

	"kopir/xmlsig/reason"
)

// Bounds of path building. The national hierarchy is three certificates long.
const (
	maxChain      = 8  // certificates in a chain
	maxSignatures = 32 // signature checks in one search; candidates are the sender's
)

// Chain is a certification path: the leaf first, the anchor last.
type Chain []*Certificate

// Leaf gives the first certificate.
func (c Chain) Leaf() *Certificate { return c[0] }

// Anchor gives the last certificate.
func (c Chain) Anchor() *Certificate { return c[len(c)-1] }

// Chain finds a path from the leaf to an anchor through intermediates of the
// store and candidates of the sender. When the CA certificates have to be valid
// is the store's [Model]; the leaf's own dates are [Certificate.CheckValidity]'s.
// The chain may be shared with other callers and is not to be changed.
//
// chain_untrusted: no anchor was reached. chain_invalid: one was, but the path
// breaks a rule of RFC 5280 §6.1. algorithm_forbidden: the only link is signed
// in a way that proves nothing any more.
func (s *Store) Chain(leaf *Certificate, candidates []*Certificate, at time.Time) (Chain, error) {
	if chain := s.decided(leaf, at); chain != nil {
		return chain, nil
	}
	b := s.newPathBuilder(candidates, at)
	if chain := b.search(leaf); chain != nil {
		if b.checked {
			s.remember(chain)
		}
		s.keepAll(chain, b.decision(chain))
		return chain, nil
	}
	if b.worst == nil {
		return nil, reason.New(reason.ChainUntrusted, "no trusted certificate issued this one")
	}
	return nil, b.worst
}

// pathBuilder is one depth-first search.
type pathBuilder struct {
	store      *Store
	candidates []*Certificate
	at         time.Time
	model      Model
	generation uint64 // of the store, when the search began
	budget     int
	worst      *reason.Error // the most telling failure so far
	checked    bool          // a signature was checked that no earlier chain had
}

func (s *Store) newPathBuilder(candidates []*Certificate, at time.Time) *pathBuilder {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return &pathBuilder{store: s, candidates: candidates, at: at, model: s.model, generation: s.generation, budget: maxSignatures}
}

// search gives a valid chain of the leaf, or nil.
func (b *pathBuilder) search(leaf *Certificate) Chain {
	path := Chain{leaf}
	if !leaf.IsCA || !b.store.IsAnchor(leaf) {
		return b.extend(path)
	}
	if err := b.check(path); err != nil {
		b.note(err)
		return nil
	}
	return path
}

// check holds a whole path against the rules and the model.
func (b *pathBuilder) check(path Chain) error {
	if err := checkRules(path); err != nil {
		return err
	}
	return checkPeriods(path, b.at, b.model)
}

// decision is what may be answered again, at other moments too, without a search; nil when the path leads
// through what only this sender brought.
func (b *pathBuilder) decision(path Chain) *decision {
	for _, c := range path[1:] {
		if !b.store.holds(c) {
			return nil
		}
	}
	d := &decision{chain: path[:len(path):len(path)], generation: b.generation}
	d.from, d.until = b.model.span(path)
	return d
}

// extend gives a whole valid chain that begins with path, or nil.
func (b *pathBuilder) extend(path Chain) Chain {
	last := path[len(path)-1]
	if len(path) == maxChain {
		b.note(reason.Newf(reason.ChainInvalid, "the chain is longer than %d certificates", maxChain))
		return nil
	}
	for _, issuer := range b.store.issuersOf(last, b.candidates) {
		if path.has(issuer) {
			continue
		}
		if b.budget--; b.budget < 0 {
			b.note(reason.New(reason.ChainUntrusted, "too many certificates could be the issuer"))
			return nil
		}
		if err := b.checkSignature(last, issuer); err != nil {
			b.note(err)
			continue
		}
		longer := append(path[:len(path):len(path)], issuer)
		if !b.store.IsAnchor(issuer) {
			if chain := b.extend(longer); chain != nil {
				return chain
			}
			continue
		}
		err := b.check(longer)
		if err == nil {
			return longer
		}
		b.note(err)
	}
	return nil
}

// checkSignature checks that issuer signed c, unless an earlier chain showed it.
func (b *pathBuilder) checkSignature(c, issuer *Certificate) error {
	if b.store.knows(c, issuer) {
		return nil
	}
	b.checked = true
	if err := c.VerifyBy(issuer); err != nil {
		return linkError(err)
	}
	return nil
}

// has reports whether the path would turn round: the same certificate, or the
// same name with the same key, already stands in it.
func (c Chain) has(next *Certificate) bool {
	for _, have := range c {
		if have.SHA256 == next.SHA256 ||
			bytes.Equal(have.RawSubject, next.RawSubject) && bytes.Equal(have.RawSPKI, next.RawSPKI) {
			return true
		}
	}
	return false
}

// note keeps the failure that says most: a broken rule on the way to an anchor
// before "not trusted", and the first of equals.
func (b *pathBuilder) note(err error) {
	var e *reason.Error
	if !errors.As(err, &e) {
		return
	}
	if b.worst == nil || b.worst.Code == reason.ChainUntrusted && e.Code != reason.ChainUntrusted {
		b.worst = e
	}
}

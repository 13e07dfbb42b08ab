package pki

import (
	"bytes"
	"crypto/x509"
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
// store and candidates of the sender. All CA certificates must be valid at the
// moment (shell model: a CA may be older than the re-issued root above it); the
// leaf's own dates are [Certificate.CheckValidity]'s.
//
// chain_untrusted: no anchor was reached. chain_invalid: one was, but the path
// breaks a rule of RFC 5280 §6.1. algorithm_forbidden: the only link is signed
// in a way that proves nothing any more.
func (s *Store) Chain(leaf *Certificate, candidates []*Certificate, at time.Time) (Chain, error) {
	b := pathBuilder{store: s, candidates: candidates, at: at, budget: maxSignatures}
	if leaf.IsCA && s.IsAnchor(leaf) {
		chain := Chain{leaf}
		if err := checkPath(chain, at); err != nil {
			return nil, err
		}
		return chain, nil
	}
	if chain := b.extend(Chain{leaf}); chain != nil {
		if b.checked {
			s.remember(chain)
		}
		s.keepAll(chain)
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
	budget     int
	worst      *reason.Error // the most telling failure so far
	checked    bool          // a signature was checked that no earlier chain had
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
		err := checkPath(longer, b.at)
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

// linkError turns a failed signature into a reason of the chain. A forbidden
// algorithm keeps its own code.
func linkError(err error) error {
	var e *reason.Error
	if errors.As(err, &e) && e.Code == reason.AlgorithmForbidden {
		return e
	}
	return reason.Wrap(reason.ChainUntrusted, "a certificate of the issuer's name is known, but its key did not sign this one", err)
}

func invalid(format string, args ...any) error {
	return reason.Newf(reason.ChainInvalid, format, args...)
}

// checkPath checks the rules of RFC 5280 §6.1 along a path whose signatures are
// known to be good.
func checkPath(path Chain, at time.Time) error {
	for i, c := range path {
		if len(c.UnknownCritical) > 0 {
			return invalid("%s has a critical extension that is not understood: %s", place(i, path), c.UnknownCritical[0])
		}
		if i == 0 && len(path) > 1 {
			continue
		}
		if err := checkAuthority(c, place(i, path), at); err != nil {
			return err
		}
		if c.MaxPathLen >= 0 && authoritiesBelow(path, i) > c.MaxPathLen {
			return invalid("%s allows only %d authorities below it", place(i, path), c.MaxPathLen)
		}
		if err := checkNames(path, i); err != nil {
			return err
		}
	}
	return nil
}

// checkAuthority checks that c may issue certificates at the moment.
func checkAuthority(c *Certificate, where string, at time.Time) error {
	switch {
	case !c.HasBasicConstraints || !c.IsCA:
		return invalid("%s is no certification authority", where)
	case c.HasKeyUsage && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return invalid("%s may not sign certificates", where)
	}
	if err := c.CheckValidity(at); err != nil {
		var e *reason.Error
		errors.As(err, &e)
		return &reason.Error{Code: reason.ChainInvalid, Detail: where + ": " + e.Detail, Err: err}
	}
	return nil
}

// authoritiesBelow counts the CA certificates between path[i] and the leaf that
// are not self-issued (RFC 5280 §4.2.1.9).
func authoritiesBelow(path Chain, i int) (n int) {
	for j := 1; j < i; j++ {
		if !bytes.Equal(path[j].RawSubject, path[j].RawIssuer) {
			n++
		}
	}
	return n
}

// place names a certificate of the path without personal data.
func place(i int, path Chain) string {
	switch {
	case i == len(path)-1:
		return "the trust anchor"
	case i == 0:
		return "the signer's certificate"
	case i == 1:
		return "the issuer's certificate"
	}
	return "an intermediate certificate"
}

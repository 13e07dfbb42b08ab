package simulate

import (
	"math/big"
	"net/http"
	"slices"
	"time"

	"kopir/xmlsig/testpki"
)

// How the national CA publishes (facts/national-pki.md §1.5): a full list a day that is good for 27
// hours, and delta lists in between.
const (
	fullEvery  = day
	fullSpan   = 27 * time.Hour
	deltaEvery = time.Hour
	deltaSpan  = 7*time.Hour + 30*time.Minute
)

// list serves the full list of the issuing CA, its delta list, or the root's.
func (p *PKI) list(r *http.Request) (reply, error) {
	f, err := p.family(r)
	if err != nil {
		return reply{}, err
	}
	others, err := p.impostors(f)
	if err != nil {
		return reply{}, err
	}
	kind, now := r.PathValue("list"), p.now()
	var s testpki.CRLSpec
	switch {
	case kind == "root":
		s = f.root(now)
	case kind == "delta" || kind == "" && p.on("crl-delta-only"):
		s = f.delta(now)
		if p.on("crl-delta-without-base") {
			s.Base = new(big.Int).Add(s.Base, big.NewInt(1))
		}
	case kind == "":
		s = f.full(now)
	default:
		return reply{}, errNotFound
	}
	p.spoil(&s, others, now)
	body, err := f.MakeCRL(s)
	return reply{"application/pkix-crl", body}, err
}

// spoil makes a list wrong; nobody is on a wrong list.
func (p *PKI) spoil(s *testpki.CRLSpec, others impostors, now time.Time) {
	switch {
	case p.on("crl-stale"):
		s.Entries, s.ThisUpdate, s.NextUpdate = nil, now.Add(-3*day), now.Add(-2*day)
	case p.on("crl-wrong-signer"):
		s.Entries, s.Issuer.Key = nil, others.stranger.IssuingIdentity().Key
	case p.on("crl-older"):
		s.Entries, s.ThisUpdate = nil, s.ThisUpdate.Add(-day)
		s.Number = number(s.ThisUpdate)
	}
}

func (f *family) full(now time.Time) testpki.CRLSpec {
	at := now.UTC().Truncate(fullEvery)
	return since(f.CRLSpec(at, at.Add(fullSpan)), time.Time{})
}

func (f *family) root(now time.Time) testpki.CRLSpec {
	at := now.UTC().Truncate(fullEvery)
	return since(f.RootCRLSpec(at, at.Add(fullSpan)), time.Time{})
}

func (f *family) delta(now time.Time) testpki.CRLSpec {
	base, at := now.UTC().Truncate(fullEvery), now.UTC().Truncate(deltaEvery)
	s := since(f.CRLSpec(at, at.Add(deltaSpan)), base)
	s.Base = number(base)
	return s
}

// since leaves on a list who was revoked after a moment and before the list.
func since(s testpki.CRLSpec, from time.Time) testpki.CRLSpec {
	s.Number = number(s.ThisUpdate)
	s.Entries = slices.DeleteFunc(s.Entries, func(r testpki.Revoked) bool { return !r.At.After(from) || r.At.After(s.ThisUpdate) })
	return s
}

// number counts lists, full and delta together (RFC 5280 §5.2.3): one an hour.
func number(at time.Time) *big.Int { return big.NewInt(at.Unix() / int64(deltaEvery/time.Second)) }

package revocation

import (
	"cmp"
	"slices"
	"time"
)

// SourceState is how an address does, for people and for metrics.
type SourceState struct {
	Kind     string // "ocsp" or "crl"
	URL      string
	Priority int
	Issuer   string // common name of the authority, if one is known
	Delta    bool   // a delta list

	LastGood, LastTried time.Time
	SilentSince         time.Time // zero: it answers, or was never asked
	LastError           string

	ThisUpdate, NextUpdate time.Time // of the list in hand
	NextRefresh            time.Time // when the next list is asked for
	CarriesUntil           time.Time // how long what is in hand still answers
	Entries                int       // of the list in hand
	Answers                int       // cached and fresh
}

// Sources tells about every address of the configuration and every other one that
// was asked: responders in the order they are asked in, then lists.
func (o *Online) Sources() []SourceState { return append(o.responderStates(), o.listStates()...) }

func (o *Online) responderStates() (states []SourceState) {
	others := o.health.places(SourceOCSP)
	for _, r := range o.responders {
		states = append(states, o.responderState(r))
		others = slices.DeleteFunc(others, func(url string) bool { return url == r.URL })
	}
	slices.Sort(others)
	for _, url := range others {
		states = append(states, o.responderState(Responder{URL: url}))
	}
	return states
}

func (o *Online) listStates() (states []SourceState) {
	without := slices.Concat(o.cfg.CRL, o.health.places(SourceCRL))
	for key, have := range o.lists.all() {
		states = append(states, o.listState(key.url, have))
		without = slices.DeleteFunc(without, func(url string) bool { return url == key.url })
	}
	slices.Sort(without)
	for _, url := range slices.Compact(without) {
		states = append(states, o.state(SourceCRL, url))
	}
	slices.SortStableFunc(states, func(a, b SourceState) int {
		return cmp.Or(cmp.Compare(a.URL, b.URL), cmp.Compare(a.Issuer, b.Issuer))
	})
	return states
}

func (o *Online) state(source, url string) SourceState {
	c := o.health.condition(source, url)
	return SourceState{Kind: source, URL: url, Issuer: c.issuer, LastGood: c.lastGood, LastTried: c.lastTried,
		SilentSince: c.silentSince, LastError: c.lastError}
}

func (o *Online) responderState(r Responder) SourceState {
	s := o.state(SourceOCSP, r.URL)
	s.Priority = r.Priority
	if o.cfg.Now != nil {
		s.Answers, s.CarriesUntil = o.answers.fresh(r.URL, o.cfg.Now())
	}
	return s
}

func (o *Online) listState(url string, have cachedList) SourceState {
	s := o.state(SourceCRL, url)
	s.Issuer, s.Delta, s.Entries = have.issuer.Subject.CommonName, have.list.IsDelta(), have.list.Len()
	s.ThisUpdate, s.NextUpdate = have.list.ThisUpdate, have.list.NextUpdate
	s.NextRefresh, s.CarriesUntil = have.due, have.list.NextUpdate
	return s
}

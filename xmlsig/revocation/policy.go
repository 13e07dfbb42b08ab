package revocation

import (
	"context"
	"slices"
	"time"

	"kopir/xmlsig/pki"
)

// Policy says which sources count for somebody, and how. The zero value is OCSP,
// then lists, with the source's own freshness.
type Policy struct {
	Order     []string      // of "ocsp" and "crl"; the first usable answer counts
	All       bool          // every source of Order must say good
	Freshness time.Duration // how old an OCSP answer may be; 0: as configured
}

// plan is a policy in the form it is followed in.
type plan struct {
	order     []string
	all       bool
	freshness time.Duration
	name      string // tells flights under different policies apart
}

// planOf fills in what the policy leaves open.
func (o *Online) planOf(p Policy) plan {
	made := plan{all: p.All, freshness: p.Freshness}
	for _, kind := range p.Order {
		if (kind == SourceOCSP || kind == SourceCRL) && !slices.Contains(made.order, kind) {
			made.order = append(made.order, kind)
		}
	}
	if len(made.order) == 0 {
		made.order = []string{SourceOCSP, SourceCRL}
	}
	if made.freshness <= 0 {
		made.freshness = o.cfg.Freshness
	}
	for _, kind := range made.order {
		made.name += kind + " "
	}
	if made.all {
		made.name += "all "
	}
	made.name += made.freshness.String()
	return made
}

// Under gives a view of the source that follows another policy. It shares
// everything that was learnt with all others.
func (o *Online) Under(p Policy) Source { return view{o, o.planOf(p)} }

type view struct {
	o    *Online
	plan plan
}

func (v view) Status(ctx context.Context, cert, issuer *pki.Certificate, at time.Time) Status {
	return v.o.status(ctx, cert, issuer, at, v.plan)
}

// kindOf is the kind of a source's own answers, and of those that stand in for it.
func kindOf(source string) (own, instead answerKind) {
	if source == SourceCRL {
		return byCRL, insteadCRL
	}
	return byOCSP, insteadOCSP
}

// remembered answers from what is fresh.
func (o *Online) remembered(q question, p plan) (Status, bool) {
	own, instead := kindOf(p.order[0])
	first, ok := o.answers.get(q, own)
	switch {
	case len(p.order) == 1 || ok && !p.all:
		return first, ok
	case !ok && p.all:
		return Status{}, false
	case !ok:
		return o.answers.get(q, instead)
	}
	own, _ = kindOf(p.order[1])
	second, ok := o.answers.get(q, own)
	return both(first, second), ok
}

// both joins what two sources say when both must say good. Proof that the
// certificate was revoked by either counts.
func both(a, b Status) Status {
	if a.State != Good || b.State != Good {
		return worse(a, b)
	}
	kept, other := a, b
	if kept.Evidence == nil {
		kept, other = b, a
	}
	kept.Detail += "; " + other.Source + ": " + other.Detail
	kept.Also = append(slices.Clone(kept.Also), other)
	return kept
}

func worse(a, b Status) Status {
	if a.State == Good || b.State != Good && better(b, a).State == b.State {
		return b
	}
	return a
}

// follow asks the sources as the plan says.
func (o *Online) follow(ctx context.Context, q question, p plan) Status {
	var why []string
	var whole Status
	for i, source := range p.order {
		s, more, lists := o.askSource(ctx, source, q)
		why = append(why, more...)
		switch {
		case s.ClockOff != 0: // by such a clock no list may decide either (DESIGN §3 rule 8)
			return s
		case p.all && i == 0:
			whole = s
		case p.all:
			whole = both(whole, s)
		case s.State != Unknown:
			if i > 0 {
				_, instead := kindOf(p.order[0])
				o.answers.put(q, instead, s, q.at, "", lists)
			}
			return s
		}
	}
	if whole.State == Unknown {
		return unknown(why...)
	}
	return whole
}

// askSource asks one source; lists is the count of lists its answer is made of.
func (o *Online) askSource(ctx context.Context, source string, q question) (s Status, why []string, lists uint64) {
	if source == SourceCRL {
		s, why, lists = o.askLists(ctx, q)
		if s.State != Unknown {
			o.answers.put(q, byCRL, s, q.at, "", lists)
		}
		return s, why, lists
	}
	s, why = o.askOCSP(ctx, q)
	return s, why, 0
}

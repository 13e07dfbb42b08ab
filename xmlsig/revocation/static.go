package revocation

import (
	"context"
	"time"

	"kopir/xmlsig/pki"
)

// Static answers from lists and answers that are given to it, such as the files
// on a command line. It may be used from many goroutines.
type Static struct {
	// Skew and Freshness may be changed before use: how far clocks may be
	// apart, and how long an OCSP answer without nextUpdate counts.
	Skew, Freshness time.Duration

	crls  []*CRL
	ocsps []*OCSPResponse
}

// NewStatic makes a source of these lists and answers. Bad ones among them do
// no harm to the others.
func NewStatic(crls []*CRL, ocsps []*OCSPResponse) *Static {
	return &Static{Skew: defaultSkew, Freshness: DefaultFreshness, crls: crls, ocsps: ocsps}
}

// Status gives the best that the usable lists and answers say. Proof of
// revocation in any of them wins.
func (s *Static) Status(_ context.Context, cert, issuer *pki.Certificate, at time.Time) Status {
	q := question{cert, issuer, at, s.Skew, s.Freshness}
	var best Status
	var why []string
	for _, r := range s.ocsps {
		if !r.about(cert) {
			continue
		}
		status := r.status(q, nil, s.crls)
		if status.State == Unknown {
			why = append(why, status.Detail)
		}
		best = better(best, status)
	}
	fromLists, refused := crlStatus(s.listsOf(issuer), q)
	best = better(best, fromLists)
	if best.State == Unknown {
		return unknown(append(why, refused...)...)
	}
	return best
}

// about reports whether a single answer has the certificate's serial number:
// the others are not worth a word in Detail.
func (r *OCSPResponse) about(cert *pki.Certificate) bool {
	for _, s := range r.Singles {
		if s.Serial.Cmp(cert.Serial) == 0 {
			return true
		}
	}
	return false
}

// listsOf gives the lists that call themselves the issuer's.
func (s *Static) listsOf(issuer *pki.Certificate) []*CRL {
	var lists []*CRL
	for _, c := range s.crls {
		if c.ofIssuer(issuer) {
			lists = append(lists, c)
		}
	}
	return lists
}

package xmlsig

import (
	"context"
	"fmt"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// Mode says what a certificate without a usable status means.
type Mode uint8

const (
	// ModeRequire makes it inconclusive: revocation_unknown.
	ModeRequire Mode = iota
	// ModeIfAvailable lets it pass; "revoked" still fails.
	ModeIfAvailable
	// ModeOff asks nobody.
	ModeOff
)

// CheckRevocation adds one check for each signer: the status at the given moment of every
// certificate below the anchor. Nobody is asked about a signer whose signature or chain is not
// proven: a forged document must not cause traffic (DESIGN §3 rule 9).
func (r *Result) CheckRevocation(ctx context.Context, src revocation.Source, at time.Time, mode Mode) {
	for i := range r.Signers {
		s := &r.Signers[i]
		switch {
		case mode == ModeOff:
			r.Checks = append(r.Checks, reason.Skip(reason.CheckRevocation, s.Index, "switched off"))
		case r.bareKey:
			r.Checks = append(r.Checks, reason.Skip(reason.CheckRevocation, s.Index, "verified with a bare key"))
		case s.Chain == nil || !r.proven(s.Index):
			r.Checks = append(r.Checks, reason.Unknown(reason.CheckRevocation, s.Index, "", "not reached"))
		default:
			r.Checks = append(r.Checks, r.checkStatuses(ctx, src, at, mode, s))
		}
	}
	if len(r.Signers) == 0 {
		r.Checks = append(r.Checks, reason.Unknown(reason.CheckRevocation, 0, "", "not reached"))
	}
}

// proven tells whether the certificate's holder did sign: nothing up to the chain has failed.
func (r *Result) proven(signer int) bool {
	for _, c := range r.Checks {
		switch c.Name {
		case reason.CheckXML, reason.CheckSignature, reason.CheckDigest, reason.CheckCoverage, reason.CheckAlgorithm, reason.CheckChain:
			if (c.Signer == signer || c.Signer == 0) && c.Outcome != reason.Passed {
				return false
			}
		}
	}
	return true
}

// checkStatuses asks about one chain from the leaf up. A revoked certificate outweighs an unknown one.
func (r *Result) checkStatuses(ctx context.Context, src revocation.Source, at time.Time, mode Mode, s *Signer) reason.Check {
	var unknown []string
	for k := range len(s.Chain) - 1 {
		var status revocation.Status
		if src != nil {
			status = src.Status(ctx, s.Chain[k], s.Chain[k+1], at)
			status.Certificate = s.Chain[k].SHA256
			r.statuses = append(r.statuses, status)
		}
		switch who := place(s.Chain, k); status.State {
		case revocation.Good:
		case revocation.Revoked:
			return reason.Fail(reason.CheckRevocation, s.Index, reason.CertificateRevoked,
				fmt.Sprintf("%s was revoked on %s", who, status.RevokedAt.UTC().Format(time.RFC3339)))
		case revocation.OnHold:
			return held(s, who, status)
		default:
			unknown = append(unknown, who+detail(status))
		}
	}
	switch {
	case len(unknown) == 0:
		return reason.Pass(reason.CheckRevocation, s.Index, "")
	case mode == ModeIfAvailable:
		return reason.Pass(reason.CheckRevocation, s.Index, "no usable status given for "+unknown[0])
	}
	return reason.Unknown(reason.CheckRevocation, s.Index, reason.RevocationUnknown, "no usable status for "+unknown[0])
}

// held judges a certificate that is listed with certificateHold (RFC 5280 §5.3.1). The national CA lists
// what its owner revoked with that reason (every revoked TEST key of its list of August 2026), so under
// the national profile a hold is a revocation; other authorities mean a suspension that may end.
func held(s *Signer, who string, status revocation.Status) reason.Check {
	if s.Purpose == pki.PurposeNational {
		return reason.Fail(reason.CheckRevocation, s.Index, reason.CertificateRevoked,
			fmt.Sprintf("%s was revoked on %s (listed with certificateHold)", who, status.RevokedAt.UTC().Format(time.RFC3339)))
	}
	return reason.Fail(reason.CheckRevocation, s.Index, reason.CertificateOnHold, who+" is suspended")
}

func detail(s revocation.Status) string {
	if s.Detail == "" {
		return ""
	}
	return ": " + s.Detail
}

func place(chain pki.Chain, k int) string {
	if k == 0 {
		return "the signer's certificate"
	}
	return fmt.Sprintf("the CA certificate %d above the signer's", k)
}

// Revocation lists the statuses CheckRevocation was given, as evidence.
func (r *Result) Revocation() []revocation.Status { return r.statuses }

package revocation

import (
	"bytes"
	"crypto/x509"
	"errors"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// question is a certificate whose state is asked for.
type question struct {
	cert, issuer *pki.Certificate
	at           time.Time
	skew         time.Duration
	freshness    time.Duration // of OCSP answers without nextUpdate
}

// ofIssuer reports whether the list calls itself the issuer's: by name, and by
// key identifier where both are given.
func (c *CRL) ofIssuer(issuer *pki.Certificate) bool {
	return bytes.Equal(c.RawIssuer, issuer.RawSubject) &&
		(len(c.AuthorityKeyID) == 0 || len(issuer.SubjectKeyID) == 0 || bytes.Equal(c.AuthorityKeyID, issuer.SubjectKeyID))
}

// refuses says why the list cannot answer the question, or "". The signature
// comes last, because it costs most.
func (c *CRL) refuses(q question) string {
	switch {
	case !c.ofIssuer(q.issuer):
		return "of another authority"
	case c.unusable != "":
		return c.unusable
	case q.issuer.HasKeyUsage && q.issuer.KeyUsage&x509.KeyUsageCRLSign == 0:
		return "by an authority that may not sign lists"
	}
	if why := judgeTimes(c.ThisUpdate, c.NextUpdate, q.at, q.skew); why != "" {
		return why
	}
	if why := c.scope.excludes(q.cert); why != "" {
		return why
	}
	return c.unsigned(q.issuer)
}

// unsigned says why the list cannot be called the issuer's word, or "".
func (c *CRL) unsigned(issuer *pki.Certificate) string {
	err := c.VerifyBy(issuer)
	var e *reason.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e) && e.Code == reason.AlgorithmForbidden:
		return "signed with a forbidden algorithm"
	}
	return "the signature is wrong"
}

// silentOn reports whether the certificate's absence means nothing: authorities
// take expired certificates off their lists (RFC 5280 §3.3), unless
// expiredCertsOnCRL says from when on they stay (X.509, 2.5.29.60).
func (c *CRL) silentOn(cert *pki.Certificate) bool {
	if !cert.NotAfter.Before(c.ThisUpdate) {
		return false
	}
	return c.ExpiredSince.IsZero() || cert.NotAfter.Before(c.ExpiredSince)
}

// completes reports whether a delta list can be laid over the base (RFC 5280
// §5.2.4): same issuer, key and scope; the base is not older than the one the
// delta is against, and not newer than the delta.
func (c *CRL) completes(base *CRL) bool {
	return c.IsDelta() && !base.IsDelta() && c.Number != nil && base.Number != nil &&
		bytes.Equal(c.RawIssuer, base.RawIssuer) && bytes.Equal(c.AuthorityKeyID, base.AuthorityKeyID) &&
		c.scope.raw == base.scope.raw && base.Number.Cmp(c.Base) >= 0 && base.Number.Cmp(c.Number) <= 0
}

// crlStatus answers from lists: every usable base with the newest delta that
// fits it. why holds the reasons of those that could not be used.
func crlStatus(lists []*CRL, q question) (best Status, why []string) {
	var bases, deltas []*CRL
	for _, c := range lists {
		refusal := c.refuses(q)
		switch {
		case refusal != "":
			why = append(why, "crl: "+refusal)
		case c.IsDelta():
			deltas = append(deltas, c)
		default:
			bases = append(bases, c)
		}
	}
	used := false
	for _, base := range bases {
		delta := newestDelta(deltas, base)
		used = used || delta != nil
		best = better(best, baseStatus(base, delta, q))
	}
	if len(deltas) > 0 && !used {
		why = append(why, "crl: a delta list without its base")
	}
	if best.State == Unknown && best.Detail != "" {
		why = append(why, best.Detail)
	}
	return best, why
}

func newestDelta(deltas []*CRL, base *CRL) (newest *CRL) {
	for _, d := range deltas {
		if d.completes(base) && (newest == nil || d.Number.Cmp(newest.Number) > 0) {
			newest = d
		}
	}
	return newest
}

// baseStatus lays delta, which may be nil, over base and looks the certificate
// up. removeFromCRL lifts a hold and nothing else; in a full list it has no
// meaning, and of an expired certificate it may only tell the end (RFC 5280 §5.3.1).
func baseStatus(base, delta *CRL, q question) Status {
	entry, listed := base.Lookup(q.cert.Serial)
	from := base
	if delta != nil {
		from = delta
		change, changed := delta.Lookup(q.cert.Serial)
		switch {
		case changed && change.Reason != reasonRemove:
			entry, listed = change, true
		case changed && listed && entry.Reason == reasonHold:
			listed = false
		}
	}
	s := Status{Source: SourceCRL, ThisUpdate: from.ThisUpdate, NextUpdate: from.NextUpdate, EvidenceSHA256: fingerprint(from.SHA256)}
	if delta != nil {
		s.BaseSHA256 = fingerprint(base.SHA256)
	}
	switch {
	case !listed && (base.silentOn(q.cert) || from.silentOn(q.cert)):
		return unknown("crl: not on the list of " + day(s.ThisUpdate) + ", but expired before it")
	case !listed:
		s.State, s.Detail = Good, "not on the list of "+day(s.ThisUpdate)
	case entry.Reason == reasonRemove:
		return unknown("crl: removeFromCRL in a full list")
	default:
		s.State, s.RevokedAt, s.Reason = revokedState(entry.Reason), entry.RevokedAt, entry.Reason
		s.Detail = s.State.words() + " since " + day(entry.RevokedAt)
	}
	return s
}

func revokedState(code int) State {
	if code == reasonHold {
		return OnHold
	}
	return Revoked
}

func (s State) words() string {
	if s == OnHold {
		return "suspended"
	}
	return s.String()
}

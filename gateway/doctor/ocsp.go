package doctor

import (
	"bytes"
	"context"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
)

// subject is a certificate a responder can be asked about.
type subject struct {
	cert, issuer *pki.Certificate
	authority    bool // a CA's own, of which the responders of its subjects need not know
}

// subjects are one known certificate of each authority; where none is known, those of the authorities themselves.
func (x *Examination) subjects() (all []subject) {
	asked := map[[32]byte]bool{}
	add := func(c *pki.Certificate, authority bool) {
		if s, ok := x.subjectOf(c); ok && !asked[s.issuer.SHA256] {
			asked[s.issuer.SHA256] = true
			s.authority = authority
			all = append(all, s)
		}
	}
	for _, c := range x.Known {
		add(c, false)
	}
	if len(all) > 0 {
		return all
	}
	for _, c := range x.Store.Intermediates() {
		add(c, true)
	}
	return all
}

// subjectOf finds the issuer. A certificate that has ended leads to it by its last moment.
func (x *Examination) subjectOf(c *pki.Certificate) (subject, bool) {
	at := x.Now()
	if c.NotAfter.Before(at) {
		at = c.NotAfter
	}
	chain, err := x.Store.Chain(c, nil, at)
	if err != nil || len(chain) < 2 {
		return subject{}, false
	}
	return subject{cert: c, issuer: chain[1]}, true
}

// responder asks one responder about every subject. One that cannot be reached is not asked twice.
func (x *Examination) responder(ctx context.Context, r Responder, subjects []subject) (findings []Finding) {
	if len(subjects) == 0 {
		if f, failed := x.Prober.Connect(ctx, r.URL).Transport(CheckOCSP, r.URL); failed {
			return []Finding{f}
		}
		return []Finding{found(CheckOCSP, r.URL, Warn, "nothing_to_ask", "first_application", "host", HostOf(r.URL))}
	}
	for _, s := range subjects {
		reply, d := x.ask(ctx, r, s)
		if f, failed := reply.Transport(CheckOCSP, r.URL); failed {
			return append(findings, f)
		}
		if own, ok := x.ownCertificate(d); s.authority && ok {
			s = own
			if reply, d = x.ask(ctx, r, s); reply.Problem != ProblemNone {
				f, _ := reply.Transport(CheckOCSP, r.URL)
				return append(findings, f)
			}
		}
		findings = append(findings, x.judge(r, s, reply, d))
	}
	return findings
}

func (x *Examination) ask(ctx context.Context, r Responder, s subject) (Reply, revocation.Diagnosis) {
	var nonce []byte
	if !r.GET {
		nonce = x.nonce()
	}
	request, err := revocation.NewOCSPRequest(s.cert, s.issuer, nonce)
	if err != nil {
		return Reply{Problem: ProblemUnreachable}, revocation.Diagnosis{}
	}
	reply := x.Prober.OCSP(ctx, r.URL, request, r.GET)
	x.clock.date(r.URL, reply)
	if reply.Problem != ProblemNone {
		return reply, revocation.Diagnosis{}
	}
	now := x.Now()
	d := revocation.Diagnose(reply.Body, s.cert, s.issuer, now, nonce)
	switch {
	case d.Fault == revocation.FaultClock:
		x.clock.signed(r.URL, d.Off)
	case d.Fault == revocation.FaultNone && nonce != nil:
		x.clock.signed(r.URL, now.Sub(d.Answer.ProducedAt))
	}
	return reply, d
}

// ownCertificate is the responder's, if one of the trusted authorities issued it: then there is a certificate
// below that authority to ask about, although none of an application is known yet.
func (x *Examination) ownCertificate(d revocation.Diagnosis) (subject, bool) {
	if d.Answer == nil {
		return subject{}, false
	}
	for _, c := range d.Answer.Certificates {
		if s, ok := x.subjectOf(c); ok && !c.IsCA {
			return s, true
		}
	}
	return subject{}, false
}

// advices are remedies by fault.
var advices = map[revocation.Fault]string{
	revocation.FaultClock: "clock", revocation.FaultRefusal: "owner", revocation.FaultUnreadable: "address", revocation.FaultStale: "replay", revocation.FaultFuture: "clock",
	revocation.FaultNonceMissing: "nonce", revocation.FaultNonceWrong: "replay", revocation.FaultExpiredSigner: "owner",
}

// adviceOf is "attack" for what honest authorities do not do: another signer, another certificate.
func adviceOf(f revocation.Fault) string {
	if advice, ok := advices[f]; ok {
		return advice
	}
	return "attack"
}

// responderSoon is how long before its end a responder's certificate is worth a word: they last months.
const responderSoon = 7 * 24 * time.Hour

func (x *Examination) judge(r Responder, s subject, reply Reply, d revocation.Diagnosis) Finding {
	pairs := []string{"host", HostOf(r.URL), "issuer", s.issuer.Subject.CommonName, "status", d.Refusal,
		"off", d.Off.Abs().Round(time.Second).String(), "took", reply.Took.Round(time.Millisecond).String()}
	say := func(level Level, cause, remedy string) Finding {
		return found(CheckOCSP, r.URL, level, cause, remedy, pairs...)
	}
	switch {
	case d.Fault == revocation.FaultForeign && s.authority && !x.forged(d.Answer):
		return say(Warn, "ocsp_not_for_authority", "first_application")
	case d.Fault != revocation.FaultNone:
		return say(Fail, "ocsp_"+string(d.Fault), adviceOf(d.Fault))
	case s.authority && (d.Status.State == revocation.Revoked || d.Status.State == revocation.OnHold):
		return say(Fail, "authority_revoked", "authority")
	case d.Status.State == revocation.Unknown:
		return say(Warn, "ocsp_unknown", "address")
	case reply.Took > slow:
		return say(Warn, "slow", "owner")
	}
	for _, c := range d.Answer.Certificates {
		if left := c.NotAfter.Sub(x.Now()); c.HasEKU(pki.EKUOCSPSigning) && left < responderSoon {
			pairs = append(pairs, "day", c.NotAfter.Format(time.DateOnly))
			return say(Warn, "responder_ends", "owner")
		}
	}
	return say(OK, "ocsp_answers", "")
}

// forged: somebody signed who says a trusted authority has issued his certificate, and it has not.
func (x *Examination) forged(answer *revocation.OCSPResponse) bool {
	for _, c := range answer.Certificates {
		for _, ca := range x.authorities() {
			if bytes.Equal(c.RawIssuer, ca.RawSubject) && c.VerifyBy(ca) != nil {
				return true
			}
		}
	}
	return false
}

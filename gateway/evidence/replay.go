package evidence

import (
	"context"
	"slices"
	"strings"
	"time"

	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// replay makes a recorded verdict again: the same bytes, moments and evidence.
type replay struct {
	verdict    gateway.Verdict
	document   []byte
	trust      *pki.Store
	candidates []*pki.Certificate
	status     revocation.Source
	purpose    *pki.Purpose
	ended      []xmlsig.Ending
}

func (r replay) run(ctx context.Context) xmlsig.Result {
	v := r.verdict
	result := xmlsig.Verify(nil, r.document, xmlsig.Options{At: orElse(v.ProvedAt, v.At), Trust: r.trust,
		Candidates: r.candidates, Purpose: r.purpose, Ended: r.ended})
	if r.asked() {
		result.CheckRevocation(ctx, r.status, orElse(v.StatusAt, v.At), xmlsig.ModeRequire)
	}
	return result
}

// asked tells whether the verdict went as far as asking for certificates' status. Without that none passes.
func (r replay) asked() bool {
	if r.verdict.Outcome == reason.Passed {
		return true
	}
	for _, c := range r.verdict.Checks {
		if c.Name == reason.CheckRevocation && c.Signer > 0 {
			return true
		}
	}
	return false
}

func orElse(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

// difference is one check that comes out otherwise than it was recorded.
type difference struct {
	name     string
	signer   int
	was, now reason.Check
}

// differences compares check by check. What the gateway found beyond signature and certificates, such
// as a service that is unknown, is not made again. A check that is not recorded counts as one without an
// answer: who leaves out what failed has not passed.
func differences(was []reason.Check, now []reason.Check) (out []difference) {
	for _, n := range now {
		k := slices.IndexFunc(was, func(w reason.Check) bool { return w.Name == n.Name && w.Signer == n.Signer })
		switch {
		case k >= 0 && (was[k].Outcome != n.Outcome || was[k].Code != n.Code):
			out = append(out, difference{n.Name, n.Signer, was[k], n})
		case k < 0 && n.Outcome != reason.Passed && n.Outcome != reason.NotApplicable:
			out = append(out, difference{n.Name, n.Signer, reason.Check{}, n})
		}
	}
	return out
}

// verdictAgain sums up checks made again, with what the gateway found beyond them as it was recorded.
func verdictAgain(v gateway.Verdict, now []reason.Check) (reason.Outcome, reason.Code) {
	made := map[string]bool{}
	for _, c := range now {
		made[c.Name] = true
	}
	for _, c := range v.Checks {
		if !made[c.Name] || c.Signer == 0 && (c.Name == reason.CheckRevocation || c.Name == reason.CheckIdentity) {
			now = append(now[:len(now):len(now)], c)
		}
	}
	return reason.Verdict(now)
}

// static makes a source of the evidence a verdict names. missing are lists that are not at hand.
func static(v gateway.Verdict, freshness time.Duration, answer func(sha string) []byte, list func(sha string) *revocation.CRL) (src *revocation.Static, missing []string) {
	var lists []*revocation.CRL
	var answers []*revocation.OCSPResponse
	for _, ref := range v.Evidence {
		if ref.SHA256 == "" {
			continue
		}
		if ref.Source == revocation.SourceCRL {
			for _, sha := range listsOf(ref) {
				if l := list(sha); l != nil {
					lists = append(lists, l)
				} else {
					missing = append(missing, sha)
				}
			}
			continue
		}
		if a, err := revocation.ParseOCSP(answer(ref.SHA256)); err == nil {
			answers = append(answers, a)
		} else {
			missing = append(missing, ref.SHA256)
		}
	}
	src = revocation.NewStatic(lists, answers)
	if freshness > 0 {
		src.Freshness = freshness
	}
	return src, missing
}

// listsOf are the digests of the list that decided and of the full one below it.
func listsOf(ref gateway.EvidenceRef) []string {
	if ref.Base == "" {
		return []string{ref.SHA256}
	}
	return []string{ref.SHA256, ref.Base}
}

// freshnessOf reads how long an OCSP answer without nextUpdate counted: the service's rule comes before
// the configuration's; 0 for the default.
func freshnessOf(v gateway.Verdict, p gateway.PolicyRecord) time.Duration {
	words := append([]string{"freshness=" + p.Freshness}, strings.Fields(v.StatusPolicy)...)
	var freshness time.Duration
	for _, word := range words {
		if value, ok := strings.CutPrefix(word, "freshness="); ok {
			if d, err := time.ParseDuration(value); err == nil {
				freshness = d
			}
		}
	}
	return freshness
}

// purposeOf reads what the signers' certificates had to be for; nil where that is not recorded or not
// the same for all, so that the anchor tells.
func purposeOf(v gateway.Verdict) *pki.Purpose {
	found := map[string]bool{}
	for _, c := range v.Checks {
		if c.Name == reason.CheckPurpose && c.Outcome == reason.Passed {
			found[c.Detail] = true
		}
	}
	for _, p := range []pki.Purpose{pki.PurposeNational, pki.PurposeGeneric} {
		if len(found) == 1 && found[p.String()] {
			return &p
		}
	}
	return nil
}

// endedOf reads the algorithms that did not count under a policy.
func endedOf(p gateway.PolicyRecord) (ended []xmlsig.Ending) {
	for _, s := range p.Ended {
		if e, err := xmlsig.ParseEnding(s); err == nil {
			ended = append(ended, e)
		}
	}
	return ended
}

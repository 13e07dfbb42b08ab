package evidence

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// believe makes the store of anchors: the given ones, with the purpose the policy records for each, or
// the container's own, which is then said.
func (v *verifier) believe() {
	purposes := map[string]pki.Purpose{}
	for _, p := range v.policies {
		v.rep.TestPKI = v.rep.TestPKI || p.TestPKI
		for _, a := range p.Anchors {
			if a.Purpose == pki.PurposeGeneric.String() {
				purposes[a.SHA256] = pki.PurposeGeneric
			}
		}
	}
	v.trust = pki.NewStore()
	if v.opt.Trust != nil {
		for _, c := range v.opt.Trust.Anchors() {
			purpose, recorded := purposes[hexOf(c.SHA256)]
			if !recorded {
				purpose = v.opt.Trust.PurposeOf(c)
			}
			v.trust.AddAnchor(c, purpose)
		}
		for _, c := range v.opt.Trust.Intermediates() {
			v.trust.AddIntermediate(c)
		}
		return
	}
	v.rep.Trust = TrustRecorded
	for _, p := range v.policies {
		for _, a := range p.Anchors {
			if c := v.certs[a.SHA256]; c != nil {
				v.trust.AddAnchor(c, purposes[a.SHA256])
			}
		}
	}
}

func (v *verifier) candidates() (all []*pki.Certificate) {
	for _, sha := range sortedKeys(v.certs) {
		all = append(all, v.certs[sha])
	}
	return all
}

// judge makes every verdict again.
func (v *verifier) judge(ctx context.Context) {
	if len(v.verdicts) == 0 {
		v.rep.fail(CheckVerdict, dirVerdicts, reason.DigestMismatch, "there is no verdict")
	}
	for _, verdict := range v.verdicts {
		v.again(ctx, verdict)
	}
	v.judged()
}

// judged demands that the verdicts are of this case, and that what it received and was answered with was
// judged: documents without a verdict, or with one of another document, prove nothing.
func (v *verifier) judged() {
	received, answered := len(v.verdicts) == 0, v.record.ResultSHA == ""
	for _, verdict := range v.verdicts {
		if verdict.Number != v.record.Number {
			v.rep.fail(CheckVerdict, dirVerdicts+verdict.ID+".json", reason.DigestMismatch, "is of another case")
		}
		if verdict.Kind == kindResult {
			answered = answered || verdict.DocumentSHA == v.record.ResultSHA && verdict.Outcome == reason.Passed
		} else {
			received = received || verdict.DocumentSHA == v.record.DocumentSHA
		}
	}
	if !received {
		v.rep.fail(CheckVerdict, nameReceived, reason.DigestMismatch, "no verdict is of what was received")
	}
	if !answered {
		v.rep.fail(CheckVerdict, nameResult, reason.DigestMismatch, "no verdict let the result in")
	}
}

func (v *verifier) again(ctx context.Context, verdict gateway.Verdict) {
	subject := dirVerdicts + verdict.ID + ".json"
	if outcome, code := reason.Verdict(verdict.Checks); outcome != verdict.Outcome || code != verdict.Code {
		v.rep.fail(CheckVerdict, subject, verdict.Code, "its outcome %s is not what its own checks come to", outcomeWords(verdict))
	}
	rec := Recorded{ID: verdict.ID, Kind: verdict.Kind, At: verdict.At, Outcome: verdict.Outcome, Code: verdict.Code}
	defer func() { v.rep.Recorded = append(v.rep.Recorded, rec) }()
	name, document := v.document(verdict.DocumentSHA)
	if document == nil {
		v.rep.unknown(CheckVerdict, subject, "", "its document is not in the container: sha256 %s", verdict.DocumentSHA)
		return
	}
	rec.Document = name
	policy, known := v.policies[verdict.Policy]
	if verdict.Policy != "" && !known {
		v.rep.unknown(CheckVerdict, subject, "", "its policy is not in the container: sha256 %s", verdict.Policy)
	}
	answer := func(sha string) []byte { return v.files[dirStatus+sha+".ocsp"] }
	list := func(sha string) *revocation.CRL { return v.lists[sha] }
	status, missing := static(verdict, freshnessOf(verdict, policy), answer, list)
	r := replay{verdict: verdict, document: document, trust: v.trust, candidates: v.candidates(), status: status,
		purpose: purposeOf(verdict), ended: endedOf(policy)}
	model, _ := pki.ParseModel(policy.Model) // the strictest for one that is not known, never that of the verdict before
	v.trust.SetModel(model)
	result := r.run(ctx)
	v.identify(&result, verdict)
	v.ended(&result)
	rec.Now, rec.NowCode = verdictAgain(verdict, result.Checks)
	if v.sameCovered(subject, verdict, &result) {
		v.compare(subject, verdict, &result, missing)
	}
}

// identify checks the applicant of the case against the signer, as the verdict did.
func (v *verifier) identify(result *xmlsig.Result, verdict gateway.Verdict) {
	recorded := slices.ContainsFunc(verdict.Checks, func(c reason.Check) bool { return c.Name == reason.CheckIdentity })
	if (recorded || verdict.Outcome == reason.Passed) && verdict.Kind != kindResult && v.record.IIN+v.record.BIN != "" {
		result.CheckIdentity(v.record.IIN, v.record.BIN)
	}
}

// ended remembers the anchors that chains ended in.
func (v *verifier) ended(result *xmlsig.Result) {
	for _, s := range result.Signers {
		if s.Chain != nil {
			v.ends[hexOf(s.Chain.Anchor().SHA256)] = s.Chain.Anchor()
		}
	}
}

// sameCovered demands that the signature covers what the verdict says, and what is kept as covered.
func (v *verifier) sameCovered(subject string, verdict gateway.Verdict, result *xmlsig.Result) bool {
	sha := ""
	if len(result.Covered) > 0 {
		sha = gateway.SHA256Hex(result.Covered)
	}
	if sha == verdict.CoveredSHA {
		return true
	}
	v.rep.fail(CheckVerdict, subject, reason.DigestMismatch, "the signature does not cover the octets the verdict names")
	return false
}

// compare says what comes out otherwise. A status that cannot be judged again because its list was
// left out is an open question, not a change.
func (v *verifier) compare(subject string, verdict gateway.Verdict, result *xmlsig.Result, missing []string) {
	changed := false
	for _, d := range differences(verdict.Checks, result.Checks) {
		if d.name == reason.CheckRevocation && d.now.Outcome == reason.Inconclusive && len(missing) > 0 {
			v.rep.unknown(CheckVerdict, subject, reason.RevocationUnknown,
				"the status cannot be judged again without %s; export with --full, or give the list by --crl", strings.Join(unique(missing), ", "))
			changed = true
			continue
		}
		if d.now.Code == reason.ChainUntrusted {
			v.rep.unknown(CheckVerdict, subject, reason.ChainUntrusted, "the signer's certificate leads to none of the anchors at hand")
			changed = true
			continue
		}
		if !changed || d.now.Outcome == reason.Failed {
			v.rep.fail(CheckVerdict, subject, d.now.Code, "%s was %s and now is %s: %s", d.name, withCode(d.was), withCode(d.now), d.now.Detail)
		}
		changed = true
	}
	if !changed {
		v.rep.pass(CheckVerdict, subject, "%s: %s, as recorded %s", verdict.Kind, outcomeWords(verdict), verdict.At.UTC().Format("2006-01-02T15:04:05Z"))
	}
}

func unique(words []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(words)))
}

func withCode(c reason.Check) string {
	if c.Code == "" {
		return c.Outcome.String()
	}
	return fmt.Sprintf("%s (%s)", c.Outcome, c.Code)
}

func outcomeWords(v gateway.Verdict) string {
	return withCode(reason.Check{Outcome: v.Outcome, Code: v.Code})
}

// anchors tells where chains ended and on whose word.
func (v *verifier) anchors() {
	var words []string
	for _, sha := range sortedKeys(v.ends) {
		a := Anchor{SHA256: sha, Name: v.ends[sha].Subject.CommonName, Pinned: pinned(v.ends[sha])}
		v.rep.Anchors = append(v.rep.Anchors, a)
		words = append(words, a.Name+" "+sha+pinWords(a.Pinned))
	}
	ends := strings.Join(words, "; ")
	switch {
	case len(words) == 0:
		v.rep.unknown(CheckTrust, "", reason.ChainUntrusted, "no chain reached an anchor")
	case v.rep.Trust == TrustGiven:
		v.rep.pass(CheckTrust, "", "chains end in given anchors: %s", ends)
	default:
		v.rep.unknown(CheckTrust, "", reason.ChainUntrusted, "as recorded: the container names its own anchors; give them by --trust, or compare: %s", ends)
	}
}

func pinWords(pinned string) string {
	if pinned == "" {
		return " (not a pinned national anchor)"
	}
	return " (pinned, " + pinned + ")"
}

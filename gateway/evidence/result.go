package evidence

import (
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// result demands that the result is the result of this very case, signed by whom the provider is.
func (v *verifier) result() {
	body, there := v.files[nameResult]
	if !there {
		if v.record.ResultSHA == "" {
			v.rep.skip(CheckResult, "", "the case has no result yet")
		}
		return
	}
	r := xmlsig.Verify(nil, body, xmlsig.Options{At: v.record.CollectedAt, Trust: v.trust, Candidates: v.candidates()})
	doc, err := xmltree.Parse(r.Covered, xmltree.Limits{})
	if err != nil {
		v.rep.fail(CheckResult, nameResult, reason.SignatureInvalid, "no signature covers it")
		return
	}
	outcome, err := gateway.ResultOutcome(doc.Root, gateway.Case{Number: v.record.Number, Service: v.record.Service, IIN: v.record.IIN, BIN: v.record.BIN})
	if err != nil || outcome != v.record.Outcome {
		v.rep.fail(CheckResult, nameResult, gateway.CodeResultMismatch, "it is not the result of this case")
		return
	}
	signer := r.Signers[len(r.Signers)-1].Certificate
	if want := v.record.ProviderBIN; want != "" && (signer == nil || signer.Subject.BIN != want) {
		v.rep.fail(CheckResult, nameResult, reason.BINMismatch, "its signer's BIN is not the provider's")
		return
	}
	v.rep.pass(CheckResult, nameResult, "%s, the result of case %s", outcome, v.record.Number)
}

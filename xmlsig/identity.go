package xmlsig

import "kopir/xmlsig/reason"

// CheckIdentity compares the numbers a document claims with the certificate. The rule: the
// first signer's certificate must carry them, because the applicant signs first and officials
// after; who else signed is not asked. An empty number is not checked; two empty numbers add
// no check. Each number adds one check. The comparison is exact.
func (r *Result) CheckIdentity(iin, bin string) {
	var haveIIN, haveBIN string
	if len(r.Signers) > 0 && r.Signers[0].Certificate != nil {
		subject := r.Signers[0].Certificate.Subject
		haveIIN, haveBIN = subject.IIN, subject.BIN
	}
	r.identity("IIN", iin, haveIIN, reason.IINMismatch)
	r.identity("BIN", bin, haveBIN, reason.BINMismatch)
}

func (r *Result) identity(name, want, have string, mismatch reason.Code) {
	const check = reason.CheckIdentity
	signer := min(1, len(r.Signers))
	switch {
	case want == "":
	case signer == 0:
		r.Checks = append(r.Checks, reason.Unknown(check, 0, "", "not reached"))
	case have == "":
		r.Checks = append(r.Checks, reason.Fail(check, signer, reason.IdentityMissing, "the first signer's certificate has no "+name))
	case have != want:
		r.Checks = append(r.Checks, reason.Fail(check, signer, mismatch, "the "+name+" is not the one in the first signer's certificate"))
	default:
		r.Checks = append(r.Checks, reason.Pass(check, signer, name))
	}
}

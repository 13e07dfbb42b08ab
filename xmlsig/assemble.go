package xmlsig

import "kopir/xmlsig/reason"

// laterChecks is how many checks of a signer callers usually add: revocation and identity.
const laterChecks = 2

// result puts the checks in order and decides whether octets may travel on.
func (v *verifier) result() Result {
	r := Result{Covered: v.dst[:v.base], CommentsSeen: v.doc.Comments, bareKey: v.opt.Key != nil}
	r.Checks = make([]reason.Check, 0, 1+(len(signerChecks)+laterChecks)*len(v.signers))
	if v.xml == nil {
		v.xml = ambiguous(v.doc, v.areas)
	}
	if v.xml != nil {
		r.Checks = append(r.Checks, reason.FromError(reason.CheckXML, 0, v.xml, reason.XMLForbidden))
	} else {
		r.Checks = append(r.Checks, reason.Pass(reason.CheckXML, 0, ""))
	}
	travels := v.xml == nil
	r.Signers = make([]Signer, 0, len(v.signers))
	for k := range signerChecks {
		for _, s := range v.signers {
			r.Checks = append(r.Checks, s.checks[k])
		}
	}
	for _, s := range v.signers {
		r.Signers = append(r.Signers, s.Signer)
		travels = travels && s.passed(reason.CheckSignature) && s.passed(reason.CheckDigest) &&
			s.passed(reason.CheckCoverage) && s.passed(reason.CheckAlgorithm)
	}
	if v.opt.Coverage {
		v.mapCoverage(&r)
	}
	if travels {
		r.Covered = v.dst
	}
	return r
}

// stopped is the result of a document that is no tree, or has no signature.
func (v *verifier) stopped(first ...reason.Check) Result {
	r := Result{Covered: v.dst[:v.base], Checks: first, bareKey: v.opt.Key != nil}
	for _, name := range signerChecks[len(first)-1:] {
		r.Checks = append(r.Checks, reason.Unknown(name, 0, "", "not reached"))
	}
	return r
}

// noSignature is the result when find found nothing, or too much.
func (v *verifier) noSignature(err error) Result {
	c := reason.FromError(reason.CheckSignature, 0, err, reason.SignatureMissing)
	r := Result{}
	if c.Code == reason.TooLarge {
		c.Name = reason.CheckXML
		r = v.stopped(c)
	} else {
		r = v.stopped(reason.Pass(reason.CheckXML, 0, ""), c)
	}
	r.CommentsSeen = v.doc.Comments
	return r
}

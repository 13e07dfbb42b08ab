package xmlsig

import (
	"crypto"
	"strings"
	"time"

	"kopir/xmlsig/reason"
)

// checkAlgorithms binds signature method, key and digests to one another. If anything about
// the algorithms is refused, nothing is computed with them: signature and digest stay open.
func (s *signerState) checkAlgorithms() {
	uri, _ := s.sig.method.Attr("", "Algorithm")
	defer func() {
		if s.failed(reason.CheckAlgorithm) {
			s.method = nil
		}
	}()
	method, err := findSignatureMethod(uri, s.v.opt.AllowSHA1)
	if err != nil {
		s.fail(err)
		return
	}
	s.method, s.Algorithm = method, method.name
	if len(s.sig.method.Children()) > 0 || !structural(s.sig.method) {
		s.fail(reason.New(reason.AlgorithmForbidden, "the signature algorithm has a parameter"))
		return
	}
	for _, f := range s.refs {
		if f.digest, err = findDigestMethod(f.digestURI, method, s.v.opt.AllowSHA1); err != nil {
			s.fail(err)
		}
	}
	canon := s.sig.signedInfo.Child("CanonicalizationMethod")
	if s.sig.c14n, err = readTransform(canon); err != nil {
		s.fail(err)
		return
	}
	key := s.key()
	if key == nil {
		return
	}
	if err := method.checkKey(key); err != nil {
		s.fail(err)
		return
	}
	if len(s.refs) == len(s.sig.refs) {
		s.pass(reason.CheckAlgorithm, method.name)
	}
}

func (s *signerState) key() crypto.PublicKey {
	switch {
	case s.v.opt.Key != nil:
		return s.v.opt.Key
	case s.Certificate != nil:
		return s.Certificate.PublicKey
	}
	return nil
}

// checkSignature verifies SignatureValue over the canonical SignedInfo.
func (s *signerState) checkSignature() {
	key := s.key()
	if s.method == nil || key == nil {
		return
	}
	v := s.v
	var err error
	if v.scratch, err = canonical(v.scratch[:0], v.doc, s.sig.signedInfo, s.sig.c14n, nil, &v.budget); err != nil {
		s.fail(err)
		return
	}
	h := s.method.new()
	h.Write(v.scratch)
	if !s.method.verify(s.method, key, h.Sum(nil), s.sig.value) {
		s.fail(reason.New(reason.SignatureInvalid, "the signature value does not fit SignedInfo and the signer's key"))
		return
	}
	s.pass(reason.CheckSignature, s.Algorithm)
}

// checkCoverage picks the reference that covers what the profile wants and names it.
func (s *signerState) checkCoverage() {
	v := s.v
	for _, f := range s.refs {
		covers := f.top(v.doc) == v.target.cover && (v.opt.Profile != ProfileWSS || f.apex != nil)
		if v.target.cover == nil {
			covers = !isXAdES(f.typ) && !s.sig.elem.Contains(f.apex) || f.top(v.doc) == v.doc.Root
		}
		if covers && (s.main == nil || f.top(v.doc) == v.doc.Root && s.main.top(v.doc) != v.doc.Root) {
			s.main = f
		}
	}
	if s.main == nil && v.target.cover == nil && len(s.refs) > 0 && !isXAdES(s.refs[0].typ) {
		s.main = s.refs[0] // enveloping: the object inside the signature
	}
	s.Covers = s.coverage()
	if s.main == nil {
		if len(s.refs) < len(s.sig.refs) {
			return // a reference that was not followed might have
		}
		s.fail(reason.Newf(reason.CoveragePartial, "the signature does not cover the whole %s", v.covered()))
		return
	}
	s.pass(reason.CheckCoverage, s.Covers)
}

func (v *verifier) covered() string {
	if v.target.cover == nil {
		return "of any element"
	}
	return v.target.name
}

// coverage names what the references cover: "document", "body", or "#id" each.
func (s *signerState) coverage() string {
	var names []string
	for _, f := range s.refs {
		switch top := f.top(s.v.doc); {
		case isXAdES(f.typ):
		case top == s.v.doc.Root:
			return "document"
		case s.v.opt.Profile == ProfileWSS && top == s.v.target.cover:
			return "body"
		default:
			names = append(names, shorten(f.uri))
		}
	}
	return strings.Join(names, " ")
}

// maxShown bounds an Id that is shown to people.
const maxShown = 100

func shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}

// checkDigests compares every reference with its digest. The octets of the first signer's
// main reference stay in dst.
func (s *signerState) checkDigests() {
	v, whole := s.v, len(s.refs) == len(s.sig.refs)
	if s.failed(reason.CheckAlgorithm) {
		return
	}
	for _, f := range s.refs {
		if f.digest == nil {
			whole = false
			continue
		}
		keep := s.Index == 1 && f == s.main
		into := v.scratch[:0]
		if keep {
			into = v.dst[:v.base]
		}
		out, err := f.octets(into, v.doc, &v.budget)
		if err != nil {
			s.fail(err)
			return
		}
		ok := f.matches(out[len(into):])
		if keep {
			v.dst = out
		} else {
			v.scratch = out
		}
		if !ok {
			s.fail(reason.New(reason.DigestMismatch, "the content is not what was signed: a digest differs"))
			return
		}
		if isXAdES(f.typ) {
			if err := s.checkSignedProperties(f); err != nil {
				s.fail(err)
				return
			}
		}
	}
	if whole {
		s.pass(reason.CheckDigest, "")
	}
}

// checkCertificate judges chain, period and purpose at Options.At.
func (s *signerState) checkCertificate() {
	if s.v.opt.Key != nil {
		for _, name := range []string{reason.CheckChain, reason.CheckValidity, reason.CheckPurpose} {
			s.set(reason.Skip(name, s.Index, "verified with a bare key"))
		}
		return
	}
	if s.Certificate == nil {
		return
	}
	validity := s.Certificate.CheckValidity(s.v.opt.At)
	chain, err := s.v.opt.Trust.Chain(s.Certificate, s.others, s.moment())
	if err != nil {
		s.set(reason.FromError(reason.CheckChain, s.Index, err, reason.ChainInvalid))
	} else {
		s.Chain = chain
		s.pass(reason.CheckChain, "")
	}
	if validity != nil {
		s.set(reason.FromError(reason.CheckValidity, s.Index, validity, reason.CertificateExpired))
	} else {
		s.pass(reason.CheckValidity, "")
	}
	s.checkPurpose()
}

// moment is when the chain is judged: now, but within the leaf's own period. A leaf outside
// it fails for that, and not because its CA was not yet or no longer there.
func (s *signerState) moment() time.Time {
	at := s.v.opt.At
	if at.Before(s.Certificate.NotBefore) {
		return s.Certificate.NotBefore
	}
	if at.After(s.Certificate.NotAfter) {
		return s.Certificate.NotAfter
	}
	return at
}

func (s *signerState) checkPurpose() {
	purpose := s.v.opt.Purpose
	if purpose == nil {
		if s.Chain == nil {
			return // the anchor would tell
		}
		of := s.v.opt.Trust.PurposeOf(s.Chain.Anchor())
		purpose = &of
	}
	if err := s.Certificate.CheckPurpose(*purpose); err != nil {
		s.set(reason.FromError(reason.CheckPurpose, s.Index, err, reason.PurposeWrong))
		return
	}
	s.pass(reason.CheckPurpose, purpose.String())
}

// result puts the checks in order and decides whether octets may travel on.
func (v *verifier) result() Result {
	r := Result{Covered: v.dst[:v.base], CommentsSeen: v.doc.Comments, bareKey: v.opt.Key != nil}
	if v.xml == nil {
		v.xml = ambiguous(v.doc, v.areas)
	}
	if v.xml != nil {
		r.Checks = append(r.Checks, reason.FromError(reason.CheckXML, 0, v.xml, reason.XMLForbidden))
	} else {
		r.Checks = append(r.Checks, reason.Pass(reason.CheckXML, 0, ""))
	}
	travels := v.xml == nil
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

package xmlsig

import (
	"time"

	"kopir/xmlsig/reason"
)

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
		of := s.v.opt.Trust.PurposeFor(s.Chain)
		purpose = &of
	}
	s.Purpose = *purpose
	if err := s.Certificate.CheckPurpose(*purpose); err != nil {
		s.set(reason.FromError(reason.CheckPurpose, s.Index, err, reason.PurposeWrong))
		return
	}
	s.pass(reason.CheckPurpose, purpose.String())
}

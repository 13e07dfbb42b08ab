package xmlsig

import (
	"crypto"
	"slices"

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

// verifyingKey is key in the form that verifies fastest.
func (s *signerState) verifyingKey() crypto.PublicKey {
	if s.v.opt.Key == nil && s.Certificate != nil {
		return s.Certificate.VerifyingKey()
	}
	return s.v.opt.Key
}

// checkSignature verifies SignatureValue over the canonical SignedInfo.
func (s *signerState) checkSignature() {
	key := s.verifyingKey()
	if s.method == nil || key == nil {
		return
	}
	v := s.v
	var err error
	if v.spare, err = v.canonical(v.spare[:0], s.sig.signedInfo, s.sig.c14n, nil); err != nil {
		s.fail(err)
		return
	}
	if !s.method.verify(s.method, key, v.digestOf(s.method.new(), v.spare), s.sig.value) {
		s.fail(reason.New(reason.SignatureInvalid, "the signature value does not fit SignedInfo and the signer's key"))
		return
	}
	s.pass(reason.CheckSignature, s.Algorithm)
}

// checkDigests compares every reference with its digest. The octets of the first signer's
// main reference stay in dst.
func (s *signerState) checkDigests() {
	v, whole := s.v, len(s.refs) == len(s.sig.refs)
	if s.failed(reason.CheckAlgorithm) {
		return
	}
	for _, f := range s.refs {
		if f.digest == nil || s.failed(reason.CheckSignature) && (f != s.main || v.opt.Profile == ProfileWSS) {
			whole = false // nobody vouches for SignedInfo: one digest tells people enough, and a gateway needs none
			continue
		}
		keep := s.Index == 1 && f == s.main
		into := v.spare[:0]
		if keep {
			into = slices.Grow(v.dst[:v.base], v.doc.Size())
		}
		out, err := v.canonical(into, f.apex, f.form, f.without)
		if err != nil {
			s.fail(err)
			return
		}
		if keep {
			v.dst = out
		} else {
			v.spare = out
		}
		f.octets = len(out) - len(into)
		if !f.matches(v.digestOf(f.digest.new(), out[len(into):])) {
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

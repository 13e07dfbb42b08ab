package revocation

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
)

// Status verifies the answer and tells what it says about the certificate at
// the moment. A nonce that was sent must have come back; nil asks for none.
func (r *OCSPResponse) Status(cert, issuer *pki.Certificate, at time.Time, nonce []byte) Status {
	return r.status(question{cert, issuer, at, defaultSkew, DefaultFreshness}, nonce, nil)
}

// status is Status with everything that can be set; lists may know that the
// responder itself was revoked.
func (r *OCSPResponse) status(q question, nonce []byte, lists []*CRL) Status {
	single, why := r.verify(q, nonce, lists)
	if why != "" {
		return unknown("ocsp: " + why)
	}
	return r.tell(single)
}

// verify gives what the answer says about the certificate, or why it cannot be
// believed.
func (r *OCSPResponse) verify(q question, nonce []byte, lists []*CRL) (OCSPSingle, string) {
	single, why := r.find(q)
	if why != "" {
		return single, why
	}
	if nonce != nil && !r.echoes(nonce) {
		return single, "the nonce did not come back"
	}
	return single, r.authorised(q, lists)
}

// tell says what a single answer of a verified response means.
func (r *OCSPResponse) tell(single OCSPSingle) Status {
	s := Status{
		State: single.State, Source: SourceOCSP, RevokedAt: single.RevokedAt, Reason: single.Reason,
		ThisUpdate: single.ThisUpdate, NextUpdate: single.NextUpdate,
		EvidenceSHA256: fingerprint(r.SHA256), Evidence: r.Raw,
	}
	switch {
	case single.neverIssued():
		return unknown("ocsp: the responder does not know the certificate")
	case single.State == Unknown:
		return unknown("ocsp: the responder answers unknown")
	case single.State == Good:
		s.Detail = "good by the answer of " + day(single.ThisUpdate)
	case single.Reason == reasonRemove:
		return unknown("ocsp: removeFromCRL in an answer")
	default:
		s.Detail = s.State.words() + " since " + day(single.RevokedAt)
	}
	return s
}

// neverIssued is "revoked, certificateHold, 1970-01-01": what a responder says
// of certificates it knows nothing of (RFC 6960 §2.2).
func (s OCSPSingle) neverIssued() bool {
	return s.State == OnHold && s.RevokedAt.Unix() == 0
}

// gravity orders single answers that contradict each other: whatever is not
// plainly good outweighs good, proof of revocation everything.
func (s OCSPSingle) gravity() int {
	switch {
	case s.State == Good:
		return 0
	case s.State == Unknown || s.neverIssued() || s.Reason == reasonRemove:
		return 1
	case s.State == OnHold:
		return 2
	}
	return 3
}

// find looks for the single answer about the certificate that counts at the
// moment; the gravest of several.
func (r *OCSPResponse) find(q question) (best OCSPSingle, why string) {
	why = "about another certificate"
	if r.unknownCritical != "" {
		return best, "a critical extension that is not understood: " + r.unknownCritical
	}
	if r.ProducedAt.After(q.at.Add(q.skew)) {
		return best, "not made before " + day(r.ProducedAt)
	}
	found := false
	for _, s := range r.Singles {
		if s.Serial.Cmp(q.cert.Serial) != 0 || !s.id.of(q.issuer) {
			continue
		}
		if refusal := s.refuses(q); refusal != "" {
			why = refusal
			continue
		}
		if !found || s.gravity() > best.gravity() {
			best, found = s, true
		}
	}
	if found {
		return best, ""
	}
	return best, why
}

func (s OCSPSingle) refuses(q question) string {
	if s.unknownCritical != "" {
		return "a critical extension that is not understood: " + s.unknownCritical
	}
	return judgeTimes(s.ThisUpdate, s.until(q.freshness), q.at, q.skew)
}

// until is the end of the answer's time: nextUpdate, or the freshness of
// answers that have none.
func (s OCSPSingle) until(freshness time.Duration) time.Time {
	if s.NextUpdate.IsZero() {
		return s.ThisUpdate.Add(freshness)
	}
	return s.NextUpdate
}

// echoes: the extension holds the nonce as OCTET STRING (RFC 8954 §2.1); old
// responders return the bare octets.
func (r *OCSPResponse) echoes(nonce []byte) bool {
	s := cryptobyte.String(r.Nonce)
	var inner cryptobyte.String
	if s.ReadASN1(&inner, asn1.OCTET_STRING) && s.Empty() && bytes.Equal(inner, nonce) {
		return true
	}
	return bytes.Equal(r.Nonce, nonce)
}

// authorised says why the answer was not signed by somebody who may, or "":
// the authority itself, or a responder that the same authority issued a
// certificate for OCSP signing to (RFC 6960 §4.2.2.2).
func (r *OCSPResponse) authorised(q question, lists []*CRL) string {
	why := "the responder's certificate is missing"
	for _, c := range append([]*pki.Certificate{q.issuer}, r.Certificates...) {
		if !r.names(c) {
			continue
		}
		if c.SHA256 != q.issuer.SHA256 {
			if refusal := delegated(c, q, lists); refusal != "" {
				why = "responder not authorised: " + refusal
				continue
			}
		}
		if pki.VerifyAlgorithm(c.VerifyingKey(), r.algorithm, r.rawTBS, r.signature) == nil {
			return ""
		}
		why = "the signature is wrong"
	}
	return why
}

// names reports whether the answer calls the certificate's owner its responder.
func (r *OCSPResponse) names(c *pki.Certificate) bool {
	if r.ResponderName != nil {
		return bytes.Equal(r.ResponderName, c.RawSubject)
	}
	sum := sha1.Sum(c.RawPublicKeyBits)
	return bytes.Equal(r.ResponderKey, sum[:])
}

// delegated says why the certificate does not make its owner a responder of the
// issuer, or "". A responder without id-pkix-ocsp-nocheck is taken unless a
// list at hand revokes it (§4.2.2.2.1 leaves that to local policy).
func delegated(c *pki.Certificate, q question, lists []*CRL) string {
	const signs = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	switch {
	case !bytes.Equal(c.RawIssuer, q.issuer.RawSubject):
		return "of another authority"
	case !c.HasEKU(pki.EKUOCSPSigning):
		return "not for OCSP signing"
	case c.HasKeyUsage && c.KeyUsage&signs == 0:
		return "its key may not sign"
	case len(c.UnknownCritical) > 0:
		return "a critical extension that is not understood"
	case c.CheckValidity(q.at) != nil:
		return "not valid at the time"
	case c.VerifyBy(q.issuer) != nil:
		return "not issued by the same authority"
	}
	q.cert = c
	if s, _ := crlStatus(lists, q); s.State == Revoked || s.State == OnHold {
		return "revoked"
	}
	return ""
}

package revocation

import (
	"crypto/x509"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
)

// Fault says in one word why an answer or a list is of no use, for people who
// look for the cause. The list is closed.
type Fault string

// Faults, the one that explains most first.
const (
	FaultNone             Fault = ""
	FaultUnreadable       Fault = "unreadable"        // not an answer, or not a list
	FaultRefusal          Fault = "refusal"           // an unsigned OCSP error (RFC 6960 §4.2.1)
	FaultClock            Fault = "clock"             // the clocks contradict each other
	FaultSigner           Fault = "signer"            // the signer's certificate is missing
	FaultSignature        Fault = "signature"         // the signature is wrong
	FaultForeign          Fault = "foreign"           // of another authority
	FaultPurpose          Fault = "purpose"           // the signer may not sign this
	FaultExpiredSigner    Fault = "expired_signer"    // the responder's certificate does not hold at the moment
	FaultOtherCertificate Fault = "other_certificate" // the CertID is not the one that was asked about
	FaultFuture           Fault = "future"
	FaultStale            Fault = "stale"
	FaultNonceMissing     Fault = "nonce_missing"
	FaultNonceWrong       Fault = "nonce_wrong"
	FaultOther            Fault = "other" // such as a critical extension that is not understood
)

// Diagnosis is an OCSP answer as somebody sees it who looks for what is wrong.
type Diagnosis struct {
	Fault   Fault
	Refusal string        // the word of an OCSP error
	Off     time.Duration // with FaultClock: how far the asker's clock is ahead
	Answer  *OCSPResponse // nil if it does not parse
	Status  Status        // what it says; Unknown with a fault
}

// Diagnose looks at an answer to a question about the certificate. Without a
// fault the answer is one that [Online] takes.
func Diagnose(raw []byte, cert, issuer *pki.Certificate, at time.Time, nonce []byte) (d Diagnosis) {
	if d.Refusal = refusalOf(raw); d.Refusal != "" {
		d.Fault = FaultRefusal
		return d
	}
	r, err := ParseOCSP(raw)
	if err != nil {
		d.Fault = FaultUnreadable
		return d
	}
	q := question{cert, issuer, at, defaultSkew, DefaultFreshness}
	d.Answer = r
	if d.Off = r.contradicts(q, nonce, nil); d.Off != 0 {
		d.Fault = FaultClock
		return d
	}
	if d.Fault = r.fault(q, nonce); d.Fault == FaultNone {
		d.Status = r.status(q, nonce, nil)
	}
	return d
}

// refusalOf gives the word of an answer that is only a status, else "".
func refusalOf(raw []byte) string {
	in := cryptobyte.String(raw)
	var outer cryptobyte.String
	var status int
	if !in.ReadASN1(&outer, asn1.SEQUENCE) || !outer.ReadASN1Enum(&status) || status == 0 {
		return ""
	}
	return responseStatus[status]
}

func (r *OCSPResponse) fault(q question, nonce []byte) Fault {
	if f := r.signerFault(q); f != FaultNone {
		return f
	}
	if f := r.aboutFault(q); f != FaultNone {
		return f
	}
	switch {
	case nonce != nil && r.Nonce == nil:
		return FaultNonceMissing
	case nonce != nil && !r.echoes(nonce):
		return FaultNonceWrong
	}
	if _, why := r.verify(q, nonce, nil); why != "" {
		return FaultOther
	}
	return FaultNone
}

// signerFault goes the way of authorised: of several certificates that bear the
// responder's name the one that comes furthest counts.
func (r *OCSPResponse) signerFault(q question) Fault {
	worst := FaultSigner
	for _, c := range append([]*pki.Certificate{q.issuer}, r.Certificates...) {
		if !r.names(c) {
			continue
		}
		switch f := r.signedBy(c, q); {
		case f == FaultNone:
			return FaultNone
		case worst == FaultSigner || worst == FaultSignature:
			worst = f
		}
	}
	return worst
}

func (r *OCSPResponse) signedBy(c *pki.Certificate, q question) Fault {
	switch {
	case pki.VerifyAlgorithm(c.VerifyingKey(), r.algorithm, r.rawTBS, r.signature) != nil:
		return FaultSignature
	case c.SHA256 == q.issuer.SHA256:
		return FaultNone
	case c.VerifyBy(q.issuer) != nil:
		return FaultForeign
	case !c.HasEKU(pki.EKUOCSPSigning):
		return FaultPurpose
	case c.CheckValidity(q.at) != nil:
		return FaultExpiredSigner
	case delegated(c, q, nil) != "":
		return FaultOther
	}
	return FaultNone
}

func (r *OCSPResponse) aboutFault(q question) Fault {
	fault := FaultOtherCertificate
	for _, s := range r.Singles {
		switch {
		case s.Serial.Cmp(q.cert.Serial) != 0 || !s.id.of(q.issuer):
		case s.ThisUpdate.After(q.at.Add(q.skew)):
			fault = FaultFuture
		case q.at.Add(-q.skew).After(s.until(q.freshness)):
			fault = FaultStale
		default:
			return FaultNone
		}
	}
	return fault
}

// Diagnose says why the list is of no use for certificates of the issuer at the
// moment.
func (c *CRL) Diagnose(issuer *pki.Certificate, at time.Time) Fault {
	switch {
	case !c.ofIssuer(issuer):
		return FaultForeign
	case c.unsigned(issuer) != "":
		return FaultSignature
	case issuer.HasKeyUsage && issuer.KeyUsage&x509.KeyUsageCRLSign == 0:
		return FaultPurpose
	case c.ThisUpdate.After(at.Add(defaultSkew)):
		return FaultFuture
	case at.Add(-defaultSkew).After(c.NextUpdate):
		return FaultStale
	case c.unusable != "" || c.NextUpdate.Before(c.ThisUpdate):
		return FaultOther
	}
	return FaultNone
}

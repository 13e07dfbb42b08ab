package envelope

import (
	"fmt"
	"io"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Pin is one certificate the other side is known by. With the certificate itself, messages
// that name their signer only by issuer and serial number can be verified too.
type Pin struct {
	SHA256      [32]byte
	Certificate *pki.Certificate
}

// PinCertificate pins a certificate at hand.
func PinCertificate(c *pki.Certificate) Pin { return Pin{SHA256: c.SHA256, Certificate: c} }

// Pins is the set of certificates that may sign a message's transport. It is a set, because the
// gateway's operator changes its certificate every year and both are good for a while.
type Pins struct {
	known      map[[32]byte]bool
	candidates []*pki.Certificate
	limits     xmltree.Limits
}

// NewPins makes the set.
func NewPins(pins ...Pin) *Pins {
	p := &Pins{known: map[[32]byte]bool{}}
	for _, pin := range pins {
		p.known[pin.SHA256] = true
		if pin.Certificate != nil {
			p.candidates = append(p.candidates, pin.Certificate)
		}
	}
	return p
}

// Signed is a message whose transport signature holds.
type Signed struct {
	Body        []byte // the octets that were digested; only these may be read
	Certificate *pki.Certificate
	Chain       pki.Chain // to the anchor; nil: the certificate is pinned
	Algorithm   string
	Checks      []reason.Check // what was found, by the names of xmlsig
}

// Refusals that need no arithmetic.
var (
	errNoPins = reason.New(reason.TransportSignatureInvalid,
		"this gateway trusts no sender yet: no certificate of a sender is configured")
	errUnsigned   = reason.New(reason.TransportSignatureMissing, "the SOAP header holds no WS-Security signature of the Body")
	errTwoHeaders = reason.New(reason.TransportSignatureInvalid, "the SOAP header holds more than one wsse:Security")
	errStranger   = reason.New(reason.TransportSignatureInvalid,
		"the message is not signed with one of the certificates this gateway trusts for messages")
)

// Ready refuses every message while no certificate is pinned, so that none has to be read.
func (p *Pins) Ready() error {
	if len(p.known) == 0 {
		return errNoPins
	}
	return nil
}

// Verify checks the WS-Security signature of an envelope at a moment: that it names a pinned certificate,
// the mathematics, that it covers the whole Body, that the certificate is valid then. The pin is the
// trust; no chain is built. Errors: transport_signature_missing, transport_signature_invalid, or the
// reason the envelope itself is refused for.
func (p *Pins) Verify(doc []byte, at time.Time) (Signed, error) {
	if err := p.Ready(); err != nil {
		return Signed{}, err
	}
	tree, err := xmltree.Parse(doc, p.limits)
	if err != nil {
		return Signed{}, err
	}
	return p.verify(doc, tree, at)
}

// VerifyMessage is Verify for an envelope that [Read] has parsed already.
func (p *Pins) VerifyMessage(m *Message, at time.Time) (Signed, error) {
	if err := p.Ready(); err != nil {
		return Signed{}, err
	}
	if m.tree == nil { // a Body alone: its header is gone
		return Signed{}, errUnsigned
	}
	return p.verify(m.raw, m.tree, at)
}

// verify asks who has signed before it computes anything (DESIGN §3 rule 9).
func (p *Pins) verify(doc []byte, tree *xmltree.Document, at time.Time) (Signed, error) {
	if err := p.pinned(tree); err != nil {
		return Signed{}, err
	}
	result := xmlsig.Verify(nil, doc, xmlsig.Options{Profile: xmlsig.ProfileWSS, At: at, Candidates: p.candidates, Limits: p.limits})
	if err := mathematics(result); err != nil {
		return Signed{}, err
	}
	for _, s := range result.Signers {
		if s.Certificate == nil || !p.known[s.Certificate.SHA256] {
			return Signed{}, errStranger
		}
		if err := s.Certificate.CheckValidity(at); err != nil {
			return Signed{}, notCurrent(err)
		}
	}
	first := result.Signers[0]
	return Signed{Body: result.Covered, Certificate: first.Certificate, Algorithm: first.Algorithm, Checks: p.found(result)}, nil
}

// notCurrent is what SHEP tells from a wrong signature: SCE005.
func notCurrent(err error) error {
	return reason.Wrap(reason.TransportSignatureNotCurrent, "the certificate the message is signed with has expired or is not valid yet", err)
}

// found are the checks that were made. The pin stands for what chain, purpose and status would tell.
func (p *Pins) found(result xmlsig.Result) (checks []reason.Check) {
	for _, c := range result.Checks {
		switch c.Name {
		case reason.CheckXML, reason.CheckSignature, reason.CheckDigest, reason.CheckCoverage, reason.CheckAlgorithm:
			checks = append(checks, c)
		}
	}
	const pinned = "the certificate is pinned"
	return append(checks, reason.Skip(reason.CheckChain, 0, pinned), reason.Pass(reason.CheckValidity, 0, ""),
		reason.Skip(reason.CheckPurpose, 0, pinned), reason.Skip(reason.CheckRevocation, 0, pinned))
}

// mathematics turns failed checks into the transport's own two codes.
func mathematics(result xmlsig.Result) error {
	for _, c := range result.Checks {
		switch c.Name {
		case reason.CheckXML, reason.CheckSignature, reason.CheckDigest, reason.CheckCoverage, reason.CheckAlgorithm:
		default: // chain, validity at the anchor's terms, purpose: the pin stands for them
			continue
		}
		switch {
		case c.Outcome == reason.Passed || c.Outcome == reason.NotApplicable:
		case c.Code == reason.SignatureMissing:
			return errUnsigned
		case c.Name == reason.CheckXML && c.Code != "":
			return reason.New(c.Code, c.Detail)
		default:
			return reason.Newf(reason.TransportSignatureInvalid, "the signature of the message does not hold: %s (%s)", c.Detail, c.Code)
		}
	}
	if len(result.Covered) == 0 || len(result.Signers) == 0 {
		return reason.New(reason.TransportSignatureInvalid, "the signature of the message covers nothing")
	}
	return nil
}

// Signer puts a transport signature into an envelope: a key of ours, or a service that holds it.
type Signer func(envelope []byte) ([]byte, error)

// KeySigner signs the Body with key (gateway-protocol.md §3.1).
func KeySigner(key xmlsig.Key, rand io.Reader) Signer {
	return func(envelope []byte) ([]byte, error) {
		id, err := NewUUID(rand)
		if err != nil {
			return nil, err
		}
		signed, err := xmlsig.SignWSS(envelope, key, xmlsig.WSSOptions{BodyID: "id-" + id, Rand: rand})
		if err != nil {
			return nil, fmt.Errorf("transport signature: %w", err)
		}
		return signed, nil
	}
}

// Seal writes a message and signs it; sign may be nil.
func Seal(body any, sign Signer) ([]byte, error) {
	doc, err := Write(body)
	if err != nil || sign == nil {
		return doc, err
	}
	return sign(doc)
}

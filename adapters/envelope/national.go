package envelope

import (
	"slices"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// National lets in every valid certificate of the national authorities that was issued to one of some
// organisations, known by their BIN: the originator's own, or next year's of the gateway's operator.
// Whether a certificate was revoked is not asked here; [Signed.Chain] is there for who does.
type National struct {
	trust      *pki.Store
	bins       []string
	candidates []*pki.Certificate
	limits     xmltree.Limits
}

// NewNational makes the check. Candidates are certificates of senders that name themselves only by issuer
// and serial number, as the gateway's answers do (gateway-protocol.md §3.1); they are not trusted for it.
func NewNational(trust *pki.Store, bins []string, candidates ...*pki.Certificate) *National {
	return &National{trust: trust, bins: bins, candidates: candidates}
}

// Refusals of a sender who is not who he should be.
var (
	errOtherOrganisation = reason.New(reason.TransportSignatureInvalid,
		"the message is not signed with a certificate of an organisation this service lets in")
	errNotAnOrganisation = reason.New(reason.TransportSignatureInvalid,
		"the message is signed with a person's certificate; a system signs with its organisation's")
	errTwoSignatures = reason.New(reason.TransportSignatureInvalid, "the SOAP header holds more than one signature")
)

// VerifyMessage checks the WS-Security signature of an envelope at a moment: one signature, by a certificate
// of a configured organisation, over the whole Body, with a chain to an anchor, within its period and for
// signing in an organisation's name. Errors: transport_signature_missing, _invalid, _not_current.
func (n *National) VerifyMessage(m *Message, at time.Time) (Signed, error) {
	if m.tree == nil { // a Body alone: its header is gone
		return Signed{}, errUnsigned
	}
	if err := n.named(m.tree); err != nil {
		return Signed{}, err
	}
	national := pki.PurposeNational
	result := xmlsig.Verify(nil, m.raw, xmlsig.Options{Profile: xmlsig.ProfileWSS, At: at, Trust: n.trust, Purpose: &national,
		Candidates: n.candidates, Limits: n.limits})
	if err := mathematics(result); err != nil {
		return Signed{}, err
	}
	signer := result.Signers[0]
	if err := n.organisation(signer.Certificate); err != nil {
		return Signed{}, err
	}
	if err := certificate(result); err != nil {
		return Signed{}, err
	}
	checks := append(result.Checks, reason.Pass(reason.CheckIdentity, 0, "BIN"))
	return Signed{Body: result.Covered, Certificate: signer.Certificate, Chain: signer.Chain, Algorithm: signer.Algorithm, Checks: checks}, nil
}

// named refuses whoever does not even name a certificate of the right organisation, before anything is
// computed (DESIGN §3 rule 9).
func (n *National) named(tree *xmltree.Document) error {
	signatures, headers := transportSignatures(tree.Root)
	switch {
	case headers > 1:
		return errTwoHeaders
	case len(signatures) == 0:
		return errUnsigned
	case len(signatures) > 1:
		return errTwoSignatures
	}
	der, c := named(tree, signatures[0], n.candidates)
	if c == nil {
		var err error
		if c, err = n.trust.Parse(der); err != nil {
			return errOtherOrganisation
		}
	}
	return n.organisation(c)
}

// organisation demands a certificate of one of the organisations, for its systems or its people's signatures
// in its name.
func (n *National) organisation(c *pki.Certificate) error {
	switch {
	case c == nil || c.Subject.BIN == "" || !slices.Contains(n.bins, c.Subject.BIN):
		return errOtherOrganisation
	case c.HasRole(pki.RoleIndividual) || !slices.ContainsFunc(c.Roles(), ofOrganisation):
		return errNotAnOrganisation
	}
	return nil
}

// ofOrganisation says whether a role is one in an organisation (gateway-protocol.md §3.6).
func ofOrganisation(role string) bool {
	switch role {
	case pki.RoleLegalEntity, pki.RoleHead, pki.RoleSignRight, pki.RoleFinancialSignRight, pki.RoleHR, pki.RoleEmployee, pki.RoleInformationSystem:
		return true
	}
	return false
}

// certificate turns what is wrong with chain, period and purpose into the transport's codes.
func certificate(result xmlsig.Result) error {
	for _, c := range result.Checks {
		switch {
		case c.Outcome == reason.Passed || c.Outcome == reason.NotApplicable:
		case c.Name == reason.CheckValidity:
			return notCurrent(reason.New(c.Code, c.Detail))
		default:
			return reason.Newf(reason.TransportSignatureInvalid, "the certificate the message is signed with does not hold: %s (%s)", c.Detail, c.Code)
		}
	}
	return nil
}

package pki

import (
	"crypto/x509"
	"slices"
	"strings"

	"kopir/xmlsig/reason"
)

// Roles a certificate can have, as [Certificate.Roles] names them.
const (
	RoleIndividual         = "individual"
	RoleLegalEntity        = "legal_entity"
	RoleHead               = "head"
	RoleSignRight          = "sign_right"
	RoleFinancialSignRight = "financial_sign_right"
	RoleHR                 = "hr"
	RoleEmployee           = "employee"
	RoleInformationSystem  = "information_system"
	RoleTreasuryClient     = "treasury_client"
	RoleCA                 = "ca"
	RoleOCSP               = "ocsp"
	RoleTSA                = "tsa"
	RoleAuthentication     = "authentication"
)

// Extended key usages (RFC 5280 §4.2.1.12; registry root.gov.kz/oid).
const (
	ekuClientAuth      = "1.3.6.1.5.5.7.3.2"
	ekuEmailProtection = "1.3.6.1.5.5.7.3.4" // the national CA's mark of a signing certificate
	ekuTimeStamping    = "1.3.6.1.5.5.7.3.8"
	EKUOCSPSigning     = "1.3.6.1.5.5.7.3.9"

	ekuUserKind       = "1.2.398.3.3.4.1." // prefix of all kinds of users
	ekuLegalSystem    = "1.2.398.3.3.4.1.2.6"
	ekuTreasuryClient = "1.2.398.5.19.1.2.2.1"
)

var ekuRoles = map[string]string{
	"1.2.398.3.3.4.1.1":   RoleIndividual,
	"1.2.398.3.3.4.1.1.1": RoleInformationSystem,
	"1.2.398.3.3.4.1.2":   RoleLegalEntity,
	"1.2.398.3.3.4.1.2.1": RoleHead,
	"1.2.398.3.3.4.1.2.2": RoleSignRight,
	"1.2.398.3.3.4.1.2.3": RoleFinancialSignRight,
	"1.2.398.3.3.4.1.2.4": RoleHR,
	"1.2.398.3.3.4.1.2.5": RoleEmployee,
	ekuLegalSystem:        RoleInformationSystem,
	ekuTreasuryClient:     RoleTreasuryClient,
	ekuTimeStamping:       RoleTSA,
	EKUOCSPSigning:        RoleOCSP,
}

// keyStores are the values of the private extension 1.2.398.3.3.5.
var keyStores = map[string]string{
	"1.2.398.3.3.5.1.1": "pkcs12",
	"1.2.398.3.3.5.1.2": "jks",
	"1.2.398.3.3.5.2.1": "id_card",
	"1.2.398.3.3.5.2.2": "kaztoken",
	"1.2.398.3.3.5.2.3": "etoken",
	"1.2.398.3.3.5.2.4": "etoken",
	"1.2.398.3.3.5.2.5": "jacarta",
	"1.2.398.3.3.5.2.6": "akey",
	"1.2.398.3.3.5.2.7": "sim",
	"1.2.398.3.3.5.3.1": "certex_cloud",
}

// Roles lists what the certificate says its owner is, in the order of the
// certificate, each once; "ca" comes first and "authentication" last.
func (c *Certificate) Roles() []string {
	var roles []string
	if c.IsCA {
		roles = append(roles, RoleCA)
	}
	for _, oid := range c.EKU {
		role := ekuRoles[oid]
		if role == "" && strings.HasPrefix(oid, ekuLegalSystem+".") {
			role = RoleInformationSystem // one of the concrete systems
		}
		if role != "" {
			roles = appendNew(roles, role)
		}
	}
	if c.forAuthentication() {
		roles = append(roles, RoleAuthentication)
	}
	return roles
}

// HasRole reports whether Roles holds the role.
func (c *Certificate) HasRole(role string) bool { return slices.Contains(c.Roles(), role) }

// HasEKU reports whether the certificate names the extended key usage.
func (c *Certificate) HasEKU(oid string) bool { return slices.Contains(c.EKU, oid) }

// forAuthentication: clientAuth is the national mark of a certificate for
// logging in (facts/national-pki.md §1.3, §1.4), unless it is one for signing as well.
func (c *Certificate) forAuthentication() bool {
	return c.HasEKU(ekuClientAuth) && !(c.HasEKU(ekuEmailProtection) && c.signsContent())
}

// signsContent: nonRepudiation (X.509 calls it contentCommitment) is set.
func (c *Certificate) signsContent() bool {
	return c.HasKeyUsage && c.KeyUsage&x509.KeyUsageContentCommitment != 0
}

// Purpose is a profile of what a signer's certificate must be.
type Purpose uint8

// Purposes. National is what the national CA issues for signing documents;
// Generic takes any certificate whose key usage allows signatures.
const (
	PurposeNational Purpose = iota
	PurposeGeneric
)

func (p Purpose) String() string {
	if p == PurposeGeneric {
		return "generic"
	}
	return "national"
}

// CheckPurpose checks that the certificate may sign a document (DESIGN §6):
// purpose_wrong, or certificate_malformed when a national subject holds two
// different IINs or BINs.
func (c *Certificate) CheckPurpose(p Purpose) error {
	if p == PurposeGeneric {
		return c.checkGeneric()
	}
	return c.checkNational()
}

func (c *Certificate) checkGeneric() error {
	const signs = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if c.HasKeyUsage && c.KeyUsage&signs == 0 {
		return wrongPurpose("key usage has neither digitalSignature nor nonRepudiation")
	}
	return nil
}

func (c *Certificate) checkNational() error {
	switch {
	case c.IsCA:
		return wrongPurpose("a certification authority's certificate")
	case c.HasEKU(EKUOCSPSigning):
		return wrongPurpose("an OCSP responder's certificate")
	case c.HasEKU(ekuTimeStamping):
		return wrongPurpose("a time-stamping authority's certificate")
	case c.forAuthentication():
		return wrongPurpose("a certificate for authentication, not for signing")
	case !c.signsContent():
		return wrongPurpose("key usage has no nonRepudiation")
	case !slices.ContainsFunc(c.EKU, isUserKind):
		return wrongPurpose("no extended key usage 1.2.398.3.3.4.1.* names a kind of user")
	case c.Subject.Ambiguous != "":
		return malformed(c.Subject.Ambiguous)
	}
	return nil
}

func isUserKind(oid string) bool {
	return strings.HasPrefix(oid, ekuUserKind) || oid == ekuTreasuryClient
}

func wrongPurpose(why string) error { return reason.New(reason.PurposeWrong, why) }

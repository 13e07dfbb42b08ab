package pki

import (
	"crypto/x509"
	"slices"
	"strings"
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
	RoleCivilServant       = "civil_servant" // of the state bodies' authority
	RoleArchivist          = "archivist"     // of the state bodies' authority
	RoleCAStaff            = "ca_staff"      // administrator, manager or operator of the national CA
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

// ekuRoles are the users of the national CA (1.2.398.3.3.4), of BTS Digital (1.2.398.3.17.3, in the same order)
// and of the state bodies' authority (1.2.398.3.2.3).
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
	"1.2.398.3.3.4.2":     RoleCAStaff,
	"1.2.398.3.3.4.2.1":   RoleCAStaff,
	"1.2.398.3.3.4.2.2":   RoleCAStaff,
	"1.2.398.3.3.4.2.3":   RoleCAStaff,
	"1.2.398.3.17.3.1":    RoleIndividual,
	"1.2.398.3.17.3.2":    RoleLegalEntity,
	"1.2.398.3.17.3.3":    RoleHead,
	"1.2.398.3.17.3.4":    RoleSignRight,
	"1.2.398.3.17.3.5":    RoleFinancialSignRight,
	"1.2.398.3.17.3.6":    RoleHR,
	"1.2.398.3.17.3.7":    RoleEmployee,
	"1.2.398.3.2.3.1":     RoleArchivist,
	"1.2.398.3.2.3.2":     RoleArchivist,
	"1.2.398.3.2.3.3":     RoleArchivist,
	"1.2.398.3.2.3.4":     RoleCivilServant,
	ekuTimeStamping:       RoleTSA,
	EKUOCSPSigning:        RoleOCSP,
}

// identifications say how the authority made sure who the owner is.
var identifications = map[string]string{
	"1.2.398.3.3.4.3.1":   "service_centre",
	"1.2.398.3.3.4.3.2":   "remote",
	"1.2.398.3.3.4.3.2.1": "digital_id",
	"1.2.398.3.3.4.3.2.2": "ai_platform",
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

// Identification says how the owner was identified, if the certificate tells: "service_centre", "remote",
// "digital_id", "ai_platform". Of several the most particular counts.
func (c *Certificate) Identification() string {
	best := ""
	for _, oid := range c.EKU {
		if identifications[oid] != "" && len(oid) > len(best) {
			best = oid
		}
	}
	return identifications[best]
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

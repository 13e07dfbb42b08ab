package pki

import (
	"crypto/x509"
	"slices"
	"strings"

	"kopir/xmlsig/reason"
)

// Purpose is a profile of what a signer's certificate must be.
type Purpose uint8

// Purposes. National is what the national CA issues for signing documents;
// Generic takes any certificate whose key usage allows signatures.
const (
	PurposeNational Purpose = iota
	PurposeGeneric
)

// profile is a purpose as data. The checks are made in the order of the fields; an empty one asks for nothing.
type profile struct {
	name        string
	notCA       bool
	refusedEKU  []refusal
	notForLogin bool
	keyUsage    x509.KeyUsage // one of these, where key usage is present or needed
	needsUsage  bool
	usageWords  string
	userEKU     []string // one extended key usage is one of these, or lies below one that ends in a dot
	userWords   string
	refusedPol  []refusal
	oneIdentity bool // two different IINs or BINs are no identity
}

// refusal is an identifier that rules a certificate out.
type refusal struct{ oid, words string }

// profiles are the purposes. The policies of the national CA for logging in and for TLS are refused even where
// the key usage would do (facts/national-pki.md §1.3); none is demanded, since its profiles changed with the years.
var profiles = [...]profile{
	PurposeNational: {
		name:  "national",
		notCA: true,
		refusedEKU: []refusal{
			{EKUOCSPSigning, "an OCSP responder's certificate"},
			{ekuTimeStamping, "a time-stamping authority's certificate"},
		},
		notForLogin: true,
		keyUsage:    x509.KeyUsageContentCommitment, needsUsage: true, usageWords: "key usage has no nonRepudiation",
		userEKU:   []string{ekuUserKind, ekuTreasuryClient},
		userWords: "no extended key usage 1.2.398.3.3.4.1.* names a kind of user",
		refusedPol: []refusal{
			{"1.2.398.3.3.2.2", "its policy is that of authentication by legal entities"},
			{"1.2.398.3.3.2.4", "its policy is that of authentication by individuals"},
			{"1.2.398.3.3.2.5", "its policy is that of TLS servers"},
		},
		oneIdentity: true,
	},
	PurposeGeneric: {
		name:       "generic",
		keyUsage:   x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		usageWords: "key usage has neither digitalSignature nor nonRepudiation",
	},
}

func (p Purpose) String() string { return profiles[p].name }

// CheckPurpose checks that the certificate may sign a document (DESIGN §6):
// purpose_wrong, or certificate_malformed when a national subject holds two
// different IINs or BINs.
func (c *Certificate) CheckPurpose(p Purpose) error {
	want := &profiles[p]
	switch {
	case want.notCA && c.IsCA:
		return wrongPurpose("a certification authority's certificate")
	case refused(want.refusedEKU, c.EKU) != "":
		return wrongPurpose(refused(want.refusedEKU, c.EKU))
	case want.notForLogin && c.forAuthentication():
		return wrongPurpose("a certificate for authentication, not for signing")
	case (c.HasKeyUsage || want.needsUsage) && c.KeyUsage&want.keyUsage == 0:
		return wrongPurpose(want.usageWords)
	case len(want.userEKU) > 0 && !slices.ContainsFunc(c.EKU, want.isUser):
		return wrongPurpose(want.userWords)
	case refused(want.refusedPol, c.Policies) != "":
		return wrongPurpose(refused(want.refusedPol, c.Policies))
	case want.oneIdentity && c.Subject.Ambiguous != "":
		return malformed(c.Subject.Ambiguous)
	}
	return nil
}

func refused(list []refusal, oids []string) string {
	for _, r := range list {
		if slices.Contains(oids, r.oid) {
			return r.words
		}
	}
	return ""
}

func (p *profile) isUser(oid string) bool {
	for _, arc := range p.userEKU {
		if oid == arc || strings.HasSuffix(arc, ".") && strings.HasPrefix(oid, arc) {
			return true
		}
	}
	return false
}

func wrongPurpose(why string) error { return reason.New(reason.PurposeWrong, why) }

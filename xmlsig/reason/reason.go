// Package reason holds the words a check answers with: outcomes, closed codes,
// and the one error type. Every other package below xmlsig speaks them.
package reason

import "fmt"

// Code is one reason from the closed list of DESIGN §4. The zero value means "no reason".
type Code string

// Codes the signature and certificate checks find. The gateway adds its own;
// a test holds the union equal to schemas/codes.yaml.
const (
	XMLMalformed              Code = "xml_malformed"
	XMLForbidden              Code = "xml_forbidden"
	SignatureMissing          Code = "signature_missing"
	SignatureMalformed        Code = "signature_malformed"
	DigestMismatch            Code = "digest_mismatch"
	SignatureInvalid          Code = "signature_invalid"
	CoveragePartial           Code = "coverage_partial"
	AlgorithmForbidden        Code = "algorithm_forbidden"
	KeyWeak                   Code = "key_weak"
	CertificateMalformed      Code = "certificate_malformed"
	CertificateExpired        Code = "certificate_expired"
	CertificateNotYetValid    Code = "certificate_not_yet_valid"
	CertificateRevoked        Code = "certificate_revoked"
	CertificateOnHold         Code = "certificate_on_hold"
	ChainUntrusted            Code = "chain_untrusted"
	ChainInvalid              Code = "chain_invalid"
	PurposeWrong              Code = "purpose_wrong"
	RevocationUnknown         Code = "revocation_unknown"
	IdentityMissing           Code = "identity_missing"
	IINMismatch               Code = "iin_mismatch"
	BINMismatch               Code = "bin_mismatch"
	SignerRoleWrong           Code = "signer_role_wrong"
	TransportSignatureMissing Code = "transport_signature_missing"
	TransportSignatureInvalid Code = "transport_signature_invalid"
	// The certificate of the message's signature is over, not yet valid or revoked: SHEP tells it from a wrong signature.
	TransportSignatureNotCurrent Code = "transport_signature_not_current"
	TooLarge                     Code = "too_large"
)

// All lists the codes of this package, in the order of DESIGN §4.
func All() []Code {
	return []Code{
		XMLMalformed, XMLForbidden, SignatureMissing, SignatureMalformed, DigestMismatch,
		SignatureInvalid, CoveragePartial, AlgorithmForbidden, KeyWeak, CertificateMalformed,
		CertificateExpired, CertificateNotYetValid, CertificateRevoked, CertificateOnHold,
		ChainUntrusted, ChainInvalid, PurposeWrong, RevocationUnknown, IdentityMissing,
		IINMismatch, BINMismatch, SignerRoleWrong, TransportSignatureMissing,
		TransportSignatureInvalid, TransportSignatureNotCurrent, TooLarge,
	}
}

// Error carries a Code for machines, a Detail that is safe to show, and the cause for the log.
type Error struct {
	Code   Code
	Detail string
	Err    error
}

// New makes an Error; detail must hold no personal data.
func New(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// Wrap makes an Error with a cause for the log.
func Wrap(code Code, detail string, err error) *Error {
	return &Error{Code: code, Detail: detail, Err: err}
}

// Newf makes an Error with a formatted detail.
func Newf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	if e.Err != nil {
		return string(e.Code) + ": " + e.Detail + ": " + e.Err.Error()
	}
	return string(e.Code) + ": " + e.Detail
}

func (e *Error) Unwrap() error { return e.Err }

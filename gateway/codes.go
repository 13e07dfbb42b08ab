package gateway

import "kopir/xmlsig/reason"

// Code is a reason from the closed list (DESIGN §4).
type Code = reason.Code

// Error is the one error type: Code for machines, Detail safe to show, Err for the log.
type Error = reason.Error

// Codes the gateway finds itself; the signature and certificate codes live in [reason].
const (
	CodeFormInvalid          Code = "form_invalid"
	CodeDocumentMissing      Code = "document_missing"
	CodeConsentMissing       Code = "consent_missing"
	CodeServiceUnknown       Code = "service_unknown"
	CodeChannelNotOffered    Code = "channel_not_offered"
	CodeTerritoryUnknown     Code = "territory_unknown"
	CodeEnvelopeMismatch     Code = "envelope_mismatch"
	CodeResultMismatch       Code = "result_mismatch"
	CodeAttachmentRefused    Code = "attachment_refused"
	CodeDuplicate            Code = "duplicate"
	CodeConflict             Code = "conflict"
	CodeTransitionRefused    Code = "transition_refused"
	CodeLeaseExpired         Code = "lease_expired"
	CodeUnauthenticated      Code = "unauthenticated"
	CodeForbidden            Code = "forbidden"
	CodeNotFound             Code = "not_found"
	CodeMediaTypeUnsupported Code = "media_type_unsupported"
	CodeRateLimited          Code = "rate_limited"
	CodeUnavailable          Code = "unavailable"
	CodeInternal             Code = "internal"
)

// Codes lists every code there is: what xmlsig finds and what the gateway adds.
// Tables of the adapters are tested against it.
func Codes() []Code {
	return append(reason.All(),
		CodeFormInvalid, CodeDocumentMissing, CodeConsentMissing, CodeServiceUnknown,
		CodeChannelNotOffered, CodeTerritoryUnknown, CodeEnvelopeMismatch, CodeResultMismatch,
		CodeAttachmentRefused, CodeDuplicate, CodeConflict, CodeTransitionRefused,
		CodeLeaseExpired, CodeUnauthenticated, CodeForbidden, CodeNotFound,
		CodeMediaTypeUnsupported, CodeRateLimited, CodeUnavailable, CodeInternal,
	)
}

package gateway

import (
	"time"

	"kopir/xmlsig/reason"
)

// Verdict is the record of every check made of one document, kept also for refusals (DESIGN §3 rule 4).
type Verdict struct {
	ID          string          `json:"id"`
	At          time.Time       `json:"at"`
	Kind        string          `json:"kind"` // "application", "result", "recheck"
	Number      string          `json:"number,omitempty"`
	Service     string          `json:"service,omitempty"`
	Provider    string          `json:"provider,omitempty"`
	Caller      string          `json:"caller"`
	Via         Via             `json:"via"`
	Outcome     reason.Outcome  `json:"outcome"`
	Code        Code            `json:"code,omitempty"`
	Detail      string          `json:"detail,omitempty"`
	Checks      []reason.Check  `json:"checks"`
	Signers     []SignerSummary `json:"signers"`
	DocumentSHA string          `json:"document_sha256"`
	CoveredSHA  string          `json:"covered_sha256,omitempty"`
	Evidence    []EvidenceRef   `json:"evidence,omitempty"`

	// Sender signed the message around the document; nil where no such signature was looked at.
	Sender             *SignerSummary `json:"sender,omitempty"`
	SenderCertificates []string       `json:"sender_certificates,omitempty"` // SHA-256, each kept as a document

	StatusPolicy string `json:"status_policy,omitempty"` // by which the status was asked for: "ocsp,crl freshness=1h unknown=park"

	// What a later re-verification needs besides the document and the evidence (see [PolicyRecord]).
	Certificates []string  `json:"certificates,omitempty"` // SHA-256 of the signers' chains, each kept as a document
	ProvedAt     time.Time `json:"proved_at,omitzero"`     // the moment signature and chain were judged at
	StatusAt     time.Time `json:"status_at,omitzero"`     // the moment the certificates' status was asked for
	Policy       string    `json:"policy,omitempty"`       // SHA-256 of the policy, kept as a document
	Catalogue    string    `json:"catalogue,omitempty"`    // version of the service's entry in the catalogue
}

// SignerSummary describes a signer without personal numbers or names of people.
type SignerSummary struct {
	Index     int       `json:"index"`
	Algorithm string    `json:"algorithm"`
	Covers    string    `json:"covers"`
	Serial    string    `json:"serial"`
	Issuer    string    `json:"issuer"` // common name of the issuing CA
	Roles     []string  `json:"roles"`
	KeyStore  string    `json:"key_store,omitempty"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

// EvidenceRef names a stored OCSP answer or CRL that decided a status.
type EvidenceRef struct {
	Source     string    `json:"source"` // "ocsp" or "crl"
	SHA256     string    `json:"sha256,omitempty"`
	ThisUpdate time.Time `json:"this_update,omitzero"`
	NextUpdate time.Time `json:"next_update,omitzero"`
	State      string    `json:"state"`
	Detail     string    `json:"detail,omitempty"`

	Certificate string `json:"certificate,omitempty"` // SHA-256 of the certificate it is about
	Base        string `json:"base_sha256,omitempty"` // of the full list, when the list is a delta laid over it
}

package evidence

import (
	"time"

	"kopir/gateway"
)

// CaseRecord is history/case.json: the case as the ledger had it when the container was made.
type CaseRecord struct {
	Number        string               `json:"number"`
	State         string               `json:"state"`
	Outcome       string               `json:"outcome,omitempty"`
	Service       string               `json:"service"`
	Catalogue     string               `json:"catalogue,omitempty"` // version of the service's entry
	Provider      string               `json:"provider"`
	Territory     string               `json:"territory"`
	Rule          string               `json:"rule"` // why this provider
	IIN           string               `json:"iin,omitempty"`
	BIN           string               `json:"bin,omitempty"`
	ProviderBIN   string               `json:"provider_bin,omitempty"` // who had to sign the result
	RequestNumber string               `json:"request_number,omitempty"`
	RequestDate   string               `json:"request_date,omitempty"`
	Channel       string               `json:"channel,omitempty"`
	Via           string               `json:"via"`
	Caller        string               `json:"caller"`
	Envelope      gateway.Envelope     `json:"envelope"`
	ReceivedAt    time.Time            `json:"received_at"`
	DueAt         time.Time            `json:"due_at,omitzero"`
	DocumentSHA   string               `json:"document_sha256"`
	CoveredSHA    string               `json:"covered_sha256,omitempty"`
	ResultSHA     string               `json:"result_sha256,omitempty"`
	Attachments   []gateway.Attachment `json:"attachments,omitempty"`
	CollectedAt   time.Time            `json:"collected_at"`
	CollectedBy   string               `json:"collected_by"`
}

func caseRecord(c gateway.Case) CaseRecord {
	return CaseRecord{Number: c.Number, State: string(c.State), Outcome: c.Outcome, Service: c.Service, Provider: c.Provider,
		Territory: c.Territory, Rule: c.Rule, IIN: c.IIN, BIN: c.BIN, RequestNumber: c.RequestNumber, RequestDate: c.RequestDate,
		Channel: string(c.Channel), Via: string(c.Via), Caller: c.Caller, Envelope: c.Envelope, ReceivedAt: c.ReceivedAt.UTC(),
		DueAt: c.DueAt.UTC(), DocumentSHA: c.DocumentSHA, CoveredSHA: c.CoveredSHA, ResultSHA: c.ResultSHA, Attachments: c.Attachments}
}

// Receipt is one entry of delivery/receipts.json: what a destination was told, and its receipt.
type Receipt struct {
	Seq         int       `json:"seq"`
	Kind        string    `json:"kind"`
	Status      string    `json:"status"`
	Destination string    `json:"destination"`
	ResultSHA   string    `json:"result_sha256,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	Receipt     string    `json:"receipt,omitempty"`
	Attempts    int       `json:"failed_attempts,omitempty"`
}

// StatusRecord is one entry of status/index.json: an answer or list that decided, and where it is.
// A list that is not in the container is known by its digest.
type StatusRecord struct {
	Source     string    `json:"source"`
	SHA256     string    `json:"sha256"`
	File       string    `json:"file,omitempty"`
	Size       int       `json:"size,omitempty"`
	Number     string    `json:"number,omitempty"` // CRL number
	Base       string    `json:"base,omitempty"`   // of a delta list
	ThisUpdate time.Time `json:"this_update,omitzero"`
	NextUpdate time.Time `json:"next_update,omitzero"`
}

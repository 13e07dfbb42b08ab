package rest

import (
	"time"

	"kopir/adapters/httpserver"
	"kopir/gateway"
)

// answerBody tells what became of a submission.
type answerBody struct {
	Number     string            `json:"number"`
	Status     string            `json:"status"`
	Decision   string            `json:"decision"`
	Code       string            `json:"code,omitempty"`
	Service    string            `json:"service"`
	Provider   string            `json:"provider"`
	ReceivedAt time.Time         `json:"received_at"`
	DueAt      time.Time         `json:"due_at,omitzero"`
	Mark       string            `json:"mark,omitempty"` // "unconfirmed": accepted before the certificate's status was known
	Files      gateway.FileCount `json:"files,omitzero"`
	Text       httpserver.Words  `json:"text"`
	Verdict    string            `json:"verdict"`
}

func answerOf(t httpserver.Texts, a gateway.Answer) answerBody {
	return answerBody{
		Number: a.Number, Status: string(a.Decision), Decision: string(a.Decision), Code: string(a.Code),
		Service: a.Service, Provider: a.Provider, ReceivedAt: moment(a.ReceivedAt), DueAt: moment(a.DueAt),
		Mark: string(a.Mark), Files: a.Files, Text: httpserver.AnswerWords(t, a), Verdict: a.Verdict,
	}
}

// caseBody is where an application stands. It holds no personal number.
type caseBody struct {
	Number        string           `json:"number"`
	Status        string           `json:"status"`
	Outcome       string           `json:"outcome,omitempty"`
	Service       string           `json:"service"`
	Provider      string           `json:"provider"`
	Territory     string           `json:"territory,omitempty"`
	Rule          string           `json:"rule,omitempty"` // why this provider
	Channel       string           `json:"channel,omitempty"`
	RequestNumber string           `json:"request_number,omitempty"`
	Attempt       int              `json:"attempt"`
	ReceivedAt    time.Time        `json:"received_at"`
	DueAt         time.Time        `json:"due_at,omitzero"`
	UpdatedAt     time.Time        `json:"updated_at,omitzero"`
	Text          httpserver.Words `json:"text"`
	HasResult     bool             `json:"has_result"`
	markBody
	lookupsBody
}

// markBody tells that the certificate's status was not known when the application was accepted, or that
// it did not hold after all. What follows is the provider's to decide.
type markBody struct {
	Mark     string            `json:"mark,omitempty"`
	MarkText *httpserver.Words `json:"mark_text,omitempty"`
}

func markOf(c gateway.Case) markBody {
	if c.Mark == gateway.MarkNone {
		return markBody{}
	}
	words := httpserver.MarkWords(c.Mark)
	return markBody{Mark: string(c.Mark), MarkText: &words}
}

func caseOf(c gateway.Case) caseBody {
	return caseBody{
		Number: c.Number, Status: string(c.State), Outcome: c.Outcome, Service: c.Service, Provider: c.Provider,
		Territory: c.Territory, Rule: c.Rule, Channel: string(c.Channel), RequestNumber: c.RequestNumber,
		Attempt: c.Attempt, ReceivedAt: moment(c.ReceivedAt), DueAt: moment(c.DueAt), UpdatedAt: moment(c.UpdatedAt),
		Text: httpserver.StatusWords(string(c.State)), HasResult: c.ResultSHA != "",
		markBody: markOf(c), lookupsBody: lookupsOf(c),
	}
}

// detailBody is a case with its history and what was checked.
type detailBody struct {
	caseBody
	DocumentSHA256 string           `json:"document_sha256"` // what the signature covers
	ReceivedSHA256 string           `json:"received_sha256"` // what came, with its signature
	ResultSHA256   string           `json:"result_sha256,omitempty"`
	Attachments    []attachmentBody `json:"attachments"`
	History        []gateway.Event  `json:"history"`
	Verdicts       []verdictBody    `json:"verdicts"`
}

// verdictBody sums up one verdict.
type verdictBody struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Outcome string    `json:"outcome"`
	Code    string    `json:"code,omitempty"`
	Detail  string    `json:"detail,omitempty"`
}

func detailOf(c gateway.Case, events []gateway.Event, verdicts []gateway.Verdict) detailBody {
	d := detailBody{caseBody: caseOf(c), DocumentSHA256: c.CoveredSHA, ReceivedSHA256: c.DocumentSHA, ResultSHA256: c.ResultSHA,
		Attachments: attachmentsOf(c.Attachments), History: notNil(events), Verdicts: []verdictBody{}}
	for _, v := range verdicts {
		d.Verdicts = append(d.Verdicts, verdictBody{ID: v.ID, At: moment(v.At), Kind: v.Kind,
			Outcome: v.Outcome.String(), Code: string(v.Code), Detail: v.Detail})
	}
	return d
}

// leaseBody is one case handed to a provider, with what it needs to start.
type leaseBody struct {
	LeaseID        string           `json:"lease_id"`
	ExpiresAt      time.Time        `json:"expires_at"`
	Number         string           `json:"number"`
	Attempt        int              `json:"attempt"`
	Service        string           `json:"service"`
	Provider       string           `json:"provider"`
	Territory      string           `json:"territory"`
	Channel        string           `json:"channel,omitempty"`
	RequestNumber  string           `json:"request_number,omitempty"`
	ReceivedAt     time.Time        `json:"received_at"`
	DueAt          time.Time        `json:"due_at,omitzero"`
	Applicant      applicantBody    `json:"applicant"`
	Attachments    []attachmentBody `json:"attachments"`
	DocumentSHA256 string           `json:"document_sha256"`           // of the document below
	Document       []byte           `json:"document_base64,omitempty"` // what the signature covers; absent: fetch it by its digest
	ReceivedSHA256 string           `json:"received_sha256"`           // of what came, kept as evidence with its signature
	markBody
	lookupsBody
}

type applicantBody struct {
	IIN string `json:"iin"`
	BIN string `json:"bin,omitempty"`
}

func leaseOf(c gateway.Case) leaseBody {
	return leaseBody{
		LeaseID: c.LeaseID, ExpiresAt: moment(c.LeaseUntil), Number: c.Number, Attempt: c.Attempt, Service: c.Service,
		Provider: c.Provider, Territory: c.Territory, Channel: string(c.Channel), RequestNumber: c.RequestNumber,
		ReceivedAt: moment(c.ReceivedAt), DueAt: moment(c.DueAt), Applicant: applicantBody{IIN: c.IIN, BIN: c.BIN},
		Attachments: attachmentsOf(c.Attachments), DocumentSHA256: c.CoveredSHA, ReceivedSHA256: c.DocumentSHA,
		markBody: markOf(c), lookupsBody: lookupsOf(c),
	}
}

// moment writes times the way the applicant reads them, the same before and after a ledger
// that keeps fewer digits.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Truncate(time.Millisecond).In(gateway.Almaty)
}

// notNil makes an empty list [] and not null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

package gatewaytest

import (
	"fmt"
	"strings"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// NewRecord makes everything the n-th application leaves behind, each n another message, document,
// person and case. A refused one has no case.
func NewRecord(n int, state gateway.State) gateway.Record {
	doc := []byte(fmt.Sprintf("<Application n='%d'>Әлеуметтік көмек</Application>", n))
	covered := gateway.SHA256Hex([]byte(fmt.Sprintf("covered %d", n)))
	number := fmt.Sprintf("K26-%06d", n)
	c := &gateway.Case{
		Number: number, Service: "housing-assistance", Provider: "akkol", Territory: "113220100",
		Rule: "аудан бойынша", State: state, IIN: fmt.Sprintf("%012d", n), BIN: "000140000001",
		RequestNumber: fmt.Sprintf("1010900%d", n), RequestDate: "2026-11-23T10:47:28+05:00",
		Channel: gateway.ChannelPortal, Via: gateway.ViaREST, Caller: "portal",
		Envelope:   gateway.Envelope{ServiceID: "KopirService", MessageID: fmt.Sprint("m", n), CorrelationID: "c"},
		ReceivedAt: start, DueAt: start.AddDate(0, 0, 8), UpdatedAt: start,
		DocumentSHA: gateway.SHA256Hex(doc), CoveredSHA: covered,
		Attachments: []gateway.Attachment{{Code: "income", Name: "Табыс туралы анықтама.pdf", SHA256: strings.Repeat("ab", 32), Covered: true, State: gateway.FileAwaited}},
	}
	r := gateway.Record{
		Key:        gateway.MessageKey{Caller: "portal", Via: gateway.ViaREST, ID: fmt.Sprint("message-", n)},
		CoveredSHA: covered,
		Answer: gateway.Answer{Number: number, Service: c.Service, Provider: c.Provider, ReceivedAt: c.ReceivedAt,
			DueAt: c.DueAt, Verdict: fmt.Sprintf("verdict-%06d", n)},
		Verdict:   NewVerdict(n, reason.Passed, ""),
		Case:      c,
		Events:    []gateway.Event{{At: start, Kind: "registered", Actor: "portal", Data: map[string]string{"service": c.Service}}},
		Documents: []gateway.Document{{SHA256: c.DocumentSHA, Bytes: doc}},
	}
	r.Verdict.Number = number
	switch state {
	case gateway.StateParked:
		r.Answer.Decision, r.Answer.Code = gateway.DecisionParked, reason.RevocationUnknown
		c.NextCheckAt = start.Add(parkPause)
	case gateway.StateRefused:
		r.Answer.Decision, r.Answer.Code, r.Answer.Number = gateway.DecisionRefused, reason.SignatureInvalid, ""
		r.Verdict = NewVerdict(n, reason.Failed, reason.SignatureInvalid)
		r.Case, r.Events = nil, nil
		return r
	default:
		r.Answer.Decision = gateway.DecisionAccepted
	}
	r.Outbox = []gateway.Message{NewMessage(gateway.KindNotification, string(state))}
	return r
}

// parkPause is when a parked sample is asked for again.
const parkPause = 5 * 60 * 1e9

// NewVerdict makes the n-th verdict, n seconds after the story's beginning.
func NewVerdict(n int, outcome reason.Outcome, code gateway.Code) gateway.Verdict {
	return gateway.Verdict{
		ID: fmt.Sprintf("verdict-%06d", n), At: start.Add(seconds(n)), Kind: "application", Service: "housing-assistance",
		Provider: "akkol", Caller: "portal", Via: gateway.ViaREST, Outcome: outcome, Code: code, Detail: "қолтаңба",
		Checks:      []reason.Check{{Name: reason.CheckSignature, Outcome: outcome, Code: code, Signer: 1}},
		Signers:     []gateway.SignerSummary{{Index: 1, Algorithm: "gost2015-512", Serial: "0a", Issuer: "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ", NotBefore: start, NotAfter: start.AddDate(1, 0, 0)}},
		DocumentSHA: gateway.SHA256Hex([]byte(fmt.Sprint(n))),
		Evidence:    []gateway.EvidenceRef{{Source: "ocsp", State: "good", ThisUpdate: start}},
	}
}

// NewMessage makes a message to the cabinet that is due at once; its id is the ledger's to give.
func NewMessage(kind, status string) gateway.Message {
	return gateway.Message{Destination: gateway.DestinationSHEP, Kind: kind, Status: status,
		Text: map[string]string{"kk": "Өтініш қабылданды", "ru": "Заявление принято"}, CreatedAt: start, NextAt: start}
}

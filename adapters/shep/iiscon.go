package shep

import (
	"errors"
	"slices"
	"time"

	"kopir/adapters/envelope"
)

// nsCentre is ours: see [CentreStatus].
const nsCentre = "urn:kopir:centre-status:1"

// Events the service centres' system is told of (services.md, unemployed-certificate).
const (
	CentreArrived   = "ARRIVED"
	CentreChanged   = "CHANGED"
	CentreCompleted = "COMPLETED"
)

// CentreStatus tells ИИС ЦОН, the service centres' system, where an application stands.
//
// Assumption: no message of ИИС ЦОН is public (gateway-protocol.md §8). The regulations say what it is told,
// arrival, each change and completion with the output document, and that it goes through the gateway; the
// envelope is therefore the common v10 one, and the document is ours until the operator's passport names
// another. The serviceId has no default for that reason.
type CentreStatus struct {
	Event                 string
	Number, RequestNumber string
	Status                string // our word
	TextKk, TextRu        string
	At, DueAt             time.Time
	Outcome               string // of [CentreCompleted]
	FileName, FileID      string // the output document in the temporary storage
}

// EncodeCentreStatus writes the document; it rides as one child element.
func EncodeCentreStatus(s CentreStatus) ([]byte, error) {
	if !slices.Contains([]string{CentreArrived, CentreChanged, CentreCompleted}, s.Event) || s.Number == "" || s.Status == "" || s.At.IsZero() {
		return nil, errors.New("shep: a status for the service centres needs its event, number, status and moment")
	}
	if (s.Event == CentreCompleted) != (s.Outcome != "") {
		return nil, errors.New("shep: completion, and nothing else, has an outcome")
	}
	w := &docWriter{}
	w.raw(`<ApplicationStatus xmlns="` + nsCentre + `">`)
	w.element("Event", s.Event)
	w.element("Number", s.Number)
	w.may("RequestNumber", s.RequestNumber)
	w.element("Status", s.Status)
	w.element("TextKz", s.TextKk)
	w.element("TextRu", s.TextRu)
	w.element("At", envelope.FormatDate(s.At))
	if !s.DueAt.IsZero() {
		w.element("DueAt", envelope.FormatDate(s.DueAt))
	}
	w.may("Outcome", s.Outcome)
	if s.FileID != "" {
		w.within("Document", func() {
			w.element("FileName", s.FileName)
			w.element("FileId", s.FileID)
		})
	}
	w.raw(`</ApplicationStatus>`)
	return w.buf, nil
}

// DecodeCentreStatus reads the document, as the centres' system would.
func DecodeCentreStatus(doc []byte) (CentreStatus, error) {
	e, err := readDocument(doc, maxReceiptBytes, "ApplicationStatus")
	if err != nil {
		return CentreStatus{}, err
	}
	s := CentreStatus{Event: text(e, "Event"), Number: text(e, "Number"), RequestNumber: text(e, "RequestNumber"), Status: text(e, "Status"),
		TextKk: text(e, "TextKz"), TextRu: text(e, "TextRu"), Outcome: text(e, "Outcome"),
		FileName: text(e, "Document/FileName"), FileID: text(e, "Document/FileId")}
	s.At, _ = time.Parse(time.RFC3339, text(e, "At"))
	s.DueAt, _ = time.Parse(time.RFC3339, text(e, "DueAt"))
	if _, err := EncodeCentreStatus(s); err != nil {
		return s, badAnswer("is not a status for the service centres")
	}
	return s, nil
}

package shep

import (
	"errors"
	"time"

	"kopir/adapters/envelope"
	"kopir/xmlsig/xmltree"
)

// The state database of individuals, ГБД ФЛ (gateway-protocol.md §6.1).
const (
	GBDFLService = "GBDFL_UniversalServiceSync"
	nsGBDFL      = "http://message.persistence.interactive.nat"
	gbdflDone    = "00000"
)

// PersonRequest asks for a person: by IIN, by name and date of birth, or by a document's number. Only the
// fields of one kind may be filled.
type PersonRequest struct {
	MessageID   string // at most 36 Latin characters
	MessageDate time.Time
	SenderCode  string
	IIN         string
	Requestor   string // RequestorBIN
	BIN         string
	Surname, Name, Patronymic, BirthDate,
	DocumentNumber string
}

const maxGBDFLMessageID = 36

var errPersonRequest = errors.New("shep: a person is asked for by IIN, or by surname, name and date of birth, or by a document's number")

func (r PersonRequest) oneKind() bool {
	byName := r.Surname != "" && r.Name != "" && r.BirthDate != ""
	anyName := r.Surname != "" || r.Name != "" || r.Patronymic != "" || r.BirthDate != ""
	switch {
	case r.IIN != "":
		return !anyName && r.DocumentNumber == ""
	case r.DocumentNumber != "":
		return !anyName
	}
	return byName
}

// EncodePersonRequest writes the request as it rides in data: the typed data element itself.
func EncodePersonRequest(r PersonRequest) ([]byte, error) {
	if !r.oneKind() {
		return nil, errPersonRequest
	}
	if r.MessageID == "" || len(r.MessageID) > maxGBDFLMessageID || r.MessageDate.IsZero() || r.SenderCode == "" {
		return nil, errors.New("shep: a person request needs messageId (36 characters), messageDate and senderCode")
	}
	w := &docWriter{}
	w.raw(`<data xmlns:cs="` + nsGBDFL + `" xmlns:xsi="` + nsXSI + `" xsi:type="cs:Request">`)
	w.element("messageId", r.MessageID)
	w.element("messageDate", envelope.FormatDate(r.MessageDate))
	w.element("senderCode", r.SenderCode)
	w.may("iin", r.IIN)
	w.may("RequestorBIN", r.Requestor)
	w.may("BIN", r.BIN)
	w.may("surname", r.Surname)
	w.may("name", r.Name)
	w.may("patronymic", r.Patronymic)
	w.may("birthDate", r.BirthDate)
	w.may("documentNumber", r.DocumentNumber)
	w.raw(`</data>`)
	return w.buf, nil
}

// DecodePersonRequest reads a request, as a register does.
func DecodePersonRequest(doc []byte) (PersonRequest, error) {
	e, err := readDocument(doc, maxAnswerBytes, "data", "Request")
	if err != nil {
		return PersonRequest{}, err
	}
	r := PersonRequest{MessageID: text(e, "messageId"), SenderCode: text(e, "senderCode"), IIN: text(e, "iin"),
		Requestor: text(e, "RequestorBIN"), BIN: text(e, "BIN"), Surname: text(e, "surname"), Name: text(e, "name"),
		Patronymic: text(e, "patronymic"), BirthDate: dayOf(text(e, "birthDate")), DocumentNumber: text(e, "documentNumber")}
	r.MessageDate, _ = time.Parse(time.RFC3339, text(e, "messageDate"))
	if !r.oneKind() {
		return r, errPersonRequest
	}
	return r, nil
}

// Entry is a record of one of the register's dictionaries.
type Entry struct{ Code, NameRu, NameKz, ChangeDate string }

// PersonAnswer is what the register says.
type PersonAnswer struct {
	MessageID, RequestID string
	MessageDate          string
	Sender, Receiver     Entry
	Result               Entry // code 00000: processed
	Persons              []PersonRecord
}

// Done says that the register has processed the request; it may have found nobody.
func (a PersonAnswer) Done() bool { return a.Result.Code == gbdflDone }

// PersonRecord is one person.
type PersonRecord struct {
	IIN, Surname, Name, Patronymic string
	EngFirstName, EngSurname       string
	BirthDate                      string // 1990-05-17
	Gender, Nationality, Citizenship,
	LifeStatus Entry
	RegAddress PersonAddress
	Documents  []PersonDocument
}

// PersonAddress is where a person is registered. District and region are the register's own codes, not КАТО.
type PersonAddress struct {
	Country, District, Region    Entry
	City, Street, Building, Flat string
	BeginDate, ARCode            string
	Status                       Entry
}

// PersonDocument is an identity document.
type PersonDocument struct {
	Type               Entry // 001 passport, 002 identity card, 015 foreign passport
	Number             string
	BeginDate, EndDate string
	Issuer, Status     Entry // status 00: valid
	Surname, Name,
	Patronymic, BirthDate string
}

// ValidDocument is the identity card in force, else the passport in force.
func (p PersonRecord) ValidDocument() (PersonDocument, bool) {
	for _, kind := range []string{"002", "001"} {
		for _, d := range p.Documents {
			if d.Type.Code == kind && d.Status.Code == "00" {
				return d, true
			}
		}
	}
	return PersonDocument{}, false
}

// DecodePersonAnswer reads an answer, with data or the older Response as its root.
func DecodePersonAnswer(doc []byte) (PersonAnswer, error) {
	e, err := readDocument(doc, maxAnswerBytes, "data", "Response")
	if err != nil {
		return PersonAnswer{}, err
	}
	a := PersonAnswer{MessageID: text(e, "messageId"), RequestID: text(e, "requestId"), MessageDate: text(e, "messageDate"),
		Sender: entry(e, "sender"), Receiver: entry(e, "receiver"), Result: entry(e, "messageResult")}
	if a.Result.Code == "" {
		return a, badAnswer("has no messageResult")
	}
	persons, err := all(e.Child("persons"), "person")
	if err != nil {
		return a, err
	}
	for _, p := range persons {
		record, err := person(p)
		if err != nil {
			return a, err
		}
		a.Persons = append(a.Persons, record)
	}
	return a, nil
}

func entry(e *xmltree.Element, name string) Entry {
	e = e.Child(name)
	return Entry{Code: text(e, "code"), NameRu: text(e, "nameRu"), NameKz: text(e, "nameKz"), ChangeDate: text(e, "changeDate")}
}

func person(e *xmltree.Element) (PersonRecord, error) {
	p := PersonRecord{IIN: text(e, "iin"), Surname: text(e, "surname"), Name: text(e, "name"), Patronymic: text(e, "patronymic"),
		EngFirstName: text(e, "engFirstName"), EngSurname: text(e, "engSurname"), BirthDate: dayOf(text(e, "birthDate")),
		Gender: entry(e, "gender"), Nationality: entry(e, "nationality"), Citizenship: entry(e, "citizenship"), LifeStatus: entry(e, "lifeStatus")}
	if at := e.Child("regAddress"); at != nil {
		p.RegAddress = PersonAddress{Country: entry(at, "country"), District: entry(at, "district"), Region: entry(at, "region"),
			City: text(at, "city"), Street: text(at, "street"), Building: text(at, "building"), Flat: text(at, "flat"),
			BeginDate: dayOf(text(at, "beginDate")), ARCode: text(at, "arCode"), Status: entry(at, "status")}
	}
	documents, err := all(e.Child("documents"), "document")
	for _, d := range documents {
		p.Documents = append(p.Documents, PersonDocument{Type: entry(d, "type"), Number: text(d, "number"),
			BeginDate: dayOf(text(d, "beginDate")), EndDate: dayOf(text(d, "endDate")), Issuer: entry(d, "issueOrganization"),
			Status: entry(d, "status"), Surname: text(d, "surname"), Name: text(d, "name"), Patronymic: text(d, "patronymic"),
			BirthDate: dayOf(text(d, "birthDate"))})
	}
	return p, err
}

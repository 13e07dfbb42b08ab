package shep

// EncodePersonAnswer writes an answer as the register does, for whoever stands in for it.
func EncodePersonAnswer(a PersonAnswer) []byte {
	w := &docWriter{}
	w.raw(`<data xmlns:cs="` + nsGBDFL + `" xmlns:xsi="` + nsXSI + `" xsi:type="cs:Response">`)
	w.element("messageId", a.MessageID)
	w.element("messageDate", a.MessageDate)
	w.element("requestId", a.RequestID)
	w.entry("sender", a.Sender)
	w.entry("receiver", a.Receiver)
	w.entry("messageResult", a.Result)
	w.within("persons", func() {
		for _, p := range a.Persons {
			w.within("person", func() { w.person(p) })
		}
	})
	w.raw(`</data>`)
	return w.buf
}

// entry writes a dictionary record; a changeDate nobody knows is xsi:nil, as the register has it.
func (w *docWriter) entry(name string, e Entry) {
	if e == (Entry{}) {
		return
	}
	w.within(name, func() {
		w.element("code", e.Code)
		w.element("nameRu", e.NameRu)
		w.element("nameKz", e.NameKz)
		if e.ChangeDate == "" {
			w.raw(`<changeDate xsi:nil="true"/>`)
			return
		}
		w.element("changeDate", e.ChangeDate)
	})
}

func (w *docWriter) person(p PersonRecord) {
	w.element("iin", p.IIN)
	w.element("surname", p.Surname)
	w.element("name", p.Name)
	w.may("patronymic", p.Patronymic)
	w.may("engFirstName", p.EngFirstName)
	w.may("engSurname", p.EngSurname)
	w.may("birthDate", p.BirthDate)
	w.entry("gender", p.Gender)
	w.entry("nationality", p.Nationality)
	w.entry("citizenship", p.Citizenship)
	w.entry("lifeStatus", p.LifeStatus)
	if p.RegAddress != (PersonAddress{}) {
		w.within("regAddress", func() { w.address(p.RegAddress) })
	}
	w.within("documents", func() {
		for _, d := range p.Documents {
			w.within("document", func() { w.document(d) })
		}
	})
}

func (w *docWriter) address(a PersonAddress) {
	w.entry("country", a.Country)
	w.entry("district", a.District)
	w.entry("region", a.Region)
	w.may("city", a.City)
	w.may("street", a.Street)
	w.may("building", a.Building)
	w.may("flat", a.Flat)
	w.may("beginDate", a.BeginDate)
	w.entry("status", a.Status)
	w.may("arCode", a.ARCode)
}

func (w *docWriter) document(d PersonDocument) {
	w.entry("type", d.Type)
	w.element("number", d.Number)
	w.may("beginDate", d.BeginDate)
	w.may("endDate", d.EndDate)
	w.entry("issueOrganization", d.Issuer)
	w.entry("status", d.Status)
	w.may("surname", d.Surname)
	w.may("name", d.Name)
	w.may("patronymic", d.Patronymic)
	w.may("birthDate", d.BirthDate)
}

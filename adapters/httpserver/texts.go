package httpserver

import (
	"kopir/gateway"
	"kopir/schemas"
)

// SHEP kinds of a [Text]: how a refusal is told over SOAP (gateway-protocol.md §5).
const (
	KindFault  = "fault"  // a soap:Fault with that errorCode
	KindStatus = "status" // HTTP 200 with that status code
)

// Text is what the table of codes says about one code.
type Text struct {
	HTTP     int
	SHEP     string // SCE… or SCSE…
	SHEPKind string // KindFault or KindStatus
	Kk, Ru   string // one sentence for the applicant
}

// Texts is the table of codes. Text reports false for a code it lacks.
type Texts interface {
	Text(code gateway.Code) (Text, bool)
}

// Table is a [Texts] in memory.
type Table map[gateway.Code]Text

// Text implements [Texts].
func (t Table) Text(code gateway.Code) (Text, bool) {
	text, ok := t[code]
	return text, ok
}

// LoadTexts reads the embedded table of codes.
func LoadTexts() (Table, error) {
	rows, err := schemas.Codes()
	if err != nil {
		return nil, err
	}
	table := make(Table, len(rows))
	for _, row := range rows {
		table[gateway.Code(row.Code)] = Text{HTTP: row.HTTP, SHEP: row.SHEP, SHEPKind: row.SHEPKind, Kk: row.KK, Ru: row.RU}
	}
	return table, nil
}

// fallback is what is said where the table has nothing: never a success.
var fallback = Text{
	HTTP: 500, SHEP: "SCE909", SHEPKind: KindFault,
	Kk: "Жүйеде ішкі қате пайда болды.", Ru: "Внутренняя ошибка системы.",
}

// TextOf is the table's text for the code, complete in every field.
func TextOf(t Texts, code gateway.Code) Text {
	text, ok := Text{}, false
	if t != nil {
		text, ok = t.Text(code)
	}
	if !ok {
		return fallback
	}
	if text.HTTP < 400 || text.HTTP > 599 {
		text.HTTP = fallback.HTTP
	}
	if text.SHEP == "" {
		text.SHEP, text.SHEPKind = fallback.SHEP, fallback.SHEPKind
	}
	return text
}

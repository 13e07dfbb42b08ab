package gateway

import (
	"crypto/rand"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"kopir/gateway/catalogue"
	"kopir/schemas"
	"kopir/xmlsig"
)

// portalService is the service as an operator maps it to a portal's form: one section of YAML.
const portalService = `
  payload:
    style: system-info
    namespace: http://newshep.adoption.egov.kz
    request:
      codes:
        territory: {"150807": "113220100"}
`

// portalDesk is a desk whose service takes the portal's own form.
func portalDesk(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t, "", online(t, &sources{ocsp: good, crl: good}))
	const file = "services/" + oneService + ".yaml"
	text := string(must(fs.ReadFile(schemas.FS, file))(t))
	text = strings.Replace(text, "\n  ours: true\n", "\n  ours: true"+portalService, 1)
	d.intake.rules.Catalogue = must(catalogue.Load(fstest.MapFS{file: {Data: []byte(text)}}))(t)
	return d
}

const portalForm = `<requestMessage xmlns:p="http://newshep.adoption.egov.kz"><p:SystemInfo><p:RequestNumber>10109001292987</p:RequestNumber>` +
	`<p:ChainId>10109001292982</p:ChainId><p:RequestDate>2026-11-23T10:00:00</p:RequestDate></p:SystemInfo><p:RequestData><p:PersonalData>` +
	`<p:IIN>` + oneIIN + `</p:IIN><p:Surname>СЫНАҚОВ</p:Surname><p:Name>ҮЛГІ</p:Name></p:PersonalData><p:Territory>150807</p:Territory></p:RequestData></requestMessage>`

func (d *desk) sign(form string) []byte {
	d.t.Helper()
	id := must(citizen())(d.t)
	return must(xmlsig.Sign([]byte(form), xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, xmlsig.SignOptions{Rand: rand.Reader}))(d.t)
}

func TestPortalsFormGoesTheSameWay(t *testing.T) {
	d := portalDesk(t)
	a := d.send(d.sign(portalForm))
	c := d.ledger.cases[a.Number]
	if a.Decision != DecisionAccepted || c.Service != oneService || c.Territory != oneTerritory || c.IIN != oneIIN ||
		c.RequestNumber != "10109001292987" || c.ChainID != "10109001292982" || c.Provider != "school" {
		t.Fatalf("%+v %+v", a, c)
	}
	tests := []struct {
		name, form string
		code       Code
	}{
		{"another's IIN", strings.Replace(portalForm, oneIIN, "000000000000", 1), "iin_mismatch"},
		{"a code of no territory", strings.Replace(portalForm, "150807", "113220100", 1), CodeTerritoryUnknown},
		{"another portal's namespace", strings.ReplaceAll(portalForm, "newshep.adoption", "newshep.other"), CodeServiceUnknown},
		{"a number that is there twice", strings.Replace(portalForm, "<p:ChainId>", "<p:RequestNumber>2</p:RequestNumber><p:ChainId>", 1), CodeFormInvalid},
		{"no number", strings.Replace(portalForm, "<p:RequestNumber>10109001292987</p:RequestNumber>", "", 1), CodeFormInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a := d.send(d.sign(tt.form)); a.Decision != DecisionRefused || a.Code != tt.code {
				t.Errorf("%s %s %s, want %s", a.Decision, a.Code, a.Detail, tt.code)
			}
		})
	}
}

// TestUnsignedPartOfAPortalsFormIsNotRead: what is put around the signed form is nobody's application.
func TestUnsignedPartOfAPortalsFormIsNotRead(t *testing.T) {
	d := portalDesk(t)
	doc := string(d.sign(portalForm))
	for name, spoilt := range map[string]string{
		"a value changed after signing": strings.Replace(doc, "150807", "150808", 1),
		"the form inside another":       `<requestMessage xmlns:p="http://newshep.adoption.egov.kz"><p:RequestData/>` + doc[strings.Index(doc, "<requestMessage"):] + `</requestMessage>`,
	} {
		if a := d.send([]byte(spoilt)); a.Decision != DecisionRefused {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

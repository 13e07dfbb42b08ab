package console

import (
	"net/http"
	"strings"
	"testing"

	"kopir/gateway"
	"kopir/xmlsig/reason"
	"pgregory.net/rapid"
)

func TestNumbersAreMasked(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"an IIN", "000230500003", "••••••••0003"},
		{"too short", "123", "•••"},
		{"empty", "", ""},
		{"letters", "абвгд", "•бвгд"},
	}
	for _, tt := range tests {
		if got := maskNumber(tt.in); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestBINOfAPersonIsMasked(t *testing.T) {
	for in, want := range map[string]string{"001340000002": "001340000002", "000230500003": "••••••••0003", "12": "••"} {
		if got := maskBIN(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestScrubHidesWhatLooksLikeAnIIN(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"alone", "000230500003", "••••••••0003"},
		{"behind its word", "serialNumber=IIN000230500003,C=KZ", "serialNumber=IIN••••••••0003,C=KZ"},
		{"in a sentence", "ЖСН 000230500003.", "ЖСН ••••••••0003."},
		{"twice", "000230500003/000230500405", "••••••••0003/••••••••0405"},
		{"a portal's number is longer", "10109001292987", "10109001292987"},
		{"a territory is shorter", "595220000", "595220000"},
		{"a digest stays", strings.Repeat("0", 20) + "a123456789012b" + strings.Repeat("f", 30), strings.Repeat("0", 20) + "a123456789012b" + strings.Repeat("f", 30)},
	}
	for _, tt := range tests {
		if got := scrub(tt.in); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestScrubLeavesNoIIN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		iin := rapid.StringMatching(`[0-9]{12}`).Draw(t, "iin")
		before := rapid.StringMatching(`[^0-9]{0,20}`).Draw(t, "before")
		after := rapid.StringMatching(`[^0-9]{0,20}`).Draw(t, "after")
		if strings.Contains(scrub(before+iin+after), iin) {
			t.Fatalf("%q shows", before+iin+after)
		}
	})
}

func TestNoPageShowsAPersonalNumber(t *testing.T) {
	l := sample()
	v := sampleVerdict("LEAK", reason.IINMismatch)
	v.Detail = "form " + sampleIIN
	v.Checks[9].Detail = "form " + sampleIIN + ", certificate IIN000230500405"
	v.Signers[0].Issuer = "CN=x,SERIALNUMBER=IIN" + sampleIIN
	v.Caller = sampleIIN
	v.Evidence[0].Detail = sampleIIN
	l.list = append([]gateway.Verdict{v}, l.list...)
	c := l.cases[sampleNumber]
	c.BIN, c.Rule, c.RequestNumber, c.Caller = sampleIIN, "by "+sampleIIN, sampleIIN, sampleIIN
	l.cases[sampleNumber] = c
	h := newConsole(l)
	for _, lang := range languages {
		for _, page := range []string{"/console", "/console/verdicts", "/console/verdicts/LEAK", "/console/cases/" + sampleNumber} {
			w := get(t, h, page+"?lang="+lang, http.StatusOK)
			wantNotIn(t, w, sampleIIN, "000230500405", "00023050", "Иванова")
		}
	}
	w := get(t, h, "/console/cases/"+sampleNumber+"?lang=ru", http.StatusOK)
	wantIn(t, w, "••••••••0003", "оканчивается на 0003", "ИИН ••••••••0003 проверен")
}

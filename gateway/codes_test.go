package gateway

import (
	"slices"
	"testing"

	"kopir/schemas"
)

// The closed list of DESIGN §4: what xmlsig finds and what the gateway adds is exactly what
// schemas/codes.yaml has texts for.
func TestEveryCodeHasItsTextsAndNoTextLacksItsCode(t *testing.T) {
	rows, err := schemas.Codes()
	if err != nil {
		t.Fatal(err)
	}
	var listed []Code
	for _, r := range rows {
		listed = append(listed, Code(r.Code))
		if r.KK == "" || r.RU == "" || r.HTTP < 400 || r.SHEP == "" || r.Operator["ru"] == "" || r.Operator["kk"] == "" {
			t.Errorf("%s lacks a text, a status or a SHEP code: %+v", r.Code, r)
		}
	}
	for _, c := range Codes() {
		if !slices.Contains(listed, c) {
			t.Errorf("%s has no texts", c)
		}
	}
	for _, c := range listed {
		if !slices.Contains(Codes(), c) {
			t.Errorf("%s is in codes.yaml and nothing finds it", c)
		}
	}
	if len(listed) != len(Codes()) {
		t.Errorf("%d texts for %d codes", len(listed), len(Codes()))
	}
}

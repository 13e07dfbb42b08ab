package catalogue_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"kopir/gateway/catalogue"
	"kopir/schemas"
)

// withFiles is the housing assistance with another files section and one more field.
func withFiles(t *testing.T, section, field string) fstest.MapFS {
	t.Helper()
	const file, now = "services/housing-assistance.yaml", "files: {types: [pdf, jpeg, png], uncovered: show, missing: await}\n"
	b, err := fs.ReadFile(schemas.FS, file)
	if err != nil || strings.Count(string(b), now) != 1 {
		t.Fatalf("%v: the service's files section is not where the test looks for it", err)
	}
	text := strings.Replace(string(b), now, section, 1)
	return fstest.MapFS{file: {Data: []byte(strings.Replace(text, "schema:\n", "schema:\n"+field, 1))}}
}

func TestFilesOfAService(t *testing.T) {
	tests := []struct {
		name, section, field string
		wrong                string // part of the mistake
		types                string
	}{
		{"nothing said", "", "", "", "pdf, jpeg, png"},
		{"its own list", "files: {types: [docx, pdf]}\n", "", "", "docx, pdf"},
		{"no list", "files: {uncovered: refuse}\n", "", "", "pdf, jpeg, png"},
		{"a type nobody knows", "files: {types: [pdf, exe]}\n", "", `"exe" is none of`, ""},
		{"a type twice", "files: {types: [pdf, pdf]}\n", "", "twice", ""},
		{"an empty list", "files: {types: []}\n", "", "at least one", ""},
		{"a wish nobody knows", "files: {uncovered: hide}\n", "", `"hide" is none of show, refuse`, ""},
		{"another", "files: {missing: maybe}\n", "", `"maybe" is none of await, refuse`, ""},
		{"a misspelt one", "files: {type: [pdf]}\n", "", "misspelt", ""},
		{"a file field", "", "  - {path: BusinessData/Bill, type: file, document: income, kk: Шот, ru: Счёт}\n", "", "pdf, jpeg, png"},
		{"a file that is no document", "", "  - {path: BusinessData/Bill, type: file, kk: Шот, ru: Счёт}\n", "which of the service's documents", ""},
		{"a document nobody asks for", "", "  - {path: BusinessData/Bill, type: file, document: photo, kk: Шот, ru: Счёт}\n", `not "photo"`, ""},
		{"a text that is a document", "", "  - {path: BusinessData/Bill, type: text, document: income, kk: Шот, ru: Счёт}\n", "only a file", ""},
		{"a file with a length", "", "  - {path: BusinessData/Bill, type: file, document: income, max: 5, kk: Шот, ru: Счёт}\n", "neither max nor pattern", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var mistakes []string
			for _, p := range catalogue.Check(withFiles(t, tt.section, tt.field)) {
				if !p.Gap && strings.HasPrefix(p.File, "services/") {
					mistakes = append(mistakes, p.Text)
					if p.Line == 0 {
						t.Errorf("%q has no line", p.Text)
					}
				}
			}
			all := strings.Join(mistakes, "; ")
			if (tt.wrong == "") != (all == "") || !strings.Contains(all, tt.wrong) {
				t.Fatalf("mistakes %q, want %q", all, tt.wrong)
			}
			if tt.wrong != "" {
				return
			}
			c, err := catalogue.Load(withFiles(t, tt.section, tt.field))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Services()[0].Files.Names(); got != tt.types {
				t.Errorf("takes %q, want %q", got, tt.types)
			}
		})
	}
}

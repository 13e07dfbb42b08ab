package console

import (
	"net/http"
	"strings"
	"testing"
)

// TestCaseShowsItsFiles: what a file is, whether the signature covers it and whether it was checked, in three
// languages; never its name, for people name files after people.
func TestCaseShowsItsFiles(t *testing.T) {
	h := newConsole(sample())
	for lang, words := range map[string][]string{
		"kk": {"Қоса берілген файлдар", "қолтаңба қамтиды", "қолтаңба қамтымайды", "зиянды код жоқ", "қабылданбады", "2 КБ"},
		"ru": {"Вложения", "покрыт подписью", "не покрыт подписью", "вредоносного кода нет", "не принят", "антивирус не подключён"},
		"en": {"Attachments", "covered by the signature", "not covered by the signature", "no malware found", "refused", "application/pdf"},
	} {
		w := get(t, h, "/console/cases/"+sampleNumber+"?lang="+lang, http.StatusOK)
		for _, word := range words {
			if !strings.Contains(w.Body.String(), word) {
				t.Errorf("%s: %q is not shown", lang, word)
			}
		}
		wantNotIn(t, w, "Иванова")
	}
}

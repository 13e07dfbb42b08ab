package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kopir/gateway"
)

func TestLookupsAreInWords(t *testing.T) {
	c := &Console{texts: loadTexts(nil)}
	page := get(t, newConsole(sample()), Base+"/cases/"+sampleNumber, http.StatusOK).Body.String()
	for _, want := range []string{"ЖТ МДҚ", "туған күні", "қызмет беруші растайды", "тізілім жауап бермеді"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for lang, want := range map[string]string{"kk": "тегі, туған күні", "ru": "фамилия, дата рождения", "en": "surname, date of birth"} {
		lines := c.history(lang, []gateway.Event{{At: time.Unix(1, 0), Kind: "lookup_differs", Actor: "kopir",
			Data: map[string]string{"register": "gbdfl", "differences": "surname birth_date"}}})
		said := ""
		for _, f := range lines[0].Facts {
			said += f.Name + ": " + f.Value + "; "
		}
		if !strings.Contains(said, want) || strings.Contains(said, "gbdfl") || strings.HasPrefix(lines[0].Title, "event.") {
			t.Errorf("%s: %q %q", lang, lines[0].Title, said)
		}
	}
}

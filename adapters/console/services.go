package console

import (
	"cmp"
	"net/http"
	"strings"
)

// ServiceRow is one service of the catalogue as the page shows it.
type ServiceRow struct {
	Key           string            // "asp-certificate/zhambyl"
	Title         map[string]string // kk, ru
	Version       int
	Form          string   // "paper", "partially_automated", "automated"
	Channels      []string // gateway.Channel words
	Terms         []Term   // the whole term, by channel
	ProviderKinds []string // "department", "rural_akim", "education"
	SignerRoles   []string // pki role words
	ProviderBIN   bool     // the BIN in the signer's certificate must be the provider's
	Consent       bool
	Missing       []string // what the operator still has to supply, in English

	Documents map[string]map[string]string // a document's title in kk and ru, by its code; codes without one are shown
}

// Term is a limit of one channel, as worktime.Limit has it.
type Term struct {
	Channel string
	N       int
	Unit    string // "minutes", "hours", "calendar_days", "working_days"
}

// rowTitle names the service; variants of one service, which share their title, are told apart.
func (c *Console) rowTitle(lang string, s ServiceRow) string {
	t := inLanguage(s.Title, lang)
	if t == "" {
		return s.Key
	}
	if _, variant, ok := strings.Cut(s.Key, "/"); ok {
		return t + " (" + c.texts.word(lang, "variant", variant) + ")"
	}
	return t
}

// documentTitle names a document of a service as the catalogue does, or by its code.
func (c *Console) documentTitle(lang, service, code string) string {
	for _, s := range c.cfg.Services() {
		if s.Key == service {
			return cmp.Or(inLanguage(s.Documents[code], lang), scrub(code))
		}
	}
	return scrub(code)
}

// serviceLine is a row with its title in the page's language.
type serviceLine struct {
	ServiceRow
	Name string
}

func (c *Console) services(_ *http.Request, v visit) (*shown, error) {
	var rows []serviceLine
	for _, s := range c.cfg.Services() {
		rows = append(rows, serviceLine{s, c.rowTitle(v.lang, s)})
	}
	return &shown{Template: "services", Nav: "services", Title: c.texts.get(v.lang, "services.title"), Body: rows}, nil
}

// serviceTitle names a service by its key; one the catalogue no longer has shows as its key.
func (c *Console) serviceTitle(lang, key string) string {
	for _, s := range c.cfg.Services() {
		if s.Key == key {
			return c.rowTitle(lang, s)
		}
	}
	return key
}

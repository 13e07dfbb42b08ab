package console

import (
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
	Missing       []string // what the operator still has to supply
}

// Term is a limit of one channel, as worktime.Limit has it.
type Term struct {
	Channel string
	N       int
	Unit    string // "minutes", "hours", "calendar_days", "working_days"
}

// title names the service; variants of one service, which share their title, are told apart.
func (s ServiceRow) title(lang string) string {
	t := inLanguage(s.Title, lang)
	if t == "" {
		return s.Key
	}
	if _, variant, ok := strings.Cut(s.Key, "/"); ok {
		return t + " (" + variant + ")"
	}
	return t
}

// serviceLine is a row with its title in the page's language.
type serviceLine struct {
	ServiceRow
	Name string
}

func (c *Console) services(_ *http.Request, v visit) (*shown, error) {
	var rows []serviceLine
	for _, s := range c.cfg.Services() {
		rows = append(rows, serviceLine{s, s.title(v.lang)})
	}
	return &shown{Template: "services", Nav: "services", Title: c.texts.get(v.lang, "services.title"), Body: rows}, nil
}

// serviceTitle names a service by its key; one the catalogue no longer has shows as its key.
func (c *Console) serviceTitle(lang, key string) string {
	for _, s := range c.cfg.Services() {
		if s.Key == key {
			return s.title(lang)
		}
	}
	return key
}

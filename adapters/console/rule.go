package console

import (
	"regexp"
	"strings"
)

// ruleForms are the sentences in which routing says why a provider was chosen: the provider's kind and
// territory, and where that is a wider one, the form's own territory and the kinds it lacks.
var ruleForms = regexp.MustCompile(`^the ([a-z ]+) of (\d{9}(?: [^,;]+)?)(?:, in which (\d{9}(?: [^,;]+)?) lies; the registry has no ([a-z ]+) of its own for it)?$`)

// rule puts routing's reason into the language; "" where it is none of the sentences known here.
func (c *Console) rule(lang, s string) string {
	m := ruleForms.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	kind, ok := c.ruleKind(lang, m[1])
	if !ok {
		return ""
	}
	if m[3] == "" {
		return c.texts.get(lang, "rule.here", kind, m[2])
	}
	var kinds []string
	for _, k := range strings.Split(m[4], " or ") {
		words, ok := c.ruleKind(lang, k)
		if !ok {
			return ""
		}
		kinds = append(kinds, words)
	}
	return c.texts.get(lang, "rule.around", kind, m[2], m[3], strings.Join(kinds, c.texts.get(lang, "rule.or")))
}

func (c *Console) ruleKind(lang, kind string) (string, bool) {
	return c.texts.find(lang, "rule."+strings.ReplaceAll(kind, " ", "_"))
}

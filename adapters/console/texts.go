package console

import (
	"embed"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// texts are the pages' words by language, and behind them the gateway's.
type texts struct {
	own    map[string]map[string]string
	shared Texts
}

func loadTexts(shared Texts) texts {
	t := texts{own: map[string]map[string]string{}, shared: shared}
	for _, lang := range languages {
		b, err := textFiles.ReadFile("texts/" + lang + ".yaml")
		if err != nil { // embedded
			panic(err)
		}
		one := map[string]string{}
		if err := yaml.Unmarshal(b, &one); err != nil {
			panic(fmt.Errorf("texts/%s.yaml: %w", lang, err))
		}
		t.own[lang] = one
	}
	return t
}

// find returns a text if there is one.
func (t texts) find(lang, key string) (string, bool) {
	if s, ok := t.own[lang][key]; ok {
		return s, true
	}
	if t.shared != nil {
		if s := t.shared.Text(lang, key); s != "" && s != key {
			return s, true
		}
	}
	return "", false
}

// get returns a text, filled with args; a missing one shows as its key, so that the gap is seen.
func (t texts) get(lang, key string, args ...any) string {
	s, ok := t.find(lang, key)
	if !ok {
		return key
	}
	if len(args) == 0 {
		return s
	}
	words := make([]any, len(args))
	for i, a := range args {
		words[i] = fmt.Sprint(a)
	}
	return fmt.Sprintf(s, words...)
}

// word names a value of a closed list ("state", "in_work"). A value without a name, such as a
// step only the catalogue knows, is shown as it came.
func (t texts) word(lang, kind, value string) string {
	if value == "" {
		return t.get(lang, "app.none")
	}
	if s, ok := t.find(lang, kind+"."+value); ok {
		return s
	}
	return strings.ReplaceAll(scrub(value), "_", " ")
}

// counted fits a number into one of the three forms Russian has; the others repeat theirs.
func (t texts) counted(lang, unit string, n int) string {
	return t.get(lang, "unit."+unit+"."+pluralForm(lang, n), n)
}

func pluralForm(lang string, n int) string {
	switch {
	case lang != "ru" && n == 1, lang == "ru" && n%10 == 1 && n%100 != 11:
		return "one"
	case lang == "ru" && n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return "few"
	}
	return "many"
}

package schemas

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestEveryLanguageHasTheSameTexts(t *testing.T) {
	all, err := ReadTexts(FS)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(maps.Keys(all["kk"]))
	if len(want) < 50 {
		t.Fatalf("only %d texts", len(want))
	}
	for _, lang := range Languages() {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(all[lang]))); diff != "" {
			t.Errorf("keys of %s differ from kk (-kk +%s):\n%s", lang, lang, diff)
		}
		for key, text := range all[lang] {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", lang, key)
			}
			if diff := cmp.Diff(places(all["kk"][key]), places(text)); diff != "" {
				t.Errorf("%s: %s puts in other words than kk:\n%s", lang, key, diff)
			}
		}
	}
}

// places are the words in braces.
func places(s string) []string {
	found := regexp.MustCompile(`\{[a-z]+\}`).FindAllString(s, -1)
	slices.Sort(found)
	return found
}

func TestTextShowsWhatIsMissing(t *testing.T) {
	tests := []struct{ name, lang, key, want string }{
		{"kk", "kk", "state.accepted", "қабылданды"},
		{"language nobody speaks", "xx", "state.accepted", "accepted"},
		{"key nobody wrote", "kk", "no.such.key", "no.such.key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Text(tt.lang, tt.key); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCodesAreComplete(t *testing.T) {
	list, err := Codes()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 40 {
		t.Fatalf("only %d codes", len(list))
	}
	shep := regexp.MustCompile(`^SC(E[0-9]{3}|S[ES][0-9]{3})$`)
	for _, c := range list {
		if !shep.MatchString(c.SHEP) {
			t.Errorf("%s: shep code %q", c.Code, c.SHEP)
		}
		if fault := strings.HasPrefix(c.SHEP, "SCE"); fault != (c.SHEPKind == SHEPFault) {
			t.Errorf("%s: %s is not a %s", c.Code, c.SHEP, c.SHEPKind)
		}
		for _, s := range []string{c.KK, c.RU, c.Operator["kk"], c.Operator["ru"], c.Operator["en"]} {
			if !strings.HasSuffix(s, ".") || strings.Contains(s, "  ") {
				t.Errorf("%s: %q is not a sentence", c.Code, s)
			}
		}
		if c.KK == c.RU {
			t.Errorf("%s: kk and ru are the same", c.Code)
		}
	}
}

func TestMistakesInTheTableAreNamed(t *testing.T) {
	const good = "- {code: a, http: 422, shep: SCSE002, shep_kind: status, kk: К., ru: Р., operator: {kk: К., ru: Р., en: E.}}\n"
	tests := []struct{ name, yaml, want string }{
		{"twice", good + good, "there twice"},
		{"success status", strings.Replace(good, "422", "200", 1), "not an error status"},
		{"kind", strings.Replace(good, "status,", "answer,", 1), "shep_kind"},
		{"no Kazakh", strings.Replace(good, "kk: К., ru", "ru", 1), "kk or ru"},
		{"no English for the operator", strings.Replace(good, ", en: E.", "", 1), "operator's text in en"},
		{"unknown field", strings.Replace(good, "http", "htp", 1), "line 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadCodes(fstest.MapFS{"codes.yaml": {Data: []byte(tt.yaml)}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestEmbeddedFolders(t *testing.T) {
	for _, pattern := range []string{"services/*.yaml", "providers/*.tsv", "calendar/*.yaml", "texts/*.yaml", "kato.tsv", "codes.yaml"} {
		if names, err := fs.Glob(FS, pattern); err != nil || len(names) == 0 {
			t.Errorf("%s: nothing embedded (%v)", pattern, err)
		}
	}
}

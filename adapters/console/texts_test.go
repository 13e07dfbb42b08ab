package console

import (
	"cmp"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

func TestTextsAreTheSameInEveryLanguage(t *testing.T) {
	words := loadTexts(nil).own
	for key, kk := range words["kk"] {
		for _, lang := range languages {
			s, ok := words[lang][key]
			if !ok || strings.TrimSpace(s) == "" {
				t.Errorf("%s lacks %s", lang, key)
			}
			if got, want := strings.Count(s, "%s"), strings.Count(kk, "%s"); got != want {
				t.Errorf("%s %s takes %d values, kk takes %d", lang, key, got, want)
			}
			if rest := strings.ReplaceAll(s, "%s", ""); strings.Contains(rest, "%") {
				t.Errorf("%s %s holds a stray %%: %q", lang, key, s)
			}
		}
	}
	for _, lang := range languages {
		if len(words[lang]) != len(words["kk"]) {
			t.Errorf("%s has %d keys, kk %d", lang, len(words[lang]), len(words["kk"]))
		}
	}
}

func TestLettersFitTheLanguage(t *testing.T) {
	words := loadTexts(nil).own
	same := regexp.MustCompile(`^(lang|via\.rest|key_store\.kaztoken|source|verdict\.sha|covers\.body|app\.(none|search_hint|name)|case\.(bin|request))`)
	for key, ru := range words["ru"] {
		if strings.ContainsAny(ru, "әғқңөұүһіӘҒҚҢӨҰҮҺІ") && !strings.HasPrefix(key, "lang.") && key != "app.name" {
			t.Errorf("ru %s has Kazakh letters: %q", key, ru)
		}
		if en := words["en"][key]; regexp.MustCompile(`\p{Cyrillic}`).MatchString(en) && !strings.HasPrefix(key, "lang.") {
			t.Errorf("en %s has Cyrillic letters: %q", key, en)
		}
		if kk := words["kk"][key]; len([]rune(kk)) > 40 && kk == ru && !same.MatchString(key) {
			t.Errorf("kk %s is the Russian text", key)
		}
	}
}

func TestClosedListsHaveWords(t *testing.T) {
	words := loadTexts(nil)
	need := func(kind, value string) {
		for _, lang := range languages {
			if _, ok := words.own[lang][kind+"."+value]; !ok {
				t.Errorf("%s lacks %s.%s", lang, kind, value)
			}
		}
	}
	for _, code := range gateway.Codes() {
		need("code", string(code))
	}
	for _, s := range gateway.States() {
		need("state", string(s))
	}
	for _, s := range gateway.LookupStates() {
		need("lookup", string(s))
		if s != gateway.LookupPending {
			need("event", "lookup_"+string(s))
		}
	}
	for _, cause := range []string{gateway.LookupSilent, gateway.LookupBadAnswer, gateway.LookupNotConnected} {
		need("lookup.cause", cause)
	}
	for _, field := range []string{"surname", "name", "birth_date", "iin"} {
		need("lookup.difference", field)
	}
	for o := range reason.NotApplicable + 1 {
		need("outcome", o.String())
	}
	for _, name := range []string{reason.CheckXML, reason.CheckSignature, reason.CheckDigest, reason.CheckCoverage, reason.CheckAlgorithm,
		reason.CheckChain, reason.CheckValidity, reason.CheckPurpose, reason.CheckRevocation, reason.CheckIdentity, "attachments"} {
		need("check", name)
	}
	for _, c := range []gateway.Channel{gateway.ChannelPortal, gateway.ChannelDepartment, gateway.ChannelServiceCentre, gateway.ChannelRuralAkim, gateway.ChannelEmploymentCentre} {
		need("channel", string(c))
	}
	for _, v := range []gateway.Via{gateway.ViaREST, gateway.ViaSyncSOAP, gateway.ViaAsyncSOAP} {
		need("via", string(v))
	}
	for _, kind := range []string{"parked", "accepted", "refused", "escalated", "leased", "acknowledged", "lease_renewed", "lease_released", "dead",
		"step", "result_refused", "completed", "declined", "delivered", gateway.EventFileStored, gateway.EventFileRefused} { // what the use cases and the ledger write
		need("event", kind)
	}
	for _, s := range gateway.FileStates() {
		need("file.state", string(s))
	}
	for _, s := range gateway.ScanStates() {
		need("file.scan", cmp.Or(string(s), "off"))
	}
	for _, p := range periods {
		need("board.range", p.Key)
		need("board.chart", p.Key)
		need("board.tile.failures", p.Key)
	}
}

func TestTemplatesUseWordsThatExist(t *testing.T) {
	words := loadTexts(nil).own["kk"]
	key := regexp.MustCompile(`\(?\bt "([a-z_.0-9]+)"`)
	found := 0
	err := fs.WalkDir(templateFiles, "templates", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := templateFiles.ReadFile(name)
		for _, m := range key.FindAllStringSubmatch(string(b), -1) {
			found++
			if _, ok := words[m[1]]; !ok {
				t.Errorf("%s uses %q, which has no text", name, m[1])
			}
		}
		return err
	})
	if err != nil || found < 50 {
		t.Fatalf("%d words found: %v", found, err)
	}
}

func TestLanguageIsChosen(t *testing.T) {
	h := newConsole(sample())
	tests := []struct{ name, query, cookie, header, want string }{
		{"nothing said", "", "", "", "kk"},
		{"a Russian browser", "", "", "ru-RU,ru;q=0.9,en;q=0.8", "ru"},
		{"a Kazakh browser", "", "", "kk-KZ, ru;q=0.5", "kk"},
		{"Kazakh liked less", "", "", "kk;q=0.3, ru;q=0.8", "ru"},
		{"liked the same", "", "", "ru, kk", "kk"},
		{"an English browser", "", "", "en-US,en", "kk"},
		{"Russian refused", "", "", "ru;q=0", "kk"},
		{"nonsense", "", "", ";;q=x,,ru;q=abc", "kk"},
		{"a cookie beats the browser", "", "en", "ru", "en"},
		{"a strange cookie does not", "", "xx", "ru", "ru"},
		{"the address beats all", "?lang=ru", "en", "kk", "ru"},
		{"a strange address does not", "?lang=../x", "en", "", "en"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := []string{"Accept-Language", tt.header}
			if tt.cookie != "" {
				header = append(header, "Cookie", languageCookie+"="+tt.cookie)
			}
			w := get(t, h, "/console"+tt.query, http.StatusOK, header...)
			wantIn(t, w, `<html lang="`+tt.want+`">`, loadTexts(nil).own[tt.want]["board.queues"])
			set := w.Header().Get("Set-Cookie")
			if (tt.query == "?lang=ru") != strings.Contains(set, languageCookie+"=ru") {
				t.Errorf("cookie %q", set)
			}
		})
	}
}

func TestLanguageSwitchKeepsThePage(t *testing.T) {
	w := get(t, newConsole(sample()), "/console/verdicts?code=duplicate&only_failed=1", http.StatusOK)
	wantIn(t, w, `href="/console/verdicts?code=duplicate&amp;lang=ru&amp;only_failed=1"`, `lang="ru"`)
}

func TestRussianNumbersBend(t *testing.T) {
	words := loadTexts(nil)
	for n, want := range map[int]string{1: "1 рабочий день", 2: "2 рабочих дня", 5: "5 рабочих дней", 11: "11 рабочих дней", 12: "12 рабочих дней", 21: "21 рабочий день", 22: "22 рабочих дня", 112: "112 рабочих дней"} {
		if got := words.counted("ru", "working_days", n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	if got := words.counted("kk", "working_days", 7); got != "7 жұмыс күні" {
		t.Errorf("kk %q", got)
	}
	if got := words.counted("en", "working_days", 1); got != "1 working day" {
		t.Errorf("en %q", got)
	}
}

func TestSharedTextsComeSecond(t *testing.T) {
	words := loadTexts(TextsFunc(func(_, key string) string {
		if key == "event.survey" {
			return "Сауалнама"
		}
		return key
	}))
	for value, want := range map[string]string{"survey": "Сауалнама", "leased": "Қызмет берушіге берілді", "odd_kind": "odd kind", "": "—"} {
		if got := words.word("kk", "event", value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
	if got := words.get("kk", "no.such"); got != "no.such" {
		t.Errorf("a gap shows as %q", got)
	}
}

func TestSpansAndNumbers(t *testing.T) {
	words := loadTexts(nil)
	for d, want := range map[time.Duration]string{-time.Hour: "0 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min", 90 * time.Minute: "1 h 30 min",
		2 * time.Hour: "2 h", 26 * time.Hour: "1 d 2 h", 48*time.Hour + time.Minute: "2 d"} {
		if got := strings.ReplaceAll(words.span("en", d), nbsp, " "); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	var got []string
	for _, n := range []int{0, 7, 999, 1000, 1234567, -1234} {
		got = append(got, strings.ReplaceAll(grouped(n), nbsp, " "))
	}
	if want := []string{"0", "7", "999", "1 000", "1 234 567", "-1 234"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	at := time.Date(2026, 11, 23, 6, 20, 5, 0, time.UTC)
	if moment("ru", at) != "23.11.2026 11:20:05" || minute("en", at) != "2026-11-23 11:20" || moment("kk", time.Time{}) != "—" {
		t.Errorf("%q %q", moment("ru", at), minute("en", at))
	}
}

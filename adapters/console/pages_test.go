package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

func TestVerdictsAreFiltered(t *testing.T) {
	l := sample()
	h := newConsole(l)
	w := get(t, h, "/console/verdicts?lang=en", http.StatusOK)
	wantIn(t, w, "Content changed after signing", "Every check passed", "Shown: 30")
	if l.filter != (gateway.VerdictFilter{Limit: verdictsShown}) {
		t.Errorf("no filter asks for %+v", l.filter)
	}
	q := url.Values{"lang": {"en"}, "code": {"digest_mismatch"}, "service": {"housing-assistance"}, "only_failed": {"1"}, "number": {sampleNumber},
		"from": {now.Add(-time.Hour).Format(time.RFC3339)}, "to": {now.Format(time.RFC3339)}}
	get(t, h, "/console/verdicts?"+q.Encode(), http.StatusOK)
	f := l.filter
	if f.Code != reason.DigestMismatch || f.Service != "housing-assistance" || !f.OnlyFailed || f.Number != sampleNumber ||
		!f.From.Equal(now.Add(-time.Hour)) || !f.To.Equal(now) || f.Limit != verdictsShown {
		t.Errorf("the filter asks for %+v", f)
	}
	w = get(t, h, "/console/verdicts?lang=en&code=digest_mismatch", http.StatusOK)
	wantIn(t, w, `<option value="digest_mismatch" selected>`, "Shown: 5", "06F00XYZ")
	wantNotIn(t, w, "06F01XYZ", "06F02XYZ")
	w = get(t, h, "/console/verdicts?lang=en&only_failed=1", http.StatusOK)
	wantNotIn(t, w, "Every check passed")
	wantIn(t, w, `value="1" checked>`)
	w = get(t, h, "/console/verdicts?lang=en&code=internal", http.StatusOK)
	wantIn(t, w, "No verdict matches.")
}

func TestAFilterThatIsNotUnderstoodShowsNothing(t *testing.T) {
	l := sample()
	h := newConsole(l)
	for _, q := range []string{"code=nonsense", "service=none", "from=yesterday", "to=%00", "number=" + sampleIIN, "code=%3Cscript%3E"} {
		w := get(t, h, "/console/verdicts?lang=en&"+q, http.StatusBadRequest)
		wantIn(t, w, "The filter is not understood")
		wantNotIn(t, w, "06F00XYZ", "<script>")
	}
}

func TestAHundredVerdictsAndThenOlder(t *testing.T) {
	l := sample()
	for i := range 200 {
		v := sampleVerdict(fmt.Sprintf("V%03d", i), reason.DigestMismatch)
		v.At = now.Add(-time.Duration(i) * time.Minute)
		l.list = append(l.list, v)
	}
	w := get(t, newConsole(l), "/console/verdicts?lang=en&code=digest_mismatch", http.StatusOK)
	wantIn(t, w, "Shown: 100", ">Older<", "to="+url.QueryEscape(l.list[30+94].At.UTC().Format(time.RFC3339Nano)))
	wantNotIn(t, w, "V150")
}

func TestVerdictTellsEverything(t *testing.T) {
	l := sample()
	failed := sampleVerdict("BAD", reason.DigestMismatch)
	failed.Signers = append(failed.Signers, gateway.SignerSummary{Index: 2, Algorithm: "rsa-sha256", Covers: "#payload", Roles: []string{"head", "new_role"}})
	l.list = append(l.list, failed, sampleVerdict("GOOD", ""), sampleVerdict("WAIT", reason.RevocationUnknown))
	h := newConsole(l)
	w := get(t, h, "/console/verdicts/BAD?lang=en", http.StatusOK)
	wantIn(t, w, "Content changed after signing", "reference 1: the digest of the content differs", "Likely cause and what to do",
		"Ask the portal for the original file", "Nothing of this document was accepted as covered", "gost3410-2015-512", "3c1a97f0e5b24d6698c3aa1f0e77d5b1c2f4a906",
		"ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ", "individual", "file (PKCS#12)", "OCSP", "CRL", "2026-11-23 11:19:00", "good", sampleSHA, "the element #payload", "new role", "Signer", "signer 2")
	for _, check := range failed.Checks {
		wantIn(t, w, h.texts.get("en", "check."+check.Name))
	}
	if got := strings.Count(w.Body.String(), `class="line-`); got != len(failed.Checks) {
		t.Errorf("%d checks are shown, want %d", got, len(failed.Checks))
	}
	w = get(t, h, "/console/verdicts/GOOD?lang=en", http.StatusOK)
	wantIn(t, w, "Every check passed", "Only these covered octets travelled on.", "the whole document", strings.Repeat("ab01", 16), "/console/cases/"+sampleNumber)
	wantNotIn(t, w, "Likely cause")
	w = get(t, h, "/console/verdicts/WAIT?lang=en", http.StatusOK)
	wantIn(t, w, "inconclusive", "No OCSP answer or CRL was used.")
	get(t, h, "/console/verdicts/none", http.StatusNotFound)
}

func TestAVerdictOfNothingIsShown(t *testing.T) {
	l := sample()
	l.list = append(l.list, gateway.Verdict{ID: "ZERO"})
	w := get(t, newConsole(l), "/console/verdicts/ZERO?lang=en", http.StatusOK)
	wantIn(t, w, "inconclusive", "No signer could be read from the document.")
	wantNotIn(t, w, "Every check passed")
}

func TestCaseTellsItsWay(t *testing.T) {
	shared := TextsFunc(func(_, key string) string {
		return map[string]string{"step.executor_named": "Назначен ответственный исполнитель"}[key]
	})
	w := get(t, newConsole(sample(), func(c *Config) { c.Texts = shared }), "/console/cases/"+sampleNumber+"?lang=ru", http.StatusOK)
	wantIn(t, w, sampleNumber, "в работе", "04.12.2026 18:00", "осталось 11\u00a0дн\u00a06\u00a0ч", "отдел, территория 595200000 Қызылжар ауданы: в неё входит 595220000, где своего услугодателя в реестре нет (отдел или аким)",
		"Назначен ответственный исполнитель", "Документы, подтверждающие доходы семьи",
		"Отложено до выяснения статуса свидетельства", "Услугодатель принял в работу", "Цепочка хешей истории цела", "Отдел занятости и социальных программ Кызылжарского района",
		"Назначение жилищной помощи", "Статус свидетельства неизвестен (revocation_unknown)", `aria-current="step"`, "/console/verdicts/06F01XYZ")
}

func TestAMarkIsShown(t *testing.T) {
	words := loadTexts(nil).own
	for _, m := range gateway.Marks() {
		l := sample()
		c := l.cases[sampleNumber]
		c.Mark, c.EscalatedAt = m, now.Add(-time.Hour)
		l.cases[sampleNumber] = c
		l.events[sampleNumber] = chained(gateway.Event{At: now, Kind: gateway.EventMarkFailed, Actor: "kopir", Data: map[string]string{"mark": string(m), "approved": "№ 12"}})
		for _, lang := range languages {
			w := get(t, newConsole(l), "/console/cases/"+sampleNumber+"?lang="+lang, http.StatusOK)
			wantIn(t, w, words[lang]["mark."+string(m)], strings.ReplaceAll(words[lang]["mark.meaning."+string(m)], "'", "&#39;"), words[lang]["case.escalated"], words[lang]["event.mark_failed"], words[lang]["data.approved"])
		}
	}
	wantNotIn(t, get(t, newConsole(sample()), "/console/cases/"+sampleNumber+"?lang=en", http.StatusOK), "not confirmed", "did not hold")
}

func TestEnglishOfTheProgramIsMarked(t *testing.T) {
	l := sample()
	c := l.cases[sampleNumber]
	c.Rule = "some new rule"
	l.cases[sampleNumber] = c
	h := newConsole(l)
	wantIn(t, get(t, h, "/console/cases/"+sampleNumber+"?lang=kk", http.StatusOK), `<b>Техникалық мәлімет</b> <small lang="en">some new rule</small>`)
	wantIn(t, get(t, h, "/console/verdicts/06F00XYZ?lang=ru", http.StatusOK), `<h2>Технические подробности</h2><small lang="en">reference 1: the digest of the content differs</small>`)
}

func TestRulesAreTranslated(t *testing.T) {
	tests := []struct{ name, lang, rule, want string }{
		{"its own", "kk", "the akim of 113220100 Азат ауылы", "әкім, аумағы: 113220100 Азат ауылы"},
		{"without a name", "ru", "the education department of 113200000", "отдел образования, территория 113200000"},
		{"around", "en", "the service centre of 11, in which", ""},
		{"a kind nobody knows", "ru", "the moon of 113200000", ""},
		{"kinds nobody knows", "ru", "the akim of 113200000, in which 113220100 lies; the registry has no moon of its own for it", ""},
		{"other words", "kk", "by hand", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := newConsole(sample()).rule(tt.lang, tt.rule); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestCaseTermAndWay(t *testing.T) {
	tests := []struct {
		name   string
		change func(*gateway.Case)
		want   []string
		not    []string
	}{
		{"overdue", func(c *gateway.Case) { c.DueAt = now.Add(-26 * time.Hour) }, []string{"overdue by 1\u00a0d\u00a02\u00a0h", "overdue"}, nil},
		{"answered late is closed", func(c *gateway.Case) { c.DueAt, c.State = now.Add(-time.Hour), gateway.StateCompleted }, []string{"the term is closed"}, []string{"overdue by"}},
		{"no term", func(c *gateway.Case) { c.DueAt = time.Time{} }, []string{"no term"}, nil},
		{"declined", func(c *gateway.Case) { c.State, c.Outcome = gateway.StateDeclined, "negative" }, []string{"motivated refusal"}, []string{">completed<"}},
		{"parked", func(c *gateway.Case) { c.State, c.Checks, c.NextCheckAt = gateway.StateParked, 7, now.Add(time.Minute) }, []string{"Status is asked again", "11:21:00"}, nil},
		{"dead", func(c *gateway.Case) { c.State = gateway.StateDead }, []string{"needs people"}, nil},
		{"refused without anything", func(c *gateway.Case) {
			*c = gateway.Case{Number: c.Number, State: gateway.StateRefused}
		}, []string{"refused"}, nil},
		{"leased", func(c *gateway.Case) { c.State, c.LeaseUntil = gateway.StateAccepted, now.Add(time.Minute) }, []string{"Lease runs until"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := sample()
			c := l.cases[sampleNumber]
			tt.change(&c)
			l.cases[sampleNumber] = c
			w := get(t, newConsole(l), "/console/cases/"+sampleNumber+"?lang=en", http.StatusOK)
			wantIn(t, w, tt.want...)
			wantNotIn(t, w, tt.not...)
		})
	}
}

func TestDeliveriesAreToldApart(t *testing.T) {
	l := sample()
	delivered := func(kind, status string) gateway.Event {
		return gateway.Event{At: now, Kind: "delivered", Actor: "kopir", Data: map[string]string{"kind": kind, "status": status, "message": "0f0f", "destination": "shep", "receipt": "r-1", "code": ""}}
	}
	l.events[sampleNumber] = chained(delivered("NOTIFICATION", "in_work"), delivered("RESPONSE", "completed"),
		gateway.Event{At: now, Kind: "accepted", Data: map[string]string{"verdict": "06F01XYZ"}})
	w := get(t, newConsole(l), "/console/cases/"+sampleNumber+"?lang=en", http.StatusOK)
	wantIn(t, w, "Notification delivered", "Delivered to the recipient", "SHEP, the cabinet", "<dd>in work</dd>", "<dd>completed</dd>", "r-1", `<a href="/console/verdicts/06F01XYZ">`)
	wantNotIn(t, w, "NOTIFICATION", "0f0f", "— ()")
}

func TestABrokenHistoryIsSeen(t *testing.T) {
	l := sample()
	l.events[sampleNumber][2].Actor = "somebody-else"
	w := get(t, newConsole(l), "/console/cases/"+sampleNumber+"?lang=en", http.StatusOK)
	wantIn(t, w, "breaks at event 3")
	wantNotIn(t, w, "chain of hashes is whole")
}

func TestUnknownCases(t *testing.T) {
	h := newConsole(sample())
	get(t, h, "/console/cases/K26-00000-00000", http.StatusNotFound)
	w := get(t, h, "/console/cases/"+sampleIIN, http.StatusNotFound)
	wantNotIn(t, w, "<main id=\"content\" class=\"wide\" tabindex=\"-1\">"+sampleIIN)
	get(t, h, "/console/cases/%3Cb%3E", http.StatusNotFound)
}

func TestServicesAreListed(t *testing.T) {
	w := get(t, newConsole(sample()), "/console/services?lang=ru", http.StatusOK)
	wantIn(t, w, "Назначение жилищной помощи", "10 рабочих дней", "10 календарных дней", "частично автоматизированная", "первый руководитель",
		"БИН должен совпасть с БИН услугодателя", "требуется", "Оператору уточнить: 1", `lang="en"><li>the registered serviceId</li>`, "(Жамбылская область)", "сельские акимы",
		"/console/verdicts?service=asp-certificate%2fzhambyl&amp;only_failed=1")
	w = get(t, newConsole(sample(), func(c *Config) { c.Services = nil }), "/console/services?lang=kk", http.StatusOK)
	wantIn(t, w, "Каталог бос.")
}

func TestTestKeysAreShownInRed(t *testing.T) {
	const banner = `class="test-pki"`
	for _, page := range []string{"/console", "/console/verdicts", "/console/verdicts/06F00XYZ", "/console/cases/" + sampleNumber, "/console/services", "/console/sources"} {
		wantIn(t, get(t, newConsole(sample(), func(c *Config) { c.TestPKI = true }), page, http.StatusOK), banner)
		wantNotIn(t, get(t, newConsole(sample()), page, http.StatusOK), banner)
	}
	w := get(t, newConsole(sample(), func(c *Config) { c.TestPKI, c.Auth = true, nil }), "/console", http.StatusUnauthorized)
	wantIn(t, w, banner)
}

func TestHostileWordsStayWords(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`
	l := sample()
	v := sampleVerdict("EVIL", reason.DigestMismatch)
	v.Detail, v.Caller, v.Service, v.Provider, v.Kind, v.Via = hostile, hostile, hostile, hostile, hostile, hostile
	v.DocumentSHA, v.CoveredSHA = hostile, hostile
	v.Checks[2].Detail, v.Checks[2].Name, v.Checks[2].Code = hostile, hostile, hostile
	v.Signers[0] = gateway.SignerSummary{Algorithm: hostile, Covers: "#" + hostile, Serial: hostile, Issuer: hostile, Roles: []string{hostile}, KeyStore: hostile}
	v.Evidence[0] = gateway.EvidenceRef{Source: hostile, SHA256: hostile, State: hostile, Detail: hostile}
	l.list = append([]gateway.Verdict{v}, l.list...)
	c := l.cases[sampleNumber]
	c.Rule, c.Provider, c.Caller, c.RequestNumber, c.RequestDate, c.Territory = hostile, hostile, hostile, hostile, hostile, hostile
	c.Channel, c.Outcome, c.IIN, c.BIN, c.DocumentSHA = hostile, hostile, hostile, hostile, hostile
	c.Attachments = []gateway.Attachment{{Code: hostile, Name: hostile, SHA256: hostile}}
	l.cases[sampleNumber] = c
	l.events[sampleNumber] = []gateway.Event{{Seq: 1, Kind: hostile, Actor: hostile, Data: map[string]string{hostile: hostile}}}
	l.queues = []gateway.Queue{{Name: hostile, Depth: 1}}
	l.outbox = []gateway.Queue{{Name: "callback:" + hostile, Depth: 1}, {Name: hostile}}
	l.parked = []string{hostile}
	l.failures = append(l.failures, gateway.FailureCount{At: now, Code: hostile, Count: 9})
	h := newConsole(l)
	for _, page := range []string{"/console", "/console/verdicts", "/console/verdicts/EVIL", "/console/cases/" + sampleNumber, "/console?lang=" + url.QueryEscape(hostile),
		"/console?range=" + url.QueryEscape(hostile)} {
		wantNotIn(t, get(t, h, page, http.StatusOK), "<script", "<img src=x")
	}
}

func TestPagesNeedNoScript(t *testing.T) {
	h := newConsole(sample(), func(c *Config) { c.TestPKI = true })
	for _, page := range allPages {
		w := get(t, h, page.path, page.status)
		wantNotIn(t, w, "<script", " style=", "<style", "javascript:", " onclick=", " onload=", "http://", "https://")
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") {
			t.Errorf("%s: policy %q", page.path, csp)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", page.path, w.Header())
		}
	}
}

// allPages are one of each kind, with the errors.
var allPages = []struct {
	path   string
	status int
}{
	{"/console", http.StatusOK}, {"/console/", http.StatusOK}, {"/console?range=week&refresh=on", http.StatusOK}, {"/console?range=hour", http.StatusOK},
	{"/console/verdicts", http.StatusOK}, {"/console/verdicts?code=bad", http.StatusBadRequest}, {"/console/verdicts/06F00XYZ", http.StatusOK},
	{"/console/verdicts/06F01XYZ", http.StatusOK}, {"/console/cases/" + sampleNumber, http.StatusOK}, {"/console/services", http.StatusOK},
	{"/console/sources", http.StatusOK},
	{"/console/nowhere", http.StatusNotFound},
}

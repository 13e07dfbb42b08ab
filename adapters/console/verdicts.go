package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// verdictsShown is the length of the list.
const verdictsShown = 100

// verdictsView is the list and the filter it was made with.
type verdictsView struct {
	Filter   gateway.VerdictFilter
	Bad      bool // the filter names what does not exist; nothing is shown
	Groups   []codeGroup
	Services []serviceChoice
	Rows     []verdictRow
	Older    string
	Period   string // words for From and To
	From, To string // as in the address, to be kept by the form
}

// codeGroup is a part of the choice of reasons.
type codeGroup struct {
	Name  string
	Codes []codeChoice
}

type codeChoice struct {
	Code    gateway.Code
	Title   string
	Current bool
}

type serviceChoice struct {
	Key, Title string
	Current    bool
}

// verdictRow is one verdict in a list.
type verdictRow struct {
	gateway.Verdict
	Reason  string
	Service string
	Href    string
}

func (c *Console) verdicts(r *http.Request, v visit) (*shown, error) {
	q := r.URL.Query()
	view := verdictsView{From: q.Get("from"), To: q.Get("to")}
	view.Filter, view.Bad = c.filter(q)
	view.Groups = c.codeGroups(v.lang, view.Filter.Code)
	view.Services = c.serviceChoices(v.lang, view.Filter.Service)
	view.Period = c.periodWords(v.lang, view.Filter)
	s := &shown{Template: "verdicts", Nav: "verdicts", Title: c.texts.get(v.lang, "verdicts.title")}
	if view.Bad {
		s.Status, s.Body = http.StatusBadRequest, view
		return s, nil
	}
	list, err := c.cfg.Ledger.Verdicts(r.Context(), view.Filter)
	if err != nil {
		return nil, err
	}
	view.Rows = c.verdictRows(v.lang, list)
	if len(list) == verdictsShown {
		q.Set("to", list[len(list)-1].At.UTC().Format(time.RFC3339Nano))
		q.Del("lang")
		view.Older = Base + "/verdicts?" + q.Encode()
	}
	s.Body = view
	return s, nil
}

// filter reads the address. A value outside the closed lists makes the filter bad: showing
// everything instead would look like an answer.
func (c *Console) filter(q url.Values) (f gateway.VerdictFilter, bad bool) {
	f = gateway.VerdictFilter{Code: gateway.Code(q.Get("code")), Service: q.Get("service"), Number: q.Get("number"),
		OnlyFailed: q.Get("only_failed") == "1", Limit: verdictsShown}
	if f.Code != "" && !slices.Contains(gateway.Codes(), f.Code) {
		f.Code, bad = "", true
	}
	if f.Service != "" && !slices.ContainsFunc(c.cfg.Services(), func(s ServiceRow) bool { return s.Key == f.Service }) {
		f.Service, bad = "", true
	}
	if f.Number != "" && !plausibleNumber(f.Number) {
		f.Number, bad = "", true
	}
	for name, at := range map[string]*time.Time{"from": &f.From, "to": &f.To} {
		if s := q.Get(name); s != "" {
			t, err := time.Parse(time.RFC3339Nano, s)
			if err != nil {
				bad = true
				continue
			}
			*at = t
		}
	}
	return f, bad
}

func (c *Console) codeGroups(lang string, current gateway.Code) []codeGroup {
	signature := codeGroup{Name: c.texts.get(lang, "verdicts.group.signature")}
	application := codeGroup{Name: c.texts.get(lang, "verdicts.group.application")}
	below := reason.All()
	for _, code := range gateway.Codes() {
		choice := codeChoice{code, c.codeTitle(lang, code), code == current}
		if slices.Contains(below, code) {
			signature.Codes = append(signature.Codes, choice)
		} else {
			application.Codes = append(application.Codes, choice)
		}
	}
	return []codeGroup{signature, application}
}

func (c *Console) serviceChoices(lang, current string) []serviceChoice {
	var list []serviceChoice
	for _, s := range c.cfg.Services() {
		list = append(list, serviceChoice{s.Key, c.rowTitle(lang, s), s.Key == current})
	}
	return list
}

func (c *Console) periodWords(lang string, f gateway.VerdictFilter) string {
	switch {
	case !f.From.IsZero() && !f.To.IsZero():
		return c.texts.get(lang, "verdicts.period", minute(lang, f.From), minute(lang, f.To))
	case !f.From.IsZero():
		return c.texts.get(lang, "verdicts.since", minute(lang, f.From))
	case !f.To.IsZero():
		return c.texts.get(lang, "verdicts.until", minute(lang, f.To))
	}
	return ""
}

func (c *Console) verdictRows(lang string, list []gateway.Verdict) []verdictRow {
	rows := make([]verdictRow, 0, len(list))
	for _, v := range list {
		rows = append(rows, verdictRow{Verdict: v, Reason: c.reasonWords(lang, v), Service: c.serviceTitle(lang, v.Service),
			Href: Base + "/verdicts/" + url.PathEscape(v.ID)})
	}
	return rows
}

// reasonWords heads a verdict. One without a code passed only if its outcome says so.
func (c *Console) reasonWords(lang string, v gateway.Verdict) string {
	switch {
	case v.Code != "":
		return c.codeTitle(lang, v.Code)
	case v.Outcome == reason.Passed:
		return c.texts.get(lang, "verdict.passed")
	}
	return c.texts.word(lang, "outcome", v.Outcome.String())
}

package console

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"kopir/gateway/doctor"
)

// sourcesView is what the sources of certificate status do for us, and who is at risk.
type sourcesView struct {
	doctor.Forecast
	Unknown bool // nobody in this process asks, or nothing was asked yet
	NoCount bool // the ledger did not answer
	In      string
	Silent  int
	Rows    []sourceRow
}

// sourceRow is one address. Times it does not have are zero.
type sourceRow struct {
	doctor.Source
	Host      string
	SilentFor string // empty: it answers
	CarryFor  string // empty: nothing in hand
	State     string // word of "sources.state": answers, silent, ended, untried
}

// Bad says that the row stands in red.
func (r sourceRow) Bad() bool { return r.State == "silent" || r.State == "ended" }

// sources shows the page about the sources of certificate status.
func (c *Console) sources(r *http.Request, v visit) (*shown, error) {
	view := c.forecast(r.Context(), v)
	if view == nil {
		view = &sourcesView{Unknown: true, NoCount: true}
	}
	return &shown{Template: "sources", Nav: "sources", Title: c.texts.get(v.lang, "sources.title"), Body: view}, nil
}

// forecast asks for the forecast; nil where there is none. A ledger that does not answer hides only its own part.
func (c *Console) forecast(ctx context.Context, v visit) *sourcesView {
	if c.cfg.Forecast == nil {
		return nil
	}
	f, err := c.cfg.Forecast(ctx)
	if err != nil {
		c.cfg.Log.ErrorContext(ctx, "forecast without the ledger", "err", err)
	}
	view := &sourcesView{Forecast: f, Unknown: !f.Asked, NoCount: f.AtRisk == nil}
	if f.In > 0 {
		view.In = c.texts.span(v.lang, f.In)
	}
	for _, s := range f.Sources {
		row := c.sourceRow(v.lang, s)
		if row.State == "silent" {
			view.Silent++
		}
		view.Rows = append(view.Rows, row)
	}
	return view
}

func (c *Console) sourceRow(lang string, s doctor.Source) sourceRow {
	row := sourceRow{Source: s, Host: doctor.HostOf(s.URL), State: "answers"}
	if s.Silent > 0 {
		row.State, row.SilentFor = "silent", c.texts.span(lang, s.Silent)
	}
	if s.Carries > 0 {
		row.CarryFor = c.texts.span(lang, s.Carries)
	}
	switch {
	case s.Never:
		row.State = "untried"
	case row.State == "answers" && !s.CarriesUntil.IsZero() && s.Carries == 0 && s.Kind == "crl":
		row.State = "ended" // its successor is late
	}
	row.Issuer = cmp.Or(scrub(s.Issuer), "—")
	return row
}

// Risk is how many applications are due by the n-th moment; "?" without the ledger.
func (s *sourcesView) Risk(n int) string {
	if n >= len(s.AtRisk) {
		return "?"
	}
	return grouped(s.AtRisk[n])
}

// Parked and Marked count who waits.
func (s *sourcesView) Parked() int { return s.Waiting.Parked.All }

// Marked counts those accepted with a mark and not answered.
func (s *sourcesView) Marked() int { return s.Waiting.Marked.All }

// Earliest is the earliest due time of who waits.
func (s *sourcesView) Earliest() time.Time {
	p, m := s.Waiting.Parked.Earliest, s.Waiting.Marked.Earliest
	if p.IsZero() || !m.IsZero() && m.Before(p) {
		return m
	}
	return p
}

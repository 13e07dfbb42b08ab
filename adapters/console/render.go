package console

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"time"

	"kopir/adapters/httpserver"
	"kopir/gateway"
)

//go:embed templates/*.html
var templateFiles embed.FS

// visit is what is known of a request before its page is made.
type visit struct {
	lang   string
	now    time.Time
	caller gateway.Caller
}

// shown is a page ready to be shown.
type shown struct {
	Template string // file in templates, without .html
	Title    string
	Nav      string // which entry of the menu is the current one
	Status   int    // 0 means 200
	Reload   int    // seconds; 0 never
	Goto     string // a redirect instead of a page
	Body     any
}

// frame is what the layout needs around a page.
type frame struct {
	*shown
	Lang      string
	Languages []languageLink
	Caller    string
	Now       time.Time
	TestPKI   bool
	Asset     map[string]string
	Base      string
}

// pageSet holds the templates of one language by name.
type pageSet map[string]*template.Template

var pageNames = []string{"board", "verdicts", "verdict", "case", "services", "sources", "error"}

func (c *Console) parsePages() map[string]pageSet {
	all := map[string]pageSet{}
	for _, lang := range languages {
		layout := template.Must(template.New("layout").Funcs(c.functions(lang)).
			ParseFS(templateFiles, "templates/layout.html", "templates/parts.html"))
		set := pageSet{}
		for _, name := range pageNames {
			set[name] = template.Must(template.Must(layout.Clone()).ParseFS(templateFiles, "templates/"+name+".html"))
		}
		all[lang] = set
	}
	return all
}

// functions are the words and forms of one language for the templates.
func (c *Console) functions(lang string) template.FuncMap {
	return template.FuncMap{
		"t":        func(key string, args ...any) string { return c.texts.get(lang, key, args...) },
		"word":     func(kind string, value any) string { return c.texts.word(lang, kind, fmt.Sprint(value)) },
		"moment":   func(at time.Time) string { return moment(lang, at) },
		"minute":   func(at time.Time) string { return minute(lang, at) },
		"stamp":    func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"written":  func(s string) string { return written(lang, s) },
		"grouped":  grouped,
		"short":    short,
		"scrub":    scrub,
		"mask":     maskNumber,
		"maskBIN":  maskBIN,
		"last":     lastDigits,
		"counted":  func(unit string, n int) string { return c.texts.counted(lang, unit, n) },
		"provider": func(id string) string { return c.providerName(lang, id) },
		"longest":  func(q *queues) string { return c.longest(lang, q) },
		"covers":   func(s string) string { return c.coverage(lang, s) },
		"rule":     func(s string) string { return c.rule(lang, s) },
		"scanned":  func(s gateway.ScanState) string { return c.texts.word(lang, "file.scan", cmp.Or(string(s), "off")) },
		"fileSize": func(n int64) string { return c.texts.get(lang, "file.size", grouped(int((n+1023)/1024))) },
		"document": func(service, code string) string { return c.documentTitle(lang, service, code) },
	}
}

func (c *Console) providerName(lang, id string) string {
	if id == "" {
		return c.texts.get(lang, "app.none")
	}
	if name := c.cfg.Provider(lang, id); name != "" {
		return name
	}
	return id
}

// render makes the whole page before the first byte goes out, so that a fault never leaves half a page.
func (c *Console) render(w http.ResponseWriter, r *http.Request, v visit, s *shown) {
	if s.Goto != "" {
		http.Redirect(w, r, s.Goto, http.StatusSeeOther)
		return
	}
	f := frame{shown: s, Lang: v.lang, Languages: c.languageLinks(r.URL, v.lang), Caller: v.caller.ID, Now: v.now,
		TestPKI: c.cfg.TestPKI, Asset: c.assets.links, Base: Base}
	var page bytes.Buffer
	if err := c.pages[v.lang][s.Template].ExecuteTemplate(&page, "layout", f); err != nil {
		c.cfg.Log.ErrorContext(r.Context(), "console page failed", "page", s.Template, "err", err)
		http.Error(w, c.texts.get(v.lang, "error.internal"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.lang)
	w.Header().Add("Vary", "Accept-Language, Cookie")
	if s.Status != 0 {
		w.WriteHeader(s.Status)
	}
	_, _ = page.WriteTo(w) // the reader may be gone
}

// pageStatus is the one table from codes to the status of a page; any other code is internal.
var pageStatus = map[gateway.Code]int{
	gateway.CodeUnauthenticated: http.StatusUnauthorized,
	gateway.CodeForbidden:       http.StatusForbidden,
	gateway.CodeNotFound:        http.StatusNotFound,
	gateway.CodeUnavailable:     http.StatusServiceUnavailable,
}

// fail shows why a page cannot be shown.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, v visit, err error) {
	code, status, id := gateway.CodeInternal, http.StatusInternalServerError, c.requestID(r)
	text := "error.internal"
	var e *gateway.Error
	switch {
	case errors.Is(err, errMethod):
		w.Header().Set("Allow", "GET, HEAD")
		code, status, text = gateway.CodeNotFound, http.StatusMethodNotAllowed, "error.method"
	case errors.Is(err, errNumber):
		code, status, text = gateway.CodeFormInvalid, http.StatusBadRequest, "error.bad_number"
	case errors.Is(err, context.DeadlineExceeded):
		code = gateway.CodeUnavailable
	case errors.As(err, &e):
		code = e.Code
	}
	if known, ok := pageStatus[code]; ok && status == http.StatusInternalServerError {
		status, text = known, "error."+string(code)
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Kopir", charset="UTF-8"`)
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	c.cfg.Log.Log(r.Context(), level, "console page refused", "request_id", id, "status", status, "code", code, "caller", v.caller.ID, "err", err)
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		v.caller = gateway.Caller{} // no menu for who may not enter
	}
	w.Header().Set("X-Request-Id", id)
	c.render(w, r, v, &shown{Template: "error", Title: c.texts.get(v.lang, "error.title"), Status: status,
		Body: refusal{Text: c.texts.get(v.lang, text), Request: id}})
}

// refusal is why a page is not shown, and what the log knows the request by.
type refusal struct{ Text, Request string }

// requestID is the frame's, where the pages run in one, or one of our own.
func (c *Console) requestID(r *http.Request) string {
	if id := httpserver.RequestID(r.Context()); id != "" {
		return id
	}
	var b [16]byte
	if _, err := io.ReadFull(c.cfg.Rand, b[:]); err != nil {
		return fmt.Sprintf("t%x", c.cfg.Now().UnixNano()) // an id for the log, not a secret
	}
	return fmt.Sprintf("%x", b)
}

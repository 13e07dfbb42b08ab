// Package console serves the operator's pages: the board with signature failures by reason,
// the verdicts and what each was made of, a case with its history, the catalogue.
//
// It also tells how the sources of certificate status do, and who is at risk while they are silent.
// The pages are made on the server and work without script. They are read-only: the only
// thing they write is the act that somebody opened a case. A personal number is never shown
// beyond its last four digits.
//
//	pages := console.New(console.Config{Ledger: ledger, Auth: console.Basic(access), Codes: codes})
//	router.PathPrefix("/console").Handler(pages)
package console

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"time"

	"kopir/gateway"
	"kopir/gateway/doctor"
)

// Base is where the pages are mounted.
const Base = "/console"

// Ledger is what the pages need of [gateway.Ledger].
type Ledger interface {
	Case(ctx context.Context, number string) (gateway.Case, error)
	Events(ctx context.Context, number string) ([]gateway.Event, error)
	Verdicts(ctx context.Context, f gateway.VerdictFilter) ([]gateway.Verdict, error)
	Verdict(ctx context.Context, id string) (gateway.Verdict, error)
	Failures(ctx context.Context, from, to time.Time, step time.Duration) ([]gateway.FailureCount, error)
	Queues(ctx context.Context) ([]gateway.Queue, error)
	OutboxDepth(ctx context.Context) ([]gateway.Queue, error)
	DueParked(ctx context.Context, now time.Time, limit int) ([]string, error)
	DueMarked(ctx context.Context, now time.Time, limit int) ([]string, error)
	Escalated(ctx context.Context, limit int) ([]string, error)
	StampLag(ctx context.Context) (gateway.StampLag, error)
	Act(ctx context.Context, a gateway.Act) error
}

// CodeText is what is said about one code, by language.
type CodeText struct {
	Applicant map[string]string // one sentence for the applicant: kk, ru
	Operator  map[string]string // likely cause and what to do: kk, ru, en
}

// Texts are words shared with the rest of the gateway; a key it does not know comes back as it is.
// The pages' own words come first.
type Texts interface {
	Text(lang, key string) string
}

// TextsFunc makes Texts of a function such as schemas.Text.
type TextsFunc func(lang, key string) string

// Text calls f.
func (f TextsFunc) Text(lang, key string) string { return f(lang, key) }

// Config is what the pages are made with. Ledger is required; every other field has a usable
// zero, which for Auth means that nobody gets in.
type Config struct {
	Ledger   Ledger
	Auth     Authenticator
	Codes    func(gateway.Code) (CodeText, bool)
	Texts    Texts
	Services func() []ServiceRow
	Provider func(lang, id string) string                       // a provider's name; "" if it has none
	Forecast func(ctx context.Context) (doctor.Forecast, error) // with an error the sources alone
	Now      func() time.Time
	Rand     io.Reader // of request ids
	TestPKI  bool      // certificates of a test PKI are trusted: every page says so in red
	Log      *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Auth == nil {
		c.Auth = nobody{}
	}
	if c.Codes == nil {
		c.Codes = func(gateway.Code) (CodeText, bool) { return CodeText{}, false }
	}
	if c.Services == nil {
		c.Services = func() []ServiceRow { return nil }
	}
	if c.Provider == nil {
		c.Provider = func(string, string) string { return "" }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Console is the handler of everything below [Base].
type Console struct {
	cfg    Config
	texts  texts
	pages  map[string]pageSet // by language
	assets assets
	mux    *http.ServeMux
}

// New makes the pages. It panics when the embedded files are broken, which a test rules out.
func New(cfg Config) *Console {
	c := &Console{cfg: cfg.withDefaults(), assets: loadAssets(), mux: http.NewServeMux()}
	c.texts = loadTexts(c.cfg.Texts)
	c.pages = c.parsePages()
	c.mux.HandleFunc("GET "+Base+"/assets/{file}", c.asset)
	c.mux.Handle("GET "+Base, c.page(c.board))
	c.mux.Handle("GET "+Base+"/{$}", c.page(c.board))
	c.mux.Handle("GET "+Base+"/verdicts", c.page(c.verdicts))
	c.mux.Handle("GET "+Base+"/verdicts/{id}", c.page(c.verdict))
	c.mux.Handle("POST "+Base+"/cases", c.page(c.findCase))
	c.mux.Handle("GET "+Base+"/cases/{number}", c.page(c.showCase))
	c.mux.Handle("GET "+Base+"/services", c.page(c.services))
	c.mux.Handle("GET "+Base+"/sources", c.page(c.sources))
	c.mux.Handle("/", c.page(c.unknown))
	return c
}

// ServeHTTP answers one request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	c.mux.ServeHTTP(w, r)
}

// secure sets what every answer carries: nothing from elsewhere, no script, no frame, no trace of the address.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// pageTimeout bounds what one page may ask of the ledger: a slow ledger must show as slow, not hang the board.
const pageTimeout = 5 * time.Second

// view is one page's handler: it returns what is to be shown, or why not.
type view func(r *http.Request, v visit) (*shown, error)

// page authenticates, calls the view and shows what it returns.
func (c *Console) page(show view) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visit{lang: chooseLanguage(w, r), now: c.cfg.Now()}
		ctx, cancel := context.WithTimeout(r.Context(), pageTimeout)
		defer cancel()
		r = r.WithContext(ctx)
		var err error
		if v.caller, err = c.operator(r); err == nil {
			var s *shown
			if s, err = show(r, v); err == nil {
				c.render(w, r, v, s)
				return
			}
		}
		c.fail(w, r, v, err)
	})
}

func (c *Console) unknown(r *http.Request, _ visit) (*shown, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, errMethod
	}
	return nil, &gateway.Error{Code: gateway.CodeNotFound, Detail: "no such page"}
}

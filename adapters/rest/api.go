// Package rest is the public JSON interface: portals hand in signed applications, districts poll
// their queues and answer. A handler decodes, calls a use case and encodes; what may be asked is
// described by schemas/openapi, which is served at /openapi.yaml.
//
//	api, err := rest.New(frame, rest.Config{Access: access, Intake: intake, Work: work, Views: views})
//	mux.Handle("/v1/", api)
//	mux.Handle("/openapi.yaml", api)
package rest

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"kopir/adapters/httpserver"
	"kopir/gateway"
	"kopir/schemas"
)

// Authenticator knows callers by their key; CodeUnauthenticated for one it does not know.
type Authenticator interface {
	Authenticate(ctx context.Context, key string) (gateway.Caller, error)
}

// Intake decides applications. A refusal is an Answer; an error means: come again.
type Intake interface {
	Accept(ctx context.Context, s gateway.Submission) (gateway.Answer, error)
}

// Work hands cases to providers and takes what they report.
type Work interface {
	Lease(ctx context.Context, caller gateway.Caller, provider string, max int, wait time.Duration) ([]gateway.Case, error)
	Ack(ctx context.Context, caller gateway.Caller, leaseID string) (gateway.Case, error)
	Renew(ctx context.Context, caller gateway.Caller, leaseID string) (gateway.Case, error)
	Release(ctx context.Context, caller gateway.Caller, leaseID string) (gateway.Case, error)
	Dead(ctx context.Context, caller gateway.Caller, leaseID, reason string) (gateway.Case, error)
	Step(ctx context.Context, caller gateway.Caller, number string, attempt int, s gateway.Step) (gateway.Case, error)
	Result(ctx context.Context, caller gateway.Caller, number string, attempt int, doc []byte) (gateway.Case, error)
}

// Views reads cases for those who may see them; what is not the caller's is CodeNotFound.
type Views interface {
	Case(ctx context.Context, caller gateway.Caller, number string) (gateway.Case, []gateway.Event, error)
	Search(ctx context.Context, caller gateway.Caller, iin string) ([]gateway.Case, error)
	Document(ctx context.Context, caller gateway.Caller, number, sha string) ([]byte, error)
	Attachment(ctx context.Context, caller gateway.Caller, number, sha string) (gateway.Attachment, io.ReadSeekCloser, error)
	Result(ctx context.Context, caller gateway.Caller, number string) ([]byte, error)
	Verdicts(ctx context.Context, caller gateway.Caller, number string) ([]gateway.Verdict, error)
}

// Config is what the API calls. All of Access, Intake, Work and Views are needed.
type Config struct {
	Access  Authenticator
	Intake  Intake
	Work    Work
	Views   Views
	MaxWait time.Duration // default 30 s: the longest poll
	Files   gateway.Files // where files beside an application go; nil: they are not taken
	Idle    time.Duration // default 30 s: the longest pause within an upload
	Longest time.Duration // default 15 min: the longest upload
}

// defaultMaxWait stays below the server's write and read time-outs.
const defaultMaxWait = 30 * time.Second

// API serves the endpoints of DESIGN §5.
type API struct {
	frame   *httpserver.Frame
	access  Authenticator
	intake  Intake
	work    Work
	views   Views
	maxWait time.Duration
	files   gateway.Files
	uploads chan struct{} // one place for each upload under way
	idle    time.Duration
	longest time.Duration
	openapi []byte
	router  *mux.Router
}

// New makes the API. It fails only if the embedded description is missing.
func New(frame *httpserver.Frame, cfg Config) (*API, error) {
	doc, err := schemas.HTTP.ReadFile("openapi/openapi.yaml")
	if err != nil {
		return nil, err
	}
	a := &API{frame: frame, access: cfg.Access, intake: cfg.Intake, work: cfg.Work, views: cfg.Views,
		maxWait: cfg.MaxWait, files: cfg.Files, uploads: make(chan struct{}, maxUploads),
		idle: cmp.Or(cfg.Idle, defaultIdle), longest: cmp.Or(cfg.Longest, defaultLongest), openapi: doc, router: mux.NewRouter().SkipClean(true)}
	if a.maxWait <= 0 {
		a.maxWait = defaultMaxWait
	}
	for _, e := range a.endpoints() {
		route := templateOf(e.path)
		a.router.Handle(e.path, frame.Handle(route, e.fn)).Methods(e.method).Name(e.method + " " + route)
	}
	a.router.NotFoundHandler = frame.Handle("unmatched", func(http.ResponseWriter, *http.Request) error {
		return &gateway.Error{Code: gateway.CodeNotFound, Detail: "there is no such address; /openapi.yaml lists those of this interface"}
	})
	a.router.MethodNotAllowedHandler = frame.Handle("unmatched", a.methodNotAllowed)
	return a, nil
}

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

// Routes lists what is served, "POST /v1/applications", for the description's test.
func (a *API) Routes() []string {
	var out []string
	for _, e := range a.endpoints() {
		out = append(out, e.method+" "+templateOf(e.path))
	}
	return out
}

// endpoint is one line of the table below.
type endpoint struct {
	method, path string
	fn           httpserver.Func
}

// Patterns of what stands in addresses. Never a personal number: those go in bodies.
const (
	number   = "{number:[A-Za-z0-9-]{1,40}}"
	lease    = "{id:[A-Za-z0-9_-]{1,80}}"
	provider = "{id:[A-Za-z0-9._-]{1,80}}"
	digest   = "{sha256:[0-9a-f]{64}}"
)

func (a *API) endpoints() []endpoint {
	return []endpoint{
		{"POST", "/v1/applications", a.known(a.submit)},
		{"POST", "/v1/applications/search", a.known(a.search)},
		{"GET", "/v1/applications/" + number, a.known(a.show)},
		{"GET", "/v1/applications/" + number + "/attachments/" + digest, a.known(a.attachment)},
		{"GET", "/v1/applications/" + number + "/result", a.known(a.result)},
		{"POST", "/v1/applications/" + number + "/steps", a.known(a.step)},
		{"POST", "/v1/applications/" + number + "/result", a.known(a.answer)},
		{"POST", "/v1/providers/" + provider + "/leases", a.known(a.lease)},
		{"POST", "/v1/leases/" + lease + "/ack", a.known(a.onLease(a.work.Ack))},
		{"POST", "/v1/leases/" + lease + "/renew", a.known(a.onLease(a.work.Renew))},
		{"POST", "/v1/leases/" + lease + "/release", a.known(a.onLease(a.work.Release))},
		{"POST", "/v1/leases/" + lease + "/dead", a.known(a.dead)},
		{"GET", "/openapi.yaml", a.describe},
	}
}

// templateOf drops the patterns from a path: /v1/leases/{id:…}/ack → /v1/leases/{id}/ack.
func templateOf(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, _, ok := strings.Cut(p, ":"); ok && strings.HasPrefix(p, "{") {
			parts[i] = name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// known lets in callers with a valid key, before anything of the body is read.
func (a *API) known(fn func(http.ResponseWriter, *http.Request, gateway.Caller) error) httpserver.Func {
	return func(w http.ResponseWriter, r *http.Request) error {
		key, err := bearer(r)
		if err != nil {
			return err
		}
		caller, err := a.access.Authenticate(r.Context(), key)
		if err != nil {
			return err
		}
		httpserver.Event(r).Set(httpserver.KeyCaller, caller.ID)
		return fn(w, r, caller)
	}
}

// maxKey is far above a 256-bit key in any encoding.
const maxKey = 256

func bearer(r *http.Request) (string, error) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	key = strings.TrimSpace(key)
	if !strings.EqualFold(scheme, "Bearer") || key == "" || len(key) > maxKey {
		return "", &gateway.Error{Code: gateway.CodeUnauthenticated, Detail: "the header Authorization: Bearer <key> is needed, with the key the operator gave you"}
	}
	return key, nil
}

func (a *API) describe(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(a.openapi)
	return nil
}

func (a *API) methodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		probe := r.Clone(r.Context())
		probe.Method = m
		var match mux.RouteMatch
		if a.router.Match(probe, &match) && match.MatchErr == nil {
			allowed = append(allowed, m)
		}
	}
	methods := strings.Join(allowed, ", ")
	w.Header().Set("Allow", methods)
	return &httpserver.StatusError{Status: http.StatusMethodNotAllowed,
		Err: &gateway.Error{Code: gateway.CodeNotFound, Detail: "this address takes " + methods + " only"}}
}

package rest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kopir/adapters/httpserver"
	"kopir/adapters/rest"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

const sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// coveredSHA is the digest of what the signature covers.
const coveredSHA = "c0ffee081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0"

var (
	received = time.Date(2026, 11, 23, 5, 47, 28, 123456789, time.UTC)
	due      = time.Date(2026, 12, 7, 13, 0, 0, 0, time.UTC)
)

// What the handlers call is what the gateway offers.
var (
	_ rest.Authenticator = (*gateway.Access)(nil)
	_ rest.Intake        = (*gateway.Intake)(nil)
	_ rest.Work          = (*gateway.Work)(nil)
	_ rest.Views         = (*gateway.Views)(nil)
)

// world fakes every use case and remembers what it was asked.
type world struct {
	answer     gateway.Answer
	err        error
	submission gateway.Submission
	caller     gateway.Caller
	lease      struct {
		provider string
		max      int
		wait     time.Duration
	}
	leases   []gateway.Case
	onLease  func(ctx context.Context) error
	step     gateway.Step
	attempt  int
	document []byte
	reason   string
	asked    string // digest of the document asked for last
	lost     error  // documents cannot be read
	file     *gateway.Attachment
	content  string
}

func (f *world) Authenticate(_ context.Context, key string) (gateway.Caller, error) {
	switch key {
	case "portal-key":
		return gateway.Caller{ID: "portal", Kind: gateway.CallerPortal}, nil
	case "centre-key":
		return gateway.Caller{ID: "centre", Kind: gateway.CallerPortal, Channel: gateway.ChannelServiceCentre}, nil
	case "district-key":
		return gateway.Caller{ID: "akkol", Kind: gateway.CallerProvider, Providers: []string{"akkol"}}, nil
	}
	return gateway.Caller{}, &gateway.Error{Code: gateway.CodeUnauthenticated, Detail: "unknown key"}
}

func (f *world) Accept(_ context.Context, s gateway.Submission) (gateway.Answer, error) {
	f.submission = s
	return f.answer, f.err
}

func (f *world) Lease(ctx context.Context, c gateway.Caller, provider string, max int, wait time.Duration) ([]gateway.Case, error) {
	f.caller, f.lease.provider, f.lease.max, f.lease.wait = c, provider, max, wait
	if f.onLease != nil {
		if err := f.onLease(ctx); err != nil {
			return nil, err
		}
	}
	return f.leases, f.err
}

func (f *world) Ack(_ context.Context, c gateway.Caller, _ string) (gateway.Case, error) {
	return oneCase(gateway.StateInWork), f.err
}
func (f *world) Renew(context.Context, gateway.Caller, string) (gateway.Case, error) {
	return oneCase(gateway.StateAccepted), f.err
}
func (f *world) Release(context.Context, gateway.Caller, string) (gateway.Case, error) {
	return oneCase(gateway.StateAccepted), f.err
}
func (f *world) Dead(_ context.Context, _ gateway.Caller, _, why string) (gateway.Case, error) {
	f.reason = why
	return oneCase(gateway.StateDead), f.err
}
func (f *world) Step(_ context.Context, _ gateway.Caller, _ string, attempt int, s gateway.Step) (gateway.Case, error) {
	f.attempt, f.step = attempt, s
	return oneCase(gateway.StateInWork), f.err
}

// desk is the half of the world whose method names clash with the other's.
type desk struct{ *world }

func (f desk) Result(_ context.Context, _ gateway.Caller, _ string, attempt int, doc []byte) (gateway.Case, error) {
	f.attempt, f.document = attempt, doc
	c := oneCase(gateway.StateCompleted)
	c.Outcome = "positive"
	return c, f.err
}

func (f *world) Case(context.Context, gateway.Caller, string) (gateway.Case, []gateway.Event, error) {
	return oneCase(gateway.StateInWork), []gateway.Event{{Seq: 1, At: received, Kind: "accepted", Actor: "portal",
		Data: map[string]string{"rule": "the territory's own department"}, Hash: sha}}, f.err
}
func (f *world) Search(context.Context, gateway.Caller, string) ([]gateway.Case, error) {
	return []gateway.Case{oneCase(gateway.StateDelivered)}, f.err
}
func (f *world) Attachment(_ context.Context, _ gateway.Caller, _, digest string) (gateway.Attachment, io.ReadSeekCloser, error) {
	if f.file == nil {
		return gateway.Attachment{}, nil, &gateway.Error{Code: gateway.CodeNotFound}
	}
	return *f.file, nopCloser{strings.NewReader(f.content)}, f.err
}
func (f *world) Document(_ context.Context, _ gateway.Caller, _, digest string) ([]byte, error) {
	f.asked = digest
	return []byte("<app/>"), errors.Join(f.err, f.lost)
}
func (f *world) Result(context.Context, gateway.Caller, string) ([]byte, error) {
	return []byte("<r:Result/>"), f.err
}
func (f *world) Verdicts(context.Context, gateway.Caller, string) ([]gateway.Verdict, error) {
	return []gateway.Verdict{{ID: "V1", At: received, Kind: "application", Outcome: reason.Passed}}, f.err
}

func oneCase(s gateway.State) gateway.Case {
	return gateway.Case{Number: "K26-7QX4M-09TCB", Service: "housing-assistance", Provider: "akkol", Territory: "593200000",
		State: s, IIN: "000230500003", RequestNumber: "10109001292987", Channel: gateway.ChannelPortal, Via: gateway.ViaREST,
		ReceivedAt: received, DueAt: due, UpdatedAt: received, DocumentSHA: sha, CoveredSHA: coveredSHA, Attempt: 2,
		LeaseID: "01JD", LeaseUntil: due, Attachments: []gateway.Attachment{{Code: "income", Name: "a.pdf", SHA256: sha, Size: 7, Type: "application/pdf", Covered: true, State: gateway.FileStored, Scan: gateway.ScanClean}}}
}

func accepted() gateway.Answer {
	return gateway.Answer{Decision: gateway.DecisionAccepted, Number: "K26-7QX4M-09TCB", Service: "housing-assistance",
		Provider: "akkol", ReceivedAt: received, DueAt: due, Verdict: "V1", Files: gateway.FileCount{Stored: 2, NotCovered: 1}}
}

// codes gives every code an HTTP status, as the table does.
func codes() httpserver.Table {
	t := httpserver.Table{}
	for _, c := range gateway.Codes() {
		t[c] = httpserver.Text{HTTP: 422, SHEP: "SCSE002", SHEPKind: httpserver.KindStatus, Kk: "kk", Ru: "ru"}
	}
	for c, status := range map[gateway.Code]int{
		gateway.CodeUnauthenticated: 401, gateway.CodeForbidden: 403, gateway.CodeNotFound: 404, gateway.CodeDuplicate: 409,
		gateway.CodeMediaTypeUnsupported: 415, reason.TooLarge: 413, gateway.CodeRateLimited: 429, gateway.CodeUnavailable: 503,
		gateway.CodeInternal: 500, reason.XMLMalformed: 400,
	} {
		text := t[c]
		text.HTTP = status
		t[c] = text
	}
	return t
}

func newAPI(t *testing.T, f *world) *rest.API {
	t.Helper()
	return newAPIOn(t, httpserver.NewFrame(httpserver.Options{Texts: codes()}), f)
}

func newAPIOn(t *testing.T, frame *httpserver.Frame, f *world) *rest.API {
	t.Helper()
	api, err := rest.New(frame, rest.Config{Access: f, Intake: f, Work: desk{f}, Views: f})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// call is one request to the API.
type call struct {
	method, path, key, body string
	header                  map[string]string
}

func (c call) do(api http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

var (
	xmlHeader  = map[string]string{"Content-Type": "application/xml", "Idempotency-Key": "m1", "Kopir-Attempt": "2"}
	jsonHeader = map[string]string{"Content-Type": "application/json"}
)

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

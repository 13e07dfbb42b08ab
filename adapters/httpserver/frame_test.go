package httpserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kopir/adapters/httpserver"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// table is a complete table of codes for tests.
func table() httpserver.Table {
	t := httpserver.Table{}
	for _, c := range gateway.Codes() {
		t[c] = httpserver.Text{HTTP: 422, SHEP: "SCSE002", SHEPKind: httpserver.KindStatus, Kk: "kk " + string(c), Ru: "ru " + string(c)}
	}
	t[gateway.CodeInternal] = httpserver.Text{HTTP: 500, SHEP: "SCE909", SHEPKind: httpserver.KindFault, Kk: "қате", Ru: "ошибка"}
	t[gateway.CodeUnavailable] = httpserver.Text{HTTP: 503, SHEP: "SCSE003", SHEPKind: httpserver.KindFault, Kk: "кейін", Ru: "позже"}
	t[gateway.CodeUnauthenticated] = httpserver.Text{HTTP: 401, SHEP: "SCE007", SHEPKind: httpserver.KindFault, Kk: "кім?", Ru: "кто?"}
	return t
}

func serve(t *testing.T, r *http.Request, fn httpserver.Func) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	var log bytes.Buffer
	frame := httpserver.NewFrame(httpserver.Options{Log: slog.New(slog.NewJSONHandler(&log, nil)), Texts: table()})
	w := httptest.NewRecorder()
	frame.Handle("/v1/x/{id}", fn).ServeHTTP(w, r)
	if n := bytes.Count(log.Bytes(), []byte("\n")); n != 1 {
		t.Fatalf("%d log events, want exactly one:\n%s", n, log.String())
	}
	event := map[string]any{}
	if err := json.Unmarshal(log.Bytes(), &event); err != nil {
		t.Fatal(err)
	}
	return w, event
}

func post(body string) *http.Request {
	return httptest.NewRequest(http.MethodPost, "/v1/x/000230500003?iin=000230500003", strings.NewReader(body))
}

func TestOneEventARequestWithoutPersonalNumbers(t *testing.T) {
	w, event := serve(t, post("body with 000230500003"), func(w http.ResponseWriter, r *http.Request) error {
		if _, err := httpserver.ReadBody(w, r, 100); err != nil {
			return err
		}
		ev := httpserver.Event(r)
		ev.Set(httpserver.KeyCaller, "portal")
		ev.Set("body", "never written")
		return &gateway.Error{Code: gateway.CodeFormInvalid, Detail: "no such person 000230500003", Err: errors.New("cause")}
	})
	line, _ := json.Marshal(event)
	for _, secret := range []string{"000230500003", "never written", "body with", "cause"} {
		if strings.Contains(string(line), secret) {
			t.Errorf("the event holds %q: %s", secret, line)
		}
	}
	for key, want := range map[string]any{"caller": "portal", "code": "form_invalid", "status": 422.0, "route": "/v1/x/{id}", "method": "POST", "bytes_in": 22.0} {
		if event[key] != want {
			t.Errorf("%s = %v, want %v", key, event[key], want)
		}
	}
	if id := w.Header().Get("X-Request-Id"); id == "" || id != event["request_id"] {
		t.Errorf("request id %q in the answer, %v in the event", id, event["request_id"])
	}
	if strings.Contains(w.Body.String(), "000230500003") {
		t.Errorf("the problem repeats a personal number: %s", w.Body)
	}
}

func TestErrorsBecomeProblems(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		status int
		code   string
		retry  string
		detail string
	}{
		{"a code", &gateway.Error{Code: gateway.CodeDuplicate, Detail: "first K26-1"}, 422, "duplicate", "", "first K26-1"},
		{"wrapped", errors.Join(errors.New("x"), &gateway.Error{Code: reason.IINMismatch}), 422, "iin_mismatch", "", ""},
		{"unavailable", &gateway.Error{Code: gateway.CodeUnavailable}, 503, "unavailable", "10", ""},
		{"rate limited", &gateway.Error{Code: gateway.CodeRateLimited}, 422, "rate_limited", "30", ""},
		{"status unknown", &gateway.Error{Code: reason.RevocationUnknown}, 422, "revocation_unknown", "60", ""},
		{"no code", errors.New("pq: password is secret"), 500, "internal", "", ""},
		{"internal keeps its detail", &gateway.Error{Code: gateway.CodeInternal, Detail: "at 10.0.0.1"}, 500, "internal", "", ""},
		{"the client left", context.Canceled, 503, "unavailable", "10", "the request took too long; send it again"},
		{"protocol error", httpserver.BadRequest("no header"), 400, "form_invalid", "", "no header"},
		{"unknown code", &gateway.Error{Code: "made_up"}, 500, "made_up", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := serve(t, post(""), func(http.ResponseWriter, *http.Request) error { return tt.err })
			var p httpserver.Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || p.Status != tt.status || p.Code != tt.code || p.Detail != tt.detail || p.Kk == "" || p.Ru == "" {
				t.Errorf("status %d, problem %+v", w.Code, p)
			}
			if got := w.Header().Get("Retry-After"); got != tt.retry {
				t.Errorf("Retry-After %q, want %q", got, tt.retry)
			}
			if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
				t.Errorf("Content-Type %q", ct)
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Error("the cause is shown")
			}
		})
	}
}

func TestPanicIsInternal(t *testing.T) {
	w, event := serve(t, post(""), func(http.ResponseWriter, *http.Request) error { panic("000230500003 went wrong") })
	if w.Code != 500 || event["code"] != "internal" || event["stack"] == nil {
		t.Errorf("status %d, event %v", w.Code, event)
	}
	if strings.Contains(w.Body.String(), "went wrong") {
		t.Error("the panic is shown to the client")
	}
	if err, _ := event["err"].(string); strings.Contains(err, "000230500003") || !strings.Contains(err, "went wrong") {
		t.Errorf("err = %q", err)
	}
}

func TestPanicAfterHalfAnAnswerBreaksTheConnection(t *testing.T) {
	frame := httpserver.NewFrame(httpserver.Options{Texts: table()})
	srv := httptest.NewServer(frame.Handle("/", func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = io.WriteString(w, `{"half":`)
		panic("late")
	}))
	defer srv.Close()
	res, err := http.Get(srv.URL)
	if err != nil {
		return // broken before the headers were read: as good
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("half an answer looked like a whole one")
	}
}

func TestObservation(t *testing.T) {
	var seen httpserver.Observation
	frame := httpserver.NewFrame(httpserver.Options{Texts: table(), Observe: func(o httpserver.Observation) { seen = o }})
	h := frame.Handle("/v1/x", func(http.ResponseWriter, *http.Request) error {
		return &gateway.Error{Code: gateway.CodeConflict}
	})
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("BREW", "/v1/x", nil))
	if seen.Method != "other" || seen.Code != "conflict" || seen.Status != 422 || seen.Route != "/v1/x" {
		t.Errorf("observed %+v", seen)
	}
}

func TestMaskNumbers(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"none", "K26-7QX4M", "K26-7QX4M"},
		{"twelve", "a 000230500003 b", "a ************ b"},
		{"two", "000230500003,000230500011", "************,************"},
		{"fourteen is a request number", "10109001292987", "10109001292987"},
		{"at the end", "x000230500003", "x************"},
		{"empty", "", ""},
		{"letters of other alphabets", "ЖСН 000230500003 қате", "ЖСН ************ қате"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := httpserver.MaskNumbers(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReadyNamesWhatIsMissing(t *testing.T) {
	frame := httpserver.NewFrame(httpserver.Options{Texts: table()})
	good := httpserver.Probe{Name: "ledger", Ask: func(context.Context) error { return nil }}
	bad := httpserver.Probe{Name: "index", Ask: func(context.Context) error { return errors.New("dial 10.1.2.3: refused") }}
	tests := []struct {
		name   string
		h      http.Handler
		status int
		has    string
	}{
		{"healthy", frame.Healthy(), 200, "ok"},
		{"ready", frame.Ready(good), 200, "ready"},
		{"not ready", frame.Ready(good, bad), 503, "index cannot be reached"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			tt.h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) || strings.Contains(w.Body.String(), "10.1.2.3") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

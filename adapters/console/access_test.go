package console

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kopir/gateway"
)

// fakeKeys knows callers by their key; "down" is a ledger that does not answer.
type fakeKeys map[string]gateway.Caller

func (k fakeKeys) Authenticate(_ context.Context, key string) (gateway.Caller, error) {
	if key == "down" {
		return gateway.Caller{}, &gateway.Error{Code: gateway.CodeUnavailable}
	}
	c, ok := k[key]
	if !ok {
		return c, &gateway.Error{Code: gateway.CodeUnauthenticated}
	}
	return c, nil
}

func TestOnlyOperatorsGetIn(t *testing.T) {
	keys := fakeKeys{"k1": {ID: "dispatcher", Kind: gateway.CallerOperator}, "k2": {ID: "portal", Kind: gateway.CallerPortal},
		"k3": {ID: "kyzylzhar", Kind: gateway.CallerProvider}, "k4": {ID: "shep", Kind: gateway.CallerGateway}, "k5": {ID: "odd"}}
	h := newConsole(sample(), func(c *Config) { c.Auth = Basic(keys) })
	tests := []struct {
		name, user, key string
		want            int
	}{
		{"nobody", "", "", http.StatusUnauthorized},
		{"a key without a name", "", "k1", http.StatusUnauthorized},
		{"a name without a key", "dispatcher", "", http.StatusUnauthorized},
		{"a wrong key", "dispatcher", "k9", http.StatusUnauthorized},
		{"the key of somebody else", "dispatcher", "k2", http.StatusUnauthorized},
		{"a portal", "portal", "k2", http.StatusForbidden},
		{"a provider", "kyzylzhar", "k3", http.StatusForbidden},
		{"the state gateway", "shep", "k4", http.StatusForbidden},
		{"a caller of no kind", "odd", "k5", http.StatusForbidden},
		{"a ledger that does not answer", "dispatcher", "down", http.StatusServiceUnavailable},
		{"an operator", "dispatcher", "k1", http.StatusOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, page := range []string{"/console", "/console/verdicts", "/console/verdicts/06F00XYZ", "/console/cases/" + sampleNumber, "/console/services"} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
				if tt.user+tt.key != "" {
					r.SetBasicAuth(tt.user, tt.key)
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != tt.want {
					t.Errorf("%s: status %d, want %d", page, w.Code, tt.want)
				}
				if asked := w.Header().Get("WWW-Authenticate") != ""; asked != (tt.want == http.StatusUnauthorized) {
					t.Errorf("%s: asks for a sign-in: %v", page, asked)
				}
				if tt.want != http.StatusOK {
					wantNotIn(t, w, "digest_mismatch", "kyzylzhar-system", "0003", "housing-assistance")
				}
			}
		})
	}
}

func TestTheZeroConfigLetsNobodyIn(t *testing.T) {
	h := New(Config{Ledger: sample(), Now: nil})
	get(t, h, "/console", http.StatusUnauthorized)
}

func TestAssetsNeedNoSignIn(t *testing.T) {
	h := newConsole(sample(), func(c *Config) { c.Auth = nil })
	for _, link := range h.assets.links {
		w := get(t, h, link, http.StatusOK)
		if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s is not cached", link)
		}
	}
	get(t, h, "/console/assets/none.css", http.StatusNotFound)
	get(t, h, "/console/assets/..%2fconsole.go", http.StatusNotFound)
}

func TestThePagesAreReadOnly(t *testing.T) {
	h := newConsole(sample())
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/console/verdicts", nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d", method, w.Code)
		}
	}
	get(t, h, "/console/nothing", http.StatusNotFound)
}

func TestOpeningACaseIsRecorded(t *testing.T) {
	l := sample()
	h := newConsole(l)
	get(t, h, "/console/cases/"+sampleNumber, http.StatusOK)
	if len(l.acts) != 1 || l.acts[0].Actor != "dispatcher" || l.acts[0].Target != sampleNumber || !l.acts[0].At.Equal(now) {
		t.Errorf("acts %+v", l.acts)
	}
	l.errs["Act"] = &gateway.Error{Code: gateway.CodeUnavailable}
	w := get(t, h, "/console/cases/"+sampleNumber, http.StatusServiceUnavailable)
	wantNotIn(t, w, "0003", "kyzylzhar-system")
}

func TestRefusalsAreFoundInTheLog(t *testing.T) {
	tests := []struct {
		name, method, target, code string
		status                     int
	}{
		{"a bad number", http.MethodPost, "/console/cases", "form_invalid", http.StatusBadRequest},
		{"a method", http.MethodPut, "/console/services", "not_found", http.StatusMethodNotAllowed},
		{"no such page", http.MethodGet, "/console/nothing", "not_found", http.StatusNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			h := newConsole(sample(), func(c *Config) { c.Log = slog.New(slog.NewJSONHandler(&log, nil)) })
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), tt.method, tt.target, nil))
			var event struct {
				Level, Code string
				Status      int
				ID          string `json:"request_id"`
			}
			if err := json.Unmarshal(log.Bytes(), &event); err != nil {
				t.Fatalf("%v: %s", err, log.Bytes())
			}
			if event.Level != "INFO" || event.Code != tt.code || event.Status != tt.status || w.Code != tt.status {
				t.Errorf("status %d, event %s", w.Code, log.Bytes())
			}
			if event.ID == "" || w.Header().Get("X-Request-Id") != event.ID || !strings.Contains(w.Body.String(), event.ID) {
				t.Errorf("request id %q, header %q", event.ID, w.Header().Get("X-Request-Id"))
			}
		})
	}
}

func TestSearchTakesNumbersOnly(t *testing.T) {
	h := newConsole(sample())
	tests := []struct {
		name, in string
		want     int
	}{
		{"a number", sampleNumber, http.StatusSeeOther},
		{"a number typed in small letters", " k26-7qx4m-09tcb ", http.StatusSeeOther},
		{"an IIN", sampleIIN, http.StatusBadRequest},
		{"nothing", "", http.StatusBadRequest},
		{"an address", "//evil.example/x", http.StatusBadRequest},
		{"a path", "../../metrics", http.StatusBadRequest},
		{"very much", strings.Repeat("K", 8<<10), http.StatusBadRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/console/cases", strings.NewReader(url.Values{"number": {tt.in}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Fatalf("status %d, want %d", w.Code, tt.want)
			}
			if got := w.Header().Get("Location"); tt.want == http.StatusSeeOther && got != "/console/cases/"+sampleNumber {
				t.Errorf("goes to %q", got)
			}
			wantNotIn(t, w, sampleIIN)
		})
	}
}

package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"kopir/adapters/webhook"
	"kopir/gateway"
	"kopir/schemas"
)

var moment = time.Date(2026, 11, 23, 5, 47, 28, 0, time.UTC)

func message() gateway.Message {
	return gateway.Message{ID: "01JD", Number: "K26-7QX4M-09TCB", Destination: "callback:portal", Kind: gateway.KindResponse,
		Status: "completed", Text: map[string]string{"kk": "дайын", "ru": "готово", "code": "duplicate", "step": "draft", "mark": "unconfirmed"}, CreatedAt: moment}
}

func aCase() gateway.Case {
	return gateway.Case{Number: "K26-7QX4M-09TCB", Service: "housing-assistance", RequestNumber: "1", Outcome: "positive", DueAt: moment,
		IIN: "000230500003"}
}

// receiver keeps what it got.
type receiver struct {
	*httptest.Server
	body   []byte
	header http.Header
	calls  int
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.body, _ = io.ReadAll(req.Body)
		r.header = req.Header
		r.calls++
		answer(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func courier(target webhook.Target, change func(*webhook.Config)) *webhook.Courier {
	cfg := webhook.Config{Targets: webhook.Targets{"portal": target}, Now: func() time.Time { return moment }}
	if change != nil {
		change(&cfg)
	}
	return webhook.New(cfg)
}

func TestDeliver(t *testing.T) {
	r := newReceiver(t, status(204))
	secret := []byte("0123456789abcdef0123456789abcdef")
	got, err := courier(webhook.Target{URL: r.URL, Secret: secret, Bearer: "token"}, nil).Deliver(t.Context(), message(), aCase(), []byte("<r/>"))
	if err != nil || got != "http 204" {
		t.Fatalf("%q %v", got, err)
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%d.%s", moment.Unix(), r.body)
	want := fmt.Sprintf("t=%d,v1=%s", moment.Unix(), hex.EncodeToString(mac.Sum(nil)))
	for name, value := range map[string]string{"Kopir-Signature": want, "Idempotency-Key": "01JD", "Authorization": "Bearer token", "Content-Type": "application/json"} {
		if r.header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, r.header.Get(name), value)
		}
	}
	if strings.Contains(string(r.body), "000230500003") {
		t.Errorf("a personal number is sent: %s", r.body)
	}
	var n map[string]any
	if err := json.Unmarshal(r.body, &n); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]any{"number": "K26-7QX4M-09TCB", "status": "completed", "kind": "RESPONSE", "result_base64": "PHIvPg==", "due_at": "2026-11-23T10:47:28+05:00"} {
		if n[key] != value {
			t.Errorf("%s = %v, want %v", key, n[key], value)
		}
	}
	described(t, n)
}

// described holds the callback against the description's schema: names and required ones.
func described(t *testing.T, n map[string]any) {
	t.Helper()
	b, err := schemas.HTTP.ReadFile("openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]any
			}
		}
	}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["Callback"]
	for _, name := range schema.Required {
		if _, ok := n[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	var names []string
	for name := range n {
		names = append(names, name)
		if schema.Properties[name] == nil {
			t.Errorf("%s is not described", name)
		}
	}
	for name := range schema.Properties {
		if !slices.Contains(names, name) {
			t.Errorf("%s is described and never sent", name)
		}
	}
}

func TestWhatIsNoReceipt(t *testing.T) {
	for _, code := range []int{301, 307, 400, 404, 409, 429, 500, 503} {
		r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
		})
		got, err := courier(webhook.Target{URL: r.URL}, nil).Deliver(t.Context(), message(), aCase(), nil)
		if err == nil || got != "" || r.calls != 1 {
			t.Errorf("%d: receipt %q, %v, %d calls", code, got, err, r.calls)
		}
	}
}

func TestErrorsDoNotTellTheAddress(t *testing.T) {
	r := newReceiver(t, status(200))
	r.Close()
	_, err := courier(webhook.Target{URL: r.URL + "/?token=secret"}, nil).Deliver(t.Context(), message(), aCase(), nil)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

func TestCallerWithoutAddressPolls(t *testing.T) {
	m := message()
	m.Destination = "callback:unknown"
	got, err := courier(webhook.Target{}, nil).Deliver(t.Context(), m, aCase(), nil)
	if err != nil || got != webhook.NoCallback {
		t.Errorf("%q %v", got, err)
	}
}

func TestOnlySafeAddresses(t *testing.T) {
	tests := []struct {
		url   string
		plain bool
		ok    bool
	}{
		{"https://portal.example.kz/hook", false, true},
		{"http://127.0.0.1:1/hook", false, true},
		{"http://portal.example.kz/hook", false, false},
		{"http://portal.example.kz/hook", true, true},
		{"https://user:pass@portal.example.kz/", false, false},
		{"file:///etc/passwd", false, false},
		{"portal.example.kz", false, false},
	}
	for _, tt := range tests {
		sent := false
		c := courier(webhook.Target{URL: tt.url}, func(cfg *webhook.Config) {
			cfg.PlainHTTP = tt.plain
			cfg.Transport = transport(func(*http.Request) (*http.Response, error) {
				sent = true
				return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
			})
		})
		_, err := c.Deliver(t.Context(), message(), aCase(), nil)
		if (err == nil) != tt.ok || sent != tt.ok {
			t.Errorf("%s: error %v, sent %v", tt.url, err, sent)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSilentReceiver(t *testing.T) {
	release := make(chan struct{})
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	c := courier(webhook.Target{URL: r.URL}, func(cfg *webhook.Config) { cfg.Timeout = 20 * time.Millisecond })
	_, err := c.Deliver(t.Context(), message(), aCase(), nil)
	var e *gateway.Error
	if !errors.As(err, &e) || e.Code != gateway.CodeUnavailable {
		t.Errorf("%v", err)
	}
}

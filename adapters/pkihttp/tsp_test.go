package pkihttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTSPPostsTheRequest(t *testing.T) {
	var got *http.Request
	var body []byte
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(answerDER)
	})
	c := newClient(t, Config{Allow: []string{host(t, address)}})
	answer, err := c.TSP(t.Context(), address+"/tsp/", []byte("request"))
	if err != nil || !bytes.Equal(answer, answerDER) {
		t.Fatalf("got %x, %v", answer, err)
	}
	if got.Method != http.MethodPost || got.URL.Path != "/tsp/" || string(body) != "request" ||
		got.Header.Get("Content-Type") != "application/timestamp-query" || got.UserAgent() == "" {
		t.Errorf("got %s %s %q %v", got.Method, got.URL.Path, body, got.Header)
	}
}

func TestTSPRefusesWhatIsNoAnswer(t *testing.T) {
	elsewhere, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answerDER) })
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) {}, "empty"},
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>"))
		}, "HTML page"},
		{"an error", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) }, "502"},
		{"too much", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxTSPBytes+1)) }, "limit"},
		{"another place", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, http.StatusSeeOther) }, "redirects"},
	}
	for _, tt := range tests {
		address, _ := serve(t, tt.answer)
		c := newClient(t, Config{Allow: []string{host(t, address), host(t, elsewhere)}})
		if _, err := c.TSP(t.Context(), address, []byte("request")); !errors.Is(err, ErrAnswer) && tt.want != "redirects" || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestTSPAsksNobodyElse(t *testing.T) {
	address, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answerDER) })
	if _, err := newClient(t, Config{}).TSP(t.Context(), address, []byte("request")); !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v", err)
	}
	c := newClient(t, Config{Allow: []string{host(t, address)}})
	for _, request := range [][]byte{nil, make([]byte, maxTSPRequestBytes+1)} {
		if _, err := c.TSP(t.Context(), address, request); err == nil {
			t.Errorf("a request of %d bytes was sent", len(request))
		}
	}
	if asked.Load() != 0 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestTSPEndsWithItsCaller(t *testing.T) {
	release := make(chan struct{})
	address, _ := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := newClient(t, Config{Allow: []string{host(t, address)}}).TSP(ctx, address, []byte("request")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

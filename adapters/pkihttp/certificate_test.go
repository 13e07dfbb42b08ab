package pkihttp

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestCertificate: what a host on the list sends comes back as it is, if it is no page and not too large.
func TestCertificate(t *testing.T) {
	answers := map[string]string{"/good": "\x30\x00", "/large": strings.Repeat("x", maxCertificateBytes+1)}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/page":
			w.Header().Set("Content-Type", "text/html")
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/good", http.StatusFound)
		case answers[r.URL.Path] == "":
			http.NotFound(w, r)
		}
		_, _ = w.Write([]byte(answers[r.URL.Path]))
	}))
	defer s.Close()
	c, err := New(Config{Allow: []string{s.Listener.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if b, err := c.Certificate(ctx, s.URL+"/good"); err != nil || string(b) != answers["/good"] {
		t.Errorf("%x, %v", b, err)
	}
	for _, path := range []string{"/large", "/page", "/none", "/moved"} {
		if _, err := c.Certificate(ctx, s.URL+path); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := c.Certificate(ctx, "http://127.0.0.2:1/x"); !errors.Is(err, ErrForbidden) {
		t.Errorf("a stranger: %v", err)
	}
}

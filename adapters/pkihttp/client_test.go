package pkihttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// answerDER has the shape of an OCSP answer: unauthorized(6).
var answerDER = []byte{0x30, 0x03, 0x0a, 0x01, 0x06}

// serve starts a server on the loopback and returns its address and how often it was asked.
func serve(t *testing.T, h http.HandlerFunc) (address string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, asked
}

func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func newClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

func TestOCSPPostsTheRequest(t *testing.T) {
	var got *http.Request
	var body []byte
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = w.Write(answerDER)
	})
	c := newClient(t, Config{Allow: []string{host(t, address)}})
	answer, err := c.OCSP(t.Context(), address+"/ocsp/", []byte("request"))
	if err != nil || !bytes.Equal(answer, answerDER) {
		t.Fatalf("got %x, %v", answer, err)
	}
	if got.Method != http.MethodPost || got.URL.Path != "/ocsp/" || string(body) != "request" {
		t.Errorf("got %s %s %q", got.Method, got.URL.Path, body)
	}
	if got.Header.Get("Content-Type") != "application/ocsp-request" {
		t.Errorf("Content-Type is %q", got.Header.Get("Content-Type"))
	}
	if !strings.HasPrefix(got.UserAgent(), "kopir/") {
		t.Errorf("User-Agent is %q; an empty one gets a 303 from pki.gov.kz", got.UserAgent())
	}
}

// TestOCSPByGET: the request is in the address, also where the address has a path of its own.
func TestOCSPByGET(t *testing.T) {
	var got *http.Request
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { got = r; _, _ = w.Write(answerDER) })
	c := newClient(t, Config{Allow: []string{host(t, address)}})
	request := []byte{0xfb, 0xff, 0xfe, 1} // its base64 has + and / and =
	for _, path := range []string{"", "/", "/ocsp", "/ocsp/"} {
		answer, err := c.OCSPByGET(t.Context(), address+path, request)
		if err != nil || !bytes.Equal(answer, answerDER) {
			t.Fatalf("got %x, %v", answer, err)
		}
		want := strings.TrimSuffix(path, "/") + "/%2B%2F%2F%2BAQ%3D%3D"
		if got.Method != http.MethodGet || got.RequestURI != want || got.ContentLength > 0 || got.Header.Get("Content-Type") != "" {
			t.Errorf("got %s %s, want %s", got.Method, got.RequestURI, want)
		}
	}
}

func TestOCSPRefusesWhatIsNoAnswer(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"nothing", func(w http.ResponseWriter, _ *http.Request) {}, "empty"},
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<html>"))
		}, "HTML page"},
		{"a page that calls itself an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/ocsp-response")
			_, _ = w.Write([]byte("\r\n<!DOCTYPE html>"))
		}, "text or a page"},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answerDER[:3]) }, "cut short"},
		{"an answer and more", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(append(bytes.Clone(answerDER), 0)) }, "after the end"},
		{"a broken connection", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write(answerDER)
		}, "cut short after 5 bytes"},
		{"an error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "502"},
		{"not modified, though nothing was known", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, "304"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusSeeOther)
		}, "redirects"},
		{"too much, announced", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "300000")
			_, _ = w.Write(make([]byte, 300000))
		}, "the limit is"},
		{"too much, not announced", func(w http.ResponseWriter, _ *http.Request) {
			for range 300 {
				_, _ = w.Write(make([]byte, 1024))
			}
		}, "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address, asked := serve(t, tt.answer)
			c := newClient(t, Config{Allow: []string{host(t, address)}})
			got, err := c.OCSP(t.Context(), address, []byte("request"))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %x, %v; want an error with %q", got, err, tt.want)
			}
			if !errors.Is(err, ErrAnswer) {
				t.Errorf("%v is not ErrAnswer", err)
			}
			if asked.Load() != 1 {
				t.Errorf("asked %d times", asked.Load())
			}
		})
	}
}

func TestOCSPBoundsTheRequest(t *testing.T) {
	c := newClient(t, Config{})
	for _, n := range []int{0, maxOCSPRequestBytes + 1} {
		if _, err := c.OCSP(t.Context(), "http://localhost", make([]byte, n)); err == nil {
			t.Errorf("a request of %d bytes went out", n)
		}
	}
}

func TestOCSPGivesUpInTime(t *testing.T) {
	released := make(chan struct{})
	address, _ := serve(t, func(http.ResponseWriter, *http.Request) { <-released })
	defer close(released)
	c := newClient(t, Config{Allow: []string{host(t, address)}, OCSPTimeout: 20 * time.Millisecond})
	_, err := c.OCSP(t.Context(), address+"/secret-path", []byte("request"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "secret-path") {
		t.Errorf("%v tells the path", err)
	}
}

func TestOnlyAllowedHostsAreAsked(t *testing.T) {
	address, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answerDER) })
	c := newClient(t, Config{Allow: []string{host(t, address), "crl.pki.gov.kz"}})
	for _, bad := range []string{
		"http://127.0.0.1:1/", "http://localhost:1/", strings.Replace(address, "127.0.0.1", "127.0.0.2", 1),
		strings.Replace(address, "http://", "https://user:secret@", 1), strings.Replace(address, "http:", "ftp:", 1),
		"file:///etc/passwd", "http:///", "http:opaque", "", "::", "http://crl.pki.gov.kz:8080/", "http://crl.pki.gov.kz.example/",
	} {
		if _, err := c.OCSP(t.Context(), bad, []byte("request")); !errors.Is(err, ErrForbidden) {
			t.Errorf("OCSP at %q: %v", bad, err)
		}
		if _, err := c.CRL(t.Context(), bad); !errors.Is(err, ErrForbidden) {
			t.Errorf("CRL at %q: %v", bad, err)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("the server was asked %d times", asked.Load())
	}
}

func TestDialerIsGuarded(t *testing.T) {
	address, asked := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := newClient(t, Config{Allow: []string{"ocsp.pki.gov.kz"}})
	resp, err := c.http.Get(address)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, ErrForbidden) || asked.Load() != 0 {
		t.Errorf("got %v, asked %d times", err, asked.Load())
	}
}

func TestProxyCarriesAllowedHostsOnly(t *testing.T) {
	proxy, asked := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != "ocsp.example.kz" {
			t.Errorf("the proxy was asked for %s", r.URL.Host)
		}
		_, _ = w.Write(answerDER)
	})
	at, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, Config{Allow: []string{"ocsp.example.kz"}, Proxy: at})
	if _, err := c.OCSP(t.Context(), "http://ocsp.example.kz/", []byte("request")); err != nil {
		t.Error(err)
	}
	if _, err := c.OCSP(t.Context(), "http://other.example.kz/", []byte("request")); !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v", err)
	}
	if asked.Load() != 1 {
		t.Errorf("the proxy was asked %d times", asked.Load())
	}
}

func TestNewRefusesBadConfiguration(t *testing.T) {
	for _, entry := range []string{"", " ", "http://pki.gov.kz", "pki.gov.kz/crl", "*.gov.kz", "user@pki.gov.kz", "pki.gov.kz:0", "pki.gov.kz:http", "a:b:c"} {
		if _, err := New(Config{Allow: []string{entry}}); err == nil {
			t.Errorf("%q was taken", entry)
		}
	}
	for _, proxy := range []string{"socks5://localhost:1080", "localhost", "http://"} {
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{Proxy: u}); err == nil {
			t.Errorf("proxy %q was taken", proxy)
		}
	}
	if _, err := New(Config{Dir: "/dev/null/crl"}); err == nil {
		t.Error("a folder that cannot be made was taken")
	}
}

func TestAllowListKnowsPortsAndCase(t *testing.T) {
	allow, err := parseAllowList([]string{"CRL.pki.gov.kz", "ocsp.example:8080", "[::1]:80", "2001:db8::1"})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"http://crl.pki.gov.kz/a.crl": true, "https://CRL.PKI.GOV.KZ/a.crl": true, "http://crl.pki.gov.kz:80/": true,
		"http://crl.pki.gov.kz:81/": false, "http://ocsp.example:8080/": true, "http://ocsp.example/": false,
		"http://[::1]/": true, "https://[::1]/": false, "http://[2001:db8::1]/": true,
	} {
		if _, err := allow.parse(address); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

package pkihttp

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"kopir/gateway/doctor"
)

// TestWaysAreToldApart: each has another remedy.
func TestWaysAreToldApart(t *testing.T) {
	dial := func(err error) error {
		return &url.Error{Op: "Get", URL: "http://x/", Err: &net.OpError{Op: "dial", Err: err}}
	}
	for want, errs := range map[doctor.Problem][]error{
		doctor.ProblemDNS:         {dial(&net.DNSError{IsNotFound: true}), dial(&net.DNSError{IsTimeout: true})},
		doctor.ProblemRefused:     {dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))},
		doctor.ProblemReset:       {dial(os.NewSyscallError("read", syscall.ECONNRESET)), &url.Error{Err: io.EOF}, io.ErrUnexpectedEOF},
		doctor.ProblemTimeout:     {dial(os.ErrDeadlineExceeded), &url.Error{Err: context.DeadlineExceeded}},
		doctor.ProblemTLS:         {&url.Error{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}}},
		doctor.ProblemUnreachable: {dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), errors.New("strange")},
		doctor.ProblemNotAllowed:  {dial(fmt.Errorf("%w: x", ErrForbidden))},
	} {
		for _, err := range errs {
			if got := problemOf(err); got != want {
				t.Errorf("%v is %q, want %q", err, got, want)
			}
		}
	}
}

// TestProbeLooksFromOutside at what comes, and goes nowhere else.
func TestProbeLooksFromOutside(t *testing.T) {
	const whole = "\x30\x03\x02\x01\x05"
	mux := http.NewServeMux()
	for path, answer := range map[string][2]string{"/whole": {"application/pkix-crl", whole}, "/cut": {"application/pkix-crl", whole[:4]}, "/empty": {"application/pkix-crl", ""},
		"/html": {"text/html", "<html>log in</html>"}, "/disguised": {"application/pkix-crl", "\n<!DOCTYPE html>"}} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", answer[0])
			_, _ = io.WriteString(w, answer[1])
		})
	}
	mux.HandleFunc("/gone", http.NotFound)
	mux.Handle("/away", http.RedirectHandler("http://filter.example/login?iin=000230500003", http.StatusFound))
	s := httptest.NewServer(mux)
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	client, err := New(Config{Allow: []string{host}})
	if err != nil {
		t.Fatal(err)
	}
	p := NewProber(client)
	for path, want := range map[string]doctor.Problem{"/whole": "", "/cut": doctor.ProblemTruncated, "/empty": doctor.ProblemEmpty, "/html": doctor.ProblemHTML,
		"/disguised": doctor.ProblemHTML, "/gone": doctor.ProblemStatus, "/away": doctor.ProblemRedirect} {
		r := p.List(t.Context(), s.URL+path)
		if r.Problem != want || r.Date.IsZero() || r.Status == 0 {
			t.Errorf("%s: %+v, want %q", path, r, want)
		}
		if path == "/away" && r.Redirect != "filter.example" {
			t.Errorf("it redirects to %q", r.Redirect)
		}
	}
	if r := p.List(t.Context(), "http://127.0.0.1:1/other"); r.Problem != doctor.ProblemNotAllowed {
		t.Errorf("a host nobody named: %q", r.Problem)
	}
}

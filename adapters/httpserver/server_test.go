package httpserver_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kopir/adapters/httpserver"
)

// start runs a server on a free port and returns its address and how it ended.
func start(t *testing.T, cfg httpserver.Config, h http.Handler) (url string, stop context.CancelFunc, ended <-chan error) {
	t.Helper()
	cfg.Addr = "127.0.0.1:0"
	s := httpserver.New(cfg, h)
	addr, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return "http://" + addr.String(), cancel, done
}

func TestStopLetsRunningRequestsFinishAndPollsGo(t *testing.T) {
	working, release := make(chan struct{}, 2), make(chan struct{})
	frame := httpserver.NewFrame(httpserver.Options{})
	mux := http.NewServeMux()
	mux.Handle("/work", frame.Handle("/work", func(w http.ResponseWriter, _ *http.Request) error {
		working <- struct{}{}
		<-release
		_, err := io.WriteString(w, "done")
		return err
	}))
	mux.Handle("/poll", frame.Handle("/poll", func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := httpserver.WithDraining(r.Context())
		defer cancel()
		working <- struct{}{}
		<-ctx.Done()
		_, err := io.WriteString(w, "nothing")
		return err
	}))
	url, stop, ended := start(t, httpserver.Config{}, mux)
	work, poll := get(url+"/work"), get(url+"/poll")
	<-working
	<-working
	stop()
	if got := <-poll; got != "nothing" {
		t.Errorf("the poll got %q", got)
	}
	close(release)
	if got := <-work; got != "done" {
		t.Errorf("the running request got %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func get(url string) <-chan string {
	out := make(chan string, 1)
	go func() {
		res, err := http.Get(url)
		if err != nil {
			out <- err.Error()
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		out <- string(b)
	}()
	return out
}

func TestStopDoesNotWaitForever(t *testing.T) {
	hanging, forever := make(chan struct{}), make(chan struct{})
	defer close(forever)
	url, stop, ended := start(t, httpserver.Config{ShutdownTimeout: 10 * time.Millisecond},
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(hanging); <-forever }))
	_ = get(url)
	<-hanging
	stop()
	if err := <-ended; err == nil {
		t.Error("Run reports nothing of the request it broke off")
	}
}

func TestLongHeadersAreRefused(t *testing.T) {
	url, stop, ended := start(t, httpserver.Config{}, http.NotFoundHandler())
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("a", 64<<10)+"\r\n\r\n")
	answer := make([]byte, 12)
	_, _ = io.ReadFull(conn, answer)
	if string(answer) != "HTTP/1.1 431" {
		t.Errorf("answer %q", answer)
	}
	stop()
	<-ended
}

func TestAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := httpserver.New(httpserver.Config{Addr: l.Addr().String()}, http.NotFoundHandler())
	if err := s.Run(t.Context()); err == nil {
		t.Error("two servers on one address")
	}
}

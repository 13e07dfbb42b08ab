// Package httpserver is what every HTTP edge of Kopir shares: a listener with bounds, one log
// event a request, a guard against panics, and refusals as problem documents (RFC 9457).
//
// A handler decodes, calls a use case and encodes; it returns its error and the frame does the rest:
//
//	frame := httpserver.NewFrame(httpserver.Options{Log: log, Texts: texts})
//	mux.Handle("POST /v1/applications", frame.Handle("/v1/applications", submit))
//	err := httpserver.New(httpserver.Config{}, mux).Run(ctx)
package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

// Defaults of [Config]; SHEP asks for an answer within 30 s (gateway-protocol.md §4).
const (
	DefaultAddr       = "127.0.0.1:8480" // loopback: nothing is offered to a network by accident
	readTimeout       = 60 * time.Second // 12 MB over a 2 Mbit/s district line
	readHeaderTimeout = 10 * time.Second
	writeTimeout      = 90 * time.Second // above the longest poll
	idleTimeout       = 120 * time.Second
	shutdownTimeout   = 30 * time.Second
	maxHeaderBytes    = 32 << 10
)

// Config bounds a server. The zero value works and listens on loopback only.
type Config struct {
	Addr              string
	TLS               *tls.Config // nil: plain HTTP, for loopback or behind a proxy
	ReadTimeout       time.Duration
	ReadHeaderTimeout time.Duration
	WriteTimeout      time.Duration
	IdleTimeout       time.Duration
	ShutdownTimeout   time.Duration // how long running requests may take after the stop was asked for
	MaxHeaderBytes    int
}

func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = DefaultAddr
	}
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.ReadTimeout, readTimeout}, {&c.ReadHeaderTimeout, readHeaderTimeout},
		{&c.WriteTimeout, writeTimeout}, {&c.IdleTimeout, idleTimeout}, {&c.ShutdownTimeout, shutdownTimeout},
	} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
	if c.MaxHeaderBytes <= 0 {
		c.MaxHeaderBytes = maxHeaderBytes
	}
	return c
}

// Server is one listener with its bounds.
type Server struct {
	cfg      Config
	http     *http.Server
	listener net.Listener
	draining chan struct{}
}

// New makes a server for h. It does not listen yet.
func New(cfg Config, h http.Handler) *Server {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, draining: make(chan struct{})}
	s.http = &http.Server{
		Handler: h, TLSConfig: cfg.TLS, ReadTimeout: cfg.ReadTimeout, ReadHeaderTimeout: cfg.ReadHeaderTimeout,
		WriteTimeout: cfg.WriteTimeout, IdleTimeout: cfg.IdleTimeout, MaxHeaderBytes: cfg.MaxHeaderBytes,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), drainKey{}, s.draining)
		},
	}
	return s
}

// Listen opens the listener, so that an address in use is known before anything else starts.
func (s *Server) Listen() (net.Addr, error) {
	l, err := net.Listen("tcp", s.cfg.Addr)
	if err != nil {
		return nil, err
	}
	if s.cfg.TLS != nil {
		l = tls.NewListener(l, s.cfg.TLS)
	}
	s.listener = l
	return l.Addr(), nil
}

// Run serves until ctx ends, then lets running requests finish: long polls are told to
// come back at once (see [Draining]), everything else has ShutdownTimeout.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if _, err := s.Listen(); err != nil {
			return err
		}
	}
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	close(s.draining)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ShutdownTimeout)
	defer cancel()
	if err := s.http.Shutdown(stop); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}

type drainKey struct{}

// Draining is closed when the server that serves the request is stopping; nil outside a [Server],
// which blocks forever as a nil channel does.
func Draining(ctx context.Context) <-chan struct{} {
	ch, _ := ctx.Value(drainKey{}).(chan struct{})
	return ch
}

// WithDraining returns a context that ends with ctx or when the server starts to stop.
func WithDraining(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	draining := Draining(ctx)
	if draining == nil {
		return ctx, cancel
	}
	go func() {
		select {
		case <-draining:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

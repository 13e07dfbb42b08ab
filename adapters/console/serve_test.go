package console

import (
	"flag"
	"net"
	"net/http"
	"testing"
	"time"
)

var (
	serveAt  = flag.String("console.serve", "", "address to serve the pages with sample data at, for looking at them")
	serveFor = flag.Duration("console.for", 10*time.Minute, "how long to serve them")
	testKeys = flag.Bool("console.testpki", false, "serve them as with test keys")
)

// TestServe shows the pages to people: go test ./adapters/console -run TestServe -console.serve 127.0.0.1:8099.
func TestServe(t *testing.T) {
	if *serveAt == "" {
		t.Skip("no -console.serve")
	}
	l, err := net.Listen("tcp", *serveAt)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: newConsole(sample(), func(c *Config) { c.TestPKI, c.Forecast = *testKeys, stormy }), ReadHeaderTimeout: time.Second}
	time.AfterFunc(*serveFor, func() { _ = srv.Close() })
	_ = srv.Serve(l)
}

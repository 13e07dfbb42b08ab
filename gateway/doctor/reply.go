package doctor

import (
	"context"
	"time"
)

// Problem is why an address gave nothing that could be looked at. The list is closed.
type Problem string

// Problems of the way to an address, and of what comes from it.
const (
	ProblemNone        Problem = ""
	ProblemNotAllowed  Problem = "not_allowed" // its host is not configured
	ProblemDNS         Problem = "dns"
	ProblemRefused     Problem = "refused"
	ProblemTimeout     Problem = "timeout"
	ProblemReset       Problem = "reset"
	ProblemTLS         Problem = "tls"
	ProblemUnreachable Problem = "unreachable"
	ProblemRedirect    Problem = "redirect"
	ProblemStatus      Problem = "http_status"
	ProblemHTML        Problem = "html" // a page, as proxies send it
	ProblemEmpty       Problem = "empty"
	ProblemTruncated   Problem = "truncated"
	ProblemTooLarge    Problem = "too_large"
)

// Reply is what came from an address, looked at from outside.
type Reply struct {
	Problem     Problem
	Status      int    // of HTTP
	ContentType string // as the server says
	Redirect    string // host it sends to
	Date        time.Time
	Body        []byte
	Asked       time.Time // by our clock, when the question was sent
	Took        time.Duration
}

// Prober asks addresses of the configuration, and only those, and tells exactly what came. It never retries.
type Prober interface {
	OCSP(ctx context.Context, address string, request []byte, byGET bool) Reply
	List(ctx context.Context, address string) Reply
	TSP(ctx context.Context, address string, request []byte) Reply
	// Connect opens a connection, with TLS for https, and says nothing.
	Connect(ctx context.Context, address string) Reply
}

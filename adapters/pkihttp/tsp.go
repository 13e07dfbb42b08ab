package pkihttp

import (
	"context"
	"fmt"
	"time"
)

// Limits of an exchange with a time-stamping authority. A request has some 100 bytes, a national token 1.7 KB; the
// caller's context may end it sooner.
const (
	maxTSPRequestBytes = 4 << 10
	maxTSPBytes        = 64 << 10
	tspTimeout         = 20 * time.Second
)

// TSP posts a request to a time-stamping authority (RFC 3161 §3.4) and returns the DER of the answer, which is a
// token or a refusal: xmlsig/tsp tells them apart.
func (c *Client) TSP(ctx context.Context, address string, request []byte) ([]byte, error) {
	if len(request) == 0 || len(request) > maxTSPRequestBytes {
		return nil, fmt.Errorf("pkihttp: a time-stamp request of %d bytes", len(request))
	}
	ctx, cancel := context.WithTimeout(ctx, tspTimeout)
	defer cancel()
	answer, err := c.exchange(ctx, query{address: address, body: request, mediaType: "application/timestamp-query",
		accept: "application/timestamp-reply", limit: maxTSPBytes})
	if err != nil {
		return nil, err
	}
	return answer.body, checkDER(answer.body, "an answer of a time-stamping authority")
}

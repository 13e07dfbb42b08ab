package pkihttp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// query is one exchange with a server.
type query struct {
	address   string
	body      []byte // nil: GET
	mediaType string
	accept    string
	known     validators // of the copy at hand
	limit     int64
}

// validators tell a server which copy one already has (RFC 9110 §8.8).
type validators struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

type answer struct {
	body       []byte
	validators validators
	unchanged  bool // 304: the copy at hand is still the right one
}

// exchange sends one request and reads a bounded answer. It never retries: who asks decides about time.
func (c *Client) exchange(ctx context.Context, q query) (answer, error) {
	req, err := c.request(ctx, q)
	if err != nil {
		return answer{}, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, withoutAddress(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end or given up
	if resp.StatusCode == http.StatusNotModified && q.known != (validators{}) {
		return answer{unchanged: true}, nil
	}
	if resp.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("%w: HTTP status %d", ErrAnswer, resp.StatusCode)
	}
	body, err := readBody(resp, q.limit)
	return answer{body: body, validators: validators{
		ETag:         resp.Header.Get("ETag"),
		LastModified: resp.Header.Get("Last-Modified"),
	}}, err
}

func (c *Client) request(ctx context.Context, q query) (*http.Request, error) {
	u, err := c.allow.parse(q.address)
	if err != nil {
		return nil, err
	}
	method := http.MethodGet
	if q.body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("%w: not an address", ErrForbidden)
	}
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	req.Header.Set("Accept", q.accept)
	for name, value := range map[string]string{
		"Content-Type": q.mediaType, "If-None-Match": q.known.ETag, "If-Modified-Since": q.known.LastModified,
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	return req, nil
}

// readBody reads at most limit bytes and refuses what can be told from outside to be a page for people.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/html" {
		return nil, fmt.Errorf("%w: an HTML page", ErrAnswer)
	}
	if resp.ContentLength > limit {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrAnswer, resp.ContentLength, limit)
	}
	var body bytes.Buffer
	if resp.ContentLength > 0 {
		body.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	n, err := body.ReadFrom(io.LimitReader(resp.Body, limit+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%w: cut short after %d bytes", ErrAnswer, n)
	case err != nil:
		return nil, withoutAddress(err)
	case n > limit:
		return nil, fmt.Errorf("%w: more than %d bytes", ErrAnswer, limit)
	}
	return body.Bytes(), nil
}

// withoutAddress takes the whole address out of an error: a path may name what was looked up.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("pkihttp: %w", u.Err)
	}
	return fmt.Errorf("pkihttp: %w", err)
}

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
	var body bytes.Buffer
	got, err := c.stream(ctx, q, func(r io.Reader, length int64) error {
		if length > 0 {
			body.Grow(int(length) + bytes.MinRead)
		}
		_, err := body.ReadFrom(r)
		return err
	})
	got.body = body.Bytes()
	return got, err
}

// stream sends one request and hands a bounded answer over as it comes. length is what the server announced.
func (c *Client) stream(ctx context.Context, q query, take func(body io.Reader, length int64) error) (answer, error) {
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
	body := &boundedBody{r: io.LimitReader(resp.Body, q.limit+1)}
	if err := c.acceptable(resp, q.limit); err != nil {
		return answer{}, err
	}
	if err := take(body, resp.ContentLength); err != nil {
		return answer{}, body.explain(err)
	}
	if body.n > q.limit {
		return answer{}, fmt.Errorf("%w: more than the limit of %d bytes", ErrAnswer, q.limit)
	}
	return answer{validators: validators{
		ETag:         resp.Header.Get("ETag"),
		LastModified: resp.Header.Get("Last-Modified"),
	}}, nil
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

// acceptable refuses what can be told from outside to be a page for people, or too much.
func (c *Client) acceptable(resp *http.Response, limit int64) error {
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/html" {
		return fmt.Errorf("%w: an HTML page", ErrAnswer)
	}
	if resp.ContentLength > limit {
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrAnswer, resp.ContentLength, limit)
	}
	return nil
}

// boundedBody counts what was read and remembers why reading ended.
type boundedBody struct {
	r   io.Reader
	n   int64
	err error
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// explain says in words why an answer could not be taken.
func (b *boundedBody) explain(err error) error {
	switch {
	case errors.Is(b.err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: cut short after %d bytes", ErrAnswer, b.n)
	case b.err != nil:
		return withoutAddress(b.err)
	}
	return err
}

// withoutAddress takes the whole address out of an error: a path may name what was looked up.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("pkihttp: %w", u.Err)
	}
	return fmt.Errorf("pkihttp: %w", err)
}

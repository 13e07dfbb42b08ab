package pkihttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"kopir/gateway/doctor"
)

// Prober asks as its client does, of the same hosts and within the same bounds, but tells what came instead of
// judging it. It implements [doctor.Prober].
type Prober struct{ c *Client }

// NewProber makes a prober over a client.
func NewProber(c *Client) *Prober { return &Prober{c} }

var _ doctor.Prober = (*Prober)(nil)

// OCSP asks a responder.
func (p *Prober) OCSP(ctx context.Context, address string, request []byte, byGET bool) doctor.Reply {
	ctx, cancel := context.WithTimeout(ctx, p.c.cfg.OCSPTimeout)
	defer cancel()
	q := query{address: address, body: request, mediaType: "application/ocsp-request", accept: "application/ocsp-response", limit: maxOCSPBytes}
	if byGET {
		q.address = strings.TrimSuffix(address, "/") + "/" + url.QueryEscape(base64.StdEncoding.EncodeToString(request))
		q.body, q.mediaType = nil, ""
	}
	return p.look(ctx, q)
}

// List downloads a list.
func (p *Prober) List(ctx context.Context, address string) doctor.Reply {
	ctx, cancel := context.WithTimeout(ctx, p.c.cfg.CRLTimeout)
	defer cancel()
	return p.look(ctx, query{address: address, accept: "application/pkix-crl", limit: maxCRLBytes})
}

// TSP asks for a time stamp.
func (p *Prober) TSP(ctx context.Context, address string, request []byte) doctor.Reply {
	ctx, cancel := context.WithTimeout(ctx, p.c.cfg.OCSPTimeout)
	defer cancel()
	return p.look(ctx, query{address: address, body: request, mediaType: "application/timestamp-query", accept: "application/timestamp-reply", limit: maxTSPBytes})
}

// Connect opens a connection, with TLS for https, and closes it.
func (p *Prober) Connect(ctx context.Context, address string) (r doctor.Reply) {
	r.Asked = p.c.cfg.Now()
	u, err := p.c.allow.parse(address)
	if err != nil {
		r.Problem = doctor.ProblemNotAllowed
		return r
	}
	var dial interface {
		DialContext(context.Context, string, string) (net.Conn, error)
	} = &net.Dialer{Timeout: dialTimeout}
	if u.Scheme == "https" {
		dial = &tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*dialTimeout)
	defer cancel()
	conn, err := dial.DialContext(ctx, "tcp", hostPort(u))
	r.Took = p.c.cfg.Now().Sub(r.Asked)
	if err != nil {
		r.Problem = problemOf(err)
		return r
	}
	_ = conn.Close()
	return r
}

// look sends one request and takes down what comes.
func (p *Prober) look(ctx context.Context, q query) (r doctor.Reply) {
	r.Asked = p.c.cfg.Now()
	req, err := p.c.request(ctx, q)
	if err != nil {
		r.Problem = doctor.ProblemNotAllowed
		return r
	}
	defer func() { r.Took = p.c.cfg.Now().Sub(r.Asked) }()
	resp, err := p.c.http.Do(req)
	if resp != nil {
		r.Status, r.ContentType = resp.StatusCode, resp.Header.Get("Content-Type")
		r.Date, _ = http.ParseTime(resp.Header.Get("Date"))
	}
	if err != nil {
		r.Problem = problemOf(err)
		if resp != nil { // its redirect was not followed
			r.Problem = doctor.ProblemRedirect
			if to, err := resp.Location(); err == nil {
				r.Redirect = to.Host
			}
		}
		return r
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end or given up
	r.Body, err = io.ReadAll(io.LimitReader(resp.Body, q.limit+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		r.Problem = doctor.ProblemStatus
	case errors.Is(err, io.ErrUnexpectedEOF):
		r.Problem = doctor.ProblemTruncated
	case err != nil:
		r.Problem = problemOf(err)
	default:
		r.Problem = problemIn(r, q.limit)
	}
	return r
}

// problemIn tells from outside what cannot be an answer.
func problemIn(r doctor.Reply, limit int64) doctor.Problem {
	kind, _, _ := mime.ParseMediaType(r.ContentType)
	whole, der := derLength(r.Body)
	size := int64(len(r.Body))
	switch {
	case size == 0:
		return doctor.ProblemEmpty
	case size > limit:
		return doctor.ProblemTooLarge
	case kind == "text/html" || kind == "text/plain" || looksLikeText(r.Body):
		return doctor.ProblemHTML
	case der && whole.total > size:
		return doctor.ProblemTruncated
	}
	return doctor.ProblemNone
}

// problemOf tells ways that are blocked apart: each has another remedy.
func problemOf(err error) doctor.Problem {
	var (
		dns      *net.DNSError
		timeout  interface{ Timeout() bool }
		record   tls.RecordHeaderError
		verified *tls.CertificateVerificationError
		name     x509.HostnameError
		alert    tls.AlertError
	)
	switch {
	case errors.Is(err, ErrForbidden):
		return doctor.ProblemNotAllowed
	case errors.As(err, &dns):
		return doctor.ProblemDNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return doctor.ProblemRefused
	case errors.As(err, &record), errors.As(err, &verified), errors.As(err, &name), errors.As(err, &alert):
		return doctor.ProblemTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return doctor.ProblemTimeout
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return doctor.ProblemReset
	}
	return doctor.ProblemUnreachable
}

package shep

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

// TransportConfig says how the gateway is reached. The zero value is a direct way with the machine's own roots.
type TransportConfig struct {
	Timeout     time.Duration
	Proxy       *url.URL            // none of the environment's: addresses come from the configuration
	Certificate *tls.Certificate    // shown to the gateway; TLS knows RSA and ECDSA, not GOST
	Roots       *x509.CertPool      // nil: the machine's
	ServerKeys  [][sha256.Size]byte // of a server's SubjectPublicKeyInfo; one of them has to be the server's
	ServerName  string              // where the certificate has another name than the address
}

// Bounds of a connection.
const (
	maxDial         = 10 * time.Second
	idleConnections = 8
	maxHeaderBytes  = 64 << 10
)

// NewTransport makes the way to the gateway. With ServerKeys and no Roots the key alone is the trust: on the
// inner networks certificates seldom have the address's name (gateway-protocol.md §4).
func NewTransport(cfg TransportConfig) (*http.Transport, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	t := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: min(maxDial, cfg.Timeout)}).DialContext,
		TLSHandshakeTimeout: min(maxDial, cfg.Timeout), ResponseHeaderTimeout: cfg.Timeout,
		MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxHeaderBytes,
	}
	if cfg.Proxy != nil {
		if s := cfg.Proxy.Scheme; s != "http" && s != "https" || cfg.Proxy.Host == "" {
			return nil, errors.New("shep: the proxy must be an http or https URL")
		}
		t.Proxy = http.ProxyURL(cfg.Proxy)
	}
	secure := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.Roots, ServerName: cfg.ServerName}
	if cfg.Certificate != nil {
		secure.Certificates = []tls.Certificate{*cfg.Certificate}
	}
	if len(cfg.ServerKeys) > 0 {
		secure.InsecureSkipVerify = cfg.Roots == nil // VerifyConnection demands the key
		secure.VerifyConnection = pinned(cfg.ServerKeys)
	}
	t.TLSClientConfig = secure
	return t, nil
}

var errServerKey = errors.New("the server's key is none of the configured ones")

// pinned demands one of the keys, also of resumed connections.
func pinned(keys [][sha256.Size]byte) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return errServerKey
		}
		got := sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo)
		for _, key := range keys {
			if key == got {
				return nil
			}
		}
		return errServerKey
	}
}

// ours are headers the protocol sets itself.
var ours = map[string]bool{"Content-Type": true, "Soapaction": true, "Content-Length": true, "Transfer-Encoding": true,
	"Host": true, "Connection": true, "Idempotency-Key": true, "X-Idempotency-Key": true} // the last two make net/http repeat a POST

func checkHeader(h http.Header) error {
	for name, values := range h {
		if ours[textproto.CanonicalMIMEHeaderKey(name)] || !headerName(name) {
			return errors.New("shep: the header " + name + " cannot be set")
		}
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				return errors.New("shep: the value of the header " + name + " breaks the line")
			}
		}
	}
	return nil
}

// headerName knows a token (RFC 9110 §5.6.2).
func headerName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

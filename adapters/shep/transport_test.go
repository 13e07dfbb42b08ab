package shep_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"kopir/adapters/shep"
)

// authority is an operator's own CA, for the machines of both sides.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	n    int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, n: 1}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, root, root, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	return a
}

func (a *authority) issue(name string) *tls.Certificate {
	a.t.Helper()
	a.n++
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	leaf := &x509.Certificate{SerialNumber: big.NewInt(a.n), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	parsed, _ := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func digest(c *tls.Certificate) [sha256.Size]byte {
	return sha256.Sum256(c.Leaf.RawSubjectPublicKeyInfo)
}

// Only the server we are told to believe gets a message, and it only from whom it lets in.
func TestTLS(t *testing.T) {
	ours, strange := newAuthority(t), newAuthority(t)
	server, client1, client2 := ours.issue("gw.inner"), ours.issue("kopir"), strange.issue("kopir")
	g := &gate{t: t, answer: func(any) any { return receipt() }}
	g.Server = httptest.NewUnstartedServer(g)
	g.TLS = &tls.Config{Certificates: []tls.Certificate{*server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.pool()}
	g.Config.ErrorLog = log.New(io.Discard, "", 0)
	g.StartTLS()
	t.Cleanup(g.Close)
	right, wrong := [][sha256.Size]byte{digest(client1), digest(server)}, [][sha256.Size]byte{digest(client1)}
	tests := []struct {
		name string
		cfg  shep.TransportConfig
		good bool
	}{
		{"CA and name", shep.TransportConfig{Roots: ours.pool(), ServerName: "gw.inner", Certificate: client1}, true},
		{"the key alone, whatever the name", shep.TransportConfig{ServerKeys: right, Certificate: client1}, true},
		{"CA, name and key", shep.TransportConfig{Roots: ours.pool(), ServerName: "gw.inner", ServerKeys: right, Certificate: client1}, true},
		{"another name", shep.TransportConfig{Roots: ours.pool(), Certificate: client1}, false},
		{"the right key does not replace the CA", shep.TransportConfig{Roots: strange.pool(), ServerName: "gw.inner", ServerKeys: right, Certificate: client1}, false},
		{"the machine's roots", shep.TransportConfig{ServerName: "gw.inner", Certificate: client1}, false},
		{"another CA", shep.TransportConfig{Roots: strange.pool(), ServerName: "gw.inner", Certificate: client1}, false},
		{"another key", shep.TransportConfig{ServerKeys: wrong, Certificate: client1}, false},
		{"CA and name, another key", shep.TransportConfig{Roots: ours.pool(), ServerName: "gw.inner", ServerKeys: wrong, Certificate: client1}, false},
		{"no client certificate", shep.TransportConfig{ServerKeys: right}, false},
		{"a stranger's client certificate", shep.TransportConfig{ServerKeys: right, Certificate: client2}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := len(g.got)
			transport, err := shep.NewTransport(tt.cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer transport.CloseIdleConnections()
			c := client(t, g.URL, func(c *shep.Config) { c.Transport = transport })
			for range 2 { // a resumed connection is held to the same
				_, err = c.Deliver(t.Context(), notification(), aCase(), nil)
				transport.CloseIdleConnections()
				if (err == nil) != tt.good {
					t.Errorf("%v", err)
				}
			}
			if arrived := len(g.got) > before; arrived != tt.good {
				t.Errorf("arrived: %v", arrived)
			}
		})
	}
}

// A proxy is the configured one, with its password.
func TestProxy(t *testing.T) {
	var user, asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, user = r.URL.String(), r.Header.Get("Proxy-Authorization")
		reply(t, 200, receipt(), nil)(w, r)
	}))
	defer proxy.Close()
	u, _ := url.Parse(proxy.URL)
	u.User = url.UserPassword("kopir", "secret")
	transport, err := shep.NewTransport(shep.TransportConfig{Proxy: u})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, "http://gw.invalid/bip-async/", func(c *shep.Config) { c.Transport = transport })
	if _, err := c.Deliver(t.Context(), notification(), aCase(), nil); err != nil || asked != "http://gw.invalid/bip-async/" || user != "Basic a29waXI6c2VjcmV0" {
		t.Errorf("%v; asked for %q as %q", err, asked, user)
	}
	if _, err := shep.NewTransport(shep.TransportConfig{Proxy: &url.URL{Scheme: "socks9", Host: "x"}}); err == nil {
		t.Error("a proxy nobody can speak to")
	}
}

func TestHeaders(t *testing.T) {
	s := newServer(t, reply(t, 200, receipt(), nil))
	c := client(t, s.URL, func(c *shep.Config) { c.Header = http.Header{"Authorization": {"Bearer x"}, "X-Road": {"1"}} })
	if _, err := c.Deliver(t.Context(), notification(), aCase(), nil); err != nil || s.header.Get("Authorization") != "Bearer x" || s.header.Get("X-Road") != "1" {
		t.Errorf("%v %v", err, s.header)
	}
	for name, value := range map[string]string{"content-type": "x", "SOAPAction": "x", "Host": "x", "Idempotency-Key": "x", "a b": "x", "": "x", "X-Fine": "a\r\nb"} {
		if _, err := shep.New(shep.Config{URL: s.URL, SenderID: "s", Header: http.Header{name: {value}}}); err == nil {
			t.Errorf("the header %q: %q was taken", name, value)
		}
	}
}

package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/cmd/kopir/internal/config"
)

// The listener asks for client certificates of the operator's authority and lets in those on the list.
func TestCheckOffBehindAClientCertificate(t *testing.T) {
	dir := t.TempDir()
	authority := newTLSParty(t, dir, "ca", nil)
	newTLSParty(t, dir, "server", authority)
	known, other := newTLSParty(t, dir, "known", authority), newTLSParty(t, dir, "other", authority)
	file := func(name string) string { return filepath.Join(dir, name) }
	s := newStage(t, func(c *config.Config) {
		c.TLS = config.TLS{Cert: file("server.pem"), Key: file("server.key"), ClientCA: []string{file("ca.pem")}}
		c.SHEP.Transport = []config.Transport{{Check: config.TransportOff, Clients: []string{file("known.pem")}}}
	})
	if !strings.HasPrefix(s.URL(), "https://") {
		t.Fatal(s.URL())
	}
	for _, tt := range []struct {
		name  string
		party *tlsParty
		code  string
	}{{"known", known, "SCSS001"}, {"other", other, "SCE007"}, {"none", nil, "SCE007"}} {
		doc, err := envelope.Write(s.message(tt.name, "pep", s.citizens()))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tlsClient(t, authority, tt.party).Post(s.URL()+"/shep/sync", "text/xml; charset=utf-8", strings.NewReader(string(doc)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if code, reply := s.read(resp.StatusCode, string(body)); err != nil || code != tt.code {
			t.Errorf("%s: %s %+v", tt.name, code, reply)
		}
	}
}

// tlsParty is a certificate for TLS with its key.
type tlsParty struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newTLSParty issues a certificate, self-signed without an issuer, and writes it and its key to name.pem and name.key.
func newTLSParty(t *testing.T, dir, name string, issuer *tlsParty) *tlsParty {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: issuer == nil,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	p := &tlsParty{cert: template, key: key}
	if issuer == nil {
		issuer = p
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.cert, &key.PublicKey, issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	if p.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "EC PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func tlsClient(t *testing.T, authority, own *tlsParty) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(authority.cert)
	cfg := &tls.Config{RootCAs: roots}
	if own != nil {
		cfg.Certificates = []tls.Certificate{{Certificate: [][]byte{own.cert.Raw}, PrivateKey: own.key}}
	}
	transport := &http.Transport{TLSClientConfig: cfg}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

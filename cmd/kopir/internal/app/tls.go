package app

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"

	"kopir/cmd/kopir/internal/config"
)

// listenerTLS is the listener's TLS, nil for none. Client certificates are the operator's own authority's,
// RSA or ECDSA: TLS knows no GOST. Who shows none may still come with a key or a signed message.
func listenerTLS(c config.TLS) (*tls.Config, error) {
	if !c.On() {
		return nil, nil
	}
	own, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}}
	authorities, err := tlsCertificates(c.ClientCA)
	if err != nil || len(authorities) == 0 {
		return t, err
	}
	t.ClientAuth, t.ClientCAs = tls.VerifyClientCertIfGiven, x509.NewCertPool()
	for _, a := range authorities {
		t.ClientCAs.AddCert(a)
	}
	return t, nil
}

// tlsCertificates reads the certificates of PEM files; a file without one is a mistake.
func tlsCertificates(files []string) (all []*x509.Certificate, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		before := len(all)
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			all = append(all, c)
		}
		if len(all) == before {
			return nil, fmt.Errorf("%s holds no PEM certificate", file)
		}
	}
	return all, nil
}

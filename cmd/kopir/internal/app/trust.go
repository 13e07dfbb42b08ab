package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kopir/adapters/pkihttp"
	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
)

// anchor is a trusted CA certificate and the file it came from.
type anchor struct {
	file string
	cert *pki.Certificate
}

// loadTrust reads the CA certificates: of the trust folder, self-signed ones are anchors and the others
// serve path building only; the named anchors are trusted themselves. No anchors is no error: then
// every application is refused as chain_untrusted, and the greeting says so.
func loadTrust(cfg config.Config) (*pki.Store, []anchor, error) {
	store := pki.NewStore()
	var anchors []anchor
	err := errors.Join(
		eachCertificate([]string{filepath.Join(cfg.Data, trustFolder)}, func(file string, c *pki.Certificate) {
			store.AddTrust(c)
			if c.SelfSigned() {
				anchors = append(anchors, anchor{file, c})
			}
		}),
		eachCertificate(cfg.Trust.Anchors, func(file string, c *pki.Certificate) {
			store.AddAnchor(c, pki.PurposeNational)
			anchors = append(anchors, anchor{file, c})
		}),
		eachCertificate(cfg.Trust.Generic, func(file string, c *pki.Certificate) {
			store.AddAnchor(c, pki.PurposeGeneric)
			anchors = append(anchors, anchor{file, c})
		}))
	return store, anchors, err
}

// trustFolder lies in the data folder; what the operator puts there is trusted.
const trustFolder = "trust"

// eachCertificate reads PEM or DER files and whole folders.
func eachCertificate(paths []string, fn func(file string, c *pki.Certificate)) error {
	for _, path := range paths {
		files, err := filesOf(path)
		if err != nil {
			return err
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			certs, err := pki.ParseAll(b)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			for _, c := range certs {
				fn(file, c)
			}
		}
	}
	return nil
}

// filesOf lists a folder's files, or the file itself; the trust folder need not be there.
func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && filepath.Base(path) == trustFolder {
		return nil, nil
	}
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	entries, err := os.ReadDir(path)
	var files []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	return files, err
}

// statusSource asks OCSP and CRLs over the one guarded dialer: only hosts the configuration names.
func statusSource(cfg config.Config, o Outside) (revocation.Source, error) {
	client, err := pkihttp.New(pkihttp.Config{Allow: cfg.StatusHosts(), Dir: filepath.Join(cfg.Data, "crl"),
		OCSPTimeout: cfg.Status.Timeout, Now: o.Now, Log: o.Log})
	if err != nil {
		return nil, err
	}
	return revocation.NewOnline(client, revocation.Config{Now: o.Now, Rand: o.Rand, OCSP: cfg.Status.OCSP, CRL: cfg.Status.CRL,
		Hosts: cfg.StatusHosts(), Freshness: cfg.Status.Freshness}), nil
}

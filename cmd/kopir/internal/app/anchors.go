package app

import (
	"fmt"

	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig/pki"
)

// anchor is a trusted CA certificate and the file it came from.
type anchor struct {
	file string
	cert *pki.Certificate
}

// loadTrust makes the store of everything that is trusted. No anchors is no error: then every application is
// refused as chain_untrusted, and the greeting says so. A file that cannot be read is one, and so is TEST beside
// production.
func loadTrust(cfg config.Config) (*pki.Store, []anchor, error) {
	entries := ReadTrust(cfg)
	if err := unmixed(entries, cfg.Trust.TestPKI); err != nil {
		return nil, nil, err
	}
	store := pki.NewStore()
	model, _ := pki.ParseModel(cfg.Trust.Model)
	store.SetModel(model)
	var anchors []anchor
	for _, e := range entries {
		if e.Err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.File, e.Err)
		}
		e.addTo(store)
		if e.Anchor {
			anchors = append(anchors, anchor{e.File, e.Cert})
		}
	}
	return store, anchors, nil
}

// addTo puts the certificate where it belongs. What is no CA's is not trusted.
func (e TrustEntry) addTo(store *pki.Store) {
	switch {
	case !e.Cert.IsCA:
	case e.Anchor:
		store.AddAnchor(e.Cert, e.Purpose)
	case e.OwnPurpose:
		store.AddIntermediateFor(e.Cert, e.Purpose)
	default:
		store.AddIntermediate(e.Cert)
	}
}

// unmixed refuses TEST authorities that the configuration does not name as such, and production ones among them.
// A PKI that is neither, as the demo's, goes with both.
func unmixed(entries []TrustEntry, testPKI bool) error {
	for _, e := range entries {
		switch pinned := e.Pinned(); {
		case pinned == nil:
		case pinned.Environment == pki.Test && !testPKI:
			return fmt.Errorf("%s is %s of the TEST PKI, whose signatures have no legal force: take it away, or set trust.test_pki and leave production", e.File, pinned.Name)
		case pinned.Environment == pki.Production && testPKI:
			return fmt.Errorf("%s is %s of the production PKI, but trust.test_pki is set: TEST and production never mix", e.File, pinned.Name)
		}
	}
	return nil
}

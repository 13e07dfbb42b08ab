package app

import (
	"context"
	"fmt"
	"time"

	"kopir/adapters/pkihttp"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/xmlsig/pki"
)

// openStamping makes the use case that dates the ledger's history. Only hosts of the named authorities are asked.
func (a *App) openStamping(clock *gateway.Clock) error {
	cfg := a.cfg.Timestamps
	client, err := pkihttp.New(pkihttp.Config{Allow: cfg.Hosts(), Now: a.out.Now, Log: a.out.Log})
	if err != nil {
		return err
	}
	trust, err := stampStore(a.cfg, a.trust)
	if err != nil {
		return err
	}
	a.stamping = gateway.NewStamping(a.ledger, client, trust, a.status.source, clock, a.out.World(),
		gateway.StampingConfig{TSA: cfg.TSA, Policy: cfg.Policy, Hash: cfg.HashOID(), Every: cfg.Every})
	return nil
}

// stampStore is everything trusted, and beside it those anchors that are trusted for authorities only: they must
// not vouch for a citizen's signature.
func stampStore(cfg config.Config, trust *pki.Store) (*pki.Store, error) {
	if len(cfg.Timestamps.Anchors) == 0 {
		return trust, nil
	}
	extra, err := readCertificates(cfg.Timestamps.Anchors)
	if err != nil {
		return nil, fmt.Errorf("timestamps.anchors: %w", err)
	}
	store := pki.NewStore()
	model, _ := pki.ParseModel(cfg.Trust.Model)
	store.SetModel(model)
	for _, c := range append(trust.Anchors(), extra...) {
		store.AddAnchor(c, pki.PurposeGeneric)
	}
	for _, c := range trust.Intermediates() {
		store.AddIntermediate(c)
	}
	return store, nil
}

// stampPauses are how often in its interval stamping looks whether something is due.
const stampPauses = 6

func (a *App) stampEvery() time.Duration {
	return max(a.cfg.Timestamps.Every/stampPauses, time.Millisecond)
}

// StampLag tells how far stamping is behind.
func (a *App) StampLag(ctx context.Context) (gateway.StampLag, error) { return a.ledger.StampLag(ctx) }

// StampProof proves that something was rooted and stamped.
func (a *App) StampProof(ctx context.Context, leaf gateway.Leaf) (*gateway.StampProof, error) {
	return a.ledger.StampProof(ctx, leaf)
}

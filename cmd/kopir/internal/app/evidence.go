package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"kopir/adapters/pkihttp"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/gateway/evidence"
	"kopir/xmlsig/pki"
)

// EvidenceRequest says which case's evidence is wanted, by whom, and how much of it.
type EvidenceRequest struct {
	Number   string
	Actor    string
	Full     bool
	Progress func(what string)
}

// CollectEvidence reads everything of one case and seals it. Nothing goes out: lists come from the
// folder where the gateway keeps them.
func CollectEvidence(ctx context.Context, cfg config.Config, o Outside, ledger gateway.Ledger, r EvidenceRequest) (container []byte, notes []string, err error) {
	sources, err := evidenceSources(cfg, o, ledger)
	if err != nil {
		return nil, nil, err
	}
	bundle, err := evidence.Collect(ctx, sources, r.Number, evidence.CollectOptions{At: o.Now(), By: r.Actor, Full: r.Full, Progress: r.Progress})
	if err != nil {
		return nil, nil, err
	}
	key, err := SealKey(cfg, o)
	if err != nil {
		return nil, nil, err
	}
	container, err = bundle.Seal(key, o.Rand)
	return container, bundle.Notes(), err
}

func evidenceSources(cfg config.Config, o Outside, ledger gateway.Ledger) (evidence.Sources, error) {
	rules, err := LoadRules(cfg)
	if err != nil {
		return evidence.Sources{}, err
	}
	lists, err := KeptLists(cfg, o)
	if err != nil {
		return evidence.Sources{}, err
	}
	trust, _, err := loadTrust(cfg)
	if err != nil {
		return evidence.Sources{}, err
	}
	authorities, err := readCertificates(cfg.Timestamps.Anchors)
	if err != nil {
		return evidence.Sources{}, fmt.Errorf("timestamps.anchors: %w", err)
	}
	for _, c := range authorities { // this store serves nothing but stamps
		trust.AddAnchor(c, pki.PurposeGeneric)
	}
	bin := func(id string) string {
		p, _ := rules.Registry.Provider(id)
		return p.BIN
	}
	return evidence.Sources{Ledger: ledger, Lists: lists, Stamps: ledger, Trust: trust, ProviderBIN: bin}, nil
}

// KeptLists gives the revocation lists the gateway has kept, by digest. It asks nobody.
func KeptLists(cfg config.Config, o Outside) (evidence.Lists, error) {
	return pkihttp.New(pkihttp.Config{Dir: filepath.Join(cfg.Data, "crl"), Now: o.Now, Log: o.Log})
}

// Exported is the act that a container was made; it is recorded before anybody gets the file.
func Exported(r EvidenceRequest, container []byte, recipient string, at time.Time) gateway.Act {
	data := map[string]string{"sha256": gateway.SHA256Hex(container)}
	if r.Full {
		data["full"] = "true"
	}
	if recipient != "" {
		data["encrypted_to"] = recipient
	}
	return gateway.Act{At: at, Actor: r.Actor, Kind: "evidence_exported", Target: r.Number, Data: data}
}

// WhatIf prepares making stored verdicts again under another policy, with the anchors of today.
func WhatIf(cfg config.Config, o Outside, ledger gateway.Ledger, policy evidence.Policy) (*evidence.WhatIf, error) {
	trust, _, err := loadTrust(cfg)
	if err != nil {
		return nil, err
	}
	lists, err := KeptLists(cfg, o)
	if err != nil {
		return nil, err
	}
	return &evidence.WhatIf{Ledger: ledger, Lists: lists, Trust: trust, Policy: policy}, nil
}

package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kopir/adapters/localqueue"
	"kopir/adapters/redisqueue"
	"kopir/adapters/sqlledger"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
)

// OpenLedger opens the configured ledger; a SQLite file's folder is made if it is missing.
func OpenLedger(ctx context.Context, cfg config.Config, o Outside) (gateway.Ledger, error) {
	if strings.Contains(cfg.Ledger, "://") && !IsPostgres(cfg.Ledger) {
		return nil, fmt.Errorf("ledger: want a SQLite file or postgres://…, not %s://…", cfg.Ledger[:strings.Index(cfg.Ledger, "://")])
	}
	if err := os.MkdirAll(filepath.Join(cfg.Data, trustFolder), 0o700); err != nil {
		return nil, err
	}
	if !IsPostgres(cfg.Ledger) {
		if err := os.MkdirAll(filepath.Dir(cfg.Ledger), 0o700); err != nil {
			return nil, err
		}
	}
	ledger, err := sqlledger.Open(ctx, cfg.Ledger, sqlledger.Options{Now: o.Now, Rand: o.Rand})
	if err != nil {
		return nil, fmt.Errorf("the ledger cannot be opened: %w", err)
	}
	return ledger, nil
}

// openIndex gives the ready-index: Redis where it is configured, else wake-ups within this process.
func openIndex(cfg config.Config) (gateway.Index, error) {
	if cfg.Redis == "" {
		return localqueue.New(), nil
	}
	index, err := redisqueue.Open(cfg.Redis, redisqueue.Options{})
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	return index, nil
}

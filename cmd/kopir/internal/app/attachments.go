package app

import (
	"context"
	"fmt"
	"time"

	"kopir/adapters/clamd"
	"kopir/adapters/files"
	"kopir/adapters/shep"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
)

// openFiles makes the desk where files are stored and examined.
func (a *App) openFiles() error {
	store, err := files.Open(a.cfg.Attachments.Folder, a.out.Now)
	if err != nil {
		return fmt.Errorf("attachments.folder: %w", err)
	}
	a.files = &gateway.FileDesk{Files: store, Sniff: files.Sniff}
	if a.cfg.Attachments.Clamd == "" {
		return nil
	}
	scanner, err := clamd.New(clamd.Config{Address: a.cfg.Attachments.Clamd, Timeout: a.cfg.Attachments.ClamdTimeout})
	if err != nil {
		return fmt.Errorf("attachments.clamd: %w", err)
	}
	a.files.Scanner = scanner
	return nil
}

// openTemporary connects the state's temporary storage, where files that travel by id are fetched from.
func (a *App) openTemporary() error {
	if a.shep == nil || a.cfg.SHEP.Files == nil {
		return nil
	}
	password, err := config.Secret(a.cfg.SHEP.PasswordFile)
	if err != nil {
		return fmt.Errorf("shep.password_file: %w", err)
	}
	a.files.Temporary = shep.NewTemporary(a.shep, *temporaryFiles(a.cfg.SHEP, password))
	return nil
}

// sweepEvery is how often the folder of files is looked through; what goes is at least an hour old.
const sweepEvery = time.Hour

// fileRounds are the background work with files.
func (a *App) fileRounds() []round {
	late := gateway.NewAttachments(a.ledger, a.files, a.rules, a.out.World(), gateway.AttachmentsConfig{Orphans: a.cfg.Attachments.Orphans})
	sweep := func(ctx context.Context) (int, error) {
		_, err := late.Sweep(ctx)
		return 0, err // one walk was enough
	}
	return []round{{"attachments", a.cfg.Intervals.Parking, late.Round}, {"orphans", sweepEvery, sweep}}
}

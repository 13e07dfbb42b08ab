package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"kopir/cmd/kopir/internal/app"
	"kopir/gateway"
)

// EvidenceCmd packs everything known of a case, and checks such containers.
type EvidenceCmd struct {
	Export EvidenceExportCmd `cmd:"" help:"Pack everything of one case into a sealed container. Example: kopir evidence export --out case.asice K26-4ARCY-BMCHQ"`
	Verify EvidenceVerifyCmd `cmd:"" help:"Check containers offline. Example: kopir evidence verify --trust nca/ --seal seal.cer case.asice"`
	Seal   EvidenceSealCmd   `cmd:"" help:"Print the certificate of the sealing key, for whoever checks seals. Example: kopir evidence seal"`
}

// EvidenceExportCmd makes a container.
type EvidenceExportCmd struct {
	where
	Number string `arg:"" help:"Number of the application."`
	Out    string `placeholder:"FILE" help:"Where to write (default: NUMBER.asice in this folder)."`
	Full   bool   `help:"Bundle revocation lists of any size; without it large ones are named by digest."`
	To     string `placeholder:"RECIPIENT" help:"Encrypt to an age or SSH public key (age1…, ssh-ed25519 …), or to those in a file."`
	Force  bool   `help:"Replace the file if it is there."`
}

// Help says what is in a container.
func (c *EvidenceExportCmd) Help() string {
	return `Example: kopir evidence export --config kopir.yaml --to age1… K26-4ARCY-BMCHQ

The container is a ZIP in the shape of ASiC-E: the received bytes, every verdict, certificates, the OCSP
answers that were used, the chained history, result, receipts and timestamps, sealed by the gateway's key.
It holds personal data: its mode is 0600, and making it is recorded in the audit log first.`
}

// Run makes the container.
func (c *EvidenceExportCmd) Run() error { return c.run(context.Background(), standardStreams()) }

func (c *EvidenceExportCmd) run(ctx context.Context, std streams) error {
	to, err := readRecipients(c.To)
	if err != nil {
		return usageErrorf("--to: %w", err)
	}
	if c.Out == "" {
		if c.Out = c.Number + ".asice"; to != nil {
			c.Out += ".age"
		}
	}
	if _, err := os.Lstat(c.Out); err == nil && !c.Force {
		return usageErrorf("%s is there already; --force replaces it", c.Out)
	}
	return c.ledger(ctx, func(ledger gateway.Ledger, r app.EvidenceRequest) error {
		r.Progress = func(what string) { fmt.Fprintln(std.err, "reading", what, "…") }
		return c.export(ctx, std, ledger, r, to)
	})
}

// ledger opens the ledger there is.
func (c *EvidenceExportCmd) ledger(ctx context.Context, fn func(gateway.Ledger, app.EvidenceRequest) error) error {
	cfg, err := c.load()
	if err != nil {
		return usageErrorf("%w", err)
	}
	if _, err := os.Stat(cfg.Ledger); err != nil && !app.IsPostgres(cfg.Ledger) {
		return usageErrorf("there is no ledger %s; name it by --config, --data or --ledger", cfg.Ledger)
	}
	ledger, err := app.OpenLedger(ctx, cfg, app.Machine())
	if err != nil {
		return err
	}
	defer ledger.Close()
	return fn(ledger, app.EvidenceRequest{Number: c.Number, Actor: operatorName(), Full: c.Full})
}

func (c *EvidenceExportCmd) export(ctx context.Context, std streams, ledger gateway.Ledger, r app.EvidenceRequest, to *recipients) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	machine := app.Machine()
	container, notes, err := app.CollectEvidence(ctx, cfg, machine, ledger, r)
	if err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintln(std.err, "note:", note)
	}
	handed, err := to.encrypt(container)
	if err != nil {
		return err
	}
	act := app.Exported(r, container, to.names(), machine.World().Now())
	if err := handOut(c.Out, c.Force, handed, func() error { return ledger.Act(ctx, act) }); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s: %d bytes, sha256 %s\n", c.Out, len(handed), gateway.SHA256Hex(handed))
	fmt.Fprintln(std.err, "Check it with: kopir evidence verify --trust FOLDER --seal seal.cer", c.Out)
	fmt.Fprintln(std.err, "where seal.cer is what kopir evidence seal prints.")
	return nil
}

// handOut writes a file of mode 0600 that nobody sees before record has succeeded. A file that is there
// is replaced only by force.
func handOut(path string, force bool, b []byte, record func() error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".evidence-*") // mode 0600
	if err != nil {
		return withoutPath(err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // under its own name by then, or unwanted
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := record(); err != nil {
		return fmt.Errorf("the export is not recorded, so nothing is handed out: %w", err)
	}
	if force {
		return os.Rename(f.Name(), path)
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return usageErrorf("%s is there already; --force replaces it", path)
	} else if err != nil {
		return err
	}
	return nil
}

// EvidenceSealCmd shows the sealing key's certificate.
type EvidenceSealCmd struct{ where }

// Run prints it as PEM.
func (c *EvidenceSealCmd) Run() error { return c.run(os.Stdout) }

func (c *EvidenceSealCmd) run(out io.Writer) error {
	cfg, err := c.load()
	if err != nil {
		return usageErrorf("%w", err)
	}
	key, err := app.SealKey(cfg, app.Machine())
	if err != nil {
		return err
	}
	return printCertificate(out, key.Certificate)
}

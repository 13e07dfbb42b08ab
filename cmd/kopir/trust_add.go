package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/xmlsig/pki"
)

// TrustAddCmd trusts CA certificates.
type TrustAddCmd struct {
	where
	Generic bool     `help:"Its signers have the generic purpose: an accredited CA whose key usages are not the national ones."`
	Anchor  bool     `help:"Trust it itself although another authority issued it; without this it only helps to reach a trusted root."`
	Reason  string   `help:"Why it is trusted; needed for what is not pinned, and to trust otherwise than it is pinned. It goes into the ledger and beside the certificate."`
	Files   []string `arg:"" name:"FILE" type:"path" help:"CA certificates, PEM or DER."`
}

// Help shows examples.
func (c *TrustAddCmd) Help() string {
	return `Examples: kopir trust add nca_gost_2022.cer root_gost_2022.cer
          kopir trust add --generic --anchor --reason "accredited, registry entry 12" bank-ca.cer

Either all the files are added or, if one of them is refused, none. A running gateway sees them after its next start.`
}

// Run adds the certificates.
func (c *TrustAddCmd) Run() error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	var all []app.Installation
	for _, file := range c.Files {
		some, err := c.read(cfg, file)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	return c.bring(cfg, all)
}

// read judges the certificates of one file.
func (c *TrustAddCmd) read(cfg config.Config, file string) ([]app.Installation, error) {
	b, err := readFlagFile(file, maxCertificateFile)
	if err != nil {
		return nil, usageErrorf("%s: %w", file, err)
	}
	certs, err := pki.ParseAll(b)
	if err != nil {
		return nil, usageErrorf("%s: %w", file, err)
	}
	var all []app.Installation
	for _, cert := range certs {
		if err := c.judge(cfg, cert); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, c.installation(file, cert))
	}
	return all, nil
}

// judge refuses what may not be trusted.
func (c *TrustAddCmd) judge(cfg config.Config, cert *pki.Certificate) error {
	national, pinned := cert.Pinned()
	unusual := c.Generic && national.Purpose != pki.PurposeGeneric || c.Anchor && !national.Root
	switch {
	case !cert.IsCA:
		return fmt.Errorf("not a certification authority's certificate")
	case pinned && unusual && strings.TrimSpace(c.Reason) == "":
		return usageErrorf("%s is to be trusted otherwise than the program pins it; say by --reason why", cert.Subject.CommonName)
	case !pinned && strings.TrimSpace(c.Reason) == "":
		return usageErrorf("%s is not among the pinned national authorities; say by --reason why it is to be trusted", cert.Subject.CommonName)
	}
	if national, imitated := cert.PinnedName(); imitated && !pinned {
		return fmt.Errorf("it bears the name %s of the national PKI, but is another certificate", national.Name)
	}
	return app.Fits(cfg, cert)
}

// installation names the file: the pinned one by its official name, any other with the beginning of its fingerprint.
func (c *TrustAddCmd) installation(file string, cert *pki.Certificate) app.Installation {
	sum := hex.EncodeToString(cert.SHA256[:])
	in := app.Installation{Cert: cert, Source: filepath.Base(file), Actor: operatorName()}
	pinned, isPinned := cert.Pinned()
	if isPinned {
		in.File = pinned.File
	} else {
		in.File = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)) + "-" + sum[:8] + ".cer"
		in.File = strings.TrimLeft(in.File, ".")
	}
	if !isPinned || c.Generic || c.Anchor || c.Reason != "" {
		in.Note = &app.TrustNote{SHA256: sum, Reason: c.Reason, Actor: in.Actor, Anchor: c.Anchor,
			Generic: c.Generic || pinned.Purpose == pki.PurposeGeneric}
	}
	return in
}

// bring installs what is not there yet and says what the certificates are worth.
func (c *TrustAddCmd) bring(cfg config.Config, all []app.Installation) error {
	return c.withLedger(cfg, func(ctx context.Context, ledger gateway.Ledger, world gateway.World) error {
		for _, in := range all {
			if at, there := app.Installed(cfg, in.Cert); there {
				fmt.Println("already trusted:", in.Cert.Subject.CommonName, "in", at)
				continue
			}
			path, err := app.Install(ctx, cfg, ledger, world, in)
			if err != nil {
				return err
			}
			fmt.Println("trusted:", in.Cert.Subject.CommonName, "in", path)
			c.warn(in)
		}
		return nil
	})
}

// warn tells of an authority that by itself makes nobody believed.
func (c *TrustAddCmd) warn(in app.Installation) {
	if _, pinned := in.Cert.Pinned(); !pinned && !c.Anchor && !in.Cert.SelfSigned() {
		warnTrust("%s helps only where its root is trusted too; add the root, or give --anchor", in.Cert.Subject.CommonName)
	}
}

// withLedger opens the ledger that is told of every certificate; the first one may make it.
func (w where) withLedger(cfg config.Config, fn func(context.Context, gateway.Ledger, gateway.World) error) error {
	ctx, machine := context.Background(), app.Machine()
	ledger, err := app.OpenLedger(ctx, cfg, machine)
	if err != nil {
		return err
	}
	defer ledger.Close() //nolint:errcheck // every act is durable already
	return fn(ctx, ledger, machine.World())
}

package app

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/xmlsig/pki"
)

// Trusted certificates are public, and the gateway may run under another account than the operator.
const (
	trustFileMode   = 0o644
	trustFolderMode = 0o755
)

// Installation is one certificate to be trusted.
type Installation struct {
	Cert   *pki.Certificate
	File   string     // name in the trust folder
	Note   *TrustNote // nil for a pinned certificate of its usual purpose
	Source string     // where it came from
	Actor  string     // who brings it
}

// Installed finds the file of the trust folder that holds the certificate already.
func Installed(cfg config.Config, c *pki.Certificate) (string, bool) {
	for _, e := range readTrust([]string{TrustFolder(cfg)}, OriginFolder) {
		if e.Cert != nil && e.Cert.SHA256 == c.SHA256 {
			return e.File, true
		}
	}
	return "", false
}

// Fits refuses a certificate that would make the gateway mix TEST and production.
func Fits(cfg config.Config, c *pki.Certificate) error {
	return unmixed([]TrustEntry{{File: "this certificate", Cert: c}}, cfg.Trust.TestPKI)
}

// Install records the act in the ledger and then lets the certificate appear, whole, in the trust folder: nothing is
// trusted of which the ledger does not know who brought it and why.
func Install(ctx context.Context, cfg config.Config, ledger gateway.Ledger, world gateway.World, in Installation) (path string, err error) {
	folder := TrustFolder(cfg)
	if err := os.MkdirAll(folder, trustFolderMode); err != nil {
		return "", err
	}
	path = filepath.Join(folder, in.File)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s exists and holds another certificate", path)
	}
	now := world.Now().UTC()
	files, err := in.stage(folder, path, now)
	defer func() {
		for _, f := range files {
			os.Remove(f.staged) //nolint:errcheck // gone when all went well
		}
	}()
	if err != nil {
		return "", err
	}
	if err := ledger.Act(ctx, in.act(now)); err != nil {
		return "", err
	}
	for _, f := range files {
		if err := os.Rename(f.staged, f.final); err != nil {
			return "", err
		}
	}
	return path, nil
}

// stagedFile waits under a hidden name for its own.
type stagedFile struct{ staged, final string }

// stage writes the note, which has to be there first, and the certificate.
func (in Installation) stage(folder, path string, now time.Time) (files []stagedFile, err error) {
	if in.Note != nil {
		in.Note.At = now
		note, err := json.MarshalIndent(in.Note, "", "  ")
		if err != nil {
			return nil, err
		}
		staged, err := writeStaged(folder, append(note, '\n'))
		files = append(files, stagedFile{staged, path + noteSuffix})
		if err != nil {
			return files, err
		}
	}
	staged, err := writeStaged(folder, in.Cert.Raw)
	return append(files, stagedFile{staged, path}), err
}

func writeStaged(folder string, content []byte) (string, error) {
	f, err := os.CreateTemp(folder, ".staged-")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	return f.Name(), errors.Join(err, f.Chmod(trustFileMode), f.Sync(), f.Close())
}

// act is what the ledger is told.
func (in Installation) act(now time.Time) gateway.Act {
	data := map[string]string{"name": in.Cert.Subject.CommonName, "file": in.File, "source": in.Source}
	if pinned, ok := in.Cert.Pinned(); ok {
		data["pinned"] = string(pinned.Environment)
	}
	if in.Note != nil {
		data["reason"], data["purpose"] = in.Note.Reason, pki.PurposeNational.String()
		if in.Note.Generic {
			data["purpose"] = pki.PurposeGeneric.String()
		}
	}
	return gateway.Act{At: now, Actor: in.Actor, Kind: "trust_added", Target: hex.EncodeToString(in.Cert.SHA256[:]), Data: data}
}

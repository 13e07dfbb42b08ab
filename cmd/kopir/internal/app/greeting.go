package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kopir/gateway"
)

// firstRun makes the first operator, so that somebody can open the pages: its key lies in a file
// only the owner can read. Later runs find callers and do nothing.
func (a *App) firstRun(ctx context.Context) error {
	callers, err := a.access.List(ctx)
	if err != nil || len(callers) > 0 {
		return err
	}
	path := filepath.Join(a.cfg.Data, "keys", "operator.key")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err // made by another run; its ledger is not this one, and no key is ever overwritten
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	key, err := a.access.Add(ctx, gateway.Caller{ID: "operator", Kind: gateway.CallerOperator, Name: "first operator"}, "first-run")
	if err != nil {
		return err
	}
	a.first = path
	return os.WriteFile(path, []byte(key+"\n"), 0o600)
}

// Greeting says where everything is and what is trusted.
func (a *App) Greeting() []string {
	lines := []string{
		"listening on " + a.URL() + ", pages at " + a.URL() + "/console",
		"data in " + a.cfg.Data + ", ledger " + withoutPassword(a.cfg.Ledger),
	}
	if a.cfg.Redis == "" {
		lines = append(lines, "no Redis: wake-ups stay within this process")
	} else {
		lines = append(lines, "wake-ups over Redis")
	}
	if a.first != "" {
		lines = append(lines, "first run: the operator's key for the pages is in "+a.first)
	}
	for _, x := range a.anchors {
		lines = append(lines, fmt.Sprintf("trust anchor %s  sha256 %s…  %s", x.cert.Subject.CommonName, hex.EncodeToString(x.cert.SHA256[:8]), x.file))
	}
	if len(a.anchors) == 0 {
		lines = append(lines, "no trust anchors: every application is refused as chain_untrusted; bring CA certificates by kopir trust fetch or kopir trust add into "+filepath.Join(a.cfg.Data, trustFolder)+" and start again")
	}
	if n := a.withoutBIN(); n > 0 {
		lines = append(lines, fmt.Sprintf("%d providers have no BIN yet: their results cannot be accepted (kopir catalogue check)", n))
	}
	if a.cfg.Trust.TestPKI {
		lines = append(lines, "TEST PKI: nothing accepted here has legal force")
	}
	return append(lines, a.senderLines()...)
}

// Greet prints the greeting.
func (a *App) Greet(w io.Writer) {
	fmt.Fprintln(w, "kopir: "+strings.Join(a.Greeting(), "\n       "))
}

// IsPostgres says whether a DSN names a server.
func IsPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// withoutPassword leaves a DSN's user information out.
func withoutPassword(dsn string) string {
	if !IsPostgres(dsn) {
		return dsn
	}
	scheme, rest, _ := strings.Cut(dsn, "://")
	if _, host, ok := strings.Cut(rest, "@"); ok {
		rest = host
	}
	return scheme + "://" + rest
}

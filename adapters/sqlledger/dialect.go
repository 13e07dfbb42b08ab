package sqlledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// dialect is all in which the two databases differ. On SQLite a write transaction
// is alone from its first statement on, so no row has to be locked.
type dialect struct {
	goose      goose.Dialect
	forUpdate  string // ends a SELECT whose rows are about to change
	skipLocked string // the same, passing over rows another claimer has
	isolation  sql.IsolationLevel
	check      func(context.Context, *sql.DB) error // refuses a server that would not keep what it acknowledges
}

var sqlite = dialect{goose: goose.DialectSQLite3, check: func(context.Context, *sql.DB) error { return nil }}

// The insert-or-find steps need to see what others committed meanwhile, hence READ COMMITTED
// whatever the server's default is.
var postgres = dialect{
	goose:      goose.DialectPostgres,
	forUpdate:  " FOR UPDATE",
	skipLocked: " FOR UPDATE SKIP LOCKED",
	isolation:  sql.LevelReadCommitted,
	check:      checkPostgres,
}

// file says that this is SQLite.
func (d dialect) file() bool { return d.goose == goose.DialectSQLite3 }

// Pool sizes where the options name none.
const (
	defaultPostgresConns = 16
	defaultSQLiteReaders = 4
)

// connectTimeout is how long a server may take to answer at all, where the address names no connect_timeout.
const connectTimeout = 5 * time.Second

func (l *Ledger) connect(dsn string, conns int) error {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return l.connectPostgres(dsn, conns)
	}
	return l.connectSQLite(strings.TrimPrefix(dsn, "sqlite:"), conns)
}

// connectSQLite opens one writing connection, so that writers queue in the process instead of
// failing on each other's locks, and a pool of readers, which WAL never blocks.
func (l *Ledger) connectSQLite(path string, conns int) error {
	if path == "" || strings.HasPrefix(path, ":memory:") || strings.Contains(path, "://") {
		return reason.New(gateway.CodeUnavailable, "the ledger must be sqlite:PATH, a path or postgres://…")
	}
	if err := createPrivate(path); err != nil {
		return reason.Wrap(gateway.CodeUnavailable, "the ledger file cannot be opened", err)
	}
	writer, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return reason.Wrap(gateway.CodeUnavailable, "the ledger file cannot be opened", err)
	}
	reader, err := sql.Open("sqlite", sqliteDSN(path, "query_only(1)"))
	if err != nil {
		return reason.Wrap(gateway.CodeUnavailable, "the ledger file cannot be opened", errors.Join(err, writer.Close()))
	}
	if conns <= 0 {
		conns = defaultSQLiteReaders
	}
	writer.SetMaxOpenConns(1)
	reader.SetMaxOpenConns(conns)
	reader.SetMaxIdleConns(conns)
	l.dialect, l.writer, l.reader = sqlite, writer, reader
	return nil
}

// createPrivate makes the file before SQLite does: it holds personal data and is nobody else's
// to read. The files SQLite puts beside it get the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// sqliteDSN asks for a write-ahead log that is synced at every commit.
func sqliteDSN(path string, more ...string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"journal_size_limit(67108864)"}, more...)}
	name := url.URL{Path: path}
	return "file:" + name.EscapedPath() + "?" + q.Encode()
}

// connectPostgres bounds how long a transaction waits for a lock, and how long an instance that
// hangs in the middle of one may hold it.
func (l *Ledger) connectPostgres(dsn string, conns int) error {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil { // pgx hides the password
		return reason.Wrap(gateway.CodeUnavailable, "the ledger's address is malformed", err)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, `SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'`)
		return err
	}))
	if conns <= 0 {
		conns = defaultPostgresConns
	}
	conns = max(conns, 2) // migrating takes two
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	l.dialect, l.writer, l.reader = postgres, db, db
	return nil
}

func checkPostgres(ctx context.Context, db *sql.DB) error {
	var commit string
	if err := db.QueryRowContext(ctx, `SHOW synchronous_commit`).Scan(&commit); err != nil {
		return err
	}
	if commit == "off" {
		return fmt.Errorf("synchronous_commit is off: what is acknowledged could be lost; switch it on for this role or database")
	}
	return nil
}

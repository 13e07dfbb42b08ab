// Package sqlledger is the ledger in SQL: [gateway.Ledger] on one SQLite file or on PostgreSQL.
// Nothing is acknowledged to anyone before it is committed here, so every write is one
// transaction, and an error means that nothing of it was written.
//
//	ledger, err := sqlledger.Open(ctx, "sqlite:/var/lib/kopir/kopir.db", sqlledger.Options{})
//	ledger, err := sqlledger.Open(ctx, "postgres://kopir@db/kopir?sslmode=verify-full", sqlledger.Options{})
//
// The SQL is the same text for both databases; where they differ, [dialect] says how.
package sqlledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"io"
	"sync"
	"time"

	"kopir/gateway"
)

// Options of a ledger. The zero value works.
type Options struct {
	Now      func() time.Time // the clock; time.Now if nil
	Rand     io.Reader        // where ids come from; crypto/rand if nil
	MaxConns int              // PostgreSQL connections, or SQLite readers; 16 or 4 if zero
}

// Ledger implements [gateway.Ledger]. It is safe for concurrent use, and several processes may
// open the same database.
type Ledger struct {
	dialect dialect
	writer  *sql.DB // SQLite: the one writing connection of this process
	reader  *sql.DB // PostgreSQL: the same pool as writer
	now     func() time.Time
	rand    io.Reader

	idLock sync.Mutex
	lastID int64
}

var _ gateway.Ledger = (*Ledger)(nil)

// Open connects to the database the DSN names (sqlite:PATH, a plain path, or postgres://…) and
// brings its tables up to date.
func Open(ctx context.Context, dsn string, o Options) (*Ledger, error) {
	l := &Ledger{now: o.Now, rand: o.Rand}
	if l.now == nil {
		l.now = time.Now
	}
	if l.rand == nil {
		l.rand = rand.Reader
	}
	if err := l.connect(dsn, o.MaxConns); err != nil {
		return nil, err
	}
	if err := l.prepare(ctx); err != nil {
		return nil, errors.Join(failure(ctx, "open", err), l.Close())
	}
	return l, nil
}

// prepare checks what the server was set up with and migrates.
func (l *Ledger) prepare(ctx context.Context) error {
	if err := l.dialect.check(ctx, l.writer); err != nil {
		return err
	}
	return l.migrate(ctx)
}

// Latest is the time of the newest event or verdict.
func (l *Ledger) Latest(ctx context.Context) (time.Time, error) {
	var event, verdict int64
	err := l.reader.QueryRowContext(ctx, `SELECT (SELECT coalesce(max(at), 0) FROM events),
		(SELECT coalesce(max(at), 0) FROM verdicts)`).Scan(&event, &verdict)
	return moment(max(event, verdict)), failure(ctx, "latest", err)
}

// Ping writes one row, so that a full disk or a read-only stand-by is found, not only a lost server.
func (l *Ledger) Ping(ctx context.Context) error {
	return l.write(ctx, "ping", func(tx *tx) error {
		_, err := tx.exec(`INSERT INTO heartbeat (id, at) VALUES (1, $1)
			ON CONFLICT (id) DO UPDATE SET at = excluded.at`, micros(l.now()))
		return err
	})
}

// Close ends all connections. Transactions under way are rolled back.
func (l *Ledger) Close() error {
	err := l.writer.Close()
	if l.reader != l.writer {
		err = errors.Join(l.reader.Close(), err)
	}
	return err
}

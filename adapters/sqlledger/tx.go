package sqlledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"
)

// tx is what a write works with: statements of one transaction. A write is a function over it and
// never begins or commits itself, so that several may one day share one commit.
type tx struct {
	ctx     context.Context
	conn    *sql.Tx
	dialect dialect
	leaves  []leaf // what has to be stamped; written before the commit
}

func (t *tx) exec(query string, args ...any) (int64, error) {
	res, err := t.conn.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t *tx) row(query string, args ...any) *sql.Row {
	return t.conn.QueryRowContext(t.ctx, query, args...)
}

func (t *tx) rows(query string, args ...any) (*sql.Rows, error) {
	return t.conn.QueryContext(t.ctx, query, args...)
}

// errUnwritten ends a transaction that has nothing to write after all; it is not a failure.
var errUnwritten = errors.New("nothing to write")

// maxTries bounds how often a transaction is run again after the server chose it to break a deadlock.
const maxTries = 3

// txTimeout bounds a whole transaction, so that a network that swallows everything does not hold a
// writer for ever.
const txTimeout = 30 * time.Second

// write runs fn in one transaction: all of it is durable when write returns nil, none of it is
// there when it returns an error. fn may run more than once.
func (l *Ledger) write(ctx context.Context, what string, fn func(*tx) error) error {
	var err error
	for range maxTries {
		if err = l.writeOnce(ctx, fn); !worthRepeating(err) {
			break
		}
	}
	if errors.Is(err, errUnwritten) {
		return nil
	}
	return failure(ctx, what, err)
}

func (l *Ledger) writeOnce(ctx context.Context, fn func(*tx) error) (err error) {
	conn, err := l.writer.Conn(ctx) // waits no longer than the caller does
	if err != nil {
		return err
	}
	defer conn.Close()
	// The transaction itself does not end with the caller's context: a commit that is under way is
	// waited for, else nobody could say whether it happened.
	whole, done := context.WithTimeout(context.WithoutCancel(ctx), txTimeout)
	defer done()
	st, err := conn.BeginTx(whole, &sql.TxOptions{Isolation: l.dialect.isolation})
	if err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed && st.Rollback() != nil {
			l.clear(conn)
		}
	}()
	t := &tx{ctx: ctx, conn: st, dialect: l.dialect}
	if err := fn(t); err != nil {
		return err
	}
	if err := t.putLeaves(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	committed = true
	if err := st.Commit(); err != nil {
		l.clear(conn)
		return err
	}
	return nil
}

// clear makes sure that a connection whose commit or rollback failed does not carry an open
// transaction into the next one. SQLite keeps the transaction open when a commit fails, and has
// already rolled it back after some errors of statements.
func (l *Ledger) clear(conn *sql.Conn) {
	ctx := context.Background()
	if l.dialect.file() {
		_, _ = conn.ExecContext(ctx, "ROLLBACK")
		if _, err := conn.ExecContext(ctx, "BEGIN"); err == nil {
			if _, err := conn.ExecContext(ctx, "ROLLBACK"); err == nil {
				return
			}
		}
	}
	discard(conn)
}

// discard closes the connection instead of giving it back to the pool.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}

// find reads one row outside any transaction; an unknown row is CodeNotFound with that detail.
func (l *Ledger) find(ctx context.Context, missing, query string, args []any, scan func(scanner) error) error {
	err := scan(l.reader.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return notFound(missing)
	}
	return failure(ctx, "read", err)
}

// scanner is a row of either kind.
type scanner interface{ Scan(dest ...any) error }

// querier is a transaction or the reading pool.
type querier func(query string, args ...any) (*sql.Rows, error)

func (l *Ledger) reading(ctx context.Context) querier {
	return func(query string, args ...any) (*sql.Rows, error) {
		return l.reader.QueryContext(ctx, query, args...)
	}
}

// collect reads all rows of a query.
func collect[T any](q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

package sqlledger

import (
	"context"
	"embed"
	"errors"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrateLock is the advisory lock under which one instance migrates a PostgreSQL database ("kopir").
const migrateLock = 0x6b6f706972

// fileTries is how often a run begins anew on SQLite: it may lose each migration to another instance.
const fileTries = 20

// migrate brings the tables up to date. Instances may start at the same moment: on PostgreSQL one
// goes first; on SQLite a run that lost the race finds everything done when it tries again.
func (l *Ledger) migrate(ctx context.Context) error {
	if l.dialect.file() {
		var err error
		for range fileTries {
			if err = l.migrateOnce(ctx); err == nil {
				break
			}
		}
		return err
	}
	conn, err := l.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SET lock_timeout = 0`); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrateLock)); err != nil {
		return err
	}
	err = l.migrateOnce(ctx)
	_, unlockErr := conn.ExecContext(context.WithoutCancel(ctx),
		`SELECT pg_advisory_unlock($1)`, int64(migrateLock))
	discard(conn) // its lock_timeout was changed
	return errors.Join(err, unlockErr)
}

func (l *Ledger) migrateOnce(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(l.dialect.goose, l.writer, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

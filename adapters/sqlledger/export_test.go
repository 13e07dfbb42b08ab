package sqlledger

import (
	"context"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// MakeOld makes a ledger with the tables of an earlier version and runs statements on it.
func MakeOld(ctx context.Context, dsn string, version int64, statements ...string) error {
	l := &Ledger{}
	if err := l.connect(dsn, 0); err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // thrown away
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(l.dialect.goose, l.writer, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := l.writer.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

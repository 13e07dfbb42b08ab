package sqlledger

import (
	"context"
	"io/fs"
	"strconv"
	"strings"
)

// Schema is how far a ledger's tables are, and how far this program's are.
type Schema struct{ Has, Wants int }

// Examine looks at a ledger without changing it: [Open] would bring its tables up to date. A SQLite file that is not
// there would be made, so the caller looks for it before.
func Examine(ctx context.Context, dsn string) (s Schema, err error) {
	if s.Wants, err = newest(); err != nil {
		return s, err
	}
	var l Ledger
	if err := l.connect(dsn, 0); err != nil {
		return s, err
	}
	defer l.Close() //nolint:errcheck // only read
	if err := l.dialect.check(ctx, l.reader); err != nil {
		return s, failure(ctx, "examine", err)
	}
	err = l.reader.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).Scan(&s.Has)
	return s, failure(ctx, "examine", err)
}

// newest is the number of the last migration of this program.
func newest() (last int, err error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	for _, file := range files {
		number, _, _ := strings.Cut(strings.TrimPrefix(file, "migrations/"), "_")
		n, err := strconv.Atoi(number)
		if err != nil {
			return 0, err
		}
		last = max(last, n)
	}
	return last, err
}

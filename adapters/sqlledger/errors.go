package sqlledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	sqlitedriver "modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

func notFound(detail string) error { return reason.New(gateway.CodeNotFound, detail) }

// internal is a fault of the program that asked, not of the database.
func internal(format string, args ...any) error {
	return reason.Newf(gateway.CodeInternal, format, args...)
}

// failure names what a database error means to the caller: the context's error if the caller gave
// up, CodeInternal if the statement was wrong, else CodeUnavailable. Errors that have a code pass.
func failure(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	var coded *reason.Error
	if errors.As(err, &coded) {
		return err
	}
	if end := ctx.Err(); end != nil && (errors.Is(err, end) || interrupted(err)) {
		return fmt.Errorf("ledger: %s: %w", what, end)
	}
	code, detail := gateway.CodeUnavailable, "the ledger cannot be reached or written"
	if ours(err) {
		code, detail = gateway.CodeInternal, "the ledger refused a statement"
	}
	return reason.Wrap(code, detail, fmt.Errorf("ledger: %s: %w", what, quiet(err)))
}

// interrupted says that a statement was stopped because its context ended.
func interrupted(err error) bool {
	if s, ok := errors.AsType[*sqlitedriver.Error](err); ok {
		return s.Code()&0xff == sqlitelib.SQLITE_INTERRUPT
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err)
}

// ours says that the database is well and the statement or its data were wrong.
func ours(err error) bool {
	if s, ok := errors.AsType[*sqlitedriver.Error](err); ok {
		switch s.Code() & 0xff {
		case sqlitelib.SQLITE_CONSTRAINT, sqlitelib.SQLITE_ERROR, sqlitelib.SQLITE_MISMATCH,
			sqlitelib.SQLITE_MISUSE, sqlitelib.SQLITE_RANGE, sqlitelib.SQLITE_TOOBIG:
			return true
		}
		return false
	}
	if p, ok := errors.AsType[*pgconn.PgError](err); ok && len(p.Code) == 5 {
		switch p.Code[:2] {
		case "22", "23", "42": // data, constraint, syntax or access rule
			return true
		}
	}
	return false
}

// quiet drops the words of an error in which PostgreSQL may quote the data, personal numbers included.
func quiet(err error) error {
	if p, ok := errors.AsType[*pgconn.PgError](err); ok && ours(err) {
		return fmt.Errorf("SQLSTATE %s %s%s", p.Code, p.TableName, p.ConstraintName)
	}
	return err
}

// worthRepeating says that the server ended the transaction only to let another one go on.
func worthRepeating(err error) bool {
	p, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (p.Code == "40001" || p.Code == "40P01") // serialization_failure, deadlock_detected
}

// uniqueViolation says that a row with such a key is there.
func uniqueViolation(err error) bool {
	if s, ok := errors.AsType[*sqlitedriver.Error](err); ok {
		return s.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || s.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	p, ok := errors.AsType[*pgconn.PgError](err)
	return ok && p.Code == "23505"
}

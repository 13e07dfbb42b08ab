package sqlledger

import (
	"context"
	"database/sql"
	"errors"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

const callerColumns = `id, kind, name, providers, channel, callback, key_sha256, created_at, revoked_at`

func scanCaller(row scanner) (c gateway.Caller, err error) {
	var providers string
	var created, revoked int64
	if err := row.Scan(&c.ID, &c.Kind, &c.Name, &providers, &c.Channel, &c.Callback, &c.KeySHA256,
		&created, &revoked); err != nil {
		return c, err
	}
	c.CreatedAt, c.RevokedAt = moment(created), moment(revoked)
	return c, decode(providers, &c.Providers)
}

// CallerByKey returns the caller whose key has this SHA-256. A caller without a key, known by other
// means, cannot be found so; a revoked one is like one that never was.
func (l *Ledger) CallerByKey(ctx context.Context, keySHA256 string) (gateway.Caller, error) {
	c, err := scanCaller(l.reader.QueryRowContext(ctx, `SELECT `+callerColumns+` FROM callers
		WHERE key_sha256 = $1 AND key_sha256 <> '' AND revoked_at = 0`, text(keySHA256)))
	if errors.Is(err, sql.ErrNoRows) {
		return c, reason.New(gateway.CodeUnauthenticated, "the key is unknown or revoked")
	}
	return c, failure(ctx, "caller", err)
}

// PutCaller stores a caller with its act; an existing id is replaced. A key that is somebody
// else's is CodeConflict.
func (l *Ledger) PutCaller(ctx context.Context, c gateway.Caller, act gateway.Act) error {
	if c.ID == "" {
		return internal("a caller without an id")
	}
	return l.write(ctx, "put caller", func(tx *tx) error {
		providers, err := encode(c.Providers)
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO callers (`+callerColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, providers = excluded.providers,
			channel = excluded.channel, callback = excluded.callback, key_sha256 = excluded.key_sha256,
			created_at = excluded.created_at, revoked_at = excluded.revoked_at`,
			text(c.ID), text(c.Kind), text(c.Name), providers, text(c.Channel), text(c.Callback), text(c.KeySHA256),
			micros(c.CreatedAt), micros(c.RevokedAt))
		if uniqueViolation(err) {
			return reason.New(gateway.CodeConflict, "the key belongs to another caller")
		} else if err != nil {
			return err
		}
		return l.insertAct(tx, act)
	})
}

// Callers lists all callers, revoked ones too.
func (l *Ledger) Callers(ctx context.Context) ([]gateway.Caller, error) {
	callers, err := collect(l.reading(ctx), scanCaller, `SELECT `+callerColumns+` FROM callers ORDER BY id`)
	return callers, failure(ctx, "callers", err)
}

// Act records an act of a caller or operator that belongs to no case.
func (l *Ledger) Act(ctx context.Context, a gateway.Act) error {
	return l.write(ctx, "act", func(tx *tx) error { return l.insertAct(tx, a) })
}

func (l *Ledger) insertAct(t *tx, a gateway.Act) error {
	id, err := l.newID()
	if err != nil {
		return err
	}
	if a.At.IsZero() {
		a.At = l.now()
	}
	data, err := encode(texts(a.Data))
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO acts (id, at, actor, kind, target, data) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, micros(a.At), text(a.Actor), text(a.Kind), text(a.Target), data)
	return err
}

// Acts returns the newest acts, newest first.
func (l *Ledger) Acts(ctx context.Context, limit int) ([]gateway.Act, error) {
	scan := func(row scanner) (a gateway.Act, err error) {
		var at int64
		var data string
		if err := row.Scan(&at, &a.Actor, &a.Kind, &a.Target, &data); err != nil {
			return a, err
		}
		a.At = moment(at)
		return a, decode(data, &a.Data)
	}
	acts, err := collect(l.reading(ctx), scan, `SELECT at, actor, kind, target, data FROM acts
		ORDER BY at DESC, id DESC LIMIT $1`, atMost(limit))
	return acts, failure(ctx, "acts", err)
}

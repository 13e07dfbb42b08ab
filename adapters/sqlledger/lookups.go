package sqlledger

import (
	"context"
	"time"

	"kopir/gateway"
)

// putLookups stores the questions of a new case; they are due at once.
func (t *tx) putLookups(c gateway.Case) error {
	for _, m := range c.Lookups {
		if m.State != gateway.LookupPending {
			continue
		}
		if _, err := t.exec(`INSERT INTO lookups (number, register, attempts, next_at, answer) VALUES ($1, $2, 0, $3, $4)`,
			text(c.Number), text(m.Register), micros(c.ReceivedAt), []byte{}); err != nil {
			return err
		}
	}
	return nil
}

// endLookup takes a question out of the queue and keeps its answer.
func (t *tx) endLookup(number string, end *gateway.LookupEnd) error {
	if end == nil {
		return nil
	}
	answer := end.Answer
	if answer == nil {
		answer = []byte{}
	}
	_, err := t.exec(`UPDATE lookups SET next_at = 0, answer = $3 WHERE number = $1 AND register = $2`,
		text(number), text(end.Register), answer)
	return err
}

// ClaimLookups takes questions whose time has come, the longest due first, hiding them until the given moment.
func (l *Ledger) ClaimLookups(ctx context.Context, now, until time.Time, limit int) ([]gateway.Lookup, error) {
	if idle, err := l.none(ctx, `SELECT 1 FROM lookups WHERE next_at > 0 AND next_at <= $1 LIMIT 1`, micros(now)); err != nil || idle {
		return nil, err
	}
	var claimed []gateway.Lookup
	err := l.write(ctx, "claim lookups", func(tx *tx) (err error) {
		claimed, err = collect(tx.rows, scanLookup, `SELECT number, register, attempts FROM lookups
			WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at, number, register LIMIT $2`+tx.dialect.skipLocked, micros(now), atMost(limit))
		if err != nil {
			return err
		}
		for _, one := range claimed {
			if err := tx.delayLookup(one, 0, until); err != nil {
				return err
			}
		}
		if len(claimed) == 0 {
			return errUnwritten
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

func scanLookup(row scanner) (one gateway.Lookup, err error) {
	err = row.Scan(&one.Number, &one.Register, &one.Attempts)
	return one, err
}

// delayLookup moves a question that is still open.
func (t *tx) delayLookup(one gateway.Lookup, attempts int, next time.Time) error {
	_, err := t.exec(`UPDATE lookups SET next_at = $3, attempts = attempts + $4 WHERE number = $1 AND register = $2 AND next_at > 0`,
		text(one.Number), text(one.Register), micros(next), attempts)
	return err
}

// PostponeLookup says when a question is asked again.
func (l *Ledger) PostponeLookup(ctx context.Context, one gateway.Lookup, counts bool, next time.Time) error {
	attempts := 0
	if counts {
		attempts = 1
	}
	return l.write(ctx, "postpone lookup", func(tx *tx) error { return tx.delayLookup(one, attempts, next) })
}

// LookupAnswer is a register's answer about a case.
func (l *Ledger) LookupAnswer(ctx context.Context, number, register string) (answer []byte, err error) {
	err = l.find(ctx, "no such answer", `SELECT answer FROM lookups WHERE number = $1 AND register = $2 AND next_at = 0 AND length(answer) > 0`,
		[]any{text(number), text(register)}, func(row scanner) error { return row.Scan(&answer) })
	return answer, err
}

package sqlledger

import (
	"context"
	"database/sql"
	"errors"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Stored returns the answer given to a message, nil if the key is new.
func (l *Ledger) Stored(ctx context.Context, key gateway.MessageKey) (*gateway.Stored, error) {
	stored, err := scanStored(l.reader.QueryRowContext(ctx, storedQuery, keyArgs(key)...))
	return stored, failure(ctx, "stored answer", err)
}

const storedQuery = `SELECT covered_sha, answer FROM submissions
	WHERE caller = $1 AND via = $2 AND message_id = $3`

func keyArgs(key gateway.MessageKey) []any {
	return []any{text(key.Caller), text(key.Via), text(key.ID)}
}

func scanStored(row scanner) (*gateway.Stored, error) {
	var s gateway.Stored
	var answer string
	if err := row.Scan(&s.CoveredSHA, &answer); errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return &s, decode(answer, &s.Answer)
}

// FirstNumber returns the number of the case with these covered octets, "" if there is none. A case
// that was parked and then refused does not count: its applicant may come again.
func (l *Ledger) FirstNumber(ctx context.Context, coveredSHA string) (string, error) {
	var number string
	err := l.reader.QueryRowContext(ctx, `SELECT number FROM cases
		WHERE covered_sha = $1 AND covered_sha <> '' AND state <> 'refused'`, text(coveredSHA)).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return number, failure(ctx, "first number", err)
}

// Record writes one submission in one transaction and returns nil, or the stored answer and
// writes nothing if the key was taken meanwhile.
func (l *Ledger) Record(ctx context.Context, r gateway.Record) (*gateway.Stored, error) {
	var stored *gateway.Stored
	err := l.write(ctx, "record", func(tx *tx) (err error) {
		if stored, err = tx.claimKey(r); err != nil {
			return err
		}
		if stored != nil {
			return errUnwritten
		}
		return l.record(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// claimKey writes the answer under its key. If another transaction holds the key, the database
// waits for its end; what that one committed comes back.
func (t *tx) claimKey(r gateway.Record) (*gateway.Stored, error) {
	if r.Key.ID == "" {
		return nil, nil
	}
	answer, err := encode(r.Answer)
	if err != nil {
		return nil, err
	}
	n, err := t.exec(`INSERT INTO submissions (caller, via, message_id, covered_sha, answer, at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (caller, via, message_id) DO NOTHING`,
		append(keyArgs(r.Key), text(r.CoveredSHA), answer, micros(r.Answer.ReceivedAt))...)
	if err != nil || n == 1 {
		return nil, err
	}
	stored, err := scanStored(t.row(storedQuery, keyArgs(r.Key)...))
	if err == nil && stored == nil {
		err = errors.New("an answer that was there is gone")
	}
	return stored, err
}

func (l *Ledger) record(tx *tx, r gateway.Record) error {
	if r.Case != nil {
		if err := l.recordCase(tx, r); err != nil {
			return err
		}
	} else if len(r.Events)+len(r.Outbox) > 0 {
		return internal("events or messages without a case")
	}
	if err := tx.insertVerdict(r.Verdict); err != nil {
		return err
	}
	return tx.putDocuments(r.Documents)
}

func (l *Ledger) recordCase(tx *tx, r gateway.Record) error {
	c, h := *r.Case, heads{}
	if c.UpdatedAt.IsZero() {
		c.UpdatedAt = l.now()
	}
	events, messages := h.chain(c.Number, r.Events), h.line(c.Number, r.Outbox)
	if err := tx.insertCase(c, h); err != nil {
		return err
	}
	if err := tx.insertEvents(events); err != nil {
		return err
	}
	if err := tx.putLookups(c); err != nil {
		return err
	}
	return l.putMessages(tx, messages)
}

// duplicate explains why a case was not inserted.
func (t *tx) duplicate(c gateway.Case) error {
	var first string
	err := t.row(`SELECT number FROM cases WHERE number = $1`, text(c.Number)).Scan(&first)
	if err == nil {
		return internal("the number %s is taken", first)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return reason.New(gateway.CodeDuplicate, "a case with the same covered octets is recorded")
}

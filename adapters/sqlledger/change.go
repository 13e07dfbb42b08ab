package sqlledger

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"slices"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Change loads the case under a lock, asks decide, and writes what it wants in the same transaction.
// decide must not write to the ledger itself (on SQLite it would wait for its own transaction), and
// is asked again if the server had to break a deadlock.
func (l *Ledger) Change(ctx context.Context, number string, decide func(gateway.Case) (gateway.Change, error)) (gateway.Case, error) {
	var after gateway.Case
	var refused error // decide's own error travels around the mapping of database errors
	err := l.write(ctx, "change", func(tx *tx) error {
		before, heads, err := tx.lockCase(number)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound("no such case")
		} else if err != nil {
			return err
		}
		change, err := decide(before)
		if refused = err; err != nil {
			return errUnwritten
		}
		after, err = l.change(tx, before, heads, change)
		return err
	})
	if refused != nil {
		return gateway.Case{}, refused
	}
	if err != nil {
		return gateway.Case{}, err
	}
	return after, nil
}

func (l *Ledger) change(tx *tx, before gateway.Case, h heads, change gateway.Change) (gateway.Case, error) {
	c := change.Case
	if err := admissible(before, c); err != nil {
		return c, err
	}
	if nothing(before, change) {
		return before, errUnwritten
	}
	if c.UpdatedAt.IsZero() || c.UpdatedAt.Equal(before.UpdatedAt) {
		c.UpdatedAt = l.now()
	}
	events, messages := h.chain(c.Number, change.Events), h.line(c.Number, change.Outbox)
	if err := tx.updateCase(c, h); err != nil {
		return c, err
	}
	if !slices.Equal(asStoredFiles(c.Attachments), before.Attachments) {
		if err := tx.putAttachments(c); err != nil {
			return c, err
		}
	}
	if err := tx.insertEvents(events); err != nil {
		return c, err
	}
	if err := l.putMessages(tx, messages); err != nil {
		return c, err
	}
	if change.Verdict != nil {
		if err := tx.insertVerdict(*change.Verdict); err != nil {
			return c, err
		}
	}
	if err := tx.putDocuments(change.Documents); err != nil {
		return c, err
	}
	if err := tx.endLookup(c.Number, change.Lookup); err != nil {
		return c, err
	}
	return asStored(c), nil
}

// nothing says that a change leaves everything as it was.
func nothing(before gateway.Case, change gateway.Change) bool {
	return len(change.Events)+len(change.Outbox)+len(change.Documents) == 0 && change.Verdict == nil && change.Lookup == nil &&
		reflect.DeepEqual(asStored(change.Case), before)
}

// admissible holds a change to the table of states, and to what no change may touch: what the
// applicant signed, who brought it and when, and an attempt number that only grows.
func admissible(before, after gateway.Case) error {
	if after.Number != before.Number || after.IIN != before.IIN || after.BIN != before.BIN ||
		after.CoveredSHA != before.CoveredSHA || after.DocumentSHA != before.DocumentSHA ||
		after.Caller != before.Caller || micros(after.ReceivedAt) != micros(before.ReceivedAt) {
		return internal("a change may not touch what was received")
	}
	if after.Attempt < before.Attempt {
		return internal("the attempt number may not shrink")
	}
	if after.State != before.State && !before.State.CanBecome(after.State) {
		return reason.Newf(gateway.CodeTransitionRefused, "a case that is %s cannot become %s", before.State, after.State)
	}
	return nil
}

// asStored is the case as it will be read back.
func asStored(c gateway.Case) gateway.Case {
	c.ReceivedAt, c.DueAt, c.LeaseUntil = rounded(c.ReceivedAt), rounded(c.DueAt), rounded(c.LeaseUntil)
	c.NextCheckAt, c.UpdatedAt, c.EscalatedAt = rounded(c.NextCheckAt), rounded(c.UpdatedAt), rounded(c.EscalatedAt)
	c.Attachments = asStoredFiles(c.Attachments)
	return c
}

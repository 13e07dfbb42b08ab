package sqlledger

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"kopir/gateway"
)

// line numbers messages as the next ones of a case's outbox.
func (h *heads) line(number string, messages []gateway.Message) []gateway.Message {
	lined := slices.Clone(messages)
	for i := range lined {
		h.outboxSeq++
		lined[i].Number, lined[i].Seq = number, h.outboxSeq
	}
	return lined
}

// putMessages stores lined-up messages of one case. The first undelivered message of a case is its head,
// and only heads are ever looked at for delivery: a destination that is down for days leaves a
// long outbox, not a long search.
func (l *Ledger) putMessages(t *tx, messages []gateway.Message) error {
	if len(messages) == 0 {
		return nil
	}
	waiting := 0
	if first := messages[0]; first.Seq > 1 {
		err := t.row(`SELECT count(*) FROM outbox WHERE number = $1 AND delivered_at = 0`, text(first.Number)).Scan(&waiting)
		if err != nil {
			return err
		}
	}
	for i, m := range messages {
		head := 0
		if waiting == 0 && i == 0 {
			head = 1
		}
		if err := l.insertMessage(t, m, head); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) insertMessage(t *tx, m gateway.Message, head int) (err error) {
	if m.ID == "" {
		if m.ID, err = l.newID(); err != nil {
			return err
		}
	}
	if m.CreatedAt.IsZero() {
		m.CreatedAt = l.now()
	}
	words, err := encode(texts(m.Text))
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO outbox (id, number, seq, head, destination, kind, status, texts, result_sha,
		created_at, next_at, attempts, last_error, delivered_at, receipt)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', 0, '')`,
		text(m.ID), text(m.Number), m.Seq, head, text(m.Destination), text(m.Kind), text(m.Status), words,
		text(m.ResultSHA), micros(m.CreatedAt), micros(m.NextAt))
	return err
}

const messageColumns = `id, number, seq, destination, kind, status, texts, result_sha,
	created_at, next_at, attempts, last_error, delivered_at, receipt`

func scanMessage(row scanner) (m gateway.Message, err error) {
	var created, next, delivered int64
	var words string
	if err := row.Scan(&m.ID, &m.Number, &m.Seq, &m.Destination, &m.Kind, &m.Status, &words, &m.ResultSHA,
		&created, &next, &m.Attempts, &m.LastError, &delivered, &m.Receipt); err != nil {
		return m, err
	}
	m.CreatedAt, m.NextAt, m.DeliveredAt = moment(created), moment(next), moment(delivered)
	return m, decode(words, &m.Text)
}

// ClaimOutbox takes due messages for delivery, longest due first, and hides them until the given moment.
func (l *Ledger) ClaimOutbox(ctx context.Context, now, until time.Time, limit int) ([]gateway.Message, error) {
	if limit <= 0 {
		return nil, nil
	}
	if idle, err := l.none(ctx, `SELECT 1 FROM outbox WHERE head = 1 AND next_at <= $1 LIMIT 1`, micros(now)); err != nil || idle {
		return nil, err
	}
	var taken []gateway.Message
	err := l.write(ctx, "claim outbox", func(tx *tx) (err error) {
		taken, err = collect(tx.rows, scanMessage, `SELECT `+messageColumns+` FROM outbox
			WHERE head = 1 AND next_at <= $1 ORDER BY next_at, id LIMIT $2`+tx.dialect.skipLocked, micros(now), limit)
		if err == nil && len(taken) == 0 {
			return errUnwritten
		}
		for i := range taken {
			if _, err := tx.exec(`UPDATE outbox SET next_at = $2 WHERE id = $1`, taken[i].ID, micros(until)); err != nil {
				return err
			}
			taken[i].NextAt = rounded(until)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

// Delivered marks a message delivered, makes the next message of its case the head, and appends the
// event; the RESPONSE of an answered case moves it to delivered. Saying it again changes nothing.
func (l *Ledger) Delivered(ctx context.Context, id, receipt string, at time.Time) error {
	return l.write(ctx, "delivered", func(tx *tx) error {
		m, c, h, err := tx.lockMessage(id)
		if err != nil {
			return err
		}
		if !m.DeliveredAt.IsZero() {
			return errUnwritten
		}
		_, err = tx.exec(`UPDATE outbox SET delivered_at = $2, receipt = $3, last_error = '', head = 0 WHERE id = $1`,
			m.ID, micros(at), text(receipt))
		if err != nil {
			return err
		}
		if err := tx.nextHead(m.Number); err != nil {
			return err
		}
		events := h.chain(m.Number, []gateway.Event{{At: at, Kind: "delivered", Actor: "kopir",
			Data: map[string]string{"message": m.ID, "kind": m.Kind, "status": m.Status,
				"destination": m.Destination, "receipt": receipt}}})
		if err := tx.insertEvents(events); err != nil {
			return err
		}
		if m.Kind == gateway.KindResponse && c.State.CanBecome(gateway.StateDelivered) {
			c.State, c.UpdatedAt = gateway.StateDelivered, at
		}
		return tx.updateCase(c, h)
	})
}

// nextHead makes the first undelivered message of a case its head.
func (t *tx) nextHead(number string) error {
	_, err := t.exec(`UPDATE outbox SET head = 1 WHERE number = $1 AND delivered_at = 0
		AND seq = (SELECT min(seq) FROM outbox WHERE number = $1 AND delivered_at = 0)`, number)
	return err
}

// lockMessage reads a message under the lock of its case, in the order in which [Ledger.Change] locks.
func (t *tx) lockMessage(id string) (m gateway.Message, c gateway.Case, h heads, err error) {
	var number string
	err = t.row(`SELECT number FROM outbox WHERE id = $1`, text(id)).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return m, c, h, notFound("no such message")
	} else if err != nil {
		return m, c, h, err
	}
	if c, h, err = t.lockCase(number); err != nil {
		return m, c, h, err
	}
	m, err = scanMessage(t.row(`SELECT `+messageColumns+` FROM outbox WHERE id = $1`+t.dialect.forUpdate, text(id)))
	return m, c, h, err
}

// Postpone stores a failed attempt and when to try again. A message delivered meanwhile stays delivered.
func (l *Ledger) Postpone(ctx context.Context, id, cause string, next time.Time) error {
	return l.write(ctx, "postpone", func(tx *tx) error {
		n, err := tx.exec(`UPDATE outbox SET attempts = attempts + 1, last_error = $2, next_at = $3
			WHERE id = $1 AND delivered_at = 0`, text(id), text(cause), micros(next))
		if err != nil || n == 1 {
			return err
		}
		var known int
		err = tx.row(`SELECT 1 FROM outbox WHERE id = $1`, text(id)).Scan(&known)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound("no such message")
		}
		return err
	})
}

// OutboxDepth counts undelivered messages and tells the oldest, by destination.
func (l *Ledger) OutboxDepth(ctx context.Context) ([]gateway.Queue, error) {
	queues, err := collect(l.reading(ctx), scanQueue, `SELECT destination, count(*), 0, min(created_at)
		FROM outbox WHERE delivered_at = 0 GROUP BY destination ORDER BY destination`)
	return queues, failure(ctx, "outbox depth", err)
}

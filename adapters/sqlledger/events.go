package sqlledger

import (
	"context"

	"kopir/gateway"
)

// chain numbers and hashes events as the next ones of a case's history. What is hashed is what will be read back.
func (h *heads) chain(number string, events []gateway.Event) []gateway.Event {
	chained := make([]gateway.Event, 0, len(events))
	for _, e := range events {
		e = gateway.Event{Seq: h.eventSeq + 1, At: rounded(e.At), Kind: text(e.Kind), Actor: text(e.Actor),
			Data: texts(e.Data), Number: text(number)}
		e.Hash = gateway.ChainHash(h.eventHash, e)
		h.eventSeq, h.eventHash = e.Seq, e.Hash
		chained = append(chained, e)
	}
	return chained
}

func (t *tx) insertEvents(events []gateway.Event) error {
	for _, e := range events {
		data, err := encode(e.Data)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO events (number, seq, at, kind, actor, data, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, e.Number, e.Seq, micros(e.At), e.Kind, e.Actor, data, e.Hash)
		if err != nil {
			return err
		}
	}
	t.leaves = append(t.leaves, eventLeaves(events)...)
	return nil
}

// Events returns a case's history in order.
func (l *Ledger) Events(ctx context.Context, number string) ([]gateway.Event, error) {
	events, err := collect(l.reading(ctx), scanEvent, `SELECT number, seq, at, kind, actor, data, hash
		FROM events WHERE number = $1 ORDER BY seq`, text(number))
	return events, failure(ctx, "events", err)
}

func scanEvent(row scanner) (e gateway.Event, err error) {
	var at int64
	var data string
	if err := row.Scan(&e.Number, &e.Seq, &at, &e.Kind, &e.Actor, &data, &e.Hash); err != nil {
		return e, err
	}
	e.At = moment(at)
	return e, decode(data, &e.Data)
}

package sqlledger

import (
	"context"

	"kopir/gateway"
)

// VerdictBody returns a verdict's JSON exactly as it is stored.
func (l *Ledger) VerdictBody(ctx context.Context, id string) ([]byte, error) {
	var body string
	err := l.find(ctx, "no such verdict", `SELECT body FROM verdicts WHERE id = $1`, []any{text(id)},
		func(row scanner) error { return row.Scan(&body) })
	return []byte(body), err
}

// Messages returns a case's outbox in order.
func (l *Ledger) Messages(ctx context.Context, number string) ([]gateway.Message, error) {
	messages, err := collect(l.reading(ctx), scanMessage, `SELECT `+messageColumns+`
		FROM outbox WHERE number = $1 ORDER BY seq`, text(number))
	return messages, failure(ctx, "messages", err)
}

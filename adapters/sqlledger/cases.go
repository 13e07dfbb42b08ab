package sqlledger

import (
	"context"

	"kopir/gateway"
)

// heads are the ends of a case's chain of events and of its outbox.
type heads struct {
	eventSeq  int
	eventHash string
	outboxSeq int
}

// detail is the part of a case nobody searches by.
type detail struct {
	Rule          string               `json:"rule,omitempty"`
	RequestNumber string               `json:"request_number,omitempty"`
	RequestDate   string               `json:"request_date,omitempty"`
	ChainID       string               `json:"chain_id,omitempty"`
	Lookups       []gateway.LookupMark `json:"lookups,omitempty"`
	Channel       gateway.Channel      `json:"channel,omitempty"`
	Via           gateway.Via          `json:"via,omitempty"`
	Envelope      gateway.Envelope     `json:"envelope,omitzero"`
	Attachments   []gateway.Attachment `json:"attachments,omitempty"`
	Doubt         bool                 `json:"doubt,omitempty"`
}

const caseColumns = `number, service, provider, territory, state, outcome, iin, bin, caller,
	received_at, due_at, document_sha, covered_sha, result_sha, attempt, lease_id, lease_until,
	next_check_at, checks, updated_at, detail, mark, escalated_at`

func scanCase(row scanner) (gateway.Case, error) {
	c, _, err := scanCaseAnd(row, nil)
	return c, err
}

// scanCaseAnd reads a case and, where the query selects them after it, its heads.
func scanCaseAnd(row scanner, h *heads) (c gateway.Case, _ *heads, err error) {
	var received, due, leaseUntil, nextCheck, updated, escalated int64
	var rest string
	dest := []any{&c.Number, &c.Service, &c.Provider, &c.Territory, &c.State, &c.Outcome, &c.IIN, &c.BIN, &c.Caller,
		&received, &due, &c.DocumentSHA, &c.CoveredSHA, &c.ResultSHA, &c.Attempt, &c.LeaseID, &leaseUntil,
		&nextCheck, &c.Checks, &updated, &rest, &c.Mark, &escalated}
	if h != nil {
		dest = append(dest, &h.eventSeq, &h.eventHash, &h.outboxSeq)
	}
	if err := row.Scan(dest...); err != nil {
		return gateway.Case{}, nil, err
	}
	var d detail
	if err := decode(rest, &d); err != nil {
		return gateway.Case{}, nil, err
	}
	c.ReceivedAt, c.DueAt, c.LeaseUntil = moment(received), moment(due), moment(leaseUntil)
	c.NextCheckAt, c.UpdatedAt, c.EscalatedAt = moment(nextCheck), moment(updated), moment(escalated)
	c.Rule, c.RequestNumber, c.RequestDate = d.Rule, d.RequestNumber, d.RequestDate
	c.Channel, c.Via, c.Envelope, c.Attachments, c.Doubt = d.Channel, d.Via, d.Envelope, named(d.Attachments), d.Doubt
	c.ChainID, c.Lookups = d.ChainID, d.Lookups
	return c, h, nil
}

// caseValues are a case's values in the order of caseColumns.
func caseValues(c gateway.Case) ([]any, error) {
	rest, err := encode(detail{Rule: c.Rule, RequestNumber: c.RequestNumber, RequestDate: c.RequestDate,
		ChainID: c.ChainID, Lookups: c.Lookups, Channel: c.Channel, Via: c.Via, Envelope: c.Envelope, Attachments: c.Attachments, Doubt: c.Doubt})
	if err != nil {
		return nil, err
	}
	return []any{text(c.Number), text(c.Service), text(c.Provider), text(c.Territory), text(c.State),
		text(c.Outcome), text(c.IIN), text(c.BIN), text(c.Caller), micros(c.ReceivedAt), micros(c.DueAt),
		text(c.DocumentSHA), text(c.CoveredSHA), text(c.ResultSHA), c.Attempt, text(c.LeaseID),
		micros(c.LeaseUntil), micros(c.NextCheckAt), c.Checks, micros(c.UpdatedAt), rest,
		text(c.Mark), micros(c.EscalatedAt)}, nil
}

func (t *tx) insertCase(c gateway.Case, h heads) error {
	if c.Number == "" {
		return internal("a case without a number")
	}
	values, err := caseValues(c)
	if err != nil {
		return err
	}
	n, err := t.exec(`INSERT INTO cases (`+caseColumns+`, event_seq, event_hash, outbox_seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
		$22, $23, $24, $25, $26) ON CONFLICT DO NOTHING`, append(values, h.eventSeq, h.eventHash, h.outboxSeq)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return t.duplicate(c)
	}
	return t.putAttachments(c)
}

// lockCase reads a case that is about to change; nobody else changes it before the transaction ends.
func (t *tx) lockCase(number string) (gateway.Case, heads, error) {
	c, h, err := scanCaseAnd(t.row(`SELECT `+caseColumns+`, event_seq, event_hash, outbox_seq
		FROM cases WHERE number = $1`+t.dialect.forUpdate, text(number)), &heads{})
	if err != nil {
		return gateway.Case{}, heads{}, err
	}
	return c, *h, nil
}

// updateCase writes what may change of a case, and its heads.
func (t *tx) updateCase(c gateway.Case, h heads) error {
	v, err := caseValues(c)
	if err != nil {
		return err
	}
	args := []any{v[0], v[1], v[2], v[3], v[4], v[5], v[10], v[13], v[14], v[15], v[16], v[17], v[18], v[19], v[20],
		v[21], v[22], h.eventSeq, h.eventHash, h.outboxSeq}
	_, err = t.exec(`UPDATE cases SET service = $2, provider = $3, territory = $4, state = $5, outcome = $6,
		due_at = $7, result_sha = $8, attempt = $9, lease_id = $10, lease_until = $11, next_check_at = $12,
		checks = $13, updated_at = $14, detail = $15, mark = $16, escalated_at = $17,
		event_seq = $18, event_hash = $19, outbox_seq = $20
		WHERE number = $1`, args...)
	return err
}

// Case returns one case; CodeNotFound if the number is unknown.
func (l *Ledger) Case(ctx context.Context, number string) (c gateway.Case, err error) {
	err = l.find(ctx, "no such case", `SELECT `+caseColumns+` FROM cases WHERE number = $1`,
		[]any{text(number)}, func(row scanner) (err error) { c, err = scanCase(row); return err })
	return c, err
}

// CasesOf returns one person's cases, newest first; all of them if limit is 0. Cases that name
// nobody are nobody's.
func (l *Ledger) CasesOf(ctx context.Context, iin string, limit int) ([]gateway.Case, error) {
	cases, err := collect(l.reading(ctx), scanCase, `SELECT `+caseColumns+` FROM cases WHERE iin <> '' AND iin = $1
		ORDER BY received_at DESC, number DESC LIMIT $2`, text(iin), atMost(limit))
	return cases, failure(ctx, "cases of a person", err)
}

package sqlledger

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"kopir/gateway"
)

func (t *tx) insertVerdict(v gateway.Verdict) error {
	if v.ID == "" {
		return internal("a verdict without an id")
	}
	body, err := encode(v)
	if err != nil {
		return err
	}
	t.leaves = append(t.leaves, verdictLeaf(text(v.ID), body, v.At))
	_, err = t.exec(`INSERT INTO verdicts (id, at, kind, outcome, code, service, provider, caller, number, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, text(v.ID), micros(v.At), text(v.Kind),
		v.Outcome.String(), text(v.Code), text(v.Service), text(v.Provider), text(v.Caller), text(v.Number), body)
	return err
}

func scanVerdict(row scanner) (v gateway.Verdict, err error) {
	var body string
	if err := row.Scan(&body); err != nil {
		return v, err
	}
	return v, decode(body, &v)
}

// Verdict returns one verdict; CodeNotFound if the id is unknown.
func (l *Ledger) Verdict(ctx context.Context, id string) (v gateway.Verdict, err error) {
	err = l.find(ctx, "no such verdict", `SELECT body FROM verdicts WHERE id = $1`, []any{text(id)},
		func(row scanner) (err error) { v, err = scanVerdict(row); return err })
	return v, err
}

// onlyFailed is spelled as the partial index is.
const onlyFailed = `outcome IN ('failed', 'inconclusive')`

// Verdicts returns recorded verdicts, newest first. From belongs to the span, To does not.
func (l *Ledger) Verdicts(ctx context.Context, f gateway.VerdictFilter) ([]gateway.Verdict, error) {
	where, args := []string{"1 = 1"}, []any{atMost(f.Limit)}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	// "code <> ''" looks idle beside "code = …", but lets the planner use the partial index.
	if f.Code != "" {
		add("code <> '' AND code = $%d", text(f.Code))
	}
	if f.Service != "" {
		add("service <> '' AND service = $%d", text(f.Service))
	}
	if f.Number != "" {
		add("number <> '' AND number = $%d", text(f.Number))
	}
	if !f.From.IsZero() {
		add("at >= $%d", micros(f.From))
	}
	if !f.To.IsZero() {
		add("at < $%d", micros(f.To))
	}
	if f.OnlyFailed {
		where = append(where, onlyFailed)
	}
	verdicts, err := collect(l.reading(ctx), scanVerdict, `SELECT body FROM verdicts WHERE `+
		strings.Join(where, " AND ")+` ORDER BY at DESC, id DESC LIMIT $1`, args...)
	return verdicts, failure(ctx, "verdicts", err)
}

// Failures counts failed and inconclusive verdicts of [from, to) by code, service and step, the
// steps counted from from on. A zero to has no end, a zero step is the whole span.
func (l *Ledger) Failures(ctx context.Context, from, to time.Time, step time.Duration) ([]gateway.FailureCount, error) {
	start, end, width := micros(from), micros(to), step.Microseconds()
	if end == 0 {
		end = math.MaxInt64
	}
	if width <= 0 {
		width = math.MaxInt64
	}
	scan := func(row scanner) (f gateway.FailureCount, err error) {
		var bucket int64
		err = row.Scan(&bucket, &f.Code, &f.Service, &f.Count)
		f.At = moment(start + bucket*width)
		return f, err
	}
	counts, err := collect(l.reading(ctx), scan, `SELECT (at - $1) / $2 AS bucket, code, service, count(*)
		FROM verdicts WHERE `+onlyFailed+` AND at >= $1 AND at < $3
		GROUP BY bucket, code, service ORDER BY bucket, code, service`, start, width, end)
	return counts, failure(ctx, "failures", err)
}

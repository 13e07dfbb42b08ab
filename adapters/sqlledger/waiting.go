package sqlledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kopir/gateway"
)

// DueParked returns numbers of parked cases whose status is to be asked again, earliest due date first.
func (l *Ledger) DueParked(ctx context.Context, now time.Time, limit int) ([]string, error) {
	numbers, err := collect(l.reading(ctx), scanText, `SELECT number FROM cases
		WHERE state = 'parked' AND next_check_at <= $1 ORDER BY due_at, number LIMIT $2`,
		micros(now), atMost(limit))
	return numbers, failure(ctx, "due parked", err)
}

// DueMarked returns numbers of unconfirmed cases whose status is to be asked again, earliest due date first.
func (l *Ledger) DueMarked(ctx context.Context, now time.Time, limit int) ([]string, error) {
	numbers, err := collect(l.reading(ctx), scanText, `SELECT number FROM cases
		WHERE mark = 'unconfirmed' AND next_check_at <= $1 ORDER BY due_at, number LIMIT $2`,
		micros(now), atMost(limit))
	return numbers, failure(ctx, "due marked", err)
}

// Wake lets every parked or unconfirmed case be asked about at once. Nobody else waits for more than one
// row; two instances that wake at the same moment and stop each other are run again.
func (l *Ledger) Wake(ctx context.Context, now time.Time) (woken int, err error) {
	err = l.write(ctx, "wake", func(tx *tx) error {
		woken = 0
		for _, waiting := range []string{"state = 'parked'", "mark = 'unconfirmed'"} {
			n, err := tx.exec(`UPDATE cases SET next_check_at = $1 WHERE `+waiting+` AND next_check_at > $1`, micros(now))
			if err != nil {
				return err
			}
			woken += int(n)
		}
		if woken == 0 {
			return errUnwritten
		}
		return nil
	})
	return woken, err
}

// Escalated returns numbers of cases that need people and are not closed, earliest due date first.
func (l *Ledger) Escalated(ctx context.Context, limit int) ([]string, error) {
	numbers, err := collect(l.reading(ctx), scanText, `SELECT number FROM cases
		WHERE escalated_at > 0 AND state NOT IN ('delivered', 'refused') ORDER BY due_at, number LIMIT $1`, atMost(limit))
	return numbers, failure(ctx, "escalated", err)
}

func scanText(row scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}

// ParkedCount counts parked cases of one caller and of one person.
func (l *Ledger) ParkedCount(ctx context.Context, caller, iin string) (byCaller, byIIN int, err error) {
	err = l.reader.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM cases WHERE state = 'parked' AND caller = $1),
		(SELECT count(*) FROM cases WHERE state = 'parked' AND iin = $2)`, text(caller), text(iin)).
		Scan(&byCaller, &byIIN)
	return byCaller, byIIN, failure(ctx, "parked count", err)
}

// WaitingBy counts parked and unconfirmed cases, all of them and those due by each of the moments. Both
// conditions are those of a partial index: what was decided long ago is not looked at.
func (l *Ledger) WaitingBy(ctx context.Context, moments ...time.Time) (w gateway.Waiting, err error) {
	for _, part := range []struct {
		into  *gateway.DueCount
		where string
	}{
		{&w.Parked, "state = 'parked'"},
		{&w.Marked, "mark = 'unconfirmed' AND state IN ('accepted', 'in_work', 'dead')"},
	} {
		if *part.into, err = l.dueCount(ctx, part.where, moments); err != nil {
			return gateway.Waiting{}, failure(ctx, "waiting", err)
		}
	}
	return w, nil
}

func (l *Ledger) dueCount(ctx context.Context, where string, moments []time.Time) (gateway.DueCount, error) {
	count := gateway.DueCount{By: make([]int, len(moments))}
	var earliest int64
	columns, into := []string{"count(*)", "coalesce(min(CASE WHEN due_at > 0 THEN due_at END), 0)"}, []any{&count.All, &earliest}
	var args []any
	for i, m := range moments {
		columns = append(columns, fmt.Sprintf("coalesce(sum(CASE WHEN due_at > 0 AND due_at <= $%d THEN 1 ELSE 0 END), 0)", i+1))
		into, args = append(into, &count.By[i]), append(args, micros(m))
	}
	err := l.reader.QueryRowContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM cases WHERE "+where, args...).Scan(into...)
	count.Earliest = moment(earliest)
	return count, err
}

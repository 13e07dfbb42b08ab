package sqlledger

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strconv"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// atMost is a LIMIT for both databases; 0 is none.
func atMost(limit int) int64 {
	if limit <= 0 {
		return math.MaxInt32
	}
	return int64(limit)
}

// Claim leases up to Max accepted cases of a provider, oldest due date first. A lease that
// ends at c.Now has ended.
func (l *Ledger) Claim(ctx context.Context, c gateway.Claim) ([]gateway.Case, error) {
	limit := min(c.Max, len(c.LeaseIDs))
	if limit <= 0 {
		return nil, nil
	}
	if idle, err := l.none(ctx, `SELECT 1 FROM cases WHERE state = 'accepted' AND provider = $1 AND lease_until <= $2
		LIMIT 1`, text(c.Provider), micros(c.Now)); err != nil || idle {
		return nil, err
	}
	var leased []gateway.Case
	err := l.write(ctx, "claim", func(tx *tx) error {
		leased = nil
		free, err := collect(tx.rows, scanFree, `SELECT `+caseColumns+`, event_seq, event_hash, outbox_seq FROM cases
			WHERE state = 'accepted' AND provider = $1 AND lease_until <= $2
			ORDER BY due_at, number LIMIT $3`+tx.dialect.skipLocked, text(c.Provider), micros(c.Now), limit)
		if err != nil {
			return err
		}
		for i, f := range free {
			one, err := tx.lease(f, c, c.LeaseIDs[i])
			if err != nil {
				return err
			}
			leased = append(leased, one)
		}
		if len(leased) == 0 {
			return errUnwritten
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return leased, nil
}

// none says that a query finds nothing. Hundreds of idle districts ask every other second: they shall
// not take turns with the writers for that.
func (l *Ledger) none(ctx context.Context, query string, args ...any) (bool, error) {
	var one int
	err := l.reader.QueryRowContext(ctx, query, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return false, failure(ctx, "look", err)
}

// free is a case that may be leased.
type free struct {
	gateway.Case
	heads heads
}

func scanFree(row scanner) (free, error) {
	c, h, err := scanCaseAnd(row, &heads{})
	if err != nil {
		return free{}, err
	}
	return free{c, *h}, nil
}

// lease hands the case to the claimer. The lease id is a key to the case, so the event does not tell it.
func (t *tx) lease(f free, c gateway.Claim, leaseID string) (gateway.Case, error) {
	if leaseID == "" {
		return gateway.Case{}, internal("a lease without an id")
	}
	f.Attempt++
	f.LeaseID, f.LeaseUntil, f.UpdatedAt = leaseID, rounded(c.Until), rounded(c.Now)
	events := f.heads.chain(f.Number, []gateway.Event{{At: c.Now, Kind: "leased", Actor: c.Actor,
		Data: map[string]string{"attempt": strconv.Itoa(f.Attempt), "until": f.LeaseUntil.Format(time.RFC3339)}}})
	if err := t.insertEvents(events); err != nil {
		return gateway.Case{}, err
	}
	_, err := t.exec(`UPDATE cases SET attempt = $2, lease_id = $3, lease_until = $4, updated_at = $5,
		event_seq = $6, event_hash = $7 WHERE number = $1`, f.Number, f.Attempt, text(f.LeaseID),
		micros(f.LeaseUntil), micros(f.UpdatedAt), f.heads.eventSeq, f.heads.eventHash)
	return f.Case, err
}

// CaseByLease returns the case whose current lease this is; whether it still runs is the caller's question.
func (l *Ledger) CaseByLease(ctx context.Context, leaseID string) (c gateway.Case, err error) {
	c, err = scanCase(l.reader.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases
		WHERE lease_id = $1 AND lease_id <> ''`, text(leaseID)))
	if errors.Is(err, sql.ErrNoRows) {
		return c, reason.New(gateway.CodeLeaseExpired, "the lease was taken over or never was")
	}
	return c, failure(ctx, "case by lease", err)
}

// Queues tells every provider's accepted cases: Depth counts all of them, Leased those a district
// holds just now, Oldest is when the first of them was received.
func (l *Ledger) Queues(ctx context.Context) ([]gateway.Queue, error) {
	queues, err := collect(l.reading(ctx), scanQueue, `SELECT provider, count(*),
		sum(CASE WHEN lease_until > $1 THEN 1 ELSE 0 END), min(received_at)
		FROM cases WHERE state = 'accepted' GROUP BY provider ORDER BY provider`, micros(l.now()))
	return queues, failure(ctx, "queues", err)
}

func scanQueue(row scanner) (q gateway.Queue, err error) {
	var oldest int64
	err = row.Scan(&q.Name, &q.Depth, &q.Leased, &oldest)
	q.Oldest = moment(oldest)
	return q, err
}

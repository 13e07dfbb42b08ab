package sqlledger

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// leaf is a row of unstamped.
type leaf struct {
	at int64
	gateway.Leaf
}

// eventLeaves are what waits for a time stamp of events just written.
func eventLeaves(events []gateway.Event) []leaf {
	leaves := make([]leaf, 0, len(events))
	for _, e := range events {
		leaves = append(leaves, leaf{micros(e.At), gateway.Leaf{Kind: gateway.LeafEvent,
			Ref: e.Number + "/" + strconv.Itoa(e.Seq), SHA256: e.Hash}})
	}
	return leaves
}

func verdictLeaf(id, body string, at time.Time) leaf {
	return leaf{micros(at), gateway.Leaf{Kind: gateway.LeafVerdict, Ref: id, SHA256: gateway.SHA256Hex([]byte(body))}}
}

// leavesAtOnce keeps an INSERT well below the parameters a statement may have (32,766 on SQLite).
const leavesAtOnce = 500

// putLeaves writes what the transaction has to have stamped, in one statement: it is on the way of every application.
func (t *tx) putLeaves() error {
	for len(t.leaves) > 0 {
		n := min(len(t.leaves), leavesAtOnce)
		var rows []string
		var args []any
		for _, l := range t.leaves[:n] {
			i := len(args)
			rows = append(rows, "($"+strconv.Itoa(i+1)+", $"+strconv.Itoa(i+2)+", $"+strconv.Itoa(i+3)+", $"+strconv.Itoa(i+4)+")")
			args = append(args, l.at, l.Kind, l.Ref, l.SHA256)
		}
		t.leaves = t.leaves[n:]
		if _, err := t.exec(`INSERT INTO unstamped (at, kind, ref, sha256) VALUES `+strings.Join(rows, ", "), args...); err != nil {
			return err
		}
	}
	return nil
}

// movedAtOnce bounds the leaves one transaction moves into a batch: on SQLite applications wait for it, some 10 ms.
const movedAtOnce = 1000

// opening is a batch that is being filled: it has no root yet.
type opening struct {
	number       int64
	id           string
	at           time.Time
	size         int
	from         int64 // moment of its oldest leaf
	full, rooted bool
}

// OpenBatch roots up to limit waiting leaves, oldest first, below the batch before. It works in short
// transactions, each under the lock of the batch's row, so that nobody waits for ten thousand rows. A batch that
// a crash left without its root is gone on with, under the id it has.
func (l *Ledger) OpenBatch(ctx context.Context, id string, now time.Time, limit int) (*gateway.Batch, error) {
	idle, err := l.none(ctx, `SELECT 1 FROM unstamped UNION ALL SELECT 1 FROM stamps WHERE root = '' LIMIT 1`)
	if err != nil || idle || limit <= 0 {
		return nil, err
	}
	var o opening
	for first := true; !o.full; first = false {
		err := l.write(ctx, "fill batch", func(tx *tx) (err error) {
			if o, err = tx.lockOpening(); errors.Is(err, sql.ErrNoRows) && first {
				o, err = tx.beginBatch(text(id), rounded(now))
			}
			if errors.Is(err, sql.ErrNoRows) { // another instance has rooted it
				o.full, o.rooted = true, true
				return errUnwritten
			}
			if err != nil {
				return err
			}
			return tx.fillBatch(&o, limit)
		})
		if err != nil {
			return nil, err
		}
	}
	if o.rooted {
		return nil, nil
	}
	return l.closeBatch(ctx, o)
}

// lockOpening finds the batch that is being filled.
func (t *tx) lockOpening() (o opening, err error) {
	var at int64
	err = t.row(`SELECT number, id, at, size, oldest FROM stamps WHERE root = '' ORDER BY number LIMIT 1`+t.dialect.forUpdate).
		Scan(&o.number, &o.id, &at, &o.size, &o.from)
	o.at = moment(at)
	return o, err
}

// beginBatch takes the next number and chains the batch to the one before by its leaf 0, which names nothing in the
// first batch. Of instances that do so at once one goes first; the others see sql.ErrNoRows.
func (t *tx) beginBatch(id string, now time.Time) (o opening, err error) {
	o = opening{id: id, at: now, size: 1}
	previous := gateway.Leaf{Kind: gateway.LeafStamp}
	err = t.row(`SELECT number, id, root FROM stamps ORDER BY number DESC LIMIT 1`).Scan(&o.number, &previous.Ref, &previous.SHA256)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return o, err
	}
	o.number++
	n, err := t.exec(`INSERT INTO stamps (number, id, at, root, size, oldest, token, token_at)
		VALUES ($1, $2, $3, '', 1, 0, $4, 0) ON CONFLICT (number) DO NOTHING`, o.number, o.id, micros(o.at), []byte{})
	if err == nil && n == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return o, err
	}
	_, err = t.exec(`INSERT INTO stamp_leaves (batch, place, kind, ref, sha256) VALUES ($1, 0, $2, $3, $4)`,
		o.number, previous.Kind, previous.Ref, previous.SHA256)
	return o, err
}

// fillBatch moves some leaves. The rows go from table to table inside the database.
func (t *tx) fillBatch(o *opening, limit int) error {
	const due = `SELECT at, kind, ref, sha256 FROM unstamped ORDER BY at, kind, ref LIMIT $1`
	n := max(min(limit-(o.size-1), movedAtOnce), 0)
	var from, to int64
	if err := t.row(`SELECT coalesce(min(at), 0), coalesce(max(at), 0) FROM (`+due+`) AS due`, n).Scan(&from, &to); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO stamp_leaves (batch, place, kind, ref, sha256)
		SELECT CAST($2 AS BIGINT), CAST($3 AS BIGINT) - 1 + row_number() OVER (ORDER BY at, kind, ref), kind, ref, sha256
		FROM (`+due+`) AS due`, n, o.number, o.size)
	if err != nil {
		return err
	}
	moved, err := t.exec(`DELETE FROM unstamped WHERE at <= $2 AND EXISTS (SELECT 1 FROM stamp_leaves s
		WHERE s.batch = $1 AND s.kind = unstamped.kind AND s.ref = unstamped.ref)`, o.number, to)
	if err != nil {
		return err
	}
	o.size += int(moved)
	o.full = moved == 0 || o.size > limit
	switch {
	case o.size == 1: // another instance was faster: nothing is begun
		o.rooted = true
		return errUnwritten
	case o.from == 0:
		o.from = from
	}
	_, err = t.exec(`UPDATE stamps SET size = $2, oldest = $3 WHERE number = $1`, o.number, o.size, o.from)
	return err
}

// closeBatch writes the root of a full batch; nil when another instance has.
func (l *Ledger) closeBatch(ctx context.Context, o opening) (*gateway.Batch, error) {
	leaves, err := collect(l.reading(ctx), scanLeaf, leavesQuery, o.number)
	if err != nil {
		return nil, failure(ctx, "read batch", err)
	}
	b := &gateway.Batch{ID: o.id, At: o.at, Root: gateway.MerkleRoot(leaves), Size: len(leaves)}
	mine := false
	err = l.write(ctx, "root batch", func(tx *tx) error {
		n, err := tx.exec(`UPDATE stamps SET root = $2 WHERE number = $1 AND root = '' AND size = $3`, o.number, b.Root, b.Size)
		mine = n == 1
		return err
	})
	if err != nil || !mine {
		return nil, err
	}
	return b, nil
}

const leavesQuery = `SELECT kind, ref, sha256 FROM stamp_leaves WHERE batch = $1 ORDER BY place`

func scanLeaf(row scanner) (l gateway.Leaf, err error) {
	return l, row.Scan(&l.Kind, &l.Ref, &l.SHA256)
}

const batchColumns = `id, at, root, size, token, token_at`

func scanBatch(row scanner) (b gateway.Batch, err error) {
	var at, tokenAt int64
	err = row.Scan(&b.ID, &at, &b.Root, &b.Size, &b.Token, &tokenAt)
	b.At, b.TokenAt = moment(at), moment(tokenAt)
	if len(b.Token) == 0 {
		b.Token = nil
	}
	return b, err
}

// PendingBatches returns batches without a token, oldest first.
func (l *Ledger) PendingBatches(ctx context.Context, limit int) ([]gateway.Batch, error) {
	batches, err := collect(l.reading(ctx), scanBatch, `SELECT `+batchColumns+` FROM stamps
		WHERE token_at = 0 AND root <> '' ORDER BY number LIMIT $1`, atMost(limit))
	return batches, failure(ctx, "pending batches", err)
}

// Stamped stores a batch's token. The first one stays: two instances may have asked at once.
func (l *Ledger) Stamped(ctx context.Context, id string, token []byte, at time.Time) error {
	if len(token) == 0 || at.IsZero() {
		return internal("a stamp without a token or its time")
	}
	return l.write(ctx, "stamped", func(tx *tx) error {
		n, err := tx.exec(`UPDATE stamps SET token = $2, token_at = $3 WHERE id = $1 AND token_at = 0`,
			text(id), token, micros(at))
		if err != nil || n == 1 {
			return err
		}
		var known int
		err = tx.row(`SELECT 1 FROM stamps WHERE id = $1`, text(id)).Scan(&known)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound("no such batch")
		}
		return err
	})
}

// StampLag tells how far stamping is behind.
func (l *Ledger) StampLag(ctx context.Context) (lag gateway.StampLag, err error) {
	var waiting, oldest int64
	err = l.reader.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM unstamped), (SELECT coalesce(min(at), 0) FROM unstamped),
		(SELECT count(*) FROM stamps WHERE token_at = 0), (SELECT coalesce(min(oldest), 0) FROM stamps WHERE token_at = 0)`).
		Scan(&lag.Unstamped, &waiting, &lag.Pending, &oldest)
	if err != nil {
		return lag, failure(ctx, "stamp lag", err)
	}
	lag.Waiting, lag.Oldest = moment(waiting), moment(oldest)
	if lag.Oldest.IsZero() || waiting != 0 && waiting < oldest {
		lag.Oldest = lag.Waiting
	}
	lag.Last, err = scanBatch(l.reader.QueryRowContext(ctx, `SELECT `+batchColumns+` FROM stamps
		WHERE token_at <> 0 ORDER BY number DESC LIMIT 1`))
	if errors.Is(err, sql.ErrNoRows) {
		return lag, nil
	}
	return lag, failure(ctx, "stamp lag", err)
}

// StampProof proves a leaf, nil while it is in no batch.
func (l *Ledger) StampProof(ctx context.Context, leaf gateway.Leaf) (*gateway.StampProof, error) {
	var number int64
	var rooted string
	var p gateway.StampProof
	err := l.reader.QueryRowContext(ctx, `SELECT batch, place, sha256 FROM stamp_leaves WHERE kind = $1 AND ref = $2`,
		text(leaf.Kind), text(leaf.Ref)).Scan(&number, &p.Index, &rooted)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, failure(ctx, "stamp proof", err)
	}
	if leaf.SHA256 != "" && leaf.SHA256 != rooted {
		return nil, reason.New(gateway.CodeConflict, "another digest was rooted: the row was changed since")
	}
	if p.Batch, err = scanBatch(l.reader.QueryRowContext(ctx, `SELECT `+batchColumns+` FROM stamps WHERE number = $1`, number)); err != nil {
		return nil, failure(ctx, "stamp proof", err)
	}
	if p.Batch.Root == "" {
		return nil, nil
	}
	leaves, err := collect(l.reading(ctx), scanLeaf, leavesQuery, number)
	if err != nil || p.Index >= len(leaves) {
		return nil, failure(ctx, "stamp proof", err)
	}
	p.Path = gateway.MerklePath(leaves, p.Index)
	return &p, nil
}

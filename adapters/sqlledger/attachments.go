package sqlledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kopir/gateway"
)

// putAttachments writes the rows a case's files are found by, in one statement.
func (t *tx) putAttachments(c gateway.Case) error {
	var rows []string
	args := []any{text(c.Number)}
	for place, a := range c.Attachments {
		n := len(args)
		rows = append(rows, fmt.Sprintf("($1, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4))
		args = append(args, place, text(a.SHA256), flag(a.State == gateway.FileStored), micros(a.NextAt))
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := t.exec(`INSERT INTO attachments (number, place, sha256, stored, next_at) VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (number, place) DO UPDATE SET sha256 = excluded.sha256, stored = excluded.stored, next_at = excluded.next_at`, args...)
	return err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// DueFiles returns numbers of cases one of whose attachments is to be asked about again.
func (l *Ledger) DueFiles(ctx context.Context, now time.Time, limit int) ([]string, error) {
	numbers, err := collect(l.reading(ctx), scanText, `SELECT number FROM attachments
		WHERE next_at > 0 AND next_at <= $1 GROUP BY number ORDER BY min(next_at), number LIMIT $2`, micros(now), atMost(limit))
	return numbers, failure(ctx, "due files", err)
}

// NamesFile says whether a stored attachment of any case has this digest.
func (l *Ledger) NamesFile(ctx context.Context, sha256 string) (bool, error) {
	var n int
	err := l.reader.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM attachments
		WHERE sha256 = $1 AND stored = 1 LIMIT 1) AS one`, text(sha256)).Scan(&n)
	return n > 0, failure(ctx, "names file", err)
}

// asStoredFiles are attachments as they will be read back.
func asStoredFiles(list []gateway.Attachment) []gateway.Attachment {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].NextAt = rounded(list[i].NextAt)
	}
	return list
}

// named makes attachments whole that were recorded when only the signed form's words were kept.
func named(list []gateway.Attachment) []gateway.Attachment {
	for i := range list {
		if list[i].State == "" {
			list[i].State, list[i].Covered = gateway.FileAwaited, true
		}
	}
	return list
}

package sqlledger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/gateway/gatewaytest"
)

func openFile(t *testing.T) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), filepath.Join(t.TempDir(), "kopir.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// limit lets the file grow to so many pages and no further; it returns how many pages there are.
func limit(t *testing.T, l *Ledger, pages int) (used int) {
	t.Helper()
	var set int
	if err := l.writer.QueryRowContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&set); err != nil {
		t.Fatal(err)
	}
	if err := l.writer.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&used); err != nil {
		t.Fatal(err)
	}
	return used
}

func unavailable(err error) bool {
	var e *gateway.Error
	return errors.As(err, &e) && e.Code == gateway.CodeUnavailable
}

func TestFullDiskIsUnavailableAndWritesNothing(t *testing.T) {
	l := openFile(t)
	used := limit(t, l, 1<<30)
	limit(t, l, used+20)
	n, failed := 0, gateway.Record{}
	for ; n < 500; n++ {
		failed = gatewaytest.NewRecord(n, gateway.StateAccepted)
		failed.Documents[0].Bytes = make([]byte, 5000)
		if _, err := l.Record(t.Context(), failed); unavailable(err) {
			break
		} else if err != nil {
			t.Fatalf("record %d: %v", n, err)
		}
	}
	if n == 0 || n == 500 {
		t.Fatalf("the disk was full after %d records", n)
	}
	for range 3 { // and it stays so; the connection is not left in a broken transaction
		if _, err := l.Record(t.Context(), failed); !unavailable(err) {
			t.Fatalf("error is %v, want code %s", err, gateway.CodeUnavailable)
		}
	}
	if stored, err := l.Stored(t.Context(), failed.Key); err != nil || stored != nil {
		t.Fatalf("the failed record left an answer: %+v, %v", stored, err)
	}
	if _, err := l.Case(t.Context(), failed.Case.Number); err == nil {
		t.Fatal("the failed record left its case")
	}
	if _, err := l.Document(t.Context(), failed.Documents[0].SHA256); err == nil {
		t.Fatal("the failed record left its document")
	}
	limit(t, l, 1<<30)
	if stored, err := l.Record(t.Context(), failed); err != nil || stored != nil {
		t.Fatalf("with room again: %+v, %v", stored, err)
	}
	if _, err := l.Case(t.Context(), failed.Case.Number); err != nil {
		t.Fatal(err)
	}
}

func TestFileLockedByAnotherProgramIsUnavailable(t *testing.T) {
	l := openFile(t)
	other, err := l.reader.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, statement := range []string{"PRAGMA query_only = 0", "BEGIN IMMEDIATE"} {
		if _, err := other.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.writer.ExecContext(t.Context(), "PRAGMA busy_timeout = 50"); err != nil {
		t.Fatal(err)
	}
	r := gatewaytest.NewRecord(1, gateway.StateAccepted)
	if _, err := l.Record(t.Context(), r); !unavailable(err) {
		t.Fatalf("error is %v, want code %s", err, gateway.CodeUnavailable)
	}
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func TestWriterWhoseTransactionWasLeftOpenIsCleared(t *testing.T) {
	l := openFile(t)
	conn, err := l.writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN"); err != nil {
		t.Fatal(err)
	}
	l.clear(conn) // as after a commit that failed
	_ = conn.Close()
	if err := l.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestReadersDoNotWaitForAWriter(t *testing.T) {
	l := openFile(t)
	r := gatewaytest.NewRecord(1, gateway.StateAccepted)
	if _, err := l.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := l.Change(ctx, r.Case.Number, func(c gateway.Case) (gateway.Change, error) {
		seen, err := l.Case(ctx, c.Number) // while the write transaction is open
		if err == nil && seen.State != gateway.StateAccepted {
			err = fmt.Errorf("a reader sees %s before it is committed", seen.State)
		}
		c.State = gateway.StateInWork
		return gateway.Change{Case: c}, err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSQLiteKeepsWhatItAcknowledges(t *testing.T) {
	l := openFile(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		if err := l.writer.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q: %v", pragma, got, want, err)
		}
	}
	if _, err := l.reader.ExecContext(t.Context(), "DELETE FROM heartbeat"); err == nil {
		t.Error("the reading pool can write")
	}
}

package sqlledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/adapters/sqlledger"
	"kopir/gateway"
	"kopir/gateway/gatewaytest"
)

// databases runs a test on a new SQLite file and, where there is a server, in a new PostgreSQL schema.
func databases(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "kopir ө?#%41.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresSchema(t)) })
}

func TestInstancesThatStartTogetherMigrateOnce(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				l, err := sqlledger.Open(t.Context(), dsn, sqlledger.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				defer l.Close()
				if err := l.Ping(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestInstancesShareOneLedger(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		instances := []*sqlledger.Ledger{open(t, dsn), open(t, dsn), open(t, dsn)}
		const messages = 10
		var mu sync.Mutex
		var wg sync.WaitGroup
		written := map[string]int{}
		for i := range messages * len(instances) {
			l, n := instances[i%len(instances)], i/len(instances)
			wg.Go(func() { // every instance gets every message, each with a number of its own
				r := gatewaytest.NewRecord(1000+i, gateway.StateAccepted)
				r.Key.ID = gatewaytest.NewRecord(n, gateway.StateAccepted).Key.ID
				stored, err := l.Record(t.Context(), r)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if stored == nil {
					written[r.Key.ID]++
				}
			})
		}
		wg.Wait()
		for key, times := range written {
			if times != 1 {
				t.Errorf("%s was written %d times", key, times)
			}
		}
		if len(written) != messages {
			t.Errorf("%d messages were written, want %d", len(written), messages)
		}
		claimEverywhere(t, instances, messages)
	})
}

// claimEverywhere lets all instances claim until the queue is empty.
func claimEverywhere(t *testing.T, instances []*sqlledger.Ledger, cases int) {
	t.Helper()
	now := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	holders := map[string]int{}
	for i, l := range instances {
		wg.Go(func() {
			for round := range cases {
				leased, err := l.Claim(t.Context(), gateway.Claim{Provider: "akkol", Actor: "akkol", Max: 1, Now: now,
					Until: now.Add(time.Minute), LeaseIDs: []string{strings.Repeat("x", i+1) + strings.Repeat("y", round)}})
				if err != nil {
					t.Error(err)
				}
				for _, c := range leased {
					mu.Lock()
					holders[c.Number]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for number, n := range holders {
		if n != 1 {
			t.Errorf("%s was leased %d times", number, n)
		}
	}
	if len(holders) != cases {
		t.Errorf("%d cases were leased, want %d", len(holders), cases)
	}
}

func TestReopenedLedgerHasEverything(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		r := gatewaytest.NewRecord(1, gateway.StateAccepted)
		l := open(t, dsn)
		if _, err := l.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, dsn).Case(t.Context(), r.Case.Number); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFileIsPrivate(t *testing.T) {
	folder := t.TempDir()
	l := open(t, filepath.Join(folder, "kopir.db"))
	if err := l.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) < 2 {
		t.Fatalf("files: %v, %v", entries, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: it holds personal data", e.Name(), info.Mode())
		}
	}
}

func TestWrongAddressesAreUnavailable(t *testing.T) {
	for _, dsn := range []string{"", "sqlite:", ":memory:", "mysql://localhost/kopir", "/nowhere/at/all/kopir.db",
		"postgres://kopir:hunter2@127.0.0.1:1/kopir", "postgres://kopir:hunter2@127.0.0.1:port/kopir", t.TempDir()} {
		l, err := sqlledger.Open(t.Context(), dsn, sqlledger.Options{})
		if err == nil {
			l.Close()
			t.Errorf("%q was opened", dsn)
			continue
		}
		var e *gateway.Error
		if !errors.As(err, &e) || e.Code != gateway.CodeUnavailable {
			t.Errorf("%q: error is %v, want code %s", dsn, err, gateway.CodeUnavailable)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestFileThatIsNoLedgerIsLeftAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "letter.txt")
	const letter = "Құрметті әріптестер, this is not a database at all, it is a letter."
	if err := os.WriteFile(file, []byte(letter), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := sqlledger.Open(t.Context(), file, sqlledger.Options{}); err == nil {
		l.Close()
		t.Error("a letter was opened as a ledger")
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != letter {
		t.Errorf("the letter is %q now, %v", got, err)
	}
}

func TestErrorsTellNoPersonalData(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		l := open(t, dsn)
		r := gatewaytest.NewRecord(1, gateway.StateAccepted)
		r.Case.IIN = "000230500003"
		r.Verdict.ID = "000230500003-twice"
		if _, err := l.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		again := gatewaytest.NewRecord(2, gateway.StateAccepted)
		again.Case.IIN, again.Verdict.ID = r.Case.IIN, r.Verdict.ID
		_, err := l.Record(t.Context(), again)
		var e *gateway.Error
		if !errors.As(err, &e) || e.Code != gateway.CodeInternal {
			t.Fatalf("error is %v, want code %s", err, gateway.CodeInternal)
		}
		if strings.Contains(err.Error(), "000230500003") {
			t.Errorf("the error tells a personal number: %v", err)
		}
		if _, err := l.Case(t.Context(), again.Case.Number); err == nil {
			t.Error("the failed record left its case")
		}
	})
}

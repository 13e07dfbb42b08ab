package sqlledger_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"kopir/adapters/sqlledger"
	"kopir/gateway"
	"kopir/gateway/gatewaytest"
)

func TestPostgresLedger(t *testing.T) {
	postgresServer(t)
	gatewaytest.ExerciseLedger(t, func(t *testing.T) gateway.Ledger { return open(t, postgresSchema(t)) })
}

// postgresServer is the address of the server under test; without one the test is skipped.
func postgresServer(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("KOPIR_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("KOPIR_TEST_POSTGRES is not set: run under `.ci/services run` (make test does) to test on PostgreSQL")
	}
	return dsn
}

// postgresSchema makes an empty schema and returns an address that works in it.
func postgresSchema(t *testing.T) string {
	t.Helper()
	dsn := postgresServer(t)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := "t_" + rand.Text()
	if _, err := db.Exec(`CREATE SCHEMA "` + schema + `"`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := db.Exec(`DROP SCHEMA "` + schema + `" CASCADE`)
		if err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("search_path", `"`+schema+`"`)
	address.RawQuery = query.Encode()
	return address.String()
}

func TestPostgresThatMayForgetIsRefused(t *testing.T) {
	_, err := sqlledger.Open(t.Context(), postgresSchema(t)+"&synchronous_commit=off", sqlledger.Options{})
	if err == nil || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Fatalf("error is %v, want one that names synchronous_commit", err)
	}
}

func TestPostgresLostConnectionsAreReplaced(t *testing.T) {
	dsn := postgresSchema(t)
	l := open(t, dsn+"&application_name=victim")
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	r := gatewaytest.NewRecord(1, gateway.StateAccepted)
	if _, err := l.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	const kill = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'victim'`
	// in the middle of a change: it fails as a whole
	_, err = l.Change(t.Context(), r.Case.Number, func(c gateway.Case) (gateway.Change, error) {
		if _, err := admin.Exec(kill); err != nil {
			t.Error(err)
		}
		c.State = gateway.StateInWork
		return gateway.Change{Case: c}, nil
	})
	var e *gateway.Error
	if !errors.As(err, &e) || e.Code != gateway.CodeUnavailable {
		t.Fatalf("error is %v, want code %s", err, gateway.CodeUnavailable)
	}
	// connections that died in the pool fail at most once each, then new ones are made
	for tries := 0; ; tries++ {
		c, err := l.Case(t.Context(), r.Case.Number)
		if err == nil && c.State != gateway.StateAccepted {
			t.Fatalf("the failed change left %s", c.State)
		}
		if err == nil {
			break
		}
		if tries > 20 {
			t.Fatalf("the ledger did not come back: %v", err)
		}
	}
}

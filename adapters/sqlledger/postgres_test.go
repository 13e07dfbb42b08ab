package sqlledger_test

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

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

package sqlledger_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"kopir/adapters/sqlledger"
)

// TestExamineChangesNothing: an older ledger is told from a current and from a newer one, and stays as it is.
func TestExamineChangesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kopir.db")
	if err := open(t, file).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	current, err := sqlledger.Examine(t.Context(), file)
	if err != nil || current.Has != current.Wants || current.Has < 3 {
		t.Fatalf("a new ledger: %+v, %v", current, err)
	}
	for change, want := range map[string]int{
		`DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`: current.Has - 1,
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`:                          999,
	} {
		if _, err := db.Exec(change); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := sqlledger.Examine(t.Context(), file); err != nil || got.Has != want || got.Wants != current.Wants {
				t.Errorf("%+v, %v, want %d", got, err, want)
			}
		}
		if _, err := db.Exec(`DELETE FROM goose_db_version WHERE version_id = 999 OR version_id = $1`, current.Has); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, 1)`, current.Has); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExaminePostgres(t *testing.T) {
	dsn := postgresSchema(t)
	if _, err := sqlledger.Examine(t.Context(), dsn); err == nil {
		t.Error("a database without tables has a schema")
	}
	if err := open(t, dsn).Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlledger.Examine(t.Context(), dsn); err != nil || s.Has != s.Wants {
		t.Errorf("%+v, %v", s, err)
	}
}

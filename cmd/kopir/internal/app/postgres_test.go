package app

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"crypto/rand"
	"encoding/hex"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// freshDatabase makes a database of its own on the test server and drops it at the end.
func freshDatabase(t *testing.T, dsn string) string {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	var b [6]byte
	_, _ = rand.Read(b[:])
	name := "kopir_app_" + hex.EncodeToString(b[:])
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		db.Close()
	})
	u, err := url.Parse(dsn)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		t.Fatalf("KOPIR_TEST_POSTGRES is no address: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

package sqlledger_test

import (
	"path/filepath"
	"testing"

	"kopir/adapters/sqlledger"
	"kopir/gateway"
	"kopir/gateway/gatewaytest"
)

func TestSQLiteLedger(t *testing.T) {
	gatewaytest.ExerciseLedger(t, func(t *testing.T) gateway.Ledger {
		return open(t, "sqlite:"+filepath.Join(t.TempDir(), "kopir.db"))
	})
}

// open opens a ledger and closes it with the test.
func open(t *testing.T, dsn string) *sqlledger.Ledger {
	t.Helper()
	l, err := sqlledger.Open(t.Context(), dsn, sqlledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

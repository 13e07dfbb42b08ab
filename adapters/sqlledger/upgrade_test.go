package sqlledger_test

import (
	"testing"
	"time"

	"kopir/adapters/sqlledger"
	"kopir/gateway"
	"kopir/gateway/gatewaytest"
)

// TestFirstLedgerIsUpgraded: a ledger of the first version keeps its events, and they are stamped from now on;
// what comes after is stamped with them.
func TestFirstLedgerIsUpgraded(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		const oldCase = `INSERT INTO cases (number, service, provider, territory, state, outcome, iin, bin, caller, received_at, due_at,
			document_sha, covered_sha, result_sha, attempt, lease_id, lease_until, next_check_at, checks, updated_at, detail)
			VALUES ('K26-OLD', 's', 'akkol', 't', 'accepted', '', '', '', 'portal', 1, 1, '', '', '', 0, '', 0, 0, 0, 1, '{"attachments":[{"code":"income","name":"a.pdf","sha256":"ab"}]}')`
		const oldEvents = `INSERT INTO events (number, seq, at, kind, actor, data, hash) VALUES
			('K26-OLD', 1, 1000000, 'accepted', 'portal', '{}', 'aa'), ('K26-OLD', 2, 2000000, 'leased', 'akkol', '{}', 'bb')`
		if err := sqlledger.MakeOld(t.Context(), dsn, 1, oldCase, oldEvents); err != nil {
			t.Fatal(err)
		}
		l := open(t, dsn)
		if _, err := l.Record(t.Context(), gatewaytest.NewRecord(1, gateway.StateAccepted)); err != nil {
			t.Fatal(err)
		}
		old, err := l.Case(t.Context(), "K26-OLD")
		if err != nil || len(old.Attachments) != 1 || old.Attachments[0].State != gateway.FileAwaited || !old.Attachments[0].Covered {
			t.Errorf("what an old form named is covered and awaited: %+v, %v", old.Attachments, err)
		}
		lag, err := l.StampLag(t.Context())
		if err != nil || lag.Unstamped != 4 || !lag.Oldest.Equal(time.Unix(1, 0)) {
			t.Fatalf("%+v, %v", lag, err)
		}
		if _, err := l.OpenBatch(t.Context(), "first", time.Now(), 10); err != nil {
			t.Fatal(err)
		}
		leaf := gateway.Leaf{Kind: gateway.LeafEvent, Ref: "K26-OLD/2", SHA256: "bb"}
		p, err := l.StampProof(t.Context(), leaf)
		if err != nil || p == nil || !gateway.VerifyInclusion(leaf, p.Index, p.Batch.Size, p.Path, p.Batch.Root) {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// BenchmarkRecord is the accept path's share of the ledger: one application with verdict, event and message.
func BenchmarkRecord(b *testing.B) {
	l := openBench(b)
	for n := range b.N {
		if _, err := l.Record(b.Context(), gatewaytest.NewRecord(n+1, gateway.StateAccepted)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenBatch is how long a full batch holds the writer of a SQLite ledger.
func BenchmarkOpenBatch(b *testing.B) {
	const leaves = 10_000
	l := openBench(b)
	made := 0
	for b.Loop() {
		b.StopTimer()
		for lag := (gateway.StampLag{}); lag.Unstamped < leaves; {
			made++
			r := gatewaytest.NewRecord(made, gateway.StateAccepted)
			for range leaves / 4 {
				r.Events = append(r.Events, r.Events[0])
			}
			if _, err := l.Record(b.Context(), r); err != nil {
				b.Fatal(err)
			}
			lag, _ = l.StampLag(b.Context())
		}
		b.StartTimer()
		if batch, err := l.OpenBatch(b.Context(), time.Now().String(), time.Now(), leaves); err != nil || batch == nil {
			b.Fatal(err)
		}
	}
}

func openBench(b *testing.B) *sqlledger.Ledger {
	b.Helper()
	l, err := sqlledger.Open(b.Context(), b.TempDir()+"/kopir.db", sqlledger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	return l
}

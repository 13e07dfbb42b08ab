package gatewaytest

import (
	"context"
	"errors"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// judge records refusals with verdicts one second apart.
func (b *bench) judge(verdicts ...gateway.Verdict) {
	b.t.Helper()
	for _, v := range verdicts {
		r := b.submission(gateway.StateRefused)
		r.Verdict = v
		b.record(r)
	}
}

func ids(verdicts []gateway.Verdict) []string {
	list := []string{}
	for _, v := range verdicts {
		list = append(list, v.ID)
	}
	return list
}

var verdictTests = []ledgerTest{
	{"verdicts are filtered and come newest first", func(t *testing.T, b *bench) {
		good := NewVerdict(1, reason.Passed, "")
		good.Number = "K26-1"
		bad := NewVerdict(2, reason.Failed, reason.SignatureInvalid)
		unknown := NewVerdict(3, reason.Inconclusive, reason.RevocationUnknown)
		unknown.Service = "asp-assign"
		worse := NewVerdict(4, reason.Failed, reason.SignatureInvalid)
		worse.Service, worse.Number = "asp-assign", "K26-1"
		b.judge(good, bad, unknown, worse)
		g, f, u, w := good.ID, bad.ID, unknown.ID, worse.ID
		for _, tt := range []struct {
			name   string
			filter gateway.VerdictFilter
			want   []string
		}{
			{"none", gateway.VerdictFilter{}, []string{w, u, f, g}},
			{"limit", gateway.VerdictFilter{Limit: 2}, []string{w, u}},
			{"code", gateway.VerdictFilter{Code: reason.SignatureInvalid}, []string{w, f}},
			{"service", gateway.VerdictFilter{Service: "asp-assign"}, []string{w, u}},
			{"number", gateway.VerdictFilter{Number: "K26-1"}, []string{w, g}},
			{"only failed", gateway.VerdictFilter{OnlyFailed: true}, []string{w, u, f}},
			{"span", gateway.VerdictFilter{From: bad.At, To: worse.At}, []string{u, f}},
			{"all together", gateway.VerdictFilter{Code: reason.SignatureInvalid, Service: "asp-assign", Number: "K26-1", OnlyFailed: true, From: bad.At, To: worse.At.Add(1e6), Limit: 5}, []string{w}},
			{"nothing", gateway.VerdictFilter{Code: reason.KeyWeak}, []string{}},
		} {
			got, err := b.ledger.Verdicts(b.ctx, tt.filter)
			b.ok(err)
			b.same(tt.name, ids(got), tt.want)
		}
	}},
	{"failures are counted by step, code and service", func(t *testing.T, b *bench) {
		at := func(n int, minute int, o reason.Outcome, code gateway.Code) gateway.Verdict {
			v := NewVerdict(n, o, code)
			v.At = start.Add(time.Duration(minute) * time.Minute)
			return v
		}
		other := at(5, 70, reason.Failed, reason.SignatureInvalid)
		other.Service = "asp-assign"
		b.judge(at(1, 0, reason.Failed, reason.SignatureInvalid), at(2, 59, reason.Failed, reason.SignatureInvalid),
			at(3, 60, reason.Failed, reason.SignatureInvalid), at(4, 61, reason.Inconclusive, reason.RevocationUnknown), other,
			at(6, 10, reason.Passed, ""), at(7, -1, reason.Failed, reason.KeyWeak), at(8, 120, reason.Failed, reason.KeyWeak))
		got, err := b.ledger.Failures(b.ctx, start, start.Add(2*time.Hour), time.Hour)
		b.ok(err)
		hour := start.Add(time.Hour)
		b.same("counts", got, []gateway.FailureCount{
			{At: start, Code: reason.SignatureInvalid, Service: "housing-assistance", Count: 2},
			{At: hour, Code: reason.RevocationUnknown, Service: "housing-assistance", Count: 1},
			{At: hour, Code: reason.SignatureInvalid, Service: "asp-assign", Count: 1},
			{At: hour, Code: reason.SignatureInvalid, Service: "housing-assistance", Count: 1},
		})
		whole, err := b.ledger.Failures(b.ctx, start, time.Time{}, 0)
		b.ok(err)
		sum := 0
		for _, f := range whole {
			sum += f.Count
		}
		b.same("all of an open span", sum, 6)
	}},
}

var callerTests = []ledgerTest{
	{"a caller is found by its key", func(t *testing.T, b *bench) {
		want := gateway.Caller{ID: "akkol-district", Kind: gateway.CallerProvider, Name: "Ақкөл ауданы",
			Providers: []string{"akkol", "akkol-rural"}, Channel: gateway.ChannelDepartment, Callback: "https://akkol.example/kopir",
			KeySHA256: gateway.SHA256Hex([]byte("key")), CreatedAt: start}
		b.ok(b.ledger.PutCaller(b.ctx, want, gateway.Act{At: start, Actor: "operator", Kind: "caller_added", Target: want.ID}))
		got, err := b.ledger.CallerByKey(b.ctx, want.KeySHA256)
		b.ok(err)
		b.same("caller", got, want)
		all, err := b.ledger.Callers(b.ctx)
		b.ok(err)
		b.same("callers", all, []gateway.Caller{want})
		acts, err := b.ledger.Acts(b.ctx, 10)
		b.ok(err)
		b.same("acts", acts, []gateway.Act{{At: start, Actor: "operator", Kind: "caller_added", Target: want.ID}})
	}},
	{"an unknown, empty or revoked key is nobody's", func(t *testing.T, b *bench) {
		c := gateway.Caller{ID: "portal", Kind: gateway.CallerPortal, KeySHA256: "k1", CreatedAt: start}
		b.ok(b.ledger.PutCaller(b.ctx, c, gateway.Act{}))
		b.ok(b.ledger.PutCaller(b.ctx, gateway.Caller{ID: "shep", Kind: gateway.CallerGateway}, gateway.Act{}))
		b.ok(b.ledger.PutCaller(b.ctx, gateway.Caller{ID: "shep-2", Kind: gateway.CallerGateway}, gateway.Act{}))
		c.RevokedAt = start.Add(time.Hour)
		b.ok(b.ledger.PutCaller(b.ctx, c, gateway.Act{}))
		for _, key := range []string{"k1", "", "unknown"} {
			_, err := b.ledger.CallerByKey(b.ctx, key)
			b.fails(err, gateway.CodeUnauthenticated)
		}
		all, err := b.ledger.Callers(b.ctx)
		b.ok(err)
		b.same("callers", len(all), 3)
	}},
	{"a new key replaces the old one at once", func(t *testing.T, b *bench) {
		c := gateway.Caller{ID: "portal", Kind: gateway.CallerPortal, KeySHA256: "old"}
		b.ok(b.ledger.PutCaller(b.ctx, c, gateway.Act{}))
		c.KeySHA256 = "new"
		b.ok(b.ledger.PutCaller(b.ctx, c, gateway.Act{}))
		_, err := b.ledger.CallerByKey(b.ctx, "old")
		b.fails(err, gateway.CodeUnauthenticated)
		got, err := b.ledger.CallerByKey(b.ctx, "new")
		b.ok(err)
		b.same("id", got.ID, "portal")
	}},
	{"two callers cannot have one key", func(t *testing.T, b *bench) {
		b.ok(b.ledger.PutCaller(b.ctx, gateway.Caller{ID: "one", KeySHA256: "k"}, gateway.Act{Kind: "added"}))
		err := b.ledger.PutCaller(b.ctx, gateway.Caller{ID: "two", KeySHA256: "k"}, gateway.Act{Kind: "added"})
		b.fails(err, gateway.CodeConflict)
		acts, err := b.ledger.Acts(b.ctx, 10)
		b.ok(err)
		b.same("acts", len(acts), 1)
	}},
	{"acts come newest first", func(t *testing.T, b *bench) {
		for i, kind := range []string{"a", "b", "c", "d"} {
			b.ok(b.ledger.Act(b.ctx, gateway.Act{At: start.Add(seconds(i / 2)), Actor: "operator", Kind: kind, Data: map[string]string{"себеп": "тексеру"}}))
		}
		acts, err := b.ledger.Acts(b.ctx, 3)
		b.ok(err)
		kinds := ""
		for _, a := range acts {
			kinds += a.Kind
		}
		b.same("kinds", kinds, "dcb")
		b.same("data", acts[0].Data, map[string]string{"себеп": "тексеру"})
	}},
}

var faultTests = []ledgerTest{
	{"a healthy ledger answers a ping", func(t *testing.T, b *bench) {
		b.ok(b.ledger.Ping(b.ctx))
		b.ok(b.ledger.Ping(b.ctx))
	}},
	{"a cancelled context is told as such and writes nothing", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		number := b.in(gateway.StateAccepted)
		ctx, cancel := context.WithCancel(b.ctx)
		cancel()
		_, recordErr := b.ledger.Record(ctx, r)
		_, caseErr := b.ledger.Case(ctx, number)
		_, changeErr := b.ledger.Change(ctx, number, func(c gateway.Case) (gateway.Change, error) {
			c.State = gateway.StateInWork
			return gateway.Change{Case: c}, nil
		})
		_, claimErr := b.ledger.Claim(ctx, b.asks("akkol", 1, start))
		for name, err := range map[string]error{"record": recordErr, "case": caseErr, "change": changeErr, "claim": claimErr} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: error is %v, want context.Canceled", name, err)
			}
		}
		_, err := b.ledger.Case(b.ctx, r.Case.Number)
		b.fails(err, gateway.CodeNotFound)
		b.same("state", b.get(number).State, gateway.StateAccepted)
		b.same("attempt", b.get(number).Attempt, 0)
	}},
	{"a context that ends in the middle leaves nothing and the ledger works on", func(t *testing.T, b *bench) {
		number := b.in(gateway.StateAccepted)
		for range 3 {
			ctx, cancel := context.WithCancel(b.ctx)
			_, err := b.ledger.Change(ctx, number, func(c gateway.Case) (gateway.Change, error) {
				cancel()
				c.State = gateway.StateInWork
				return gateway.Change{Case: c, Events: []gateway.Event{{Kind: "in_work"}}}, nil
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("error is %v, want context.Canceled", err)
			}
		}
		b.same("state", b.get(number).State, gateway.StateAccepted)
		b.become(number, gateway.StateInWork)
	}},
	{"a decide that panics leaves nothing and the ledger works on", func(t *testing.T, b *bench) {
		number := b.in(gateway.StateAccepted)
		func() {
			defer func() { _ = recover() }()
			_, _ = b.ledger.Change(b.ctx, number, func(gateway.Case) (gateway.Change, error) { panic("bug") })
		}()
		b.become(number, gateway.StateInWork)
	}},
	{"a closed ledger gives errors, not panics", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		b.ok(b.ledger.Close())
		_, err := b.ledger.Record(b.ctx, r)
		b.fails(err, gateway.CodeUnavailable)
		_, err = b.ledger.Case(b.ctx, "none")
		b.fails(err, gateway.CodeUnavailable)
		b.fails(b.ledger.Ping(b.ctx), gateway.CodeUnavailable)
	}},
}

package gatewaytest

import (
	"encoding/json"
	"testing"
	"time"

	"kopir/gateway"
)

// evidenceTests are what evidence is collected by.
var evidenceTests = []ledgerTest{
	{"a verdict's body is its JSON as stored", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		r.Verdict.Certificates, r.Verdict.Policy, r.Verdict.ProvedAt = []string{"aa", "bb"}, "cc", start.UTC()
		r.Verdict.Number = r.Case.Number
		b.record(r)
		body, err := b.ledger.VerdictBody(b.ctx, r.Verdict.ID)
		b.ok(err)
		want, err := json.Marshal(r.Verdict)
		b.ok(err)
		b.same("body", string(body), string(want))
		_, err = b.ledger.VerdictBody(b.ctx, "nobody's")
		b.fails(err, gateway.CodeNotFound)
	}},
	{"a case's messages come in order with their receipts", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		first := gateway.Message{Destination: "callback:portal", Kind: gateway.KindNotification, Status: "accepted", CreatedAt: start, NextAt: start}
		second := first
		second.Status = "in_work"
		r.Outbox = []gateway.Message{first, second}
		c := b.record(r)
		taken, err := b.ledger.ClaimOutbox(b.ctx, start, start.Add(time.Minute), 10)
		b.ok(err)
		b.ok(b.ledger.Delivered(b.ctx, taken[0].ID, "receipt-1", start.Add(time.Second)))
		messages, err := b.ledger.Messages(b.ctx, c.Number)
		b.ok(err)
		var got []string
		for _, m := range messages {
			got = append(got, m.Status+" "+m.Receipt)
		}
		b.same("messages", got, []string{"accepted receipt-1", "in_work "})
		none, err := b.ledger.Messages(b.ctx, "K26-UNKNOWN")
		b.ok(err)
		b.same("messages of an unknown case", none, []gateway.Message{})
	}},
	{"more documents than one statement takes are all stored", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		var want []gateway.Document
		for i := range 40 {
			body := []byte{byte(i)}
			want = append(want, gateway.Document{SHA256: gateway.SHA256Hex(body), Bytes: body})
		}
		r.Documents = append(append(r.Documents, want...), want[0]) // one of them twice
		b.record(r)
		for _, d := range want {
			body, err := b.ledger.Document(b.ctx, d.SHA256)
			b.ok(err)
			b.same("document", body, d.Bytes)
		}
	}},
}

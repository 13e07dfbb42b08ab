package gatewaytest

import (
	"strings"
	"testing"
	"time"

	"kopir/gateway"
)

// attachmentTests are what files are found by.
var attachmentTests = []ledgerTest{
	{"everything known of an attachment is kept", func(t *testing.T, b *bench) {
		want := []gateway.Attachment{
			{Code: "income", Name: "Табыс.pdf", SHA256: strings.Repeat("a1", 32), Size: 20 << 20, Type: "application/pdf", Covered: true, State: gateway.FileStored, Scan: gateway.ScanUnchecked, NextAt: start.UTC(), Tries: 3},
			{Name: "extra.png", SHA256: strings.Repeat("a2", 32), Size: 1, Type: "image/png", State: gateway.FileStored, Scan: gateway.ScanClean},
			{Code: "rent", Name: "r.pdf", SHA256: strings.Repeat("a3", 32), Covered: true, State: gateway.FileRefused, Cause: "its content is text/html", FileID: "{7}", ToConfirm: true},
		}
		c := b.withFiles(want...)
		b.same("attachments", c.Attachments, want)
	}},
	{"a stored file is named by its cases, an awaited or refused one is not", func(t *testing.T, b *bench) {
		shared, awaited, refused := strings.Repeat("b1", 32), strings.Repeat("b2", 32), strings.Repeat("b3", 32)
		for range 2 {
			b.withFiles(gateway.Attachment{SHA256: shared, State: gateway.FileStored})
		}
		c := b.withFiles(gateway.Attachment{SHA256: awaited, State: gateway.FileAwaited}, gateway.Attachment{SHA256: refused, State: gateway.FileRefused})
		b.names(shared, true)
		b.names(awaited, false)
		b.names(refused, false)
		b.names("", false)
		b.setFile(c.Number, 0, func(a *gateway.Attachment) { a.State = gateway.FileStored })
		b.names(awaited, true)
		b.setFile(c.Number, 0, func(a *gateway.Attachment) { a.State = gateway.FileRefused })
		b.names(awaited, false)
	}},
	{"cases whose files are due come once each, the longest due first", func(t *testing.T, b *bench) {
		at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
		file := func(n string, next time.Time) gateway.Attachment {
			return gateway.Attachment{SHA256: strings.Repeat(n, 32), State: gateway.FileAwaited, NextAt: next}
		}
		late := b.withFiles(file("c1", at(5)), file("c2", at(6)))
		early := b.withFiles(file("c3", at(9)), file("c4", at(1)))
		b.withFiles(file("c5", time.Time{}))
		b.due(0, 10)
		b.due(1, 10, early.Number)
		b.due(9, 10, early.Number, late.Number)
		b.due(9, 1, early.Number)
		b.setFile(early.Number, 1, func(a *gateway.Attachment) { a.NextAt = time.Time{} })
		b.due(8, 10, late.Number)
	}},
	{"a change that touches no file leaves them", func(t *testing.T, b *bench) {
		c := b.withFiles(gateway.Attachment{SHA256: strings.Repeat("d1", 32), State: gateway.FileStored, NextAt: start.UTC()})
		b.become(c.Number, gateway.StateInWork)
		b.names(strings.Repeat("d1", 32), true)
		b.due(0, 10, c.Number)
	}},
}

// withFiles records an accepted case with these attachments.
func (b *bench) withFiles(list ...gateway.Attachment) gateway.Case {
	b.t.Helper()
	r := b.submission(gateway.StateAccepted)
	r.Case.Attachments = list
	return b.record(r)
}

func (b *bench) setFile(number string, place int, change func(*gateway.Attachment)) {
	b.t.Helper()
	_, err := b.ledger.Change(b.ctx, number, func(c gateway.Case) (gateway.Change, error) {
		list := append([]gateway.Attachment{}, c.Attachments...)
		change(&list[place])
		c.Attachments = list
		return gateway.Change{Case: c}, nil
	})
	b.ok(err)
}

func (b *bench) names(sha string, want bool) {
	b.t.Helper()
	got, err := b.ledger.NamesFile(b.ctx, sha)
	b.ok(err)
	b.same("named "+sha, got, want)
}

func (b *bench) due(minutes, limit int, want ...string) {
	b.t.Helper()
	got, err := b.ledger.DueFiles(b.ctx, start.Add(time.Duration(minutes)*time.Minute), limit)
	b.ok(err)
	b.same("due", got, want)
}

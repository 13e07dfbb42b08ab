package gatewaytest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

var recordTests = []ledgerTest{
	{"a new key has no stored answer", func(t *testing.T, b *bench) {
		stored, err := b.ledger.Stored(b.ctx, gateway.MessageKey{Caller: "portal", Via: gateway.ViaREST, ID: "new"})
		b.ok(err)
		if stored != nil {
			t.Fatalf("got %+v, want nil", stored)
		}
	}},
	{"everything of a record can be read back", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		got := b.record(r)
		b.same("case", got, *r.Case)
		stored, err := b.ledger.Stored(b.ctx, r.Key)
		b.ok(err)
		b.same("stored answer", stored, &gateway.Stored{CoveredSHA: r.CoveredSHA, Answer: r.Answer})
		verdict, err := b.ledger.Verdict(b.ctx, r.Verdict.ID)
		b.ok(err)
		b.same("verdict", verdict, r.Verdict)
		doc, err := b.ledger.Document(b.ctx, r.Documents[0].SHA256)
		b.ok(err)
		b.same("document", doc, r.Documents[0].Bytes)
		if events := b.events(r.Case.Number); len(events) != 1 || events[0].Kind != "registered" {
			t.Fatalf("events: %+v", events)
		}
	}},
	{"a refused message leaves its answer and verdict but no case", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateRefused)
		b.record(r)
		stored, err := b.ledger.Stored(b.ctx, r.Key)
		b.ok(err)
		b.same("answer", stored.Answer, r.Answer)
		_, err = b.ledger.Verdict(b.ctx, r.Verdict.ID)
		b.ok(err)
		first, err := b.ledger.FirstNumber(b.ctx, r.CoveredSHA)
		b.ok(err)
		b.same("first number", first, "")
	}},
	{"the same message gets the same answer and writes nothing", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		b.record(r)
		again := b.submission(gateway.StateAccepted)
		again.Key = r.Key
		stored, err := b.ledger.Record(b.ctx, again)
		b.ok(err)
		b.same("answer", stored, &gateway.Stored{CoveredSHA: r.CoveredSHA, Answer: r.Answer})
		_, err = b.ledger.Case(b.ctx, again.Case.Number)
		b.fails(err, gateway.CodeNotFound)
		_, err = b.ledger.Document(b.ctx, again.Documents[0].SHA256)
		b.fails(err, gateway.CodeNotFound)
		_, err = b.ledger.Verdict(b.ctx, again.Verdict.ID)
		b.fails(err, gateway.CodeNotFound)
	}},
	{"a key is one caller's by one transport", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		b.record(r)
		for _, key := range []gateway.MessageKey{
			{Caller: "front-office", Via: r.Key.Via, ID: r.Key.ID},
			{Caller: r.Key.Caller, Via: gateway.ViaSyncSOAP, ID: r.Key.ID},
		} {
			other := b.submission(gateway.StateAccepted)
			other.Key = key
			b.record(other)
		}
	}},
	{"a record without a key is remembered under none", func(t *testing.T, b *bench) {
		for range 2 {
			r := b.submission(gateway.StateRefused)
			r.Key.ID = ""
			b.record(r)
			_, err := b.ledger.Verdict(b.ctx, r.Verdict.ID)
			b.ok(err)
		}
		stored, err := b.ledger.Stored(b.ctx, gateway.MessageKey{Caller: "portal", Via: gateway.ViaREST})
		b.ok(err)
		if stored != nil {
			t.Fatalf("got %+v, want nil", stored)
		}
	}},
	{"the same covered octets under a new key are a duplicate and write nothing", func(t *testing.T, b *bench) {
		for _, state := range []gateway.State{gateway.StateAccepted, gateway.StateParked} {
			r := b.submission(state)
			b.record(r)
			again := b.submission(gateway.StateAccepted)
			again.CoveredSHA, again.Case.CoveredSHA = r.CoveredSHA, r.CoveredSHA
			_, err := b.ledger.Record(b.ctx, again)
			b.fails(err, gateway.CodeDuplicate)
			stored, err := b.ledger.Stored(b.ctx, again.Key)
			b.ok(err)
			if stored != nil {
				t.Fatalf("the duplicate left an answer: %+v", stored)
			}
			first, err := b.ledger.FirstNumber(b.ctx, r.CoveredSHA)
			b.ok(err)
			b.same("first number", first, r.Case.Number)
		}
	}},
	{"what was parked and refused may come again", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateParked)
		b.record(r)
		b.become(r.Case.Number, gateway.StateRefused)
		first, err := b.ledger.FirstNumber(b.ctx, r.CoveredSHA)
		b.ok(err)
		b.same("first number", first, "")
		again := b.submission(gateway.StateAccepted)
		again.CoveredSHA, again.Case.CoveredSHA = r.CoveredSHA, r.CoveredSHA
		b.record(again)
	}},
	{"cases without covered octets are nobody's duplicates", func(t *testing.T, b *bench) {
		for range 2 {
			r := b.submission(gateway.StateAccepted)
			r.Case.State, r.Case.CoveredSHA = gateway.StateRefused, ""
			b.record(r)
		}
	}},
	{"a number is given once", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		b.record(r)
		again := b.submission(gateway.StateAccepted)
		again.Case.Number = r.Case.Number
		if _, err := b.ledger.Record(b.ctx, again); err == nil {
			t.Fatal("two cases got one number")
		}
		b.same("case", b.get(r.Case.Number), *r.Case)
	}},
	{"50 parallel records with one key make one case and equal answers", func(t *testing.T, b *bench) {
		const many = 50
		records := make([]gateway.Record, many)
		for i := range records {
			records[i] = b.submission(gateway.StateAccepted)
			records[i].Key.ID = "one-key"
			records[i].CoveredSHA = "one"
			records[i].Case.CoveredSHA = "one"
		}
		written, answers := b.race(records)
		if len(written) != 1 {
			t.Fatalf("%d records were written, want 1", len(written))
		}
		want := records[written[0]].Answer
		for _, stored := range answers {
			b.same("answer", stored.Answer, want)
		}
		if len(answers) != many-1 {
			t.Fatalf("%d stored answers, want %d", len(answers), many-1)
		}
		b.countCases(records, 1)
	}},
	{"50 parallel records with the same octets and different keys make one case", func(t *testing.T, b *bench) {
		const many = 50
		records := make([]gateway.Record, many)
		for i := range records {
			records[i] = b.submission(gateway.StateAccepted)
			records[i].CoveredSHA, records[i].Case.CoveredSHA = "one", "one"
		}
		written, answers := b.race(records)
		if len(written) != 1 || len(answers) != 0 {
			t.Fatalf("%d written, %d stored, want 1 and 0", len(written), len(answers))
		}
		b.countCases(records, 1)
	}},
	{"parallel records of different applications are all there", func(t *testing.T, b *bench) {
		records := make([]gateway.Record, 40)
		shared := []gateway.Document{{SHA256: "a", Bytes: []byte("a")}, {SHA256: "b", Bytes: []byte("b")}}
		for i := range records {
			records[i] = b.submission(gateway.StateAccepted)
			records[i].Documents = append(records[i].Documents, shared[i%2], shared[1-i%2])
		}
		if written, _ := b.race(records); len(written) != len(records) {
			t.Fatalf("%d of %d were written", len(written), len(records))
		}
		b.countCases(records, len(records))
	}},
	{"kazakh, russian and hostile text come back as they went in", func(t *testing.T, b *bench) {
		text := "Қазақстан Республикасы ӘәҒғҚқҢңӨөҰұҮүҺһІі «ё» '; DROP TABLE cases; -- \\ \" % _ 𝄞 \u0085"
		r := b.submission(gateway.StateAccepted)
		r.Case.Rule, r.Case.Provider, r.Case.Caller = text, text, text
		r.Case.Attachments[0].Name = text
		r.Key.ID, r.Answer.Detail, r.Verdict.Detail = text, text, text
		r.Events[0].Actor, r.Events[0].Data = text, map[string]string{text: text}
		b.same("case", b.record(r), *r.Case)
		stored, err := b.ledger.Stored(b.ctx, r.Key)
		b.ok(err)
		b.same("answer", stored.Answer, r.Answer)
		b.same("event data", b.events(r.Case.Number)[0].Data, r.Events[0].Data)
		b.chained(r.Case.Number)
	}},
	{"octets that are no text do not break a record or its chain", func(t *testing.T, b *bench) {
		r := b.submission(gateway.StateAccepted)
		r.Case.Rule = "nul \x00 and \xff"
		r.Events[0].Data = map[string]string{"k\x00": "v\xff\xfe"}
		r.Documents = append(r.Documents, gateway.Document{SHA256: "binary", Bytes: []byte{0, 255, 254, 0, 128}},
			gateway.Document{SHA256: "empty", Bytes: nil})
		b.record(r)
		b.chained(r.Case.Number)
		doc, err := b.ledger.Document(b.ctx, "binary")
		b.ok(err)
		b.same("document", doc, []byte{0, 255, 254, 0, 128})
		_, err = b.ledger.Document(b.ctx, "empty")
		b.ok(err)
	}},
	{"a document is stored once", func(t *testing.T, b *bench) {
		for range 3 {
			r := b.submission(gateway.StateAccepted)
			r.Documents = []gateway.Document{{SHA256: "shared", Bytes: []byte("shared")}}
			b.record(r)
		}
		doc, err := b.ledger.Document(b.ctx, "shared")
		b.ok(err)
		b.same("document", string(doc), "shared")
	}},
	{"a large document comes back whole", func(t *testing.T, b *bench) {
		big := []byte(strings.Repeat("0123456789abcdef", 12<<20/16))
		r := b.submission(gateway.StateAccepted)
		r.Documents = []gateway.Document{{SHA256: "big", Bytes: big}}
		b.record(r)
		doc, err := b.ledger.Document(b.ctx, "big")
		b.ok(err)
		if string(doc) != string(big) {
			t.Fatalf("%d bytes came back for %d", len(doc), len(big))
		}
	}},
	{"times come back as the same moment", func(t *testing.T, b *bench) {
		for i, at := range []time.Time{
			start, start.UTC(), time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC),
			time.Date(2099, 1, 1, 0, 0, 0, 1000, time.FixedZone("", -11*3600)),
		} {
			r := b.submission(gateway.StateAccepted)
			r.Case.ReceivedAt, r.Case.DueAt, r.Case.LeaseUntil, r.Case.NextCheckAt = at, at, at, at
			r.Case.UpdatedAt, r.Events[0].At = at, at
			got := b.record(r)
			b.same(fmt.Sprint("times ", i), got, *r.Case)
			if e := b.events(got.Number)[0]; !e.At.Equal(at) {
				t.Fatalf("event at %v, want %v", e.At, at)
			}
		}
		r := b.submission(gateway.StateAccepted)
		r.Case.LeaseUntil, r.Case.NextCheckAt = time.Time{}, time.Time{}
		if got := b.record(r); !got.LeaseUntil.IsZero() || !got.NextCheckAt.IsZero() {
			t.Fatalf("no time became %v and %v", got.LeaseUntil, got.NextCheckAt)
		}
	}},
	{"the newest entry tells the latest time", func(t *testing.T, b *bench) {
		latest, err := b.ledger.Latest(b.ctx)
		b.ok(err)
		if !latest.IsZero() {
			t.Fatalf("an empty ledger's latest is %v", latest)
		}
		r := b.submission(gateway.StateAccepted)
		r.Verdict.At, r.Events[0].At = start, start.Add(time.Hour)
		b.record(r)
		refused := b.submission(gateway.StateRefused)
		refused.Verdict.At = start.Add(30 * time.Minute)
		b.record(refused)
		latest, err = b.ledger.Latest(b.ctx)
		b.ok(err)
		if !latest.Equal(start.Add(time.Hour)) {
			t.Fatalf("latest is %v, want the event's %v", latest, start.Add(time.Hour))
		}
		refused = b.submission(gateway.StateRefused)
		refused.Verdict = NewVerdict(900, reason.Failed, reason.KeyWeak)
		refused.Verdict.At = start.Add(2 * time.Hour)
		b.record(refused)
		latest, err = b.ledger.Latest(b.ctx)
		b.ok(err)
		if !latest.Equal(refused.Verdict.At) {
			t.Fatalf("latest is %v, want the verdict's %v", latest, refused.Verdict.At)
		}
	}},
}

// race writes all records at once and tells which were written, and the stored answers of others.
// Duplicates count as neither.
func (b *bench) race(records []gateway.Record) (written []int, answers []gateway.Stored) {
	b.t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i, r := range records {
		wg.Go(func() {
			<-begin
			stored, err := b.ledger.Record(b.ctx, r)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case hasCode(err, gateway.CodeDuplicate):
			case err != nil:
				b.t.Errorf("record %d: %v", i, err)
			case stored != nil:
				answers = append(answers, *stored)
			default:
				written = append(written, i)
			}
		})
	}
	close(begin)
	wg.Wait()
	return written, answers
}

// countCases counts which of the records have a case, and demands a whole one or none of it.
func (b *bench) countCases(records []gateway.Record, want int) {
	b.t.Helper()
	there := 0
	for _, r := range records {
		_, err := b.ledger.Case(b.ctx, r.Case.Number)
		_, verdictErr := b.ledger.Verdict(b.ctx, r.Verdict.ID)
		if (err == nil) != (verdictErr == nil) || (err == nil) != (len(b.events(r.Case.Number)) == 1) {
			b.t.Errorf("record of %s is there in part", r.Case.Number)
		}
		if err == nil {
			there++
		}
	}
	if there != want {
		b.t.Errorf("%d cases, want %d", there, want)
	}
}

package gateway

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// TestHostileResultsAreNotOfTheCase: what is ambiguous in a signed result is refused: the district's, the cabinet's
// and the gateway's programs must not read different answers out of one document.
func TestHostileResultsAreNotOfTheCase(t *testing.T) {
	c := Case{Number: "K26-AAAAA-AAAAA", IIN: "000230500003", Service: "housing-assistance/north"}
	const good = `<r:Result xmlns:r="urn:kopir:result:1"><Number>K26-AAAAA-AAAAA</Number><Service>housing-assistance</Service><IIN>000230500003</IIN><Outcome>negative</Outcome></r:Result>`
	swap := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	for _, tt := range []struct {
		name, doc string
		ok        bool
	}{
		{"nothing wrong", good, true},
		{"whole service key", swap("housing-assistance<", "housing-assistance/north<"), true},
		{"two outcomes", swap("<Outcome>", "<Outcome>positive</Outcome><Outcome>"), false},
		{"two numbers", swap("</Service>", "</Service><Number>K26-BBBBB-BBBBB</Number>"), false},
		{"two IINs", swap("</Service>", "</Service><IIN>000230500003</IIN><IIN>000230500405</IIN>"), false},
		{"two services", swap("</Service>", "</Service><Service>adoption-payment</Service>"), false},
		{"outcome of a foreign namespace", swap("<Outcome>", `<Outcome xmlns="urn:evil">positive</Outcome><Outcome>`), false},
		{"outcome split by a PI", swap("negative", "nega<?x?>tive"), false},
		{"number split by a PI", swap("K26-AAAAA-", "K26-AAAAA-<?x?>"), false},
		{"outcome with an element inside", swap("negative", "negative<b>positive</b>"), false},
		{"outcome with a space", swap("negative", "negative "), false},
		{"outcome in capitals", swap("negative", "NEGATIVE"), false},
		{"number of another case", swap("AAAAA<", "AAAAB<"), false},
		{"IIN of another person", swap("000230500003", "000230500405"), false},
		{"IIN in Arabic digits", swap("000230500003", "٠٠٠٢٣٠٥٠٠٠٠٣"), false},
		{"IIN with a zero-width space", swap("000230500003", "\u200b000230500003"), false},
		{"service of another variant", swap("housing-assistance<", "housing-assistance/south<"), false},
		{"service as a prefix", swap("housing-assistance<", "housing<"), false},
		{"root of another namespace", swap("urn:kopir:result:1", "urn:kopir:result:2"), false},
		{"fields one level deeper", strings.NewReplacer(`:1">`, `:1"><x>`, "</r:Result>", "</x></r:Result>").Replace(good), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree, err := xmltree.Parse([]byte(tt.doc), xmltree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			outcome, err := belongs(tree.Root, c)
			if tt.ok != (err == nil) || err != nil && codeOf(err) != CodeResultMismatch {
				t.Errorf("outcome %q, error %v", outcome, err)
			}
		})
	}
}

// hostileLedger is a ledger in which one thing is wrong.
type hostileLedger struct {
	brokenLedger
	mu       sync.Mutex
	cases    map[string]Case
	docs     map[string][]byte
	due      []string
	changed  []string
	recorded []Record
	outbox   []Message
	done     []string
}

func (h *hostileLedger) DueParked(context.Context, time.Time, int) ([]string, error) {
	return h.due, nil
}
func (h *hostileLedger) DueMarked(context.Context, time.Time, int) ([]string, error) {
	return nil, nil
}
func (h *hostileLedger) Wake(context.Context, time.Time) (int, error) { return 0, nil }
func (h *hostileLedger) Case(_ context.Context, number string) (Case, error) {
	return h.cases[number], nil
}
func (h *hostileLedger) Document(_ context.Context, sha string) ([]byte, error) {
	if d, ok := h.docs[sha]; ok {
		return d, nil
	}
	return nil, &Error{Code: CodeNotFound, Detail: "no such document"}
}
func (h *hostileLedger) Change(_ context.Context, number string, decide func(Case) (Change, error)) (Case, error) {
	ch, err := decide(h.cases[number])
	h.changed = append(h.changed, number)
	return ch.Case, err
}
func (h *hostileLedger) Record(_ context.Context, r Record) (*Stored, error) {
	h.recorded = append(h.recorded, r)
	return nil, nil
}
func (h *hostileLedger) ClaimOutbox(_ context.Context, _, until time.Time, limit int) (out []Message, _ error) {
	for _, m := range h.outbox[:min(limit, len(h.outbox))] {
		m.NextAt = until
		out = append(out, m)
	}
	return out, nil
}
func (h *hostileLedger) Delivered(_ context.Context, id, _ string, _ time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = append(h.done, id)
	return nil
}

// TestHostileParkedCaseDoesNotBlockTheOthers: a parked application whose document is gone (retention, a damaged file) must
// not keep the ones behind it from being decided.
func TestHostileParkedCaseDoesNotBlockTheOthers(t *testing.T) {
	doc := []byte("<a/>")
	h := &hostileLedger{due: []string{"gone", "fine"}, docs: map[string][]byte{"there": doc}, cases: map[string]Case{
		"gone": {Number: "gone", State: StateParked, DocumentSHA: "missing"},
		"fine": {Number: "fine", State: StateParked, DocumentSHA: "there"},
	}}
	decided, err := NewParking(intakeOver(h, time.Now), ParkingConfig{}).Round(t.Context())
	if decided != 1 || len(h.changed) == 0 || h.changed[len(h.changed)-1] != "fine" {
		t.Errorf("decided %d, looked at %v, %v: the case behind waits for ever", decided, h.changed, err)
	}
}

// TestHostileAsyncMessageIsAlwaysAnswered: over the asynchronous channel "arrived" is all that is said at once. Whatever is
// decided, a conflict too, must go back along the chain, or the application is lost without a word.
func TestHostileAsyncMessageIsAlwaysAnswered(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stored *Stored
		code   Code
	}{
		{"unsigned", nil, reason.SignatureMissing},
		{"an id that was used for another document", &Stored{CoveredSHA: strings.Repeat("0", 64)}, CodeConflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &hostileLedger{brokenLedger: brokenLedger{stored: tt.stored}}
			answer, err := intakeOver(h, time.Now).Accept(t.Context(), Submission{Caller: Caller{ID: "shep"}, Via: ViaAsyncSOAP, MessageID: "1", Document: []byte("<a/>")})
			if err != nil || answer.Code != tt.code || len(h.recorded) != 1 {
				t.Fatalf("%+v %v", answer, err)
			}
			if len(h.recorded[0].Outbox) == 0 {
				t.Errorf("%s: nothing goes back to the sender, who was told that it arrived", answer.Code)
			}
		})
	}
}

// hostileCourier is a destination that answers just before its time-out.
type hostileCourier struct {
	mu    sync.Mutex
	late  int
	calls int
}

func (c *hostileCourier) Deliver(_ context.Context, m Message, _ Case, _ []byte) (string, error) {
	c.mu.Lock()
	c.calls++
	if time.Now().After(m.NextAt) {
		c.late++
	}
	c.mu.Unlock()
	time.Sleep(29 * time.Second)
	return "ok", nil
}

// TestHostileSlowDestinationGetsNothingTwice: a message must not be sent after the moment until which it is hidden from
// other workers, for then one of them sends it too. All values are the defaults.
func TestHostileSlowDestinationGetsNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hostileLedger{}
		for i := range 50 {
			h.outbox = append(h.outbox, Message{ID: fmt.Sprint(i), Number: "n", Destination: "shep", Kind: KindResponse})
		}
		c := &hostileCourier{}
		d := NewDelivery(h, map[string]Courier{"shep": c}, World{Now: time.Now, IDs: NewIDs(rand.Reader)}, NoMeter{}, DeliveryConfig{})
		if n, err := d.Round(t.Context()); n != d.cfg.Batch || err != nil {
			t.Fatal(n, err)
		}
		if c.late > 0 {
			t.Errorf("%d of %d messages were sent when any other worker had been free to send them too", c.late, c.calls)
		}
	})
}

package gateway

import (
	"bytes"
	"crypto/rand"
	"regexp"
	"testing"
	"time"
)

func TestNumberIsReadableAndCarriesTheYearInAlmaty(t *testing.T) {
	ids := NewIDs(rand.Reader)
	lastHourOfTheYearUTC := time.Date(2026, 12, 31, 20, 0, 0, 0, time.UTC) // already 2027 in Almaty
	n, err := ids.Number(lastHourOfTheYearUTC)
	if err != nil || !regexp.MustCompile(`^K27-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$`).MatchString(n) {
		t.Errorf("got %q, %v", n, err)
	}
}

func TestIDsSortByTime(t *testing.T) {
	ids := NewIDs(rand.Reader)
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	earlier, _ := ids.New(at)
	later, _ := ids.New(at.Add(time.Millisecond))
	if earlier >= later {
		t.Errorf("%s does not sort before %s", earlier, later)
	}
}

func TestNoRandomnessIsAnError(t *testing.T) {
	if _, err := NewIDs(bytes.NewReader(nil)).Number(time.Now()); codeOf(err) != CodeInternal {
		t.Errorf("got %v", err)
	}
}

func TestRetryGrowsToAnHourAndNeverEnds(t *testing.T) {
	var before time.Duration
	for attempt := 1; attempt < 50; attempt++ {
		d := RetryAfter(attempt)
		if d < before || d > time.Hour {
			t.Fatalf("attempt %d waits %v after %v", attempt, d, before)
		}
		before = d
	}
	if RetryAfter(0) <= 0 || before != time.Hour {
		t.Errorf("starts with %v, ends with %v", RetryAfter(0), before)
	}
}

func TestChainHashSeesEveryChange(t *testing.T) {
	e := Event{Seq: 1, At: time.Unix(1, 0), Kind: "accepted", Actor: "portal", Data: map[string]string{"a": "b"}}
	base := ChainHash("", e)
	e.Hash = "anything"
	if ChainHash("", e) != base {
		t.Error("an event's own hash must not count")
	}
	for name, change := range map[string]func(*Event){
		"seq": func(e *Event) { e.Seq = 2 }, "time": func(e *Event) { e.At = time.Unix(2, 0) },
		"kind": func(e *Event) { e.Kind = "x" }, "actor": func(e *Event) { e.Actor = "x" },
		"data": func(e *Event) { e.Data = map[string]string{"a": "c"} },
	} {
		changed := e
		change(&changed)
		if ChainHash("", changed) == base {
			t.Errorf("%s is not in the hash", name)
		}
	}
	if ChainHash("x", e) == base {
		t.Error("the previous hash is not in the hash")
	}
}

// A pause is moved by no more than a tenth, and by what comes from outside only.
func TestAboutAPause(t *testing.T) {
	for octets, want := range map[string]time.Duration{"\x00\x00\x00\x00": 900, "\x80\x00\x00\x00": 1000, "\xff\xff\xff\xff": 1099, "": 1000} {
		if got := NewIDs(bytes.NewReader([]byte(octets))).About(1000); got != want {
			t.Errorf("%q: %d, want %d", octets, got, want)
		}
	}
}

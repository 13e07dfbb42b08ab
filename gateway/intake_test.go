package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// brokenLedger is a ledger whose disk is full: it reads, and every write fails.
type brokenLedger struct {
	Ledger // what a test does not expect to be called panics
	stored *Stored
	writes int
}

func (b *brokenLedger) Latest(context.Context) (time.Time, error) { return time.Time{}, nil }
func (b *brokenLedger) Stored(context.Context, MessageKey) (*Stored, error) {
	return b.stored, nil
}
func (b *brokenLedger) Record(context.Context, Record) (*Stored, error) {
	b.writes++
	return nil, &Error{Code: CodeUnavailable, Detail: "the ledger cannot be written", Err: errors.New("disk full")}
}

func intakeOver(l Ledger, now func() time.Time) *Intake {
	w := World{Now: now, IDs: NewIDs(rand.Reader)}
	return NewIntake(l, nil, NewProver(pki.NewStore(), revocation.NewStatic(nil, nil)), Rules{}, w, NewClock(l), NoMeter{}, IntakeConfig{})
}

func TestFullDiskAcknowledgesNothing(t *testing.T) {
	l := &brokenLedger{}
	answer, err := intakeOver(l, time.Now).Accept(context.Background(), Submission{Caller: Caller{ID: "portal"}, MessageID: "m", Document: []byte("<a/>")})
	if codeOf(err) != CodeUnavailable || answer != (Answer{}) || l.writes != 1 {
		t.Errorf("answered %+v with %v after %d writes", answer, err, l.writes)
	}
}

func TestStoredAnswerIsGivenWithoutWriting(t *testing.T) {
	doc := []byte("<a/>")
	want := Answer{Decision: DecisionRefused, Code: reason.SignatureMissing}
	l := &brokenLedger{stored: &Stored{CoveredSHA: SHA256Hex(doc), Answer: want}}
	got, err := intakeOver(l, time.Now).Accept(context.Background(), Submission{Caller: Caller{ID: "portal"}, MessageID: "m", Document: doc})
	if err != nil || got != want || l.writes != 0 {
		t.Errorf("got %+v %v after %d writes", got, err, l.writes)
	}
}

func TestClockNeverGoesBelowWhatItHasSeen(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	c := NewClock(&brokenLedger{})
	for _, step := range []struct {
		move   time.Duration
		behind bool
	}{{0, false}, {time.Hour, false}, {59 * time.Minute, false}, {0, true}, {-24 * time.Hour, true}, {2 * time.Hour, false}} {
		r, err := c.Read(context.Background(), now.Add(step.move), 2*time.Minute)
		if err != nil || r.Behind != step.behind || r.Floor != c.seen || r.At.Before(now.Add(step.move)) {
			t.Errorf("%v: %+v, %v", step.move, r, err)
		}
		if !r.Behind && r.At.Before(c.seen) {
			t.Errorf("%v: decides by %v, before what was seen", step.move, r.At)
		}
	}
}

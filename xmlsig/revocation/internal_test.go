package revocation

import (
	"testing"
	"time"
)

// TestCachesStaySmall: neither answers nor failed addresses grow without end.
func TestCachesStaySmall(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var a answerCache
	a.init()
	q := question{at: at, freshness: time.Hour}
	for i := range maxAnswers + 5 {
		a.put(answerKey{cert: [32]byte{byte(i), byte(i >> 8)}}, Status{State: Good, ThisUpdate: at}, q)
	}
	if len(a.answers) > maxAnswers {
		t.Errorf("%d answers", len(a.answers))
	}
	// What is over goes first.
	a.init()
	for i := range maxAnswers - 1 {
		a.put(answerKey{cert: [32]byte{byte(i), byte(i >> 8)}}, Status{State: Good, ThisUpdate: at.Add(-2 * time.Hour)}, q)
	}
	kept := answerKey{issuer: [32]byte{1}}
	a.put(kept, Status{State: Good, ThisUpdate: at}, q)
	a.put(answerKey{issuer: [32]byte{2}}, Status{State: Good, ThisUpdate: at}, q)
	if _, ok := a.get(kept, at); !ok || len(a.answers) != 2 {
		t.Errorf("%d answers, the fresh one kept: %v", len(a.answers), ok)
	}
	var l listCache
	l.init()
	for i := range maxAddresses + 5 {
		l.rest(string(rune(i)), at)
	}
	if len(l.failed) > maxAddresses {
		t.Errorf("%d resting addresses", len(l.failed))
	}
}

func TestStateNames(t *testing.T) {
	for s, want := range map[State]string{Unknown: "unknown", Good: "good", Revoked: "revoked", OnHold: "on_hold", 9: "unknown"} {
		if s.String() != want {
			t.Errorf("%d: %s", s, s)
		}
	}
	if (Status{}).State != Unknown {
		t.Error("the zero status is not unknown")
	}
}

package revocation

import (
	"testing"
	"time"

	"kopir/xmlsig/pki"
)

// TestCachesStaySmall: neither answers nor failed addresses grow without end.
func TestCachesStaySmall(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var a answerCache
	a.init()
	ask := func(n int) question {
		cert := &pki.Certificate{SHA256: [32]byte{byte(n), byte(n >> 8)}}
		return question{cert: cert, issuer: &pki.Certificate{}, at: at, freshness: time.Hour}
	}
	put := func(n int, thisUpdate time.Time) {
		a.put(ask(n), byOCSP, Status{State: Good, ThisUpdate: thisUpdate}, at, "", 0)
	}
	for i := range maxAnswers + 5 {
		put(i, at)
	}
	if len(a.answers) != maxAnswers {
		t.Errorf("%d answers", len(a.answers))
	}
	// What is over goes first.
	a.init()
	a.swept = time.Time{}
	for i := range maxAnswers - 1 {
		put(i, at.Add(-2*time.Hour))
	}
	put(maxAnswers, at)
	put(maxAnswers+1, at)
	if _, ok := a.get(ask(maxAnswers), byOCSP); !ok || len(a.answers) != 2 {
		t.Errorf("%d answers, the fresh one kept: %v", len(a.answers), ok)
	}
	// Then what nobody has asked about for long.
	a.init()
	for i := range maxAnswers {
		put(i, at)
	}
	later := ask(7)
	later.at = at.Add(time.Minute)
	a.get(later, byOCSP)
	for i := range 1000 {
		put(maxAnswers+i, at)
	}
	if _, ok := a.get(later, byOCSP); !ok || len(a.answers) != maxAnswers {
		t.Errorf("%d answers, the one in use kept: %v", len(a.answers), ok)
	}
	var r rests
	var l listCache
	l.init()
	for i := range maxAddresses + 5 {
		r.failed(restKey{url: string(rune(i))}, at, time.Second)
		l.setForeign(listKey{url: string(rune(i))}, at)
		l.put(listKey{url: string(rune(i))}, cachedList{list: &CRL{}})
	}
	if len(r.last) > maxAddresses || len(l.foreign) > maxAddresses || len(l.lists) > maxAddresses {
		t.Errorf("%d resting addresses, %d of others, %d lists", len(r.last), len(l.foreign), len(l.lists))
	}
}

// TestRestsGrow: twice as long each time up to a minute; after each rest one
// question tries; an answer ends it, and so does a clock that is put right.
func TestRestsGrow(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var r rests
	key := restKey{url: "a"}
	at := start
	for _, seconds := range []int{2, 4, 8, 16, 32, 60, 60} {
		r.failed(key, at, 2*time.Second)
		at = at.Add(time.Duration(seconds) * time.Second)
		if r.may(at.Add(-time.Second), key) {
			t.Errorf("asked before %d seconds were over", seconds)
		}
		if first, second := r.may(at, key), r.may(at, key); !first || second {
			t.Errorf("after %d seconds one question tries, and no more", seconds)
		}
	}
	if !r.may(start.Add(-time.Hour), key) {
		t.Error("a clock that was ahead keeps the address from being asked")
	}
	r.answered(key)
	if first, second := r.may(at, key), r.may(at, key); !first || !second {
		t.Error("rests although it answered")
	}
	r.failed(key, at, 2*time.Minute)
	if r.failed(key, at, 2*time.Minute); r.last[key].length != 2*time.Minute {
		t.Error("a rest that is set longer than a minute is kept:", r.last[key].length)
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

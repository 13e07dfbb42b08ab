package gateway

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

const signedFor = "approved: {by: Үлгі Сынақов, position: басшы, date: \"2026-11-20\", document: order No 12}"

// TestRulesAndSources: what each rule makes of each state of the sources. A cell is what OCSP and the
// list say, and what becomes of the application.
func TestRulesAndSources(t *testing.T) {
	const accepted, parked, refused, unknown, marked = "accepted", "parked", "refused certificate_revoked", "refused revocation_unknown", "accepted marked"
	states := []string{"good good", "good silent", "good revoked", "silent good", "silent silent", "silent revoked", "revoked good", "revoked silent", "revoked revoked"}
	for _, tt := range []struct {
		rule string
		want []string
	}{
		{"", []string{accepted, accepted, accepted, accepted, parked, refused, refused, refused, refused}},
		{"{order: [crl, ocsp]}", []string{accepted, accepted, refused, accepted, parked, refused, accepted, refused, refused}},
		{"{order: [ocsp]}", []string{accepted, accepted, accepted, parked, parked, parked, refused, refused, refused}},
		{"{order: [crl]}", []string{accepted, parked, refused, accepted, parked, refused, accepted, parked, refused}},
		{"{order: both}", []string{accepted, parked, refused, parked, parked, refused, refused, refused, refused}},
		{"{order: both, unknown: refuse}", []string{accepted, unknown, refused, unknown, unknown, refused, refused, refused, refused}},
		{"{unknown: refuse}", []string{accepted, accepted, accepted, accepted, unknown, refused, refused, refused, refused}},
		{"{unknown: accept-marked, " + signedFor + "}", []string{accepted, accepted, accepted, accepted, marked, refused, refused, refused, refused}},
		{"{order: both, unknown: accept-marked, " + signedFor + "}", []string{accepted, marked, refused, marked, marked, refused, refused, refused, refused}},
		{"{unknown: park, final: refuse}", []string{accepted, accepted, accepted, accepted, parked, refused, refused, refused, refused}},
	} {
		for i, state := range states {
			t.Run(tt.rule+" "+state, func(t *testing.T) {
				s := &sources{}
				s.ocsp, s.crl, _ = strings.Cut(state, " ")
				d := newDesk(t, tt.rule, online(t, s))
				a := d.submit()
				got := string(a.Decision)
				if a.Decision == DecisionRefused {
					got += " " + string(a.Code)
				}
				if a.Mark != MarkNone {
					got += " marked"
				}
				if got != tt.want[i] {
					t.Errorf("%s, want %s: %s", got, tt.want[i], a.Detail)
				}
				if v := d.ledger.verdicts[a.Verdict]; v.StatusPolicy == "" || v.StatusPolicy != d.intake.entryOf(oneService).Revocation.String() {
					t.Errorf("the verdict records the rule %q", v.StatusPolicy)
				}
			})
		}
	}
}

// TestNothingIsGuessed is the property behind all rules, over whatever happens to the sources: nothing is
// accepted unmarked without a status that was good, and nothing is refused for a silent source unless the
// rule says so.
func TestNothingIsGuessed(t *testing.T) {
	rules := []string{"", "{order: [crl, ocsp]}", "{order: both}", "{unknown: refuse}", "{final: refuse}", "{unknown: accept-marked, " + signedFor + "}"}
	rapid.Check(t, func(rt *rapid.T) {
		rule := rapid.SampledFrom(rules).Draw(rt, "rule")
		truth := rapid.SampledFrom([]string{good, revoked}).Draw(rt, "truth")
		s := &sources{ocsp: silent, crl: silent}
		d := newDesk(t, rule, online(t, s))
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				d.submit()
			case 1:
				s.ocsp = rapid.SampledFrom([]string{silent, truth}).Draw(rt, "ocsp")
				s.crl = rapid.SampledFrom([]string{silent, truth}).Draw(rt, "crl")
			default:
				d.now = d.now.Add(rapid.SampledFrom([]time.Duration{time.Minute, 20 * time.Minute, 30 * time.Hour, 400 * time.Hour}).Draw(rt, "later"))
				d.round()
			}
			d.nothingGuessed(rt, rule, truth)
		}
	})
}

func (d *desk) nothingGuessed(rt *rapid.T, rule, truth string) {
	proved, broken, silence := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, v := range d.ledger.verdicts {
		checked := slices.ContainsFunc(v.Checks, func(c reason.Check) bool { return c.Name == reason.CheckRevocation && c.Outcome == reason.Passed })
		proved[v.Number] = proved[v.Number] || v.Outcome == reason.Passed && checked && truth == good
		broken[v.Number] = broken[v.Number] || v.Code == reason.CertificateRevoked && truth == revoked
		silence[v.Number] = silence[v.Number] || v.Code == reason.RevocationUnknown && v.Outcome == reason.Failed
	}
	if silence[""] && !strings.Contains(rule, "unknown: refuse") {
		rt.Fatalf("rule %q: an application was refused for a silent source", rule)
	}
	for number, c := range d.ledger.cases {
		switch {
		case c.State == StateAccepted && c.Mark == MarkNone && !proved[number]:
			rt.Fatalf("rule %q: %s was accepted unmarked without a good status", rule, number)
		case c.Mark == MarkFailed && !broken[number]:
			rt.Fatalf("rule %q: the mark of %s failed without a revocation", rule, number)
		case c.Mark != MarkNone && !strings.Contains(rule, "accept-marked"):
			rt.Fatalf("rule %q: %s carries a mark nobody signed for", rule, number)
		case c.State == StateRefused && !broken[number] && (!strings.Contains(rule, "final: refuse") || d.now.Before(c.DueAt)):
			rt.Fatalf("rule %q: %s was refused for a silent source", rule, number)
		case c.State == StateParked && d.now.After(c.DueAt.Add(-24*time.Hour)) && c.Checks > 0 && c.UpdatedAt.Equal(d.now) && c.EscalatedAt.IsZero():
			rt.Fatalf("%s is near its due time and nobody was told", number)
		}
	}
}

func TestAMarkIsTakenAwayOrFails(t *testing.T) {
	for _, tt := range []struct {
		later   string
		mark    Mark
		kinds   []string
		counted string
	}{
		{good, MarkNone, []string{"accepted", EventMarkConfirmed}, EventMarkConfirmed},
		{revoked, MarkFailed, []string{"accepted", EventMarkFailed}, EventMarkFailed},
		{silent, MarkUnconfirmed, []string{"accepted"}, EventMarked},
	} {
		t.Run(tt.later, func(t *testing.T) {
			s := &sources{ocsp: silent, crl: silent}
			d := newDesk(t, "{unknown: accept-marked, "+signedFor+"}", online(t, s))
			a := d.submit()
			if c := d.get(a.Number); c.State != StateAccepted || c.Mark != MarkUnconfirmed || a.Code != reason.RevocationUnknown {
				t.Fatalf("%+v, case %s %q", a, c.State, c.Mark)
			}
			if e := d.ledger.events[a.Number][0]; e.Data["mark"] != "unconfirmed" || e.Data["approved"] != "order No 12, 2026-11-20" {
				t.Errorf("the history says %v", e.Data)
			}
			if m := d.ledger.outbox[0]; m.Text["mark"] != "unconfirmed" {
				t.Errorf("the applicant is told %v", m.Text)
			}
			s.ocsp = tt.later
			d.pass(20 * time.Minute)
			c := d.get(a.Number)
			if got := d.ledger.kinds(a.Number); c.State != StateAccepted || c.Mark != tt.mark || !slices.Equal(got, tt.kinds) {
				t.Errorf("%s with mark %q, history %v", c.State, c.Mark, got)
			}
			if (tt.mark == MarkFailed) == c.EscalatedAt.IsZero() {
				t.Errorf("people were told at %v", c.EscalatedAt)
			}
			if d.meter.seen[tt.counted] != 1 || d.meter.seen[EventMarked] != 1 {
				t.Errorf("counted %v", d.meter.seen)
			}
		})
	}
}

// A refusal for a silent source leaves the way open: the same message may come again.
func TestRefusedForSilenceComesAgain(t *testing.T) {
	s := &sources{ocsp: silent, crl: silent}
	d := newDesk(t, "{unknown: refuse}", online(t, s))
	doc := d.signed()
	if a := d.send(doc); a.Decision != DecisionRefused || a.Code != reason.RevocationUnknown || len(d.ledger.cases) != 0 {
		t.Fatalf("%+v", a)
	}
	s.ocsp = good
	d.now = d.now.Add(time.Minute)
	first := d.send(doc)
	if first.Decision != DecisionAccepted || d.send(doc) != first {
		t.Errorf("%+v", first)
	}
}

func TestParkedEscalatesOnceAndEndsByTheRule(t *testing.T) {
	for _, tt := range []struct {
		rule      string
		escalated time.Duration // before the due time
		state     State
	}{
		{"", 24 * time.Hour, StateParked},
		{"{escalate: 72h}", 72 * time.Hour, StateParked},
		{"{final: refuse, escalate: 1h}", time.Hour, StateRefused},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			d := newDesk(t, tt.rule, online(t, &sources{ocsp: silent, crl: silent}))
			a := d.submit()
			var told time.Time
			for d.now.Before(a.DueAt.Add(time.Hour)) {
				d.now = d.now.Add(5 * time.Minute)
				if d.round(); told.IsZero() && d.meter.seen[EventEscalated] > 0 {
					told = d.now
				}
				if c := d.get(a.Number); c.State != StateParked && d.now.Before(a.DueAt) {
					t.Fatalf("%s before the due time", c.State)
				}
			}
			if late := told.Sub(a.DueAt.Add(-tt.escalated)); late < 0 || late > 5*time.Minute || d.meter.seen[EventEscalated] != 1 {
				t.Errorf("people were told %v after the moment, %d times", late, d.meter.seen[EventEscalated])
			}
			if c := d.get(a.Number); c.State != tt.state {
				t.Errorf("%s an hour after the due time", c.State)
			}
		})
	}
}

// switchboard is a source that is silent or says good, and counts what it is asked.
type switchboard struct {
	speaks bool
	deaf   *pki.Certificate // it is silent about this one
	asked  int
	inside int
	most   int
}

func (s *switchboard) Status(_ context.Context, cert, _ *pki.Certificate, _ time.Time) revocation.Status {
	s.inside++
	defer func() { s.inside-- }()
	s.most, s.asked = max(s.most, s.inside), s.asked+1
	if s.speaks && (s.deaf == nil || cert.SHA256 != s.deaf.SHA256) {
		return revocation.Status{State: revocation.Good, Source: revocation.SourceOCSP}
	}
	return revocation.Status{Detail: "silent"}
}

// TestAnOutageOfHoursDrainsInOrder: 500 applications are parked, both sources are silent for three hours.
// Meanwhile they are asked for ever more seldom; when the sources are back, everything goes on by itself,
// the earliest due date first, one question at a time.
func TestAnOutageOfHoursDrainsInOrder(t *testing.T) {
	const parked = 500
	s := &switchboard{}
	d := newDesk(t, "", func(func() time.Time) revocation.Source { return s })
	first := d.submit()
	sample, chance := d.get(first.Number), rand.New(rand.NewPCG(1, 2))
	delete(d.ledger.cases, first.Number)
	for i := range parked {
		c := sample
		c.Number, c.DueAt = fmt.Sprintf("K26-%05d", i), morning.Add(48*time.Hour+time.Duration(chance.IntN(200))*time.Hour)
		c.NextCheckAt = morning.Add(time.Duration(i) * 100 * time.Millisecond)
		d.ledger.cases[c.Number] = c
	}
	s.asked = 0
	tick := func() int { d.now = d.now.Add(10 * time.Second); return d.round() }
	for d.now.Before(morning.Add(3 * time.Hour)) {
		if tick() != 0 {
			t.Fatal("something was decided while nobody spoke")
		}
	}
	if most := parked * 22; s.asked > most { // 1, 2, 4, 8 minutes, then at most a fifth less than 15
		t.Errorf("%d questions while nobody spoke, want at most %d", s.asked, most)
	}
	s.speaks, s.asked = true, 0
	back := d.now
	var order []time.Time
	waits := func() (n int) {
		for _, c := range d.ledger.cases {
			if c.State == StateParked {
				n++
			}
		}
		return n
	}
	for waits() > 0 && d.now.Before(back.Add(time.Hour)) {
		before := len(d.ledger.outbox)
		tick()
		for _, m := range d.ledger.outbox[before:] {
			order = append(order, d.ledger.cases[m.Number].DueAt)
		}
	}
	if took := d.now.Sub(back); waits() > 0 || took > 5*time.Minute {
		t.Errorf("%d wait still after %v", waits(), took)
	}
	if s.asked != parked || s.most != 1 || len(order) != parked {
		t.Errorf("%d questions for %d decisions, %d at once", s.asked, len(order), s.most)
	}
	// Who was being asked for when the first answer came is decided first; from then on due dates rule.
	if rest := order[d.parking.cfg.Batch:]; !slices.IsSortedFunc(rest, time.Time.Compare) {
		t.Error("the lot did not drain in the order of due dates")
	}
}

// TestTheStillSilentDoNotHoldUpTheOthers: half of those parked have certificates whose authority stays
// silent, and are due first. The others are decided all the same, and the silent are not asked for ever more.
func TestTheStillSilentDoNotHoldUpTheOthers(t *testing.T) {
	s := &switchboard{}
	d := newDesk(t, "", func(func() time.Time) revocation.Source { return s })
	const otherIIN = "000230500405"
	other := must(must(people())(t).Issue(testpki.Profile{Kind: testpki.Person, CommonName: "СЫНАҚОВ БАСҚА", IIN: otherIIN}))(t)
	mute, sample := d.get(d.send(d.signedBy(other, otherIIN)).Number), d.get(d.submit().Number)
	clear(d.ledger.cases)
	for i := range 400 {
		c := sample
		if i < 200 {
			c = mute
		}
		c.Number, c.DueAt = fmt.Sprintf("K26-%05d", i), sample.DueAt.Add(time.Duration(i)*time.Minute)
		d.ledger.cases[c.Number] = c
	}
	s.speaks, s.deaf, s.asked = true, other.Certificate, 0
	for end := d.now.Add(10 * time.Minute); d.now.Before(end); d.now = d.now.Add(10 * time.Second) {
		d.round()
	}
	for number, c := range d.ledger.cases {
		if c.IIN == otherIIN && c.State != StateParked || c.IIN == oneIIN && c.State != StateAccepted {
			t.Fatalf("%s is %s", number, c.State)
		}
	}
	if s.asked > 200+200*5 {
		t.Errorf("%d questions in ten minutes", s.asked)
	}
}

// TestAClockInDoubtParks: whatever the rule, a clock that OCSP contradicts or that went backwards decides nothing.
func TestAClockInDoubtParks(t *testing.T) {
	for _, rule := range []string{"", "{unknown: refuse}", "{unknown: accept-marked, " + signedFor + "}", "{order: both}"} {
		for _, tt := range []struct {
			name string
			off  time.Duration // of the responder's clock
			back time.Duration // the machine's clock has gone
			want Decision
			says string
		}{
			{"90 seconds", 90 * time.Second, 0, DecisionAccepted, ""},
			{"ten minutes behind the responder", 10 * time.Minute, 0, DecisionParked, "clock is 10m0s behind"},
			{"ten minutes ahead of the responder", -10 * time.Minute, 0, DecisionParked, "clock is 10m0s ahead"},
			{"behind the ledger, nobody speaks", 0, time.Hour, DecisionParked, "clock is behind its own ledger"},
		} {
			t.Run(rule+" "+tt.name, func(t *testing.T) {
				s := &sources{ocsp: good, crl: good, off: tt.off}
				if tt.back > 0 {
					s.ocsp = silent
				}
				d := newDesk(t, rule, online(t, s))
				d.ledger.latest = morning
				d.now = d.now.Add(-tt.back)
				a := d.submit()
				if a.Decision != tt.want || a.Mark != MarkNone || tt.back == 0 && !strings.Contains(a.Detail, tt.says) {
					t.Fatalf("%s %q: %s", a.Decision, a.Mark, a.Detail)
				}
				if a.Decision == DecisionAccepted {
					return
				}
				*s, d.now = sources{ca: s.ca, now: s.now, issued: s.issued, ocsp: good, crl: good}, morning.Add(time.Hour)
				if d.round(); d.get(a.Number).State != StateAccepted {
					t.Errorf("%s when the clock is right again", d.get(a.Number).State)
				}
			})
		}
	}
}

package worktime

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

func calendar(t testing.TB) *Calendar {
	t.Helper()
	c, err := Load(os.DirFS("../../schemas"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	m, err := time.ParseInLocation("2006-01-02 15:04", s, Location())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func hours(t testing.TB, s string) Hours {
	t.Helper()
	h, err := ParseHours(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

const (
	usual   = "Mon-Fri 09:00-18:00 lunch 13:00-14:00"
	late    = "Mon-Fri 09:00-18:30 lunch 13:00-14:30"
	centre  = "Mon-Sat 09:00-20:00"
	sixDays = "Mon-Sat 09:00-17:00 lunch 13:00-14:00"
)

func TestDue(t *testing.T) {
	tests := []struct{ name, received, limit, hours, want string }{
		{"minutes within the day", "2026-11-23 10:47", "15 minutes", usual, "2026-11-23 11:02"},
		{"minutes stand still at lunch", "2026-11-23 12:50", "15 minutes", usual, "2026-11-23 14:05"},
		{"what comes at lunch starts after it", "2026-11-23 13:20", "10 minutes", usual, "2026-11-23 14:10"},
		{"minutes go on next morning", "2026-11-23 17:50", "15 minutes", usual, "2026-11-24 09:05"},
		{"an end at closing time is today", "2026-11-23 17:45", "15 minutes", usual, "2026-11-23 18:00"},
		{"after closing time is next morning", "2026-11-23 18:00", "10 minutes", usual, "2026-11-24 09:10"},
		{"before opening", "2026-11-23 07:00", "10 minutes", usual, "2026-11-23 09:10"},
		{"Friday evening runs to Monday", "2026-11-27 17:58", "10 minutes", usual, "2026-11-30 09:08"},
		{"a holiday is stepped over", "2026-12-15 18:20", "15 minutes", late, "2026-12-17 09:05"},
		{"hours", "2026-11-23 16:30", "2 hours", usual, "2026-11-24 09:30"},
		{"hours around lunch", "2026-11-23 12:00", "2 hours", usual, "2026-11-23 15:00"},
		{"a centre works on Saturday, without lunch", "2026-11-28 12:55", "45 minutes", centre, "2026-11-28 13:40"},
		{"seconds", "2026-11-23 10:00", "60 seconds", usual, "2026-11-23 10:01"},

		{"day of acceptance is not counted", "2026-11-23 09:01", "1 working_days", usual, "2026-11-24 18:00"},
		{"received after hours is accepted next day", "2026-11-23 18:01", "1 working_days", usual, "2026-11-25 18:00"},
		{"received on Saturday is accepted on Monday", "2026-11-28 10:00", "1 working_days", usual, "2026-12-01 18:00"},
		{"ten working days over the holiday", "2026-12-14 16:00", "10 working_days", late, "2026-12-29 18:30"},
		{"new year: 1, 2 January and the 7th, weekend moved to the 4th", "2026-12-30 10:00", "3 working_days", usual, "2027-01-06 18:00"},
		{"7 January is a day off", "2026-12-30 10:00", "4 working_days", usual, "2027-01-08 18:00"},
		{"Nauryz takes two days more", "2026-03-20 10:00", "1 working_days", usual, "2026-03-26 18:00"},
		{"six-day week moves Sunday only", "2026-03-20 10:00", "1 working_days", sixDays, "2026-03-25 17:00"},
		{"31 August 2026 is worked", "2026-08-28 10:00", "1 working_days", usual, "2026-08-31 18:00"},
		{"seven working days", "2026-11-23 10:00", "7 working_days", usual, "2026-12-02 18:00"},
		{"twenty-two working days", "2026-11-23 10:00", "22 working_days", usual, "2026-12-24 18:00"},
		{"neither acceptance nor issue counts", "2026-11-23 10:00", "3 working_days not_counting_acceptance not_counting_issue", usual, "2026-11-27 18:00"},
		{"the day of issue is a working day", "2026-11-24 10:00", "3 working_days not_counting_issue", usual, "2026-11-30 18:00"},

		{"calendar days", "2026-11-23 10:00", "10 calendar_days", usual, "2026-12-03 18:00"},
		{"calendar days that end on Sunday", "2026-11-23 10:00", "6 calendar_days", usual, "2026-11-30 18:00"},
		{"calendar days that end on a holiday", "2026-12-06 10:00", "9 calendar_days", usual, "2026-12-17 18:00"},
	}
	c := calendar(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := ParseLimit(tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Due(moment(t, tt.received), l, hours(t, tt.hours))
			if err != nil {
				t.Fatal(err)
			}
			if want := moment(t, tt.want); !got.Equal(want) {
				t.Errorf("got %s, want %s", got.Format(time.DateTime), want.Format(time.DateTime))
			}
		})
	}
}

func TestDueKeepsTheOffsetOfTheCountry(t *testing.T) {
	received, err := time.Parse(time.RFC3339, "2026-11-23T12:00:00+06:00") // an old system's clock: 11:00 here
	if err != nil {
		t.Fatal(err)
	}
	got, err := calendar(t).Due(received, Limit{N: 15, Unit: Minute}, Hours{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "2026-11-23T11:15:00+05:00"; got.Format(time.RFC3339) != want {
		t.Errorf("got %s, want %s", got.Format(time.RFC3339), want)
	}
}

func TestMissingYearNamesTheFile(t *testing.T) {
	_, err := calendar(t).Due(moment(t, "2027-12-30 10:00"), Limit{N: 10, Unit: WorkingDay}, Hours{})
	var missing *MissingYearError
	if !errors.As(err, &missing) || missing.Year != 2028 || !strings.Contains(err.Error(), "schemas/calendar/2028.yaml") {
		t.Errorf("got %v", err)
	}
}

func TestLimitsThatCannotBeCounted(t *testing.T) {
	for _, l := range []Limit{{}, {N: -1, Unit: Minute}, {N: 1}, {N: 1, Unit: "fortnights"}} {
		if _, err := calendar(t).Due(moment(t, "2026-11-23 10:00"), l, Hours{}); err == nil {
			t.Errorf("%+v was counted", l)
		}
	}
}

// fixture is a table with a moved weekend.
const fixture = `year: 2026
status: confirmed
days:
  - {date: "2026-05-08", kind: moved, kk: а, ru: б}
  - {date: "2026-05-16", kind: working, kk: а, ru: б}
`

func TestWorkingWeekendDay(t *testing.T) {
	c, err := Load(fstest.MapFS{"calendar/2026.yaml": {Data: []byte(fixture)}})
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]bool{"2026-05-08": false, "2026-05-16": true, "2026-05-17": false, "2026-05-18": true} {
		got, err := c.WorkingDay(moment(t, day+" 12:00"), Hours{})
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", day, got, err, want)
		}
	}
}

// slowDays are the laws' days off of both years; slowSix are worked in a six-day week.
var (
	slowDays = strings.Fields(`2026-01-01 2026-01-02 2026-01-07 2026-03-08 2026-03-09 2026-03-21 2026-03-22 2026-03-23
		2026-03-24 2026-03-25 2026-05-01 2026-05-07 2026-05-09 2026-05-11 2026-05-27 2026-07-06 2026-10-25 2026-10-26
		2026-12-16 2027-01-01 2027-01-02 2027-01-04 2027-01-07 2027-03-08 2027-03-15 2027-03-21 2027-03-22 2027-03-23
		2027-03-24 2027-05-01 2027-05-03 2027-05-07 2027-05-09 2027-05-10 2027-05-16 2027-07-06 2027-10-25 2027-12-16`)
	slowSix = []string{"2026-03-25", "2026-05-11", "2027-01-04", "2027-05-03"}
)

// slowDay says whether a day is worked, from the lists and nothing of ours.
func slowDay(t time.Time, sixDay bool) bool {
	if t.Weekday() == time.Sunday || t.Weekday() == time.Saturday && !sixDay {
		return false
	}
	day := t.Format(time.DateOnly)
	return !slices.Contains(slowDays, day) || sixDay && slices.Contains(slowSix, day)
}

func TestYearsHaveAsManyWorkingDaysAsThePressCounted(t *testing.T) {
	c := calendar(t)
	for year, want := range map[int]int{2026: 247, 2027: 247} {
		got := 0
		for d := time.Date(year, 1, 1, 12, 0, 0, 0, Location()); d.Year() == year; d = d.AddDate(0, 0, 1) {
			works, err := c.WorkingDay(d, Hours{})
			if err != nil {
				t.Fatal(err)
			}
			if works != slowDay(d, false) {
				t.Errorf("%s: working day %v", d.Format(time.DateOnly), works)
			}
			if works {
				got++
			}
		}
		if got != want {
			t.Errorf("%d: %d working days, want %d", year, got, want)
		}
	}
}

// slowDue counts minute by minute, day by day.
func slowDue(received time.Time, l Limit, h Hours) time.Time {
	zone := Location()
	working := func(m time.Time) bool {
		clock := time.Duration(m.Hour())*time.Hour + time.Duration(m.Minute())*time.Minute
		return slowDay(m, h.SixDay) && clock >= h.Open && clock < h.Close && (clock < h.LunchFrom || clock >= h.LunchTo)
	}
	m := received.In(zone)
	for !working(m) {
		m = m.Add(time.Minute)
	}
	left := l.N
	switch l.Unit {
	case Hour:
		left *= 60
		fallthrough
	case Minute:
		for ; left > 0; m = m.Add(time.Minute) {
			if working(m) {
				left--
			}
		}
		return m
	}
	day := time.Date(m.Year(), m.Month(), m.Day(), 12, 0, 0, 0, zone)
	for left > 0 {
		day = day.AddDate(0, 0, 1)
		if l.Unit == CalendarDay || slowDay(day, h.SixDay) {
			left--
		}
	}
	for !slowDay(day, h.SixDay) {
		day = day.AddDate(0, 0, 1)
	}
	if l.NotCountingIssue {
		for day = day.AddDate(0, 0, 1); !slowDay(day, h.SixDay); {
			day = day.AddDate(0, 0, 1)
		}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone).Add(h.Close)
}

func TestDueHolds(t *testing.T) {
	c := calendar(t)
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, Location())
	minute := rapid.IntRange(0, 60*24*600)
	all := []Hours{hours(t, usual), hours(t, late), hours(t, centre), hours(t, sixDays)}
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.SampledFrom(all).Draw(t, "hours")
		l := Limit{
			N:                rapid.IntRange(1, 30).Draw(t, "n"),
			Unit:             rapid.SampledFrom([]Unit{Minute, Hour, CalendarDay, WorkingDay}).Draw(t, "unit"),
			NotCountingIssue: rapid.Bool().Draw(t, "issue"),
		}
		if !l.InDays() {
			l.NotCountingIssue = false
		}
		received := first.Add(time.Duration(minute.Draw(t, "received")) * time.Minute)
		later := received.Add(time.Duration(rapid.IntRange(0, 60*24*5).Draw(t, "later")) * time.Minute)
		due, err := c.Due(received, l, h)
		if err != nil {
			t.Fatal(err)
		}
		if want := slowDue(received, l, h); !due.Equal(want) {
			t.Fatalf("due %s, counted slowly %s", due, want)
		}
		if due.Before(received) {
			t.Fatalf("due %s lies before %s", due, received)
		}
		if next, err := c.Due(later, l, h); err != nil || next.Before(due) {
			t.Fatalf("received later, due earlier: %s before %s (%v)", next, due, err)
		}
		start, err := c.Start(received, h)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := c.Start(start, h); err != nil || !again.Equal(start) {
			t.Fatalf("a working moment starts at %s, not at itself %s (%v)", again, start, err)
		}
		if same, err := c.Due(start, l, h); err != nil || !same.Equal(due) {
			t.Fatalf("due from the start %s is not %s (%v)", same, due, err)
		}
	})
}

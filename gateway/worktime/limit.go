package worktime

import (
	"fmt"
	"strconv"
	"strings"
)

// Unit is what a limit counts.
type Unit string

// Units of the regulations. Seconds occur only in what the portal itself must do.
const (
	Second      Unit = "seconds"
	Minute      Unit = "minutes"
	Hour        Unit = "hours"
	CalendarDay Unit = "calendar_days"
	WorkingDay  Unit = "working_days"
)

// Limit is a term as a regulation sets it: a number and what it counts.
type Limit struct {
	N    int
	Unit Unit
	// NotCountingAcceptance records that the regulation says so. Days never count the day of
	// acceptance: a term runs from the day after the event (people.md §2.4).
	NotCountingAcceptance bool
	// NotCountingIssue: the result is handed out on the working day after the last day of the term.
	NotCountingIssue bool
}

// Zero says that no limit is set.
func (l Limit) Zero() bool { return l.N == 0 }

// InDays says that the limit counts days, not time of day.
func (l Limit) InDays() bool { return l.Unit == CalendarDay || l.Unit == WorkingDay }

// String is the form [ParseLimit] reads.
func (l Limit) String() string {
	if l.Zero() {
		return ""
	}
	s := strconv.Itoa(l.N) + " " + string(l.Unit)
	if l.NotCountingAcceptance {
		s += " not_counting_acceptance"
	}
	if l.NotCountingIssue {
		s += " not_counting_issue"
	}
	return s
}

// ParseLimit reads "20 minutes", "1 hours", "10 working_days",
// "3 working_days not_counting_acceptance not_counting_issue". Nothing means no limit.
func ParseLimit(s string) (Limit, error) {
	words := strings.Fields(s)
	if len(words) == 0 {
		return Limit{}, nil
	}
	if len(words) < 2 {
		return Limit{}, fmt.Errorf("limit %q: want a number and a unit, as in \"10 working_days\"", s)
	}
	n, err := strconv.Atoi(words[0])
	if err != nil || n <= 0 || n > maxN {
		return Limit{}, fmt.Errorf("limit %q: %q is not a number from 1 to %d", s, words[0], maxN)
	}
	l := Limit{N: n, Unit: Unit(words[1])}
	if !l.Unit.known() {
		return Limit{}, fmt.Errorf("limit %q: unit %q is none of seconds, minutes, hours, calendar_days, working_days", s, words[1])
	}
	for _, w := range words[2:] {
		switch w {
		case "not_counting_acceptance":
			l.NotCountingAcceptance = true
		case "not_counting_issue":
			l.NotCountingIssue = true
		default:
			return Limit{}, fmt.Errorf("limit %q: %q is not understood", s, w)
		}
	}
	return l, nil
}

// maxN bounds a limit: no regulation goes beyond a year of days, and a day has 1440 minutes.
const maxN = 1440

func (u Unit) known() bool {
	switch u {
	case Second, Minute, Hour, CalendarDay, WorkingDay:
		return true
	}
	return false
}

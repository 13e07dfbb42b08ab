package worktime

import (
	"fmt"
	"time"
)

// maxWalk bounds the search for the next working day; the longest run of days off is far shorter.
const maxWalk = 60

// Start is the next working moment at or after received: what comes after hours, at lunch or on a
// day off counts as received when the provider works again.
func (c *Calendar) Start(received time.Time, h Hours) (time.Time, error) {
	h = h.orDefault()
	t := received.In(c.loc)
	for range maxWalk {
		works, err := c.WorkingDay(t, h)
		if err != nil {
			return time.Time{}, err
		}
		if works {
			if at, ok := c.within(t, h); ok {
				return at, nil
			}
		}
		t = c.at(t, 1, 0)
	}
	return time.Time{}, fmt.Errorf("no working day within %d days of %s", maxWalk, received.In(c.loc).Format(time.DateOnly))
}

// within is the first working moment of t's day at or after t.
func (c *Calendar) within(t time.Time, h Hours) (time.Time, bool) {
	for _, s := range h.spans() {
		if from := c.at(t, 0, s.from); t.Before(from) {
			return from, true
		}
		if t.Before(c.at(t, 0, s.to)) {
			return t, true
		}
	}
	return time.Time{}, false
}

// Due is when the result of an application received then must be there. Minutes and hours run in
// the provider's working hours. A term in days runs from the day after acceptance and ends at the
// provider's closing time; calendar days that end on a day off end on the next working day.
func (c *Calendar) Due(received time.Time, l Limit, h Hours) (time.Time, error) {
	h = h.orDefault()
	if l.N <= 0 || !l.Unit.known() {
		return time.Time{}, fmt.Errorf("a limit of %d %q cannot be counted", l.N, l.Unit)
	}
	start, err := c.Start(received, h)
	if err != nil {
		return time.Time{}, err
	}
	switch l.Unit {
	case Second:
		return c.spend(start, time.Duration(l.N)*time.Second, h)
	case Minute:
		return c.spend(start, time.Duration(l.N)*time.Minute, h)
	case Hour:
		return c.spend(start, time.Duration(l.N)*time.Hour, h)
	case CalendarDay:
		return c.lastDay(c.at(start, l.N, 0), l, h)
	}
	last, err := c.workingDays(start, l.N, h)
	if err != nil {
		return time.Time{}, err
	}
	return c.lastDay(last, l, h)
}

// lastDay closes a term in days: a day off is passed over, and the day of issue follows if it is not counted.
func (c *Calendar) lastDay(day time.Time, l Limit, h Hours) (time.Time, error) {
	day, err := c.onWorkingDay(day, h)
	if err == nil && l.NotCountingIssue {
		day, err = c.workingDays(day, 1, h)
	}
	if err != nil {
		return time.Time{}, err
	}
	return c.at(day, 0, h.Close), nil
}

// workingDays is the n-th working day after the day of t.
func (c *Calendar) workingDays(t time.Time, n int, h Hours) (time.Time, error) {
	var err error
	for range n {
		if t, err = c.onWorkingDay(c.at(t, 1, 0), h); err != nil {
			return time.Time{}, err
		}
	}
	return t, nil
}

// onWorkingDay is the day of t if it is worked, else the next one that is.
func (c *Calendar) onWorkingDay(t time.Time, h Hours) (time.Time, error) {
	for range maxWalk {
		works, err := c.WorkingDay(t, h)
		if err != nil {
			return time.Time{}, err
		}
		if works {
			return t, nil
		}
		t = c.at(t, 1, 0)
	}
	return time.Time{}, fmt.Errorf("no working day within %d days of %s", maxWalk, t.Format(time.DateOnly))
}

// spend lets working time d pass from start, which lies in working time.
func (c *Calendar) spend(start time.Time, d time.Duration, h Hours) (time.Time, error) {
	t := start
	for {
		for _, s := range h.spans() {
			from, to := c.at(t, 0, s.from), c.at(t, 0, s.to)
			if from.Before(t) {
				from = t
			}
			left := to.Sub(from)
			if left <= 0 {
				continue
			}
			if d <= left {
				return from.Add(d), nil
			}
			d -= left
		}
		next, err := c.onWorkingDay(c.at(t, 1, 0), h)
		if err != nil {
			return time.Time{}, err
		}
		t = next
	}
}

// at is the moment of the clock on the day of t, days later.
func (c *Calendar) at(t time.Time, days int, clock time.Duration) time.Time {
	y, m, d := t.In(c.loc).Date()
	return time.Date(y, m, d+days, 0, 0, int(clock/time.Second), 0, c.loc)
}

package worktime

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Hours are when a provider works: opening, closing, lunch, and five or six days a week.
// The zero value is [DefaultHours].
type Hours struct {
	Open, Close        time.Duration // since midnight
	LunchFrom, LunchTo time.Duration // equal: no lunch break
	SixDay             bool          // Monday to Saturday
}

// DefaultHours are Monday to Friday, 9:00 to 18:00, lunch 13:00 to 14:00: eight hours a day,
// the forty a week of Labour Code art. 68.
func DefaultHours() Hours {
	return Hours{Open: 9 * time.Hour, Close: 18 * time.Hour, LunchFrom: 13 * time.Hour, LunchTo: 14 * time.Hour}
}

// ParseHours reads "Mon-Fri 09:00-18:00 lunch 13:00-14:00"; days (Mon-Fri or Mon-Sat) and
// lunch may be left out. Nothing at all means [DefaultHours].
func ParseHours(s string) (Hours, error) {
	words := strings.Fields(s)
	if len(words) == 0 {
		return DefaultHours(), nil
	}
	var h Hours
	switch words[0] {
	case "Mon-Fri":
		words = words[1:]
	case "Mon-Sat":
		h.SixDay, words = true, words[1:]
	}
	var err error
	if len(words) == 0 {
		return Hours{}, fmt.Errorf("hours %q: opening and closing time are missing", s)
	}
	if h.Open, h.Close, err = parseSpan(words[0]); err != nil {
		return Hours{}, fmt.Errorf("hours %q: %w", s, err)
	}
	switch {
	case len(words) == 1:
		return h, nil
	case len(words) != 3 || words[1] != "lunch":
		return Hours{}, fmt.Errorf("hours %q: want \"Mon-Fri 09:00-18:00 lunch 13:00-14:00\"", s)
	}
	if h.LunchFrom, h.LunchTo, err = parseSpan(words[2]); err != nil {
		return Hours{}, fmt.Errorf("hours %q: %w", s, err)
	}
	if h.LunchFrom <= h.Open || h.LunchTo >= h.Close {
		return Hours{}, fmt.Errorf("hours %q: lunch is not within the working day", s)
	}
	return h, nil
}

func parseSpan(s string) (from, to time.Duration, err error) {
	a, b, ok := strings.Cut(s, "-")
	if !ok {
		return 0, 0, fmt.Errorf("%q is not a span like 09:00-18:00", s)
	}
	if from, err = parseClock(a); err != nil {
		return 0, 0, err
	}
	if to, err = parseClock(b); err != nil {
		return 0, 0, err
	}
	if from >= to {
		return 0, 0, fmt.Errorf("%q ends before it begins", s)
	}
	return from, to, nil
}

func parseClock(s string) (time.Duration, error) {
	hour, minute, ok := strings.Cut(s, ":")
	h, errH := strconv.Atoi(hour)
	m, errM := strconv.Atoi(minute)
	if !ok || errH != nil || errM != nil || h < 0 || h > 24 || m < 0 || m > 59 || h == 24 && m > 0 {
		return 0, fmt.Errorf("%q is not a time of day", s)
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, nil
}

// String writes the form [ParseHours] reads.
func (h Hours) String() string {
	h = h.orDefault()
	days := "Mon-Fri"
	if h.SixDay {
		days = "Mon-Sat"
	}
	s := days + " " + clock(h.Open) + "-" + clock(h.Close)
	if h.LunchTo > h.LunchFrom {
		s += " lunch " + clock(h.LunchFrom) + "-" + clock(h.LunchTo)
	}
	return s
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

func (h Hours) orDefault() Hours {
	if h.Close == 0 {
		return DefaultHours()
	}
	return h
}

// span is a piece of working time within one day.
type span struct{ from, to time.Duration }

// spans are the working times of a day: one, or two around lunch.
func (h Hours) spans() []span {
	if h.LunchTo > h.LunchFrom {
		return []span{{h.Open, h.LunchFrom}, {h.LunchTo, h.Close}}
	}
	return []span{{h.Open, h.Close}}
}

package worktime

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kinds of days a yearly table names.
const (
	Holiday = "holiday" // a national or state holiday
	DayOff  = "day_off" // a day off that is never moved: 7 January, the first day of Kurban-ait
	Moved   = "moved"   // the working day after a holiday that fell on a weekend
	Working = "working" // a weekend day that is worked by decree
)

// Day is one line of a yearly table.
type Day struct {
	Date   time.Time // midnight UTC
	Kind   string
	Weeks  string // "five": the line holds only for the five-day week; empty: for both
	KK, RU string
	Source string
}

// Calendar knows the days off of the years it has tables for.
type Calendar struct {
	loc   *time.Location
	years map[int]table
}

// civil is a date without a clock.
type civil struct {
	year  int
	month time.Month
	day   int
}

func civilOf(t time.Time) civil {
	y, m, d := t.Date()
	return civil{y, m, d}
}

// Load reads calendar/*.yaml of fsys, one table a year.
func Load(fsys fs.FS) (*Calendar, error) {
	names, err := fs.Glob(fsys, "calendar/*.yaml")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("calendar: there is no table: add files like %s", fileOf(2026))
	}
	c := &Calendar{loc: Location(), years: map[int]table{}}
	for _, name := range names {
		t, err := readTable(fsys, name)
		if err != nil {
			return nil, err
		}
		c.years[t.year] = t
	}
	return c, nil
}

// Years lists the years there are tables for.
func (c *Calendar) Years() []int { return slices.Sorted(maps.Keys(c.years)) }

// Confirmed says whether the year's table was held against the official calendar.
func (c *Calendar) Confirmed(year int) bool { return c.years[year].confirmed }

// Days lists the lines of one year in order.
func (c *Calendar) Days(year int) []Day {
	return slices.SortedFunc(maps.Values(c.years[year].days), func(a, b Day) int { return a.Date.Compare(b.Date) })
}

// Location is where days begin and end.
func (c *Calendar) Location() *time.Location { return c.loc }

// MissingYearError says that a date lies in a year without a table.
type MissingYearError struct{ Year int }

func (e *MissingYearError) Error() string {
	return fmt.Sprintf("there is no calendar of %d: add %s", e.Year, fileOf(e.Year))
}

func fileOf(year int) string { return "schemas/calendar/" + strconv.Itoa(year) + ".yaml" }

// WorkingDay says whether a provider with hours h works on the day of d.
func (c *Calendar) WorkingDay(d time.Time, h Hours) (bool, error) {
	d = d.In(c.loc)
	year, ok := c.years[d.Year()]
	if !ok {
		return false, &MissingYearError{Year: d.Year()}
	}
	day, named := year.days[civilOf(d)]
	if named && day.Weeks == weeksFive && h.SixDay {
		named = false
	}
	if named {
		return day.Kind == Working, nil
	}
	switch d.Weekday() {
	case time.Sunday:
		return false, nil
	case time.Saturday:
		return h.SixDay, nil
	}
	return true, nil
}

const weeksFive = "five"

// yearOf reads the year from "calendar/2026.yaml".
func yearOf(name string) (int, error) {
	year, err := strconv.Atoi(strings.TrimSuffix(path.Base(name), ".yaml"))
	if err != nil || year < 1991 || year > 2200 {
		return 0, fmt.Errorf("%s: the file of a calendar is named by its year, as 2026.yaml", name)
	}
	return year, nil
}

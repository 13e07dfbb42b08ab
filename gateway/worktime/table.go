package worktime

import (
	"bytes"
	"fmt"
	"io/fs"
	"time"

	"go.yaml.in/yaml/v3"
)

// table is one year.
type table struct {
	year      int
	confirmed bool
	days      map[civil]Day
}

type tableFile struct {
	Year   int       `yaml:"year"`
	Source []string  `yaml:"source"`
	Status string    `yaml:"status"`
	Days   []dayLine `yaml:"days"`
}

type dayLine struct {
	line                              int
	Date, Kind, Weeks, KK, RU, Source string
}

// UnmarshalYAML keeps the line, so that a mistake can be pointed at.
func (d *dayLine) UnmarshalYAML(n *yaml.Node) error {
	d.line = n.Line
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1].Value
		switch key {
		case "date":
			d.Date = value
		case "kind":
			d.Kind = value
		case "weeks":
			d.Weeks = value
		case "kk":
			d.KK = value
		case "ru":
			d.RU = value
		case "source":
			d.Source = value
		default:
			return fmt.Errorf("line %d: a day has no %q", n.Content[i].Line, key)
		}
	}
	return nil
}

// readTable reads one year. Its errors begin with file:line.
func readTable(fsys fs.FS, name string) (table, error) {
	year, err := yearOf(name)
	if err != nil {
		return table{}, err
	}
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return table{}, err
	}
	var f tableFile
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return table{}, fmt.Errorf("%s: %w", name, err)
	}
	if f.Year != year {
		return table{}, fmt.Errorf("%s:1: the table says year %d", name, f.Year)
	}
	if f.Status != "confirmed" && f.Status != "computed" {
		return table{}, fmt.Errorf("%s:1: status %q is neither confirmed nor computed", name, f.Status)
	}
	t := table{year: year, confirmed: f.Status == "confirmed", days: map[civil]Day{}}
	for _, line := range f.Days {
		d, err := line.day(year)
		if err != nil {
			return table{}, fmt.Errorf("%s:%d: %w", name, line.line, err)
		}
		if _, twice := t.days[civilOf(d.Date)]; twice {
			return table{}, fmt.Errorf("%s:%d: %s is there twice", name, line.line, line.Date)
		}
		t.days[civilOf(d.Date)] = d
	}
	return t, nil
}

func (l dayLine) day(year int) (Day, error) {
	date, err := time.Parse(time.DateOnly, l.Date)
	if err != nil {
		return Day{}, fmt.Errorf("%q is not a date like 2026-01-31", l.Date)
	}
	if date.Year() != year {
		return Day{}, fmt.Errorf("%s is not in %d", l.Date, year)
	}
	if l.Weeks != "" && l.Weeks != weeksFive {
		return Day{}, fmt.Errorf("weeks %q: say five, or leave it out", l.Weeks)
	}
	if l.KK == "" || l.RU == "" {
		return Day{}, fmt.Errorf("%s lacks its name in kk or ru", l.Date)
	}
	weekend := date.Weekday() == time.Saturday || date.Weekday() == time.Sunday
	switch l.Kind {
	case Holiday, DayOff:
	case Moved:
		if weekend {
			return Day{}, fmt.Errorf("%s is a %s: a holiday is moved to a working day", l.Date, date.Weekday())
		}
	case Working:
		if !weekend {
			return Day{}, fmt.Errorf("%s is a %s: only a weekend day is made a working day", l.Date, date.Weekday())
		}
	default:
		return Day{}, fmt.Errorf("kind %q is none of holiday, day_off, moved, working", l.Kind)
	}
	return Day{Date: date, Kind: l.Kind, Weeks: l.Weeks, KK: l.KK, RU: l.RU, Source: l.Source}, nil
}

package worktime

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestParseHours(t *testing.T) {
	tests := []struct{ name, in, want, err string }{
		{"nothing is the default", "", "Mon-Fri 09:00-18:00 lunch 13:00-14:00", ""},
		{"days left out", "08:30-18:00 lunch 12:30-14:00", "Mon-Fri 08:30-18:00 lunch 12:30-14:00", ""},
		{"six days without lunch", "Mon-Sat 09:00-20:00", "Mon-Sat 09:00-20:00", ""},
		{"round the clock", "Mon-Sat 00:00-24:00", "Mon-Sat 00:00-24:00", ""},
		{"days alone", "Mon-Fri", "", "missing"},
		{"ends before it begins", "18:00-09:00", "", "ends before"},
		{"no time of day", "9-18", "", "not a time of day"},
		{"no span", "09:00", "", "not a span"},
		{"minute 60", "09:60-18:00", "", "not a time of day"},
		{"lunch outside", "09:00-12:00 lunch 13:00-14:00", "", "not within"},
		{"other words", "09:00-18:00 break 13:00-14:00", "", "want"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := ParseHours(tt.in)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || h.String() != tt.want {
				t.Errorf("got %s, %v; want %s", h, err, tt.want)
			}
		})
	}
}

func TestParseLimit(t *testing.T) {
	good := []string{"", "20 minutes", "1 hours", "20 seconds", "10 calendar_days", "9 working_days",
		"3 working_days not_counting_acceptance not_counting_issue"}
	for _, s := range good {
		if l, err := ParseLimit(s); err != nil || l.String() != s {
			t.Errorf("%q: got %q, %v", s, l, err)
		}
	}
	for _, s := range []string{"20", "x minutes", "0 minutes", "-1 hours", "2000 minutes", "1 weeks", "1 hours soon"} {
		if l, err := ParseLimit(s); err == nil {
			t.Errorf("%q was read as %+v", s, l)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("Mon-Fri 09:00-18:00 lunch 13:00-14:00")
	f.Add("3 working_days not_counting_issue")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := ParseHours(s); err == nil {
			if again, err := ParseHours(h.String()); err != nil || again != h {
				t.Errorf("%q: %s is read back as %s (%v)", s, h, again, err)
			}
		}
		if l, err := ParseLimit(s); err == nil && !l.Zero() {
			if again, err := ParseLimit(l.String()); err != nil || again != l {
				t.Errorf("%q: %s is read back as %s (%v)", s, l, again, err)
			}
		}
	})
}

func TestMistakesInATable(t *testing.T) {
	const head = "year: 2026\nstatus: confirmed\ndays:\n"
	tests := []struct{ name, file, yaml, want string }{
		{"no table at all", "other.yaml", "", "there is no table"},
		{"file without a year", "calendar/next.yaml", head, "named by its year"},
		{"another year", "calendar/2027.yaml", head, "calendar/2027.yaml:1"},
		{"status", "calendar/2026.yaml", strings.Replace(head, "confirmed", "sure", 1), "neither confirmed nor computed"},
		{"day of another year", "calendar/2026.yaml", head + "  - {date: \"2025-12-31\", kind: holiday, kk: а, ru: б}\n", "calendar/2026.yaml:4: 2025-12-31 is not in 2026"},
		{"no date", "calendar/2026.yaml", head + "  - {date: 31.12, kind: holiday, kk: а, ru: б}\n", "not a date"},
		{"twice", "calendar/2026.yaml", head + "  - {date: \"2026-12-16\", kind: holiday, kk: а, ru: б}\n  - {date: \"2026-12-16\", kind: day_off, kk: а, ru: б}\n", ":5: 2026-12-16 is there twice"},
		{"kind", "calendar/2026.yaml", head + "  - {date: \"2026-12-16\", kind: feast, kk: а, ru: б}\n", "none of holiday"},
		{"moved to Sunday", "calendar/2026.yaml", head + "  - {date: \"2026-12-20\", kind: moved, kk: а, ru: б}\n", "Sunday"},
		{"Monday made working", "calendar/2026.yaml", head + "  - {date: \"2026-12-21\", kind: working, kk: а, ru: б}\n", "weekend"},
		{"no Russian name", "calendar/2026.yaml", head + "  - {date: \"2026-12-16\", kind: holiday, kk: а}\n", "kk or ru"},
		{"field nobody knows", "calendar/2026.yaml", head + "  - {date: \"2026-12-16\", knd: holiday, kk: а, ru: б}\n", "line 4"},
		{"weeks", "calendar/2026.yaml", head + "  - {date: \"2026-12-16\", kind: holiday, weeks: six, kk: а, ru: б}\n", "say five"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{tt.file: {Data: []byte(tt.yaml)}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCalendarTellsWhatItKnows(t *testing.T) {
	c := calendar(t)
	if got := c.Years(); len(got) < 2 || got[0] != 2026 || !c.Confirmed(2026) || c.Confirmed(2027) {
		t.Errorf("years %v", got)
	}
	days := c.Days(2026)
	for i := 1; i < len(days); i++ {
		if !days[i-1].Date.Before(days[i].Date) {
			t.Errorf("%s is not in order", days[i].Date.Format(time.DateOnly))
		}
	}
}

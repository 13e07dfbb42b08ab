package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"time"

	"kopir/gateway/routing"
	"kopir/gateway/worktime"
	"kopir/schemas"
)

// Check reads all data of fsys as it holds today; see [CheckAt].
func Check(fsys fs.FS) []Problem { return CheckAt(fsys, time.Now()) }

// CheckAt reads all data of fsys, services, providers, calendars, codes and texts, and tells every
// mistake, and every gap there is on that day.
func CheckAt(fsys fs.FS, on time.Time) []Problem {
	c, problems := load(fsys)
	list := []Problem(problems)
	if c != nil {
		list = append(list, c.gaps()...)
		list = append(list, routing.Check(fsys, c.needed(), on)...)
		list = append(list, c.prove(fsys)...)
	}
	list = append(list, checkCalendar(fsys, on)...)
	list = append(list, checkTexts(fsys)...)
	// Mistakes first: they have to be mended before a gap is worth a look.
	slices.SortStableFunc(list, func(a, b Problem) int { return rank(a) - rank(b) })
	return list
}

func rank(p Problem) int {
	if p.Gap {
		return 1
	}
	return 0
}

// gaps are what the services' files say the operator has to supply or confirm.
func (c *Catalogue) gaps() []Problem {
	var list []Problem
	for _, s := range c.Services() {
		file := "services/" + wantedName(s.Key) + ".yaml"
		for _, g := range s.Gaps {
			list = append(list, Problem{File: file, Text: g, Gap: true})
		}
		if s.SHEP.Ours {
			list = append(list, Problem{File: file, Gap: true, Text: fmt.Sprintf(
				"serviceId %v and routeId %v are Kopir's own; write the registered ones and set ours: false", s.SHEP.ServiceIDs, s.SHEP.Routes)})
		}
	}
	return list
}

// needed are the kinds of providers every region must have.
func (c *Catalogue) needed() map[string][]string {
	needed := map[string][]string{}
	for _, s := range c.Services() {
		for _, region := range s.Regions {
			for _, kind := range s.ProviderKinds {
				if !slices.Contains(needed[region], kind) {
					needed[region] = append(needed[region], kind)
				}
			}
		}
	}
	return needed
}

// calendarNotice is how long before a year begins its calendar is asked for.
const calendarNotice = 92 * 24 * time.Hour

func checkCalendar(fsys fs.FS, on time.Time) []Problem {
	c, err := worktime.Load(fsys)
	if err != nil {
		return []Problem{placed("calendar", err)}
	}
	var list []Problem
	for _, year := range []int{on.In(c.Location()).Year(), on.Add(calendarNotice).In(c.Location()).Year()} {
		file := "calendar/" + strconv.Itoa(year) + ".yaml"
		known := slices.Contains(c.Years(), year)
		switch p := (Problem{File: file, Gap: true}); {
		case slices.ContainsFunc(list, func(o Problem) bool { return o.File == file }):
		case !known:
			p.Text = "the calendar is missing; due dates in it cannot be computed"
			list = append(list, p)
		case !c.Confirmed(year):
			p.Text = "the days off are computed from the law; confirm them by the official calendar and set status: confirmed"
			list = append(list, p)
		}
	}
	return list
}

// checkTexts reads codes and texts where the folder has them; an operator's folder need not.
func checkTexts(fsys fs.FS) []Problem {
	var list []Problem
	if _, err := schemas.ReadCodes(fsys); err != nil && !errors.Is(err, fs.ErrNotExist) {
		list = append(list, placed("codes.yaml", err))
	}
	if _, err := schemas.ReadTexts(fsys); err != nil && !errors.Is(err, fs.ErrNotExist) {
		list = append(list, placed("texts", err))
	}
	return list
}

// placeOf finds file and line at the head of an error: "calendar/2026.yaml:12: …", "codes.yaml: yaml: line 3: …".
var placeOf = regexp.MustCompile(`(?s)^([\w./-]+):(?:(\d+):|.*?line (\d+):)?\s*(.*)$`)

func placed(file string, err error) Problem {
	m := placeOf.FindStringSubmatch(err.Error())
	if m == nil {
		return Problem{File: file, Text: err.Error()}
	}
	line, _ := strconv.Atoi(m[2] + m[3])
	return Problem{File: m[1], Line: line, Text: m[4]}
}

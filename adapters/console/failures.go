package console

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"kopir/gateway"
)

// failures are the verdicts that did not pass, by reason and over time.
type failures struct {
	Total, Before int // in the period, and in the one before it
	Highest       int // the highest bar
	Reasons       []reasonRow
	Series        []series // what the bars are made of, bottom first
	Columns       []column
	Ticks         []int // marks of the scale, from the top down
	Width, Height int   // of the drawing, in its own units
	Lines         []int // where the marks lie, from the top down
}

// reasonRow is one reason with its number, now and in the period before.
type reasonRow struct {
	Code          gateway.Code
	Title         string
	Text          string // the operator's text
	Count, Before int
	Percent       int
	Series        int // which colour; shared by all reasons beyond the first few
	Href          string
}

// series is one colour of the chart.
type series struct {
	Index int
	Title string
}

// column is one step of time.
type column struct {
	From  time.Time
	Label string
	Mark  bool // the label is shown under the bar
	Href  string
	Total int
	Cells []int // by series
	Bars  []bar
	X     int
}

// bar is one piece of a column.
type bar struct{ X, Y, W, H, Series int }

// colours is how many reasons get a colour of their own; the rest share the last.
const colours = 7

// The drawing's units: it is stretched to the page, so they only set proportions.
const (
	columnWidth = 100
	barWidth    = 72
	chartHeight = 1000
	scaleMarks  = 5 // at most
)

// failures counts by reason over the period and the one before it.
func (c *Console) failures(ctx context.Context, v visit, p period) (*failures, error) {
	from := firstStep(v.now, p)
	before := from.Add(-p.length())
	counts, err := c.cfg.Ledger.Failures(ctx, before, v.now, min(p.step, time.Hour))
	if err != nil {
		return nil, err
	}
	f := &failures{Columns: make([]column, p.bars)}
	f.Reasons = c.reasons(counts, from, v, before)
	for _, r := range f.Reasons {
		f.Total += r.Count
		f.Before += r.Before
	}
	f.Series = c.series(f.Reasons, v.lang)
	f.spread(counts, from, p)
	c.label(f, from, p, v.lang)
	f.draw()
	return f, nil
}

// firstStep is where the chart begins: its last bar is the step that runs now.
func firstStep(now time.Time, p period) time.Time {
	_, offset := now.In(gateway.Almaty).Zone()
	shift := time.Duration(offset) * time.Second
	step := now.Add(shift).Truncate(p.step).Add(-shift)
	return step.Add(-p.step * time.Duration(p.bars-1))
}

// reasons sums up by code, the most frequent first.
func (c *Console) reasons(counts []gateway.FailureCount, from time.Time, v visit, earliest time.Time) []reasonRow {
	byCode := map[gateway.Code]*reasonRow{}
	total := 0
	for _, n := range counts {
		if n.At.Before(earliest) {
			continue
		}
		row := byCode[n.Code]
		if row == nil {
			row = &reasonRow{Code: n.Code, Title: c.codeTitle(v.lang, n.Code), Text: c.operatorText(v.lang, n.Code)}
			q := url.Values{"code": {string(n.Code)}, "only_failed": {"1"}, "from": {from.UTC().Format(time.RFC3339)}}
			row.Href = Base + "/verdicts?" + q.Encode()
			byCode[n.Code] = row
		}
		if n.At.Before(from) {
			row.Before += n.Count
			continue
		}
		row.Count += n.Count
		total += n.Count
	}
	rows := make([]reasonRow, 0, len(byCode))
	for _, row := range byCode {
		row.Percent = percent(row.Count, total)
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b reasonRow) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.Before, a.Before), cmp.Compare(a.Code, b.Code))
	})
	for i := range rows {
		rows[i].Series = min(i, colours)
	}
	return rows
}

func percent(part, whole int) int {
	if whole == 0 {
		return 0
	}
	return (part*100 + whole/2) / whole
}

// series names the colours that occur in the period.
func (c *Console) series(rows []reasonRow, lang string) []series {
	var list []series
	for _, r := range rows {
		switch {
		case r.Count == 0:
		case r.Series < colours:
			list = append(list, series{r.Series, r.Title})
		case len(list) == colours:
			list = append(list, series{colours, c.texts.get(lang, "board.chart.other")})
		}
	}
	return list
}

// spread puts the counts into the columns.
func (f *failures) spread(counts []gateway.FailureCount, from time.Time, p period) {
	colour := map[gateway.Code]int{}
	for _, r := range f.Reasons {
		colour[r.Code] = r.Series
	}
	for i := range f.Columns {
		f.Columns[i].Cells = make([]int, len(f.Series))
		f.Columns[i].From = from.Add(p.step * time.Duration(i))
	}
	for _, n := range counts {
		if n.At.Before(from) || n.Count <= 0 {
			continue
		}
		i := min(int(n.At.Sub(from)/p.step), p.bars-1)
		f.Columns[i].Cells[min(colour[n.Code], len(f.Series)-1)] += n.Count
		f.Columns[i].Total += n.Count
		f.Highest = max(f.Highest, f.Columns[i].Total)
	}
}

// label names the columns. On a narrow page only every third name fits.
func (c *Console) label(f *failures, from time.Time, p period, lang string) {
	const every = 3
	for i := range f.Columns {
		col := &f.Columns[i]
		at := col.From.In(gateway.Almaty)
		col.Label, col.Mark = at.Format("15:04"), i%every == 0
		if p.step >= 24*time.Hour {
			col.Label = c.texts.get(lang, "weekday."+string(rune('0'+int(at.Weekday())))) + nbsp + at.Format("02.01")
			col.Mark = true
		}
		q := url.Values{"only_failed": {"1"}, "from": {col.From.UTC().Format(time.RFC3339)},
			"to": {col.From.Add(p.step).UTC().Format(time.RFC3339)}}
		col.Href = Base + "/verdicts?" + q.Encode()
	}
}

// draw computes the bars in the drawing's units.
func (f *failures) draw() {
	step := scaleStep(f.Highest)
	marks := max((f.Highest+step-1)/step, 1)
	top := step * marks
	f.Width, f.Height = columnWidth*len(f.Columns), chartHeight
	for i := marks; i >= 0; i-- {
		f.Ticks = append(f.Ticks, i*step)
		f.Lines = append(f.Lines, chartHeight-chartHeight*i/marks)
	}
	for i := range f.Columns {
		col := &f.Columns[i]
		col.X = i * columnWidth
		sum := 0
		for s, n := range col.Cells {
			if n == 0 {
				continue
			}
			low := chartHeight - chartHeight*sum/top
			sum += n
			high := chartHeight - chartHeight*sum/top
			col.Bars = append(col.Bars, bar{X: col.X + (columnWidth-barWidth)/2, Y: high, W: barWidth,
				H: low - high, Series: f.Series[s].Index})
		}
	}
}

// scaleStep is the distance between two marks: 1, 2 or 5 times a power of ten.
func scaleStep(highest int) int {
	for power := 1; ; power *= 10 {
		for _, n := range []int{1, 2, 5} {
			if n*power*scaleMarks >= highest {
				return n * power
			}
		}
	}
}

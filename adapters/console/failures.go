package console

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// failures are the verdicts that did not pass, by reason and over time. What is undecided is no
// refusal: it has a list, a colour and numbers of its own.
type failures struct {
	Total, Before int // refusals in the period, and in the one before it
	Undecided     int // in the period
	Highest       int // the highest bar
	Reasons       []reasonRow
	Open          []reasonRow // why it is undecided
	Series        []series    // what the bars are made of, bottom first
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
	Total int   // refusals
	Cells []int // by series
	Open  int   // undecided
	Bars  []bar
	X     int
}

// bar is one piece of a column.
type bar struct{ X, Y, W, H, Series int }

// colours is how many reasons get a colour of their own; the rest share the last.
const colours = 7

// undecidedColour is the one no refusal has.
const undecidedColour = colours + 1

// undecided says whether a code stands for a check without an answer. Counts carry no outcome, but
// the code tells it: a status that nobody knows parks an application and never refuses it
// (DESIGN §3 rule 5), and a check that was not reached has no code.
func undecided(code gateway.Code) bool { return code == "" || code == reason.RevocationUnknown }

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
	refused, open := split(counts)
	f.Reasons = c.reasons(refused, from, v, before)
	for _, r := range f.Reasons {
		f.Total += r.Count
		f.Before += r.Before
	}
	f.Open = c.reasons(open, from, v, before)
	for i := range f.Open {
		f.Undecided += f.Open[i].Count
		f.Open[i].Series = undecidedColour
	}
	f.Series = c.series(f.Reasons, v.lang)
	f.spread(refused, open, from, p)
	c.label(f, from, p, v.lang)
	f.draw()
	return f, nil
}

// split parts the refusals from what is undecided.
func split(counts []gateway.FailureCount) (refused, open []gateway.FailureCount) {
	for _, n := range counts {
		if undecided(n.Code) {
			open = append(open, n)
		} else {
			refused = append(refused, n)
		}
	}
	return refused, open
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
func (f *failures) spread(refused, open []gateway.FailureCount, from time.Time, p period) {
	colour := map[gateway.Code]int{}
	for _, r := range f.Reasons {
		colour[r.Code] = r.Series
	}
	for i := range f.Columns {
		f.Columns[i].Cells = make([]int, len(f.Series))
		f.Columns[i].From = from.Add(p.step * time.Duration(i))
	}
	each := func(counts []gateway.FailureCount, put func(*column, gateway.FailureCount)) {
		for _, n := range counts {
			if n.At.Before(from) || n.Count <= 0 {
				continue
			}
			col := &f.Columns[min(int(n.At.Sub(from)/p.step), p.bars-1)]
			put(col, n)
			f.Highest = max(f.Highest, col.Total+col.Open)
		}
	}
	each(refused, func(col *column, n gateway.FailureCount) {
		col.Cells[min(colour[n.Code], len(f.Series)-1)] += n.Count
		col.Total += n.Count
	})
	each(open, func(col *column, n gateway.FailureCount) { col.Open += n.Count })
}

// narrowLabels is how many names of columns fit on a telephone: 390 px leave about 300 for them.
const narrowLabels = 4

// label names the columns. On a narrow page only those with a mark are shown.
func (c *Console) label(f *failures, from time.Time, p period, lang string) {
	every := (p.bars + narrowLabels - 1) / narrowLabels
	for i := range f.Columns {
		col := &f.Columns[i]
		at := col.From.In(gateway.Almaty)
		col.Label, col.Mark = at.Format("15:04"), i%every == 0
		if p.step >= 24*time.Hour {
			col.Label = c.texts.get(lang, "weekday."+string(rune('0'+int(at.Weekday())))) + nbsp + at.Format("02.01")
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
		stand := func(n, colour int) {
			if n == 0 {
				return
			}
			low := chartHeight - chartHeight*sum/top
			sum += n
			high := chartHeight - chartHeight*sum/top
			col.Bars = append(col.Bars, bar{X: col.X + (columnWidth-barWidth)/2, Y: high, W: barWidth, H: low - high, Series: colour})
		}
		for s, n := range col.Cells {
			stand(n, f.Series[s].Index)
		}
		stand(col.Open, undecidedColour)
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

package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

func boardOf(t *testing.T, l *fakeLedger, key string) *failures {
	t.Helper()
	f, err := newConsole(l).failures(t.Context(), visit{lang: "en", now: now}, periodOf(key))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryFailureIsInOneBar(t *testing.T) {
	for _, p := range periods {
		t.Run(p.Key, func(t *testing.T) {
			f := boardOf(t, sample(), p.Key)
			if len(f.Columns) != p.bars {
				t.Fatalf("%d columns, want %d", len(f.Columns), p.bars)
			}
			sum, byReason := 0, 0
			for _, col := range f.Columns {
				cells := 0
				for _, n := range col.Cells {
					cells += n
				}
				if cells != col.Total {
					t.Errorf("column %s: cells give %d, total %d", col.Label, cells, col.Total)
				}
				sum += col.Total
			}
			for _, r := range f.Reasons {
				byReason += r.Count
			}
			if sum != f.Total || byReason != f.Total || f.Total == 0 {
				t.Errorf("columns give %d, reasons %d, total %d", sum, byReason, f.Total)
			}
		})
	}
}

func TestBarsStandOnEachOtherAndFit(t *testing.T) {
	f := boardOf(t, sample(), "day")
	top := f.Ticks[0]
	for _, col := range f.Columns {
		low, height := chartHeight, 0
		for _, b := range col.Bars {
			if b.Y+b.H != low || b.H < 0 || b.Y < 0 {
				t.Fatalf("column %s: bar %+v does not stand on %d", col.Label, b, low)
			}
			low, height = b.Y, height+b.H
		}
		if want := chartHeight * (col.Total + col.Open) / top; height < want-1 || height > want+1 {
			t.Errorf("column %s: height %d, want %d", col.Label, height, want)
		}
	}
}

func TestBarsBeginAtFullHoursAndAtMidnightOfAlmaty(t *testing.T) {
	for key, want := range map[string]string{"hour": "10:25", "day": "12:00", "week": "00:00"} {
		f := boardOf(t, sample(), key)
		if got := f.Columns[0].From.In(gateway.Almaty).Format("15:04"); got != want {
			t.Errorf("%s begins at %s, want %s", key, got, want)
		}
		last := f.Columns[len(f.Columns)-1]
		if now.Before(last.From) || !now.Before(last.From.Add(periodOf(key).step)) {
			t.Errorf("%s: now is not in the last bar", key)
		}
	}
	late := time.Date(2026, 11, 23, 0, 30, 0, 0, gateway.Almaty) // the day before, by UTC
	if got := firstStep(late, periodOf("week")).In(gateway.Almaty).Format("02.01 15:04"); got != "17.11 00:00" {
		t.Errorf("the week begins at %s", got)
	}
}

func TestRareReasonsShareAColour(t *testing.T) {
	l := sample()
	l.failures = nil
	for i, code := range gateway.Codes()[:12] {
		l.failures = append(l.failures, gateway.FailureCount{At: now.Add(-time.Minute), Code: code, Count: 100 - i})
	}
	f := boardOf(t, l, "day")
	if len(f.Series) != colours+1 || f.Series[colours].Title != "Other reasons" {
		t.Fatalf("series %+v", f.Series)
	}
	if got := f.Columns[23].Cells[colours]; got != 93+92+91+90+89 {
		t.Errorf("the others are %d", got)
	}
}

func TestWhatIsUndecidedIsNoRefusal(t *testing.T) {
	l := sample()
	l.failures = []gateway.FailureCount{{At: now.Add(-time.Minute), Code: reason.RevocationUnknown, Count: 3}, {At: now.Add(-time.Minute), Code: "", Count: 1}}
	f := boardOf(t, l, "day")
	if f.Total != 0 || len(f.Reasons) != 0 || f.Undecided != 4 || f.Columns[23].Open != 4 || f.Columns[23].Total != 0 {
		t.Errorf("%+v", f)
	}
	if bars := f.Columns[23].Bars; len(bars) != 1 || bars[0].Series != undecidedColour {
		t.Errorf("bars %+v", bars)
	}
	w := get(t, newConsole(l), "/console?lang=ru", http.StatusOK)
	wantIn(t, w, "Отказы за последние 24 часа</dt>\n<dd>0</dd>", "не определено: 4", "Пока не определено (не отказ)", "За этот период отказов не было.")
	wantNotIn(t, w, "tile bad")
}

func TestATelephoneHasRoomForTheLabels(t *testing.T) {
	for _, p := range periods {
		marks := 0
		for _, col := range boardOf(t, sample(), p.Key).Columns {
			if col.Mark {
				marks++
			}
		}
		if marks < 2 || marks > narrowLabels {
			t.Errorf("%s: %d labels", p.Key, marks)
		}
	}
}

func TestStrangeCountsDoNoHarm(t *testing.T) {
	l := sample()
	l.failures = []gateway.FailureCount{{At: now.Add(-time.Minute), Code: reason.KeyWeak, Count: 0}, {At: now.Add(-time.Minute), Code: "future_code", Count: 2},
		{At: now.Add(-30 * time.Hour), Code: reason.KeyWeak, Count: 5}}
	f := boardOf(t, l, "day")
	if f.Total != 2 || f.Before != 5 || f.Reasons[0].Title != "future code" {
		t.Errorf("%+v", f)
	}
}

func TestScaleFits(t *testing.T) {
	for highest := range 5000 {
		step := scaleStep(highest)
		if step*scaleMarks < highest || step < 1 {
			t.Fatalf("%d: step %d", highest, step)
		}
		if highest > scaleMarks && step*scaleMarks > highest*3 {
			t.Fatalf("%d: step %d wastes the chart", highest, step)
		}
	}
}

func TestBoardShowsWhatWaits(t *testing.T) {
	w := get(t, newConsole(sample()), "/console?lang=en", http.StatusOK)
	wantIn(t, w, "Refused in the last 24 hours", "Kyzylzhar district department", "1\u00a0d\u00a02\u00a0h", "1\u00a0h\u00a035\u00a0min", "More providers: 5",
		"SHEP, the cabinet", "address of portal", "/console/cases/K26-4W2MD-X7PA0", "Certificate status is unknown", "revocation_unknown",
		"Ask the portal for the original file", `role="img" aria-label="`, "only_failed=1")
}

func TestChartAndTableSayTheSame(t *testing.T) {
	l := sample()
	w := get(t, newConsole(l), "/console?lang=en&range=week", http.StatusOK)
	f := boardOf(t, l, "week")
	for _, col := range f.Columns {
		wantIn(t, w, fmt.Sprintf("<td class=\"figure\"><b>%s</b></td><td class=\"figure\">%s</td></tr>", grouped(col.Total), grouped(col.Open)), col.Label)
	}
	wantIn(t, w, grouped(f.Total), "The same figures as a table", fmt.Sprintf("the highest bar has %s", grouped(f.Highest)))
}

func TestPeriodsAreSwitched(t *testing.T) {
	h := newConsole(sample())
	for key, words := range map[string]string{"hour": "each bar is 5 minutes", "day": "each bar is an hour", "week": "each bar is a day", "nonsense": "each bar is an hour"} {
		wantIn(t, get(t, h, "/console?lang=en&range="+key, http.StatusOK), words)
	}
}

func TestRefreshIsAChoice(t *testing.T) {
	h := newConsole(sample())
	wantNotIn(t, get(t, h, "/console?lang=en", http.StatusOK), "http-equiv")
	w := get(t, h, "/console?lang=en&refresh=on&range=hour", http.StatusOK)
	wantIn(t, w, `<meta http-equiv="refresh" content="60">`, "Stop refreshing", `href="/console?range=hour"`, "range=week&amp;refresh=on")
}

func TestAQuietBoard(t *testing.T) {
	w := get(t, newConsole(&fakeLedger{}), "/console?lang=ru", http.StatusOK)
	wantIn(t, w, "За этот период отказов не было.", "Ни одно заявление не ждёт.", "Всё доставлено.", "Отложенных нет.")
	wantNotIn(t, w, "<svg", "tile bad")
}

func TestManyParked(t *testing.T) {
	l := &fakeLedger{}
	for i := range parkedCounted + 5 {
		l.parked = append(l.parked, fmt.Sprintf("K26-%05d-AAAAA", i))
	}
	w := get(t, newConsole(l), "/console?lang=en", http.StatusOK)
	wantIn(t, w, "1\u00a0000+", "K26-00009-AAAAA")
	wantNotIn(t, w, "K26-00010-AAAAA")
}

func TestAPartThatFailsDoesNotHideTheOthers(t *testing.T) {
	parts := []string{"Failures", "Queues", "OutboxDepth", "DueParked", "DueMarked", "Escalated"}
	for _, part := range parts {
		l := sample()
		l.errs[part] = errors.New("connection refused to 10.0.0.7")
		w := get(t, newConsole(l), "/console?lang=en", http.StatusOK)
		wantIn(t, w, "The ledger did not answer in time.")
		wantNotIn(t, w, "10.0.0.7")
	}
	l := sample()
	for _, part := range parts {
		l.errs[part] = context.DeadlineExceeded
	}
	w := get(t, newConsole(l), "/console?lang=en", http.StatusServiceUnavailable)
	wantIn(t, w, "The ledger cannot be reached now.")
	l.errs["Verdicts"] = errors.New("secret dsn")
	w = get(t, newConsole(l), "/console/verdicts?lang=en", http.StatusInternalServerError)
	if strings.Contains(w.Body.String(), "secret") {
		t.Error("the cause is shown")
	}
}

func TestTheBoardShowsWhatNeedsPeople(t *testing.T) {
	l := sample()
	for lang, want := range map[string]string{"kk": "Адамдар қажет", "ru": "Нужны люди", "en": "Need people"} {
		w := get(t, newConsole(l), "/console?lang="+lang, http.StatusOK)
		wantIn(t, w, want, l.people[0], l.marked[0])
	}
	l.people, l.marked = nil, nil
	wantNotIn(t, get(t, newConsole(l), "/console?lang=en", http.StatusOK), "Need people", "status not confirmed")
}

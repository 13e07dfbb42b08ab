package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"kopir/gateway"
)

// period is one choice of the board's range switch.
type period struct {
	Key  string
	step time.Duration // what one bar covers
	bars int
}

// length is what the whole chart covers.
func (p period) length() time.Duration { return p.step * time.Duration(p.bars) }

// periods of the switch; the first is shown when none is chosen. Each step divides a day of
// Almaty, so that bars begin at full hours and at midnight.
var periods = []period{
	{"day", time.Hour, 24},
	{"hour", 5 * time.Minute, 12},
	{"week", 24 * time.Hour, 7},
}

func periodOf(key string) period {
	for _, p := range periods {
		if p.Key == key {
			return p
		}
	}
	return periods[0]
}

// periodLink is one choice as the page shows it.
type periodLink struct {
	Key     string
	Href    string
	Current bool
}

// boardView is what the board shows. A part the ledger did not answer is nil.
type boardView struct {
	Period   period
	Periods  []periodLink
	Here     string // this board, for the refresh links
	Auto     bool
	Failures *failures
	Queues   *queues
	Outbox   *queues
	Parked   *parked
	Marked   *parked // accepted with a mark, their status still asked for
	People   *parked // these need people
	Stamps   *stampView
	Sources  *sourcesView // nil while there is nothing to tell of them
}

// queues is the state of several queues.
type queues struct {
	Depth, Leased int
	Oldest        time.Duration
	First, Rest   []queueRow // the longest waiting, and the others
}

type queueRow struct {
	Name          string
	Depth, Leased int
	Oldest        string // empty when nothing waits
	age           time.Duration
}

// parked is how many applications wait for a status, and the first of them.
type parked struct {
	Count   int
	More    bool // there are more than were counted
	Numbers []string
}

const (
	queuesShown   = 10   // rows before "more providers"
	parkedShown   = 10   // numbers listed on the board
	parkedCounted = 1000 // parking is bounded per caller; beyond this the exact number helps nobody
	refreshEvery  = 60   // seconds
)

// everParked is far enough ahead that no parked application's next check lies behind it.
const everParked = 10 * 365 * 24 * time.Hour

// board shows what goes wrong and what waits.
func (c *Console) board(r *http.Request, v visit) (*shown, error) {
	p := periodOf(r.URL.Query().Get("range"))
	b := boardView{Period: p, Here: Base + "?range=" + p.Key, Auto: r.URL.Query().Get("refresh") == "on"}
	for _, choice := range []string{"hour", "day", "week"} {
		link := periodLink{Key: choice, Href: Base + "?range=" + choice, Current: choice == p.Key}
		if b.Auto {
			link.Href += "&refresh=on"
		}
		b.Periods = append(b.Periods, link)
	}
	ctx := r.Context()
	if err := c.fill(ctx, &b, v); err != nil {
		return nil, err
	}
	s := &shown{Template: "board", Nav: "board", Title: c.texts.get(v.lang, "board.title"), Body: b}
	if b.Auto {
		s.Reload = refreshEvery
	}
	return s, nil
}

// fill asks the ledger part by part: the board is most needed when something does not answer.
func (c *Console) fill(ctx context.Context, b *boardView, v visit) error {
	var last error
	note := func(err error) {
		last = err
		c.cfg.Log.ErrorContext(ctx, "board part failed", "err", err)
	}
	if f, err := c.failures(ctx, v, b.Period); err != nil {
		note(err)
	} else {
		b.Failures = f
	}
	if qs, err := c.cfg.Ledger.Queues(ctx); err != nil {
		note(err)
	} else {
		b.Queues = c.queues(qs, v, c.providerName)
	}
	if qs, err := c.cfg.Ledger.OutboxDepth(ctx); err != nil {
		note(err)
	} else {
		b.Outbox = c.queues(qs, v, c.destination)
	}
	ever := v.now.Add(everParked)
	for _, list := range []struct {
		part **parked
		ask  func() ([]string, error)
	}{
		{&b.Parked, func() ([]string, error) { return c.cfg.Ledger.DueParked(ctx, ever, parkedCounted+1) }},
		{&b.Marked, func() ([]string, error) { return c.cfg.Ledger.DueMarked(ctx, ever, parkedCounted+1) }},
		{&b.People, func() ([]string, error) { return c.cfg.Ledger.Escalated(ctx, parkedCounted+1) }},
	} {
		if numbers, err := list.ask(); err != nil {
			note(err)
		} else {
			*list.part = waiting(numbers)
		}
	}
	if lag, err := c.cfg.Ledger.StampLag(ctx); err != nil {
		note(err)
	} else {
		b.Stamps = c.stamps(lag, v)
	}
	if f := c.forecast(ctx, v); f != nil && (f.Parks || f.Silent > 0) {
		b.Sources = f
	}
	if b.Failures == nil && b.Queues == nil && b.Outbox == nil && b.Parked == nil && b.Marked == nil && b.People == nil {
		return last
	}
	return nil
}

func waiting(numbers []string) *parked {
	return &parked{Count: min(len(numbers), parkedCounted), More: len(numbers) > parkedCounted,
		Numbers: numbers[:min(len(numbers), parkedShown)]}
}

// queues puts the queue whose oldest entry waits longest first.
func (c *Console) queues(list []gateway.Queue, v visit, name func(lang, id string) string) *queues {
	q := &queues{}
	rows := make([]queueRow, 0, len(list))
	for _, one := range list {
		row := queueRow{Name: name(v.lang, one.Name), Depth: one.Depth, Leased: one.Leased}
		if !one.Oldest.IsZero() {
			row.age = max(v.now.Sub(one.Oldest), 0)
			row.Oldest = c.texts.span(v.lang, row.age)
		}
		q.Depth += one.Depth
		q.Leased += one.Leased
		q.Oldest = max(q.Oldest, row.age)
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b queueRow) int {
		return cmp.Or(cmp.Compare(b.age, a.age), cmp.Compare(b.Depth, a.Depth), cmp.Compare(a.Name, b.Name))
	})
	shown := min(len(rows), queuesShown)
	q.First, q.Rest = rows[:shown], rows[shown:]
	return q
}

// destination names where a message goes: the cabinet, or a caller's own address.
func (c *Console) destination(lang, name string) string {
	const callback = "callback:"
	if len(name) > len(callback) && name[:len(callback)] == callback {
		return c.texts.get(lang, "destination.callback", name[len(callback):])
	}
	return c.texts.word(lang, "destination", name)
}

// longest says how long the oldest entry waits; nothing when none does.
func (c *Console) longest(lang string, q *queues) string {
	if q.Oldest == 0 {
		return ""
	}
	return c.texts.span(lang, q.Oldest)
}

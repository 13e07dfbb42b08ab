package doctor

import (
	"strconv"
	"strings"
	"time"
)

// witness is what somebody outside says about our clock.
type witness struct {
	host  string
	off   time.Duration // how far our clock is ahead
	proof bool          // signed; else the Date of HTTP, which a proxy may have written
}

func (w witness) agrees() bool { return w.off.Abs() <= tolerance }

// witnesses are all that were heard in one examination.
type witnesses []witness

func (all *witnesses) signed(address string, off time.Duration) {
	*all = append(*all, witness{HostOf(address), off, true})
}

// date takes the middle of the exchange for the moment the server wrote; it writes whole seconds.
func (all *witnesses) date(address string, r Reply) {
	if !r.Date.IsZero() {
		*all = append(*all, witness{HostOf(address), r.Asked.Add(r.Took / 2).Sub(r.Date).Truncate(time.Second), false})
	}
}

// judge tells our own clock from that of a single source: ours is wrong if nobody agrees with it.
func (all witnesses) judge() Finding {
	var against, unsigned []witness
	agree, furthest := 0, time.Duration(0)
	for _, w := range all {
		switch {
		case w.agrees():
			agree++
			furthest = max(furthest, w.off.Abs())
		case w.proof:
			against = append(against, w)
		default:
			unsigned = append(unsigned, w)
		}
	}
	count := strconv.Itoa(agree)
	switch {
	case len(all) == 0:
		return found(CheckClock, "", Warn, "clock_unwitnessed", "clock")
	case len(against) > 0 && agree == 0:
		return found(CheckClock, "", Fail, "clock_"+direction(against[0]), "clock", "off", length(against[0]), "hosts", hosts(against))
	case len(against) > 0:
		return found(CheckClock, hosts(against), Fail, "clock_source", "clock_source", "off", length(against[0]), "hosts", hosts(against), "count", count)
	case len(unsigned) > 0 && agree == 0:
		return found(CheckClock, "", Warn, "clock_"+direction(unsigned[0]), "clock", "off", length(unsigned[0]), "hosts", hosts(unsigned))
	}
	return found(CheckClock, "", OK, "clock_good", "", "off", furthest.Round(time.Second).String(), "count", count)
}

func direction(w witness) string {
	if w.off < 0 {
		return "behind"
	}
	return "ahead"
}

func length(w witness) string { return w.off.Abs().Round(time.Second).String() }

func hosts(all []witness) string {
	var names []string
	seen := map[string]bool{}
	for _, w := range all {
		if !seen[w.host] {
			seen[w.host] = true
			names = append(names, w.host)
		}
	}
	return strings.Join(names, ", ")
}

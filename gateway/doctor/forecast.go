package doctor

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/revocation"
)

// Horizons are by when applications at risk are counted: those that are overdue already, and those due within a
// day and within three.
func Horizons(now time.Time) []time.Time {
	return []time.Time{now, now.Add(24 * time.Hour), now.Add(72 * time.Hour)}
}

// Words for the horizons, as metrics and pages have them.
const (
	WithinOverdue = "overdue"
	Within24h     = "24h"
	Within72h     = "72h"
)

// HorizonWords are in the order of [Horizons].
func HorizonWords() []string { return []string{WithinOverdue, Within24h, Within72h} }

// Source is one address and how long it still carries us.
type Source struct {
	revocation.SourceState
	Silent  time.Duration // how long it has been silent; 0: it answers
	Carries time.Duration // how long what is in hand still answers; 0: it does not
	Never   bool          // nobody has asked it in this process
}

// Forecast is what becomes of applications if nothing changes. It follows the usual rule, OCSP then lists; a
// service with a rule of its own may be better or worse off.
type Forecast struct {
	At      time.Time
	Sources []Source

	Asked     bool          // this process has asked somebody
	Parks     bool          // applications will be parked, or are by now
	ParksFrom time.Time     // since or from when, while Parks
	Authority string        // whose certificates it meets first; "": everybody's
	In        time.Duration // until then; 0: now

	Waiting gateway.Waiting
	AtRisk  []int // parked and marked, by the moments of Horizons; nil: not known
}

// Quiet says that there is nothing to tell people about.
func (f Forecast) Quiet() bool { return !f.Parks && f.Waiting.Parked.All == 0 && f.silent() == 0 }

// silent counts the sources that do not answer.
func (f Forecast) silent() (n int) {
	for _, s := range f.Sources {
		if s.Silent > 0 {
			n++
		}
	}
	return n
}

// Authorities are those whose word every application needs: Roots speak by lists only, of the others the responders
// know too.
type Authorities struct{ Roots, Issuing []string }

// NewForecast tells from the state of the sources when applications begin to be parked.
func NewForecast(states []revocation.SourceState, names Authorities, now time.Time) Forecast {
	f := Forecast{At: now}
	for _, s := range states {
		one := Source{SourceState: s, Carries: max(s.CarriesUntil.Sub(now), 0), Never: s.LastTried.IsZero() && s.LastGood.IsZero()}
		if !s.SilentSince.IsZero() {
			one.Silent = max(now.Sub(s.SilentSince), time.Second)
		}
		f.Asked = f.Asked || !one.Never
		f.Sources = append(f.Sources, one)
	}
	if f.Asked {
		f.look(names)
	}
	return f
}

// look finds the authority whose word ends first.
func (f *Forecast) look(names Authorities) {
	down, since := f.ocspDown()
	for _, name := range names.Issuing {
		l := f.lists(name)
		switch {
		case down && l.has && l.silent:
			f.parks(name, l.until)
		case down && !l.has && !(since.IsZero() && l.since.IsZero()):
			f.parks(name, later(since, l.since))
		}
	}
	for _, name := range names.Roots { // the responders of issuing authorities need not know these
		l := f.lists(name)
		switch {
		case l.has && l.silent:
			f.parks(name, l.until)
		case down && !l.has && !since.IsZero():
			f.parks(name, since)
		}
	}
	if f.Parks {
		f.In = max(f.ParksFrom.Sub(f.At), 0)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (f *Forecast) parks(authority string, from time.Time) {
	if !f.Parks || from.Before(f.ParksFrom) {
		f.Parks, f.ParksFrom, f.Authority = true, from, authority
	}
}

// ocspDown: no responder is known to answer; since is when the last of them fell silent, zero if none is known. One
// that nobody has asked yet may answer.
func (f *Forecast) ocspDown() (down bool, since time.Time) {
	for _, s := range f.Sources {
		if s.Kind != revocation.SourceOCSP {
			continue
		}
		if s.SilentSince.IsZero() {
			return false, time.Time{}
		}
		since = later(since, s.SilentSince)
	}
	return true, since
}

// listing is what the full lists of an authority do for it.
type listing struct {
	has, silent bool      // there is one; and none of their addresses answers any more
	until       time.Time // how long they answer
	since       time.Time // since when an address gives none at all, that may be this authority's
}

func (f *Forecast) lists(authority string) listing {
	l := listing{silent: true}
	for _, s := range f.Sources {
		if s.Kind != revocation.SourceCRL || s.Delta {
			continue
		}
		if s.CarriesUntil.IsZero() {
			l.since = later(l.since, s.SilentSince)
			continue
		}
		if s.Issuer != authority {
			continue
		}
		l.has, l.silent, l.until = true, l.silent && s.Silent > 0, later(l.until, s.CarriesUntil)
	}
	l.silent = l.silent || l.has && !l.until.After(f.At) // an ended list says nothing, whoever is to blame
	return l
}

// WithWaiting adds who waits; counts are by [Horizons].
func (f Forecast) WithWaiting(w gateway.Waiting) Forecast {
	f.Waiting, f.AtRisk = w, make([]int, len(HorizonWords()))
	for i := range f.AtRisk {
		for _, c := range []gateway.DueCount{w.Parked, w.Marked} {
			if i < len(c.By) {
				f.AtRisk[i] += c.By[i]
			}
		}
	}
	return f
}

// Hosts are the sources by kind and host, as metrics name them: the longest silence and the shortest time that lists,
// or the longest that answers still carry.
func (f Forecast) Hosts() []Source {
	var all []Source
	for _, s := range f.Sources {
		s.URL = HostOf(s.URL)
		i := slices.IndexFunc(all, func(o Source) bool { return o.Kind == s.Kind && o.URL == s.URL })
		if i < 0 {
			all = append(all, s)
			continue
		}
		all[i].Silent = max(all[i].Silent, s.Silent)
		if s.Kind == revocation.SourceCRL && !s.CarriesUntil.IsZero() {
			all[i].Carries = min(all[i].Carries, s.Carries)
		} else {
			all[i].Carries = max(all[i].Carries, s.Carries)
		}
	}
	slices.SortFunc(all, func(a, b Source) int { return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.URL, b.URL)) })
	return all
}

// soonParks is how long before applications are parked people have to act at once.
const soonParks = 6 * time.Hour

// Findings tells a forecast in words.
func (f Forecast) Findings() (findings []Finding) {
	authority := f.Authority
	switch {
	case !f.Asked:
		findings = append(findings, found(CheckForecast, "", Warn, "forecast_unknown", "sources"))
	case f.Parks && f.In == 0:
		findings = append(findings, found(CheckForecast, authority, Fail, "parks_now", "restore", "issuer", authority))
	case f.Parks:
		level := Warn
		if f.In < soonParks {
			level = Fail
		}
		findings = append(findings, found(CheckForecast, authority, level, "parks_from", "restore", "issuer", authority,
			"at", Minute(f.ParksFrom), "in", f.In.Round(time.Minute).String()))
	default:
		findings = append(findings, found(CheckForecast, "", OK, "carried", ""))
	}
	if f.AtRisk == nil {
		return findings
	}
	counts := []string{"parked", strconv.Itoa(f.Waiting.Parked.All), "marked", strconv.Itoa(f.Waiting.Marked.All),
		"overdue", strconv.Itoa(f.AtRisk[0]), "day", strconv.Itoa(f.AtRisk[1]), "three", strconv.Itoa(f.AtRisk[2])}
	switch {
	case f.Waiting.Parked.All+f.Waiting.Marked.All == 0:
		return append(findings, found(CheckForecast, "", OK, "nothing_waits", ""))
	case f.AtRisk[1] > 0:
		return append(findings, found(CheckForecast, "", Fail, "at_risk", "people", counts...))
	}
	return append(findings, found(CheckForecast, "", Warn, "waits", "restore", counts...))
}

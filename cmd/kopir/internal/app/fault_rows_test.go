package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
)

// Chapters of the table.
const (
	chapterLists   = "The responder, while lists can be had"
	chapterAlone   = "The responder, while no list can be had"
	chapterCRL     = "The list server, while the responder cannot be reached"
	chapterSpeaks  = "The list server, while the responder speaks"
	chapterOutage  = "Outages"
	chapterClock   = "Clocks"
	chapterStamps  = "The time-stamping authority"
	chapterGateway = "The gateway itself"
)

// faultRows is the whole table.
func faultRows() []faultRow {
	return slices.Concat(
		responderRows(chapterLists),
		responderRows(chapterAlone, "crl-reset"),
		listRows(chapterCRL, "ocsp-reset"),
		listRows(chapterSpeaks),
		outageRows(), clockRows(), stampRows(), gatewayRows())
}

// values are the faults' values where the usual one would make no good row.
var values = map[string][]string{
	"ocsp-slow": {"200ms", "20s"}, "crl-slow": {"200ms"}, "tsp-slow": {"200ms"},
	"ocsp-refuses": {"tryLater", "unauthorized", "internalError"},
	"ocsp-http":    {"500", "503"}, "crl-http": {"404", "500"},
	"tsp-clock": {"10m", "-10m"},
}

// injections lists every fault of a service, each with its values.
func injections(service string) (all []string) {
	for _, f := range simulate.Faults() {
		switch {
		case !strings.HasPrefix(f.Name, service+"-"):
		case values[f.Name] == nil:
			all = append(all, f.Name)
		default:
			for _, v := range values[f.Name] {
				all = append(all, f.Name+"="+v)
			}
		}
	}
	return all
}

// patience is short where it would be used up.
func patience(fault string) func(*config.Config) {
	if strings.HasSuffix(fault, "-silent") || fault == "ocsp-slow=20s" {
		return short
	}
	return nil
}

// An outage of half an hour sees a parked application asked about five times.
const halfAnHour = 30 * time.Minute

func responderRows(chapter string, besides ...string) (rows []faultRow) {
	for _, fault := range injections("ocsp") {
		rows = append(rows, faultRow{chapter, fault, "30 min", patience(fault), func(f *faultStage) {
			if fault == "ocsp-replayed" {
				f.replay(append(besides, fault)...)
				return
			}
			f.injected(halfAnHour, append(besides, fault)...)
		}})
	}
	return rows
}

func listRows(chapter string, besides ...string) (rows []faultRow) {
	for _, fault := range injections("crl") {
		lasts, words := halfAnHour, "30 min"
		if fault == "crl-large" { // 64 MB come every time
			lasts, words = 10*time.Minute, "10 min"
		}
		rows = append(rows, faultRow{chapter, fault, words, patience(fault), func(f *faultStage) {
			if fault == "crl-older" || fault == "crl-delta-without-base" {
				f.seen(besides...)
			}
			f.injected(lasts, append(besides, fault)...)
		}})
	}
	return rows
}

// injected is the usual row: the faults, both people, a while, and the end of the faults.
func (f *faultStage) injected(lasts time.Duration, faults ...string) {
	f.breaks(faults...)
	good, bad := f.both()
	good.revoked = slices.Contains(faults, "ocsp-revoked") // what the responder signs, it has to answer for
	f.pass(lasts)
	f.line.good, f.line.bad = f.told(good), f.told(bad)
	waits := f.parked() > 0
	f.heal()
	if waits {
		f.line.then = "decided " + f.decided() + " of the return"
	}
	f.finish(good, bad)
}

// finish adds what was decided in the end to what was said at first.
func (f *faultStage) finish(good, bad *sent) {
	f.line.good = f.ended(f.line.good, good)
	f.line.bad = f.ended(f.line.bad, bad)
}

// told is what the gateway said, and where the application stands now.
func (f *faultStage) told(s *sent) string { return f.ended(s.first(), s) }

func (f *faultStage) ended(words string, s *sent) string {
	state := string(f.state(s))
	if strings.Contains(words, "refused") || strings.HasSuffix(words, state) || strings.HasPrefix(state, "parked") {
		return words
	}
	return words + ", then " + state
}

// seen lets the gateway see the lists of today, and an hour go by until it asks for them again.
func (f *faultStage) seen(faults ...string) {
	f.breaks(faults...)
	f.submit(f.person(1010), false)
	f.heal()
	f.pass(61 * time.Minute)
}

// replay lets the responder vouch for a certificate, revokes it, and plays the old answer from then on:
// for as long as the answer may be used again, and then for the usual row.
func (f *faultStage) replay(faults ...string) {
	late := f.person(1020)
	f.submit(late, false)
	f.submit(f.good, false)
	f.pki.Family(family).Revoke(late.Certificate.Serial, f.clock(), 1)
	f.revoked = late
	f.breaks(faults...)
	f.pass(2 * time.Hour)
	f.injected(halfAnHour, faults...)
}

func count(n int, what string) string { return fmt.Sprintf("%d %s", n, what) }

// tally says how many of some applications are in which state.
func (f *faultStage) tally(all []*sent) string {
	n := map[gateway.State]int{}
	for _, s := range all {
		n[f.state(s)]++
	}
	var words []string
	for _, state := range []gateway.State{gateway.StateAccepted, gateway.StateParked, gateway.StateRefused} {
		if n[state] > 0 {
			words = append(words, count(n[state], string(state)))
		}
	}
	return strings.Join(words, ", ")
}

func ofKind(all []*sent, revoked bool) (some []*sent) {
	for _, s := range all {
		if s.revoked == revoked {
			some = append(some, s)
		}
	}
	return some
}

// tallies fills a line of many applications.
func (f *faultStage) tallies() {
	f.line.good = f.tally(ofKind(f.sent, false))
	f.line.bad = f.tally(ofKind(f.sent, true))
}

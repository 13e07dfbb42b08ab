package app

import (
	"time"

	"kopir/gateway"
)

const allReset = "OCSP and lists reset"

// outageRows are those in which time is what matters.
func outageRows() []faultRow {
	return []faultRow{
		{chapterOutage, "the list server is down, the responder speaks", "3 h", nil, func(f *faultStage) {
			f.hourly(3, "crl-reset")
		}},
		{chapterOutage, "the responder and the list server are down; lists of the morning are at hand", "3 h", nil, func(f *faultStage) {
			f.seen("ocsp-reset")
			f.hourly(3, "ocsp-reset", "crl-reset")
		}},
		{chapterOutage, "the same, and the gateway is started again in the middle", "3 h", nil, func(f *faultStage) {
			f.seen("ocsp-reset")
			f.hourly(1, "ocsp-reset", "crl-reset")
			f.breaks("ocsp-reset", "crl-reset")
			f.restart()
			f.hourly(2, "ocsp-reset", "crl-reset")
		}},
		{chapterOutage, allReset + ", nothing is at hand; the list server alone comes back", "3 h", nil, func(f *faultStage) {
			f.breaks("ocsp-reset", "crl-reset")
			good, bad := f.both()
			f.pass(3 * time.Hour)
			f.line.good, f.line.bad = f.told(good), f.told(bad)
			f.breaks("ocsp-reset")
			f.line.then = "decided " + f.decided() + " of the lists' return"
			f.finish(good, bad)
		}},
		{chapterOutage, "the list at hand runs out in the middle of an outage", "24 h", nil, func(f *faultStage) {
			f.seen("ocsp-reset")
			f.breaks("ocsp-reset", "crl-reset")
			f.both()
			f.passBy(24*time.Hour, 30*time.Minute)
			good, bad := f.both()
			f.line.then = "on the day: " + f.tally(f.sent[1:3]) + "; a day later: " + f.tally(f.sent[3:])
			f.heal()
			f.line.then += "; decided " + f.decided() + " of the return"
			f.line.good, f.line.bad = f.told(good), f.told(bad)
		}},
		{chapterOutage, "both are silent: connections are taken and nothing is said", "2 min", short, func(f *faultStage) {
			f.breaks("ocsp-silent", "crl-silent")
			good, bad := f.both()
			f.pass(2 * time.Minute)
			f.line.good, f.line.bad = f.told(good), f.told(bad)
			f.heal()
			f.line.then = "decided " + f.decided() + " of the return"
			f.finish(good, bad)
		}},
		{chapterOutage, allReset + " for longer than the service may take", "over the due date", nil, overDeadline},
		{chapterOutage, "the responder speaks every third minute, no list", "1 h, an application a minute", nil, flapping},
		{chapterOutage, allReset + "; 50 applications come, each fifth with a revoked certificate", "6 h", nil, drain},
	}
}

// hourly sends both people's applications now and every hour of an outage, and ends it.
func (f *faultStage) hourly(hours int, faults ...string) {
	f.breaks(faults...)
	for range hours {
		f.both()
		f.pass(time.Hour)
	}
	f.both()
	f.tallies()
	f.line.then = "decided at once"
	if f.parked() > 0 {
		f.heal()
		f.line.then = "decided " + f.decided() + " of the return"
	}
	f.heal()
}

// overDeadline: people are told before the due date, nothing is decided without a status, not even then.
func overDeadline(f *faultStage) {
	f.breaks("ocsp-reset", "crl-reset")
	good, bad := f.both()
	due := good.answer.DueAt
	f.passBy(due.Sub(f.clock())-25*time.Hour, time.Hour)
	if f.event(good, "escalated") {
		f.t.Error("escalated a day too early")
	}
	f.passBy(2*time.Hour, time.Hour)
	if !f.event(good, "escalated") || !f.event(bad, "escalated") {
		f.t.Error("nobody was told a day before the due date")
	}
	f.passBy(48*time.Hour, time.Hour)
	if f.clock().Before(due) || f.parked() != 2 {
		f.t.Errorf("after the due date %d are parked, want 2", f.parked())
	}
	f.line.good, f.line.bad = f.told(good)+", escalated a day before", f.told(bad)+", escalated a day before"
	f.heal()
	f.line.then = "still parked after the due date; decided " + f.decided() + " of the return"
	f.finish(good, bad)
}

func flapping(f *faultStage) {
	for minute := range 60 {
		faults := []string{"crl-reset"}
		if minute%3 != 0 {
			faults = append(faults, "ocsp-reset")
		}
		f.breaks(faults...)
		if key := f.person(1100 + minute); minute%5 == 4 {
			f.pki.Family(family).Revoke(key.Certificate.Serial, f.clock().Add(-time.Minute), 1)
			f.submit(key, true)
		} else {
			f.submit(key, false)
		}
		f.pass(time.Minute)
	}
	f.heal()
	f.line.then = "all decided " + f.decided() + " of the end"
	f.tallies()
}

func drain(f *faultStage) {
	f.breaks("ocsp-reset", "crl-reset")
	for i := range 50 {
		key := f.person(1200 + i)
		if i%5 == 4 {
			f.pki.Family(family).Revoke(key.Certificate.Serial, f.clock().Add(-time.Minute), 1)
		}
		f.submit(key, i%5 == 4)
	}
	f.pass(6 * time.Hour)
	parked := f.parked()
	f.heal()
	f.line.then = count(parked, "parked at the end of the outage, all decided ") + f.decided() + " of the return"
	f.tallies()
}

// clockRows move the gateway's clock away from the PKI's and back.
func clockRows() (rows []faultRow) {
	for _, row := range []struct {
		name string
		off  time.Duration
	}{
		{"the gateway is 90 s behind", -90 * time.Second}, {"the gateway is 90 s ahead", 90 * time.Second},
		{"the gateway is 10 min behind", -10 * time.Minute}, {"the gateway is 10 min ahead", 10 * time.Minute},
	} {
		rows = append(rows, faultRow{chapterClock, row.name, "30 min", nil, func(f *faultStage) { f.clockOff(row.off, row.off.Abs() < 2*time.Minute) }})
		rows = append(rows, faultRow{chapterClock, row.name + ", no list", "30 min", nil, func(f *faultStage) { f.clockOff(row.off, row.off.Abs() < 2*time.Minute, "crl-reset") }})
	}
	return append(rows, faultRow{chapterClock, "the PKI is 10 min ahead, then right", "30 min", nil, func(f *faultStage) { f.injected(halfAnHour, "clock=10m") }},
		faultRow{chapterClock, "the PKI is 10 min behind, then right", "30 min", nil, func(f *faultStage) { f.injected(halfAnHour, "clock=-10m") }})
}

// clockOff: within the tolerance of two minutes the gateway decides; beyond it, it parks (DESIGN §3 rule 8).
func (f *faultStage) clockOff(off time.Duration, decides bool, besides ...string) {
	f.breaks(besides...)
	f.offset.Store(int64(off))
	good, bad := f.both()
	if accepted := good.answer.Decision == "accepted"; accepted != decides {
		f.t.Errorf("with a clock off by %s: %s", off, good.first())
	}
	f.pass(halfAnHour)
	f.line.good, f.line.bad = f.told(good), f.told(bad)
	waits := f.parked() > 0
	f.offset.Store(0)
	f.heal()
	if waits {
		f.line.then = "decided " + f.decided() + " of the right time"
	}
	f.finish(good, bad)
}

func gatewayRows() []faultRow {
	return []faultRow{
		{chapterGateway, "started again while applications are parked", "1 h, 3 starts", nil, func(f *faultStage) {
			f.breaks("ocsp-reset", "crl-reset")
			good, bad := f.both()
			for range 3 {
				f.pass(20 * time.Minute)
				f.restart()
			}
			if f.state(good) != gateway.StateParked || f.state(bad) != gateway.StateParked {
				f.t.Error("a restart decided something")
			}
			f.line.good, f.line.bad = f.told(good), f.told(bad)
			f.heal()
			f.line.then = "decided " + f.decided() + " of the return"
			f.finish(good, bad)
		}},
		{chapterGateway, "Redis holds forged, swapped and damaged answers; " + allReset + "; started again after each", "4 h", withRedis, poisoned},
	}
}

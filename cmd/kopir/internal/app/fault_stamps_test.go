package app

import (
	"context"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
)

// stampRows: nothing waits for a time stamp, no wrong one is taken, and stamping catches up.
func stampRows() (rows []faultRow) {
	for _, fault := range injections("tsp") {
		lasts, words := 15*time.Minute, "15 min"
		if fault == "tsp-silent" { // its patience with an authority is ten seconds, of real time
			lasts, words = time.Minute, "1 min"
		}
		rows = append(rows, faultRow{chapterStamps, fault, words, stamped, func(f *faultStage) {
			f.breaks(fault)
			good, bad := f.both()
			f.pass(lasts)
			f.line.good, f.line.bad = f.told(good), f.told(bad)
			lag := f.lag()
			f.line.then = "history is stamped meanwhile"
			if len(lag.Last.Token) == 0 {
				f.line.then = "no stamp is taken; "
				f.heal()
				f.line.then += "all is stamped " + f.caughtUp() + " of the return"
			}
		}})
	}
	return rows
}

// stamped lets the PKI's own authority date the history.
func stamped(c *config.Config) {
	c.Timestamps = config.Timestamps{TSA: []string{tspAddress(*c)}, Policy: "1.2.398.3.3.2.6.4", Every: time.Minute}
}

// tspAddress is beside the responder's.
func tspAddress(c config.Config) string {
	return c.Status.OCSP[0].URL[:len(c.Status.OCSP[0].URL)-len("/ocsp/"+string(family))] + "/tsp/" + string(family)
}

func (f *faultStage) lag() gateway.StampLag {
	f.t.Helper()
	lag, err := f.ledger.StampLag(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	return lag
}

// caughtUp lets time pass until the whole history is stamped.
func (f *faultStage) caughtUp() string {
	f.t.Helper()
	began := f.clock()
	for lag := f.lag(); lag.Pending+lag.Unstamped > 0 || len(lag.Last.Token) == 0; lag = f.lag() {
		if f.clock().Sub(began) > 2*time.Hour {
			f.t.Errorf("two hours after the return stamping still lags: %d leaves, %d batches", lag.Unstamped, lag.Pending)
			return "never"
		}
		f.pass(time.Minute)
	}
	return roundedUp(f.clock().Sub(began))
}

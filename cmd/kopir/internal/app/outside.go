package app

import (
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"time"

	"kopir/gateway"
)

// Outside is what comes in from outside: time, randomness and where the log goes (DESIGN §3 rule 8).
type Outside struct {
	Now  func() time.Time
	Rand io.Reader
	Log  *slog.Logger
}

// Machine is this machine's clock, its randomness, and a JSON log on standard error.
func Machine() Outside {
	return Outside{Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.NewJSONHandler(os.Stderr, nil))}
}

// World is what the use cases get of it. Moments are kept to the microsecond, as both databases keep
// them, so that a stored answer and its case name the same one.
func (o Outside) World() gateway.World {
	now := func() time.Time { return o.Now().Truncate(time.Microsecond) }
	return gateway.World{Now: now, IDs: gateway.NewIDs(o.Rand)}
}

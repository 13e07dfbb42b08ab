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

// World is what the use cases get of it.
func (o Outside) World() gateway.World {
	return gateway.World{Now: o.Now, IDs: gateway.NewIDs(o.Rand)}
}

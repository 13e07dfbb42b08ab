package app

import (
	"context"
	"log/slog"
	"time"
)

// round is one piece of background work: it runs again after the pause, at once while there is more.
type round struct {
	name  string
	every time.Duration
	do    func(ctx context.Context) (done int, err error)
}

// rounds are what a worker does beside serving.
func (a *App) rounds() []round {
	all := []round{
		{"delivery", a.cfg.Intervals.Delivery, a.delivery.Round},
		{"parking", a.cfg.Intervals.Parking, a.parking.Round},
		{"rebuild", a.cfg.Intervals.Rebuild, a.rebuild},
		{"stamping", a.stampEvery(), a.stamping.Round},
		{"lookups", lookupEvery, a.lookups.Round},
	}
	return append(append(all, a.fileRounds()...), a.pulls()...)
}

// rebuild tells the ready-index what the ledger knows; the index may have lost anything (rule 3).
func (a *App) rebuild(ctx context.Context) (int, error) {
	queues, err := a.ledger.Queues(ctx)
	if err != nil {
		return 0, err
	}
	return 0, a.index.Rebuild(ctx, queues)
}

// loop runs a round until ctx ends. A failure is logged and tried again after the pause.
func (a *App) loop(ctx context.Context, r round) {
	for ctx.Err() == nil {
		done, err := r.do(ctx)
		if err != nil && ctx.Err() == nil {
			a.out.Log.LogAttrs(ctx, slog.LevelWarn, "round failed", slog.String("round", r.name), slog.String("error", err.Error()))
		}
		if done == 0 || err != nil {
			sleep(ctx, r.every)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

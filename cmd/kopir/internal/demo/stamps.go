package demo

import (
	"context"
	"fmt"
	"time"

	"kopir/gateway"
)

// stampEvery is how long the demo's history waits for its root; a real gateway's waits a minute.
const stampEvery = 500 * time.Millisecond

// stamped waits until nothing of the story is without a time stamp, and proves one case's last event.
func (w *world) stamped(ctx context.Context) error {
	const look = 50 * time.Millisecond
	var lag gateway.StampLag
	for waited := time.Duration(0); ; waited += look {
		var err error
		if lag, err = w.app.StampLag(ctx); err != nil {
			return err
		}
		if lag.Unstamped+lag.Pending == 0 {
			break
		}
		if waited > patience {
			return fmt.Errorf("%d events and %d batches are without a time stamp", lag.Unstamped, lag.Pending)
		}
		time.Sleep(look)
	}
	o := w.orders[0]
	_, events, err := w.app.History(ctx, o.number)
	if err != nil {
		return err
	}
	last := events[len(events)-1]
	leaf := gateway.Leaf{Kind: gateway.LeafEvent, Ref: fmt.Sprintf("%s/%d", o.number, last.Seq), SHA256: last.Hash}
	p, err := w.app.StampProof(ctx, leaf)
	if err != nil || p == nil || !gateway.VerifyInclusion(leaf, p.Index, p.Batch.Size, p.Path, p.Batch.Root) {
		return fmt.Errorf("the last event of %s is not proved (%v)", o.number, err)
	}
	w.t.say("%s  event %d is leaf %d of %d below root %s…, stamped %s by %q", o.number, last.Seq, p.Index, p.Batch.Size,
		p.Batch.Root[:12], p.Batch.TokenAt.In(gateway.Almaty).Format("15:04:05"), p.Batch.TSA())
	return nil
}

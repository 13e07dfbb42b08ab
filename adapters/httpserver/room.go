package httpserver

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"kopir/gateway"
)

// MaxVerifyingBytes bounds the signed bodies that are worked on at once. Verifying one sets aside some
// thirty times its size, so this is about 2 GB at the worst; five bodies of the largest size fit.
const MaxVerifyingBytes = 64 << 20

// minVerifyingBytes is what the smallest body counts for: a handful of elements is work, too.
const minVerifyingBytes = 32 << 10

// maxRoomWait is how long a request waits for the ones before it. The state gateway gives up after 30 s.
const maxRoomWait = 10 * time.Second

// room is the space signed bodies share, over all edges of a [Frame].
type room struct{ space *semaphore.Weighted }

func newRoom(bytes int64) room {
	if bytes <= 0 {
		bytes = MaxVerifyingBytes
	}
	return room{semaphore.NewWeighted(max(bytes, MaxInlineBytes))} // the largest body must fit once
}

// Room waits until a signed body of n bytes may be worked on, at most ten seconds or as long as ctx,
// in the order of arrival. After that it is unavailable, and the sender comes again. leave has to be
// called when the work is done.
func (f *Frame) Room(ctx context.Context, n int) (leave func(), err error) {
	weight := min(max(int64(n), minVerifyingBytes), MaxInlineBytes)
	ctx, cancel := context.WithTimeout(ctx, maxRoomWait)
	defer cancel()
	if err := f.room.space.Acquire(ctx, weight); err != nil {
		return nil, &gateway.Error{Code: gateway.CodeUnavailable,
			Detail: "too many signed documents are being checked at this moment; send the same request again in a few seconds", Err: err}
	}
	return func() { f.room.space.Release(weight) }, nil
}

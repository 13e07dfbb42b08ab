package redisqueue

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// read is the instance's one reader of the wake-up stream. It never gives up; while it has no connection
// the pollers know it.
func (ix *Index) read(ctx context.Context) {
	defer close(ix.ended)
	pause := minPause
	for ctx.Err() == nil {
		last, err := ix.newest(ctx)
		if err == nil {
			ix.arrived()
			pause = minPause
			err = ix.follow(ctx, last)
		}
		if ctx.Err() != nil {
			return
		}
		_ = err // what is wrong is told by Ping and by the commands
		ix.left()
		sleep(ctx, pause/2+rand.N(pause))
		pause = min(2*pause, maxPause)
	}
}

// Pauses between two attempts to reach Redis.
const (
	minPause = 50 * time.Millisecond
	maxPause = 2 * time.Second
)

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// place is an entry of the stream: its id and whose announcement it is.
type place struct{ id, token string }

// beginning is before every entry.
var beginning = place{id: "0-0"}

func placeOf(m redis.XMessage) place {
	token, _ := m.Values["token"].(string)
	return place{m.ID, token}
}

// newest is the stream's last entry.
func (ix *Index) newest(ctx context.Context) (place, error) {
	ctx, cancel := context.WithTimeout(ctx, ix.options.Timeout)
	defer cancel()
	entries, err := ix.client.XRevRangeN(ctx, wakeStream, "+", "-", 1).Result()
	if err != nil || len(entries) == 0 {
		return beginning, err
	}
	return placeOf(entries[0]), nil
}

// follow hears everything after last, until the connection is lost.
func (ix *Index) follow(ctx context.Context, last place) error {
	for {
		entries, err := ix.next(ctx, last.id)
		if err != nil {
			return err
		}
		for _, e := range entries {
			provider, _ := e.Values["provider"].(string)
			last = placeOf(e)
			ix.hear(provider, last.token)
		}
		if len(entries) > 0 {
			continue
		}
		// In a quiet moment: a stream that was flushed and begun again, by an earlier clock or in
		// the same millisecond, holds entries that are not after our place.
		newest, err := ix.newest(ctx)
		if err != nil {
			return err
		}
		if newest != last && !before(last.id, newest.id) {
			last = beginning
		}
	}
}

// next blocks for entries; none after a while is no error. A connection that is silent for
// longer than it may is lost.
func (ix *Index) next(ctx context.Context, last string) ([]redis.XMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, ix.options.Block+2*time.Second)
	defer cancel()
	streams, err := ix.client.XRead(ctx, &redis.XReadArgs{Streams: []string{wakeStream, last}, Count: 256,
		Block: ix.options.Block}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil || len(streams) == 0 {
		return nil, err
	}
	return streams[0].Messages, nil
}

// before compares two stream ids, "milliseconds-sequence".
func before(a, b string) bool {
	aTime, aSeq := parts(a)
	bTime, bSeq := parts(b)
	return aTime < bTime || aTime == bTime && aSeq < bSeq
}

func parts(id string) (ms, seq uint64) {
	left, right, _ := strings.Cut(id, "-")
	ms, _ = strconv.ParseUint(left, 10, 64)
	seq, _ = strconv.ParseUint(right, 10, 64)
	return ms, seq
}

// arrived begins a session. What was announced before it the stream does not tell any more: pollers,
// those that wait too, ask Redis for it.
func (ix *Index) arrived() {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.session++
	close(ix.renewed)
	ix.renewed = make(chan struct{})
	ix.spare = time.Time{}
	select {
	case <-ix.away:
		ix.away = make(chan struct{})
	default:
	}
}

// left tells pollers, those that wait and those to come, that nobody will wake them. Commands fail at
// once until the next attempt has shown that Redis is back.
func (ix *Index) left() {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.spare = time.Now().Add(maxPause)
	select {
	case <-ix.away:
	default:
		close(ix.away)
	}
}

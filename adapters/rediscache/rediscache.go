// Package rediscache shares verified OCSP answers between instances through Redis: [revocation.Cache].
// It is only a memory: what comes out of it is parsed and verified again by who asked, and Redis may forget, be slow, lie
// or be gone at any moment, at the price of a question to the responder.
//
//	cache, err := rediscache.Open("redis://:secret@redis:6379/0", rediscache.Options{})
//	source := revocation.NewOnline(client, revocation.Config{Cache: cache})
package rediscache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"kopir/xmlsig/revocation"
)

// prefix of the keys. They carry no hash tag: in a cluster answers spread over all nodes.
const prefix = "kopir:ocsp:"

// maxValueBytes bounds what is read: a national answer with its responder's certificate is under 3 KB.
const maxValueBytes = 64 << 10

// Options of a cache. The zero value works.
type Options struct {
	Timeout time.Duration    // of one command; 50 ms if zero
	Rest    time.Duration    // Redis is left alone so long after failing; 2 s if zero, doubled up to half a minute
	Now     func() time.Time // nil for time.Now
}

// maxRest bounds how long Redis is left alone.
const maxRest = 30 * time.Second

// Cache implements [revocation.Cache]. It is safe for concurrent use.
type Cache struct {
	client  redis.UniversalClient
	options Options
	stats   struct{ hits, misses, failures, dropped atomic.Uint64 }

	mu    sync.Mutex
	rest  time.Duration
	until time.Time
}

// Stats counts what became of the commands.
type Stats struct{ Hits, Misses, Failures, Dropped uint64 }

var (
	_ revocation.Cache   = (*Cache)(nil)
	_ revocation.Dropper = (*Cache)(nil)
)

// Open makes a cache over the Redis the URL names, as redisqueue does. It does not wait for Redis.
func Open(url string, o Options) (*Cache, error) {
	client, err := dial(url)
	if err != nil {
		return nil, err
	}
	if o.Timeout == 0 {
		o.Timeout = 50 * time.Millisecond
	}
	if o.Rest == 0 {
		o.Rest = 2 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Cache{client: client, options: o}, nil
}

// Get gives the octets of an answer, which anybody may have put there.
func (c *Cache) Get(ctx context.Context, key string) (der []byte, ok bool) {
	var value string
	err := c.do(ctx, func(ctx context.Context) (err error) {
		value, err = c.client.GetRange(ctx, prefix+key, 0, maxValueBytes).Result()
		return err
	})
	switch {
	case err != nil:
		return nil, false
	case value == "":
		c.stats.misses.Add(1)
		return nil, false
	case len(value) > maxValueBytes:
		c.Drop(ctx, key)
		return nil, false
	}
	c.stats.hits.Add(1)
	return []byte(value), true
}

// Put keeps an answer for a while.
func (c *Cache) Put(ctx context.Context, key string, der []byte, ttl time.Duration) {
	if len(der) > maxValueBytes || ttl < time.Millisecond {
		return
	}
	_ = c.do(ctx, func(ctx context.Context) error { return c.client.Set(ctx, prefix+key, der, ttl).Err() })
}

// Drop removes a value that was of no use, and counts it.
func (c *Cache) Drop(ctx context.Context, key string) {
	c.stats.dropped.Add(1)
	_ = c.do(ctx, func(ctx context.Context) error { return c.client.Del(ctx, prefix+key).Err() })
}

// Stats tells what became of the commands so far.
func (c *Cache) Stats() Stats {
	return Stats{c.stats.hits.Load(), c.stats.misses.Load(), c.stats.failures.Load(), c.stats.dropped.Load()}
}

// Close ends the connections.
func (c *Cache) Close() error { return c.client.Close() }

var errResting = errors.New("rediscache: Redis failed a moment ago")

// do runs a command within the time it may cost, unless Redis rests. A value of another type is no failure of Redis.
func (c *Cache) do(ctx context.Context, command func(context.Context) error) error {
	if c.rests() {
		return errResting
	}
	bounded, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	err := command(bounded)
	var told redis.Error
	switch {
	case err == nil:
		c.failed(false)
	case ctx.Err() == nil: // else it was the caller who had no time
		c.stats.failures.Add(1)
		c.failed(!errors.As(err, &told))
	}
	return err
}

// rests reports whether Redis is left alone. After a rest one command tries it; for the others the rest goes on
// until that one knows.
func (c *Cache) rests() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.options.Now()
	if now.Before(c.until) && c.until.Sub(now) <= maxRest {
		return true
	}
	if c.rest > 0 {
		c.until = now.Add(c.rest)
	}
	return false
}

func (c *Cache) failed(failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !failed {
		c.rest, c.until = 0, time.Time{}
		return
	}
	c.rest = min(max(c.options.Rest, 2*c.rest), maxRest)
	c.until = c.options.Now().Add(c.rest)
}

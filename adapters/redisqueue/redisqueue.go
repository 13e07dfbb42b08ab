// Package redisqueue wakes pollers through Redis: [gateway.Index] for several instances.
// Redis holds hints only. It may lose them, be flushed, slow or gone; pollers then ask the ledger by
// themselves every other second, and the index comes back by itself.
//
//	index, err := redisqueue.Open("redis://:secret@redis:6379/0", redisqueue.Options{})
//
// Every instance keeps one blocking connection, which reads the wake-up stream for all its pollers: a
// district that waits costs a goroutine and nothing in Redis.
package redisqueue

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Keys. A provider's own keys carry its name as hash tag, so that in a cluster they are neighbours.
const (
	wakeStream   = "kopir:wake"      // stream of announcements: provider, token
	providersKey = "kopir:providers" // set of the providers that were announced
)

// readyKey holds the token of the provider's newest announcement until its queue was found empty.
func readyKey(provider string) string { return "gw:{" + provider + "}:ready" }

// Limits of what is kept in Redis.
const (
	maxWakeUps = 4096           // an instance that is further behind missed wake-ups, not work
	hintTTL    = 24 * time.Hour // a hint nobody took in a day is nobody's
)

// drain ends an announcement. KEYS[1] ready key; ARGV[1] token. Returns 1 if it was still that
// announcement, 0 if there is a newer one or none.
var drain = redis.NewScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`)

// Options of an index. The zero value works.
type Options struct {
	Timeout time.Duration // of one command; half a second if zero
	Block   time.Duration // how long the reader blocks at a time; five seconds if zero
	Slice   time.Duration // how long a poller waits at most while Redis is away; two seconds if zero
}

// Index implements [gateway.Index]. It is safe for concurrent use.
type Index struct {
	client  redis.UniversalClient
	options Options
	stop    context.CancelFunc
	stopped chan struct{} // closed when the index is closing
	ended   chan struct{} // closed when the reader has ended

	mu      sync.Mutex
	rooms   map[string]*room
	session int           // grows with every connection of the reader
	renewed chan struct{} // closed by the reader's next connection
	away    chan struct{} // closed while the reader has no connection
	spare   time.Time     // no command is tried before: the last one failed
}

var _ gateway.Index = (*Index)(nil)

// Open makes an index over the Redis the URL names: redis:// or rediss:// for one server, with
// ?master_name=… for Sentinel, with ?addr=…&addr=… for a cluster. It does not wait for Redis.
func Open(url string, o Options) (*Index, error) {
	redis.SetLogger(silence{})
	client, err := dial(url)
	if err != nil {
		return nil, err
	}
	o.Timeout = orDefault(o.Timeout, 500*time.Millisecond)
	o.Block = orDefault(o.Block, 5*time.Second)
	o.Slice = orDefault(o.Slice, 2*time.Second)
	ctx, stop := context.WithCancel(context.Background())
	ix := &Index{client: client, options: o, stop: stop, stopped: make(chan struct{}), ended: make(chan struct{}),
		rooms: map[string]*room{}, session: 1, renewed: make(chan struct{}), away: make(chan struct{})}
	go ix.read(ctx)
	return ix, nil
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Ready says that the provider has work. Pollers of this instance are woken even without Redis.
func (ix *Index) Ready(ctx context.Context, provider string) error {
	token := rand.Text()
	ix.announce(provider, token)
	return ix.command(ctx, func(ctx context.Context) error {
		_, err := ix.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			tell(ctx, p, provider, token)
			return nil
		})
		return err
	})
}

// tell puts an announcement where all instances find it.
func tell(ctx context.Context, p redis.Pipeliner, provider, token string) {
	p.Set(ctx, readyKey(provider), token, hintTTL)
	p.SAdd(ctx, providersKey, provider)
	p.XAdd(ctx, &redis.XAddArgs{Stream: wakeStream, MaxLen: maxWakeUps, Approx: true,
		Values: []string{"provider", provider, "token", token}})
}

// Drained says that the provider's queue was found empty. What was announced since the last poller
// was woken stays. Where nothing was announced, Redis is not asked.
func (ix *Index) Drained(ctx context.Context, provider string) error {
	token := ix.settle(provider)
	if token == "" {
		return ix.usable(ctx)
	}
	return ix.command(ctx, func(ctx context.Context) error {
		return drain.Run(ctx, ix.client, []string{readyKey(provider)}, token).Err()
	})
}

// Rebuild replaces what the index believes by what the ledger knows.
func (ix *Index) Rebuild(ctx context.Context, queues []gateway.Queue) error {
	waiting := map[string]string{}
	for _, q := range queues {
		if q.Depth > q.Leased {
			waiting[q.Name] = rand.Text()
		}
	}
	ix.replace(waiting)
	return ix.command(ctx, func(ctx context.Context) error {
		known, err := ix.client.SMembers(ctx, providersKey).Result()
		if err != nil {
			return err
		}
		_, err = ix.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, provider := range known {
				if waiting[provider] == "" {
					p.Del(ctx, readyKey(provider))
					p.SRem(ctx, providersKey, provider)
				}
			}
			for provider, token := range waiting {
				tell(ctx, p, provider, token)
			}
			return nil
		})
		return err
	})
}

// Ping says whether Redis can be reached.
func (ix *Index) Ping(ctx context.Context) error {
	ix.retryNow()
	return ix.command(ctx, func(ctx context.Context) error { return ix.client.Ping(ctx).Err() })
}

// Close ends all waiting and the connection.
func (ix *Index) Close() error {
	ix.mu.Lock()
	select {
	case <-ix.stopped:
		ix.mu.Unlock()
		return nil
	default:
		close(ix.stopped)
	}
	ix.mu.Unlock()
	ix.stop()
	err := ix.client.Close()
	<-ix.ended
	return err
}

var (
	errClosed = reason.New(gateway.CodeUnavailable, "the ready-index is closed")
	errAway   = reason.New(gateway.CodeUnavailable, "the ready-index is away")
)

func (ix *Index) usable(ctx context.Context) error {
	select {
	case <-ix.stopped:
		return errClosed
	default:
		return ctx.Err()
	}
}

// spareFor is how long commands fail at once after one has failed: an accept shall not
// wait for a Redis that is away.
const spareFor = time.Second

// command runs one exchange with Redis within its time.
func (ix *Index) command(ctx context.Context, do func(context.Context) error) error {
	if err := ix.usable(ctx); err != nil {
		return err
	}
	ix.mu.Lock()
	spared := time.Now().Before(ix.spare)
	ix.mu.Unlock()
	if spared {
		return errAway
	}
	limited, cancel := context.WithTimeout(ctx, ix.options.Timeout)
	defer cancel()
	err := do(limited)
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	ix.mu.Lock()
	ix.spare = time.Now().Add(spareFor)
	ix.mu.Unlock()
	return reason.Wrap(gateway.CodeUnavailable, "the ready-index cannot be reached", err)
}

func (ix *Index) retryNow() {
	ix.mu.Lock()
	ix.spare = time.Time{}
	ix.mu.Unlock()
}

// silence keeps the library from writing lines of its own between our JSON: what fails comes back as
// an error, and readiness says it.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

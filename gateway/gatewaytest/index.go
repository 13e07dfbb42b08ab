package gatewaytest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kopir/gateway"
)

// ExerciseIndex runs the suite; open gives an index that nobody announced anything to, and closes it
// with t.Cleanup.
func ExerciseIndex(t *testing.T, open func(t *testing.T) gateway.Index) {
	for _, test := range indexTests {
		t.Run(test.name, func(t *testing.T) {
			test.run(t, &pollers{t: t, ctx: t.Context(), index: open(t)})
		})
	}
}

type indexTest struct {
	name string
	run  func(t *testing.T, p *pollers)
}

// pollers ask an index and measure how long it kept them.
type pollers struct {
	t     *testing.T
	ctx   context.Context
	index gateway.Index
}

// Waits: a quiet one is waited to its end, a long one must not be.
const (
	quiet = 150 * time.Millisecond
	long  = 30 * time.Second
)

func (p *pollers) ok(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("unexpected error: %v", err)
	}
}

// wakes demands that a wait ends long before its time.
func (p *pollers) wakes(provider string) {
	p.t.Helper()
	if took := p.wait(provider, long); took > long/3 {
		p.t.Fatalf("%s was not woken, the wait took %v", provider, took)
	}
}

// sleeps demands that a wait goes to its end and not beyond.
func (p *pollers) sleeps(provider string) {
	p.t.Helper()
	if took := p.wait(provider, quiet); took < quiet*9/10 || took > quiet+5*time.Second {
		p.t.Fatalf("%s waited %v, want %v", provider, took, quiet)
	}
}

func (p *pollers) wait(provider string, d time.Duration) time.Duration {
	p.t.Helper()
	begin := time.Now()
	p.ok(p.index.Wait(p.ctx, provider, d))
	return time.Since(begin)
}

// waiting starts n pollers and returns when they had time to begin; the function it returns waits for them.
func (p *pollers) waiting(n int, provider string) (woken func() time.Duration) {
	var wg sync.WaitGroup
	begin := time.Now()
	for range n {
		wg.Go(func() {
			if err := p.index.Wait(p.ctx, provider, long); err != nil {
				p.t.Error(err)
			}
		})
	}
	_ = p.index.Wait(p.ctx, "nobody's", quiet) // they begin meanwhile; none has to
	return func() time.Duration {
		wg.Wait()
		return time.Since(begin)
	}
}

var indexTests = []indexTest{
	{"without work a poller waits its time", func(t *testing.T, p *pollers) {
		p.sleeps("akkol")
		if took := p.wait("akkol", 0); took > 5*time.Second {
			t.Errorf("a wait of nothing took %v", took)
		}
		if took := p.wait("akkol", -time.Second); took > 5*time.Second {
			t.Errorf("a negative wait took %v", took)
		}
	}},
	{"work announced before wakes at once", func(t *testing.T, p *pollers) {
		p.ok(p.index.Ready(p.ctx, "akkol"))
		p.wakes("akkol")
	}},
	{"work that was not found taken wakes the next poller too", func(t *testing.T, p *pollers) {
		p.ok(p.index.Ready(p.ctx, "akkol"))
		p.wakes("akkol")
		p.wakes("akkol")
	}},
	{"a drained queue is quiet until the next announcement", func(t *testing.T, p *pollers) {
		for range 3 {
			p.ok(p.index.Ready(p.ctx, "akkol"))
			p.wakes("akkol")
			p.ok(p.index.Drained(p.ctx, "akkol"))
			p.sleeps("akkol")
		}
	}},
	{"draining what nobody announced is no error", func(t *testing.T, p *pollers) {
		p.ok(p.index.Drained(p.ctx, "akkol"))
		p.sleeps("akkol")
	}},
	{"work announced while a poller looked at its queue is not forgotten", func(t *testing.T, p *pollers) {
		p.ok(p.index.Ready(p.ctx, "akkol"))
		p.wakes("akkol")
		// the poller finds the queue empty; before it says so, more work comes
		p.ok(p.index.Ready(p.ctx, "akkol"))
		p.ok(p.index.Drained(p.ctx, "akkol"))
		p.wakes("akkol")
	}},
	{"an announcement wakes all who wait for this provider", func(t *testing.T, p *pollers) {
		woken := p.waiting(20, "akkol")
		p.ok(p.index.Ready(p.ctx, "akkol"))
		if took := woken(); took > long/3 {
			t.Errorf("not all were woken, the last after %v", took)
		}
	}},
	{"an announcement wakes nobody else", func(t *testing.T, p *pollers) {
		p.ok(p.index.Ready(p.ctx, "akkol"))
		p.sleeps("zhaksy")
		p.wakes("akkol")
	}},
	{"provider ids may be any text", func(t *testing.T, p *pollers) {
		for _, id := range []string{"", "Ақкөл ауданы", "a}b{c", "{}", "a b\n*", "kopir:wake"} {
			p.ok(p.index.Ready(p.ctx, id))
			p.wakes(id)
			p.ok(p.index.Drained(p.ctx, id))
			p.sleeps(id)
		}
	}},
	{"a context that ends ends the wait with its error", func(t *testing.T, p *pollers) {
		ctx, cancel := context.WithTimeout(p.ctx, quiet)
		defer cancel()
		begin := time.Now()
		err := p.index.Wait(ctx, "akkol", long)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > long/3 {
			t.Errorf("error %v after %v", err, time.Since(begin))
		}
		if err := p.index.Wait(ctx, "akkol", long); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a wait with an ended context: %v", err)
		}
	}},
	{"a rebuild announces what the ledger has waiting and silences the rest", func(t *testing.T, p *pollers) {
		p.ok(p.index.Ready(p.ctx, "stale"))
		p.ok(p.index.Rebuild(p.ctx, []gateway.Queue{{Name: "waiting", Depth: 3, Leased: 2},
			{Name: "all leased", Depth: 2, Leased: 2}, {Name: "empty"}}))
		p.wakes("waiting")
		p.sleeps("stale")
		p.sleeps("all leased")
		p.sleeps("empty")
		p.ok(p.index.Rebuild(p.ctx, nil))
		p.sleeps("waiting")
	}},
	{"a rebuild wakes those who wait", func(t *testing.T, p *pollers) {
		woken := p.waiting(3, "akkol")
		p.ok(p.index.Rebuild(p.ctx, []gateway.Queue{{Name: "akkol", Depth: 1}}))
		if took := woken(); took > long/3 {
			t.Errorf("woken after %v", took)
		}
	}},
	{"announcements in parallel with polling lose nothing", func(t *testing.T, p *pollers) {
		const rounds = 50
		for i := range 4 {
			provider := fmt.Sprint("provider ", i)
			work, done := make(chan struct{}, rounds), make(chan struct{})
			go func() {
				defer close(done)
				for taken := 0; taken < rounds; { // the way a poller goes: ask, drained, wait
					select {
					case <-work:
						taken++
						continue
					default:
					}
					_ = p.index.Drained(p.ctx, provider)
					if err := p.index.Wait(p.ctx, provider, long); err != nil {
						return
					}
				}
			}()
			for range rounds {
				work <- struct{}{}
				p.ok(p.index.Ready(p.ctx, provider))
			}
			select {
			case <-done:
			case <-time.After(long / 3):
				t.Fatal("a poller sleeps beside its work")
			}
		}
	}},
	{"a healthy index answers a ping", func(t *testing.T, p *pollers) { p.ok(p.index.Ping(p.ctx)) }},
	{"closing ends the waits, and what comes later gets errors", func(t *testing.T, p *pollers) {
		ended := make(chan error)
		go func() { ended <- p.index.Wait(p.ctx, "akkol", long) }()
		_ = p.index.Wait(p.ctx, "nobody's", quiet)
		p.ok(p.index.Close())
		select {
		case <-ended:
		case <-time.After(long / 3):
			t.Fatal("a wait outlived the index")
		}
		for name, err := range map[string]error{"ready": p.index.Ready(p.ctx, "a"), "drained": p.index.Drained(p.ctx, "a"),
			"rebuild": p.index.Rebuild(p.ctx, nil), "ping": p.index.Ping(p.ctx), "wait": p.index.Wait(p.ctx, "a", long)} {
			if err == nil {
				t.Errorf("%s on a closed index gave no error", name)
			}
		}
	}},
}

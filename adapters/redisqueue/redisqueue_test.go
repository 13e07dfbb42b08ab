package redisqueue_test

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"kopir/adapters/redisqueue"
	"kopir/gateway"
	"kopir/gateway/gatewaytest"
)

func TestIndexOnMiniredis(t *testing.T) {
	gatewaytest.ExerciseIndex(t, func(t *testing.T) gateway.Index {
		return open(t, "redis://"+miniredis.RunT(t).Addr())
	})
}

func TestIndexOnRedis(t *testing.T) {
	gatewaytest.ExerciseIndex(t, func(t *testing.T) gateway.Index { return open(t, flushedRedis(t)) })
}

// flushedRedis is the address of the real server under test, emptied; without one the test is skipped.
func flushedRedis(t *testing.T) string {
	t.Helper()
	address := os.Getenv("KOPIR_TEST_REDIS")
	if address == "" {
		t.Skip("KOPIR_TEST_REDIS is not set: run under `.ci/services run` (make test does) to test on Redis")
	}
	flush(t, address)
	return address
}

func flush(t *testing.T, address string) {
	t.Helper()
	o, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(o)
	defer client.Close()
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, address string) *redisqueue.Index {
	t.Helper()
	ix, err := redisqueue.Open(address, redisqueue.Options{Slice: 200 * time.Millisecond, Block: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	return ix
}

// wakes demands that a wait ends long before its time.
func wakes(t *testing.T, ix *redisqueue.Index, provider string) {
	t.Helper()
	begin := time.Now()
	if err := ix.Wait(t.Context(), provider, 30*time.Second); err != nil || time.Since(begin) > 10*time.Second {
		t.Fatalf("not woken: %v after %v", err, time.Since(begin))
	}
}

// servers runs a test against miniredis and, where there is one, the real server.
func servers(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("miniredis", func(t *testing.T) { test(t, "redis://"+miniredis.RunT(t).Addr()) })
	t.Run("redis", func(t *testing.T) { test(t, flushedRedis(t)) })
}

func TestInstancesWakeEachOther(t *testing.T) {
	servers(t, func(t *testing.T, address string) {
		one, two := open(t, address), open(t, address)
		for range 3 {
			woken := make(chan error)
			go func() { woken <- two.Wait(t.Context(), "akkol", 30*time.Second) }()
			_ = one.Wait(t.Context(), "nobody's", 100*time.Millisecond)
			if err := one.Ready(t.Context(), "akkol"); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-woken:
				if err != nil {
					t.Fatal(err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the other instance was not woken")
			}
			_ = one.Drained(t.Context(), "akkol")
			_ = two.Drained(t.Context(), "akkol")
		}
	})
}

func TestNewInstanceFindsWhatWasAnnouncedBefore(t *testing.T) {
	servers(t, func(t *testing.T, address string) {
		if err := open(t, address).Ready(t.Context(), "akkol"); err != nil {
			t.Fatal(err)
		}
		wakes(t, open(t, address), "akkol")
	})
}

// An instance's reader begins somewhere between these steps, every time at another.
func TestNothingIsMissedWhileTheReaderStarts(t *testing.T) {
	servers(t, func(t *testing.T, address string) {
		one := open(t, address)
		for range 30 {
			two := open(t, address)
			for range 3 {
				if err := one.Ready(t.Context(), "akkol"); err != nil {
					t.Fatal(err)
				}
				wakes(t, two, "akkol")
				if err := two.Drained(t.Context(), "akkol"); err != nil {
					t.Fatal(err)
				}
			}
			if err := two.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestFlushedRedisStillWakes(t *testing.T) {
	servers(t, func(t *testing.T, address string) {
		one, two := open(t, address), open(t, address)
		for range 3 {
			if err := one.Ready(t.Context(), "akkol"); err != nil {
				t.Fatal(err)
			}
			wakes(t, two, "akkol")
			flush(t, address)
			if err := two.Drained(t.Context(), "akkol"); err != nil {
				t.Fatal(err)
			}
		}
		flush(t, address)
		if err := one.Rebuild(t.Context(), []gateway.Queue{{Name: "akkol", Depth: 1}}); err != nil {
			t.Fatal(err)
		}
		wakes(t, two, "akkol")
	})
}

func TestRedisThatIsDownDegrades(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close() // nobody listens there now
	degrades(t, open(t, "redis://"+address))
}

func TestRedisThatNeverAnswersDegrades(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts by the kernel's backlog and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	degrades(t, open(t, "redis://"+listener.Addr().String()))
}

// degrades demands errors from the commands and waits that end by themselves, neither long after their
// time nor at once (a poller would then ask the ledger in a loop).
func degrades(t *testing.T, ix *redisqueue.Index) {
	t.Helper()
	for _, d := range []time.Duration{50 * time.Millisecond, 30 * time.Second, 30 * time.Second} {
		begin := time.Now()
		if err := ix.Wait(t.Context(), "akkol", d); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > d+2*time.Second || took > 10*time.Second || took < 40*time.Millisecond {
			t.Errorf("a wait of %v took %v", d, took)
		}
	}
	begin := time.Now()
	for name, do := range map[string]func() error{
		"ready": func() error { return ix.Ready(t.Context(), "other") },
		"ping":  func() error { return ix.Ping(t.Context()) },
		"rebuild": func() error {
			return ix.Rebuild(t.Context(), []gateway.Queue{{Name: "third", Depth: 1}})
		},
	} {
		if err := do(); err == nil {
			t.Errorf("%s without Redis gave no error", name)
		}
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("three failing commands took %v", took)
	}
	wakes(t, ix, "other") // announced here, so known here
	wakes(t, ix, "third")
}

func TestComesBackByItself(t *testing.T) {
	server := miniredis.RunT(t)
	one, two := open(t, "redis://"+server.Addr()), open(t, "redis://"+server.Addr())
	if err := one.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Close()
	degrades(t, one)
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for one.Ready(t.Context(), "akkol") != nil {
		if time.Now().After(deadline) {
			t.Fatal("the index did not come back")
		}
		_ = two.Wait(t.Context(), "nobody's", 50*time.Millisecond)
	}
	wakes(t, two, "akkol")
}

func TestSlowRedisHoldsUpNobodyForLong(t *testing.T) {
	server := miniredis.RunT(t)
	ix := open(t, "redis://"+server.Addr())
	if err := ix.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.SetError("LOADING Redis is loading the dataset in memory")
	begin := time.Now()
	for range 200 {
		_ = ix.Ready(t.Context(), "akkol")
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("200 announcements to a sick Redis took %v", took)
	}
	server.SetError("")
}

func TestMalformedAddressDoesNotTellItsPassword(t *testing.T) {
	for _, address := range []string{"redis://:hunter2@host:port", "http://:hunter2@host", "redis://:hunter2@h/x", "%zz hunter2"} {
		ix, err := redisqueue.Open(address, redisqueue.Options{})
		if err == nil {
			ix.Close()
			t.Errorf("%s was taken", address)
			continue
		}
		if got := err.Error(); strings.Contains(got, "hunter2") {
			t.Errorf("error: %s", got)
		}
	}
}

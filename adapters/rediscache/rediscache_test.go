package rediscache

import (
	"bytes"
	"context"
	"crypto/rand"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// servers runs a test against miniredis and, where there is one, the real server.
func servers(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("miniredis", func(t *testing.T) { test(t, "redis://"+miniredis.RunT(t).Addr()) })
	t.Run("redis", func(t *testing.T) {
		address := os.Getenv("KOPIR_TEST_REDIS")
		if address == "" {
			t.Skip("KOPIR_TEST_REDIS is not set: run under `.ci/services run` (make test does) to test on Redis")
		}
		test(t, address)
	})
}

// open makes a cache with time enough for a busy machine, and a client beside it.
func open(t *testing.T, address string, o Options) (*Cache, *redis.Client) {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	c, err := Open(address, o)
	if err != nil {
		t.Fatal(err)
	}
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	beside := redis.NewClient(options)
	t.Cleanup(func() { _, _ = c.Close(), beside.Close() })
	return c, beside
}

// key is one no other test uses, on a server that is not emptied.
func key() string { return strings.ToLower(rand.Text()) }

func TestPutAndGet(t *testing.T) {
	servers(t, func(t *testing.T, address string) {
		c, beside := open(t, address, Options{})
		k, value := key(), []byte{0x30, 0, 0xff, '\r', '\n'}
		if _, ok := c.Get(t.Context(), k); ok {
			t.Error("found what nobody has put")
		}
		c.Put(t.Context(), k, value, time.Hour)
		if got, ok := c.Get(t.Context(), k); !ok || !bytes.Equal(got, value) {
			t.Errorf("got %x, %v", got, ok)
		}
		if ttl := beside.TTL(t.Context(), "kopir:ocsp:"+k).Val(); ttl <= 59*time.Minute || ttl > time.Hour {
			t.Errorf("kept for %v", ttl)
		}
		c.Put(t.Context(), k+"0", value, 0)
		c.Put(t.Context(), k+"1", make([]byte, maxValueBytes+1), time.Hour)
		c.Drop(t.Context(), k)
		for _, gone := range []string{k, k + "0", k + "1"} {
			if _, ok := c.Get(t.Context(), gone); ok {
				t.Errorf("%s is there", gone)
			}
		}
		if s := c.Stats(); s != (Stats{Hits: 1, Misses: 4, Dropped: 1}) {
			t.Errorf("%+v", s)
		}
	})
}

// TestPoisonedValues: a value that is too long or of another type is none, and Redis goes on serving.
func TestPoisonedValues(t *testing.T) {
	servers(t, func(t *testing.T, address string) {
		c, beside := open(t, address, Options{})
		long, other := key(), key()
		if err := beside.Set(t.Context(), prefix+long, make([]byte, 8<<20), time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
		if err := beside.RPush(t.Context(), prefix+other, "x").Err(); err != nil {
			t.Fatal(err)
		}
		for _, k := range []string{long, other, long, other} {
			if got, ok := c.Get(t.Context(), k); ok {
				t.Errorf("got %d bytes", len(got))
			}
		}
		c.Put(t.Context(), other, []byte("good"), time.Minute)
		if got, ok := c.Get(t.Context(), other); !ok || string(got) != "good" {
			t.Errorf("got %q, %v", got, ok)
		}
		if s := c.Stats(); s.Dropped != 1 || s.Failures != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// TestLostRedisCostsLittle: a server that is gone, or takes connections and says nothing, costs one time-out and then
// nothing, and is used again when it is back.
func TestLostRedisCostsLittle(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, address := range map[string]string{"gone": "redis://127.0.0.1:1", "silent": "redis://" + silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			c, _ := open(t, address, Options{Timeout: 50 * time.Millisecond, Now: func() time.Time { return at }})
			start := time.Now()
			for range 1000 {
				if _, ok := c.Get(t.Context(), "a"); ok {
					t.Fatal("an answer out of nowhere")
				}
				c.Put(t.Context(), "a", []byte("x"), time.Minute)
			}
			if took := time.Since(start); took > time.Second || c.Stats().Failures != 1 {
				t.Errorf("2000 commands took %v, %+v", took, c.Stats())
			}
		})
	}
	server := miniredis.RunT(t)
	c, _ := open(t, "redis://"+server.Addr(), Options{Now: func() time.Time { return at }})
	c.Put(t.Context(), "a", []byte("x"), time.Hour)
	server.SetError("LOADING Redis is loading the dataset in memory")
	c.Get(t.Context(), "a")
	server.SetError("")
	if _, ok := c.Get(t.Context(), "a"); !ok {
		t.Error("a refusal of one command is no outage")
	}
	server.Close()
	c.Get(t.Context(), "a")
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	c.Put(t.Context(), "b", []byte("x"), time.Hour) // rests
	at = at.Add(3 * time.Second)
	c.Put(t.Context(), "c", []byte("x"), time.Hour)
	for k, want := range map[string]bool{"b": false, "c": true} {
		if _, ok := c.Get(t.Context(), k); ok != want {
			t.Errorf("%s: %v", k, ok)
		}
	}
	given, cancel := context.WithCancel(t.Context())
	cancel()
	if c.Get(given, "c"); c.rest != 0 {
		t.Error("Redis rests because a caller gave up")
	}
}

func TestMalformedAddressesAreNotQuoted(t *testing.T) {
	for _, address := range []string{"redis://:secret@host:port", "http://:secret@host", "::secret", "redis://:secret@h:1/?addr=x:y:z:1", "redis://:secret@h/0?master_name=m&db=x"} {
		if _, err := Open(address, Options{}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// responder counts how often it is asked.
type responder struct {
	revocation.Fetcher
	ca    *testpki.Authority
	at    time.Time
	asked int
}

func (r *responder) OCSP(_ context.Context, _ string, request []byte) ([]byte, error) {
	r.asked++
	return r.ca.OCSP(request, r.at)
}

// TestInstancesShareAnswers: with a real answer and a real source on both sides; what somebody else has written into
// Redis is dropped, and the responder is asked.
func TestInstancesShareAnswers(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	ca, err := testpki.New(testpki.GOST512, testpki.Options{Rand: rand.Reader, Now: now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	issue := func() *pki.Certificate {
		id, err := ca.Issue(testpki.Profile{})
		if err != nil {
			t.Fatal(err)
		}
		return id.Certificate
	}
	servers(t, func(t *testing.T, address string) {
		r := &responder{ca: ca, at: now}
		c, beside := open(t, address, Options{})
		ask := func(cert *pki.Certificate, want revocation.State) {
			t.Helper()
			o := revocation.NewOnline(r, revocation.Config{Now: func() time.Time { return r.at }, Rand: rand.Reader, OCSP: []string{"http://ocsp/"}, Cache: c})
			if s := o.Status(t.Context(), cert, ca.Issuing, r.at); s.State != want {
				t.Errorf("%v: %s", s.State, s.Detail)
			}
		}
		keys := func() []string {
			found, err := beside.Keys(t.Context(), prefix+"*").Result()
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		before := keys()
		victim, good := issue(), issue()
		ask(good, revocation.Good)
		if ask(good, revocation.Good); r.asked != 1 {
			t.Fatalf("asked %d times", r.asked)
		}
		ca.Revoke(victim.Serial, now.Add(-time.Minute), 1)
		ask(victim, revocation.Revoked)
		var ours []string
		for _, k := range keys() {
			if !strings.Contains(strings.Join(before, " "), k) {
				ours = append(ours, k)
			}
		}
		if len(ours) != 2 {
			t.Fatalf("keys %v", ours)
		}
		swap := map[string]string{}
		for i, k := range ours { // each gets the other's answer, both genuine
			swap[k] = beside.Get(t.Context(), ours[1-i]).Val()
		}
		for k, v := range swap {
			if err := beside.Set(t.Context(), k, v, time.Hour).Err(); err != nil {
				t.Fatal(err)
			}
		}
		ask(victim, revocation.Revoked)
		ask(good, revocation.Good)
		if r.asked != 4 || c.Stats().Dropped != 2 {
			t.Errorf("asked %d times, %+v", r.asked, c.Stats())
		}
		r.at = now.Add(61 * time.Minute) // Redis still has them, but they are too old
		ask(good, revocation.Good)
		if r.asked != 5 {
			t.Errorf("asked %d times", r.asked)
		}
	})
}

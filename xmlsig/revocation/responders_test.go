package revocation_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// several is a network of responders, some of which fail.
type several struct {
	*network
	at     time.Time
	failed map[string]bool
	order  []string // as they were asked
}

func (s *several) OCSP(ctx context.Context, url string, request []byte) ([]byte, error) {
	s.order = append(s.order, url)
	if s.failed[url] {
		return nil, errDown
	}
	return s.network.OCSP(ctx, url, request)
}

// OCSPByGET marks the address.
func (s *several) OCSPByGET(ctx context.Context, url string, request []byte) ([]byte, error) {
	return s.OCSP(ctx, "get "+url, request)
}

func newSeveral(t *testing.T) *several {
	s := &several{network: newNetwork(newAuthority(t, testpki.ECDSA, "several")), at: now, failed: map[string]bool{}}
	s.clock = func() time.Time { return s.at }
	return s
}

// asks is which responders a question about a new certificate went to.
func (s *several) asks(t *testing.T, o *revocation.Online, want ...string) {
	t.Helper()
	s.order = nil
	wantState(t, o.Status(t.Context(), issue(t, s.ca, testpki.Profile{}), s.ca.Issuing, s.at), revocation.Good)
	if len(s.order) != len(want) {
		t.Fatalf("asked %v, want %v", s.order, want)
	}
	for i := range want {
		if s.order[i] != want[i] {
			t.Fatalf("asked %v, want %v", s.order, want)
		}
	}
}

// TestRespondersInOrder: by priority; one that fails goes behind for a while, and comes back.
func TestRespondersInOrder(t *testing.T) {
	s := newSeveral(t)
	o := revocation.NewOnline(s, revocation.Config{Now: func() time.Time { return s.at }, Hosts: hosts,
		Responders: []revocation.Responder{{URL: "http://last/", Priority: 9}, {URL: "http://first/"}, {URL: "http://second/"}}})
	s.asks(t, o, "http://first/")
	s.failed["http://first/"] = true
	s.asks(t, o, "http://first/", "http://second/")
	s.at = now.Add(time.Minute) // it rests no longer, but is still behind
	s.asks(t, o, "http://second/")
	s.failed["http://second/"] = true
	s.asks(t, o, "http://second/", "http://last/")
	s.failed["http://last/"] = true
	s.asks(t, o, "http://last/", ocspURL) // the one the certificate names
	s.failed = nil
	s.at = now.Add(time.Hour)
	s.asks(t, o, "http://first/")
	states := o.Sources()
	for i, want := range []string{"http://first/", "http://second/", "http://last/", ocspURL} {
		if states[i].URL != want || states[i].Kind != "ocsp" || states[i].LastTried.IsZero() || states[i].SilentSince.IsZero() != (want == "http://first/" || want == ocspURL) {
			t.Errorf("%d: %+v, want %s", i, states[i], want)
		}
	}
}

// TestAskingByGET: only where it is configured, and then without a nonce.
func TestAskingByGET(t *testing.T) {
	s := newSeveral(t)
	config := func(get bool) revocation.Config {
		return revocation.Config{Now: func() time.Time { return s.at }, Rand: &seeded{seed: "nonce"}, Responders: []revocation.Responder{{URL: "http://a/", GET: get}}}
	}
	s.asks(t, revocation.NewOnline(s, config(true)), "get http://a/")
	byGET := len(s.requests[0])
	s.asks(t, revocation.NewOnline(s, config(false)), "http://a/")
	if byPOST := len(s.requests[1]); byGET >= byPOST || byGET > 127 {
		t.Errorf("the request has %d octets by GET and %d by POST", byGET, byPOST)
	}
	// An older answer out of a cache on the way counts within its time, and no longer.
	s.clock = func() time.Time { return now.Add(-50 * time.Minute) }
	s.asks(t, revocation.NewOnline(s, config(true)), "get http://a/")
	s.clock = func() time.Time { return now.Add(-70 * time.Minute) }
	got := revocation.NewOnline(s, config(true)).Status(t.Context(), issue(t, s.ca, testpki.Profile{}), s.ca.Issuing, now)
	wantState(t, got, revocation.Unknown)
	// A fetcher that cannot is a source that fails.
	got = revocation.NewOnline(s.network, config(true)).Status(t.Context(), issue(t, s.ca, testpki.Profile{}), s.ca.Issuing, now)
	wantState(t, got, revocation.Unknown)
}

// shelf is a shared cache that anybody can write to.
type shelf struct {
	mu      sync.Mutex
	values  map[string][]byte
	ttl     time.Duration
	dropped int
}

func (s *shelf) Get(_ context.Context, key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[key]
	return v, ok
}

func (s *shelf) Put(_ context.Context, key string, der []byte, ttl time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key], s.ttl = der, ttl
}

func (s *shelf) Drop(_ context.Context, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, key)
	s.dropped++
}

func (s *shelf) poison(der []byte) {
	for key := range s.values {
		s.values[key] = der
	}
}

// TestSharedCache: another instance's answer is used, after it was verified; what is not an answer about this
// certificate, by this authority, of this hour is dropped and counted.
func TestSharedCache(t *testing.T) {
	ca, stranger := newAuthority(t, testpki.GOST512, "shared"), newAuthority(t, testpki.GOST512, "stranger")
	cert, other := issue(t, ca, testpki.Profile{}), issue(t, ca, testpki.Profile{})
	made := func(of *pki.Certificate, at time.Time, mutate func(*testpki.OCSPSpec)) []byte {
		request, err := revocation.NewOCSPRequest(of, ca.Issuing, nil)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := ca.AnswerOCSP(request, at, mutate)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	tests := []struct {
		name  string
		value []byte
		used  bool
		drops int
	}{
		{"another instance's", made(cert, ago(10*time.Minute), nil), true, 0},
		{"about another certificate", made(other, now, nil), false, 1},
		{"no answer", []byte("PONG"), false, 1},
		{"nothing", nil, false, 1},
		{"a refusal", []byte{0x30, 3, 0x0a, 1, 3}, false, 1},
		{"by a stranger", made(cert, now, func(s *testpki.OCSPSpec) { s.Signer.Key = stranger.Responder().Key }), false, 1},
		{"altered", append(made(cert, now, nil)[:1000], 0), false, 1},
		{"of yesterday", made(cert, ago(day), nil), false, 1},
		{"of yesterday, good for a week", made(cert, ago(day), func(s *testpki.OCSPSpec) { s.Singles[0].NextUpdate = now.Add(6 * day) }), false, 0},
		{"unknown", made(cert, now, func(s *testpki.OCSPSpec) { s.Singles[0].State = testpki.OCSPUnknown }), false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cache := &shelf{values: map[string][]byte{}}
			n := newNetwork(ca)
			failures := 0
			config := revocation.Config{Now: func() time.Time { return now }, OCSP: []string{ocspURL}, Cache: cache, Rand: &seeded{seed: "nonce"},
				Failed: func(source, _ string, _ error) {
					if source == "cache" {
						failures++
					}
				}}
			ask := func() {
				t.Helper()
				wantState(t, revocation.NewOnline(n, config).Status(t.Context(), cert, ca.Issuing, now), revocation.Good)
			}
			ask()
			if ask(); n.count(ocspURL) != 1 || cache.ttl != time.Hour {
				t.Fatalf("the second instance asked too: %v, ttl %v", n.asked, cache.ttl)
			}
			cache.poison(tt.value)
			ask()
			if used := n.count(ocspURL) == 1; used != tt.used || cache.dropped != tt.drops || failures != tt.drops {
				t.Errorf("used %v, dropped %d, %d failures", used, cache.dropped, failures)
			}
		})
	}
}

// TestSharedAnswerEndsWhenItWasMade: not an hour after it was found.
func TestSharedAnswerEndsWhenItWasMade(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "shared")
	cert := issue(t, ca, testpki.Profile{})
	cache := &shelf{values: map[string][]byte{}}
	n := newNetwork(ca)
	at := now
	n.clock = func() time.Time { return at }
	config := revocation.Config{Now: func() time.Time { return at }, OCSP: []string{ocspURL}, Cache: cache}
	one, two := revocation.NewOnline(n, config), revocation.NewOnline(n, config)
	for i, step := range []struct {
		by    *revocation.Online
		after time.Duration
		asked int
	}{{one, 0, 1}, {two, 40 * time.Minute, 1}, {two, 59 * time.Minute, 1}, {two, 61 * time.Minute, 2}, {one, 62 * time.Minute, 2}} {
		at = now.Add(step.after)
		wantState(t, step.by.Status(t.Context(), cert, ca.Issuing, at), revocation.Good)
		if n.count(ocspURL) != step.asked {
			t.Errorf("step %d: asked %d times, want %d", i, n.count(ocspURL), step.asked)
		}
	}
}

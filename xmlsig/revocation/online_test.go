package revocation_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// network is a Fetcher that asks an authority in the same process.
type network struct {
	mu       sync.Mutex
	ca       *testpki.Authority
	clock    func() time.Time
	answers  func(request []byte) ([]byte, error) // instead of the authority's
	lists    map[string]func() ([]byte, error)
	asked    map[string]int
	down     bool
	requests [][]byte
}

func newNetwork(ca *testpki.Authority) *network {
	return &network{ca: ca, clock: func() time.Time { return now }, lists: make(map[string]func() ([]byte, error)), asked: make(map[string]int)}
}

var errDown = errors.New("connection refused")

func (n *network) OCSP(_ context.Context, url string, request []byte) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[url]++
	n.requests = append(n.requests, request)
	switch {
	case n.down:
		return nil, errDown
	case n.answers != nil:
		return n.answers(request)
	}
	return n.ca.OCSP(request, n.clock())
}

func (n *network) CRL(_ context.Context, url string) (io.ReadCloser, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[url]++
	if n.down || n.lists[url] == nil {
		return nil, errDown
	}
	raw, err := n.lists[url]()
	return io.NopCloser(bytes.NewReader(raw)), err
}

// serve puts a list at an address.
func (n *network) serve(t testing.TB, url string, s testpki.CRLSpec) {
	t.Helper()
	raw, err := n.ca.MakeCRL(s)
	if err != nil {
		t.Fatal(err)
	}
	n.lists[url] = func() ([]byte, error) { return raw, nil }
}

func (n *network) count(url string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[url]
}

var hosts = []string{"ocsp.example.kz", "crl.example.kz"}

func TestOnlineAsksTheResponder(t *testing.T) {
	for _, alg := range algorithms {
		ca := newAuthority(t, alg, string(alg))
		cert := issue(t, ca, testpki.Profile{})
		n := newNetwork(ca)
		source := revocation.NewOnline(n, revocation.Config{Rand: &seeded{seed: "nonce"}, Hosts: hosts})
		for range 3 {
			wantState(t, source.Status(t.Context(), cert, ca.Issuing, now), revocation.Good)
		}
		if n.count(ocspURL) != 1 {
			t.Errorf("asked %d times", n.count(ocspURL))
		}
		wantState(t, source.Status(t.Context(), ca.Issuing, ca.Root, now), revocation.Good)
		ca.Revoke(cert.Serial, now, 1)
		wantState(t, source.Status(t.Context(), cert, ca.Issuing, now.Add(50*time.Minute)), revocation.Good) // remembered
		n.clock = func() time.Time { return now.Add(61 * time.Minute) }
		wantState(t, source.Status(t.Context(), cert, ca.Issuing, now.Add(61*time.Minute)), revocation.Revoked)
	}
}

// TestZeroConfigAsksNobody: addresses of certificates need an allowed host.
func TestZeroConfigAsksNobody(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	n := newNetwork(ca)
	for _, hosts := range [][]string{nil, {"example.kz"}, {"ocsp.example.kz:8080"}, {"evil-ocsp.example.kz"}, {""}, {"http://ocsp.example.kz/"}} {
		got := revocation.NewOnline(n, revocation.Config{Hosts: hosts}).Status(t.Context(), cert, ca.Issuing, now)
		wantState(t, got, revocation.Unknown)
	}
	if len(n.asked) != 0 {
		t.Error(n.asked)
	}
	got := revocation.NewOnline(n, revocation.Config{Hosts: []string{"ocsp.example.kz:80"}}).Status(t.Context(), cert, ca.Issuing, now)
	wantState(t, got, revocation.Good)
}

// TestStrangeAddressesAreNotAsked: an address is plain or it is not asked.
func TestStrangeAddressesAreNotAsked(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	n := newNetwork(ca)
	source := revocation.NewOnline(n, revocation.Config{Hosts: []string{"ocsp.example.kz"}})
	for _, url := range []string{"ftp://ocsp.example.kz/", "ocsp.example.kz", "http://ocsp.example.kz@evil.kz/", "http://evil.kz/ocsp.example.kz",
		"http://evil.kz\\@ocsp.example.kz/", "http://ocsp.example.kz:99999999x/", "http://ocsp.example.kz:", "http://ocsp.example.kz%2eevil.kz/",
		"http://[::1]/", "file:///etc/passwd", "http://", "http:// ocsp.example.kz/", "http://ocsp.example.kz:22/", "https://ocsp.example.kz:80/", ""} {
		cert := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.OCSPURLs, c.CRLURLs, c.DeltaURLs = []string{url}, []string{url}, nil }})
		wantState(t, source.Status(t.Context(), cert, ca.Issuing, now), revocation.Unknown)
	}
	if len(n.asked) != 0 {
		t.Error(n.asked)
	}
	for _, url := range []string{"http://OCSP.example.kz", "http://ocsp.example.kz/a?b#c", "https://ocsp.example.kz:443/"} {
		cert := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.OCSPURLs = []string{url} }})
		wantState(t, source.Status(t.Context(), cert, ca.Issuing, now), revocation.Good)
	}
}

// TestFallsBackToLists: a responder that fails or lies leaves the word to the lists.
func TestFallsBackToLists(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert, held := issue(t, ca, testpki.Profile{}), issue(t, ca, testpki.Profile{})
	forged := func(request []byte) ([]byte, error) {
		return ca.AnswerOCSP(request, now, func(s *testpki.OCSPSpec) { s.Signer.Key = ca.RootIdentity().Key })
	}
	stale := func([]byte) ([]byte, error) {
		request, _ := revocation.NewOCSPRequest(cert, ca.Issuing, make([]byte, 32))
		return ca.OCSP(request, now)
	}
	for name, answers := range map[string]func([]byte) ([]byte, error){
		"unreachable": func([]byte) ([]byte, error) { return nil, errDown },
		"a web page":  func([]byte) ([]byte, error) { return []byte("<html>"), nil },
		"tryLater":    func([]byte) ([]byte, error) { return []byte{0x30, 3, 0x0a, 1, 3}, nil },
		"forged":      forged,
		"replayed":    stale,
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(ca)
			n.answers = answers
			var heard atomic.Int32
			cfg := revocation.Config{Rand: &seeded{seed: "nonce"}, Hosts: hosts, Failed: func(string, string, error) { heard.Add(1) }}
			wantState(t, revocation.NewOnline(n, cfg).Status(t.Context(), cert, ca.Issuing, now), revocation.Unknown)
			base := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
			base.Number = big.NewInt(10)
			base.Entries = []testpki.Revoked{{Serial: held.Serial, At: now.Add(-day), Reason: 6}}
			n.serve(t, crlURL, base)
			source := revocation.NewOnline(n, cfg)
			got := source.Status(t.Context(), cert, ca.Issuing, now)
			wantState(t, got, revocation.Good)
			if got.Source != revocation.SourceCRL || heard.Load() == 0 {
				t.Errorf("by %s, %d failures heard of", got.Source, heard.Load())
			}
			wantState(t, source.Status(t.Context(), held, ca.Issuing, now), revocation.OnHold)
			delta := ca.CRLSpec(now.Add(-time.Minute), now.Add(time.Hour))
			delta.Number, delta.Base, delta.Entries = big.NewInt(11), big.NewInt(10), []testpki.Revoked{{Serial: held.Serial, At: now, Reason: 8}}
			n.serve(t, deltaURL, delta)
			wantState(t, revocation.NewOnline(n, cfg).Status(t.Context(), held, ca.Issuing, now), revocation.Good)
		})
	}
}

// TestNonceOptional: a responder that answers in advance may be allowed.
func TestNonceOptional(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	n := newNetwork(ca)
	without := func(value []byte) func([]byte) ([]byte, error) {
		return func(request []byte) ([]byte, error) {
			return ca.AnswerOCSP(request, now, func(s *testpki.OCSPSpec) { s.Nonce = value })
		}
	}
	ask := func(optional bool) revocation.Status {
		cfg := revocation.Config{Rand: &seeded{seed: "nonce"}, OCSP: []string{ocspURL}, NonceOptional: optional}
		return revocation.NewOnline(n, cfg).Status(t.Context(), cert, ca.Issuing, now)
	}
	n.answers = without(nil)
	wantState(t, ask(false), revocation.Unknown)
	wantState(t, ask(true), revocation.Good)
	n.answers = without([]byte{4, 1, 7})
	wantState(t, ask(true), revocation.Unknown)
}

// TestListsAreKept: one download serves all certificates until the list is old,
// an old one serves while no new one can be had, and an older one never replaces it.
func TestListsAreKept(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	n := newNetwork(ca)
	at := now
	source := revocation.NewOnline(n, revocation.Config{Now: func() time.Time { return at }, CRL: []string{crlURL}})
	spec := func(number int64, from time.Time, revoked ...*pki.Certificate) {
		s := ca.CRLSpec(from, from.Add(27*time.Hour))
		s.Number = big.NewInt(number)
		for _, c := range revoked {
			s.Entries = append(s.Entries, testpki.Revoked{Serial: c.Serial, At: from, Reason: 1})
		}
		n.serve(t, crlURL, s)
	}
	fresh := func() *pki.Certificate { return issue(t, ca, testpki.Profile{NotAfter: now.Add(99 * day)}) }
	lost := fresh()
	spec(5, now.Add(-time.Hour))
	for range 5 {
		wantState(t, source.Status(t.Context(), fresh(), ca.Issuing, at), revocation.Good)
	}
	if n.count(crlURL) != 1 {
		t.Errorf("downloaded %d times", n.count(crlURL))
	}
	at = now.Add(2 * time.Hour)
	spec(6, at.Add(-time.Minute), lost)
	wantState(t, source.Status(t.Context(), lost, ca.Issuing, at), revocation.Revoked)
	if n.count(crlURL) != 2 {
		t.Errorf("downloaded %d times", n.count(crlURL))
	}
	lost2 := fresh()
	at = now.Add(4 * time.Hour)
	spec(7, at.Add(-time.Minute), lost, lost2)
	wantState(t, source.Status(t.Context(), lost2, ca.Issuing, at), revocation.Revoked)
	at = now.Add(6 * time.Hour)
	spec(6, now, lost) // a replay of an older list
	third := fresh()
	wantState(t, source.Status(t.Context(), third, ca.Issuing, at), revocation.Good)
	wantState(t, source.Status(t.Context(), lost2, ca.Issuing, at), revocation.Revoked)
	n.down = true
	at = now.Add(12 * time.Hour)
	wantState(t, source.Status(t.Context(), fresh(), ca.Issuing, at), revocation.Good) // the list in hand
	at = now.Add(40 * time.Hour)
	wantState(t, source.Status(t.Context(), fresh(), ca.Issuing, at), revocation.Unknown)
}

// TestMirrorsAreNotAskedTwice: of two places of one list the first that answers
// is enough, and the delta list comes after.
func TestMirrorsAreNotAskedTwice(t *testing.T) {
	const mirror = "http://crl.example.kz/mirror.crl"
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.OCSPURLs, c.CRLURLs = nil, []string{crlURL, mirror} }})
	full := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
	n := newNetwork(ca)
	n.serve(t, crlURL, full)
	n.serve(t, mirror, full)
	wantState(t, revocation.NewOnline(n, revocation.Config{Hosts: hosts}).Status(t.Context(), cert, ca.Issuing, now), revocation.Good)
	if n.count(crlURL) != 1 || n.count(mirror) != 0 || n.count(deltaURL) != 1 {
		t.Error(n.asked)
	}
	delete(n.lists, crlURL)
	wantState(t, revocation.NewOnline(n, revocation.Config{Hosts: hosts}).Status(t.Context(), cert, ca.Issuing, now), revocation.Good)
	if n.count(mirror) != 1 {
		t.Error(n.asked)
	}
}

// TestLongAnswersAreAskedAgain: an answer good for a week is not believed for one.
func TestLongAnswersAreAskedAgain(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	n := newNetwork(ca)
	n.answers = func(request []byte) ([]byte, error) {
		return ca.AnswerOCSP(request, now, func(s *testpki.OCSPSpec) { s.Singles[0].NextUpdate = now.Add(7 * day) })
	}
	source := revocation.NewOnline(n, revocation.Config{OCSP: []string{ocspURL}, Freshness: 30 * time.Minute})
	for _, after := range []time.Duration{0, 29 * time.Minute, 31 * time.Minute, 6 * day, 8 * day} {
		want := revocation.Good
		if after > 7*day {
			want = revocation.Unknown
		}
		wantState(t, source.Status(t.Context(), cert, ca.Issuing, now.Add(after)), want)
	}
	if n.count(ocspURL) != 4 {
		t.Errorf("asked %d times", n.count(ocspURL))
	}
}

// TestListOfAnotherAuthority is fetched once and does no harm.
func TestListOfAnotherAuthority(t *testing.T) {
	ca, other := newAuthority(t, testpki.ECDSA, "ca"), newAuthority(t, testpki.GOST2004, "other")
	n := newNetwork(ca)
	n.down = false
	n.answers = func([]byte) ([]byte, error) { return nil, errDown }
	n.serve(t, crlURL, other.CRLSpec(now.Add(-time.Hour), now.Add(day)))
	n.serve(t, "http://b/", ca.CRLSpec(now.Add(-time.Hour), now.Add(day)))
	at := now
	source := revocation.NewOnline(n, revocation.Config{Now: func() time.Time { return at }, CRL: []string{crlURL, "http://b/"}})
	for range 3 {
		wantState(t, source.Status(t.Context(), issue(t, ca, testpki.Profile{}), ca.Issuing, at), revocation.Good)
		at = at.Add(2 * time.Hour)
	}
	if n.count(crlURL) != 1 || n.count("http://b/") != 3 {
		t.Error(n.asked)
	}
}

// TestFailedAddressRests: a dead responder does not hold everybody up.
func TestFailedAddressRests(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	n := newNetwork(ca)
	n.down = true
	at := now
	source := revocation.NewOnline(n, revocation.Config{Now: func() time.Time { return at }, OCSP: []string{ocspURL}, CRL: []string{crlURL}})
	for range 5 {
		wantState(t, source.Status(t.Context(), issue(t, ca, testpki.Profile{}), ca.Issuing, at), revocation.Unknown)
	}
	if n.count(ocspURL) != 1 || n.count(crlURL) != 1 {
		t.Error(n.asked)
	}
	n.down = false
	at = now.Add(3 * time.Second)
	wantState(t, source.Status(t.Context(), issue(t, ca, testpki.Profile{}), ca.Issuing, at), revocation.Good)
}

// slow is a Fetcher that takes its time.
type slow struct {
	*network
	takes time.Duration
}

func (s slow) OCSP(ctx context.Context, url string, request []byte) ([]byte, error) {
	select {
	case <-time.After(s.takes):
		return s.network.OCSP(ctx, url, request)
	case <-ctx.Done():
		s.network.OCSP(ctx, url, request)
		return nil, ctx.Err()
	}
}

// TestOneFlight: questions about one certificate that come together are asked
// once, and one that gives up does not stop the others.
func TestOneFlight(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(ca)
		source := revocation.NewOnline(slow{n, time.Second}, revocation.Config{OCSP: []string{ocspURL}})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { wantState(t, source.Status(t.Context(), cert, ca.Issuing, now), revocation.Good) })
		}
		hasty, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		wg.Go(func() { wantState(t, source.Status(hasty, cert, ca.Issuing, now), revocation.Unknown) })
		wg.Wait()
		if n.count(ocspURL) != 1 {
			t.Errorf("asked %d times", n.count(ocspURL))
		}
	})
}

// TestTimeout: a responder that does not answer is left for the next source.
func TestTimeout(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{})
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(ca)
		n.serve(t, crlURL, ca.CRLSpec(now.Add(-time.Hour), now.Add(day)))
		start := time.Now()
		got := revocation.NewOnline(slow{n, time.Hour}, revocation.Config{OCSP: []string{ocspURL}, CRL: []string{crlURL}}).Status(t.Context(), cert, ca.Issuing, now)
		wantState(t, got, revocation.Good)
		if took := time.Since(start); got.Source != revocation.SourceCRL || took != 5*time.Second {
			t.Errorf("by %s after %v", got.Source, took)
		}
	})
}

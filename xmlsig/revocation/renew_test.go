package revocation_test

import (
	"context"
	"io"
	"math/big"
	"sync"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// attended is a source with somebody who calls Renew, and a clock.
type attended struct {
	*keeping
	at     time.Time
	online *revocation.Online
	mu     sync.Mutex // of failed
	failed []string
}

func newAttended(t *testing.T, change func(*revocation.Config)) *attended {
	ca := newAuthority(t, testpki.ECDSA, "attended")
	a := &attended{keeping: &keeping{network: newNetwork(ca)}, at: now}
	a.clock = func() time.Time { return a.at }
	a.restart(change)
	return a
}

func (a *attended) restart(change func(*revocation.Config)) {
	cfg := revocation.Config{Now: func() time.Time { return a.at }, CRL: []string{crlURL, deltaURL}, Rand: &seeded{seed: "jitter"},
		Authorities: func() []*pki.Certificate { return []*pki.Certificate{a.ca.Root, a.ca.Issuing} },
		Failed: func(source, url string, _ error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.failed = append(a.failed, source+" "+url)
		}}
	if change != nil {
		change(&cfg)
	}
	a.online = revocation.NewOnline(a, cfg)
}

// publish puts a list out that is as old as the clock.
func (a *attended) publish(t *testing.T, url string, number, base int64, lasts time.Duration, revoked ...*pki.Certificate) {
	s := a.ca.CRLSpec(a.at.Add(-time.Minute), a.at.Add(lasts))
	s.Number = big.NewInt(number)
	if base > 0 {
		s.Base = big.NewInt(base)
	}
	for _, c := range revoked {
		s.Entries = append(s.Entries, testpki.Revoked{Serial: c.Serial, At: a.at, Reason: 1})
	}
	a.serve(t, url, s)
}

func (a *attended) ask(t *testing.T, want revocation.State) {
	t.Helper()
	wantState(t, a.online.Status(t.Context(), issue(t, a.ca, testpki.Profile{NotAfter: now.AddDate(1, 0, 0)}), a.ca.Issuing, a.at), want)
}

func (a *attended) source(t *testing.T, url string) revocation.SourceState {
	t.Helper()
	for _, s := range a.online.Sources() {
		if s.URL == url {
			return s
		}
	}
	t.Fatal("no source ", url)
	return revocation.SourceState{}
}

// TestListsAreRenewedBehindTheQuestionsBacks: loaded before anybody asks, the delta hourly and the full one daily,
// each before its end and by chance a little earlier, and shown.
func TestListsAreRenewedBehindTheQuestionsBacks(t *testing.T) {
	a := newAttended(t, nil)
	a.publish(t, crlURL, 10, 0, 27*time.Hour)
	a.publish(t, deltaURL, 10, 10, 7*time.Hour)
	a.online.Renew(t.Context())
	a.ask(t, revocation.Good)
	if a.count(crlURL) != 1 || a.count(deltaURL) != 1 {
		t.Fatal(a.asked)
	}
	for range 48 * 6 { // two days, every ten minutes
		a.at = a.at.Add(10 * time.Minute)
		if n := a.at.Sub(now); n%time.Hour == 0 {
			hours := int64(n / time.Hour)
			a.publish(t, deltaURL, 10+hours, 10+hours/24*24, 7*time.Hour)
			if hours%24 == 0 {
				a.publish(t, crlURL, 10+hours, 0, 27*time.Hour)
			}
		}
		before := a.count(crlURL) + a.count(deltaURL)
		a.ask(t, revocation.Good)
		if a.count(crlURL)+a.count(deltaURL) != before {
			t.Fatal("a question waited for a list")
		}
		next := a.online.Renew(t.Context())
		if s := a.source(t, crlURL); !s.NextRefresh.After(a.at) || s.NextRefresh.After(s.NextUpdate) || next.After(s.NextRefresh) {
			t.Fatalf("at %v: next %v, refresh %v, end %v", a.at, next, s.NextRefresh, s.NextUpdate)
		}
	}
	if full, delta := a.count(crlURL), a.count(deltaURL); full > 6 || full < 3 || delta < 44 || delta > 60 {
		t.Errorf("in two days the full list was fetched %d times, the delta list %d", full, delta)
	}
	if len(a.failed) > 0 {
		t.Error(a.failed)
	}
}

// TestJitterSpreads: instances do not ask at once.
func TestJitterSpreads(t *testing.T) {
	seen := map[time.Time]bool{}
	for i := range 8 {
		a := newAttended(t, func(c *revocation.Config) { c.Rand = &seeded{seed: string(rune('a' + i))} })
		a.publish(t, crlURL, 1, 0, 3*day)
		a.online.Renew(t.Context())
		s := a.source(t, crlURL)
		if wait := s.NextRefresh.Sub(now); wait < 54*time.Minute || wait > time.Hour {
			t.Errorf("next refresh in %v", wait)
		}
		seen[s.NextRefresh] = true
	}
	if len(seen) < 6 {
		t.Errorf("%d instances ask at %d moments", 8, len(seen))
	}
}

// TestLastGoodListServes while downloads fail, however they fail, and the outage is told; when it is over the next
// list comes by itself.
func TestLastGoodListServes(t *testing.T) {
	stranger := newAuthority(t, testpki.ECDSA, "stranger")
	for name, spoil := range map[string]func(t *testing.T, a *attended, good []byte) []byte{
		"no answer": func(*testing.T, *attended, []byte) []byte { return nil },
		"empty":     func(*testing.T, *attended, []byte) []byte { return []byte{} },
		"a page":    func(*testing.T, *attended, []byte) []byte { return []byte("<html>") },
		"truncated": func(_ *testing.T, _ *attended, good []byte) []byte { return good[:len(good)/2] },
		"older": func(t *testing.T, a *attended, _ []byte) []byte {
			a.publish(t, crlURL, 2, 0, 27*time.Hour)
			b, _ := a.lists[crlURL]()
			return b
		},
		"wrongly signed": func(t *testing.T, a *attended, _ []byte) []byte {
			s := a.ca.CRLSpec(a.at, a.at.Add(day))
			s.Number, s.Issuer.Key = big.NewInt(99), stranger.IssuingIdentity().Key
			b, err := a.ca.MakeCRL(s)
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttended(t, nil)
			a.publish(t, crlURL, 5, 0, 27*time.Hour)
			a.online.Renew(t.Context())
			good, _ := a.lists[crlURL]()
			a.at = now.Add(2 * time.Hour)
			bad := spoil(t, a, good)
			a.lists[crlURL] = func() ([]byte, error) {
				if bad == nil {
					return nil, errDown
				}
				return bad, nil
			}
			for range 12 {
				a.online.Renew(t.Context())
				a.ask(t, revocation.Good)
				a.at = a.at.Add(time.Minute)
			}
			s := a.source(t, crlURL)
			if !s.SilentSince.Equal(now.Add(2*time.Hour)) || !s.LastGood.Equal(now) || s.LastError == "" || !s.CarriesUntil.Equal(now.Add(27*time.Hour)) {
				t.Errorf("%+v", s)
			}
			if n := len(a.kept); n != 1 {
				t.Errorf("kept %v", a.kept)
			}
			a.restart(nil) // from disk, while the address still fails
			a.online.Renew(t.Context())
			a.ask(t, revocation.Good)
			a.publish(t, crlURL, 6, 0, 27*time.Hour)
			a.at = a.at.Add(time.Hour)
			a.online.Renew(t.Context())
			if s := a.source(t, crlURL); !s.SilentSince.IsZero() || !s.LastGood.Equal(a.at) || s.LastError != "" {
				t.Errorf("after the outage: %+v", s)
			}
		})
	}
}

// TestForgedKeptListIsNotTaken: what lies on the disk is verified like anything else.
func TestForgedKeptListIsNotTaken(t *testing.T) {
	a := newAttended(t, nil)
	s := a.ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
	s.Issuer.Key = newAuthority(t, testpki.ECDSA, "stranger").IssuingIdentity().Key
	forged, err := a.ca.MakeCRL(s)
	if err != nil {
		t.Fatal(err)
	}
	a.of = map[string][]byte{crlURL: forged}
	a.ask(t, revocation.Unknown)
	a.online.Renew(t.Context())
	a.ask(t, revocation.Unknown)
}

// TestDeltaTooNewForItsBase makes the next full list due at once.
func TestDeltaTooNewForItsBase(t *testing.T) {
	a := newAttended(t, nil)
	a.publish(t, crlURL, 10, 0, 27*time.Hour)
	a.publish(t, deltaURL, 10, 10, 7*time.Hour)
	a.online.Renew(t.Context())
	a.at = now.Add(62 * time.Minute)
	lost := issue(t, a.ca, testpki.Profile{})
	a.publish(t, deltaURL, 21, 20, 7*time.Hour)
	a.publish(t, crlURL, 20, 0, 27*time.Hour, lost)
	for range 3 {
		a.online.Renew(t.Context())
		a.at = a.at.Add(6 * time.Minute)
	}
	wantState(t, a.online.Status(t.Context(), lost, a.ca.Issuing, a.at), revocation.Revoked)
	if a.count(crlURL) != 2 {
		t.Error(a.asked)
	}
}

// unchanged is a network whose lists do not change: the second time it says so.
type unchanged struct{ *attended }

func (u unchanged) CRL(ctx context.Context, url string) (io.ReadCloser, error) {
	if u.of[url] != nil {
		u.asked[url]++
		return nil, revocation.ErrUnchanged
	}
	return u.keeping.CRL(ctx, url)
}

// TestUnchangedListIsConfirmed: without being read again.
func TestUnchangedListIsConfirmed(t *testing.T) {
	a := newAttended(t, nil)
	a.publish(t, crlURL, 1, 0, 27*time.Hour)
	a.online = revocation.NewOnline(unchanged{a}, revocation.Config{Now: func() time.Time { return a.at }, CRL: []string{crlURL}})
	a.ask(t, revocation.Good)
	a.at = now.Add(61 * time.Minute)
	a.ask(t, revocation.Good)
	if s := a.source(t, crlURL); !s.LastGood.Equal(a.at) || !s.NextRefresh.Equal(a.at.Add(time.Hour)) || a.count(crlURL) != 2 {
		t.Errorf("%+v %v", s, a.asked)
	}
}

// TestOftenAskedAnswersAreRenewed before they end, and only those.
func TestOftenAskedAnswersAreRenewed(t *testing.T) {
	a := newAttended(t, func(c *revocation.Config) { c.OCSP, c.CRL = []string{ocspURL}, nil })
	often, once := issue(t, a.ca, testpki.Profile{}), issue(t, a.ca, testpki.Profile{})
	status := func(c *pki.Certificate, want revocation.State) {
		t.Helper()
		wantState(t, a.online.Status(t.Context(), c, a.ca.Issuing, a.at), want)
	}
	status(once, revocation.Good)
	for range 4 {
		status(often, revocation.Good)
	}
	a.online.Renew(t.Context())
	if s := a.source(t, ocspURL); a.count(ocspURL) != 2 || s.Answers != 2 || !s.CarriesUntil.Equal(now.Add(time.Hour)) || s.Issuer == "" {
		t.Fatalf("%v %+v", a.asked, s)
	}
	a.at = now.Add(50 * time.Minute)
	a.ca.Revoke(often.Serial, a.at, 1)
	a.online.Renew(t.Context())
	if a.count(ocspURL) != 3 {
		t.Fatalf("asked %d times", a.count(ocspURL))
	}
	status(often, revocation.Revoked)
	a.online.Renew(t.Context())
	a.down, a.at = true, now.Add(70*time.Minute)
	status(often, revocation.Revoked)
	status(once, revocation.Unknown)
	if s := a.source(t, ocspURL); s.Answers != 1 || !s.SilentSince.Equal(a.at) || !s.LastGood.Equal(now.Add(50*time.Minute)) {
		t.Errorf("%+v", s)
	}
}

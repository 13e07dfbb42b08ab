package revocation_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// keeping is a network that keeps what it is told to.
type keeping struct {
	*network
	kept []string // addresses and numbers
	of   map[string][]byte
}

func (k *keeping) Keep(url string, sum [32]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if sha256.Sum256(k.of[url]) == sum {
		return // vouched for again
	}
	raw, err := k.lists[url]()
	if err != nil || sha256.Sum256(raw) != sum {
		panic("another list than the one that was brought")
	}
	list, err := revocation.ParseCRL(raw)
	if err != nil {
		panic(err)
	}
	k.kept = append(k.kept, url+" "+list.Number.String())
	if k.of == nil {
		k.of = make(map[string][]byte)
	}
	k.of[url] = raw
}

func (k *keeping) Kept(url string) (io.ReadCloser, time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of[url] == nil {
		return nil, time.Time{}, errDown
	}
	return io.NopCloser(bytes.NewReader(k.of[url])), now, nil
}

var _ revocation.Keeper = (*keeping)(nil)

// TestOnlyVerifiedListsAreKept: neither a forged list, nor one from the future, nor a replay, nor another authority's
// is handed back to the fetcher, takes the place of a genuine one or keeps it out.
func TestOnlyVerifiedListsAreKept(t *testing.T) {
	ca, other := newAuthority(t, testpki.ECDSA, "ca"), newAuthority(t, testpki.ECDSA, "other")
	twin := newAuthority(t, testpki.ECDSA, "twin") // of the same name
	forge := func(s *testpki.CRLSpec) { s.Issuer.Key = other.IssuingIdentity().Key }
	tests := []struct {
		name string
		by   *testpki.Authority
		bad  func(s *testpki.CRLSpec)
	}{
		{"forged", ca, forge},
		{"forged, without key identifier", ca, func(s *testpki.CRLSpec) { s.AuthorityID = false; forge(s) }},
		{"of the future", ca, func(s *testpki.CRLSpec) { s.ThisUpdate, s.NextUpdate = now.AddDate(1, 0, 0), now.AddDate(2, 0, 0) }},
		{"a replay", ca, func(s *testpki.CRLSpec) { s.Number = big.NewInt(1) }},
		{"of another authority", twin, nil},
	}
	for _, tt := range tests {
		for _, first := range []bool{true, false} {
			if first && tt.name == "a replay" {
				continue // nobody can tell that the first one is
			}
			at := now
			n := &keeping{network: newNetwork(ca)}
			source := revocation.NewOnline(n, revocation.Config{CRL: []string{crlURL}, Now: func() time.Time { return at }})
			ask := func(want revocation.State) {
				t.Helper()
				wantState(t, source.Status(t.Context(), issue(t, ca, testpki.Profile{}), ca.Issuing, at), want)
			}
			genuine := func(number int64) {
				s := ca.CRLSpec(at.Add(-time.Minute), at.Add(day))
				s.Number = big.NewInt(number)
				n.serve(t, crlURL, s)
			}
			t.Log(tt.name, first)
			want := revocation.Unknown
			if !first {
				genuine(7)
				ask(revocation.Good)
				want, at = revocation.Good, at.Add(2*time.Hour)
			}
			bad := tt.by.CRLSpec(at.Add(-time.Minute), at.Add(day))
			bad.Number = big.NewInt(1 << 60)
			if tt.bad != nil {
				tt.bad(&bad)
			}
			n.ca = tt.by
			n.serve(t, crlURL, bad)
			n.ca = ca
			ask(want)
			at = at.Add(time.Minute)
			genuine(8)
			ask(revocation.Good)
			if kept := len(n.kept); first && kept != 1 || !first && kept != 2 || n.kept[kept-1] != crlURL+" 8" {
				t.Errorf("%s: kept %v", tt.name, n.kept)
			}
		}
	}
}

// TestLaterQuestionsParkAtOnce: one question pays for a silent authority, those after it do not; and when the
// authority answers again, all is well within a minute.
func TestLaterQuestionsParkAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t, testpki.ECDSA, "ca")
		clock := testClock()
		ask := func(source *revocation.Online) (revocation.State, time.Duration) {
			start := time.Now()
			s := source.Status(t.Context(), issue(t, ca, testpki.Profile{}), ca.Issuing, clock())
			return s.State, time.Since(start)
		}
		n := &switched{network: newNetwork(ca)}
		n.clock = clock
		source := revocation.NewOnline(n, revocation.Config{Hosts: hosts, Now: clock})
		if _, took := ask(source); took != 10*time.Second {
			t.Errorf("the first one waited %v", took)
		}
		var waited time.Duration
		const questions = 600
		for range questions {
			_, took := ask(source)
			waited += took
			time.Sleep(time.Second)
		}
		if waited > 2*time.Minute {
			t.Errorf("%d questions waited %v together", questions, waited)
		}
		n.awake = true
		time.Sleep(time.Minute)
		if s, took := ask(source); s != revocation.Good || took > 0 {
			t.Errorf("%v after %v", s, took)
		}
	})
}

// testClock is the moment of the tests, moved on by virtual time.
func testClock() func() time.Time {
	start := time.Now()
	return func() time.Time { return now.Add(time.Since(start)) }
}

// switched is silent until it is awake.
type switched struct {
	*network
	awake bool
}

func (s *switched) OCSP(ctx context.Context, url string, request []byte) ([]byte, error) {
	if s.awake {
		return s.network.OCSP(ctx, url, request)
	}
	return tarpit{}.OCSP(ctx, url, request)
}

func (s *switched) CRL(ctx context.Context, url string) (io.ReadCloser, error) {
	return tarpit{}.CRL(ctx, url)
}

// TestDeadline: of the configuration where the caller sets none, else the caller's.
func TestDeadline(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	for _, tt := range []struct {
		name           string
		deadline, call time.Duration
		want           time.Duration
	}{
		{"by default", 0, 0, 10 * time.Second},
		{"of the configuration", 3 * time.Second, 0, 3 * time.Second},
		{"of an impatient caller", 0, time.Second, time.Second},
		{"of a patient caller", 0, 40 * time.Second, 40 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := revocation.NewOnline(tarpit{}, revocation.Config{Hosts: hosts, Deadline: tt.deadline, Now: time.Now})
				ctx, start := t.Context(), time.Now()
				if tt.call > 0 {
					bounded, cancel := context.WithTimeout(ctx, tt.call)
					defer cancel()
					ctx = bounded
				}
				wantState(t, source.Status(ctx, issue(t, ca, testpki.Profile{}), ca.Issuing, start), revocation.Unknown)
				if took := time.Since(start); took != tt.want {
					t.Errorf("waited %v, want %v", took, tt.want)
				}
				time.Sleep(time.Minute) // let the flight end
			})
		})
	}
}

// TestNoTimeIsNoFailure: an address that was not asked for want of time does not rest for it.
func TestNoTimeIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t, testpki.ECDSA, "ca")
		n, clock := &switched{network: newNetwork(ca)}, testClock()
		var failed []string
		source := revocation.NewOnline(n, revocation.Config{OCSP: []string{"http://a/", "http://b/", "http://c/"}, OCSPTimeout: 6 * time.Second, Now: clock,
			Failed: func(_, url string, err error) {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				failed = append(failed, url)
			}})
		cert := func() *pki.Certificate { return issue(t, ca, testpki.Profile{}) }
		wantState(t, source.Status(t.Context(), cert(), ca.Issuing, clock()), revocation.Unknown)
		if len(failed) != 2 {
			t.Error(failed)
		}
		n.awake, n.clock = true, clock
		wantState(t, source.Status(t.Context(), cert(), ca.Issuing, clock()), revocation.Good)
		if n.count("http://c/") != 1 {
			t.Error(n.asked)
		}
	})
}

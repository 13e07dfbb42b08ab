package revocation_test

import (
	"context"
	"io"
	"math/big"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// TestHostileListDoesNotLockOutTheGenuineOne: lists come over plain HTTP. One forged list with a high number and a
// late date, served once by whoever sits on the line, must not make all genuine lists "replays" from then on.
func TestHostileListDoesNotLockOutTheGenuineOne(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "lockout")
	other := newAuthority(t, testpki.ECDSA, "lockout-other")
	cert := issue(t, ca, testpki.Profile{})
	n := newNetwork(ca)
	clock := now
	source := revocation.NewOnline(n, revocation.Config{CRL: []string{crlURL}, Now: func() time.Time { return clock }})

	forged := ca.CRLSpec(now, now.Add(day))
	forged.Number = big.NewInt(1 << 60)
	forged.ThisUpdate, forged.NextUpdate = now.AddDate(10, 0, 0), now.AddDate(11, 0, 0)
	forged.Issuer.Key = other.IssuingIdentity().Key
	n.serve(t, crlURL, forged)
	wantState(t, source.Status(t.Context(), cert, ca.Issuing, clock), revocation.Unknown)

	clock = clock.Add(2 * time.Hour)
	n.serve(t, crlURL, ca.CRLSpec(clock.Add(-time.Minute), clock.Add(day)))
	wantState(t, source.Status(t.Context(), cert, ca.Issuing, clock), revocation.Good)
}

// TestHostileExpiredCertificateIsNotGoodByAList: authorities take expired certificates off their lists (RFC 5280 §3.3).
// A list made after a certificate's end says nothing about it; revoked, parked and expired must not become good.
func TestHostileExpiredCertificateIsNotGoodByAList(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "expired")
	cert := issue(t, ca, testpki.Profile{NotBefore: now.Add(-365 * day), NotAfter: now.Add(-2 * day)})
	s := fromLists(t, ca, cert, ca.CRLSpec(now.Add(-time.Hour), now.Add(day)))
	if s.State == revocation.Good {
		t.Errorf("a certificate that ended two days before the list is %v: %s", s.State, s.Detail)
	}
}

// TestHostileAnswers: answers that are genuine in most ways.
func TestHostileAnswers(t *testing.T) {
	ca, twin := newAuthority(t, testpki.ECDSA, "answers"), newAuthority(t, testpki.ECDSA, "answers-twin")
	cert, other := issue(t, ca, testpki.Profile{}), issue(t, ca, testpki.Profile{})
	sibling := identity(t, ca, testpki.Profile{Kind: testpki.SubAuthority})
	bySibling := identity(t, ca, testpki.Profile{Kind: testpki.OCSP, Mutate: func(c *testpki.Template) { c.SignedBy(sibling) }})
	for _, tt := range []struct {
		name   string
		change func(*testpki.OCSPSpec)
	}{
		{"good for another, revoked left out", func(s *testpki.OCSPSpec) {
			request, _ := revocation.NewOCSPRequest(other, ca.Issuing, nil)
			s.Singles[0].CertID = certIDOf(t, request)
		}},
		{"responder of a sibling authority", func(s *testpki.OCSPSpec) {
			s.Signer, s.Certificates = bySibling, [][]byte{bySibling.Certificate.Raw, sibling.Certificate.Raw}
		}},
		{"responder of the twin, of the same name", func(s *testpki.OCSPSpec) {
			s.Signer, s.Certificates = twin.Responder(), [][]byte{twin.Responder().Certificate.Raw}
		}},
		{"genuine responder shown, signed by the twin's", func(s *testpki.OCSPSpec) { s.Signer.Key = twin.Responder().Key }},
		{"signed by the certificate in question", func(s *testpki.OCSPSpec) { s.Certificates = [][]byte{cert.Raw} }},
		{"an old answer whose end is near", func(s *testpki.OCSPSpec) {
			s.ProducedAt, s.Singles[0].ThisUpdate, s.Singles[0].NextUpdate = now.Add(-9*day), now.Add(-9*day), now.Add(-3*time.Minute)
		}},
		{"one good, one unknown, unknown first", func(s *testpki.OCSPSpec) {
			unknown := s.Singles[0]
			unknown.State = testpki.OCSPUnknown
			s.Singles = append([]testpki.OCSPSingle{unknown}, s.Singles...)
		}},
		{"one good, one unknown, good first", func(s *testpki.OCSPSpec) {
			unknown := s.Singles[0]
			unknown.State = testpki.OCSPUnknown
			s.Singles = append(s.Singles, unknown)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := answer(t, ask(t, ca, cert, ca.Issuing, tt.change)).Status(cert, ca.Issuing, now, nonce)
			if got.State == revocation.Good {
				t.Errorf("good: %s", got.Detail)
			}
		})
	}
}

// TestHostileCacheKeepsCertificatesApart: two certificates that share serial number and subject under authorities of one name.
func TestHostileCacheKeepsCertificatesApart(t *testing.T) {
	ca, twin := newAuthority(t, testpki.ECDSA, "apart"), newAuthority(t, testpki.ECDSA, "apart-twin")
	serial := func(c *testpki.Template) { c.Serial = big.NewInt(4711) }
	good := issue(t, ca, testpki.Profile{Mutate: serial})
	bad := issue(t, twin, testpki.Profile{Mutate: serial})
	twin.Revoke(bad.Serial, now.Add(-day), 1)
	n := newNetwork(ca)
	source := revocation.NewOnline(n, revocation.Config{Hosts: hosts, Now: func() time.Time { return now }})
	wantState(t, source.Status(t.Context(), good, ca.Issuing, now), revocation.Good)
	n.ca = twin
	wantState(t, source.Status(t.Context(), bad, twin.Issuing, now), revocation.Revoked)
	wantState(t, source.Status(t.Context(), bad, ca.Issuing, now), revocation.Unknown)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if s := source.Status(t.Context(), bad, twin.Issuing, now); s.State != revocation.Revoked {
				t.Error(s)
			}
		})
	}
	wg.Wait()
}

// tarpit is a network whose every connection is taken and never answered.
type tarpit struct{}

func (tarpit) OCSP(ctx context.Context, _ string, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (tarpit) CRL(ctx context.Context, _ string) (io.ReadCloser, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestHostileTarpit: whoever holds the connections to the authority open without a word must not hold the portals:
// the state gateway waits 30 seconds for an answer (gateway-protocol §4). All times are the defaults.
func TestHostileTarpit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t, testpki.ECDSA, "tarpit")
		source := revocation.NewOnline(tarpit{}, revocation.Config{Hosts: hosts, Now: time.Now})
		for range 2 {
			start := time.Now()
			for _, ask := range [][2]*pki.Certificate{{issue(t, ca, testpki.Profile{}), ca.Issuing}, {ca.Issuing, ca.Root}} {
				wantState(t, source.Status(t.Context(), ask[0], ask[1], time.Now()), revocation.Unknown)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("the status of one signer was waited for for %v", took)
			}
			time.Sleep(5 * time.Second)
		}
	})
}

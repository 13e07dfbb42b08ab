package revocation_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// stuck is a network where one address is silent until it is let go.
type stuck struct {
	*network
	url     string
	reached chan struct{}
	release chan struct{}
}

func (s *stuck) CRL(ctx context.Context, url string) (io.ReadCloser, error) {
	if url == s.url {
		select {
		case s.reached <- struct{}{}:
		default:
		}
		<-s.release
		return nil, errDown
	}
	return s.network.CRL(ctx, url)
}

// TestAnswerOfAnOlderListIsNotRemembered: while a question waits for a second list, the first is exchanged
// for one that revokes. What was made of the older one must not be given as the newer one's word.
func TestAnswerOfAnOlderListIsNotRemembered(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert, other := issue(t, ca, testpki.Profile{}), issue(t, ca, testpki.Profile{})
	const first, second = "http://crl.example.kz/first.crl", "http://crl.example.kz/second.crl"
	n := &stuck{newNetwork(ca), second, make(chan struct{}, 1), make(chan struct{})}
	n.serve(t, first, ca.CRLSpec(now, now.Add(24*time.Hour)))
	var clock atomic.Int64
	source := revocation.NewOnline(n, revocation.Config{CRL: []string{first, second}, CRLRefresh: 10 * time.Minute, Jitter: 0.001,
		Now: func() time.Time { return now.Add(time.Duration(clock.Load())) }}).Under(revocation.Policy{Order: []string{"crl"}})
	answers := make(chan revocation.Status, 2)
	go func() { answers <- source.Status(context.Background(), cert, ca.Issuing, now) }()
	<-n.reached
	ca.Revoke(cert.Serial, now, 1)
	clock.Store(int64(11 * time.Minute))
	n.network.mu.Lock()
	n.serve(t, first, ca.CRLSpec(now.Add(11*time.Minute), now.Add(24*time.Hour)))
	n.network.mu.Unlock()
	go func() { answers <- source.Status(context.Background(), other, ca.Issuing, now) }()
	for n.count(first) < 2 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // the newer list is taken
	close(n.release)
	<-answers
	<-answers
	wantState(t, source.Status(t.Context(), cert, ca.Issuing, now), revocation.Revoked)
}

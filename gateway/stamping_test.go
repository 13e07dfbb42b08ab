package gateway_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/adapters/sqlledger"
	"kopir/gateway"
	"kopir/gateway/gatewaytest"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/tsp"
)

// stampStage is a real ledger, a TSA and a clock that the test moves.
type stampStage struct {
	t      *testing.T
	ledger *sqlledger.Ledger
	ca     *testpki.Authority
	tsa    *testpki.TimeStamper
	trust  *pki.Store
	clock  *gateway.Clock
	now    time.Time
	made   int
	asked  []string // addresses in order
	answer map[string]func(request []byte) ([]byte, error)
}

const firstTSA, secondTSA = "http://tsp.one.test/", "http://tsp.two.test/"

func newStampStage(t *testing.T) *stampStage {
	t.Helper()
	l, err := sqlledger.Open(t.Context(), filepath.Join(t.TempDir(), "kopir.db"), sqlledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &stampStage{t: t, ledger: l, trust: pki.NewStore(), clock: gateway.NewClock(l),
		now: gatewaytest.NewRecord(1, gateway.StateAccepted).Events[0].At.Add(2 * time.Minute)}
	if s.ca, err = testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: s.now.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if s.tsa, err = s.ca.IssueTSA(testpki.Profile{}); err != nil {
		t.Fatal(err)
	}
	s.trust.AddTrust(s.ca.Root)
	s.trust.AddTrust(s.ca.Issuing)
	s.answer = map[string]func([]byte) ([]byte, error){firstTSA: s.honest, secondTSA: s.honest}
	return s
}

// TSP implements gateway.TSP.
func (s *stampStage) TSP(_ context.Context, address string, request []byte) ([]byte, error) {
	s.asked = append(s.asked, address)
	return s.answer[address](request)
}

func (s *stampStage) honest(request []byte) ([]byte, error) {
	return s.tsa.Stamp(request, testpki.StampSpec{Now: s.now})
}

func (s *stampStage) stamping(cfg gateway.StampingConfig) *gateway.Stamping {
	return gateway.NewStamping(s.ledger, s, s.trust, nil, s.clock, s.world(), cfg)
}

func (s *stampStage) world() gateway.World {
	return gateway.World{Now: func() time.Time { return s.now }, IDs: gateway.NewIDs(rand.Reader)}
}

// accept records one more application, as intake does: two leaves.
func (s *stampStage) accept() {
	s.t.Helper()
	s.made++
	r := gatewaytest.NewRecord(s.made, gateway.StateAccepted)
	r.Events[0].At, r.Verdict.At = s.now, s.now
	if _, err := s.ledger.Record(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stampStage) lag() gateway.StampLag {
	s.t.Helper()
	lag, err := s.ledger.StampLag(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return lag
}

// wait lets time pass.
func (s *stampStage) wait(d time.Duration) { s.now = s.now.Add(d) }

func TestStampingDatesWhatWasWritten(t *testing.T) {
	for hash, policy := range map[string]string{"": "", tsp.GOST512: tsp.PolicyRSA} {
		s := newStampStage(t)
		stamping := s.stamping(gateway.StampingConfig{TSA: []string{firstTSA}, Hash: hash, Policy: policy})
		s.accept()
		if n, err := stamping.Round(t.Context()); n != 0 || err != nil || len(s.asked) != 0 {
			t.Fatalf("before its minute: %d, %v", n, err)
		}
		s.wait(time.Minute)
		if n, err := stamping.Round(t.Context()); n != 2 || err != nil {
			t.Fatalf("rooted and stamped: %d, %v", n, err)
		}
		lag := s.lag()
		if lag.Unstamped+lag.Pending != 0 || !lag.Oldest.IsZero() || !lag.Last.TokenAt.Equal(s.now.Truncate(time.Second)) ||
			lag.Last.TSA() != s.tsa.Certificate.Subject.CommonName {
			t.Errorf("%+v", lag)
		}
		token, err := tsp.Parse(lag.Last.Token)
		root, _ := hex.DecodeString(lag.Last.Root)
		if err != nil || !token.Verify(tsp.Options{Store: s.trust, Data: root}).Passed() {
			t.Errorf("the stored token does not verify by its root: %v", err)
		}
		if n, err := stamping.Round(t.Context()); n != 0 || err != nil || len(s.asked) != 1 {
			t.Errorf("with nothing to do: %d, %v, asked %d times", n, err, len(s.asked))
		}
	}
}

// TestBadTokensAreNotStored: whatever is wrong with one authority's answer, the next one stamps.
func TestBadTokensAreNotStored(t *testing.T) {
	s := newStampStage(t)
	stranger := newStampStage(t)
	plain, err := s.ca.IssueTSA(testpki.Profile{Mutate: func(m *testpki.Template) { m.EKU = nil }})
	if err != nil {
		t.Fatal(err)
	}
	expired, err := s.ca.IssueTSA(testpki.Profile{NotAfter: s.now.Add(-time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	old, err := s.tsa.Stamp(mustRequest(t), testpki.StampSpec{Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	by := func(tsa *testpki.TimeStamper, spec testpki.StampSpec) func([]byte) ([]byte, error) {
		return func(request []byte) ([]byte, error) { spec.Now = s.now; return tsa.Stamp(request, spec) }
	}
	tests := map[string]struct {
		answer func([]byte) ([]byte, error)
		want   string
	}{
		"silent":           {func([]byte) ([]byte, error) { return nil, errors.New("no route") }, "no route"},
		"a page":           {func([]byte) ([]byte, error) { return []byte("<html>"), nil }, string(reason.SignatureMalformed)},
		"refusal":          {by(s.tsa, testpki.StampSpec{Status: testpki.StampRejection, Failure: testpki.FailSystem}), "systemFailure"},
		"another imprint":  {by(s.tsa, testpki.StampSpec{Imprint: make([]byte, 32)}), tsp.CheckImprint},
		"another nonce":    {by(s.tsa, testpki.StampSpec{Nonce: big.NewInt(7)}), tsp.CheckNonce},
		"another policy":   {by(s.tsa, testpki.StampSpec{Policy: "1.2.3"}), tsp.CheckPolicy},
		"without purpose":  {by(plain, testpki.StampSpec{}), string(reason.PurposeWrong)},
		"expired":          {by(expired, testpki.StampSpec{}), string(reason.CertificateExpired)},
		"a stranger":       {by(stranger.tsa, testpki.StampSpec{}), string(reason.ChainUntrusted)},
		"an earlier token": {func([]byte) ([]byte, error) { return old, nil }, tsp.CheckImprint},
	}
	for name, tt := range tests {
		s.answer[firstTSA], s.asked = tt.answer, nil
		policy := "1.2.398.3.3.2.6.2"
		one := s.stamping(gateway.StampingConfig{TSA: []string{firstTSA}, Policy: policy})
		s.accept()
		s.wait(time.Minute)
		if n, err := one.Round(t.Context()); n != 1 || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %d, %v; want %s", name, n, err, tt.want)
		}
		if lag := s.lag(); lag.Pending != 1 {
			t.Fatalf("%s: stored, %+v", name, lag)
		}
		two := s.stamping(gateway.StampingConfig{TSA: []string{firstTSA, secondTSA}, Policy: policy})
		if n, err := two.Round(t.Context()); n != 1 || err != nil || s.lag().Pending != 0 {
			t.Fatalf("%s: the second authority did not stamp: %d, %v", name, n, err)
		}
	}
}

func mustRequest(t *testing.T) []byte {
	t.Helper()
	q, err := tsp.NewRequest(make([]byte, 32), tsp.SHA256, "", big.NewInt(3))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestOutageOnlyMakesTheLagGrow: hours of silence delay nothing, the authority is asked ever more seldom, and
// afterwards everything is stamped, oldest first.
func TestOutageOnlyMakesTheLagGrow(t *testing.T) {
	s := newStampStage(t)
	stamping := s.stamping(gateway.StampingConfig{TSA: []string{firstTSA}})
	s.answer[firstTSA] = func([]byte) ([]byte, error) { return nil, errors.New("silent") }
	began := s.now
	for range 3 * 60 {
		s.accept()
		s.wait(time.Minute)
		_, _ = stamping.Round(t.Context())
	}
	lag := s.lag()
	if lag.Pending < 170 || !lag.Oldest.Equal(began) || !lag.Last.TokenAt.IsZero() {
		t.Errorf("after three hours: %d pending since %v", lag.Pending, lag.Oldest)
	}
	if len(s.asked) < 20 || len(s.asked) > 60 {
		t.Errorf("a silent authority was asked %d times in three hours", len(s.asked))
	}
	var roots []string
	s.answer[firstTSA] = func(request []byte) ([]byte, error) {
		pending, err := s.ledger.PendingBatches(t.Context(), 1)
		roots = append(roots, pending[0].ID)
		if err != nil {
			return nil, err
		}
		return s.honest(request)
	}
	s.wait(10 * time.Minute)
	for n, rounds := 1, 0; n > 0; rounds++ {
		var err error
		if n, err = stamping.Round(t.Context()); err != nil || rounds > 100 {
			t.Fatal(err)
		}
	}
	lag = s.lag()
	if lag.Pending != 0 || lag.Unstamped != 0 || len(roots) < 170 {
		t.Errorf("after the outage: %+v, %d stamped", lag, len(roots))
	}
	for i := 1; i < len(roots); i++ {
		if roots[i] <= roots[i-1] {
			t.Fatal("not oldest first")
		}
	}
}

// TestApplicationsDoNotWaitForTheTSA: while a question hangs, applications are recorded.
func TestApplicationsDoNotWaitForTheTSA(t *testing.T) {
	s := newStampStage(t)
	asked, release := make(chan struct{}), make(chan struct{})
	s.answer[firstTSA] = func(request []byte) ([]byte, error) {
		close(asked)
		<-release
		return nil, errors.New("silent after all")
	}
	s.accept()
	s.wait(time.Minute)
	done := make(chan error)
	go func() {
		_, err := s.stamping(gateway.StampingConfig{TSA: []string{firstTSA}}).Round(context.WithoutCancel(t.Context()))
		done <- err
	}()
	<-asked
	for range 20 {
		s.accept()
	}
	close(release)
	if err := <-done; err == nil || s.lag().Unstamped != 40 {
		t.Errorf("%v, %+v", err, s.lag())
	}
}

// TestRootedWithoutTSA: history is chained even when nobody stamps, and stamped once somebody does.
func TestRootedWithoutTSA(t *testing.T) {
	s := newStampStage(t)
	nobody := s.stamping(gateway.StampingConfig{})
	for range 3 {
		s.accept()
		s.wait(time.Minute)
		if n, err := nobody.Round(t.Context()); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if lag := s.lag(); lag.Pending != 3 || len(s.asked) != 0 {
		t.Fatalf("%+v", lag)
	}
	if n, err := s.stamping(gateway.StampingConfig{TSA: []string{firstTSA}}).Round(t.Context()); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestFullBatchIsNotWaitedFor(t *testing.T) {
	s := newStampStage(t)
	stamping := s.stamping(gateway.StampingConfig{Limit: 4})
	for range 4 {
		s.accept()
	}
	for _, want := range []int{1, 1, 0} {
		if n, err := stamping.Round(t.Context()); n != want || err != nil {
			t.Errorf("%d, %v, want %d", n, err, want)
		}
	}
}

// TestClockAgainstTheTSA: a good authority whose time is ahead puts a floor under our clock, which then parks
// instead of deciding; one that is behind only loses its stamp.
func TestClockAgainstTheTSA(t *testing.T) {
	for off, behind := range map[time.Duration]bool{10 * time.Minute: true, -10 * time.Minute: false, 90 * time.Second: false} {
		s := newStampStage(t)
		s.answer[firstTSA] = func(request []byte) ([]byte, error) {
			return s.tsa.Stamp(request, testpki.StampSpec{Now: s.now.Add(off)})
		}
		s.accept()
		s.wait(time.Minute)
		_, err := s.stamping(gateway.StampingConfig{TSA: []string{firstTSA}}).Round(t.Context())
		within := off.Abs() < 2*time.Minute
		if (err == nil) != within || (s.lag().Pending == 0) != within {
			t.Errorf("%v: %v, %+v", off, err, s.lag())
		}
		reading, err := s.clock.Read(t.Context(), s.now, 2*time.Minute)
		if err != nil || reading.Behind != behind {
			t.Errorf("%v: %+v, %v", off, reading, err)
		}
		s.clock.Confirm(s.now)
		if reading, _ = s.clock.Read(t.Context(), s.now, 2*time.Minute); reading.Behind {
			t.Errorf("%v: behind after it was confirmed", off)
		}
	}
}

// revokedTSA says of every certificate what it is made to say.
type revokedTSA struct{ state revocation.State }

func (r revokedTSA) Status(context.Context, *pki.Certificate, *pki.Certificate, time.Time) revocation.Status {
	return revocation.Status{State: r.state, Detail: "by the test"}
}

func TestRevokedTSAIsRefused(t *testing.T) {
	for state, refused := range map[revocation.State]bool{revocation.Revoked: true, revocation.OnHold: true,
		revocation.Good: false, revocation.Unknown: false} {
		s := newStampStage(t)
		s.accept()
		s.wait(time.Minute)
		_, err := gateway.NewStamping(s.ledger, s, s.trust, revokedTSA{state}, s.clock, s.world(),
			gateway.StampingConfig{TSA: []string{firstTSA}}).Round(t.Context())
		if (err != nil) != refused || (s.lag().Pending == 1) != refused {
			t.Errorf("%s: %v", state, err)
		}
	}
}

func ExampleVerifyInclusion() {
	leaves := []gateway.Leaf{{Kind: gateway.LeafEvent, Ref: "K26-AAAAA-AAAAA/1", SHA256: "aa"}, {Kind: gateway.LeafVerdict, Ref: "V1", SHA256: "bb"}}
	root, path := gateway.MerkleRoot(leaves), gateway.MerklePath(leaves, 1)
	fmt.Println(gateway.VerifyInclusion(leaves[1], 1, 2, path, root))
	// Output: true
}

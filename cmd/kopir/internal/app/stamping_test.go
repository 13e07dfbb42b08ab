package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/tsp"
)

// awaitLag waits until stamping is where the test wants it.
func (s *stage) awaitLag(what string, reached func(gateway.StampLag) bool) gateway.StampLag {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		lag, err := s.ledger.StampLag(context.Background())
		if err != nil {
			s.t.Fatal(err)
		}
		if reached(lag) {
			return lag
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s: %+v", what, lag)
		}
	}
}

func (s *stage) metricsPage() string {
	s.t.Helper()
	resp, err := http.Get(s.URL() + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(page)
}

// TestHistoryIsStamped: while the authority is out of order applications are accepted as ever and only the lag
// grows; afterwards every event of the case is proved below a stamped root.
func TestHistoryIsStamped(t *testing.T) {
	for name, backend := range backends(t) {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(c *config.Config) {
				c.Timestamps = config.Timestamps{TSA: []string{"http://" + c.Callbacks[0] + "/tsp/rsa", "http://" + c.Callbacks[0] + "/tsp/gost2015-512"},
					Hash: "gost3411-512", Every: 200 * time.Millisecond}
				if backend != nil {
					backend(c)
				}
			})
			must(t, s.pki.SetFault("tsp-http", "503"))
			r, err := s.portal.Submit(t.Context(), "m-1", s.application(testpki.GOST512, nil, nil))
			if err != nil || r.Decision != "accepted" {
				t.Fatalf("%+v, %v", r, err)
			}
			s.awaitLag("nothing was rooted", func(l gateway.StampLag) bool { return l.Pending > 0 })
			if page := s.metricsPage(); !strings.Contains(page, "\nkopir_stamp_batches_pending ") || !strings.Contains(page, "\nkopir_unstamped_oldest_seconds ") {
				t.Error("the lag is not measured")
			}
			must(t, s.pki.SetFault("tsp-http", "off"))
			lag := s.awaitLag("never stamped", func(l gateway.StampLag) bool { return l.Pending+l.Unstamped == 0 && len(l.Last.Token) > 0 })
			if lag.Last.TSA() == "" {
				t.Error("the stamp names nobody")
			}
			s.proved(r.Number)
		})
	}
}

// proved follows every event of a case to a token, and checks that.
func (s *stage) proved(number string) {
	s.t.Helper()
	_, events, err := s.History(s.t.Context(), number)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range events {
		leaf := gateway.Leaf{Kind: gateway.LeafEvent, Ref: fmt.Sprintf("%s/%d", number, e.Seq), SHA256: e.Hash}
		p, err := s.ledger.StampProof(s.t.Context(), leaf)
		if err != nil || p == nil || !gateway.VerifyInclusion(leaf, p.Index, p.Batch.Size, p.Path, p.Batch.Root) {
			s.t.Fatalf("%s: %+v, %v", leaf.Ref, p, err)
		}
		token, err := tsp.Parse(p.Batch.Token)
		if err != nil {
			s.t.Fatal(err)
		}
		root, _ := hex.DecodeString(p.Batch.Root)
		if got := token.Verify(tsp.Options{Store: s.trust, Data: root, Hash: tsp.GOST512}); !got.Passed() {
			s.t.Errorf("%s: %+v", leaf.Ref, got.Checks)
		}
	}
}

// TestAnchorsOfAuthoritiesVouchForNobodyElse: a CA trusted for time stamps only stamps, and its people are refused.
func TestAnchorsOfAuthoritiesVouchForNobodyElse(t *testing.T) {
	foreign := filepath.Join(t.TempDir(), "tsa-ca.pem")
	s := newStage(t, nil)
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: s.out.Rand, Now: time.Now().Add(-time.Minute)})
	must(t, err)
	must(t, os.WriteFile(foreign, testpki.CertificatePEM(ca.Root, ca.Issuing), 0o600))
	s.cfg.Timestamps.Anchors = []string{foreign}
	store, err := stampStore(s.App.cfg, s.App.trust)
	must(t, err)
	tsa, err := ca.IssueTSA(testpki.Profile{})
	must(t, err)
	for name, tt := range map[string]struct {
		store *pki.Store
		want  bool
	}{"stamps": {store, true}, "signatures": {s.trust, false}} {
		if _, err := tt.store.Chain(tsa.Certificate, nil, time.Now()); (err == nil) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := store.Chain(s.pki.Family(testpki.RSA).Responder().Certificate, nil, time.Now()); err != nil {
		t.Errorf("what is trusted anyhow: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

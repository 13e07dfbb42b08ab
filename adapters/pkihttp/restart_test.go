package pkihttp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// TestListsOutliveTheNetworkAndTheProcess: after a restart the lists of before are there at once, whether the servers
// refuse or say nothing; evidence finds the list it names; and a download that is spoilt changes nothing.
func TestListsOutliveTheNetworkAndTheProcess(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for name, away := range map[string]http.HandlerFunc{
		"refuses": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"silent": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		},
		"a proxy": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>Sign in to the network</html>"))
		},
		"zero":     func(http.ResponseWriter, *http.Request) {},
		"stranger": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(strangersList(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t)
			good, err := a.Issue(testpki.Profile{Kind: testpki.Person})
			if err != nil {
				t.Fatal(err)
			}
			bad, err := a.Issue(testpki.Profile{Kind: testpki.Person})
			if err != nil {
				t.Fatal(err)
			}
			a.Revoke(bad.Certificate.Serial, time.Now().Add(-time.Minute), 1)
			p := &publisher{}
			list, err := a.CRL(time.Now().Add(-time.Minute), time.Now().Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			p.send(list)
			address, _ := serve(t, p.ServeHTTP)
			dir, shift := t.TempDir(), time.Duration(0)
			var client *Client
			start := func() *revocation.Online {
				client = newClient(t, Config{Allow: []string{host(t, address)}, Dir: dir, CRLTimeout: 300 * time.Millisecond})
				return revocation.NewOnline(client, revocation.Config{Now: func() time.Time { return time.Now().Add(shift) }, Rand: rand.Reader,
					CRL: []string{address}, Authorities: func() []*pki.Certificate { return []*pki.Certificate{a.Root, a.Issuing} }})
			}
			ask := func(o *revocation.Online) {
				t.Helper()
				for cert, want := range map[*pki.Certificate]revocation.State{good.Certificate: revocation.Good, bad.Certificate: revocation.Revoked} {
					begin := time.Now()
					s := o.Status(t.Context(), cert, a.Issuing, time.Now().Add(shift))
					if s.State != want || time.Since(begin) > 2*time.Second {
						t.Errorf("%v after %v: %s", s.State, time.Since(begin), s.Detail)
					}
					sum, _ := hex.DecodeString(s.EvidenceSHA256)
					if kept, err := client.List(s.EvidenceSHA256); err != nil || [32]byte(sum) != sha256.Sum256(kept) {
						t.Errorf("the list of the evidence: %v", err)
					}
				}
			}
			first := start()
			first.Renew(t.Context())
			ask(first)
			p.set(away)
			ask(start()) // the first question of a new process, before any renewal
			second := start()
			shift = 55 * time.Minute
			second.Renew(t.Context())
			ask(second)
			if s := second.Sources()[0]; s.SilentSince.IsZero() || s.LastError == "" || s.Entries != 1 || !s.NextRefresh.Before(time.Now().Add(shift)) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func strangersList(t *testing.T) []byte {
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Error(err)
		return nil
	}
	list, err := ca.CRL(time.Now(), time.Now().Add(time.Hour))
	if err != nil {
		t.Error(err)
	}
	return list
}

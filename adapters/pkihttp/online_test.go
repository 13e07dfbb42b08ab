package pkihttp

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

var _ revocation.Fetcher = (*Client)(nil)

// authority is a throw-away authority with its responder and lists on the loopback.
type authority struct {
	*testpki.Authority
	address string
	silent  bool // the responder does not answer
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /ocsp", func(w http.ResponseWriter, r *http.Request) {
		request, err := io.ReadAll(r.Body)
		answer, answerErr := a.OCSP(request, time.Now())
		if a.silent || err != nil || answerErr != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(answer)
	})
	for path, list := range map[string]func(this, next time.Time) ([]byte, error){
		"GET /issuing.crl": func(this, next time.Time) ([]byte, error) { return a.CRL(this, next) },
		"GET /root.crl":    func(this, next time.Time) ([]byte, error) { return a.RootCRL(this, next) },
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			der, err := list(time.Now().Add(-time.Minute), time.Now().Add(time.Hour))
			if err != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
			_, _ = w.Write(der)
		})
	}
	a.address, _ = serve(t, mux.ServeHTTP)
	ca, err := testpki.New(testpki.GOST512, testpki.Options{Rand: rand.Reader, Now: time.Now().Add(-time.Hour),
		OCSPURL: a.address + "/ocsp", CRLURL: a.address + "/issuing.crl", RootCRLURL: a.address + "/root.crl"})
	if err != nil {
		t.Fatal(err)
	}
	a.Authority = ca
	return a
}

func (a *authority) source(t *testing.T, allow ...string) *revocation.Online {
	t.Helper()
	client := newClient(t, Config{Allow: allow, Dir: t.TempDir()})
	return revocation.NewOnline(client, revocation.Config{Now: time.Now, Rand: rand.Reader, Hosts: []string{host(t, a.address)}})
}

func TestOnlineAsksThroughTheClient(t *testing.T) {
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
	tests := []struct {
		name         string
		cert, issuer *pki.Certificate
		silent       bool
		want         revocation.State
		source       string
	}{
		{"OCSP says good", good.Certificate, a.Issuing, false, revocation.Good, revocation.SourceOCSP},
		{"OCSP says revoked", bad.Certificate, a.Issuing, false, revocation.Revoked, revocation.SourceOCSP},
		{"the list says good", good.Certificate, a.Issuing, true, revocation.Good, revocation.SourceCRL},
		{"the list says revoked", bad.Certificate, a.Issuing, true, revocation.Revoked, revocation.SourceCRL},
		{"the root's list says good", a.Issuing, a.Root, true, revocation.Good, revocation.SourceCRL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a.silent = tt.silent
			s := a.source(t, host(t, a.address)).Status(t.Context(), tt.cert, tt.issuer, time.Now())
			if s.State != tt.want || s.Source != tt.source {
				t.Errorf("got %v by %q: %s", s.State, s.Source, s.Detail)
			}
		})
	}
	t.Run("nobody may be asked", func(t *testing.T) {
		s := a.source(t, "pki.gov.kz").Status(context.Background(), good.Certificate, a.Issuing, time.Now())
		if s.State != revocation.Unknown {
			t.Errorf("got %v by %q", s.State, s.Source)
		}
	})
}

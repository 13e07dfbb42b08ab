package simulate

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

var begin = time.Date(2026, 10, 6, 5, 0, 0, 0, time.UTC)

// outside is a PKI that listens, with one person in order and one who is revoked.
func outside(t *testing.T) (p *PKI, good, revoked xmlsig.Key) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	p, err := NewPKI("http://"+server.Listener.Addr().String(), func() time.Time { return begin }, rand.Reader, testpki.GOST512)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = p
	server.Start()
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	for _, k := range []*xmlsig.Key{&good, &revoked} {
		if *k, err = p.Issue(testpki.GOST512, testpki.Profile{IIN: SyntheticIIN(1)}); err != nil {
			t.Fatal(err)
		}
	}
	p.Family(testpki.GOST512).Revoke(revoked.Certificate.Serial, begin.Add(-12*time.Hour), 1)
	return p, good, revoked
}

// ask puts a question about a key's certificate and judges the answer; "" is an answer that says nothing.
func ask(t *testing.T, p *PKI, k xmlsig.Key, get bool) revocation.State {
	t.Helper()
	return askWithin(t, 20*time.Second, p, k, get)
}

func askWithin(t *testing.T, patience time.Duration, p *PKI, k xmlsig.Key, get bool) revocation.State {
	t.Helper()
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce)
	issuing := p.Family(testpki.GOST512).Issuing
	request, err := revocation.NewOCSPRequest(k.Certificate, issuing, nonce)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var resp *http.Response
	if at := p.Addresses(testpki.GOST512).OCSP; get {
		resp, err = client.Get(at + "/" + url.PathEscape(base64.StdEncoding.EncodeToString(request)))
	} else {
		resp, err = client.Post(at, "application/ocsp-request", bytes.NewReader(request))
	}
	if err != nil {
		return revocation.Unknown
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		return revocation.Unknown
	}
	answer, err := revocation.ParseOCSP(body)
	if err != nil {
		return revocation.Unknown
	}
	return answer.Status(k.Certificate, issuing, begin, nonce).State
}

func TestPKIAnswersByPostAndGet(t *testing.T) {
	p, good, revoked := outside(t)
	for _, get := range []bool{false, true} {
		if g, r := ask(t, p, good, get), ask(t, p, revoked, get); g != revocation.Good || r != revocation.Revoked {
			t.Errorf("get %v: %s and %s", get, g, r)
		}
	}
}

// TestResponderFaults: whatever is switched on, nobody can take the answer for a good word on a revoked
// certificate; and switched off, the truth is back.
func TestResponderFaults(t *testing.T) {
	p, good, revoked := outside(t)
	says := map[string]revocation.State{"ocsp-revoked": revocation.Revoked, "ocsp-slow": revocation.Good}
	n := 0
	for _, f := range Faults() {
		if !strings.HasPrefix(f.Name, "ocsp-") {
			continue
		}
		n++
		value, patience := f.Usual, 20*time.Second
		switch f.Name {
		case "ocsp-slow":
			value = "1ms"
		case "ocsp-silent":
			patience = 300 * time.Millisecond
		}
		if err := p.SetFault(f.Name, value); err != nil {
			t.Fatal(err)
		}
		if got := askWithin(t, patience, p, good, false); got != says[f.Name] {
			t.Errorf("%s says %s of a good certificate, want %s", f.Name, got, says[f.Name])
		}
		if got := askWithin(t, patience, p, revoked, false); got == revocation.Good {
			t.Errorf("%s: a revoked certificate is good", f.Name)
		}
		p.Heal()
		if got := ask(t, p, good, false); got != revocation.Good {
			t.Errorf("after %s: %s", f.Name, got)
		}
	}
	if n < 20 {
		t.Errorf("only %d faults of the responder", n)
	}
}

func TestFullAndDeltaListTogether(t *testing.T) {
	p, good, revoked := outside(t)
	today, err := p.Issue(testpki.GOST512, testpki.Profile{IIN: SyntheticIIN(2)})
	if err != nil {
		t.Fatal(err)
	}
	a := p.Family(testpki.GOST512)
	a.Revoke(today.Certificate.Serial, begin.Add(-time.Hour), 1) // after the full list of midnight
	fetch := func(address string) *revocation.CRL {
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		list, err := revocation.ParseCRL(body)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	at := p.Addresses(testpki.GOST512)
	full, delta := fetch(at.CRL), fetch(at.Delta)
	state := func(k xmlsig.Key, lists ...*revocation.CRL) revocation.State {
		return revocation.NewStatic(lists, nil).Status(t.Context(), k.Certificate, a.Issuing, begin).State
	}
	if g, r, d := state(good, full, delta), state(revoked, full, delta), state(today, full, delta); g != revocation.Good || r != revocation.Revoked || d != revocation.Revoked {
		t.Errorf("full and delta: %s, %s, %s", g, r, d)
	}
	if d := state(today, full); d != revocation.Good {
		t.Errorf("the full list alone knows what was revoked after it: %s", d)
	}
	root := revocation.NewStatic([]*revocation.CRL{fetch(at.RootCRL)}, nil).Status(t.Context(), a.Issuing, a.Root, begin)
	if root.State != revocation.Good {
		t.Errorf("the root's list: %s", root.Detail)
	}
}

func TestControlSwitchesFaults(t *testing.T) {
	p, _, _ := outside(t)
	server := httptest.NewServer(p.Control())
	defer server.Close()
	send := func(method, form string) int {
		req, _ := http.NewRequest(method, server.URL+"/faults", strings.NewReader(form))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if code := send(http.MethodPost, "ocsp-slow=4s&crl-empty="); code != http.StatusOK || len(p.ActiveFaults()) != 2 {
		t.Errorf("POST: %d, %v", code, p.ActiveFaults())
	}
	if code := send(http.MethodPost, "ocsp-slow=off"); code != http.StatusOK || len(p.ActiveFaults()) != 1 {
		t.Errorf("off: %d, %v", code, p.ActiveFaults())
	}
	if code := send(http.MethodPost, "ocsp-lazy="); code != http.StatusBadRequest || len(p.ActiveFaults()) != 1 {
		t.Errorf("an unknown fault: %d, %v", code, p.ActiveFaults())
	}
	if code := send(http.MethodPut, ""); code != http.StatusOK || len(p.ActiveFaults()) != 0 {
		t.Errorf("PUT: %d, %v", code, p.ActiveFaults())
	}
}

package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/adapters/pkihttp"
	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// both is a source of status that answers when two signers are asked about at the same time.
type both struct{ wait sync.WaitGroup }

func (b *both) Status(_ context.Context, c, _ *pki.Certificate, at time.Time) revocation.Status {
	if !c.IsCA {
		b.wait.Done()
		b.wait.Wait()
	}
	return revocation.Status{State: revocation.Good, Source: revocation.SourceOCSP, ThisUpdate: at, Detail: "good"}
}

// TestHostileTwoResultsAtOnce: two different results of one case, both in order, come at the same time. One is
// recorded and goes to the citizen; the other is refused.
func TestHostileTwoResultsAtOnce(t *testing.T) {
	s := newStage(t, nil)
	ctx := t.Context()
	r, err := s.portal.Submit(ctx, "m", s.application(testpki.RSA, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	d := s.district("district")
	l := lease(t, d, r.Provider)
	if err := d.Ack(ctx, l.LeaseID); err != nil {
		t.Fatal(err)
	}
	status := &both{}
	status.wait.Add(2)
	work := gateway.NewWork(s.ledger, s.index, gateway.NewProver(s.trust, status), s.rules, s.out.World(), gateway.NoMeter{}, gateway.WorkConfig{})
	caller := gateway.Caller{ID: "district", Kind: gateway.CallerProvider, Providers: []string{r.Provider}}
	var errs [2]error
	var wg sync.WaitGroup
	for i := range errs {
		doc := s.result(testpki.RSA, testpki.Head, simulate.SyntheticBIN(1), l, func(r *simulate.Result) { r.TextRu = fmt.Sprint("Сумма ", i) })
		wg.Go(func() { _, errs[i] = work.Result(ctx, caller, l.Number, l.Attempt, doc) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("both results got the same answer: %v, %v", errs[0], errs[1])
	}
	_, events, err := s.History(ctx, l.Number)
	if err != nil {
		t.Fatal(err)
	}
	completed := 0
	for _, e := range events {
		if e.Kind == string(gateway.StateCompleted) {
			completed++
		}
	}
	if completed != 1 {
		t.Errorf("the case was completed %d times: the citizen gets as many results", completed)
	}
}

// TestHostileClockThatWasAhead: after one look at a clock that was years ahead (a forged time server) and is right
// again, applications wait; they are not refused as expired for years to come (DESIGN §3 rule 8).
func TestHostileClockThatWasAhead(t *testing.T) {
	s := newStage(t, nil)
	s.offset.Store(int64(3 * 365 * 24 * time.Hour))
	_, _ = s.portal.Submit(t.Context(), "ahead", s.application(testpki.RSA, nil, nil))
	s.offset.Store(0)
	r, err := s.portal.Submit(t.Context(), "now", s.application(testpki.RSA, nil, nil))
	if err != nil || r.Decision != "parked" && r.Decision != "accepted" { // fresh OCSP answers confirm the machine's time
		t.Errorf("an application in order is decided on by a moment that is not: %+v %v", r, err)
	}
}

// hostileForm signs the standard application after a change of its text.
func (s *stage) hostileForm(alg testpki.Algorithm, iin string, change func(string) string, keys ...xmlsig.Key) []byte {
	s.t.Helper()
	svc, _ := s.rules.Catalogue.ByKey(service)
	s.n++
	a := simulate.Application{Service: svc, IIN: iin, Territory: north, Channel: "portal", RequestNumber: fmt.Sprintf("10109%09d", s.n), At: time.Now()}
	doc := a.XML()
	if change != nil {
		changed := change(string(doc))
		if changed == string(doc) {
			s.t.Fatal("the form is what it was")
		}
		doc = []byte(changed)
	}
	for _, k := range keys {
		var err error
		if doc, err = xmlsig.Sign(doc, k, xmlsig.SignOptions{Rand: rand.Reader}); err != nil {
			s.t.Fatal(err)
		}
	}
	return doc
}

func (s *stage) issue(alg testpki.Algorithm, p testpki.Profile) xmlsig.Key {
	s.t.Helper()
	if p.CommonName == "" {
		p.CommonName = "СЫНАҚОВ ҮЛГІ"
	}
	key, err := s.pki.Issue(alg, p)
	if err != nil {
		s.t.Fatal(err)
	}
	return key
}

// get fetches an address with a caller's key.
func get(t *testing.T, c *simulate.Client, path string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Key)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// TestHostileAttachmentOpensNoForeignDocument: the digests in a form are the sender's words. Naming the digest of
// somebody else's application as an attachment must not bring that application out.
func TestHostileAttachmentOpensNoForeignDocument(t *testing.T) {
	s := newStage(t, nil)
	victim := s.application(testpki.RSA, nil, nil)
	if _, err := s.portal.Submit(t.Context(), "victim", victim); err != nil {
		t.Fatal(err)
	}
	key, err := s.Access().Add(t.Context(), gateway.Caller{ID: "other-portal", Kind: gateway.CallerPortal}, "test")
	if err != nil {
		t.Fatal(err)
	}
	other, iin, sha := s.client(key), simulate.SyntheticIIN(700), gateway.SHA256Hex(victim)
	doc := s.hostileForm(testpki.RSA, iin, func(f string) string { return strings.Replace(f, strings.Repeat("0a1b2c3d", 8), sha, 1) },
		s.issue(testpki.RSA, testpki.Profile{IIN: iin}))
	r, err := other.Submit(t.Context(), "thief", doc)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, other, "/v1/applications/"+r.Number+"/attachments/"+sha); status == http.StatusOK && bytes.Equal(body, victim) {
		t.Error("another portal's signed application was handed out as an attachment")
	}
}

// TestHostileUnsignedPartsDoNotTravel: "only covered bytes travel on" (DESIGN §3 rule 1). What stands in ds:Object of
// the citizen's signature is signed by nobody and must not reach the district as part of the application.
func TestHostileUnsignedPartsDoNotTravel(t *testing.T) {
	s := newStage(t, nil)
	doc := s.application(testpki.RSA, nil, nil)
	const evil = `<Applicant><IIN>000230500003</IIN></Applicant>`
	doc = bytes.Replace(doc, []byte("</ds:Signature>"), []byte(`<ds:Object>`+evil+`</ds:Object></ds:Signature>`), 1)
	r, err := s.portal.Submit(t.Context(), "object", doc)
	if err != nil {
		t.Logf("refused: %v", err)
		return
	}
	if l := lease(t, s.district("district"), r.Provider); bytes.Contains(l.Document, []byte(evil)) {
		t.Error("the district was handed a form that nobody signed, beside the signed one")
	}
}

// TestHostileLeaseIsBoundToItsCaller: a lease is a random id bound to the caller (DESIGN §3 rule 7). Another system of
// the same provider that came to know the id cannot act on it.
func TestHostileLeaseIsBoundToItsCaller(t *testing.T) {
	s := newStage(t, nil)
	r, err := s.portal.Submit(t.Context(), "m", s.application(testpki.RSA, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	first, second := s.district("first"), s.district("second")
	l := lease(t, first, r.Provider)
	if err := second.Ack(t.Context(), l.LeaseID); err == nil {
		t.Error("another caller acknowledged the lease")
	}
	if err := first.Ack(t.Context(), l.LeaseID); err != nil {
		t.Error(err)
	}
}

// TestHostileApplications: one fault a row.
func TestHostileApplications(t *testing.T) {
	s := newStage(t, nil)
	const gost = testpki.GOST512
	iin, other := simulate.SyntheticIIN(800), simulate.SyntheticIIN(801)
	citizen, neighbour := s.issue(gost, testpki.Profile{IIN: iin}), s.issue(gost, testpki.Profile{IIN: other})
	revoked := s.issue(gost, testpki.Profile{IIN: iin})
	s.pki.Family(gost).Revoke(revoked.Certificate.Serial, time.Now().Add(-time.Hour), 1)
	stranger, err := testpki.New(gost, testpki.Options{Rand: rand.Reader, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := stranger.Issue(testpki.Profile{IIN: iin})
	if err != nil {
		t.Fatal(err)
	}
	untrusted := xmlsig.Key{Signer: foreign.Key, Certificate: foreign.Certificate}
	swap := func(old, with string) func(string) string {
		return func(f string) string { return strings.Replace(f, old, with, 1) }
	}
	issue := func(p testpki.Profile) xmlsig.Key { return s.issue(gost, p) }
	for _, tt := range []struct {
		name string
		code gateway.Code
		doc  []byte
	}{
		{"signed by a neighbour", reason.IINMismatch, s.hostileForm(gost, iin, nil, neighbour)},
		{"a neighbour first, the applicant second", reason.IINMismatch, s.hostileForm(gost, iin, nil, neighbour, citizen)},
		{"a stranger second", reason.ChainUntrusted, s.hostileForm(gost, iin, nil, citizen, untrusted)},
		{"a stranger with the applicant's IIN", reason.ChainUntrusted, s.hostileForm(gost, iin, nil, untrusted)},
		{"revoked", reason.CertificateRevoked, s.hostileForm(gost, iin, nil, revoked)},
		{"revoked second", reason.CertificateRevoked, s.hostileForm(gost, iin, nil, citizen, revoked)},
		{"authentication certificate", reason.PurposeWrong, s.hostileForm(gost, iin, nil, issue(testpki.Profile{Kind: testpki.Authentication, IIN: iin}))},
		{"the OCSP responder", reason.PurposeWrong, s.hostileForm(gost, iin, nil, issue(testpki.Profile{Kind: testpki.OCSP, IIN: iin}))},
		{"expired", reason.CertificateExpired, s.hostileForm(gost, iin, nil, issue(testpki.Profile{IIN: iin, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(-30 * time.Second)}))},
		{"two IINs in the certificate", reason.CertificateMalformed, s.hostileForm(gost, iin, nil, issue(testpki.Profile{IIN: iin, Mutate: func(c *testpki.Template) {
			c.Subject = append(c.Subject, testpki.Attribute{OID: testpki.SerialNumber, Value: "IIN" + other})
		}}))},
		{"IIN with a space in the certificate", reason.IdentityMissing, s.hostileForm(gost, iin, nil, issue(testpki.Profile{Mutate: func(c *testpki.Template) { c.SetSubject(testpki.SerialNumber, "IIN"+iin+" ") }}))},
		{"IIN in the certificate's common name", reason.IdentityMissing, s.hostileForm(gost, iin, nil, issue(testpki.Profile{CommonName: "IIN" + iin}))},
		{"IIN twice in the form", gateway.CodeFormInvalid, s.hostileForm(gost, iin, swap("<IIN>"+iin+"</IIN>", "<IIN>"+iin+"</IIN><IIN>"+other+"</IIN>"), citizen)},
		{"IIN again in a foreign namespace", gateway.CodeFormInvalid, s.hostileForm(gost, iin, swap("<IIN>"+iin+"</IIN>", "<IIN>"+iin+`</IIN><e:IIN xmlns:e="urn:evil">`+other+"</e:IIN>"), citizen)},
		{"IIN in Arabic digits", gateway.CodeFormInvalid, s.hostileForm(gost, iin, swap("<IIN>"+iin, "<IIN>"+strings.Repeat("٠", 12)), citizen)},
		{"IIN in full-width digits", gateway.CodeFormInvalid, s.hostileForm(gost, iin, swap("<IIN>"+iin, "<IIN>"+strings.Repeat("０", 12)), citizen)},
		{"IIN split by a comment", reason.XMLForbidden, bytes.Replace(s.hostileForm(gost, iin, nil, citizen), []byte("<IIN>"+iin[:6]), []byte("<IIN>"+iin[:6]+"<!---->"), 1)}, // nobody signs it for us so
		{"IIN split by a PI", gateway.CodeFormInvalid, s.hostileForm(gost, iin, swap("<IIN>"+iin[:6], "<IIN>"+iin[:6]+"<?x?>"), citizen)},
		{"IIN with an element inside", gateway.CodeFormInvalid, s.hostileForm(gost, iin, swap("<IIN>"+iin, "<IIN>"+iin+"<b/>"), citizen)},
		{"form inside another root", gateway.CodeServiceUnknown, s.hostileForm(gost, iin, func(f string) string { return `<x:a xmlns:x="urn:evil">` + f + `</x:a>` }, citizen)},
		{"signature replayed over another form", reason.DigestMismatch, func() []byte {
			good := string(s.hostileForm(gost, iin, nil, citizen))
			return []byte(strings.Replace(good, "<Name>ҮЛГІ", "<Name>БАСҚА", 1))
		}()},
		{"signature first, an unsigned root around", reason.CoveragePartial, func() []byte {
			svc, _ := s.rules.Catalogue.ByKey(service)
			inner, err := xmlsig.Sign(bytes.Replace(simulate.Application{Service: svc, IIN: iin, Territory: north, Channel: "portal", RequestNumber: "1010999", At: time.Now()}.XML(),
				[]byte("<app:Application "), []byte(`<app:Application Id="a" `), 1), citizen, xmlsig.SignOptions{ID: "a", Rand: rand.Reader})
			if err != nil {
				t.Fatal(err)
			}
			return []byte(`<app:Application xmlns:app="` + svc.Namespace + `">` + string(inner) + `</app:Application>`)
		}()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.portal.Submit(t.Context(), fmt.Sprintf("%x", tt.name), tt.doc)
			var p *simulate.Problem
			if !errors.As(err, &p) || p.Code != string(tt.code) {
				t.Fatalf("got %v, want %s", err, tt.code)
			}
			if strings.Contains(p.Detail, iin) || strings.Contains(p.Detail, other) {
				t.Errorf("a personal number in %q", p.Detail)
			}
		})
	}
}

// TestHostileSameKeyOfAnotherCaller: message keys of callers do not mix, and one signed form is one application
// whoever brings it, also when many bring it at once.
func TestHostileSameKeyOfAnotherCaller(t *testing.T) {
	s := newStage(t, nil)
	key, err := s.Access().Add(t.Context(), gateway.Caller{ID: "other-portal", Kind: gateway.CallerPortal}, "test")
	if err != nil {
		t.Fatal(err)
	}
	other, doc := s.client(key), s.application(testpki.GOST512, nil, nil)
	var mu sync.Mutex
	numbers, codes := map[string]int{}, map[string]int{}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			c := s.portal
			if i%2 == 1 {
				c = other
			}
			r, err := c.Submit(t.Context(), fmt.Sprint("same", i/4), doc)
			mu.Lock()
			defer mu.Unlock()
			var p *simulate.Problem
			if errors.As(err, &p) {
				codes[p.Code]++
				numbers[p.FirstNumber]++
			} else if err != nil {
				t.Error(err)
			} else {
				numbers[r.Number]++
			}
		})
	}
	wg.Wait()
	if len(numbers) != 1 {
		t.Errorf("one form became %v, %v", numbers, codes)
	}
	for number := range numbers {
		if status, body := get(t, other, "/v1/applications/"+number); status == http.StatusOK {
			if status, _ := get(t, s.portal, "/v1/applications/"+number); status == http.StatusOK {
				t.Errorf("both callers see the case: %s", body)
			}
		}
	}
}

// TestHostilePaths: numbers, digests and queues with something else in them.
func TestHostilePaths(t *testing.T) {
	s := newStage(t, nil)
	for _, path := range []string{
		"/v1/applications/..%2f..%2fetc%2fpasswd", "/v1/applications/%00", "/v1/applications/K26-AAAAA-AAAAA%0d%0aX:%20y",
		"/v1/applications/' OR 1=1 --", "/v1/applications/K26-AAAAA-AAAAA/attachments/../../../secret", "/v1/applications/K26-AAAAA-AAAAA/attachments/" + strings.Repeat("g", 64),
		"/v1//applications/K26-AAAAA-AAAAA", "/v1/applications/" + strings.Repeat("9", 41),
	} {
		status, body := get(t, s.portal, strings.ReplaceAll(path, " ", "%20"))
		if status != http.StatusNotFound || bytes.Contains(body, []byte("passwd")) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// shepStage pins the transport certificate of a state gateway and gives its key.
func shepStage(t *testing.T) (*stage, xmlsig.Key) {
	t.Helper()
	ca, err := testpki.New(testpki.RSA, testpki.Options{Rand: rand.Reader, Now: time.Now().Add(-time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ca.Issue(testpki.Profile{Kind: testpki.InformationSystem, BIN: simulate.SyntheticBIN(77)})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "shep.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.Certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return newStage(t, func(c *config.Config) { c.SHEP.Pins = []string{file} }), xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}
}

func (s *stage) soap(path string, doc []byte) (int, string) {
	s.t.Helper()
	resp, err := http.Post(s.URL()+path, "text/xml; charset=utf-8", bytes.NewReader(doc))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestHostileMessages: SOAP messages of somebody who holds the transport key, or changes what its holder signed.
func TestHostileMessages(t *testing.T) {
	s, key := shepStage(t)
	svc, _ := s.rules.Catalogue.ByKey(service)
	other := s.issue(testpki.RSA, testpki.Profile{Kind: testpki.InformationSystem, BIN: simulate.SyntheticBIN(78)})
	message := func(change func(*envelope.SyncRequest)) *envelope.SyncRequest {
		s.n++
		m := &envelope.SyncRequest{MessageID: fmt.Sprint("id-", s.n), CorrelationID: "1", ServiceID: svc.SHEP.ServiceIDs[0], MessageDate: time.Now(),
			Sender: envelope.SenderInfo{ID: "pep"}, SessionID: "{1}", Data: envelope.Text(s.application(testpki.RSA, nil, nil))}
		if change != nil {
			change(m)
		}
		return m
	}
	sealed := func(k xmlsig.Key, change func(*envelope.SyncRequest)) string {
		doc, err := envelope.Seal(message(change), envelope.KeySigner(k, rand.Reader))
		if err != nil {
			t.Fatal(err)
		}
		return string(doc)
	}
	cut := func(doc, from, to string) (string, string, string) {
		i := strings.Index(doc, from)
		j := strings.Index(doc, to) + len(to)
		if i < 0 || j < i {
			t.Fatal(from, doc)
		}
		return doc[:i], doc[i:j], doc[j:]
	}
	tag := func(doc, local string) string { // with its prefix
		for _, f := range strings.FieldsFunc(doc, func(r rune) bool { return r == '<' || r == '>' || r == ' ' || r == '/' }) {
			if strings.HasSuffix(f, ":"+local) && !strings.Contains(f, "=") {
				return f
			}
		}
		t.Fatal("no ", local)
		return ""
	}
	good := sealed(key, nil)
	body, header := tag(good, "Body"), tag(good, "Header")
	for _, tt := range []struct {
		name, doc, code string
	}{
		{"nothing wrong", good, ""},
		{"not pinned", sealed(other, nil), string(reason.TransportSignatureInvalid)},
		{"unsigned", func() string { d, _ := envelope.Write(message(nil)); return string(d) }(), string(reason.TransportSignatureMissing)},
		{"message id changed", strings.Replace(sealed(key, nil), "<messageId>", "<messageId>x", 1), string(reason.TransportSignatureInvalid)},
		{"two Bodies", func() string {
			a, b, c := cut(sealed(key, nil), "<"+body, "</"+body+">")
			return a + b + b + c
		}(), string(reason.XMLMalformed)},
		{"signed Body moved into the header, another in its place", func() string {
			first, second := sealed(key, nil), sealed(other, nil)
			_, signed, _ := cut(first, "<"+body, "</"+body+">")
			a, _, c := cut(first, "<"+body, "</"+body+">")
			_, evil, _ := cut(second, "<"+body, "</"+body+">")
			a = strings.Replace(a, "</"+header+">", `<x:w xmlns:x="urn:x">`+signed+`</x:w></`+header+">", 1)
			return a + evil + c
		}(), ""},
		{"element beside the Body", func() string {
			d := sealed(key, nil)
			return strings.Replace(d, "</"+body+">", "</"+body+`><x:SendMessage xmlns:x="urn:x"/>`, 1)
		}(), string(reason.TransportSignatureMissing)},
		{"two Headers", func() string {
			a, h, c := cut(sealed(key, nil), "<"+header, "</"+header+">")
			return a + "<" + header + "/>" + h + c
		}(), string(reason.XMLMalformed)},
		{"message id of a megabyte", sealed(key, func(m *envelope.SyncRequest) { m.MessageID = strings.Repeat("9", 1<<20) }), string(gateway.CodeFormInvalid)},
		{"message id over two lines", sealed(key, func(m *envelope.SyncRequest) { m.MessageID = "a\nlevel=ERROR msg=forged" }), string(gateway.CodeFormInvalid)},
		{"session id of a megabyte", func() string { // our own writer leaves out what is no GUID
			const guid = "{f0774397-4fcd-484a-9434-f71535ee4326}"
			doc, err := envelope.Write(message(func(m *envelope.SyncRequest) { m.SessionID = guid }))
			if err != nil {
				t.Fatal(err)
			}
			doc, err = envelope.KeySigner(key, rand.Reader)([]byte(strings.Replace(string(doc), guid, strings.Repeat("9", 1<<20), 1)))
			if err != nil {
				t.Fatal(err)
			}
			return string(doc)
		}(), string(gateway.CodeFormInvalid)},
		{"service id of another service", sealed(key, func(m *envelope.SyncRequest) { m.ServiceID = "KOPIR_ADOPTION_PAYMENT" }), string(gateway.CodeEnvelopeMismatch)},
		{"service id of no service", sealed(key, func(m *envelope.SyncRequest) { m.ServiceID = "Other" }), string(gateway.CodeServiceUnknown)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := s.soap("/shep/sync", []byte(tt.doc))
			switch {
			case tt.name == "nothing wrong":
				if status != http.StatusOK || !strings.Contains(answer, "accepted") {
					t.Fatalf("%d %.600s", status, answer)
				}
			case status == http.StatusOK && strings.Contains(answer, "accepted"):
				t.Errorf("accepted: %.300s", answer)
			case !strings.Contains(answer, tt.code):
				t.Errorf("want %s: %d %.900s", tt.code, status, answer)
			}
		})
	}
}

// TestHostileListInTheStore: a forged list, served once over plain HTTP, must not keep the genuine one out, now or after
// a restart: neither its date nor its issuer has been verified by anybody.
func TestHostileListInTheStore(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	mallory, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	genuine, err := ca.CRL(now, now.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	spec := ca.CRLSpec(now.AddDate(10, 0, 0), now.AddDate(11, 0, 0))
	spec.Issuer.Key = mallory.IssuingIdentity().Key
	forged, err := ca.MakeCRL(spec)
	if err != nil {
		t.Fatal(err)
	}
	served := forged
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(served) }))
	defer server.Close()
	dir := t.TempDir()
	open := func(after time.Duration) *pkihttp.Client {
		c, err := pkihttp.New(pkihttp.Config{Allow: []string{strings.TrimPrefix(server.URL, "http://")}, Dir: dir, Now: func() time.Time { return now.Add(after) }})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	fetch := func(c *pkihttp.Client) ([]byte, error) {
		r, err := c.CRL(t.Context(), server.URL+"/a.crl")
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	}
	if got, err := fetch(open(0)); err != nil || !bytes.Equal(got, forged) {
		t.Fatal(err)
	}
	served = genuine
	if got, err := fetch(open(2 * time.Hour)); err != nil || !bytes.Equal(got, genuine) {
		t.Errorf("after a restart and two hours the genuine list is still kept out by the forged one (%v)", err)
	}
}

// TestHostilePayloadIsCutOutInTime: a message whose data is an element, with many prefixes in force around it.
func TestHostilePayloadIsCutOutInTime(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"`)
	for i := range 50 {
		fmt.Fprintf(&b, ` xmlns:p%d="u:%d"`, i, i)
	}
	b.WriteString(`><s:Body`)
	for i := range 60 {
		fmt.Fprintf(&b, ` xmlns:q%d="u:%d"`, i, i)
	}
	b.WriteString(`><SendMessage><request><requestInfo><messageId>1</messageId></requestInfo><requestData><data><a>`)
	for b.Len() < 3<<20 {
		b.WriteString("<b")
		for i := range 250 {
			fmt.Fprintf(&b, ` a%d="b"`, i)
		}
		b.WriteString("/>")
	}
	b.WriteString(`</a></data></requestData></request></SendMessage></s:Body></s:Envelope>`)
	m, err := envelope.Read([]byte(b.String()), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	took := hostileBusy(t, func() {
		if _, err := m.Body.(*envelope.SyncRequest).Data.Payload(); err != nil {
			t.Fatal(err)
		}
	})
	if took > 700*time.Millisecond {
		t.Errorf("3 MB were cut out of a message in %v", took)
	}
}

// TestHostileCallbackIsSigned: a receiver can tell a callback of the gateway from one of anybody else
// (adapters/webhook: Kopir-Signature).
func TestHostileCallbackIsSigned(t *testing.T) {
	type seen struct{ signature, authorization string }
	calls := make(chan seen, 16)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls <- seen{r.Header.Get("Kopir-Signature"), r.Header.Get("Authorization")}
	}))
	defer server.Close()
	s := newStage(t, func(c *config.Config) { c.Callbacks = append(c.Callbacks, strings.TrimPrefix(server.URL, "http://")) })
	key, err := s.Access().Add(t.Context(), gateway.Caller{ID: "listener", Kind: gateway.CallerPortal, Callback: server.URL + "/"}, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client(key).Submit(t.Context(), "m", s.application(testpki.RSA, nil, nil)); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-calls:
		if c.signature == "" && c.authorization == "" {
			t.Error("the callback carries neither a signature nor a token: anybody can send the portal results")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no callback came")
	}
}

// TestHostileParkingBoundHolds: the bound of parked applications of one person holds for submissions at once, too.
func TestHostileParkingBoundHolds(t *testing.T) {
	s := newStage(t, nil)
	s.pki.Silence(true)
	iin := simulate.SyntheticIIN(950)
	key := s.issue(testpki.RSA, testpki.Profile{IIN: iin})
	const sent, bound = 60, 20
	docs := make([][]byte, sent)
	for i := range docs {
		docs[i] = s.hostileForm(testpki.RSA, iin, nil, key)
	}
	var wg sync.WaitGroup
	for i, doc := range docs {
		wg.Go(func() { _, _ = s.portal.Submit(t.Context(), fmt.Sprint("p", i), doc) })
	}
	wg.Wait()
	_, byIIN, err := s.ledger.ParkedCount(t.Context(), "portal", iin)
	if err != nil {
		t.Fatal(err)
	}
	if byIIN > bound {
		t.Errorf("%d applications of one person are parked, the bound is %d", byIIN, bound)
	}
}

// underRace says whether the race detector watches.
func underRace() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// hostileBusy is the processor time fn takes: other work of the machine does not count.
func hostileBusy(t *testing.T, fn func()) time.Duration {
	t.Helper()
	if underRace() {
		t.Skip("time says nothing under the race detector")
	}
	if testing.Short() {
		t.Skip("takes seconds of work while the weakness is there")
	}
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	runtime.GC()
	start := spent()
	fn()
	return (spent() - start).Round(time.Millisecond)
}

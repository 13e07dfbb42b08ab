package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/adapters/shep"
	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// personRegister is ГБД ФЛ behind the state gateway: it knows everybody by the name it is given.
type personRegister struct {
	t       *testing.T
	key     atomic.Pointer[xmlsig.Key]
	surname string
	silent  atomic.Bool
	asked   atomic.Int64
}

func (p *personRegister) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	if p.silent.Load() {
		panic(http.ErrAbortHandler)
	}
	doc, _ := io.ReadAll(r.Body)
	msg, err := envelope.Read(doc, xmltree.Limits{})
	if err != nil || !msg.HasHeader {
		p.t.Errorf("not signed, or not to be read: %v", err)
		return
	}
	m := msg.Body.(*envelope.SyncRequest)
	asked, _ := m.Data.Payload()
	req, err := shep.DecodePersonRequest(asked)
	if err != nil || req.SenderCode != "KOPIR" || m.ServiceID != shep.GBDFLService {
		p.t.Errorf("asked %v", err)
	}
	answer := shep.EncodePersonAnswer(shep.PersonAnswer{MessageID: "1", Result: shep.Entry{Code: "00000"},
		Persons: []shep.PersonRecord{{IIN: req.IIN, Surname: p.surname, Name: "Үлгі"}}})
	data, err := envelope.NewData(envelope.FormTyped, answer)
	if err != nil {
		p.t.Error(err)
	}
	out, err := envelope.Seal(&envelope.SyncResponse{MessageID: "1", ResponseDate: time.Now(), SessionID: officeSession,
		Status: envelope.StatusInfo{Code: envelope.StatusOK, Message: "ok"}, Data: data}, envelope.KeySigner(*p.key.Load(), rand.Reader))
	if err != nil {
		p.t.Error(err)
	}
	_, _ = w.Write(out)
}

// registerStage is a gateway whose service asks ГБД ФЛ.
func registerStage(t *testing.T, surname string) (*stage, *personRegister) {
	p := &personRegister{t: t, surname: surname}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	s, o, _ := officeStage(t, config.SHEPService{}, func(c *config.SHEP) {
		c.SendSync = server.URL
		c.Registers = map[string]config.Register{"gbdfl": {SenderCode: "KOPIR"}}
	})
	p.key.Store(&o.key)
	svc, _ := s.rules.Catalogue.ByKey(service)
	svc.Lookups = []string{"gbdfl"}
	return s, p
}

// look waits until the look-up of a case is in a state.
func (s *stage) look(number string, state gateway.LookupState) gateway.Case {
	s.t.Helper()
	var c gateway.Case
	for range 300 {
		c, _, _ = s.History(context.Background(), number)
		if len(c.Lookups) == 1 && c.Lookups[0].State == state {
			return c
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("never %s: %+v", state, c.Lookups)
	return c
}

func TestProviderSeesWhatTheRegisterSays(t *testing.T) {
	s, p := registerStage(t, "Басқаұлы")
	r, err := s.portal.Submit(context.Background(), "m-1", s.application(testpki.RSA, nil, nil))
	if err != nil || r.Decision != "accepted" {
		t.Fatalf("%+v %v", r, err)
	}
	c := s.look(r.Number, gateway.LookupDiffers)
	answer, err := s.ledger.LookupAnswer(context.Background(), r.Number, "gbdfl")
	if err != nil || !bytes.Contains(answer, []byte("Басқаұлы")) || p.asked.Load() != 1 {
		t.Errorf("kept %d octets, %v", len(answer), err)
	}
	d := s.district("district-1")
	req, _ := http.NewRequest(http.MethodPost, s.URL()+"/v1/providers/"+c.Provider+"/leases", strings.NewReader(`{"max":1}`))
	req.Header.Set("Authorization", "Bearer "+d.Key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	var got struct {
		Leases []struct {
			Lookups []struct {
				Register, State string
				Differences     []string
				Text            map[string]string
			}
		}
	}
	if err := json.Unmarshal(body, &got); err != nil || len(got.Leases) != 1 || len(got.Leases[0].Lookups) != 1 {
		t.Fatalf("%s %v", body, err)
	}
	l := got.Leases[0].Lookups[0]
	if l.Register != "gbdfl" || l.State != "differs" || l.Differences[0] != "surname" || l.Text["kk"] == "" || l.Text["ru"] == "" {
		t.Errorf("%+v", l)
	}
	_, events, _ := s.History(context.Background(), r.Number)
	told, _ := json.Marshal(events)
	if page := s.metricsPage(); !strings.Contains(page, `kopir_lookups_total{register="gbdfl",state="differs"} 1`) ||
		strings.Contains(page+string(told)+string(body), "Басқаұлы") || strings.Contains(page+string(told), c.IIN) {
		t.Error("what the register said got out, or was not counted")
	}
	s.chainHolds(r.Number)
}

// TestSilentRegisterHoldsUpNothing: the application goes its whole way while nobody answers.
func TestSilentRegisterHoldsUpNothing(t *testing.T) {
	s, p := registerStage(t, "СЫНАҚОВ")
	p.silent.Store(true)
	r, err := s.portal.Submit(context.Background(), "m-1", s.application(testpki.RSA, nil, nil))
	if err != nil || r.Decision != "accepted" {
		t.Fatalf("%+v %v", r, err)
	}
	d := s.district("district-1")
	l := lease(t, d, r.Provider)
	if err := d.Ack(context.Background(), l.LeaseID); err != nil {
		t.Fatal(err)
	}
	if err := d.Result(context.Background(), l.Number, l.Attempt, s.result(testpki.RSA, testpki.Head, simulate.SyntheticBIN(1), l, nil)); err != nil {
		t.Fatal(err)
	}
	if !s.becomes(r.Number, gateway.StateDelivered) {
		t.Error("the case is not delivered")
	}
	c, _, err := s.History(context.Background(), r.Number)
	if err != nil || len(c.Lookups) != 1 || c.Lookups[0].State != gateway.LookupPending {
		t.Errorf("%+v %v", c.Lookups, err)
	}
}

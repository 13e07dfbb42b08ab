package shep_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kopir/adapters/envelope"
	"kopir/adapters/shep"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// waiting is a gateway with messages that wait until they are confirmed.
type waiting struct {
	messages []string // <messages> as they stand on the wire
	deaf     int      // confirmations that get lost
	confirms []*envelope.DeliveryNotification
	asked    []*envelope.MessagesRequest
	long     int // answers longer than anybody reads
}

func (w *waiting) answer(body any) any {
	switch m := body.(type) {
	case *envelope.MessagesRequest:
		w.asked = append(w.asked, m)
		if w.long > 0 {
			w.long--
			return raw(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(make([]byte, 33<<20)) })
		}
		empty := &envelope.MessagesResponse{ResponseDate: moment, SessionID: session}
		if len(w.messages) == 0 {
			return empty
		}
		doc, _ := envelope.Write(empty)
		batch := w.messages[:min(len(w.messages), m.Amount)]
		return text(200, "text/xml", strings.Replace(string(doc), "</response>", strings.Join(batch, "")+"</response>", 1))
	case *envelope.DeliveryNotification:
		w.confirms = append(w.confirms, m)
		if w.deaf > 0 {
			w.deaf--
			return raw(drop)
		}
		if m.ResendMessage == envelope.NotResend {
			for i, waits := range w.messages {
				if strings.Contains(waits, "<messageId>"+m.MessageID+"</messageId>") {
					w.messages = append(w.messages[:i:i], w.messages[i+1:]...)
					break
				}
			}
		}
		return &envelope.DeliveryNotificationResponse{NotificationID: "5", ResponseDate: moment, SessionID: session}
	}
	return fault("SCE004")
}

func waits(id, kind, data string) string {
	return `<messages><messageInfo><messageId>` + id + `</messageId><correlationId>3382552</correlationId><serviceId>S1</serviceId><messageType>` + kind +
		`</messageType><messageDate>2026-11-23T10:47:28</messageDate><sender><senderId>pep</senderId></sender></messageInfo><messageData>` + data + `</messageData></messages>`
}

const formData = `<data>&lt;Form/&gt;</data>`

// desk is an intake: same key, same answer.
type desk struct {
	mu    sync.Mutex
	subs  []gateway.Submission
	cases map[gateway.MessageKey]int
	fails map[string]error // by message id
}

func (d *desk) Accept(_ context.Context, s gateway.Submission) (gateway.Answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.subs = append(d.subs, s)
	if err := d.fails[s.MessageID]; err != nil {
		return gateway.Answer{}, err
	}
	if d.cases == nil {
		d.cases = map[gateway.MessageKey]int{}
	}
	d.cases[s.Key()]++
	return gateway.Answer{Decision: gateway.DecisionAccepted}, nil
}

var gatewayCaller = gateway.Caller{ID: "shep", Kind: gateway.CallerGateway, Channel: gateway.ChannelPortal}

func puller(c *shep.Client, in shep.Intake, amount int) *shep.Puller {
	return c.Puller(shep.PullConfig{Service: "housing-assistance", ServiceIDs: []string{"S1"}, Amount: amount, Intake: in, Caller: gatewayCaller})
}

func quick(c *shep.Config) { c.Pause = time.Millisecond }

// A pulled application reaches the intake as a pushed one would, and is confirmed after it was decided.
func TestPull(t *testing.T) {
	w, d := &waiting{messages: []string{waits("254750124", "REQUEST", formData), waits("254750125", "REQUEST", `<data><Form/></data>`)}}, &desk{}
	g := newGate(t, w.answer)
	p := puller(client(t, g.URL, quick), d, 1)
	for range 2 {
		if done, err := p.Round(t.Context()); done != 1 || err != nil {
			t.Fatalf("done %d, %v", done, err)
		}
	}
	if done, err := p.Round(t.Context()); done != 0 || err != nil {
		t.Errorf("an empty office: done %d, %v", done, err)
	}
	if q := w.asked[0]; q.ServiceID != "S1" || q.Amount != 1 || q.Sender.ID != "kopir" || q.MessageID != "" {
		t.Errorf("asked %+v", q)
	}
	s := d.subs[0]
	if s.Via != gateway.ViaAsyncSOAP || s.MessageID != "254750124" || s.Channel != gateway.ChannelPortal || string(s.Document) != "<Form/>" ||
		s.Envelope != (gateway.Envelope{ServiceID: "S1", MessageID: "254750124", CorrelationID: "3382552", SenderID: "pep"}) ||
		s.Caller.ID != gatewayCaller.Behind("S1", "pep").ID {
		t.Errorf("submission %+v", s)
	}
	if len(s.Transport) != 1 || s.Transport[0].Outcome != reason.NotApplicable || s.Sender != nil {
		t.Errorf("transport %+v", s.Transport)
	}
	if c := w.confirms; len(c) != 2 || c[0].ReceiveStatus != envelope.ReceiveAccepted || c[0].MessageID != "254750124" || c[0].ServiceID != "S1" {
		t.Errorf("confirmed %+v", c)
	}
}

// What the answer is signed with is what the verdict says of the transport.
func TestPulledTransport(t *testing.T) {
	_, theirs, pins, _ := parties(t)
	answers := []any{&envelope.MessagesResponse{ResponseDate: moment, SessionID: session, Messages: []envelope.AsyncRequest{{MessageID: "1", CorrelationID: "2",
		ServiceID: "S1", MessageType: "REQUEST", MessageDate: moment, Sender: envelope.SenderInfo{ID: "pep"}, Data: envelope.Text([]byte("<Form/>"))}}},
		&envelope.DeliveryNotificationResponse{NotificationID: "5", ResponseDate: moment, SessionID: session}}
	for name, sign := range map[string]envelope.Signer{"signed": theirs, "unsigned": nil} {
		d, n := &desk{}, 0
		g := newGate(t, func(any) any { n++; return answers[n-1] })
		g.sign = sign
		done, err := puller(client(t, g.URL, func(c *shep.Config) { c.Replies = pins }), d, 0).Round(t.Context())
		if sign == nil {
			if err == nil || len(d.subs) != 0 {
				t.Errorf("%s: %d applications were taken", name, len(d.subs))
			}
			continue
		}
		if err != nil || done != 1 || len(d.subs) != 1 {
			t.Fatalf("%s: %d %v", name, done, err)
		}
		s := d.subs[0]
		if outcome, _ := reason.Verdict(s.Transport); outcome != reason.Passed || s.Sender == nil || s.Sender.Certificate == nil || s.Transport[0].Name != "transport" {
			t.Errorf("%+v", s.Transport)
		}
	}
}

// One bad message spoils no other and does not come again; one that we failed on does.
func TestPullSortsWhatComes(t *testing.T) {
	fails := map[string]error{"6": &gateway.Error{Code: gateway.CodeUnavailable}}
	w := &waiting{messages: []string{
		waits("1", "NOTIFICATION", formData),
		waits("2", "REQUEST", `<data>a<!-- -->b</data>`),
		waits("3", "REQUEST", `<data/>`),
		waits("bad id", "REQUEST", formData),
		strings.Replace(waits("5", "REQUEST", formData), "S1", "", 1),
		waits("6", "REQUEST", formData),
		waits("7", "REQUEST", formData),
	}}
	d := &desk{fails: fails}
	g := newGate(t, w.answer)
	p := puller(client(t, g.URL, quick), d, 10)
	done, err := p.Round(t.Context())
	if done != 5 || err == nil {
		t.Errorf("done %d, %v", done, err)
	}
	var told []string
	for _, c := range w.confirms {
		told = append(told, c.MessageID+" "+c.ReceiveStatus+" "+c.ResendMessage)
	}
	const no, yes = " MESSAGE_NOT_ACCTEPTED ", " MESSAGE_ACCEPTED "
	want := []string{"1" + no + "NOT_RESEND", "2" + no + "NOT_RESEND", "3" + no + "NOT_RESEND", "5" + no + "NOT_RESEND", "6" + no + "RESEND", "7" + yes + "NOT_RESEND"}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("told\n%s", strings.Join(told, "\n"))
	}
	delete(fails, "6")
	if _, err := p.Round(t.Context()); err == nil || len(w.messages) != 1 || len(d.cases) != 2 {
		t.Errorf("%d cases, still waiting %v, %v", len(d.cases), w.messages, err) // the one without a usable id stays
	}
}

// A confirmation that is lost brings the message again; it does not become a second case.
func TestPullConfirmationLost(t *testing.T) {
	w, d := &waiting{messages: []string{waits("1", "REQUEST", formData)}, deaf: 3}, &desk{}
	g := newGate(t, w.answer)
	p := puller(client(t, g.URL, quick), d, 10)
	if done, err := p.Round(t.Context()); done != 0 || err == nil {
		t.Errorf("done %d, %v", done, err)
	}
	if done, err := p.Round(t.Context()); done != 1 || err != nil || len(d.cases) != 1 || len(d.subs) != 2 {
		t.Errorf("done %d, %v; %d cases", done, err, len(d.cases))
	}
}

// Two instances at once hand in the same messages under the same keys.
func TestTwoInstancesPull(t *testing.T) {
	w, d := &waiting{}, &desk{}
	for i := range 20 {
		w.messages = append(w.messages, waits(fmt.Sprint(100+i), "REQUEST", formData))
	}
	g := newGate(t, w.answer)
	var both sync.WaitGroup
	for range 2 {
		p := puller(client(t, g.URL, quick), d, 7)
		both.Go(func() {
			for done := 1; done > 0; {
				var err error
				if done, err = p.Round(context.Background()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	both.Wait()
	if len(d.cases) != 20 || len(w.messages) != 0 {
		t.Errorf("%d cases, %d messages still wait", len(d.cases), len(w.messages))
	}
}

// An answer that is too long is asked for in pieces.
func TestPullTooMuchAtOnce(t *testing.T) {
	w, d := &waiting{messages: []string{waits("1", "REQUEST", formData)}, long: 1}, &desk{}
	g := newGate(t, w.answer)
	if done, err := puller(client(t, g.URL, quick), d, 10).Round(t.Context()); done != 1 || err != nil || w.asked[1].Amount != 1 {
		t.Errorf("done %d, %v", done, err)
	}
}

// Labels come from closed lists, and every exchange is counted.
func TestMetrics(t *testing.T) {
	w, d := &waiting{messages: []string{waits("1", "REQUEST", formData), waits("2", "NOTIFICATION", formData)}}, &desk{}
	g := newGate(t, w.answer)
	c := client(t, g.URL, quick)
	_, _ = puller(c, d, 10).Round(t.Context())
	registry := prometheus.NewRegistry()
	for _, m := range c.Collectors() {
		registry.MustRegister(m)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			got[f.GetName()+" "+strings.Join(labels, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"kopir_shep_exchanges_total async getMessages ok": 1, "kopir_shep_exchanges_total async sendDeliveryNotification ok": 2,
		"kopir_shep_pulled_total taken housing-assistance": 1, "kopir_shep_pulled_total unusable housing-assistance": 1,
		"kopir_shep_breaker async": 0, "kopir_shep_exchanges_total async sendMessage timeout": 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
}

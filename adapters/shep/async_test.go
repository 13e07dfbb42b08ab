package shep_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/adapters/shep"
	"kopir/gateway"
)

// An UPDATE goes along the chain as the other kinds do, and none of them without a chain.
func TestEveryKindNeedsItsChain(t *testing.T) {
	for _, kind := range []string{envelope.TypeRequest, envelope.TypeNotification, envelope.TypeUpdate, envelope.TypeResponse} {
		g := newGate(t, func(any) any { return receipt() })
		c := client(t, g.URL, nil)
		m := shep.AsyncMessage{Kind: kind, ServiceID: "S", CorrelationID: "3382552", Data: envelope.Text([]byte("<a/>"))}
		got, err := c.SendAsync(t.Context(), m)
		if all := sent[*envelope.AsyncRequest](g); err != nil || got.MessageID != "254750999" || len(all) != 1 || all[0].MessageType != kind || all[0].CorrelationID != "3382552" {
			t.Errorf("%s: %+v %v", kind, got, err)
		}
		m.CorrelationID = ""
		if _, err := c.SendAsync(t.Context(), m); (err == nil) != (kind == envelope.TypeRequest) {
			t.Errorf("%s without a chain: %v", kind, err)
		}
	}
}

func TestConfirmSaysTheOfficialWords(t *testing.T) {
	tests := []struct {
		notice         shep.Notice
		receive, again string
		code           string
	}{
		{shep.Notice{MessageID: "1", ServiceID: "S", Accepted: true}, "MESSAGE_ACCEPTED", "NOT_RESEND", ""},
		{shep.Notice{MessageID: "1", ServiceID: "S", Resend: true, Code: "SCE909", Detail: "unavailable"}, "MESSAGE_NOT_ACCTEPTED", "RESEND", "SCE909"},
		{shep.Notice{MessageID: "1", ServiceID: "S", Code: "SCE001", Detail: "form_invalid"}, "MESSAGE_NOT_ACCTEPTED", "NOT_RESEND", "SCE001"},
	}
	for _, tt := range tests {
		g := newGate(t, func(any) any {
			return &envelope.DeliveryNotificationResponse{NotificationID: "5", ResponseDate: moment, SessionID: session}
		})
		if err := client(t, g.URL, nil).Confirm(t.Context(), tt.notice); err != nil {
			t.Fatal(err)
		}
		n := sent[*envelope.DeliveryNotification](g)[0]
		if n.ReceiveStatus != tt.receive || n.ResendMessage != tt.again || n.Sender.ID != "kopir" || n.MessageID != "1" || n.ServiceID != "S" {
			t.Errorf("%+v", n)
		}
		if (n.Error != nil) != (tt.code != "") || n.Error != nil && n.Error.Code != tt.code {
			t.Errorf("error %+v, want %q", n.Error, tt.code)
		}
	}
}

// What is told follows what the intake said.
func TestNoticeOf(t *testing.T) {
	env := gateway.Envelope{MessageID: "1", ServiceID: "S"}
	refused := func(code gateway.Code) gateway.Answer {
		return gateway.Answer{Decision: gateway.DecisionRefused, Code: code}
	}
	tests := []struct {
		name   string
		answer gateway.Answer
		err    error
		want   shep.Notice
	}{
		{"accepted", gateway.Answer{Decision: gateway.DecisionAccepted}, nil, shep.Notice{Accepted: true}},
		{"refused for itself, which the chain tells", refused("certificate_revoked"), nil, shep.Notice{Accepted: true}},
		{"refused for its transport", refused("transport_signature_not_current"), nil, shep.Notice{Code: "SCE005", Detail: "transport_signature_not_current"}},
		{"nothing decided", gateway.Answer{}, &gateway.Error{Code: gateway.CodeRateLimited}, shep.Notice{Code: "SCE909", Resend: true, Detail: "rate_limited"}},
		{"our own failure", gateway.Answer{}, errors.New("880101300123"), shep.Notice{Code: "SCE909", Resend: true, Detail: "internal"}},
		{"no application", gateway.Answer{}, &gateway.Error{Code: gateway.CodeFormInvalid}, shep.Notice{Code: "SCE001", Detail: "form_invalid"}},
	}
	for _, tt := range tests {
		tt.want.MessageID, tt.want.ServiceID = "1", "S"
		if got := shep.NoticeOf(env, tt.answer, tt.err); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// postOffice keeps the messages it took under the ids they came with, and tells their state.
type postOffice struct {
	taken map[string]string // id → state
	lose  int               // receipts that get lost
	deaf  bool              // takes nothing from those whose receipt is lost
	mute  bool              // does not answer questions either
}

func (o *postOffice) answer(body any) any {
	switch m := body.(type) {
	case *envelope.AsyncRequest:
		if o.lose > 0 {
			if o.lose--; !o.deaf {
				o.taken[m.MessageID] = envelope.StateOnDelivery
			}
			return raw(drop)
		}
		o.taken[m.MessageID] = envelope.StateOnDelivery
		return receipt()
	case *envelope.MessageStatusRequest:
		state := o.taken[m.MessageID]
		switch {
		case o.mute:
			return raw(drop)
		case state == "":
			return &envelope.Fault{Code: envelope.FaultClient, Text: "t", Operation: "getMessageStatus",
				Info: envelope.ErrorInfo{Code: "SCE001", Message: "no such message", Date: moment}}
		}
		return &envelope.MessageStatusResponse{MessageState: state, ResponseDate: moment, SessionID: session,
			Status: envelope.MessageStatusInfo{Code: "0", Message: "-", Date: moment}}
	}
	return fault("SCE004")
}

// A receipt that is lost is asked for; only what the gateway has not got is sent again.
func TestLostReceipt(t *testing.T) {
	tests := []struct {
		name     string
		office   postOffice
		state    string // set before the second attempt
		unmuted  bool   // before the second attempt
		sent     int
		attempts int // until there is a receipt
	}{
		{"taken, known at once", postOffice{lose: 1}, "", false, 1, 1},
		{"not taken", postOffice{lose: 1, deaf: true}, "", false, 2, 2},
		{"taken, silent for a while", postOffice{lose: 1, mute: true}, "", true, 1, 2},
		{"taken, delivered meanwhile", postOffice{lose: 1, mute: true}, envelope.StateDelivered, true, 1, 2},
		{"taken, but not brought to the receiver", postOffice{lose: 1, mute: true}, envelope.StateNotDelivered, true, 2, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := &tt.office
			o.taken = map[string]string{}
			g := newGate(t, o.answer)
			c := client(t, g.URL, func(c *shep.Config) { c.OwnIDs = true })
			m, attempts, got := response(), 0, ""
			for attempts < 3 && got == "" {
				var err error
				if got, err = c.Deliver(t.Context(), m, aCase(), nil); (err == nil) != (got != "") {
					t.Fatalf("receipt %q with %v", got, err)
				}
				attempts, m.Attempts = attempts+1, m.Attempts+1
				g.mu.Lock()
				for id := range o.taken {
					if tt.state != "" {
						o.taken[id] = tt.state
					}
				}
				o.mute = o.mute && !tt.unmuted
				g.mu.Unlock()
			}
			all := sent[*envelope.AsyncRequest](g)
			if len(all) != tt.sent || attempts != tt.attempts || !strings.HasSuffix(got, "/"+session) {
				t.Errorf("sent %d times, receipt %q after %d attempts", len(all), got, attempts)
			}
			for _, m := range all {
				if m.MessageID == "" || m.MessageID != all[0].MessageID {
					t.Errorf("another id: %q", m.MessageID)
				}
			}
		})
	}
}

// A crash between the sending and the receipt leaves no trace but the message's age.
func TestSentBeforeACrash(t *testing.T) {
	o := &postOffice{taken: map[string]string{}}
	g := newGate(t, o.answer)
	now := moment
	c := client(t, g.URL, func(c *shep.Config) { c.OwnIDs, c.Now = true, func() time.Time { return now } })
	for range 2 {
		if _, err := c.Deliver(t.Context(), notification(), aCase(), nil); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * time.Minute) // the receipt was not written down, and the message is handed out again
	}
	if n := len(sent[*envelope.AsyncRequest](g)); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// While nobody tells whether a message has arrived it is not sent a second time.
func TestNothingIsSentOnSuspicion(t *testing.T) {
	o := &postOffice{taken: map[string]string{}, lose: 1, mute: true}
	g := newGate(t, o.answer)
	c := client(t, g.URL, func(c *shep.Config) { c.OwnIDs = true })
	m := notification()
	for m.Attempts = range 4 {
		if _, err := c.Deliver(t.Context(), m, aCase(), nil); err == nil {
			t.Fatal("a receipt of a silent gateway")
		}
	}
	if n := len(sent[*envelope.AsyncRequest](g)); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// A service may take statuses over the synchronous channel.
func TestDeliverOverTheSynchronousChannel(t *testing.T) {
	for code, good := range map[string]bool{"SCSS001": true, "SCSE002": false} {
		g := newGate(t, func(any) any { return syncReply(code, envelope.Data{}) })
		c := asking(t, g.URL, func(c *shep.Config) {
			c.Service = func(gateway.Case) shep.Service { return shep.Service{Channel: shep.ChannelSync, ServiceID: "STATUS"} }
		})
		got, err := c.Deliver(t.Context(), notification(), aCase(), nil)
		if (err == nil) != good || (got == "9/"+session) != good {
			t.Errorf("%s: %q %v", code, got, err)
		}
		_, _ = c.Deliver(t.Context(), notification(), aCase(), nil)
		all := sent[*envelope.SyncRequest](g)
		if len(all) != 2 || all[0].MessageID != all[1].MessageID || all[0].ServiceID != "STATUS" || all[0].CorrelationID != "3382552" {
			t.Errorf("%d messages, first %+v", len(all), all[0])
		}
	}
}

// After several failures an address is left in peace; then one message tries it.
func TestRestingAddress(t *testing.T) {
	now, up := moment, false
	g := newGate(t, func(any) any {
		if up {
			return receipt()
		}
		return raw(drop)
	})
	c := client(t, g.URL, func(c *shep.Config) {
		c.Now = func() time.Time { return now }
		c.Breaker = shep.BreakerConfig{Failures: 3, Pause: time.Second, Max: 4 * time.Second}
	})
	deliver := func() error { _, err := c.Deliver(t.Context(), notification(), aCase(), nil); return err }
	for range 8 {
		if deliver() == nil {
			t.Fatal("a receipt of a broken gateway")
		}
	}
	if n := len(sent[*envelope.AsyncRequest](g)); n != 3 || c.State(shep.AddressAsync) != shep.Open || c.State(shep.AddressSync) != shep.Closed {
		t.Fatalf("sent %d times, breaker %v", n, c.State(shep.AddressAsync))
	}
	now = now.Add(2 * time.Second)
	if _ = deliver(); c.State(shep.AddressAsync) != shep.Open || len(sent[*envelope.AsyncRequest](g)) != 4 {
		t.Fatal("a failed trial does not open it again")
	}
	if now = now.Add(time.Second); c.State(shep.AddressAsync) != shep.Open {
		t.Error("the pause does not grow")
	}
	now, up = now.Add(10*time.Second), true
	if err := deliver(); err != nil || c.State(shep.AddressAsync) != shep.Closed {
		t.Errorf("after a trial that succeeded: %v", err)
	}
}

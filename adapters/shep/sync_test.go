package shep_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/adapters/shep"
	"kopir/gateway"
)

func syncReply(code string, data envelope.Data) *envelope.SyncResponse {
	return &envelope.SyncResponse{MessageID: "9", CorrelationID: "7", ResponseDate: moment, SessionID: session,
		Status: envelope.StatusInfo{Code: code, Message: "человек 880101300123 не найден"}, Data: data}
}

func asking(t *testing.T, url string, change func(*shep.Config)) *shep.Client {
	t.Helper()
	return client(t, "", func(c *shep.Config) {
		c.SyncURL, c.Pause = url, time.Millisecond
		if change != nil {
			change(c)
		}
	})
}

// Every form of data arrives as the receiver's form wants it, and comes back as the octets that were sent.
func TestSyncCarriesEveryFormOfData(t *testing.T) {
	tests := []struct {
		name string
		form envelope.Form
		doc  string
	}{
		{"an escaped string", envelope.FormText, `<a x="1">&lt;ә</a>`},
		{"a child element", envelope.FormElement, `<n:tempStorageRequest xmlns:n="urn:n"><type>UPLOAD</type></n:tempStorageRequest>`},
		{"typed data", envelope.FormTyped, `<data xmlns:cs="http://message.persistence.interactive.nat" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="cs:Request"><messageId>1</messageId><iin>000000000000</iin></data>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate(t, func(body any) any { return syncReply("SCSS001", body.(*envelope.SyncRequest).Data) })
			got, err := asking(t, g.URL, nil).Sync(t.Context(), shep.SyncRequest{ServiceID: "S", RouteID: "R", Data: []byte(tt.doc), Form: tt.form})
			if err != nil || string(got.Data) != tt.doc || got.Form != tt.form || got.SessionID != session || got.MessageID != "9" {
				t.Errorf("%+v %q %v", got, got.Data, err)
			}
			m := sent[*envelope.SyncRequest](g)[0]
			if m.ServiceID != "S" || m.RouteID != "R" || m.Data.Form != tt.form || m.Sender.ID != "kopir" || len(m.MessageID) != 36 || m.SessionID != "" {
				t.Errorf("sent %+v", m)
			}
		})
	}
}

func TestSyncWithoutData(t *testing.T) {
	g := newGate(t, func(any) any { return syncReply("Success", envelope.Data{}) })
	if got, err := asking(t, g.URL, nil).Sync(t.Context(), shep.SyncRequest{ServiceID: "S"}); err != nil || got.Data != nil || got.Form != envelope.FormNone {
		t.Errorf("%+v %v", got, err)
	}
}

// What a caller may know of an answer that is none: its code, how often was asked, whether it may have arrived.
func TestSyncWhatIsNoAnswer(t *testing.T) {
	refused := written(t, syncReply("SCSE002", envelope.Text([]byte("<no/>"))))
	fine := written(t, syncReply("SCSS001", envelope.Data{}))
	tests := []struct {
		name      string
		answer    any
		code      string // of a Refusal
		asked     int    // with three attempts
		repeated  int    // the same where asking twice does no harm
		uncertain bool
	}{
		{"a business refusal with HTTP 200", syncReply("SCSE002", envelope.Data{}), "SCSE002", 1, 1, false},
		{"nothing found", syncReply("SCSE001", envelope.Data{}), "SCSE001", 1, 1, false},
		{"a code nobody knows", syncReply("FAULT-015", envelope.Data{}), "FAULT-015", 1, 1, false},
		{"a refusal with another HTTP status", text(500, "text/xml", refused), "SCSE002", 1, 1, false},
		{"a passing failure", syncReply("SCSE003", envelope.Data{}), "SCSE003", 3, 3, false},
		{"a fault", fault("SCE006"), "SCE006", 1, 1, false},
		{"a fault that may pass", fault("SCE909"), "SCE909", 3, 3, false},
		{"a fault as HTML", text(200, "text/html", written(t, fault("SCE004"))), "SCE004", 1, 1, false},
		{"success with status 500", text(500, "text/xml", fine), "", 1, 3, true},
		{"a page of a proxy", text(502, "text/html", "<html><br></html>"), "", 1, 3, true},
		{"turned away by a proxy", text(403, "text/html", "<html><br></html>"), "", 1, 1, false},
		{"too many questions", text(429, "text/plain", "later"), "", 3, 3, false},
		{"half an answer", cutOff(fine[:200]), "", 1, 3, true},
		{"half an answer, well sent", text(200, "text/xml", fine[:200]), "", 1, 3, true},
		{"windows-1251", text(200, "text/xml; charset=windows-1251", `<?xml version="1.0" encoding="windows-1251"?>`+fine), "", 1, 3, true},
		{"UTF-16", text(200, "text/xml", "\xff\xfe<\x00a\x00/\x00>\x00"), "", 1, 3, true},
		{"no UTF-8", text(200, "text/xml", strings.Replace(fine, "человек", "\xf7\xe5\xeb", 1)), "", 1, 3, true},
		{"too deep", text(200, "text/xml", strings.Repeat("<a>", 5000)), "", 1, 3, true},
		{"a DOCTYPE", text(200, "text/xml", `<!DOCTYPE a [<!ENTITY b "c">]>`+fine), "", 1, 3, true},
		{"the connection dropped", raw(drop), "", 1, 3, true},
		{"another operation", &envelope.AsyncResponse{ResponseDate: moment}, "", 1, 3, true},
	}
	for _, tt := range tests {
		for repeat, asked := range map[bool]int{false: tt.asked, true: tt.repeated} {
			g := newGate(t, func(any) any { return tt.answer })
			_, err := asking(t, g.URL, nil).Sync(t.Context(), shep.SyncRequest{ServiceID: "S", Repeat: repeat})
			var e *gateway.Error
			var no *shep.Refusal
			if !errors.As(err, &e) || e.Code != gateway.CodeUnavailable || errors.Is(err, shep.ErrUncertain) != tt.uncertain {
				t.Errorf("%s: %v", tt.name, err)
			}
			if errors.As(err, &no) != (tt.code != "") || no != nil && no.Code != tt.code {
				t.Errorf("%s: %v, want code %q", tt.name, err, tt.code)
			}
			if strings.Contains(err.Error(), "880101300123") || strings.Contains(err.Error(), "найден") {
				t.Errorf("%s: the error repeats what others wrote: %v", tt.name, err)
			}
			if n := len(sent[*envelope.SyncRequest](g)); n != asked {
				t.Errorf("%s (repeat %v): asked %d times, want %d", tt.name, repeat, n, asked)
			}
		}
	}
}

func TestRefusalKeepsWhatWasWritten(t *testing.T) {
	g := newGate(t, func(any) any { return syncReply("SCSE001", envelope.Text([]byte("<why/>"))) })
	got, err := asking(t, g.URL, nil).Sync(t.Context(), shep.SyncRequest{ServiceID: "S"})
	var no *shep.Refusal
	if !errors.As(err, &no) || no.Text() != "человек ************ не найден" || string(got.Data) != "<why/>" {
		t.Errorf("%v %q", err, got.Data)
	}
}

// The same id goes with every attempt, and the second one may succeed.
func TestSyncAsksAgainUnderTheSameID(t *testing.T) {
	n := 0
	g := newGate(t, func(any) any {
		if n++; n < 3 {
			return syncReply("SCSE003", envelope.Data{})
		}
		return syncReply("SCSS001", envelope.Data{})
	})
	if _, err := asking(t, g.URL, nil).Sync(t.Context(), shep.SyncRequest{ServiceID: "S"}); err != nil {
		t.Fatal(err)
	}
	all := sent[*envelope.SyncRequest](g)
	if len(all) != 3 || all[0].MessageID != all[2].MessageID {
		t.Errorf("%d messages", len(all))
	}
}

func TestSyncVerifiesAnswers(t *testing.T) {
	ours, theirs, pins, _ := parties(t)
	for name, tt := range map[string]struct {
		sign envelope.Signer
		good bool
	}{"signed": {theirs, true}, "unsigned": {nil, false}, "signed by somebody else": {ours, false}} {
		g := newGate(t, func(any) any { return syncReply("SCSS001", envelope.Text([]byte("<a/>"))) })
		g.sign = tt.sign
		got, err := asking(t, g.URL, func(c *shep.Config) { c.Replies = pins }).Sync(t.Context(), shep.SyncRequest{ServiceID: "S"})
		if (err == nil) != tt.good || (string(got.Data) == "<a/>") != tt.good {
			t.Errorf("%s: %q %v", name, got.Data, err)
		}
	}
}

func TestSyncSlow(t *testing.T) {
	g := newGate(t, func(any) any {
		return raw(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	})
	c := asking(t, g.URL, func(c *shep.Config) { c.Timeout = 50 * time.Millisecond })
	if _, err := c.Sync(t.Context(), shep.SyncRequest{ServiceID: "S"}); !errors.Is(err, shep.ErrUncertain) {
		t.Errorf("a slow gateway: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := asking(t, g.URL, nil).Sync(ctx, shep.SyncRequest{ServiceID: "S", Repeat: true}); !errors.Is(err, shep.ErrUncertain) {
		t.Errorf("the caller's own limit: %v", err)
	}
}

func TestChannelsThatAreNotConfigured(t *testing.T) {
	if _, err := client(t, "http://127.0.0.1:1/", nil).Sync(t.Context(), shep.SyncRequest{ServiceID: "S"}); err == nil {
		t.Error("asked without an address")
	}
	if _, err := asking(t, "http://127.0.0.1:1/", nil).MessageStatus(t.Context(), "1"); err == nil {
		t.Error("asked without an address")
	}
}

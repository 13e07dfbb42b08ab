package httpserver_test

import (
	"strings"
	"testing"
	"time"

	"kopir/adapters/httpserver"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

func TestTableOfCodesIsComplete(t *testing.T) {
	texts, err := httpserver.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range gateway.Codes() {
		text, ok := texts.Text(code)
		if !ok {
			t.Errorf("%s: the table lacks it", code)
			continue
		}
		if text.HTTP < 400 || text.HTTP > 599 || text.Kk == "" || text.Ru == "" {
			t.Errorf("%s: %+v", code, text)
		}
		if !strings.HasPrefix(text.SHEP, "SCE") && !strings.HasPrefix(text.SHEP, "SCSE") {
			t.Errorf("%s: SHEP code %q", code, text.SHEP)
		}
		if text.SHEPKind != httpserver.KindFault && text.SHEPKind != httpserver.KindStatus {
			t.Errorf("%s: SHEP kind %q", code, text.SHEPKind)
		}
	}
	if len(texts) != len(gateway.Codes()) {
		t.Errorf("%d codes in the table, %d in the program", len(texts), len(gateway.Codes()))
	}
}

func TestTextOfNeverSucceeds(t *testing.T) {
	for _, texts := range []httpserver.Texts{nil, httpserver.Table{}, httpserver.Table{"x": {HTTP: 200, SHEP: ""}}} {
		text := httpserver.TextOf(texts, "x")
		if text.HTTP != 500 || text.SHEP != "SCE909" || text.SHEPKind != httpserver.KindFault {
			t.Errorf("%v: %+v", texts, text)
		}
	}
}

func TestEveryStateHasWords(t *testing.T) {
	for _, state := range gateway.States() {
		if w := httpserver.StatusWords(string(state)); w.Kk == w.Ru || strings.HasPrefix(w.Kk, "state.") || strings.HasPrefix(w.Ru, "state.") {
			t.Errorf("%s: %+v", state, w)
		}
	}
}

func TestAnswerWordsTellNumberDateAndTime(t *testing.T) {
	due := time.Date(2026, 12, 7, 13, 0, 0, 0, time.UTC) // 18:00 in Almaty
	for _, decision := range []gateway.Decision{gateway.DecisionAccepted, gateway.DecisionParked} {
		w := httpserver.AnswerWords(table(), gateway.Answer{Decision: decision, Number: "K26-7QX4M-09TCB", DueAt: due})
		for _, text := range []string{w.Kk, w.Ru} {
			if !strings.Contains(text, "K26-7QX4M-09TCB") || !strings.Contains(text, "07.12.2026 18:00") {
				t.Errorf("%s: %q", decision, text)
			}
		}
	}
	marked := httpserver.AnswerWords(table(), gateway.Answer{Decision: gateway.DecisionAccepted, Number: "K26-7QX4M-09TCB", DueAt: due, Mark: gateway.MarkUnconfirmed})
	if !strings.Contains(marked.Ru, "не подтверждено") || !strings.Contains(marked.Kk, "расталмады") || !strings.Contains(marked.Ru, "07.12.2026 18:00") {
		t.Errorf("%+v", marked)
	}
	refused := httpserver.AnswerWords(table(), gateway.Answer{Decision: gateway.DecisionRefused, Code: reason.CertificateExpired})
	if refused.Ru != "ru certificate_expired" || refused.Kk != "kk certificate_expired" {
		t.Errorf("%+v", refused)
	}
}

func TestMessageWords(t *testing.T) {
	c := gateway.Case{Number: "K26-1", DueAt: time.Date(2026, 12, 7, 13, 0, 0, 0, time.UTC)}
	tests := []struct {
		name string
		m    gateway.Message
		has  string
	}{
		{"its own text", gateway.Message{Status: "step", Text: map[string]string{"kk": "өз", "ru": "свой"}}, "свой"},
		{"refused says why", gateway.Message{Status: "refused", Text: map[string]string{"code": "iin_mismatch"}}, "ru iin_mismatch"},
		{"parked says that it is registered", gateway.Message{Status: "parked", Text: map[string]string{"code": "revocation_unknown"}}, "K26-1"},
		{"parked says what happens next", gateway.Message{Status: "parked"}, "повторно не подавайте"},
		{"accepted with a mark", gateway.Message{Status: "accepted", Text: map[string]string{"mark": "unconfirmed"}}, "не подтверждено"},
		{"in work with a mark", gateway.Message{Status: "in_work", Text: map[string]string{"mark": "unconfirmed"}}, "K26-1"},
		{"in work", gateway.Message{Status: "in_work"}, "K26-1"},
		{"a step of the regulation", gateway.Message{Status: "step", Text: map[string]string{"step": "draft"}}, "проект"},
		{"a step of its own", gateway.Message{Status: "step", Text: map[string]string{"step": "Осмотр жилья"}}, "Осмотр жилья"},
		{"an extension tells the new term", gateway.Message{Status: "step", Text: map[string]string{"step": "extended"}}, "07.12.2026 18:00"},
		{"completed", gateway.Message{Status: "completed"}, "K26-1"},
		{"declined", gateway.Message{Status: "declined"}, "K26-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := httpserver.MessageWords(table(), tt.m, c)
			if !strings.Contains(got.Ru, tt.has) || got.Kk == "" || strings.Contains(got.Kk+got.Ru, "{") || strings.Contains(got.Ru, "notice.") {
				t.Errorf("got %+v, want %q", got, tt.has)
			}
		})
	}
}

package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kopir/adapters/httpserver"
	"kopir/gateway"
)

func decode(t *testing.T, body *bytes.Buffer) map[string]any {
	t.Helper()
	v := map[string]any{}
	if err := json.Unmarshal(body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

func with(base map[string]string, pairs ...string) map[string]string {
	h := map[string]string{}
	for k, v := range base {
		h[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		h[pairs[i]] = pairs[i+1]
	}
	return h
}

func TestSubmitHandsInWhatCame(t *testing.T) {
	f := &world{answer: accepted()}
	api := newAPI(t, f)
	w := call{"POST", "/v1/applications", "centre-key", "<app/>", with(xmlHeader, "Content-Type", "text/xml; charset=UTF-8")}.do(api)
	if w.Code != http.StatusAccepted {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s := f.submission
	if s.Caller.ID != "centre" || s.Channel != gateway.ChannelServiceCentre || s.Via != gateway.ViaREST || s.MessageID != "m1" || string(s.Document) != "<app/>" {
		t.Errorf("submission %+v", s)
	}
	got := decode(t, w.Body)
	for k, want := range map[string]any{"number": "K26-7QX4M-09TCB", "status": "accepted", "due_at": "2026-12-07T18:00:00+05:00", "received_at": "2026-11-23T10:47:28.123+05:00"} {
		if got[k] != want {
			t.Errorf("%s = %v, want %v", k, got[k], want)
		}
	}
}

func TestRefusalsAreProblemsOfTheirCode(t *testing.T) {
	for _, code := range gateway.Codes() {
		f := &world{answer: gateway.Answer{Decision: gateway.DecisionRefused, Code: code, FirstNumber: "K26-FIRST", Verdict: "V9"}}
		w := call{"POST", "/v1/applications", "portal-key", "<app/>", xmlHeader}.do(newAPI(t, f))
		got := decode(t, w.Body)
		want, _ := codes().Text(code)
		if w.Code != want.HTTP || got["code"] != string(code) || got["first_number"] != "K26-FIRST" || got["verdict"] != "V9" {
			t.Errorf("%s: %d %v", code, w.Code, got)
		}
	}
}

func TestSubmitRefusesBeforeTheUseCase(t *testing.T) {
	big := strings.Repeat("a", httpserver.MaxInlineBytes+1)
	tests := []struct {
		name   string
		call   call
		status int
		code   string
		detail string
	}{
		{"no key", call{"POST", "/v1/applications", "", "<a/>", xmlHeader}, 401, "unauthenticated", "Authorization"},
		{"unknown key", call{"POST", "/v1/applications", "x", "<a/>", xmlHeader}, 401, "unauthenticated", ""},
		{"basic auth", call{"POST", "/v1/applications", "", "<a/>", with(xmlHeader, "Authorization", "Basic cG9ydGFsLWtleQ==")}, 401, "unauthenticated", ""},
		{"huge key", call{"POST", "/v1/applications", strings.Repeat("k", 300), "<a/>", xmlHeader}, 401, "unauthenticated", ""},
		{"a provider", call{"POST", "/v1/applications", "district-key", "<a/>", xmlHeader}, 403, "forbidden", ""},
		{"no idempotency key", call{"POST", "/v1/applications", "portal-key", "<a/>", map[string]string{"Content-Type": "application/xml"}}, 400, "form_invalid", "Idempotency-Key"},
		{"key with spaces", call{"POST", "/v1/applications", "portal-key", "<a/>", with(xmlHeader, "Idempotency-Key", "a b")}, 400, "form_invalid", "visible"},
		{"long key", call{"POST", "/v1/applications", "portal-key", "<a/>", with(xmlHeader, "Idempotency-Key", strings.Repeat("k", 129))}, 400, "form_invalid", "128"},
		{"json", call{"POST", "/v1/applications", "portal-key", "{}", with(xmlHeader, "Content-Type", "application/json")}, 415, "media_type_unsupported", ""},
		{"other charset", call{"POST", "/v1/applications", "portal-key", "<a/>", with(xmlHeader, "Content-Type", "application/xml; charset=windows-1251")}, 415, "media_type_unsupported", "utf-8"},
		{"multipart", call{"POST", "/v1/applications", "portal-key", "--x", with(xmlHeader, "Content-Type", "multipart/form-data; boundary=x")}, 415, "media_type_unsupported", "stores no files"},
		{"gzip", call{"POST", "/v1/applications", "portal-key", "x", with(xmlHeader, "Content-Encoding", "gzip")}, 415, "media_type_unsupported", ""},
		{"empty", call{"POST", "/v1/applications", "portal-key", "", xmlHeader}, 400, "xml_malformed", "empty"},
		{"too large", call{"POST", "/v1/applications", "portal-key", big, xmlHeader}, 413, "too_large", ""},
		{"unknown address", call{"GET", "/v1/nothing", "portal-key", "", nil}, 404, "not_found", ""},
		{"number with a slash", call{"GET", "/v1/applications/..%2F..", "portal-key", "", nil}, 404, "not_found", ""},
		{"wrong method", call{"DELETE", "/v1/applications/K26-1", "portal-key", "", nil}, 405, "not_found", ""},
		{"digest in capitals", call{"GET", "/v1/applications/K26-1/attachments/" + strings.ToUpper(sha), "portal-key", "", nil}, 404, "not_found", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &world{answer: accepted()}
			w := tt.call.do(newAPI(t, f))
			got := decode(t, w.Body)
			if w.Code != tt.status || got["code"] != tt.code {
				t.Errorf("%d %v", w.Code, got)
			}
			if detail, _ := got["detail"].(string); !strings.Contains(detail, tt.detail) {
				t.Errorf("detail %q", detail)
			}
			if f.submission.MessageID != "" {
				t.Error("the use case was called")
			}
		})
	}
}

func TestMethodNotAllowedNamesTheOthers(t *testing.T) {
	w := call{"PUT", "/v1/applications/K26-1/result", "portal-key", "", nil}.do(newAPI(t, &world{}))
	if got := w.Header().Get("Allow"); got != "GET, POST" {
		t.Errorf("Allow %q", got)
	}
}

func TestErrorsOfUseCases(t *testing.T) {
	tests := []struct {
		err    error
		status int
		retry  string
	}{
		{&gateway.Error{Code: gateway.CodeUnavailable}, 503, "10"},
		{&gateway.Error{Code: gateway.CodeRateLimited, Detail: "too many applications wait for a certificate's status"}, 429, "30"},
		{errors.New("disk"), 500, ""},
	}
	for _, tt := range tests {
		w := call{"POST", "/v1/applications", "portal-key", "<a/>", xmlHeader}.do(newAPI(t, &world{err: tt.err}))
		if w.Code != tt.status || w.Header().Get("Retry-After") != tt.retry {
			t.Errorf("%v: %d, Retry-After %q", tt.err, w.Code, w.Header().Get("Retry-After"))
		}
	}
}

func TestLeases(t *testing.T) {
	f := &world{leases: []gateway.Case{oneCase(gateway.StateAccepted)}}
	w := call{"POST", "/v1/providers/akkol/leases", "district-key", `{"max":5,"wait_s":3600}`, jsonHeader}.do(newAPI(t, f))
	if w.Code != 200 || f.lease.provider != "akkol" || f.lease.max != 5 || f.lease.wait != 30*time.Second || f.caller.ID != "akkol" {
		t.Fatalf("%d, asked %+v", w.Code, f.lease)
	}
	l := decode(t, w.Body)["leases"].([]any)[0].(map[string]any)
	if f.asked != coveredSHA || l["document_sha256"] != coveredSHA || l["received_sha256"] != sha {
		t.Errorf("handed out %s as %v, received %v: only what is signed travels on", f.asked, l["document_sha256"], l["received_sha256"])
	}
	if l["document_base64"] != "PGFwcC8+" || l["attempt"] != 2.0 || l["applicant"].(map[string]any)["iin"] != "000230500003" {
		t.Errorf("%v", l)
	}
}

// The district sees on a lease, and on every answer after it, that the certificate's status is not confirmed or did not hold.
func TestMarksAreShown(t *testing.T) {
	for _, m := range gateway.Marks() {
		c := oneCase(gateway.StateAccepted)
		c.Mark = m
		lease := decode(t, call{"POST", "/v1/providers/akkol/leases", "district-key", `{}`, jsonHeader}.do(newAPI(t, &world{leases: []gateway.Case{c}})).Body)
		shown := markOf(t, m)
		if l := lease["leases"].([]any)[0].(map[string]any); l["mark"] != string(m) || l["mark_text"].(map[string]any)["ru"] != shown.Ru {
			t.Errorf("%v", l)
		}
	}
	marked := accepted()
	marked.Code, marked.Mark = "revocation_unknown", gateway.MarkUnconfirmed
	got := decode(t, call{"POST", "/v1/applications", "portal-key", "<a/>", xmlHeader}.do(newAPI(t, &world{answer: marked})).Body)
	if got["mark"] != "unconfirmed" || got["decision"] != "accepted" || got["code"] != "revocation_unknown" {
		t.Errorf("%v", got)
	}
}

func markOf(t *testing.T, m gateway.Mark) httpserver.Words {
	t.Helper()
	w := httpserver.MarkWords(m)
	if w.Kk == w.Ru || strings.HasPrefix(w.Ru, "mark.") {
		t.Fatalf("%s has no words: %+v", m, w)
	}
	return w
}

// Documents that are verified at the same time share a bound; who finds it taken is told to come again.
func TestSignedBodiesWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &world{answer: accepted()}
		frame := httpserver.NewFrame(httpserver.Options{Texts: codes()})
		api := newAPIOn(t, frame, f)
		var leave []func()
		for range httpserver.MaxVerifyingBytes / httpserver.MaxInlineBytes {
			out, err := frame.Room(t.Context(), httpserver.MaxInlineBytes)
			if err != nil {
				t.Fatal(err)
			}
			leave = append(leave, out)
		}
		body := "<a>" + strings.Repeat(" ", httpserver.MaxInlineBytes-7) + "</a>"
		calls := []call{{"POST", "/v1/applications", "portal-key", body, xmlHeader}, {"POST", "/v1/applications/K26-1/result", "district-key", body, xmlHeader}}
		for _, c := range calls {
			if w := c.do(api); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || f.submission.MessageID != "" || f.document != nil {
				t.Errorf("%s: %d %s", c.path, w.Code, w.Body)
			}
		}
		leave[0]()
		for range 3 { // every one of them leaves
			for _, c := range calls {
				if w := c.do(api); w.Code >= 300 {
					t.Errorf("%s: %d %s", c.path, w.Code, w.Body)
				}
			}
		}
	})
}

func TestLeaseBodiesAreChecked(t *testing.T) {
	for _, body := range []string{`{"max":0}`, `{"max":101}`, `{"wait_s":-1}`, `{"max":1,"provider":"other"}`, `[]`, ``, `{"max":1e9}`} {
		f := &world{}
		w := call{"POST", "/v1/providers/akkol/leases", "district-key", body, jsonHeader}.do(newAPI(t, f))
		if got := decode(t, w.Body); w.Code != 400 || got["code"] != "form_invalid" || f.lease.provider != "" {
			t.Errorf("%s: %d %v", body, w.Code, got)
		}
	}
}

// A lease is given already when its document turns out to be unreadable: it must not be lost.
func TestLeaseSurvivesAMissingDocument(t *testing.T) {
	f := &world{leases: []gateway.Case{oneCase(gateway.StateAccepted)}, lost: errors.New("disk")}
	w := call{"POST", "/v1/providers/akkol/leases", "district-key", `{}`, jsonHeader}.do(newAPI(t, f))
	l := decode(t, w.Body)["leases"].([]any)
	if w.Code != 200 || len(l) != 1 {
		t.Fatalf("%d, %d leases", w.Code, len(l))
	}
	if _, given := l[0].(map[string]any)["document_base64"]; given {
		t.Error("a document out of nowhere")
	}
}

func TestPollReportsARealFailure(t *testing.T) {
	f := &world{onLease: func(context.Context) error { return &gateway.Error{Code: gateway.CodeForbidden} }}
	w := call{"POST", "/v1/providers/other/leases", "district-key", `{}`, jsonHeader}.do(newAPI(t, f))
	if w.Code != 403 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A stopping server tells pollers at once that there is nothing, so that they ask another one.
func TestPollEndsWhenTheServerStops(t *testing.T) {
	polling := make(chan struct{})
	f := &world{onLease: func(ctx context.Context) error {
		close(polling)
		<-ctx.Done()
		return ctx.Err()
	}}
	server := httpserver.New(httpserver.Config{Addr: "127.0.0.1:0"}, newAPI(t, f))
	addr, err := server.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	go func() { <-polling; stop() }()
	r, _ := http.NewRequest(http.MethodPost, "http://"+addr.String()+"/v1/providers/akkol/leases", strings.NewReader(`{"wait_s":30}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer district-key")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 200 || strings.TrimSpace(string(body)) != `{"leases":[]}` {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestStepAndResult(t *testing.T) {
	f := &world{}
	api := newAPI(t, f)
	w := call{"POST", "/v1/applications/K26-1/steps", "district-key", `{"attempt":2,"name":"draft","note":"ready","data":{"days":"3"}}`, jsonHeader}.do(api)
	if w.Code != 200 || f.attempt != 2 || f.step.Name != "draft" || f.step.Note != "ready" || f.step.Data["days"] != "3" {
		t.Errorf("%d, %d %+v", w.Code, f.attempt, f.step)
	}
	w = call{"POST", "/v1/applications/K26-1/result", "district-key", "<r/>", xmlHeader}.do(api)
	got := decode(t, w.Body)
	if w.Code != 200 || string(f.document) != "<r/>" || got["outcome"] != "positive" || got["status"] != "completed" {
		t.Errorf("%d %v, document %q", w.Code, got, f.document)
	}
	for _, attempt := range []string{"", "0", "two", "-1"} {
		w := call{"POST", "/v1/applications/K26-1/result", "district-key", "<r/>", with(xmlHeader, "Kopir-Attempt", attempt)}.do(api)
		if w.Code != 400 {
			t.Errorf("attempt %q: %d", attempt, w.Code)
		}
	}
}

func TestResultOfAnotherCaseIsTold(t *testing.T) {
	f := &world{err: &gateway.Error{Code: gateway.CodeResultMismatch, Detail: "the result's Number is not the case's"}}
	w := call{"POST", "/v1/applications/K26-1/result", "district-key", "<r/>", xmlHeader}.do(newAPI(t, f))
	if got := decode(t, w.Body); got["code"] != "result_mismatch" || got["detail"] == nil {
		t.Errorf("%v", got)
	}
}

func TestAttachmentsAreSavedNotShown(t *testing.T) {
	w := call{"GET", "/v1/applications/K26-1/attachments/" + sha, "portal-key", "", nil}.do(newAPI(t, &world{}))
	h := w.Header()
	if w.Code != 200 || h.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") ||
		h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, h)
	}
}

func TestResultAsPDFIsNotThereYet(t *testing.T) {
	api := newAPI(t, &world{})
	w := call{"GET", "/v1/applications/K26-1/result", "portal-key", "", map[string]string{"Accept": "application/pdf"}}.do(api)
	if w.Code != 415 {
		t.Errorf("%d", w.Code)
	}
	w = call{"GET", "/v1/applications/K26-1/result", "portal-key", "", map[string]string{"Accept": "application/xml"}}.do(api)
	if w.Code != 200 || w.Body.String() != "<r:Result/>" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSearchNeverTakesThePersonFromTheAddress(t *testing.T) {
	api := newAPI(t, &world{})
	for _, body := range []string{`{}`, `{"iin":"12"}`, `{"iin":"00023050000x"}`, `{"iin":"000230500003","all":true}`} {
		if w := (call{"POST", "/v1/applications/search?iin=000230500003", "portal-key", body, jsonHeader}).do(api); w.Code != 400 {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	w := call{"POST", "/v1/applications/search", "portal-key", `{"iin":"000230500003"}`, jsonHeader}.do(api)
	if w.Code != 200 || strings.Contains(w.Body.String(), "000230500003") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

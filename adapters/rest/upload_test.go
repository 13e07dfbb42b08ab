package rest_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/adapters/httpserver"
	"kopir/adapters/rest"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// shelf is a store that keeps digests only, and may be full.
type shelf struct {
	gateway.Files // what a test does not expect to be called panics
	full          bool
	mu            sync.Mutex
	kept          []string
}

func (s *shelf) Put(_ context.Context, r io.Reader, limit int64) (string, int64, error) {
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(r, limit+1))
	switch {
	case s.full:
		return "", 0, &gateway.Error{Code: gateway.CodeUnavailable, Detail: "the folder of files cannot be written"}
	case err != nil:
		return "", 0, err
	case n > limit:
		return "", 0, reason.New(reason.TooLarge, "too large")
	}
	sha := hex.EncodeToString(h.Sum(nil))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, sha)
	return sha, n, nil
}

func uploadAPI(t *testing.T, f *world, files gateway.Files) *rest.API {
	t.Helper()
	api, err := rest.New(httpserver.NewFrame(httpserver.Options{Texts: codes()}),
		rest.Config{Access: f, Intake: f, Work: desk{f}, Views: f, Files: files, Idle: 300 * time.Millisecond, Longest: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// piece is one part as it goes over the wire.
func piece(disposition, media, body string) string {
	return "--B\r\nContent-Disposition: " + disposition + "\r\nContent-Type: " + media + "\r\n\r\n" + body + "\r\n"
}

var (
	form    = piece(`form-data; name="application"; filename="a.xml"`, "application/xml", "<app/>")
	onePDF  = piece(`form-data; name="income"; filename="Табыс.pdf"`, "application/pdf", "%PDF-1")
	closing = "--B--\r\n"
)

func upload(body string, header ...string) call {
	return call{"POST", "/v1/applications", "portal-key", body,
		with(xmlHeader, append([]string{"Content-Type", "multipart/form-data; boundary=B"}, header...)...)}
}

func TestFilesComeBesideTheForm(t *testing.T) {
	pdf := gateway.SHA256Hex([]byte("%PDF-1"))
	tests := []struct {
		name string
		call call
		want []gateway.File
	}{
		{"form-data", upload(form + onePDF + closing), []gateway.File{{Part: "income", Name: "Табыс.pdf", SHA256: pdf, Size: 6}}},
		{"mixed", upload(piece("attachment", "text/xml", "<app/>")+piece(`attachment; filename="../../etc/x.pdf"`, "application/pdf", "%PDF-1")+closing,
			"Content-Type", `multipart/mixed; boundary="B"`), []gateway.File{{Name: "x.pdf", SHA256: pdf, Size: 6}}},
		{"no file at all", upload(form + closing), []gateway.File{}},
		{"a file field nobody filled in", upload(form + piece(`form-data; name="income"; filename=""`, "application/octet-stream", "") + closing), []gateway.File{}},
		{"the same name twice", upload(form + onePDF + piece(`form-data; name="income"; filename="Табыс.pdf"`, "application/pdf", "%PDF-2") + closing),
			[]gateway.File{{Part: "income", Name: "Табыс.pdf", SHA256: pdf, Size: 6}, {Part: "income", Name: "Табыс.pdf", SHA256: gateway.SHA256Hex([]byte("%PDF-2")), Size: 6}}},
		{"something before and after", upload("preamble\r\n" + form + onePDF + closing + "epilogue"), []gateway.File{{Part: "income", Name: "Табыс.pdf", SHA256: pdf, Size: 6}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &world{answer: accepted()}
			w := tt.call.do(uploadAPI(t, f, &shelf{}))
			if w.Code != http.StatusAccepted || string(f.submission.Document) != "<app/>" || f.submission.Files == nil {
				t.Fatalf("%d %s: %+v", w.Code, w.Body, f.submission)
			}
			if got, want := fmt.Sprint(f.submission.Files), fmt.Sprint(tt.want); got != want {
				t.Errorf("files %s, want %s", got, want)
			}
		})
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	large := strings.Repeat("x", gateway.MaxFileBytes+1<<20)
	many := strings.Repeat(onePDF, 51)
	tests := []struct {
		name   string
		call   call
		files  gateway.Files
		status int
		code   string
		detail string
	}{
		{"no boundary", upload(form+closing, "Content-Type", "multipart/form-data"), &shelf{}, 400, "form_invalid", "boundary"},
		{"another boundary", upload(form+closing, "Content-Type", "multipart/form-data; boundary=C"), &shelf{}, 400, "form_invalid", "boundary"},
		{"another boundary, long", upload(form+piece(`form-data; name="x"`, "a/b", large)+closing, "Content-Type", "multipart/form-data; boundary=C"), &shelf{}, 400, "form_invalid", "boundary"},
		{"nothing", upload(""), &shelf{}, 400, "form_invalid", "no part"},
		{"cut within the form", upload(form[:len(form)-5]), &shelf{}, 400, "form_invalid", "closing boundary"},
		{"cut within a file", upload(form + onePDF[:len(onePDF)-4]), &shelf{}, 400, "form_invalid", "closing boundary"},
		{"cut before the end", upload(form + onePDF), &shelf{}, 400, "form_invalid", "closing boundary"},
		{"cut right after a boundary", upload(form + onePDF + "--B\r\n"), &shelf{}, 400, "form_invalid", "closing boundary"},
		{"cut within the closing boundary", upload(form + onePDF + "--B-"), &shelf{}, 400, "form_invalid", "closing boundary"},
		{"the form is not first", upload(onePDF + form + closing), &shelf{}, 400, "form_invalid", "first part"},
		{"two forms", upload(form + form + closing), &shelf{}, 400, "form_invalid", "twice"},
		{"an empty form", upload(piece(`form-data; name="application"`, "application/xml", "") + closing), &shelf{}, 400, "xml_malformed", "empty"},
		{"a form that is no XML", upload(piece(`form-data; name="application"`, "application/json", "{}") + closing), &shelf{}, 415, "media_type_unsupported", "application/xml"},
		{"a form too large", upload(piece(`form-data; name="application"`, "application/xml", large[:httpserver.MaxInlineBytes+1]) + closing), &shelf{}, 413, "too_large", "signed form"},
		{"21 MB", upload(form + onePDF + piece(`form-data; name="b"; filename="b"`, "a/b", large) + closing), &shelf{}, 413, "too_large", "file 2"},
		{"51 files", upload(form + many + closing), &shelf{}, 413, "too_large", "50"},
		{"base64", upload(form + "--B\r\nContent-Disposition: form-data; name=\"x\"\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n" + closing), &shelf{}, 415, "media_type_unsupported", "Content-Transfer-Encoding"},
		{"an endless header", upload(form + "--B\r\nX: " + strings.Repeat("y", 100<<10) + "\r\n\r\nx\r\n" + closing), &shelf{}, 400, "form_invalid", "header"},
		{"related", upload(form+closing, "Content-Type", "multipart/related; boundary=B"), &shelf{}, 415, "media_type_unsupported", "form-data"},
		{"compressed", upload(form+closing, "Content-Encoding", "gzip"), &shelf{}, 415, "media_type_unsupported", "compressed"},
		{"nowhere to put them", upload(form + closing), nil, 415, "media_type_unsupported", "stores no files"},
		{"a full disk", upload(form + onePDF + closing), &shelf{full: true}, 503, "unavailable", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &world{answer: accepted()}
			w := tt.call.do(uploadAPI(t, f, tt.files))
			got := decode(t, w.Body)
			if detail, _ := got["detail"].(string); w.Code != tt.status || got["code"] != tt.code || !strings.Contains(detail, tt.detail) {
				t.Errorf("%d %v", w.Code, got)
			}
			if f.submission.MessageID != "" {
				t.Error("the use case was called")
			}
		})
	}
}

func TestTooMuchIsRefusedBeforeItComes(t *testing.T) {
	r := httptest.NewRequest("POST", "/v1/applications", strings.NewReader(form+closing))
	r.ContentLength = 300 << 20
	r.Header.Set("Authorization", "Bearer portal-key")
	r.Header.Set("Idempotency-Key", "m1")
	r.Header.Set("Content-Type", "multipart/form-data; boundary=B")
	w := httptest.NewRecorder()
	uploadAPI(t, &world{}, &shelf{}).ServeHTTP(w, r)
	if got := decode(t, w.Body); w.Code != 413 || got["code"] != "too_large" {
		t.Errorf("%d %v", w.Code, got)
	}
}

// filler is a body of a given length that nobody has in memory.
func filler(n int) io.Reader { return io.LimitReader(letters{}, int64(n)) }

type letters struct{}

func (letters) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// TestMemoryStaysFlat: a file of 20 MB, and ten of them, go through the same few buffers.
func TestMemoryStaysFlat(t *testing.T) {
	const most = 2 << 20
	api := uploadAPI(t, &world{answer: accepted()}, &shelf{})
	for _, files := range []int{1, 9} {
		parts := []io.Reader{strings.NewReader(form)}
		for range files {
			parts = append(parts, strings.NewReader("--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n"),
				filler(gateway.MaxFileBytes), strings.NewReader("\r\n"))
		}
		r := httptest.NewRequest("POST", "/v1/applications", io.MultiReader(append(parts, strings.NewReader(closing))...))
		r.Header.Set("Authorization", "Bearer portal-key")
		r.Header.Set("Idempotency-Key", "m1")
		r.Header.Set("Content-Type", "multipart/form-data; boundary=B")
		w := httptest.NewRecorder()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		api.ServeHTTP(w, r)
		runtime.ReadMemStats(&after)
		if w.Code != http.StatusAccepted {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Errorf("%d octets were set aside for %d files of %d", got, files, gateway.MaxFileBytes)
		}
	}
}

// slowly sends a body in pieces with a pause before each, over a connection, and reads the answer.
func slowly(t *testing.T, addr string, pause time.Duration, pieces ...string) (*http.Response, error) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	length := len(strings.Join(pieces, ""))
	fmt.Fprintf(c, "POST /v1/applications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer portal-key\r\nIdempotency-Key: m1\r\n"+
		"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: %d\r\n\r\n", length)
	for _, p := range pieces {
		time.Sleep(pause)
		if _, err := io.WriteString(c, p); err != nil {
			break
		}
	}
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	return http.ReadResponse(bufio.NewReader(c), nil)
}

func TestSlowSenders(t *testing.T) {
	f := &world{answer: accepted()}
	srv := httpserver.New(httpserver.Config{Addr: "127.0.0.1:0", ReadTimeout: 250 * time.Millisecond, WriteTimeout: 300 * time.Millisecond}, uploadAPI(t, f, &shelf{}))
	addr, err := srv.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	defer func() { cancel(); <-done }()

	res, err := slowly(t, addr.String(), 100*time.Millisecond, form, onePDF[:20], onePDF[20:60], onePDF[60:], closing[:1], closing[1:], "")
	if err != nil || res.StatusCode != http.StatusAccepted {
		t.Fatalf("a slow sender who keeps sending: %v %v", res, err)
	}
	if len(f.submission.Files) != 1 {
		t.Errorf("files %v", f.submission.Files)
	}
	f.submission = gateway.Submission{}
	began := time.Now()
	res, err = slowly(t, addr.String(), time.Second, form+onePDF[:30], onePDF[30:]+closing)
	if took := time.Since(began); err == nil && res.StatusCode == http.StatusAccepted || took > 4*time.Second {
		t.Errorf("a sender who stops: %v %v after %v", res, err, took)
	}
	if f.submission.MessageID != "" {
		t.Error("half an upload reached the use case")
	}
}

func TestSendersAtOnceAreBounded(t *testing.T) {
	f := &world{answer: accepted()}
	api := uploadAPI(t, f, &shelf{})
	release := make(chan struct{})
	var wg sync.WaitGroup
	var started sync.WaitGroup
	for range 16 {
		started.Add(1)
		wg.Go(func() {
			r := httptest.NewRequest("POST", "/v1/applications", io.MultiReader(strings.NewReader(form), &gate{release: release, started: &started}))
			r.Header.Set("Authorization", "Bearer portal-key")
			r.Header.Set("Idempotency-Key", "m1")
			r.Header.Set("Content-Type", "multipart/form-data; boundary=B")
			api.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	started.Wait()
	w := upload(form + closing).do(api)
	close(release)
	wg.Wait()
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("the seventeenth: %d %v", w.Code, w.Header())
	}
	if w := upload(form + closing).do(api); w.Code != http.StatusAccepted {
		t.Errorf("after them: %d %s", w.Code, w.Body)
	}
}

// gate is an empty piece of a body that comes when it is released.
type gate struct {
	release chan struct{}
	started *sync.WaitGroup
	once    sync.Once
}

func (g *gate) Read([]byte) (int, error) {
	g.once.Do(g.started.Done)
	<-g.release
	return 0, io.EOF
}

func TestAttachmentIsStreamedToBeSaved(t *testing.T) {
	f := &world{file: &gateway.Attachment{Name: "Табыс.pdf", Type: "application/pdf", SHA256: sha}, content: "%PDF-1.7 құжат"}
	api := newAPI(t, f)
	path := "/v1/applications/K26-1/attachments/" + sha
	w := call{"GET", path, "district-key", "", nil}.do(api)
	h := w.Header()
	if w.Code != 200 || w.Body.String() != f.content || h.Get("Content-Type") != "application/pdf" || h.Get("ETag") != `"`+sha+`"` ||
		h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "sandbox" ||
		!strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename*=utf-8''%D0%A2") {
		t.Errorf("%d %v", w.Code, h)
	}
	if w := (call{"GET", path, "district-key", "", map[string]string{"If-None-Match": `"` + sha + `"`}}).do(api); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("known already: %d", w.Code)
	}
	if w := (call{"GET", path, "district-key", "", map[string]string{"Range": "bytes=1-3"}}).do(api); w.Code != 206 || w.Body.String() != "PDF" {
		t.Errorf("a range: %d %s", w.Code, w.Body)
	}
	f.err = &gateway.Error{Code: gateway.CodeUnavailable, Detail: "the antivirus has not answered yet"}
	if w := (call{"GET", path, "district-key", "", nil}).do(api); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("unchecked: %d", w.Code)
	}
}

// FuzzUpload: whatever comes as parts is answered, and the use case sees only whole messages with their form.
func FuzzUpload(f *testing.F) {
	for _, seed := range []string{form + closing, form + onePDF + closing, onePDF, closing, "--B\r\n\n0\r\n--B\r\n", "--B\r\n\r\n", form[:40], "--B\r\nContent-Disposition: form-data; name=\"application\"\r\n\r\n\r\n--B--"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := &world{answer: accepted()}
		got := upload(body).do(uploadAPI(t, w, &shelf{}))
		called := w.submission.MessageID != ""
		if called != (got.Code == http.StatusAccepted) || called && (len(w.submission.Document) == 0 || !strings.Contains(body, "--B--")) {
			t.Errorf("%d, the use case got %+v", got.Code, w.submission)
		}
		if got.Code == http.StatusInternalServerError {
			t.Errorf("%s", got.Body)
		}
	})
}

package app

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/xmlsig/testpki"
)

// paper is a file of an application.
type paper struct{ code, name, body string }

// papers are what the housing assistance asks for.
func papers(tag string) (all []paper) {
	for _, code := range []string{"income", "upkeep", "utilities", "telecom"} {
		all = append(all, paper{code, code + ".pdf", "%PDF-1.7 " + code + " " + tag})
	}
	return all
}

// naming makes a signed application whose form names exactly these files.
func (s *stage) naming(all []paper) []byte {
	return s.application(testpki.RSA, nil, func(a *simulate.Application) {
		a.Files = nil
		for _, p := range all {
			a.Files = append(a.Files, simulate.File{Code: p.code, Name: p.name, SHA256: gateway.SHA256Hex([]byte(p.body))})
		}
	})
}

// upload sends an application with files and returns status and answer.
func (s *stage) upload(key string, doc []byte, all ...paper) (int, map[string]any) {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part := func(name, file, media string, content []byte) {
		p, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {media},
			"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", name, file)}})
		if err != nil {
			s.t.Fatal(err)
		}
		_, _ = p.Write(content)
	}
	part("application", "application.xml", "application/xml", doc)
	for _, p := range all {
		part(p.code, p.name, "application/octet-stream", []byte(p.body))
	}
	_ = w.Close()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL()+"/v1/applications", &body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.portal.Key)
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Content-Type", w.FormDataContentType())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	answer := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, answer
}

// TestFilesGoFromTheApplicantToTheProvider: over HTTP, disk and ledger, with one file the signature does not
// cover; the provider and the sender get every octet back, nobody else gets any.
func TestFilesGoFromTheApplicantToTheProvider(t *testing.T) {
	s := newStage(t, nil)
	all := papers("whole story")
	all[0].body += strings.Repeat("x", 5<<20)
	extra := paper{"photo", "сурет.png", "\x89PNG\r\n\x1a\n…"}
	status, answer := s.upload("m1", s.naming(all), append(all, extra)...)
	if status != http.StatusAccepted {
		t.Fatalf("%d %v", status, answer)
	}
	if n := fmt.Sprint(answer["files"]); n != "map[not_covered:1 stored:5]" {
		t.Errorf("files %s", n)
	}
	district, stranger := s.district("district"), s.district("stranger", "akkol-rural")
	number := lease(t, district, s.provider().ID).Number
	for _, p := range append(all, extra) {
		path := "/v1/applications/" + number + "/attachments/" + gateway.SHA256Hex([]byte(p.body))
		for _, who := range []*simulate.Client{district, s.portal} {
			if status, body := get(t, who, path); status != http.StatusOK || !bytes.Equal(body, []byte(p.body)) {
				t.Errorf("%s: %d, %d octets", p.code, status, len(body))
			}
		}
		if status, _ := get(t, stranger, path); status != http.StatusNotFound {
			t.Errorf("a stranger got %s: %d", p.code, status)
		}
	}
	_, body := get(t, district, "/v1/applications/"+number)
	var shown struct {
		Attachments []struct {
			Code, Name, Type, State, Checked string
			Covered                          bool
		}
	}
	if err := json.Unmarshal(body, &shown); err != nil || len(shown.Attachments) != 5 {
		t.Fatalf("%v: %s", err, body)
	}
	if last := shown.Attachments[4]; last.Covered || last.Type != "image/png" || last.Name != "сурет.png" || last.Checked != "off" || !shown.Attachments[0].Covered {
		t.Errorf("%+v", shown.Attachments)
	}
}

// TestSameFileOverCasesLiesOnce: two applications with the same papers, one file each on disk.
func TestSameFileOverCasesLiesOnce(t *testing.T) {
	s := newStage(t, nil)
	all := papers("shared")
	for i := range 2 {
		if status, answer := s.upload(fmt.Sprint("m", i), s.naming(all), all...); status != http.StatusAccepted {
			t.Fatalf("%d %v", status, answer)
		}
	}
	found, err := filepath.Glob(filepath.Join(s.cfg.Attachments.Folder, "??", "*"))
	if err != nil || len(found) != len(all) {
		t.Errorf("%d files, %v", len(found), err)
	}
}

// TestRefusedFilesAreToldInWords: which and why, with the sentence for the applicant, and nothing registered.
func TestRefusedFilesAreToldInWords(t *testing.T) {
	s := newStage(t, nil)
	all := papers("refused")
	swapped := papers("refused")
	swapped[1].body = "%PDF-1.7 something else"
	html := papers("page")
	html[2].body = "<html><script>"
	for name, tt := range map[string]struct {
		named, brought []paper
		code, detail   string
	}{
		"swapped":     {all, swapped, "attachment_refused", "upkeep"},
		"not a pdf":   {html, html, "attachment_refused", "text/html"},
		"not brought": {all, all[:3], "document_missing", "telecom"},
	} {
		status, answer := s.upload(strings.ReplaceAll(name, " ", "-"), s.naming(tt.named), tt.brought...)
		detail, _ := answer["detail"].(string)
		if status != http.StatusUnprocessableEntity || answer["code"] != tt.code || !strings.Contains(detail, tt.detail) || answer["kk"] == "" || answer["ru"] == "" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

// TestInfectedFileIsRefused runs against a daemon that speaks clamd's INSTREAM, or the real one that
// KOPIR_TEST_CLAMD names.
func TestInfectedFileIsRefused(t *testing.T) {
	address := os.Getenv("KOPIR_TEST_CLAMD")
	if address == "" {
		address = "unix:" + finder(t)
	}
	s := newStage(t, func(c *config.Config) { c.Attachments.Clamd = address })
	all := papers("clean")
	if status, answer := s.upload("m1", s.naming(all), all...); status != http.StatusAccepted {
		t.Fatalf("%d %v", status, answer)
	}
	bad := papers("bad")
	bad[3].body = "%PDF-1.7 " + `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`
	if status, answer := s.upload("m2", s.naming(bad), bad...); status != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(answer["detail"]), "telecom") {
		t.Errorf("%d %v", status, answer)
	}
	if _, err := os.Stat(filepath.Join(s.cfg.Attachments.Folder, gateway.SHA256Hex([]byte(bad[3].body))[:2], gateway.SHA256Hex([]byte(bad[3].body)))); err == nil {
		t.Error("an infected file is kept")
	}
}

// finder is a daemon with one signature.
func finder(t *testing.T) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "clamd.ctl")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var got bytes.Buffer
			_, err = io.CopyN(io.Discard, c, int64(len("zINSTREAM\x00")))
			for n := uint32(1); err == nil && n > 0; {
				if err = binary.Read(c, binary.BigEndian, &n); err == nil {
					_, err = io.CopyN(&got, c, int64(n))
				}
			}
			reply := "stream: OK\x00"
			if bytes.Contains(got.Bytes(), []byte("EICAR")) {
				reply = "stream: Eicar-Test-Signature FOUND\x00"
			}
			_, _ = io.WriteString(c, reply)
			_ = c.Close()
		}
	}()
	return socket
}

// TestAntivirusThatIsDownDelaysOnlyTheFile: the application is accepted, its files wait, and are given out when
// the daemon is there.
func TestAntivirusThatIsDownDelaysOnlyTheFile(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "clamd.ctl")
	s := newStage(t, func(c *config.Config) { c.Attachments.Clamd = "unix:" + socket })
	all := papers("waiting")
	status, answer := s.upload("m1", s.naming(all), all...)
	if status != http.StatusAccepted || !strings.Contains(fmt.Sprint(answer["files"]), "unchecked:4") {
		t.Fatalf("%d %v", status, answer)
	}
	path := fmt.Sprint("/v1/applications/", answer["number"], "/attachments/", gateway.SHA256Hex([]byte(all[0].body)))
	if status, _ := get(t, s.portal, path); status != http.StatusServiceUnavailable {
		t.Errorf("an unchecked file: %d", status)
	}
	if err := os.Symlink(finder(t), socket); err != nil {
		t.Fatal(err)
	}
	s.offset.Add(int64(time.Minute))
	for range 200 {
		if status, _ := get(t, s.portal, path); status == http.StatusOK {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the file was not given out after the antivirus came back")
}

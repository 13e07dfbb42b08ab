package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"kopir/gateway/catalogue"
	"kopir/schemas"
	"kopir/xmlsig"
	"kopir/xmlsig/reason"
)

// shelf is a store in memory; a sweep asks about everything.
type shelf struct {
	files map[string][]byte
	full  bool
}

func (s *shelf) Put(_ context.Context, r io.Reader, limit int64) (string, int64, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case s.full:
		return "", 0, &Error{Code: CodeUnavailable, Detail: "the folder of files cannot be written"}
	case err != nil:
		return "", 0, err
	case int64(len(b)) > limit:
		return "", 0, &Error{Code: reason.TooLarge}
	}
	s.files[SHA256Hex(b)] = b
	return SHA256Hex(b), int64(len(b)), nil
}

func (s *shelf) Open(sha string) (io.ReadSeekCloser, error) {
	b, ok := s.files[sha]
	if !ok {
		return nil, &Error{Code: CodeNotFound}
	}
	return shut{bytes.NewReader(b)}, nil
}

func (s *shelf) Remove(sha string) error { delete(s.files, sha); return nil }

func (s *shelf) Sweep(ctx context.Context, _ time.Time, named func(context.Context, string) (bool, error)) (n int, err error) {
	for sha := range s.files {
		if known, err := named(ctx, sha); err != nil || known {
			continue
		}
		delete(s.files, sha)
		n++
	}
	return n, nil
}

type shut struct{ *bytes.Reader }

func (shut) Close() error { return nil }

// guard is an antivirus that may be silent.
type guard struct {
	silent bool
	asked  int
}

func (g *guard) Scan(_ context.Context, r io.Reader) (Finding, error) {
	g.asked++
	b, err := io.ReadAll(r)
	switch {
	case g.silent || err != nil:
		return "", errSilent
	case bytes.Contains(b, []byte("EVIL")):
		return "Evil.Test", nil
	}
	return "", nil
}

// storage is the state's temporary storage.
type storage struct {
	files     map[string]string
	silent    bool
	deaf      bool // to confirmations
	confirmed []string
}

func (s *storage) Download(_ context.Context, id string) ([]byte, FileInfo, error) {
	body, ok := s.files[id]
	switch {
	case s.silent:
		return nil, FileInfo{}, errSilent
	case !ok:
		return nil, FileInfo{}, &Error{Code: CodeNotFound}
	}
	return []byte(body), FileInfo{Name: "from-the-storage.pdf"}, nil
}

func (s *storage) Confirm(_ context.Context, id string) error {
	if s.deaf {
		return errSilent
	}
	s.confirmed = append(s.confirmed, id)
	return nil
}

func (s *storage) Upload(context.Context, string, string, string, []byte) (string, error) {
	return "", errSilent
}

func (s *storage) Info(context.Context, string) (FileInfo, error) { return FileInfo{}, errSilent }

// counter is a desk that takes files, of a service that wants them.
type counter struct {
	*desk
	shelf   *shelf
	guard   *guard
	storage *storage
	late    *Attachments
	views   *Views
}

const someDocuments = `documents:
  - {code: income, channels: [portal], kk: Табыс, ru: Доход}
  - {code: extra, channels: [portal], optional: true, kk: Өзге, ru: Иное}`

func newCounter(t *testing.T, section string) *counter {
	t.Helper()
	d := newDesk(t, "", online(t, &sources{ocsp: good, crl: good}))
	const file = "services/" + oneService + ".yaml"
	text := string(must(fs.ReadFile(schemas.FS, file))(t))
	text = strings.Replace(text, "documents: []", someDocuments, 1)
	text = strings.Replace(text, "schema:\n", "schema:\n  - {path: BusinessData/Scan, type: file, document: extra, kk: Көшірме, ru: Копия}\n", 1)
	d.intake.rules.Catalogue = must(catalogue.Load(fstest.MapFS{file: {Data: []byte(text + section)}}))(t)
	c := &counter{desk: d, shelf: &shelf{files: map[string][]byte{}}, guard: &guard{}, storage: &storage{files: map[string]string{}}}
	fd := &FileDesk{Files: c.shelf, Scanner: c.guard, Temporary: c.storage, Sniff: func(head []byte) string {
		if bytes.HasPrefix(head, []byte("%PDF")) {
			return "application/pdf"
		}
		return "text/html"
	}}
	d.intake.cfg.Files = fd
	c.late = NewAttachments(d.ledger, fd, d.intake.rules, d.intake.world, AttachmentsConfig{})
	c.views = NewViews(d.ledger, c.shelf)
	return c
}

// named is a file the signed form names.
type named struct{ code, name, sha, id string }

func name(code, body string) named {
	return named{code: code, name: code + ".pdf", sha: SHA256Hex([]byte(body))}
}

// form signs an application that names files and may hold one.
func (c *counter) form(scan string, list ...named) []byte {
	c.t.Helper()
	c.n++
	id := must(citizen())(c.t)
	var files strings.Builder
	for _, f := range list {
		fmt.Fprintf(&files, "<Attachment><Code>%s</Code><FileName>%s</FileName><SHA256>%s</SHA256>", f.code, f.name, f.sha)
		if f.id != "" {
			fmt.Fprintf(&files, "<FileIdentifier>%s</FileIdentifier>", f.id)
		}
		files.WriteString("</Attachment>")
	}
	doc := fmt.Sprintf(`<app:Application xmlns:app="urn:kopir:service:%s:1"><SystemInfo><RequestNumber>%d</RequestNumber><ChainId>%[2]d</ChainId>`+
		`<RequestDate>2026-11-23T10:00:00+05:00</RequestDate></SystemInfo><Applicant><IIN>%s</IIN><Surname>СЫНАҚОВ</Surname><Name>ҮЛГІ</Name></Applicant>`+
		`<Territory>%s</Territory><BusinessData><Scan>%s</Scan></BusinessData><Attachments>%s</Attachments></app:Application>`,
		oneService, c.n, oneIIN, oneTerritory, scan, files.String())
	return must(xmlsig.Sign([]byte(doc), xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, xmlsig.SignOptions{Rand: rand.Reader}))(c.t)
}

// came is a file beside the form, stored as the edge stores it.
func (c *counter) came(part, name, body string) File {
	c.t.Helper()
	sha, size, err := c.shelf.Put(c.t.Context(), strings.NewReader(body), MaxFileBytes)
	if err != nil {
		c.t.Fatal(err)
	}
	return File{Part: part, Name: name, SHA256: sha, Size: size}
}

func (c *counter) hand(doc []byte, files ...File) (Answer, error) {
	c.t.Helper()
	return c.intake.Accept(c.t.Context(), Submission{Caller: Caller{ID: "portal", Kind: CallerPortal}, Via: ViaREST,
		MessageID: SHA256Hex(doc), Channel: ChannelPortal, Document: doc, Files: files})
}

// accepted demands that the application is accepted and returns its files.
func (c *counter) accepted(doc []byte, files ...File) (string, []Attachment) {
	c.t.Helper()
	a := must(c.hand(doc, files...))(c.t)
	if a.Decision != DecisionAccepted {
		c.t.Fatalf("answered %+v", a)
	}
	return a.Number, c.ledger.cases[a.Number].Attachments
}

func (c *counter) files(number string) []Attachment { return c.ledger.cases[number].Attachments }

const (
	pdf   = "%PDF-1 табыс"
	other = "%PDF-1 басқа"
	evil  = "%PDF-1 EVIL"
)

func TestFilesOfASubmission(t *testing.T) {
	tests := []struct {
		name    string
		section string
		names   []named
		bring   []string // part:name:body
		code    Code     // of the refusal
		says    string
		want    string // state code covered, for each file
	}{
		{"named and brought", "", []named{name("income", pdf)}, []string{"income:a.pdf:" + pdf}, "", "", "stored income true"},
		{"the name does not matter, the digest does", "", []named{name("income", pdf)}, []string{"x:other.pdf:" + pdf}, "", "", "stored income true"},
		{"one that is not named", "", []named{name("income", pdf)}, []string{"income:a.pdf:" + pdf, "extra:b.pdf:" + other}, "", "", "stored income true, stored extra false"},
		{"one that is not named and is no document", "", []named{name("income", pdf)}, []string{"income:a.pdf:" + pdf, "photo:b.pdf:" + other}, "", "", "stored income true, stored  false"},
		{"the same file twice is one", "", []named{name("income", pdf)}, []string{"income:a.pdf:" + pdf, "extra:b.pdf:" + pdf}, "", "", "stored income true"},
		{"the same unnamed file twice is one", "", []named{name("income", pdf)}, []string{"income:a.pdf:" + pdf, "b:b.pdf:" + other, "c:c.pdf:" + other}, "", "", "stored income true, stored  false"},
		{"not named where the service takes no such", "files: {uncovered: refuse}", []named{name("income", pdf)}, []string{"income:a.pdf:" + pdf, "extra:b.pdf:" + other}, CodeAttachmentRefused, "file 2", ""},
		{"another file under the name", "", []named{name("income", pdf)}, []string{"x:income.pdf:" + other}, CodeAttachmentRefused, "SHA-256", ""},
		{"another file for the document", "", []named{name("income", pdf)}, []string{"income:x.pdf:" + other}, CodeAttachmentRefused, "SHA-256", ""},
		{"a required one was not brought", "", []named{name("income", pdf)}, nil, CodeDocumentMissing, "income", ""},
		{"an unnamed file does not stand for a required one", "", []named{name("income", pdf)}, []string{"photo:x.pdf:" + other}, CodeDocumentMissing, "income", ""},
		{"another one is awaited", "", []named{name("income", pdf), name("extra", other)}, []string{"income:a.pdf:" + pdf}, "", "", "stored income true, awaited extra true"},
		{"of a type the service does not take", "", []named{name("income", "<html>")}, []string{"income:income.pdf:<html>"}, CodeAttachmentRefused, "text/html; the service takes pdf, jpeg, png", ""},
		{"of a type only this service does not take", "files: {types: [png]}", []named{name("income", pdf)}, []string{"income:a.pdf:" + pdf}, CodeAttachmentRefused, "takes png", ""},
		{"empty", "", []named{name("income", "")}, []string{"income:a.pdf:"}, CodeAttachmentRefused, "empty", ""},
		{"infected", "", []named{name("income", evil)}, []string{"income:a.pdf:" + evil}, CodeAttachmentRefused, "malware", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCounter(t, tt.section)
			files := []File{}
			for _, b := range tt.bring {
				p := strings.SplitN(b, ":", 3)
				files = append(files, c.came(p[0], p[1], p[2]))
			}
			a := must(c.hand(c.form("", tt.names...), files...))(t)
			if a.Code != tt.code || !strings.Contains(a.Detail, tt.says) || (tt.code == "") != (a.Decision == DecisionAccepted) {
				t.Fatalf("answered %+v", a)
			}
			var got []string
			for _, f := range c.files(a.Number) {
				got = append(got, fmt.Sprintf("%s %s %v", f.State, f.Code, f.Covered))
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("files %v, want %v", got, tt.want)
			}
			if _, kept := c.shelf.files[SHA256Hex([]byte(evil))]; kept {
				t.Error("an infected file is kept")
			}
		})
	}
}

func TestVerdictSaysWhatIsNotCovered(t *testing.T) {
	c := newCounter(t, "")
	doc := c.form("", name("income", pdf))
	a := must(c.hand(doc, c.came("income", "a", pdf), c.came("x", "b", other)))(t)
	if a.Files != (FileCount{Stored: 2, NotCovered: 1}) {
		t.Errorf("answer %+v", a.Files)
	}
	v := c.ledger.verdicts[a.Verdict]
	for _, check := range v.Checks {
		if check.Name == checkFiles && strings.Contains(check.Detail, "not covered") && v.Outcome == reason.Passed {
			return
		}
	}
	t.Errorf("verdict %v %+v", v.Outcome, v.Checks)
}

func TestFileInTheFormIsStoredOnce(t *testing.T) {
	c := newCounter(t, "")
	scan := base64.StdEncoding.EncodeToString([]byte(other))
	folded := "\n  " + scan[:8] + "\n  " + scan[8:] + "\n"
	number, first := c.accepted(c.form(folded, name("income", pdf)), c.came("income", "a", pdf))
	if len(first) != 2 {
		t.Fatalf("files of %s: %+v", number, first)
	}
	for i, f := range first {
		if f.State != FileStored || !f.Covered || f.Scan != ScanClean || f.Type != "application/pdf" || f.Size == 0 {
			t.Errorf("file %d: %+v", i, f)
		}
	}
	_, _ = c.accepted(c.form(scan, name("income", pdf)), c.came("income", "a", pdf))
	if len(c.shelf.files) != 2 {
		t.Errorf("%d files for two applications with the same two", len(c.shelf.files))
	}
	for _, bad := range []string{"not base64!", "QQ"} {
		if a := must(c.hand(c.form(bad, name("income", pdf)), c.came("income", "a", pdf)))(t); a.Code != CodeFormInvalid {
			t.Errorf("%q: %+v", bad, a)
		}
	}
}

func TestWithoutFilesTheyAreAwaitedAndComeWithTheSameMessage(t *testing.T) {
	c := newCounter(t, "")
	doc := c.form("", name("income", pdf))
	number, files := c.accepted(doc)
	if files[0].State != FileAwaited || !files[0].Covered {
		t.Fatalf("%+v", files)
	}
	again := must(c.hand(doc, c.came("income", "a", pdf), c.came("x", "y", other)))(t)
	if again.Number != number || len(c.ledger.cases) != 1 {
		t.Fatalf("answered %+v", again)
	}
	if got := c.files(number); len(got) != 1 || got[0].State != FileStored || got[0].Scan != ScanClean {
		t.Errorf("%+v", got)
	}
	if n := must(c.late.Sweep(t.Context()))(t); n != 1 || len(c.shelf.files) != 1 {
		t.Errorf("%d swept: what no case names goes, the rest stays", n)
	}
}

func TestServiceMayRefuseWhatDoesNotBringItsFiles(t *testing.T) {
	c := newCounter(t, "files: {missing: refuse}")
	if a := must(c.hand(c.form("", name("income", pdf))))(t); a.Code != CodeDocumentMissing {
		t.Errorf("answered %+v", a)
	}
}

func TestFullDiskLosesNoApplication(t *testing.T) {
	c := newCounter(t, "")
	doc := c.form(base64.StdEncoding.EncodeToString([]byte(other)), name("income", pdf))
	file := c.came("income", "a", pdf)
	c.shelf.full = true
	if _, err := c.hand(doc, file); codeOf(err) != CodeUnavailable || len(c.ledger.cases)+len(c.ledger.verdicts) != 0 {
		t.Fatalf("%v, %d cases", err, len(c.ledger.cases))
	}
	c.shelf.full = false
	c.accepted(doc, file)
}

func TestSilentAntivirusDelaysTheFileNotTheApplication(t *testing.T) {
	c := newCounter(t, "")
	c.guard.silent = true
	number, files := c.accepted(c.form("", name("income", pdf), name("extra", evil)), c.came("income", "a", pdf), c.came("extra", "b", evil))
	operator := Caller{Kind: CallerOperator}
	for _, f := range files {
		if f.Scan != ScanUnchecked || f.NextAt.IsZero() {
			t.Fatalf("%+v", f)
		}
		if _, _, err := c.views.Attachment(t.Context(), operator, number, f.SHA256); codeOf(err) != CodeUnavailable {
			t.Errorf("an unchecked file is given out: %v", err)
		}
	}
	asked := c.guard.asked
	for range 60 { // pauses grow: an hour of silence is a handful of questions, not sixty
		c.now = c.now.Add(time.Minute)
		_ = must(c.late.Round(t.Context()))(t)
	}
	if n := c.guard.asked - asked; n < 6 || n > 20 {
		t.Errorf("asked %d times", n)
	}
	c.guard.silent = false
	c.now = c.now.Add(2 * time.Hour)
	if n := must(c.late.Round(t.Context()))(t); n != 2 {
		t.Errorf("%d went on", n)
	}
	got := c.files(number)
	if got[0].Scan != ScanClean || got[1].State != FileRefused || got[1].Scan != ScanInfected || got[1].Cause == "" {
		t.Errorf("%+v", got)
	}
	if _, kept := c.shelf.files[got[1].SHA256]; kept {
		t.Error("an infected file is kept")
	}
	if _, f, err := c.views.Attachment(t.Context(), operator, number, got[0].SHA256); err != nil {
		t.Error(err)
	} else {
		_ = f.Close()
	}
	if _, _, err := c.views.Attachment(t.Context(), operator, number, got[1].SHA256); codeOf(err) != CodeAttachmentRefused {
		t.Errorf("an infected file: %v", err)
	}
	if kinds := strings.Join(c.ledger.kinds(number), " "); kinds != "accepted file_refused" {
		t.Errorf("history %s", kinds)
	}
}

func TestFilesAreFetchedFromTheTemporaryStorage(t *testing.T) {
	c := newCounter(t, "")
	c.storage.files = map[string]string{"{7-1}": pdf, "8": other + "!", "9": strings.Repeat("x", MaxFileBytes+1)}
	c.storage.silent, c.storage.deaf = true, true
	in := func(code, body, id string) named { n := name(code, body); n.id = id; return n }
	number, files := c.accepted(c.form("", in("income", pdf, "{7-1}"), in("extra", other, "8"), in("extra", "large", "9"), in("extra", "gone", "10")))
	for _, f := range files {
		if f.State != FileAwaited || !f.Covered {
			t.Fatalf("%+v", f)
		}
	}
	if _, err := c.late.Round(t.Context()); !errors.Is(err, errSilent) {
		t.Fatalf("a silent storage: %v", err)
	}
	if c.ledger.cases[number].State != StateAccepted || c.files(number)[0].State != FileAwaited {
		t.Fatal("silence changed the case")
	}
	c.storage.silent = false
	round := func() { c.now = c.now.Add(2 * time.Hour); _, _ = c.late.Round(t.Context()) }
	round()
	got := c.files(number)
	if got[0].State != FileStored || !got[0].ToConfirm || got[0].Scan != ScanClean || got[0].Size == 0 {
		t.Errorf("fetched: %+v", got[0])
	}
	for i, why := range map[int]string{1: "SHA-256", 2: "larger"} {
		if got[i].State != FileRefused || !strings.Contains(got[i].Cause, why) || !got[i].NextAt.IsZero() {
			t.Errorf("file %d: %+v", i, got[i])
		}
	}
	if got[3].State != FileAwaited || got[3].NextAt.IsZero() {
		t.Errorf("one the storage does not know yet: %+v", got[3])
	}
	round()
	if len(c.storage.confirmed) != 0 || !c.files(number)[0].ToConfirm {
		t.Fatal("a confirmation that was not heard counts")
	}
	c.storage.deaf = false
	round()
	round()
	if got := c.files(number)[0]; len(c.storage.confirmed) != 1 || c.storage.confirmed[0] != "{7-1}" || got.ToConfirm || !got.NextAt.IsZero() {
		t.Errorf("confirmed %v: %+v", c.storage.confirmed, got)
	}
	if kinds := strings.Join(c.ledger.kinds(number), " "); kinds != "accepted file_stored file_refused file_refused" {
		t.Errorf("history %s", kinds)
	}
}

// TestNamingADigestOpensNothing: who knows the digest of somebody's file and names it gets nothing.
func TestNamingADigestOpensNothing(t *testing.T) {
	c := newCounter(t, "")
	victim, _ := c.accepted(c.form("", name("income", pdf)), c.came("income", "a", pdf))
	sha := SHA256Hex([]byte(pdf))
	thief, _ := c.accepted(c.form("", name("income", pdf)))
	portal := Caller{ID: "portal", Kind: CallerPortal}
	for _, tt := range []struct {
		who    Caller
		number string
		ok     bool
	}{
		{portal, victim, true}, {portal, thief, false}, {Caller{ID: "other", Kind: CallerPortal}, victim, false},
		{Caller{ID: "school", Kind: CallerProvider, Providers: []string{c.ledger.cases[victim].Provider}}, victim, true},
		{Caller{ID: "far", Kind: CallerProvider, Providers: []string{"far"}}, victim, false},
	} {
		_, f, err := c.views.Attachment(t.Context(), tt.who, tt.number, sha)
		if (err == nil) != tt.ok || err != nil && codeOf(err) != CodeNotFound {
			t.Errorf("%s of %s: %v", tt.who.ID, tt.number, err)
		}
		if err == nil {
			_ = f.Close()
		}
	}
}

func TestFileNamesAreMadeHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"Табыс туралы.pdf": "Табыс туралы.pdf", "../../etc/passwd": "passwd", `C:\Temp\x.pdf`: "x.pdf", "a\x00b\r\n.pdf": "ab.pdf",
		"": "file", "..": "file", ".htaccess": "htaccess", "/": "file", "invoice\u202efdp.exe": "invoicefdp.exe", "a<b>\"c|.png": "abc.png",
		"\xff\xfe.pdf": "pdf", strings.Repeat("ұ", 200) + ".pdf": strings.Repeat("ұ", 125) + ".pdf", strings.Repeat("x", 300): strings.Repeat("x", 255),
	} {
		if got := FileName(in); got != want || len(got) > 255 {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

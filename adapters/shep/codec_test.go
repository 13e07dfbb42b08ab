package shep_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kopir/adapters/shep"
	"kopir/xmlsig/xmltree"
)

const goldenDir = "../../testdata/golden/shep"

// goldenFile holds what is written against testdata/golden/shep, and gives the file.
func goldenFile(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	file := filepath.Join(goldenDir, name)
	if *update && got != nil {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != nil {
		if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
			t.Errorf("%s: written (+) is not golden (-):\n%s", name, diff)
		}
	}
	if lint, err := exec.LookPath("xmllint"); err == nil {
		if out, err := exec.Command(lint, "--noout", "--nonet", file).CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, out)
		}
	}
	return want
}

// relaxed writes a document as others would: another prefix or none at all for its names.
func relaxed(doc []byte) []byte {
	return []byte(strings.NewReplacer("<ts:", "<x:", "</ts:", "</x:", "xmlns:ts=", "xmlns:x=").Replace(string(doc)))
}

func aPerson() shep.PersonRecord {
	card := shep.PersonDocument{Type: shep.Entry{Code: "002", NameRu: "Удостоверение", NameKz: "Жеке куәлік"}, Number: "000000000",
		BeginDate: "2020-01-15", EndDate: "2030-01-14", Issuer: shep.Entry{Code: "002", NameRu: "МВД", NameKz: "ІІМ"},
		Status: shep.Entry{Code: "00", NameRu: "Действителен", NameKz: "Жарамды"}}
	passport := card
	passport.Type.Code, passport.Number, passport.Status.Code = "001", "N00000000", "17"
	return shep.PersonRecord{IIN: "000000000000", Surname: "ҮЛГІҰЛЫ", Name: "ҮЛГІ", BirthDate: "1990-05-17",
		Gender: shep.Entry{Code: "1", NameRu: "Мужской", NameKz: "Еркек", ChangeDate: "2008-03-01T00:00:00+06:00"}, LifeStatus: shep.Entry{Code: "0", NameRu: "Нормальный", NameKz: "Қалыпты"},
		RegAddress: shep.PersonAddress{Country: shep.Entry{Code: "398"}, District: shep.Entry{Code: "1926"}, Region: shep.Entry{Code: "1926401"}, Street: "Үлгі <көшесі>", Building: "1", BeginDate: "2015-02-01"},
		Documents:  []shep.PersonDocument{passport, card}}
}

func anAnswer() shep.PersonAnswer {
	return shep.PersonAnswer{MessageID: "1", RequestID: "2", MessageDate: "2026-11-23T10:47:28.541+05:00", Sender: shep.Entry{Code: "GBDFL"}, Receiver: shep.Entry{Code: "KOPIR"},
		Result: shep.Entry{Code: "00000", NameRu: "Сообщение успешно обработано", NameKz: "Хабарлама сәтті өңделді"}, Persons: []shep.PersonRecord{aPerson()}}
}

func TestPersonRequest(t *testing.T) {
	base := shep.PersonRequest{MessageID: "1", MessageDate: moment, SenderCode: "KOPIR"}
	tests := []struct {
		golden string
		fill   func(*shep.PersonRequest)
		ok     bool
	}{
		{"gbdfl-request-iin.xml", func(r *shep.PersonRequest) { r.IIN, r.Requestor = "000000000000", "000000000001" }, true},
		{"gbdfl-request-name.xml", func(r *shep.PersonRequest) {
			r.Surname, r.Name, r.BirthDate = "Үлгіұлы & Ко", "Үлгі", "1990-05-17"
		}, true},
		{"gbdfl-request-document.xml", func(r *shep.PersonRequest) { r.DocumentNumber = "000000000" }, true},
		{"", func(*shep.PersonRequest) {}, false},
		{"", func(r *shep.PersonRequest) { r.IIN, r.Surname = "000000000000", "Үлгі" }, false},
		{"", func(r *shep.PersonRequest) { r.Surname, r.Name = "Үлгі", "Үлгі" }, false},
		{"", func(r *shep.PersonRequest) { r.IIN, r.MessageID = "000000000000", strings.Repeat("1", 37) }, false},
		{"", func(r *shep.PersonRequest) { r.IIN, r.SenderCode = "000000000000", "" }, false},
	}
	for _, tt := range tests {
		r := base
		tt.fill(&r)
		doc, err := shep.EncodePersonRequest(r)
		if (err == nil) != tt.ok {
			t.Fatalf("%s: %v", tt.golden, err)
		}
		if !tt.ok {
			continue
		}
		back, err := shep.DecodePersonRequest(goldenFile(t, tt.golden, doc))
		if diff := cmp.Diff(r, back); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
}

func TestPersonAnswer(t *testing.T) {
	want := anAnswer()
	doc := goldenFile(t, "gbdfl-answer.xml", shep.EncodePersonAnswer(want))
	got, err := shep.DecodePersonAnswer(doc)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	if d, ok := got.Persons[0].ValidDocument(); !ok || !got.Done() || d.Type.Code != "002" {
		t.Errorf("%+v", d)
	}
	lax := strings.NewReplacer("<data ", "<p:Response xmlns:p=\"urn:x\" ", "</data>", "</p:Response>", "1990-05-17", "1990-05-17+06:00").Replace(string(doc))
	if got, err := shep.DecodePersonAnswer([]byte(lax)); err != nil || got.Persons[0].BirthDate != "1990-05-17" {
		t.Errorf("%+v %v", got, err)
	}
	hostile := map[string]string{
		"nothing": "", "no XML": "Қате", "another document": "<a/>", "no result": "<data/>",
		"an entity":    `<!DOCTYPE data [<!ENTITY a "b">]><data><messageResult><code>00000</code></messageResult></data>`,
		"many persons": "<data><messageResult><code>00000</code></messageResult><persons>" + strings.Repeat("<person/>", 201) + "</persons></data>",
		"too long":     "<data>" + strings.Repeat(" ", 5<<20) + "</data>",
	}
	for name, doc := range hostile {
		if _, err := shep.DecodePersonAnswer([]byte(doc)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestTemporaryStorage(t *testing.T) {
	upload := shep.HEDRequest{Type: shep.HEDUpload, SenderID: "kopir", Password: "p<", Uploads: []shep.HEDFile{{Process: "01", Name: "нәтиже.xml",
		Mime: "application/xml", Content: []byte("<a/>"), LifeTime: 72 * time.Hour, ToBeConfirmed: true}}}
	for _, tt := range []struct {
		name string
		req  shep.HEDRequest
	}{
		{"hed-upload", upload}, {"hed-download", shep.HEDRequest{Type: shep.HEDDownload, IDs: []string{"id-1"}, SenderID: "kopir"}},
		{"hed-confirm", shep.HEDRequest{Type: shep.HEDConfirm, IDs: []string{"id-1"}, SenderID: "kopir"}},
		{"hed-info", shep.HEDRequest{Type: shep.HEDInfo, IDs: []string{"id-1", "id-2"}, SenderID: "kopir"}},
	} {
		for suffix, qualified := range map[string]bool{"": true, "-unqualified": false} {
			doc, err := shep.EncodeHED(tt.req, qualified)
			if err != nil {
				t.Fatal(err)
			}
			tree, err := xmltree.Parse(goldenFile(t, tt.name+suffix+".xml", doc), xmltree.DefaultLimits())
			if err != nil || (tree.Root.Space() != "") != qualified || tree.Root.Child("type").Space() != tree.Root.Space() {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	}
	for _, bad := range []shep.HEDRequest{{}, {Type: shep.HEDUpload}, {Type: shep.HEDConfirm}, {Type: "DELETE", IDs: []string{"1"}}, {Type: shep.HEDInfo, IDs: []string{"1"}, Uploads: upload.Uploads}} {
		if _, err := shep.EncodeHED(bad, true); err == nil {
			t.Errorf("%+v was written", bad)
		}
	}
}

func TestTemporaryStorageAnswers(t *testing.T) {
	want := map[string]func(shep.HEDResponse) bool{
		"upload": func(r shep.HEDResponse) bool {
			return r.Files[0].ID == "id-1" && r.Files[0].LifeTime == 72*time.Hour && r.Status.Code == "0"
		},
		"download": func(r shep.HEDResponse) bool {
			return string(r.Files[0].Content) == "<a/>" && r.Files[0].Info.Size == 4
		},
		"confirm": func(r shep.HEDResponse) bool { return r.Files[0].ID == "id-1" && r.Files[0].Status.Status == "SUCCESS" },
		"info": func(r shep.HEDResponse) bool {
			return len(r.Files) == 2 && r.Files[1].Info.Deleted && r.Files[1].Info.Size == -1
		},
	}
	for name, holds := range want {
		doc := goldenFile(t, "hed-"+name+"-answer.xml", nil)
		plain := strings.NewReplacer("ts:", "", "xmlns:ts", "ignored").Replace(string(doc))
		for how, doc := range map[string][]byte{"qualified": doc, "another prefix": relaxed(doc), "unqualified": []byte(plain)} {
			r, err := shep.DecodeHED(doc)
			if err != nil || !holds(r) {
				t.Errorf("%s %s: %+v %v", name, how, r, err)
			}
		}
	}
	for _, doc := range []string{"<tempStorageResponse/>", "<tempStorageResponse><type>UPLOAD</type></tempStorageResponse>",
		"<tempStorageResponse><type>DOWNLOAD</type><downloadResponse><fileDownloadResults><content>%</content></fileDownloadResults></downloadResponse></tempStorageResponse>"} {
		if _, err := shep.DecodeHED([]byte(doc)); err == nil {
			t.Errorf("%s was taken", doc)
		}
	}
}

func TestReferenceData(t *testing.T) {
	doc, err := shep.EncodeENSI(shep.ENSIRequest{Login: "kopir", Password: "p", Entity: "Organizations", Date: "2026-11-23", Select: []string{"code", "name_kz"}, SortBy: []string{"code"}})
	if err != nil {
		t.Fatal(err)
	}
	goldenFile(t, "ensi-request.xml", doc)
	items := []map[string]string{{"Id": "1", "code": "A", "name_ru": "Акимат", "name_kz": "Әкімдік"}, {"Id": "2", "code": "B"}}
	for _, name := range []string{"ensi-answer.xml", "ensi-answer-text.xml"} {
		r, err := shep.DecodeENSI(goldenFile(t, name, nil))
		if diff := cmp.Diff(items, r.Items); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	_, err = shep.DecodeENSI(goldenFile(t, "ensi-error.xml", nil))
	if err == nil || !strings.Contains(err.Error(), "error 300") || strings.Contains(err.Error(), "Үлгі") {
		t.Errorf("%v", err)
	}
	hidden := `<Response><ProcessingResult>Success</ProcessingResult><ResultData><Data>&lt;!DOCTYPE a&gt;&lt;Items/&gt;</Data></ResultData></Response>`
	if _, err := shep.DecodeENSI([]byte(hidden)); err == nil {
		t.Error("a DOCTYPE inside the text was let in")
	}
}

func TestCentreStatus(t *testing.T) {
	s := shep.CentreStatus{Event: shep.CentreArrived, Number: "K26-7QX4M-09TCB", RequestNumber: "10109001292987", Status: "accepted", TextKk: "Қабылданды", TextRu: "Принято", At: moment, DueAt: moment.Add(72 * time.Hour)}
	done := s
	done.Event, done.Status, done.Outcome, done.FileName, done.FileID = shep.CentreCompleted, "completed", "positive", "a.xml", "id-1"
	for name, want := range map[string]shep.CentreStatus{"iiscon-arrived.xml": s, "iiscon-completed.xml": done} {
		doc, err := shep.EncodeCentreStatus(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := shep.DecodeCentreStatus(goldenFile(t, name, doc))
		if err != nil || !got.At.Equal(want.At) || !got.DueAt.Equal(want.DueAt) {
			t.Fatalf("%v %v", got.At, err)
		}
		got.At, got.DueAt = want.At, want.DueAt
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	done.Outcome = ""
	if _, err := shep.EncodeCentreStatus(done); err == nil {
		t.Error("completion without an outcome")
	}
}

// FuzzAnswers: no answer of anybody makes a decoder panic.
func FuzzAnswers(f *testing.F) {
	names, _ := filepath.Glob(goldenDir + "/*.xml")
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if a, err := shep.DecodePersonAnswer(doc); err == nil {
			if again, err := shep.DecodePersonAnswer(shep.EncodePersonAnswer(a)); err != nil || len(again.Persons) != len(a.Persons) {
				t.Errorf("%d persons, %v", len(again.Persons), err)
			}
		}
		_, _ = shep.DecodePersonRequest(doc)
		_, _ = shep.DecodeHED(doc)
		_, _ = shep.DecodeENSI(doc)
		_, _ = shep.DecodeCentreStatus(doc)
	})
}

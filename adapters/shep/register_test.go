package shep_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kopir/adapters/envelope"
	"kopir/adapters/shep"
	"kopir/gateway"
	"kopir/gateway/catalogue"
	"kopir/xmlsig/xmltree"
)

// dataOf makes data of a document.
func dataOf(t *testing.T, form envelope.Form, doc string) envelope.Data {
	t.Helper()
	d, err := envelope.NewData(form, []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPersonIsAskedByIIN(t *testing.T) {
	whole := string(shep.EncodePersonAnswer(anAnswer()))
	nobody := anAnswer()
	nobody.Persons = nil
	tests := []struct {
		name, answer string
		code         gateway.Code
	}{
		{"a person", whole, ""},
		{"nobody", string(shep.EncodePersonAnswer(nobody)), gateway.CodeNotFound},
		{"somebody else", strings.Replace(whole, "<iin>000000000000", "<iin>111111111111", 1), "xml_malformed"},
		{"two persons", strings.Replace(whole, "<persons>", "<persons><person><iin>000000000000</iin></person>", 1), "xml_malformed"},
		{"not processed", strings.Replace(whole, "<code>00000<", "<code>00009<", 1), "xml_malformed"},
		{"another document", "<data><a/><b/></data>", "xml_malformed"},
	}
	ours, theirs, pins, _ := parties(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate(t, func(any) any { return syncReply("SCSS001", dataOf(t, envelope.FormTyped, tt.answer)) })
			g.sign = theirs
			c := asking(t, g.URL, func(c *shep.Config) { c.Sign, c.Replies = ours, pins })
			p, err := shep.NewPersonRegister(c, shep.RegisterConfig{SenderCode: "KOPIR", Now: func() time.Time { return moment }, Rand: rand.Reader}).
				Person(t.Context(), "000000000000")
			var e *gateway.Error
			switch {
			case tt.code == "" && (err != nil || p.Surname != "ҮЛГІҰЛЫ" || p.BirthDate != "1990-05-17" || len(p.Answer) == 0):
				t.Errorf("%v %q", err, p.Surname)
			case tt.code != "" && (!errors.As(err, &e) || e.Code != tt.code):
				t.Errorf("got %v, want %s", err, tt.code)
			}
			if said := fmt.Sprintf("%v %+v %#v %s", p, p, p, err); strings.Contains(said, "000000000000") || strings.Contains(said, "ҮЛГІ") {
				t.Errorf("the person is in %q", said)
			}
			m := sent[*envelope.SyncRequest](g)[0]
			asked, err := m.Data.Payload()
			if r, err2 := shep.DecodePersonRequest(asked); err != nil || err2 != nil || m.ServiceID != shep.GBDFLService || r.IIN != "000000000000" || r.SenderCode != "KOPIR" {
				t.Errorf("asked %+v: %v %v", r, err, err2)
			}
		})
	}
}

func TestAnswerOfSomebodyElsesKeyIsNotBelieved(t *testing.T) {
	ours, _, pins, _ := parties(t)
	g := newGate(t, func(any) any {
		return syncReply("SCSS001", dataOf(t, envelope.FormTyped, string(shep.EncodePersonAnswer(anAnswer()))))
	})
	g.sign = ours // not the key that is pinned
	c := asking(t, g.URL, func(c *shep.Config) { c.Sign, c.Replies, c.Attempts = ours, pins, 1 })
	p, err := shep.NewPersonRegister(c, shep.RegisterConfig{SenderCode: "K", Now: time.Now, Rand: rand.Reader}).Person(t.Context(), "000000000000")
	if err == nil || p.IIN != "" {
		t.Errorf("%v", err)
	}
}

// storage is a temporary storage that keeps one file.
func storage(t *testing.T, kept *string) func(any) any {
	return func(body any) any {
		doc, err := body.(*envelope.SyncRequest).Data.Payload()
		if err != nil {
			t.Fatal(err)
		}
		tree, err := xmltree.Parse(doc, xmltree.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		kind := tree.Root.Find("type").Text()
		id := tree.Root.Find(map[string]string{"DOWNLOAD": "downloadRequest", "CONFIRM": "confirmRequest", "GET_FILE_INFO": "getFileInfoRequest"}[kind] + "/fileIdentifiers").Text()
		one := func(wrap, list, inside string) string {
			return "<tempStorageResponse><type>" + kind + "</type><" + wrap + "><" + list + ">" + inside + "</" + list + "></" + wrap + "></tempStorageResponse>"
		}
		answer := ""
		switch kind {
		case "UPLOAD":
			*kept = tree.Root.Find("uploadRequest/fileUploadRequests/content").Text()
			answer = one("uploadResponse", "uploadFileResults", "<fileIdentifier>id-7</fileIdentifier>")
		case "DOWNLOAD":
			answer = one("downloadResponse", "fileDownloadResults", "<fileIdentifier>"+id+"</fileIdentifier><content>"+*kept+"</content>")
		case "CONFIRM":
			answer = one("confirmResponse", "fileConfirmResults", "<fileIdentifier>other</fileIdentifier>")
		case "GET_FILE_INFO":
			answer = one("getFileInfoResponse", "fileInfoResults", "<fileIdentifier>"+id+"</fileIdentifier><meta><size>4</size><deleted>true</deleted></meta>")
		}
		return syncReply("SCSS001", dataOf(t, envelope.FormElement, answer))
	}
}

func TestFilesTravelByID(t *testing.T) {
	kept := ""
	g := newGate(t, storage(t, &kept))
	for _, unqualified := range []bool{false, true} {
		files := shep.NewTemporary(asking(t, g.URL, nil), shep.FilesConfig{SenderID: "kopir", Password: "p", Unqualified: unqualified})
		id, err := files.Upload(t.Context(), "01", "a.xml", "application/xml", []byte("<a/>"))
		if err != nil || id != "id-7" {
			t.Fatalf("%q %v", id, err)
		}
		if got, _, err := files.Download(t.Context(), id); err != nil || string(got) != "<a/>" {
			t.Errorf("%q %v", got, err)
		}
		if err := files.Confirm(t.Context(), id); err == nil {
			t.Error("an answer about another file was believed")
		}
		if info, err := files.Info(t.Context(), id); err != nil || info.Size != 4 || !info.Deleted {
			t.Errorf("%+v %v", info, err)
		}
	}
}

// styled is a shipped style as a service without anything of its own has it.
func styled(t *testing.T, name string) *catalogue.Payload {
	t.Helper()
	p, err := catalogue.Style(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestStylesOnTheWire: what is sent is the style's document, in its variant of data, and parses.
func TestStylesOnTheWire(t *testing.T) {
	cs := aCase()
	cs.ChainID, cs.IIN, cs.ResultSHA = "10109001292982", "000000000000", "00"
	tests := []struct {
		style, golden string
		message       gateway.Message
		form          envelope.Form
		result        []byte
	}{
		{"system-info", "payload-system-info-notification.xml", notification(), envelope.FormText, nil},
		{"system-info", "payload-system-info-response.xml", response(), envelope.FormText, []byte("<r/>")},
		{"typed-form", "payload-typed-form-notification.xml", notification(), envelope.FormElement, nil},
		{"typed-form", "payload-typed-form-response.xml", response(), envelope.FormElement, []byte("<r/>")},
		{"kopir", "payload-kopir-response.xml", response(), envelope.FormText, []byte("<r/>")},
	}
	for _, tt := range tests {
		t.Run(tt.golden, func(t *testing.T) {
			kept := ""
			store, s := newGate(t, storage(t, &kept)), newServer(t, reply(t, 200, receipt(), nil))
			c := client(t, s.URL, func(c *shep.Config) {
				c.SyncURL, c.Files = store.URL, &shep.FilesConfig{SenderID: "kopir"}
				c.Service = func(gateway.Case) shep.Service { return shep.Service{Payload: styled(t, tt.style)} }
			})
			if _, err := c.Deliver(t.Context(), tt.message, cs, tt.result); err != nil {
				t.Fatal(err)
			}
			msg, err := envelope.Read(s.got, xmltree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			data := msg.Body.(*envelope.AsyncRequest).Data
			doc, err := data.Payload()
			if err != nil || data.Form != tt.form {
				t.Fatalf("form %d, %v", data.Form, err)
			}
			goldenFile(t, tt.golden, doc)
			if byID := tt.style == "system-info" && tt.result != nil; (kept != "") != byID {
				t.Errorf("the storage holds %q", kept)
			}
		})
	}
}

func TestResultByIDNeedsAStorage(t *testing.T) {
	s := newServer(t, reply(t, 200, receipt(), nil))
	c := client(t, s.URL, func(c *shep.Config) {
		c.Service = func(gateway.Case) shep.Service { return shep.Service{Payload: styled(t, "system-info")} }
	})
	if _, err := c.Deliver(t.Context(), response(), aCase(), []byte("<r/>")); err == nil || s.got != nil {
		t.Errorf("sent without the file: %v", err)
	}
}

// TestCatalogueKnowsTheFacts: every fact a template may name is proved by catalogue check.
func TestCatalogueKnowsTheFacts(t *testing.T) {
	sample := catalogue.SampleFacts("accepted")
	for _, name := range catalogue.FactNames() {
		part, ofFile := strings.CutPrefix(name, "file.")
		_, there := sample.Values[name]
		if ofFile {
			_, there = sample.Files[0][part]
		}
		if !there {
			t.Errorf("the sample lacks %s", name)
		}
	}
	if diff := cmp.Diff(len(catalogue.FactNames()), len(sample.Values)+len(sample.Files[0])); diff != "" {
		t.Error(diff)
	}
}

package catalogue

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kopir/schemas"
	"kopir/xmlsig/xmltree"
)

var update = flag.Bool("update", false, "write the golden files of the shipped styles anew")

// TestShippedStylesWriteTheirGoldenFiles is what kopir catalogue check does; -update writes the files.
func TestShippedStylesWriteTheirGoldenFiles(t *testing.T) {
	var problems ProblemList
	styles := readStyles(schemas.FS, &problems)
	for _, p := range problems {
		t.Error(p)
	}
	if len(styles) != 3 {
		t.Fatalf("%d styles", len(styles))
	}
	for name, st := range styles {
		if st.payload == nil {
			continue
		}
		for _, sample := range st.payload.Samples {
			if *update && sample.Golden != "" {
				kind := kindNotification
				if sample.Status == "completed" || sample.Status == "declined" || sample.Status == "refused" {
					kind = kindResponse
				}
				doc, err := st.payload.Write(kind, SampleFacts(sample.Status))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join("../../schemas", sample.Golden), append(doc, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(st.payload.Samples) < 2 {
			t.Errorf("%s proves too little", name)
		}
	}
	if *update {
		t.Skip("written; run again to compare")
	}
	for _, p := range (&Catalogue{}).prove(schemas.FS) {
		t.Error(p)
	}
}

// mapped is a catalogue with a service that has a portal's payload over a shipped service.
func mapped(t *testing.T, service, section string, files ...string) fstest.MapFS {
	t.Helper()
	all := folder(t, "services/"+service+".yaml", replaced("\n  ours: true\n", "\n  ours: true\n"+section))
	for i := 0; i+1 < len(files); i += 2 {
		all[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return all
}

const adoption = `  payload:
    style: system-info
    namespace: http://newshep.adoption.egov.kz
    request:
      values:
VALUES      codes:
        territory: {"150807": "113200000"}
`

// portalForm fills the places that the test's mapping names, in the portal's way of writing.
func portalForm(t *testing.T, s *Service, territory string) (values, doc string) {
	t.Helper()
	var paths, elements strings.Builder
	for i, f := range s.Schema {
		if strings.HasPrefix(f.Path, "Applicant/") {
			continue
		}
		name := "Field" + string(rune('A'+i))
		paths.WriteString("        " + f.Path + ": RequestData/" + name + "\n")
		v := f.Example
		switch {
		case v != "":
		case f.Type == "date":
			v = "1990-05-17T00:00:00+06:00"
		case f.Type == "choice":
			v = f.Values[0]
		case f.Type == "year":
			v = "1990"
		default:
			v = "12"
		}
		elements.WriteString("<p:" + name + ">" + v + "</p:" + name + ">")
	}
	return paths.String(), `<requestMessage xmlns:p="http://newshep.adoption.egov.kz"><p:SystemInfo><p:RequestNumber>10109001292987</p:RequestNumber>` +
		`<p:ChainId>10109001292982</p:ChainId><p:RequestDate>2026-11-23T10:47:28</p:RequestDate></p:SystemInfo><p:RequestData><p:Unheard>of</p:Unheard>` +
		`<p:PersonalData><p:IIN>000000000000</p:IIN><p:Surname>Үлгіұлы</p:Surname><p:Name>Үлгі</p:Name><p:BirthDate>1990-05-17+05:00</p:BirthDate></p:PersonalData>` +
		`<p:Territory>` + territory + `</p:Territory>` + elements.String() +
		`<p:Attacment><p:CodeType>other</p:CodeType><p:FileName>a.pdf</p:FileName><p:FileId>id-1</p:FileId></p:Attacment></p:RequestData></requestMessage>`
}

func TestPortalsFormIsReadAsTheServicesOwn(t *testing.T) {
	values, doc := portalForm(t, service(t, "adoption-payment"), "150807")
	all := mapped(t, "adoption-payment", strings.Replace(adoption, "VALUES", values, 1))
	c, err := Load(all)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := xmltree.Parse([]byte(doc), xmltree.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.ForDocument(tree.Root, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err != nil || s.Key != "adoption-payment" {
		t.Fatalf("%v %v", s, err)
	}
	form, err := s.Read(tree.Root, "portal")
	if err != nil {
		t.Fatal(err)
	}
	want := Form{IIN: "000000000000", Territory: "113200000", RequestNumber: "10109001292987", ChainID: "10109001292982",
		RequestDate: "2026-11-23T10:47:28", Person: Person{"Үлгіұлы", "Үлгі", "", "1990-05-17"},
		Attachments: []Attachment{{Code: "other", Name: "a.pdf", ID: "id-1"}}}
	form.Fields, want.Warnings = nil, form.Warnings
	if diff := cmp.Diff(want, form); diff != "" {
		t.Error(diff)
	}
	for name, spoil := range map[string]func(string) string{
		"a value that is there twice":        replaced("<p:Name>", "<p:Name>Басқа</p:Name><p:Name>"),
		"a value split by a comment":         replaced("Үлгіұлы", "Үлгі<!-- -->ұлы"),
		"a territory outside the code table": replaced("150807", "150808"),
	} {
		tree, err := xmltree.Parse([]byte(spoil(doc)), xmltree.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if form, err := s.Read(tree.Root, "portal"); err == nil {
			t.Errorf("%s was read: %+v", name, form.Person)
		}
	}
}

func TestTypedValuesAreReadByTheirCode(t *testing.T) {
	raw, err := fs.ReadFile(schemas.FS, "payloads/samples/typed-form-request.xml")
	if err != nil {
		t.Fatal(err)
	}
	shared := *service(t, "adoption-payment")
	s := &shared
	s.Documents, s.ConsentRequired, s.Schema = nil, false, []Field{{Path: "BusinessData/FamilySize", Type: "integer", Required: true},
		{Path: "BusinessData/Relation", Type: "choice", Values: []string{"child"}, Required: true}}
	var problems ProblemList
	base := readStyles(schemas.FS, &problems)["typed-form"].file
	section := payloadFile{Request: &payloadRequestFile{Match: map[string]string{"serviceType": "REQUEST_FORM_SAMPLE"},
		Values: map[string]string{"BusinessData/FamilySize": "updatedValues[family_size]/values/string", "BusinessData/Relation": "updatedValues[relation]/values/domainItemData/code"},
		Codes:  map[string]map[string]string{"BusinessData/Relation": {"CHILD": "child"}}}}
	b := &builder{file: "x", root: &base.Notification.Elements, problems: &problems}
	s.SHEP.Payload = b.payloadOf(section.over(base), s)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	read := func(doc []byte) (Form, error) {
		tree, err := xmltree.Parse(doc, xmltree.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if !s.SHEP.Payload.Request.is(tree.Root, "") {
			return Form{}, fs.ErrNotExist
		}
		return s.Read(tree.Root, "portal")
	}
	form, err := read(raw)
	if err != nil || form.Fields["BusinessData/FamilySize"] != "2" || form.Fields["BusinessData/Relation"] != "child" {
		t.Fatalf("%v %v", form.Fields, err)
	}
	if a := form.Attachments; len(a) != 1 || a[0].Code != "income" || string(a[0].Content) != "%PDF-" || len(a[0].SHA256) != sha256Hex {
		t.Errorf("%+v", a)
	}
	if _, err := read(bytes.Replace(raw, []byte("REQUEST_FORM_SAMPLE"), []byte("OTHER"), 1)); err != fs.ErrNotExist {
		t.Error("another service's form was taken")
	}
	twice := bytes.Replace(raw, []byte("<code>family_size</code>"), []byte("<code>family_size</code><code>x</code>"), 1)
	if form, err := read(twice); err == nil {
		t.Errorf("a value with two codes was read: %v", form.Fields)
	}
}

func TestPayloadMistakesAreToldWithTheirLine(t *testing.T) {
	values, doc := portalForm(t, service(t, "adoption-payment"), "150807")
	good := strings.Replace(adoption, "VALUES", values, 1)
	const sample = "    samples:\n      - {request: payloads/samples/mine.xml, expect: {iin: \"000000000000\"}}\n"
	first := 0
	b, _ := fs.ReadFile(schemas.FS, "services/adoption-payment.yaml")
	for i, line := range strings.Split(string(b), "\n") {
		if line == "  ours: true" {
			first = i + 2 // the line of payload:
		}
	}
	tests := []struct {
		name, section string
		line          int
		want          string
	}{
		{"nothing", good + sample, 0, ""},
		{"an unknown field", strings.Replace(good, "namespace:", "nampesace:", 1), first + 2, `no field "nampesace"`},
		{"an unknown style", strings.Replace(good, "system-info", "sysinfo", 1), first + 1, `there is no style "sysinfo"`},
		{"a field of no schema", strings.Replace(good, "      codes:", "        BusinessData/Nothing: A/B\n      codes:", 1), 0, "has no field BusinessData/Nothing"},
		{"a path that is none", strings.Replace(good, "RequestData/Field", "RequestData//Field", 1), first + 5, "is not a path"},
		{"a required field without a place", "  payload:\n    style: kopir\n    request:\n      root: a\n      fields: {iin: A}\n", 0, "requires Applicant/Surname, and values names no place for it"},
		{"a needed place that is missing", "  payload:\n    style: kopir\n    request:\n      root: a\n      fields: {iin: A}\n", first + 4, "the place of territory is missing"},
		{"a sample that reads otherwise", good + strings.Replace(sample, "000000000000", "111111111111", 1), 0, `iin is "000000000000", expected "111111111111"`},
		{"a sample that is not there", good + strings.Replace(sample, "mine", "yours", 1), 0, "yours.xml"},
		{"an unknown fact", good + "    notification:\n      root: a\n      elements:\n        - b: \"{colour}\"\n", 0, "there is no fact {colour}"},
		{"a column nobody has", good + "    notification:\n      root: a\n      elements:\n        - b: \"{status.colour}\"\n", 0, `has no "colour"`},
		{"a file's fact outside files", good + "    notification:\n      root: a\n      elements:\n        - b: \"{file.id}\"\n", 0, "end the name of an element"},
		{"a golden file that is another", good + "    samples:\n      - {status: accepted, golden: payloads/samples/system-info-accepted.xml}\n", 0, "at octet"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := mapped(t, "adoption-payment", tt.section, "payloads/samples/mine.xml", doc)
			for _, p := range CheckAt(all, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)) {
				if p.Gap {
					continue
				}
				if tt.want == "" {
					t.Fatalf("a good payload has a mistake: %s", p)
				}
				if strings.Contains(p.Text, tt.want) && p.File == "services/adoption-payment.yaml" && p.Line >= first && (tt.line == 0 || p.Line == tt.line) {
					return
				}
				t.Log(p)
			}
			if tt.want != "" {
				t.Errorf("nobody says %q", tt.want)
			}
		})
	}
}

// FuzzPayload: whatever a document holds, the mapping neither panics nor reads more than it maps.
func FuzzPayload(f *testing.F) {
	raw, _ := fs.ReadFile(schemas.FS, "payloads/samples/typed-form-request.xml")
	other, _ := fs.ReadFile(schemas.FS, "payloads/samples/system-info-request.xml")
	f.Add(raw)
	f.Add(other)
	styles := readStyles(schemas.FS, &ProblemList{})
	c, err := Load(schemas.FS)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		tree, err := xmltree.Parse(doc, xmltree.DefaultLimits())
		if err != nil {
			return
		}
		for _, st := range styles {
			q := st.payload.Request
			if q == nil {
				continue
			}
			s := *c.services[0]
			q.view(&s)
			form, _ := s.mapped.Read(tree.Root, "portal")
			if len(form.Attachments) > maxRepeats {
				t.Errorf("%d attachments", len(form.Attachments))
			}
		}
	})
}

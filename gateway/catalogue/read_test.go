package catalogue

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kopir/schemas"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// embedded is read once: the race detector makes YAML slow.
var embedded = sync.OnceValues(func() (*Catalogue, error) { return Load(schemas.FS) })

func load7(t testing.TB) *Catalogue {
	t.Helper()
	c, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func service(t testing.TB, key string) *Service {
	t.Helper()
	s, ok := load7(t).ByKey(key)
	if !ok {
		t.Fatalf("no service %s", key)
	}
	return s
}

// form is what a test fills in; fields by path, attachments by code.
type form struct {
	service *Service
	value   map[string]string
	extra   map[string]string // XML put at the end of an element
	files   []string
}

// filled is a form with every required field and document of a channel.
func filled(s *Service, channel string) form {
	f := form{service: s, value: map[string]string{
		"SystemInfo/RequestNumber": "10109001292987", "SystemInfo/ChainId": "10109001292987",
		"SystemInfo/RequestDate": "2026-11-23T10:47:28+05:00", "Applicant/IIN": "000230500003",
		"Territory": s.Regions[0] + "3200000", "Channel": channel,
	}}
	if s.ConsentRequired {
		f.value["BusinessData/Consent"] = "true"
	}
	for _, field := range s.Schema {
		if field.Required {
			f.value[field.Path] = sample(field)
		}
	}
	for _, d := range s.Documents {
		if slices.Contains(d.Channels, channel) && !d.Optional && !d.Shown {
			f.files = append(f.files, d.Code)
		}
	}
	return f
}

func sample(f Field) string {
	switch {
	case f.Example != "":
		return f.Example
	case len(f.Values) > 0:
		return f.Values[0]
	}
	return map[string]string{"date": "2000-01-31", "year": "2000", "integer": "2", "decimal": "1000", "boolean": "true",
		"iin": "000230500405", "bin": "001340000002", "account": "KZ000000000000000000", "text": "Үлгі"}[f.Type]
}

func (f form) with(path, value string) form {
	clone := map[string]string{}
	for k, v := range f.value {
		clone[k] = v
	}
	clone[path] = value
	if value == "-" {
		delete(clone, path)
	}
	f.value = clone
	return f
}

func (f form) xml() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<app:Application xmlns:app="%s">`, f.service.Namespace)
	b.WriteString(f.below(""))
	b.WriteString(f.extra[""])
	if len(f.files) > 0 {
		b.WriteString("<Attachments>")
		for _, code := range f.files {
			fmt.Fprintf(&b, "<Attachment><Code>%s</Code><FileName>%s.pdf</FileName><SHA256>%s</SHA256></Attachment>", code, code, strings.Repeat("0A", 32))
		}
		b.WriteString("</Attachments>")
	}
	b.WriteString(`<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/></ds:Signature></app:Application>`)
	return []byte(b.String())
}

// below writes the elements below a path, in alphabetical order.
func (f form) below(prefix string) string {
	var b strings.Builder
	done := map[string]bool{}
	for _, path := range slices.Sorted(maps.Keys(f.value)) {
		rest, ok := strings.CutPrefix(path, prefix)
		name, _, deeper := strings.Cut(rest, "/")
		if !ok || done[name] {
			continue
		}
		done[name] = true
		inner := string(xmltree.EscapeText(nil, f.value[path]))
		if deeper {
			inner = f.below(prefix+name+"/") + f.extra[prefix+name]
		}
		b.WriteString("<" + name + ">" + inner + "</" + name + ">")
	}
	return b.String()
}

func (f form) read(t testing.TB, channel string) (Form, error) {
	t.Helper()
	doc, err := xmltree.Parse(f.xml(), xmltree.DefaultLimits())
	if err != nil {
		t.Fatalf("%v\n%s", err, f.xml())
	}
	return f.service.Read(doc.Root, channel)
}

func TestEveryServiceReadsItsForm(t *testing.T) {
	for _, s := range load7(t).Services() {
		for _, channel := range s.Channels {
			t.Run(s.Key+" "+channel, func(t *testing.T) {
				got, err := filled(s, channel).read(t, channel)
				if err != nil {
					t.Fatal(err)
				}
				if got.IIN != "000230500003" || got.Territory != s.Regions[0]+"3200000" || got.RequestNumber != "10109001292987" ||
					got.RequestDate != "2026-11-23T10:47:28+05:00" || got.Channel != channel {
					t.Errorf("got %+v", got)
				}
				if len(got.Warnings) > 0 {
					t.Errorf("warnings %q", got.Warnings)
				}
				for _, a := range got.Attachments {
					if a.SHA256 != strings.Repeat("0a", 32) {
						t.Errorf("digest %s", a.SHA256)
					}
				}
			})
		}
	}
}

func TestPaperServiceOffersNoPortalButItsFormReads(t *testing.T) {
	s := service(t, "asp-assign")
	if s.Offers("portal") || !s.Offers("department") || !s.Offers("rural_akim") {
		t.Errorf("channels %v", s.Channels)
	}
	if got, err := filled(s, "portal").with("Channel", "-").read(t, "portal"); err != nil || got.IIN == "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReadRefuses(t *testing.T) {
	housing := filled(service(t, "housing-assistance"), "portal")
	unemployed := filled(service(t, "unemployed-certificate"), "portal")
	adoption := filled(service(t, "adoption-payment"), "portal")
	without := func(f form, code string) form {
		f.files = slices.DeleteFunc(slices.Clone(f.files), func(c string) bool { return c == code })
		return f
	}
	attach := func(xml string) form {
		return without2(housing).inject("", "<Attachments><Attachment>"+xml+"</Attachment></Attachments>")
	}
	hash := "<SHA256>" + strings.Repeat("ab", 32) + "</SHA256>"
	tests := []struct {
		name   string
		form   form
		code   reason.Code
		detail string
	}{
		{"no IIN", housing.with("Applicant/IIN", "-"), "form_invalid", "Applicant/IIN: is missing"},
		{"IIN of 11 digits", housing.with("Applicant/IIN", "00023050000"), "form_invalid", "Applicant/IIN: is not 12 digits"},
		{"IIN in other digits", housing.with("Applicant/IIN", "٠٠٠٢٣٠٥٠٠٠٠٣"), "form_invalid", "Applicant/IIN: is not 12 digits"},
		{"BIN with letters", housing.with("Applicant/BIN", "00134000000x"), "form_invalid", "Applicant/BIN"},
		{"neither IIN nor BIN", adoption.with("Applicant/IIN", ""), "form_invalid", "neither an IIN nor a BIN"},
		{"IIN twice", housing.inject("", "<Applicant><IIN>000230500405</IIN></Applicant>"), "form_invalid", "Applicant: is there twice"},
		{"territory twice", housing.inject("", "<Territory>113200000</Territory>"), "form_invalid", "Territory: is there twice"},
		{"IIN twice in one applicant", housing.inject("Applicant", "<IIN>000230500405</IIN>"), "form_invalid", "Applicant/IIN: is there twice"},
		{"IIN of another namespace beside it", housing.inject("Applicant", `<x:IIN xmlns:x="urn:x">000230500405</x:IIN>`), "form_invalid", "Applicant/IIN: is there twice"},
		{"elements where a value is wanted", housing.with("Applicant/IIN", "-").inject("Applicant", "<IIN>0002305<a/>00003</IIN>"), "form_invalid", "Applicant/IIN: holds more than text"},
		{"value split by a processing instruction", housing.with("Applicant/IIN", "-").inject("Applicant", "<IIN>0002305<?x?>00003</IIN>"), "form_invalid", "Applicant/IIN: holds more than text"},
		{"processing instruction before a value", housing.with("Territory", "-").inject("", "<Territory><?x?>593200000</Territory>"), "form_invalid", "Territory: holds more than text"},
		{"value split by a comment", housing.with("Channel", "-").inject("", "<Channel>por<!-- -->tal</Channel>"), "form_invalid", "Channel: holds more than text"},
		{"code of a document split", attach("<Code>inc<?x?>ome</Code><FileName>a.pdf</FileName>" + hash), "form_invalid", "Attachment[1]/Code: holds more than text"},
		{"no territory", housing.with("Territory", "-"), "form_invalid", "Territory: is missing"},
		{"territory of 8 digits", housing.with("Territory", "59320000"), "form_invalid", "KATO"},
		{"no request number", housing.with("SystemInfo/RequestNumber", ""), "form_invalid", "RequestNumber: is missing"},
		{"request number with a line", housing.with("SystemInfo/RequestNumber", "10 109"), "form_invalid", "RequestNumber"},
		{"date without offset", housing.with("SystemInfo/RequestDate", "2026-11-23T10:47:28"), "form_invalid", "RequestDate"},
		{"channel nobody knows", housing.with("Channel", "pigeon"), "form_invalid", "Channel: is none"},
		{"another channel", housing.with("Channel", "service_centre"), "envelope_mismatch", "service_centre"},
		{"consent in words", housing.with("BusinessData/Consent", "иә"), "form_invalid", "Consent: is neither"},
		{"no consent", housing.with("BusinessData/Consent", "false"), "consent_missing", "BusinessData/Consent"},
		{"consent left out", housing.with("BusinessData/Consent", "-"), "consent_missing", "BusinessData/Consent"},
		{"required field", housing.with("BusinessData/Address", "-"), "form_invalid", "BusinessData/Address: is missing"},
		{"choice", housing.with("BusinessData/Tenure", "guest"), "form_invalid", "Tenure: is none of the choices"},
		{"year", housing.with("BusinessData/BirthYear", "20"), "form_invalid", "BirthYear: is not a year"},
		{"number", housing.with("BusinessData/FamilySize", "two"), "form_invalid", "FamilySize: is not a whole number"},
		{"too long", housing.with("BusinessData/Bank", strings.Repeat("ү", 201)), "form_invalid", "Bank: is longer than 200"},
		{"family member without a birth date", housing.with("BusinessData/FamilyMember/BirthDate", "-"), "form_invalid", "BusinessData/FamilyMember[1]/BirthDate: is missing"},
		{"document", without(housing, "utilities"), "document_missing", "missing: utilities"},
		{"no document at all", without2(housing), "document_missing", "income, upkeep, utilities, telecom"},
		{"none of a group", without2(unemployed), "document_missing", "one of identity"},
		{"digest", attach("<Code>income</Code><FileName>a.pdf</FileName><SHA256>zz</SHA256>"), "form_invalid", "SHA256"},
		{"file name with a folder", attach("<Code>income</Code><FileName>../a.pdf</FileName>" + hash), "form_invalid", "FileName"},
		{"attachment without a code", attach("<FileName>a.pdf</FileName>" + hash), "form_invalid", "Code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.form.read(t, "portal")
			var e *reason.Error
			if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(e.Detail, tt.detail) {
				t.Fatalf("got %v, want %s %q", err, tt.code, tt.detail)
			}
			if strings.Contains(e.Detail, "00023050") {
				t.Errorf("the detail tells a personal number: %s", e.Detail)
			}
		})
	}
}

// inject adds XML to an element of the form; "" is the root.
func (f form) inject(path, xml string) form {
	f.extra = map[string]string{path: xml}
	return f
}

func without2(f form) form { f.files = nil; return f }

func TestWarningsDoNotRefuse(t *testing.T) {
	f := filled(service(t, "housing-assistance"), "portal").with("Applicant/IIN", "000230500004")
	f = f.inject("", "<Colour>blue</Colour>")
	f.files = append(f.files, "holiday_photo")
	got, err := f.read(t, "portal")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Colour is not known to the service; it was not read",
		`Attachments/Attachment[5]: the service asks for no document "holiday_photo"`,
		"Applicant/IIN: the check digit does not fit",
	}
	if diff := cmp.Diff(want, got.Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestFamilyMembersAreCounted(t *testing.T) {
	f := filled(service(t, "housing-assistance"), "portal")
	for path := range f.value {
		if strings.Contains(path, "FamilyMember") {
			f = f.with(path, "-")
		}
	}
	if _, err := f.read(t, "portal"); err != nil {
		t.Errorf("a single person: %v", err)
	}
}

func TestTheFormIsReadWhileItIsRefused(t *testing.T) {
	got, err := without2(filled(service(t, "housing-assistance"), "portal")).read(t, "portal")
	if err == nil || got.IIN != "000230500003" || got.Territory == "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	c := load7(f)
	for _, s := range c.Services() {
		f.Add(filled(s, s.Channels[0]).xml())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		doc, err := xmltree.Parse(b, xmltree.DefaultLimits())
		if err != nil {
			return
		}
		for _, s := range c.Services() {
			_, err := s.Read(doc.Root, "portal")
			var e *reason.Error
			if err != nil && !errors.As(err, &e) {
				t.Fatalf("%v is not a *reason.Error", err)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	f := filled(service(b, "housing-assistance"), "portal")
	doc, err := xmltree.Parse(f.xml(), xmltree.DefaultLimits())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := f.service.Read(doc.Root, "portal"); err != nil {
			b.Fatal(err)
		}
	}
}

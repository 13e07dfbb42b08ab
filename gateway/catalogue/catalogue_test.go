package catalogue

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kopir/schemas"
	"kopir/xmlsig/reason"
)

// TestFactsOfTheRegulations holds the data against the figures of the five texts.
func TestFactsOfTheRegulations(t *testing.T) {
	type facts struct {
		Form, Channels, Regions, Kinds, Signer string
		Terms                                  map[string]string
		Consent                                bool
		Refusals, Documents                    int
	}
	want := map[string]facts{
		"asp-assign": {"paper", "department rural_akim", "11", "department rural_akim", "head",
			map[string]string{"department": "7 working_days", "rural_akim": "22 working_days"}, false, 3, 5},
		"disabled-child-home-support": {"partially_automated", "portal department", "11", "department", "head sign_right",
			map[string]string{"portal": "10 working_days", "department": "10 working_days"}, false, 2, 10},
		"unemployed-certificate": {"partially_automated", "portal department service_centre", "11", "department", "head sign_right",
			map[string]string{"portal": "1 working_days", "department": "10 minutes",
				"service_centre": "3 working_days not_counting_acceptance not_counting_issue"}, false, 1, 4},
		"adoption-payment": {"partially_automated", "portal department", "11", "education", "head",
			map[string]string{"portal": "10 working_days", "department": "10 working_days"}, false, 1, 0},
		"asp-certificate/zhambyl": {"automated", "portal department service_centre rural_akim", "31", "rural_akim department", "employee",
			map[string]string{"portal": "15 working_days", "department": "15 working_days", "service_centre": "15 working_days",
				"rural_akim": "15 working_days"}, false, 2, 1},
		"asp-certificate/north-kazakhstan": {"automated", "portal department rural_akim service_centre employment_centre", "59",
			"rural_akim department", "head", map[string]string{"portal": "15 minutes", "department": "15 minutes", "rural_akim": "15 minutes",
				"service_centre": "45 minutes", "employment_centre": "45 minutes"}, true, 3, 1},
		"housing-assistance": {"partially_automated", "portal service_centre", "59", "department", "head sign_right",
			map[string]string{"portal": "10 working_days", "service_centre": "10 working_days"}, true, 2, 6},
	}
	got := map[string]facts{}
	for _, s := range load7(t).Services() {
		f := facts{s.Form, strings.Join(s.Channels, " "), strings.Join(s.Regions, " "), strings.Join(s.ProviderKinds, " "),
			strings.Join(s.SignerRoles(), " "), map[string]string{}, s.ConsentRequired, len(s.Refusals), len(s.Documents)}
		for _, c := range s.Channels {
			f.Terms[c] = s.Limit(c).String()
		}
		got[s.Key] = f
		if !s.Free || !s.Signer.ProviderBIN || !s.SHEP.Ours || s.Title["kk"] == "" || s.Title["ru"] == "" {
			t.Errorf("%s: %+v", s.Key, s)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestStepsOfTheTables holds the limits of the steps against the tables.
func TestStepsOfTheTables(t *testing.T) {
	tests := []struct{ service, channel, want string }{
		{"housing-assistance", "portal", "20 seconds,2 minutes,2 minutes,20 minutes,30 minutes,20 minutes,2 hours,1 working_days,7 working_days,1 working_days,15 minutes,2 minutes"},
		{"housing-assistance", "service_centre", "5 minutes,5 minutes,5 minutes,1 working_days,20 minutes,2 hours,1 working_days,6 working_days,1 working_days,15 minutes,15 minutes"},
		{"adoption-payment", "portal", "20 minutes,1 hours,9 working_days,1 hours,20 minutes"},
		{"asp-certificate/north-kazakhstan", "portal", "2 minutes,2 minutes,3 minutes,3 minutes,3 minutes,2 minutes"},
		{"asp-certificate/north-kazakhstan", "service_centre", "5 minutes,10 minutes,5 minutes,10 minutes,15 minutes"},
		{"asp-assign", "rural_akim", "15 minutes,2 working_days,2 working_days,1 working_days,1 working_days,1 working_days,30 minutes,1 working_days,1 working_days"},
		{"disabled-child-home-support", "department", "15 minutes,1 minutes,1 minutes,10 working_days,1 minutes,1 minutes,15 minutes,1 minutes,1 minutes"},
		{"disabled-child-home-support", "portal", "1 minutes,1 minutes,1 minutes,15 minutes,10 working_days,1 minutes,1 minutes,1 minutes,15 minutes,1 minutes,1 minutes,1 minutes"},
		{"unemployed-certificate", "portal", "1 minutes,1 minutes,1 minutes,1 minutes,10 minutes,1 working_days,1 minutes,1 minutes,1 minutes,1 minutes,1 minutes,1 minutes,1 minutes,1 minutes,1 minutes"},
		{"unemployed-certificate", "service_centre", "30 minutes,1 minutes,1 minutes,1 minutes,10 minutes,3 working_days,1 minutes,1 minutes,1 minutes,10 minutes,1 minutes,1 minutes,1 minutes,1 minutes,30 minutes"},
	}
	for _, tt := range tests {
		t.Run(tt.service+" "+tt.channel, func(t *testing.T) {
			var limits []string
			for _, st := range service(t, tt.service).StepsFor(tt.channel) {
				limits = append(limits, st.Limit.String())
			}
			if got := strings.Join(limits, ","); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestForForm(t *testing.T) {
	const certificate, housing = "urn:kopir:service:asp-certificate:1", "urn:kopir:service:housing-assistance:1"
	tests := []struct {
		name, namespace, territory, on, want string
		code                                 reason.Code
	}{
		{"the territory chooses Zhambyl", certificate, "313600000", "2026-11-23", "asp-certificate/zhambyl", ""},
		{"the territory chooses North Kazakhstan", certificate, "593200000", "2026-11-23", "asp-certificate/north-kazakhstan", ""},
		{"a region without a variant", certificate, "113200000", "2026-11-23", "", "territory_unknown"},
		{"a service of another region", housing, "113200000", "2026-11-23", "", "territory_unknown"},
		{"no territory", housing, "", "2026-11-23", "", "territory_unknown"},
		{"a territory that is no code", housing, "59abc0000", "2026-11-23", "", "territory_unknown"},
		{"before the regulation", housing, "593200000", "2016-01-14", "", "service_unknown"},
		{"on its first day", housing, "593200000", "2016-01-15", "housing-assistance", ""},
		{"a namespace nobody has", "urn:kopir:service:pension:1", "593200000", "2026-11-23", "", "service_unknown"},
		{"no namespace", "", "593200000", "2026-11-23", "", "service_unknown"},
	}
	c := load7(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			on, err := time.ParseInLocation(time.DateOnly, tt.on, time.FixedZone("+05", 5*3600))
			if err != nil {
				t.Fatal(err)
			}
			s, err := c.ForForm(tt.namespace, tt.territory, on)
			var e *reason.Error
			switch {
			case tt.code != "":
				if !errors.As(err, &e) || e.Code != tt.code {
					t.Errorf("got %v, want %s", err, tt.code)
				}
			case err != nil || s.Key != tt.want:
				t.Errorf("got %v, %v; want %s", s, err, tt.want)
			}
		})
	}
}

func TestByServiceID(t *testing.T) {
	c := load7(t)
	if got := c.ByServiceID("KOPIR_ASP_CERTIFICATE"); len(got) != 2 {
		t.Errorf("%d variants", len(got))
	}
	if got := c.ByServiceID("KOPIR_PENSION"); len(got) != 0 {
		t.Errorf("got %d services nobody has", len(got))
	}
}

// folder is the embedded data with one file changed.
func folder(t testing.TB, name string, change func(string) string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(schemas.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(schemas.FS, path)
		all[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	before := ""
	if f, there := all[name]; there {
		before = string(f.Data)
	}
	after := change(before)
	if after == before {
		t.Fatalf("%s was not changed", name)
	}
	all[name] = &fstest.MapFile{Data: []byte(after)}
	return all
}

func replaced(old, with string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, with, 1) }
}

func TestMistakesAreExplainedWithTheirLine(t *testing.T) {
	const file = "services/adoption-payment.yaml"
	tests := []struct {
		name   string
		change func(string) string
		line   int
		want   string
	}{
		{"a field nobody knows", replaced("version: 1", "versoin: 1"), 2, `there is no field "versoin" here`},
		{"not YAML", replaced("key: adoption-payment", "key: [adoption"), 0, "did not find"},
		{"empty", func(string) string { return "" }, 0, "the file is empty"},
		{"two documents", func(s string) string { return s + "---\nkey: b\n" }, 0, "more than one document"},
		{"key of another file", replaced("key: adoption-payment", "key: adoption"), 1, "is named adoption.yaml"},
		{"namespace", replaced("service:adoption-payment:1", "service:adoption:1"), 3, "namespace"},
		{"version in words", replaced("version: 1", "version: one"), 2, "one"},
		{"no Kazakh title", replaced("  kk: Жетім", "  en: Жетім"), 5, "title lacks its text in kk"},
		{"date", replaced("valid_from: \"2016-06-15\"", "valid_from: \"15.06.2016\""), 4, "not a date"},
		{"form of provision", replaced("form: partially_automated", "form: electronic"), 21, `form: "electronic" is none of paper`},
		{"a paper service by portal", replaced("form: partially_automated", "form: paper"), 23, "paper-only"},
		{"channel", replaced("[portal, department]", "[portal, post]"), 23, `"post" is none of`},
		{"region", replaced(`["11"]`, `["Ақмола"]`), 24, "two digits"},
		{"provider kind", replaced("[education]", "[school]"), 25, `"school"`},
		{"role of the signer", replaced("roles: [head]", "roles: [boss]"), 0, `"boss"`},
		{"place of the IIN", replaced("  iin: Applicant/IIN\n", ""), 33, "the place of iin is missing"},
		{"limit of a step", replaced("limit: 9 working_days", "limit: 9 workdays"), 0, "none of seconds"},
		{"type of a field", replaced("type: date", "type: birthday"), 0, `type "birthday"`},
		{"term of a channel nobody offers", replaced("  default: {limit", "  rural_akim: {limit"), 0, "does not offer channel"},
	}
	b, err := fs.ReadFile(schemas.FS, file)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(b)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := tt.change(whole)
			if changed == whole {
				t.Fatal("nothing was changed")
			}
			_, err := Load(fstest.MapFS{file: {Data: []byte(changed)}})
			var list *ProblemList
			if !errors.As(err, &list) {
				t.Fatalf("got %v", err)
			}
			for _, p := range *list {
				if p.File == file && strings.Contains(p.Text, tt.want) && (tt.line == 0 || p.Line == tt.line) {
					return
				}
			}
			t.Errorf("got %v, want line %d: %s", err, tt.line, tt.want)
		})
	}
}

func TestVersionsChangeByDate(t *testing.T) {
	const file = "services/adoption-payment.yaml"
	older, err := fs.ReadFile(schemas.FS, file)
	if err != nil {
		t.Fatal(err)
	}
	newer := strings.NewReplacer("version: 1", "version: 2", `valid_from: "2016-06-15"`, `valid_from: "2027-01-01"`).Replace(string(older))
	closed := replaced("title:", "valid_to: \"2026-12-31\"\ntitle:")(string(older))
	both := folder(t, file, func(string) string { return newer })
	both["services/adoption-payment.v1.yaml"] = &fstest.MapFile{Data: []byte(closed)}
	c, err := Load(both)
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("+05", 5*3600)
	for day, want := range map[time.Time]int{
		time.Date(2026, 12, 31, 23, 59, 0, 0, zone): 1, time.Date(2027, 1, 1, 0, 0, 0, 0, zone): 2,
	} {
		s, err := c.ForForm("urn:kopir:service:adoption-payment:1", "113200000", day)
		if err != nil || s.Version != want {
			t.Errorf("%s: %v, %v; want version %d", day, s, err, want)
		}
	}
	if len(c.Services()) != 7 {
		t.Errorf("%d services", len(c.Services()))
	}
	both["services/adoption-payment.v1.yaml"] = &fstest.MapFile{Data: older}
	if _, err := Load(both); err == nil || !strings.Contains(err.Error(), "two versions of adoption-payment") {
		t.Errorf("overlapping versions: %v", err)
	}
}

func TestCheckTellsGapsAndMistakes(t *testing.T) {
	on := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var gaps strings.Builder
	for _, p := range CheckAt(schemas.FS, on) {
		if !p.Gap {
			t.Errorf("mistake in our own data: %s", p)
		}
		gaps.WriteString(p.String() + "\n")
	}
	for _, want := range []string{
		"19 providers (department in region 11) have no BIN", "5 providers (department in region 59) have no BIN",
		"238 providers (akim in region 11) have no territory", "region 31 has no department in 11",
		"region 11 has no education department in 20", "region 59 has no department in 9", "serviceId [KOPIR_HOUSING_ASSISTANCE]",
		"revoked on 26.05.2016", "calendar/2027.yaml: the days off are computed",
	} {
		if !strings.Contains(gaps.String(), want) {
			t.Errorf("no gap says %q", want)
		}
	}
	tests := []struct {
		name, file string
		change     func(string) string
		want       string
	}{
		{"calendar", "calendar/2026.yaml", replaced("kind: day_off", "kind: feast"), "calendar/2026.yaml:17: kind \"feast\""},
		{"codes", "codes.yaml", replaced("http: 400", "http: 200"), "codes.yaml: "},
		{"provider", "providers/akmola-departments.tsv", replaced("\tdepartment\t", "\toffice\t"), "providers/akmola-departments.tsv:7: provider akm-dep-01: kind \"office\""},
		{"texts", "texts/kk.yaml", func(string) string { return "a: [" }, "texts/kk.yaml:1: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			first := CheckAt(folder(t, tt.file, tt.change), on)[0]
			if first.Gap || !strings.HasPrefix(first.String(), tt.want) {
				t.Errorf("got %s, want %s", first, tt.want)
			}
		})
	}
	if late := CheckAt(schemas.FS, time.Date(2027, 11, 1, 12, 0, 0, 0, time.UTC)); !strings.Contains(late[len(late)-1].String(), "calendar/2028.yaml") {
		t.Errorf("nobody asks for the calendar of 2028: %s", late[len(late)-1])
	}
}

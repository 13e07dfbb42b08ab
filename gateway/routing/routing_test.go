package routing

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"kopir/schemas"
	"kopir/xmlsig/reason"
)

func registry(t testing.TB) *Registry {
	t.Helper()
	r, err := Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var someDay = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

func TestEverythingOfTheListsIsThere(t *testing.T) {
	got := map[string]int{}
	for _, p := range registry(t).Providers() {
		got[p.Region+" "+p.Kind]++
		if p.NameKk == "" || p.Address == "" || p.Hours == "" || p.Phone == "" || p.Source == "" {
			t.Errorf("%s is incomplete: %+v", p.ID, p)
		}
		if strings.Count(p.NameKk, "«") != 1 || strings.Count(p.NameKk, "»") != 1 {
			t.Errorf("%s: quotes of %s", p.ID, p.NameKk)
		}
		if p.Kind == RuralAkim && (p.Territory != "" || p.Parent == "") {
			t.Errorf("%s: the code of a rural district is the operator's, its district is known", p.ID)
		}
	}
	for group, want := range map[string]int{"11 department": 19, "11 rural_akim": 238, "59 department": 5, "11 service_centre": 21} {
		if got[group] != want {
			t.Errorf("%s: %d, want %d", group, got[group], want)
		}
	}
}

func TestOldNamesLieInTodaysDistricts(t *testing.T) {
	r := registry(t)
	for id, want := range map[string]string{
		"akm-dep-08":    "114500000", // Еңбекшілдер, today Біржан сал
		"akm-dep-06":    "117000000", // Бурабай, Щучье in the address
		"akm-dep-18":    "111800000",
		"akm-dep-19":    "111000000",
		"nk-dep-03":     "596600000",
		"akm-centre-20": "111000000",
		"akm-centre-09": "114500000",
	} {
		if p, ok := r.Provider(id); !ok || p.Territory != want {
			t.Errorf("%s is in %q, want %s", id, p.Territory, want)
		}
	}
	if p, _ := r.Provider("akm-akim-211"); p.Parent != "111600000" {
		t.Errorf("Қосшы lies in %s", p.Parent)
	}
	if d, ok := r.Territory("114500000"); !ok || d.FormerKk != "Еңбекшілдер ауданы" {
		t.Errorf("got %+v", d)
	}
}

func TestRoute(t *testing.T) {
	department, either := []string{Department}, []string{RuralAkim, Department}
	r := registry(t)
	akim, _ := r.Provider("akm-akim-002")
	akim.Territory = "113235000" // the operator's; made up here
	if err := r.Put(akim); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		kinds     []string
		territory string
		want      string
		rule      string
	}{
		{"a district", department, "593200000", "nk-dep-01", `^the department of 593200000 Айыртау ауданы$`},
		{"a town of the table", department, "113220100", "akm-dep-01", `in which 113220100 Ақкөл қаласы lies`},
		{"a village nobody listed", department, "593245100", "nk-dep-01", `in which 593245100 lies`},
		{"the city below its administration", department, "591010000", "nk-dep-05", `^the department of 591000000`},
		{"an akim where the service names akims", either, "113235000", "akm-akim-002", `^the akim of 113235000$`},
		{"a village of the akim", either, "113235100", "akm-akim-002", `^the akim of 113235000, in which 113235100 lies`},
		{"no akim where it does not", department, "113235000", "akm-dep-01", `^the department of 113200000`},
		{"another okrug goes to the district", either, "113241000", "akm-dep-01", `has no akim or department of its own`},
		{"the district itself, never its akims", either, "113200000", "akm-dep-01", ``},
		{"an education department nobody listed", []string{Education}, "113200000", "", ``},
		{"Zhambyl", either, "313600000", "", ``},
		{"a district without a department", department, "594600000", "", ``},
		{"a region nobody serves", department, "711310000", "", ``},
		{"a region as a whole", department, "590000000", "", ``},
		{"too short", department, "5932", "", ``},
		{"letters", department, "59320000x", "", ``},
		{"nothing", department, "", "", ``},
		{"no kinds", nil, "593200000", "", ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := r.Route(tt.kinds, tt.territory, someDay)
			if tt.want == "" {
				var e *reason.Error
				if !errors.As(err, &e) || e.Code != "territory_unknown" {
					t.Errorf("got %+v, %v", d, err)
				}
				return
			}
			if err != nil || d.Provider.ID != tt.want || !regexp.MustCompile(tt.rule).MatchString(d.Rule) {
				t.Errorf("got %s %q, %v; want %s %q", d.Provider.ID, d.Rule, err, tt.want, tt.rule)
			}
		})
	}
}

func TestProvidersComeAndGo(t *testing.T) {
	r := New()
	zone := time.FixedZone("+05", 5*3600)
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, zone) }
	old := Provider{ID: "old", Kind: Department, NameKk: "Ескі", Territory: "593200000", ValidTo: day(2026, 6, 30)}
	young := Provider{ID: "young", Kind: Department, NameKk: "Жаңа", Territory: "593200000", ValidFrom: day(2026, 7, 1)}
	if err := r.Add(old, young); err != nil {
		t.Fatal(err)
	}
	for on, want := range map[time.Time]string{
		day(2026, 6, 30).Add(23 * time.Hour): "old", day(2026, 7, 1): "young", day(2030, 1, 1): "young",
	} {
		if d, err := r.Route([]string{Department}, "593200000", on); err != nil || d.Provider.ID != want {
			t.Errorf("%s: got %s, %v; want %s", on, d.Provider.ID, err, want)
		}
	}
}

func TestAddRefusesWhatCannotBe(t *testing.T) {
	good := Provider{ID: "a", Kind: Department, NameKk: "А"}
	tests := []struct {
		name   string
		change func(*Provider)
		want   string
	}{
		{"no id", func(p *Provider) { p.ID = "" }, "no id"},
		{"kind", func(p *Provider) { p.Kind = "office" }, "kind"},
		{"territory", func(p *Provider) { p.Territory = "5932" }, "KATO"},
		{"parent", func(p *Provider) { p.Parent = "59" }, "KATO"},
		{"BIN", func(p *Provider) { p.BIN = "12345" }, "BIN"},
		{"no name", func(p *Provider) { p.NameKk = "" }, "no name"},
		{"hours", func(p *Provider) { p.Hours = "all day" }, "hours"},
		{"ends before it begins", func(p *Provider) { p.ValidFrom, p.ValidTo = someDay, someDay.AddDate(0, 0, -1) }, "valid_to"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := good
			tt.change(&p)
			r := New()
			for _, err := range []error{r.Add(p), r.Put(p)} {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
			}
		})
	}
	r := New()
	if err := r.Add(good, good); err == nil || len(r.Providers()) != 0 {
		t.Error("the same id was added twice in one call")
	}
	if err := r.Add(good); err != nil || r.Add(good) == nil {
		t.Error("the same id was added twice")
	}
}

func TestPutMovesAProvider(t *testing.T) {
	r := registry(t)
	p, _ := r.Provider("nk-dep-01")
	p.Territory, p.BIN = "593400000", "001340000002"
	if err := r.Put(p); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Route([]string{Department}, "593200000", someDay); err == nil {
		t.Error("its old territory still has it")
	}
	if d, err := r.Route([]string{Department}, "593400000", someDay); err != nil || d.Provider.BIN != "001340000002" {
		t.Errorf("got %+v, %v", d, err)
	}
}

// TestRouteNeverLeavesTheWay: whoever is found works in a territory the code itself lies in.
func TestRouteNeverLeavesTheWay(t *testing.T) {
	r := registry(t)
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`(11|31|59|71)[0-9]{7}`).Draw(t, "code")
		d, err := r.Route([]string{Department, Education, RuralAkim}, code, someDay)
		if err != nil {
			return
		}
		if got := d.Provider.Territory; got[:4] != code[:4] {
			t.Fatalf("%s went to %s", code, got)
		}
		if d.Rule == "" || d.Provider.Kind == ServiceCentre {
			t.Fatalf("%+v", d)
		}
	})
}

func TestMistakesInTablesAreNamedWithTheirLine(t *testing.T) {
	kato := strings.Join(katoColumns, "\t") + "\n590000000\t\tregion\tС\tС\t\t\t\n593200000\t590000000\tdistrict\tА\tА\t\t\t\n"
	head := "# comment\n" + strings.Join(providerColumns, "\t") + "\n"
	line := func(territory, from string) string {
		return "a\tdepartment\t59\t" + territory + "\t590000000\t\tА\t\t\t\t\t\t" + from + "\t\tsource\n"
	}
	good := line("593200000", "2016-01-15")
	tests := []struct{ name, kato, providers, want string }{
		{"cells", kato, head + "a\tdepartment\n", "p.tsv:3: there are 2 cells, want 15"},
		{"columns", kato, "id\tkind\n", "p.tsv:1: the columns are not"},
		{"empty", kato, "# nothing\n", "p.tsv: the line that names the columns is missing"},
		{"date", kato, head + line("593200000", "15.01.2016"), `p.tsv:3: valid_from: "15.01.2016" is not a date`},
		{"territory that is not in the table", kato, head + line("593400000", ""), "p.tsv:3: provider a: territory 593400000 is not in kato.tsv"},
		{"twice", kato, head + good + good, "p.tsv:4: provider a is there already"},
		{"code twice", kato + "593200000\t590000000\tdistrict\tА\tА\t\t\t\n", head, "kato.tsv:4: 593200000 is there twice"},
		{"parent nobody listed", kato + "594200000\t600000000\tdistrict\tА\tА\t\t\t\n", head, "kato.tsv:4: 594200000: its parent 600000000"},
		{"code of 8 digits", kato + "59420000\t590000000\tdistrict\tА\tА\t\t\t\n", head, "kato.tsv:4: \"59420000\" is not a KATO code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{"kato.tsv": {Data: []byte(tt.kato)}, "providers/p.tsv": {Data: []byte(tt.providers)}})
			var list *ProblemList
			if !errors.As(err, &list) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := Load(fstest.MapFS{"kato.tsv": {Data: []byte(kato)}, "providers/p.tsv": {Data: []byte("\ufeff" + strings.ReplaceAll(head+good, "\n", "\r\n"))}}); err != nil {
		t.Errorf("a file from a spreadsheet: %v", err)
	}
	if _, err := Load(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "there is no provider") {
		t.Errorf("an empty folder: %v", err)
	}
}

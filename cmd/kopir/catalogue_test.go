package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/schemas"
)

// heard runs a command at a fixed moment and returns what it printed.
func heard(t *testing.T, run func(streams) error) (string, error) {
	t.Helper()
	var out bytes.Buffer
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	err := run(streams{out: &out, err: &out, now: func() time.Time { return now }})
	return out.String(), err
}

func TestRouteCommand(t *testing.T) {
	tests := []struct {
		name string
		cmd  RouteCmd
		exit int
		want []string
	}{
		{"says who, why and when", RouteCmd{Service: "housing-assistance", Territory: "593200000", Channel: "portal", At: "2026-12-14T16:00:00+05:00"}, 0,
			[]string{"nk-dep-01", "the department of 593200000 Айыртау ауданы", "2026-12-29T18:30:00+05:00", "10 working_days"}},
		{"the territory chooses the variant", RouteCmd{Service: "asp-certificate", Territory: "593245100", Channel: "portal"}, 0,
			[]string{"asp-certificate/north-kazakhstan", "in which 593245100 lies"}},
		{"a variant of another region", RouteCmd{Service: "asp-certificate/zhambyl", Territory: "593200000", Channel: "portal"}, 1,
			[]string{"territory_unknown", "north-kazakhstan is"}},
		{"a paper service by portal", RouteCmd{Service: "asp-assign", Territory: "113200000", Channel: "portal"}, 1, []string{"channel_not_offered", "rural_akim"}},
		{"nobody there", RouteCmd{Service: "housing-assistance", Territory: "594600000", Channel: "portal"}, 1, []string{"territory_unknown"}},
		{"before the regulation", RouteCmd{Service: "housing-assistance", Territory: "593200000", Channel: "portal", Date: "2015-01-01"}, 1, []string{"service_unknown"}},
		{"a service nobody has", RouteCmd{Service: "pension", Territory: "593200000", Channel: "portal"}, 2, nil},
		{"a date that is none", RouteCmd{Service: "housing-assistance", Territory: "593200000", Channel: "portal", Date: "14.12.2026"}, 2, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := heard(t, tt.cmd.run)
			if got := endedWith(err); got != tt.exit {
				t.Errorf("exit %d (%v), want %d", got, err, tt.exit)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
			tt.cmd.JSON = true
			out, _ = heard(t, tt.cmd.run)
			if out != "" && !json.Valid([]byte(out)) {
				t.Errorf("not JSON: %s", out)
			}
		})
	}
}

func endedWith(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.code
	}
	return -1
}

func TestCatalogueCommands(t *testing.T) {
	out, err := heard(t, (&CatalogueCheckCmd{}).run)
	if err != nil || !strings.Contains(out, "0 mistakes, ") || !strings.Contains(out, "gap ") {
		t.Errorf("check: %v\n%s", err, out)
	}
	out, err = heard(t, (&CatalogueShowCmd{Lang: "kk"}).run)
	if err != nil || strings.Count(out, "\n") != 8 || !strings.Contains(out, "Тұрғын үй көмегін тағайындау") {
		t.Errorf("show: %v\n%s", err, out)
	}
	out, err = heard(t, (&CatalogueShowCmd{Lang: "ru", Service: "unemployed-certificate"}).run)
	if err != nil || !strings.Contains(out, "not_registered_unemployed") || !strings.Contains(out, "15 show_output_centre") {
		t.Errorf("show one: %v\n%s", err, out)
	}
	if _, err := heard(t, (&CatalogueShowCmd{Lang: "ru", Service: "pension"}).run); endedWith(err) != exitUsage {
		t.Errorf("a service nobody has: %v", err)
	}
	for _, service := range []string{"", "asp-assign"} {
		out, err = heard(t, (&CatalogueShowCmd{Lang: "ru", JSON: true, Service: service}).run)
		if err != nil || !json.Valid([]byte(out)) {
			t.Errorf("%q as JSON: %v\n%s", service, err, out)
		}
	}
}

func TestCatalogueCheckOfAFolderWithMistakes(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, schemas.FS); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "services", "housing-assistance.yaml")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(b, []byte("form: partially"), []byte("from: partially"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := heard(t, (&CatalogueCheckCmd{dataDir: dataDir{Dir: dir}}).run)
	if endedWith(err) != 1 || !strings.Contains(out, `services/housing-assistance.yaml:28: there is no field "from" here`) {
		t.Errorf("%v\n%.300s", err, out)
	}
}

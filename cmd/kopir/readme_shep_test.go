package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
)

// Every setting of the way to the state gateway stands in the example, and the services it names exist.
func TestREADMEExplainsTheWayToSHEP(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range []any{config.SHEPClient{}, config.SHEPService{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(section)) {
			name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if !regexp.MustCompile(`(?m)(^  |[{ ])` + name + `:`).Match(b) {
				t.Errorf("shep.%s is not explained", name)
			}
		}
	}
	rules, err := app.LoadRules(config.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks(t, "yaml") {
		c, err := config.Parse([]byte(block), "README.md")
		if err != nil {
			t.Fatal(err)
		}
		for key := range c.SHEP.Services {
			found := false
			for _, s := range rules.Catalogue.Services() {
				base, _, _ := strings.Cut(s.Key, "/")
				found = found || s.Key == key || base == key
			}
			if !found {
				t.Errorf("the example sets a service nobody knows: %s", key)
			}
		}
	}
}

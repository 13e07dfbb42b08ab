package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
)

// blocks are the README's fenced blocks of one kind; "" are those without a language.
func blocks(t *testing.T, kind string) []string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for i, part := range strings.Split(string(b), "```") {
		if language, text, ok := strings.Cut(part, "\n"); ok && i%2 == 1 && language == kind {
			found = append(found, text)
		}
	}
	if len(found) == 0 {
		t.Fatalf("the README has no %q block", kind)
	}
	return found
}

func TestREADMEConfigurationIsRead(t *testing.T) {
	for _, b := range blocks(t, "yaml") {
		if _, err := config.Parse([]byte(b), "README.md"); err != nil {
			t.Error(err)
		}
	}
}

func TestREADMECommandsExist(t *testing.T) {
	parsed := 0
	for _, b := range blocks(t, "") {
		for line := range strings.Lines(b) {
			line = strings.TrimPrefix(line, "go run ./cmd/")
			args := strings.Fields(line)
			if len(args) < 2 || args[0] != "kopir" {
				continue
			}
			var cli commands
			parser, err := kong.New(&cli, kong.Exit(func(int) { t.Errorf("%q ends the program", line) }))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(args[1:]); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			parsed++
		}
	}
	if parsed < 5 {
		t.Errorf("only %d commands found", parsed)
	}
}

// changing is what differs from run to run.
var changing = regexp.MustCompile(`K\d\d-[0-9A-Z]{5}-[0-9A-Z]{5}|\d+\.\d+s`)

func plainLines(s string) map[string]bool {
	lines := map[string]bool{}
	for line := range strings.Lines(s) {
		lines[strings.Join(strings.Fields(changing.ReplaceAllString(line, "")), " ")] = true
	}
	return lines
}

// readmeTranscript is compared with the demo's own output by TestDemoTellsTheWholeStory.
func readmeTranscript(t *testing.T) map[string]bool {
	for _, b := range blocks(t, "") {
		if strings.Contains(b, "delivered, 12 refused") {
			return plainLines(b)
		}
	}
	t.Fatal("the README shows no transcript")
	return nil
}

func TestREADMECountsTheCodes(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := "closed list of " + strconv.Itoa(len(gateway.Codes())); !strings.Contains(string(b), want) {
		t.Errorf("the README does not say %q", want)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

// TestVerifySaysWhyADocumentFails in words, in three languages; programs get the object as ever.
func TestVerifySaysWhyADocumentFails(t *testing.T) {
	dir := testFolder(t, testpki.GOST512)
	in := func(name string) string { return filepath.Join(dir, name) }
	doc, err := os.ReadFile(in("person.xml"))
	if err != nil {
		t.Fatal(err)
	}
	indented := strings.ReplaceAll(strings.ReplaceAll(string(doc), "<text>", "\n  <text>"), "\n<ds:", "\n    <ds:")
	if err := os.WriteFile(in("indented.xml"), []byte(indented), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--trust", in("trust"), "--revocation", "off"}
	out, _, exit := runVerify(t, strings.NewReader(""), append(flags, in("indented.xml"))...)
	for _, want := range []string{"likely cause: reindented", "pretty-printed", "kk: Құжат", "ru: Документ", "Evidence: it fits with"} {
		if exit != exitFailed || !strings.Contains(out, want) {
			t.Errorf("exit code %d, no %q in\n%s", exit, want, out)
		}
	}
	out, _, _ = runVerify(t, strings.NewReader(""), append(flags, "--json", in("indented.xml"))...)
	if strings.Contains(out, "reindented") || strings.Contains(out, "finding") {
		t.Errorf("the object has grown: %s", out)
	}
	if out, _, _ = runInspect(t, InspectCmd{Files: []string{in("indented.xml")}}); !strings.Contains(out, "hint             reindented") {
		t.Error(out)
	}
	if out, _, exit = runVerify(t, strings.NewReader(""), append(flags, in("person.xml"))...); exit != exitPassed || strings.Contains(out, "likely") {
		t.Errorf("exit code %d\n%s", exit, out)
	}
	if out, _, _ = runVerify(t, strings.NewReader(""), append(flags, in("auth.xml"))...); !strings.Contains(out, "likely cause: authentication certificate") {
		t.Error(out)
	}
}

func TestFindingLinesHoldNoPersonalNumber(t *testing.T) {
	lines := findingLines(xmlsig.Finding{Evidence: "issued to IIN000230500003\x1b"})
	if text := strings.Join(lines, " "); strings.Contains(text, "000230500003") || strings.Contains(text, "\x1b") {
		t.Error(text)
	}
}

package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestDemoTellsTheWholeStory runs the real program as the README says.
func TestDemoTellsTheWholeStory(t *testing.T) {
	out, err := exec.Command("kopir", "demo", "--once").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if last := lines[len(lines)-1]; !regexp.MustCompile(`^demo: [1-9]\d* delivered, [1-9]\d* refused, [1-9]\d* parked and decided, 0 lost$`).MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
	for _, want := range []string{"gost2015-512", "rsa ", "soap-sync", "soap-async", "rest", "declined", "digest_mismatch", "certificate_expired",
		"certificate_revoked", "chain_untrusted", "purpose_wrong", "iin_mismatch", "bin_mismatch", "service_unknown",
		"channel_not_offered", "conflict", "duplicate", "result_mismatch", "revocation_unknown",
		"asp-certificate/zhambyl", "asp-certificate/north-kazakhstan", "adoption-payment", "unemployed-certificate",
		"disabled-child-home-support", "housing-assistance"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the story does not tell of %s", want)
		}
	}
	told := plainLines(string(out))
	for line := range readmeTranscript(t) {
		if !told[line] {
			t.Errorf("the README shows %q, the demo did not say it", line)
		}
	}
}

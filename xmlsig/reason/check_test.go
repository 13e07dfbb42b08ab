package reason

import "testing"

func TestVerdictNeverPassesWhatDidNotRun(t *testing.T) {
	tests := []struct {
		name   string
		checks []Check
		want   Outcome
		code   Code
	}{
		{"no checks", nil, Inconclusive, ""},
		{"zero check", []Check{{}}, Inconclusive, ""},
		{"all passed", []Check{Pass("xml", 0, ""), Skip("key", 0, "")}, Passed, ""},
		{"unknown beats passed", []Check{Pass("xml", 0, ""), Unknown("revocation", 1, RevocationUnknown, "")}, Inconclusive, RevocationUnknown},
		{"failed beats unknown", []Check{Unknown("revocation", 1, RevocationUnknown, ""), Fail("chain", 1, ChainInvalid, "")}, Failed, ChainInvalid},
		{"first failure names the code", []Check{Fail("digest", 1, DigestMismatch, ""), Fail("chain", 1, ChainInvalid, "")}, Failed, DigestMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, code := Verdict(tt.checks)
			if got != tt.want || code != tt.code {
				t.Errorf("got %v %q, want %v %q", got, code, tt.want, tt.code)
			}
		})
	}
}

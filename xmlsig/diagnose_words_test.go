package xmlsig

import "testing"

// TestEveryCauseHasWords in three languages, each its own.
func TestEveryCauseHasWords(t *testing.T) {
	seen := map[string]Cause{}
	for cause, w := range causeWords {
		for _, s := range []string{w.English, w.Kazakh, w.Russian} {
			if len(s) < 20 || seen[s] != "" {
				t.Errorf("%s says %q, %s too", cause, s, seen[s])
			}
			seen[s] = cause
		}
	}
}

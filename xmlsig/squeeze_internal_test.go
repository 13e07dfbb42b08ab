package xmlsig

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestAppendSqueezed: what is left is what stands between white space, wherever that is.
func TestAppendSqueezed(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		var b strings.Builder
		b.WriteString("x ")
		for range random.IntN(12) {
			b.WriteString([]string{"QUJD", "\n", "\r\n", " ", "\t", "=", "\n\n"}[random.IntN(7)])
		}
		before, s := "kept \t", b.String()
		if got, want := string(appendSqueezed([]byte(before), s)), before+strings.Join(strings.Fields(s), ""); got != want {
			t.Fatalf("%q: %q, want %q", s, got, want)
		}
	}
}

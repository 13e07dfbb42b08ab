package xmltree

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// plainCheck is checkCharacters character by character.
func plainCheck(s string) bool {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || !isChar(r) {
			return false
		}
		i += n
	}
	return true
}

// TestCheckCharactersAtEveryPlace puts each octet, and each pair that may look like a letter, at every
// place of the eight octets that are looked at together.
func TestCheckCharactersAtEveryPlace(t *testing.T) {
	fillers := []string{"aaaaaaaaaaaaaaaaaaaaaaaa", "\u0431\u0431\u0431\u0431\u0431\u0431\u0431\u0431\u0431\u0431\u0431\u0431", "a\u0431\n\u0431\u20ACb\u0431 \u0431\U0001F600\u0431\u0431"}
	check := func(s string) {
		if got, want := checkCharacters(s) == nil, plainCheck(s); got != want {
			t.Fatalf("%q: %v, want %v", s, got, want)
		}
	}
	for _, filler := range fillers {
		for at := range len(filler) {
			for c := range 256 {
				check(filler[:at] + string([]byte{byte(c)}) + filler[at:])
				check(filler[:at] + string([]byte{byte(c)}))
				for _, next := range []byte{0x00, 0x1F, 0x20, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xFF} {
					check(filler[:at] + string([]byte{byte(c), next}) + filler[at:])
				}
			}
		}
	}
	for _, s := range []string{"\uFFFE", "\uFFFF", "\uFFFD", "\uFEFF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80", "\u0085"} {
		for n := range 20 {
			check(strings.Repeat("a", n) + s + strings.Repeat("\u0431", n))
		}
	}
}

func TestCheckCharactersOfNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", " ", "\n", "\u0431", "\u049B\u049B\u049B\u049B", "\u20AC", "\U0001F600", "<b>", "abcdefgh", "\x01", "\xC1\x80", "\x80", "\xD0", "\uFFFE"}
	for range 200_000 {
		var b strings.Builder
		good := r.IntN(3) > 0
		for range r.IntN(12) {
			n := len(pieces)
			if good {
				n = 9
			}
			b.WriteString(pieces[r.IntN(n)])
		}
		if s := b.String(); (checkCharacters(s) == nil) != plainCheck(s) {
			t.Fatalf("%q: want %v", s, plainCheck(s))
		}
	}
}

func BenchmarkCheckCharacters(b *testing.B) {
	for name, s := range map[string]string{
		"ascii": strings.Repeat("QUJDREVGR0hJSktMTU5P", 600),
		"form":  strings.Repeat("    <givenName kind=\"қолданба\">Нұрсұлтан Әбдірахманов</givenName>\n", 200),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				if err := checkCharacters(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

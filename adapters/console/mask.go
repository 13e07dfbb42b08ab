package console

import (
	"regexp"
	"strings"
)

// personalDigits is the length of an IIN and of a BIN.
const personalDigits = 12

// shownDigits is what may be seen of a personal number (people.md §5).
const shownDigits = 4

// maskNumber hides all but the last four digits of a personal number.
func maskNumber(number string) string {
	runes := []rune(number)
	if len(runes) <= shownDigits {
		return strings.Repeat("•", len(runes))
	}
	hidden := len(runes) - shownDigits
	return strings.Repeat("•", hidden) + string(runes[hidden:])
}

// lastDigits is what remains visible, for a reader that speaks.
func lastDigits(number string) string { return strings.TrimLeft(maskNumber(number), "•") }

// personalBIN says that a number written as a BIN is somebody's IIN: an ordinary sole trader
// uses his own, and the fifth digit of a BIN is 4 to 6 (people.md §4.1).
func personalBIN(bin string) bool {
	return len(bin) != personalDigits || bin[4] < '4' || bin[4] > '6'
}

// maskBIN shows a body's number, which is public, and hides a person's.
func maskBIN(bin string) string {
	if personalBIN(bin) {
		return maskNumber(bin)
	}
	return bin
}

// digitRuns finds digests, which stay as they are, and runs of digits, of which those as long as
// an IIN are hidden.
var digitRuns = regexp.MustCompile(`[0-9a-fA-F]{40,}|[0-9]+`)

// scrub hides personal numbers in free text. Details and event data hold none by contract; a
// provider's note may.
func scrub(s string) string {
	return digitRuns.ReplaceAllStringFunc(s, func(run string) string {
		if len(run) != personalDigits {
			return run
		}
		return maskNumber(run)
	})
}

package simulate

import "fmt"

// SyntheticIIN makes an IIN nobody has: born on 30 February 2000 (people.md §4.3).
func SyntheticIIN(n int) string { return withCheckDigit("0002305", n, 4) }

// SyntheticBIN makes a BIN nobody has: registered in month 13 of 2000.
func SyntheticBIN(n int) string { return withCheckDigit("001340", n, 5) }

// withCheckDigit counts serials up from n until one has a check digit: some stems are never issued.
func withCheckDigit(stem string, n, width int) string {
	for serial := n * 3; ; serial++ {
		digits := stem + fmt.Sprintf("%0*d", width, serial)
		if check, ok := checkDigit(digits); ok {
			return digits + string(rune('0'+check))
		}
	}
}

// checkDigit is the two-pass modulo 11 of people.md §4.2.
func checkDigit(digits string) (int, bool) {
	for _, shift := range []int{0, 2} {
		sum := 0
		for i := range 11 {
			sum += int(digits[i]-'0') * ((i+shift)%11 + 1)
		}
		if sum%11 != 10 {
			return sum % 11, true
		}
	}
	return 0, false
}

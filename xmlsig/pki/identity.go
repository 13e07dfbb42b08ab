package pki

import "strings"

// Prefixes and length of personal and business numbers in a subject
// (facts/national-pki.md §1.2).
const (
	prefixIIN    = "IIN"
	prefixBIN    = "BIN"
	numberDigits = 12
)

func (n *Name) takeIIN(text string) { n.takeNumber(&n.IIN, text, prefixIIN) }
func (n *Name) takeBIN(text string) { n.takeNumber(&n.BIN, text, prefixBIN) }

// takeNumber keeps a number with the right prefix. Two different numbers of one
// kind leave none: nobody can say whose signature it is.
func (n *Name) takeNumber(field *string, text, prefix string) {
	number, ok := strings.CutPrefix(text, prefix)
	if !ok || !twelveDigits(number) || *field == number || strings.Contains(n.Ambiguous, prefix) {
		return
	}
	if *field == "" {
		*field = number
		return
	}
	*field = ""
	if n.Ambiguous != "" {
		n.Ambiguous += "; "
	}
	n.Ambiguous += "the subject holds two different values of " + prefix
}

func twelveDigits(s string) bool {
	if len(s) != numberDigits {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// CheckIIN reports whether s is 12 digits with a right check digit
// (facts/people.md §4.2). The birth date is not judged. The persons of the
// national TEST keys do not pass: a failure there is no proof of forgery.
func CheckIIN(s string) bool { return checkNumber(s) }

// CheckBIN is CheckIIN for business numbers, which have the same check digit.
func CheckBIN(s string) bool { return checkNumber(s) }

// checkNumber: weights 1…11, and 3…11,1,2 when the first sum gives 10 modulo
// 11; a number for which both give 10 is never issued.
func checkNumber(s string) bool {
	if !twelveDigits(s) {
		return false
	}
	for _, shift := range [2]int{0, 2} {
		sum := 0
		for i := range numberDigits - 1 {
			sum += int(s[i]-'0') * ((i+shift)%11 + 1)
		}
		if sum %= 11; sum < 10 {
			return sum == int(s[numberDigits-1]-'0')
		}
	}
	return false
}

package catalogue

import (
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Lengths of the numbers a form carries.
const (
	iinDigits       = 12
	territoryDigits = 9
	sha256Hex       = 64
)

// maxText bounds a text field without a limit of its own; no field of the six forms needs more.
const maxText = 2000

// fieldTypes say what is wrong with a value; "" when nothing is.
var fieldTypes = map[string]func(f Field, v string) string{
	"text":    func(Field, string) string { return "" },
	"choice":  checkChoice,
	typeFile:  func(Field, string) string { return "" }, // see [reader.embedded]
	"date":    checkDate,
	"year":    checkYear,
	"integer": checkInteger,
	"decimal": matching(`^\d{1,15}([.,]\d{1,2})?$`, "is not an amount"),
	"boolean": matching(`^(true|false|0|1)$`, "is neither true nor false"),
	"iin":     matching(`^\d{12}$`, "is not 12 digits"),
	"bin":     matching(`^\d{12}$`, "is not 12 digits"),
	"kato":    matching(`^\d{9}$`, "is not 9 digits"),
	"phone":   matching(`^\+?[\d ()-]{5,25}$`, "is not a telephone number"),
	"email":   matching(`^[^@\s]{1,64}@[^@\s]{1,255}$`, "is not an e-mail address"),
	"account": matching(`^[A-Z0-9]{5,34}$`, "is not an account number"),
}

func matching(pattern, complaint string) func(Field, string) string {
	re := regexp.MustCompile(pattern)
	return func(_ Field, v string) string {
		if re.MatchString(v) {
			return ""
		}
		return complaint
	}
}

func checkChoice(f Field, v string) string {
	if slices.Contains(f.Values, v) {
		return ""
	}
	return "is none of the choices"
}

func checkDate(_ Field, v string) string {
	if _, err := time.Parse(time.DateOnly, v); err != nil {
		return "is not a date like 2026-01-31"
	}
	return ""
}

func checkYear(_ Field, v string) string {
	if y, err := strconv.Atoi(v); err != nil || len(v) != 4 || y < 1900 || y > 2200 {
		return "is not a year"
	}
	return ""
}

func checkInteger(_ Field, v string) string {
	if _, err := strconv.ParseUint(v, 10, 31); err != nil {
		return "is not a whole number"
	}
	return ""
}

// check says what is wrong with a value; "" when nothing is.
func (f Field) check(v string) string {
	limit := f.Max
	if limit == 0 {
		limit = maxText
	}
	if utf8.RuneCountInString(v) > limit {
		return "is longer than " + strconv.Itoa(limit) + " characters"
	}
	if wrong := fieldTypes[f.Type](f, v); wrong != "" {
		return wrong
	}
	if f.pattern != nil && !f.pattern.MatchString(v) {
		return "does not have the form " + f.Pattern
	}
	return ""
}

func isDigits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func isHex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

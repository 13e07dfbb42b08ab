package der

import (
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// ReadUnix reads a Time as seconds since 1970 without allocating: a revocation
// list holds a million of them. Only the forms of RFC 5280 §4.1.2.5.1 and .2 are
// taken: YYMMDDHHMMSSZ and YYYYMMDDHHMMSSZ.
func ReadUnix(s *cryptobyte.String) (int64, bool) {
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) {
		return 0, false
	}
	switch {
	case tag == asn1.UTCTime && len(content) == len("YYMMDDHHMMSSZ"):
		yy, ok := digits(content[:2])
		if yy < 50 {
			yy += 100
		}
		return unix(1900+yy, content[2:], ok)
	case tag == asn1.GeneralizedTime && len(content) == len("YYYYMMDDHHMMSSZ"):
		yyyy, ok := digits(content[:4])
		return unix(yyyy, content[4:], ok)
	}
	return 0, false
}

// unix turns a year and MMDDHHMMSSZ into seconds since 1970.
func unix(year int, rest []byte, ok bool) (int64, bool) {
	var part [5]int
	for i := range part {
		n, good := digits(rest[2*i : 2*i+2])
		part[i], ok = n, ok && good
	}
	month, day, hour, minute, second := part[0], part[1], part[2], part[3], part[4]
	if !ok || rest[10] != 'Z' || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix(), true
}

func digits(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func daysIn(year, month int) int {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

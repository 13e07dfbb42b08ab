package pki_test

import (
	"strings"
	"testing"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// TestCheckDigits uses the synthetic numbers of facts/people.md §4.3.
func TestCheckDigits(t *testing.T) {
	tests := []struct {
		number string
		want   bool
	}{
		{"000230500003", true},
		{"000230500405", true},
		{"000101500001", true},
		{"001340000002", true},
		{"001340000311", true},
		{"991240000402", true},
		{"000230500004", false},
		{"123456789011", false}, // a person of the national test keys
		{"00023050000", false},
		{"0002305000030", false},
		{"00023050000a", false},
		{"٠٠٠٢٣٠٥٠٠٠٠٣", false},
		{"", false},
	}
	for _, tt := range tests {
		if pki.CheckIIN(tt.number) != tt.want || pki.CheckBIN(tt.number) != tt.want {
			t.Errorf("%q: want %v", tt.number, tt.want)
		}
	}
	for last := range 10 { // both sums of this stem give 10: no digit is right
		if number := "00023050048" + string(rune('0'+last)); pki.CheckIIN(number) {
			t.Errorf("%q was never issued", number)
		}
	}
}

func TestIdentityFromSubject(t *testing.T) {
	at := func(oid, value string) testpki.Attribute { return testpki.Attribute{OID: oid, Value: value} }
	tests := []struct {
		name      string
		subject   []testpki.Attribute
		iin, bin  string
		ambiguous bool
	}{
		{"person", []testpki.Attribute{at(testpki.SerialNumber, "IIN000230500003")}, "000230500003", "", false},
		{"BIN in the serial number", []testpki.Attribute{at(testpki.SerialNumber, "BIN001340000002")}, "", "001340000002", false},
		{"IIN in the unit", []testpki.Attribute{at(testpki.Unit, "IIN000230500003")}, "", "", false},
		{"only in the common name", []testpki.Attribute{at(testpki.CommonName, "IIN000230500003")}, "", "", false},
		{"without prefix", []testpki.Attribute{at(testpki.SerialNumber, "000230500003")}, "", "", false},
		{"small letters", []testpki.Attribute{at(testpki.SerialNumber, "iin000230500003")}, "", "", false},
		{"too short", []testpki.Attribute{at(testpki.SerialNumber, "IIN00023050000")}, "", "", false},
		{"with a space", []testpki.Attribute{at(testpki.SerialNumber, "IIN 000230500003")}, "", "", false},
		{"other units beside", []testpki.Attribute{at(testpki.Unit, "БӨЛІМ"), at(testpki.Unit, "BIN001340000002")}, "", "001340000002", false},
		{"two IINs", []testpki.Attribute{at(testpki.SerialNumber, "IIN000230500003"), at(testpki.SerialNumber, "IIN000230500405")}, "", "", true},
		{"three IINs", []testpki.Attribute{at(testpki.SerialNumber, "IIN000230500003"), at(testpki.SerialNumber, "IIN000230500405"),
			at(testpki.SerialNumber, "IIN000101500001")}, "", "", true},
		{"first IIN again", []testpki.Attribute{at(testpki.SerialNumber, "IIN000230500003"), at(testpki.SerialNumber, "IIN000230500405"),
			at(testpki.SerialNumber, "IIN000230500003")}, "", "", true},
		{"BINs in two places", []testpki.Attribute{at(testpki.SerialNumber, "BIN001340000002"), at(testpki.Unit, "BIN001340000311")}, "", "", true},
		{"one IIN, two BINs", []testpki.Attribute{at(testpki.SerialNumber, "IIN000230500003"), at(testpki.Unit, "BIN001340000002"),
			at(testpki.Unit, "BIN001340000311")}, "000230500003", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := issue(t, authority(t, testpki.ECDSA), testpki.Profile{Mutate: func(c *testpki.Template) { c.Subject = tt.subject }}).Certificate
			if c.Subject.IIN != tt.iin || c.Subject.BIN != tt.bin || (c.Subject.Ambiguous != "") != tt.ambiguous {
				t.Errorf("%+v", c.Subject)
			}
			if strings.ContainsAny(c.Subject.Ambiguous, "0123456789") {
				t.Errorf("a number in %q", c.Subject.Ambiguous)
			}
		})
	}
}

// TestDisplayIsHarmless: a name cannot steer the screen of who reads it.
func TestDisplayIsHarmless(t *testing.T) {
	c := issue(t, authority(t, testpki.ECDSA), testpki.Profile{CommonName: "A\u202eB\x1b[2J\nC,D=E"}).Certificate
	if strings.ContainsAny(c.Subject.DN, "\u202e\x1b\n") || !strings.Contains(c.Subject.DN, `C\,D=E`) {
		t.Errorf("%q", c.Subject.DN)
	}
}

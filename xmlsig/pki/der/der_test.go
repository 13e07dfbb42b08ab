package der_test

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"kopir/xmlsig/pki/der"
)

func bytesOf(t *testing.T, s string) cryptobyte.String {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name, hex string
		want      bool
	}{
		{"null", "0500", true},
		{"nested", "3005310302017f", true},
		{"context", "a0030101ff", true},
		{"nothing", "", false},
		{"cut short", "3005", false},
		{"trailing", "050000", false},
		{"indefinite length", "3080050000 00", false},
		{"long form of a short length", "30810205 00", false},
		{"padded length", "3082000205 00", false},
		{"boolean of one", "010101", false},
		{"boolean of two octets", "0102ffff", false},
		{"padded integer", "02020001", false},
		{"padded negative integer", "0202ff80", false},
		{"needed zero octet", "02020080", true},
		{"empty integer", "0200", false},
		{"null with content", "050100", false},
		{"constructed string", "2404040100", false},
		{"constructed UTF8String", "2c030c0141", false},
		{"primitive sequence", "1000", false},
		{"high tag number", "1f8101 00", false},
		{"bit string without unused count", "0300", false},
		{"bit string with nine unused bits", "03020900", false},
		{"bad element inside", "3003020200", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clean := ""
			for _, c := range tt.hex {
				if c != ' ' {
					clean += string(c)
				}
			}
			if got := der.Check(bytesOf(t, clean)); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestCheckDepth(t *testing.T) {
	b := []byte{5, 0}
	for range 30 {
		b = append([]byte{0x30, byte(len(b))}, b...)
	}
	if !der.Check(b) {
		t.Error("30 levels refused")
	}
	for range 5 {
		b = append([]byte{0x30, byte(len(b))}, b...)
	}
	if der.Check(b) {
		t.Error("35 levels taken")
	}
}

func TestReadTime(t *testing.T) {
	tests := []struct {
		tag  byte
		text string
		want string // "" is refused
	}{
		{0x17, "260508064513Z", "2026-05-08T06:45:13Z"},
		{0x17, "500101000000Z", "1950-01-01T00:00:00Z"},
		{0x17, "491231235959Z", "2049-12-31T23:59:59Z"},
		{0x18, "20500101000000Z", "2050-01-01T00:00:00Z"},
		{0x18, "19700101000000Z", "1970-01-01T00:00:00Z"},
		{0x18, "20240229120000Z", "2024-02-29T12:00:00Z"},
		{0x18, "20230229120000Z", ""},
		{0x18, "20231301120000Z", ""},
		{0x18, "20230100120000Z", ""},
		{0x18, "20230431120000Z", ""},
		{0x18, "20230101240000Z", ""},
		{0x18, "20230101126000Z", ""},
		{0x18, "20230101120060Z", ""},
		{0x18, "20230101120000.5Z", ""},
		{0x18, "20230101120000+0500", ""},
		{0x17, "2605080645Z", ""},
		{0x17, "260508064513+0500", ""},
		{0x17, "26050806451 Z", ""},
		{0x17, "2605080645130", ""},
		{0x0c, "260508064513Z", ""},
	}
	for _, tt := range tests {
		s := cryptobyte.String(append([]byte{tt.tag, byte(len(tt.text))}, tt.text...))
		got, ok := der.ReadTime(&s)
		if ok != (tt.want != "") || ok && got.Format(time.RFC3339) != tt.want {
			t.Errorf("%s: %v %v, want %q", tt.text, got, ok, tt.want)
		}
	}
}

func TestAlgorithm(t *testing.T) {
	read := func(s string) (der.Algorithm, bool) {
		b := bytesOf(t, s)
		a, ok := der.ReadAlgorithm(&b)
		return a, ok && b.Empty()
	}
	bare, ok1 := read("300406022a03")
	null, ok2 := read("300606022a030500")
	other, ok3 := read("300706022a03020101")
	if !ok1 || !ok2 || !ok3 || bare.OID != "1.2.3" {
		t.Fatal(bare, null, other)
	}
	if !bare.Equal(null) || !null.Equal(bare) || bare.Equal(other) || !other.Equal(other) || other.NoParams() {
		t.Error("absent and NULL parameters are the same, others are not")
	}
	for _, bad := range []string{"", "0500", "3000", "3003060180", "300806022a0305000500", "300406028003"} {
		if _, ok := read(bad); ok {
			t.Errorf("%s taken", bad)
		}
	}
}

func TestExtensions(t *testing.T) {
	one := "3009" + "0602" + "2a03" + "0101ff" + "0400"
	two := "3006" + "0602" + "2a04" + "0400"
	tests := []struct {
		name, hex string
		want      int
	}{
		{"two", "3013" + one + two, 2},
		{"one doubled", "3010" + two + two, 0},
		{"none", "3000", 0},
		{"trailing in one", "300a" + "3008" + "0602" + "2a04" + "0400" + "0500", 0},
		{"value missing", "3006" + "3004" + "0602" + "2a04", 0},
	}
	for _, tt := range tests {
		b := bytesOf(t, tt.hex)
		got, ok := der.ReadExtensions(&b)
		if len(got) != tt.want || ok != (tt.want > 0) {
			t.Errorf("%s: %v %v", tt.name, got, ok)
		}
	}
}

// TestLongOID: arcs of any length are read (UUIDs below 2.25 have 128 bits).
func TestLongOID(t *testing.T) {
	const dotted = "2.25.340282366920938463463374607431768211455"
	oid, err := x509.ParseOID(dotted)
	if err != nil {
		t.Fatal(err)
	}
	content, err := oid.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := der.OID(content); !ok || got != dotted {
		t.Errorf("%s %v", got, ok)
	}
	if _, ok := der.OID(content[:len(content)-1]); ok {
		t.Error("an arc without its end was taken")
	}
	for octets, want := range map[int]bool{64: true, 65: false} {
		arc := append(bytes.Repeat([]byte{0xff}, octets-1), 0x7f)
		if _, ok := der.OID(arc); ok != want {
			t.Errorf("%d octets: %v", octets, ok)
		}
	}
}

package pki

import (
	"encoding/hex"
	"testing"

	"golang.org/x/crypto/cryptobyte/asn1"
)

// TestDecodeString reads the string types old certificates have (X.520 DirectoryString).
func TestDecodeString(t *testing.T) {
	tests := []struct {
		name string
		tag  asn1.Tag
		in   string
		want string
		ok   bool
	}{
		{"UTF8String", asn1.UTF8String, "Әуе", "Әуе", true},
		{"PrintableString", asn1.PrintableString, "KZ", "KZ", true},
		{"IA5String", asn1.IA5String, "a@b", "a@b", true},
		{"NumericString", 18, "12", "12", true},
		{"T61String", asn1.T61String, "caf\xe9", "café", true},
		{"BMPString", 30, "\x04\x96\x00A", "ҖA", true},
		{"BMPString cut short", 30, "\x04", "", false},
		{"NUL", asn1.UTF8String, "a\x00b", "", false},
		{"NUL in BMPString", 30, "\x00A\x00\x00", "", false},
		{"broken UTF-8", asn1.UTF8String, "\xff", "", false},
		{"not a string", asn1.INTEGER, "\x05", "", true},
	}
	for _, tt := range tests {
		got, ok := decodeString(tt.tag, []byte(tt.in))
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %q %v", tt.name, got, ok)
		}
	}
}

// TestParsePSS takes one hash throughout and a salt of its length (RFC 4055 §3.1).
func TestParsePSS(t *testing.T) {
	const (
		sha256 = "300d06096086480165030402010500"
		sha384 = "300d06096086480165030402020500"
		sha1   = "300906052b0e03021a0500"
		mgf1   = "06092a864886f70d010108"
	)
	hash := func(alg string) string { return wrap("a0", alg) }
	mgf := func(alg string) string { return wrap("a1", wrap("30", mgf1+alg)) }
	salt := func(n string) string { return wrap("a2", "0201"+n) }
	tests := []struct {
		name, body string
		ok         bool
	}{
		{"SHA-256", hash(sha256) + mgf(sha256) + salt("20"), true},
		{"SHA-384", hash(sha384) + mgf(sha384) + salt("30"), true},
		{"trailer 1", hash(sha256) + mgf(sha256) + salt("20") + "a303020101", true},
		{"trailer 2", hash(sha256) + mgf(sha256) + salt("20") + "a303020102", false},
		{"defaults: SHA-1", "", false},
		{"SHA-1", hash(sha1) + mgf(sha1) + salt("14"), false},
		{"two hashes", hash(sha256) + mgf(sha384) + salt("20"), false},
		{"short salt", hash(sha256) + mgf(sha256) + salt("14"), false},
		{"default salt", hash(sha256) + mgf(sha256), false},
		{"default mask", hash(sha256) + salt("20"), false},
		{"trailing", hash(sha256) + mgf(sha256) + salt("20") + "0500", false},
	}
	for _, tt := range tests {
		b, err := hex.DecodeString(wrap("30", tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsePSS(b); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := parsePSS(nil); err == nil {
		t.Error("no parameters taken")
	}
}

// wrap puts a tag and a short length before hexadecimal content.
func wrap(tag, content string) string {
	return tag + hex.EncodeToString([]byte{byte(len(content) / 2)}) + content
}

func TestStoreForgetsInTime(t *testing.T) {
	s := NewStore()
	for i := range maxLinks + 2 {
		leaf := &Certificate{SHA256: [32]byte{byte(i), byte(i >> 8), byte(i >> 16)}}
		s.remember(Chain{leaf, &Certificate{}})
	}
	if len(s.links) > maxLinks {
		t.Errorf("%d links", len(s.links))
	}
}

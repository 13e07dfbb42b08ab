package keystore

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// RFC 2268 §5.
func TestRC2Vectors(t *testing.T) {
	vectors := []struct {
		key              string
		bits             int
		plain, encrypted string
	}{
		{"0000000000000000", 63, "0000000000000000", "ebb773f993278eff"},
		{"ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"},
		{"3000000000000000", 64, "1000000000000001", "30649edf9be7d2c2"},
		{"88", 64, "0000000000000000", "61a8a244adacccf0"},
		{"88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"},
		{"88bca90e90875a7f0f79c384627bafb2", 64, "0000000000000000", "1a807d272bbe5db1"},
		{"88bca90e90875a7f0f79c384627bafb2", 128, "0000000000000000", "2269552ab0f85ca6"},
		{"88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e", 129, "0000000000000000", "5b78d3a43dfff1f1"},
	}
	for _, v := range vectors {
		c := newRC2(unhex(t, v.key), v.bits)
		plain, encrypted := unhex(t, v.plain), unhex(t, v.encrypted)
		got := make([]byte, 8)
		if c.Encrypt(got, plain); !bytes.Equal(got, encrypted) {
			t.Errorf("key %s of %d bits encrypts to %x, want %s", v.key, v.bits, got, v.encrypted)
		}
		if c.Decrypt(got, encrypted); !bytes.Equal(got, plain) {
			t.Errorf("key %s of %d bits decrypts to %x, want %s", v.key, v.bits, got, v.plain)
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

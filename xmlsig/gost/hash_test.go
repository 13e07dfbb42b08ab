package gost

import (
	"bytes"
	"encoding/hex"
	"hash"
	"testing"

	"pgregory.net/rapid"
)

// Messages of RFC 6986 §10; the standard prints them as numbers, so the first byte of M is the last one printed.
const (
	message1 = "323130393837363534333231303938373635343332313039383736353433323130393837363534333231303938373635" +
		"343332313039383736353433323130"
	message2 = "fbe2e5f0eee3c820fbeafaebef20fffbf0e1e0f0f520e0ed20e8ece0ebe5f0f2f120fff0eeec20f120faf2fee5e2202c" +
		"e8f6f3ede220e8e6eee1e8f0f2d1202ce8f0f2e5e220e5d1"
)

func TestDigestsOfTheStandards(t *testing.T) {
	m1, m2 := string(reversedHex(t, message1)), string(reversedHex(t, message2))
	tests := []struct {
		name, message string
		new           func() hash.Hash
		want          string
		turned        bool // want is printed as a number
	}{
		{"RFC 6986 10.1.1", m1, NewStreebog512, "486f64c1917879417fef082b3381a4e211c324f074654c38823a7b76f830ad00" +
			"fa1fbae42b1285c0352f227524bc9ab16254288dd6863dccd5b9f54a1ad0541b", true},
		{"RFC 6986 10.1.2", m1, NewStreebog256,
			"00557be5e584fd52a449b16b0251d05d27f94ab76cbaa6da890b59d8ef1e159d", true},
		{"RFC 6986 10.2.1", m2, NewStreebog512, "28fbc9bada033b1460642bdcddb90c3fb3e56c497ccd0f62b8a2ad4935e85f03" +
			"7613966de4ee00531ae60f3b5a47f8dae06915d5f2f194996fcabf2622e6881e", true},
		{"RFC 6986 10.2.2", m2, NewStreebog256,
			"508f7e553c06501d749a66fc28c6cac0b005746d97537fa85d9e40904efed29d", true},
		{"RFC 5831 7.3.1", "This is message, length=32 bytes", New34311,
			"b1c466d37519b82e8319819ff32595e047a28cb6f83eff1c6916a815a637fffa", false},
		{"RFC 5831 7.3.2", "Suppose the original message has length = 50 bytes", New34311,
			"471aba57a60a770d3a76130635c1fbea4ef14de51f78b4ae57dd893b62f55208", false},
		{"test parameters, empty", "", New34311,
			"ce85b99cc46752fffee35cab9a7b0278abb4c2d2055cff685af4912c49490f8d", false},
		{"test parameters, abc", "abc", New34311,
			"f3134348c44fb1b2a277729e2285ebb5cb5e0f29c975bc753b70497c06a4d51d", false},
		{"test parameters, message digest", "message digest", New34311,
			"ad4434ecb18f2c99b60cbe59ec3d2469582b65273f48de72db2fde16a4889a4d", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := mustHex(t, tt.want)
			if tt.turned {
				want = bigEndian(want)
			}
			h := tt.new()
			h.Write([]byte(tt.message))
			if got := h.Sum(nil); !bytes.Equal(got, want) {
				t.Errorf("digest\n got %x\nwant %x", got, want)
			}
		})
	}
}

// Digests of 200 bytes 0xff, by OpenSSL's gost engine.
const (
	onesDigest512 = "a32bc44c32d9f7fc60d133fbddd468fc49e43253bcce4d90befcdbe5d4899d46" +
		"a54ca52f416ed90cd74c46a5e1d67932b5e8350370424e6918ab80a19ffc97c6"
	onesDigest256 = "766ecebac5817150ace66c0c94c9feb9fa6ee9a238a500a3592b0943571b3020"
)

// Blocks of all ones make every addition modulo 2^512 carry.
func TestSumsCarry(t *testing.T) {
	m := bytes.Repeat([]byte{0xff}, 200)
	d512, d256 := SumStreebog512(m), SumStreebog256(m)
	want512 := mustHex(t, onesDigest512)
	want256 := mustHex(t, onesDigest256)
	if !bytes.Equal(d512[:], want512) || !bytes.Equal(d256[:], want256) {
		t.Errorf("digests of ones: %x, %x", d512, d256)
	}
}

func TestSizes(t *testing.T) {
	for name, h := range hashes() {
		if got := len(h.Sum(nil)); got != h.Size() {
			t.Errorf("%s: digest of %d bytes, Size says %d", name, got, h.Size())
		}
	}
	if a, b, c := NewStreebog512(), NewStreebog256(), New34311(); a.Size() != 64 || b.Size() != 32 || c.Size() != 32 ||
		a.BlockSize() != 64 || b.BlockSize() != 64 || c.BlockSize() != 32 {
		t.Error("wrong sizes")
	}
}

// However a message is cut, and whatever sums are taken on the way, the digest is that of the whole.
func TestStreamingGivesTheSameDigest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := bytes.Repeat([]byte("0123456789abcdefghijk"), 20)[:rapid.IntRange(0, 420).Draw(t, "length")]
		cuts := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 5, 31, 32, 33, 63, 64, 65, 130}), 0, 12).Draw(t, "cuts")
		for name, h := range hashes() {
			h.Write([]byte("left over from before"))
			h.Reset()
			rest := m
			for _, n := range cuts {
				n = min(n, len(rest))
				h.Write(rest[:n])
				h.Sum(nil)
				rest = rest[n:]
			}
			if n, err := h.Write(rest); n != len(rest) || err != nil {
				t.Fatalf("%s: Write gave %d, %v", name, n, err)
			}
			if got, want := h.Sum([]byte("x")), append([]byte("x"), sum(name, m)...); !bytes.Equal(got, want) {
				t.Fatalf("%s: got %x, want %x", name, got, want)
			}
		}
	})
}

func hashes() map[string]hash.Hash {
	return map[string]hash.Hash{"512": NewStreebog512(), "256": NewStreebog256(), "34311": New34311()}
}

func sum(name string, m []byte) []byte {
	switch name {
	case "512":
		d := SumStreebog512(m)
		return d[:]
	case "256":
		d := SumStreebog256(m)
		return d[:]
	default:
		d := Sum34311(m)
		return d[:]
	}
}

func mustHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func reversedHex(t testing.TB, s string) []byte { return bigEndian(mustHex(t, s)) }

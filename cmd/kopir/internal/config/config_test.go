package config

import (
	"strings"
	"testing"
)

func TestZeroConfigWorks(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if !c.Loopback() || c.Ledger == "" || !c.HasRole("intake") {
		t.Errorf("defaults are not usable: %+v", c)
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"unknown key with its line", "listen: 127.0.0.1:1\nlisen: x\n", "line 2"},
		{"unknown key in words", "lisen: x\n", `there is no field "lisen" here`},
		{"duration", "intervals: {delivery: 1}\n", `"1" is not a duration like 30s`},
		{"list", "roles: intake\n", `"intake" is not a list`},
		{"section", "shep: 5\n", "not a section"},
		{"listen", "listen: nowhere\n", "host:port"},
		{"role", "roles: [cook]\n", "cook"},
		{"status address", "revocation: {ocsp: ['ftp://x']}\n", "ftp://x"},
		{"gateway without a key", "shep: {send: 'http://127.0.0.1:1/'}\n", "key_file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.yaml), "kopir.yaml")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q named", err, tt.want)
			}
		})
	}
}

func TestEmptyFileIsTheDefault(t *testing.T) {
	c, err := Parse(nil, "empty")
	if err != nil || c.Listen != "127.0.0.1:8480" {
		t.Errorf("got %v %v", c.Listen, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("listen: 127.0.0.1:1\nshep: {pins: [a]}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse(b, "fuzz")
		if err == nil && (c.Listen == "" || c.Ledger == "") {
			t.Errorf("a configuration without an address or a ledger was taken: %+v", c)
		}
	})
}

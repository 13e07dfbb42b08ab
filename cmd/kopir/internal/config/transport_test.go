package config

import (
	"slices"
	"strings"
	"testing"
)

func TestTransportLines(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"off behind nothing", "[{check: off}]", "legal only behind"},
		{"off behind nothing, one service", "[{services: [A], check: off}]", "legal only behind"},
		{"off behind everybody", "[{check: off, sources: [0.0.0.0/0]}]", "everybody"},
		{"off behind everybody, IPv6", "[{check: off, sources: ['::/0']}]", "everybody"},
		{"off behind a name", "[{check: off, sources: [gateway.example]}]", "not an address range"},
		{"off behind a list", "[{check: off, sources: [10.1.0.0/16]}]", ""},
		{"off behind the list of all others", "[{services: [A], check: off}, {sources: [10.1.0.0/16]}]", ""},
		{"off behind certificates nobody asks for", "[{check: off, clients: [a.pem]}]", "tls.client_ca_files"},
		{"national of nobody", "[{check: national}]", "needs bin"},
		{"national, the catalogue says whose", "[{services: [A], check: national}]", ""},
		{"national of a short number", "[{check: national, bin: ['1']}]", "twelve digits"},
		{"national", "[{check: national, bin: ['000740000728']}]", ""},
		{"an unknown word", "[{check: sometimes}]", `"sometimes" is none of`},
		{"two lines for all others", "[{check: pinned}, {pins: [a]}]", "two lines"},
		{"two lines for one service", "[{services: [A], check: pinned}, {services: [A]}]", "two lines"},
		{"pinned without pins refuses all", "[{check: pinned}]", ""},
	}
	for _, tt := range tests {
		_, err := Parse([]byte("shep: {transport: "+tt.yaml+"}\n"), "kopir.yaml")
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "000740000728") {
			t.Errorf("%s: a number is repeated", tt.name)
		}
	}
	for yaml, want := range map[string]string{
		"tls: {cert_file: a}":              "cert_file and key_file",
		"tls: {client_ca_files: [a]}":      "only with them",
		"tls: {cert_file: a, key_file: b}": "",
		"tls: {cert_file: a, key_file: b, client_ca_files: [c]}\nshep: {transport: [{check: off, clients: [d]}]}": "",
	} {
		if _, err := Parse([]byte(yaml+"\n"), "kopir.yaml"); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", yaml, err)
		}
	}
}

// The service's line comes before the catalogue, the catalogue before the line for all others.
func TestWhoseWordCounts(t *testing.T) {
	s := SHEP{Pins: []string{"global"}, Senders: Senders{Transport: []Transport{
		{Check: TransportNational, BIN: []string{"000740000728"}, Sources: []string{"10.0.0.0/8"}},
		{Services: []string{"A"}, Check: TransportPinned, Pins: []string{"own"}},
		{Services: []string{"B"}, BIN: []string{"000140000001"}},
	}}}
	for _, tt := range []struct {
		service, catalogue, want string
		bin                      []string
	}{
		{"A", "off", TransportPinned, nil},
		{"B", "national", TransportNational, []string{"000140000001"}},
		{"B", "", TransportNational, []string{"000140000001"}},
		{"C", "off", TransportOff, nil},
		{"C", "", TransportNational, []string{"000740000728"}},
		{"", "", TransportNational, []string{"000740000728"}},
	} {
		got := s.TransportOf(tt.service, tt.catalogue, nil)
		if got.Check != tt.want || tt.bin != nil && !slices.Equal(got.BIN, tt.bin) || got.Problem() != nil {
			t.Errorf("%q with %q in the catalogue: %+v %v", tt.service, tt.catalogue, got, got.Problem())
		}
	}
	if a := s.TransportOf("A", "", nil); !slices.Equal(a.Pins, []string{"own"}) {
		t.Errorf("pins of A: %v", a.Pins)
	}
	if plain := (SHEP{Pins: []string{"global"}}).TransportOf("A", "", nil); plain.Check != TransportPinned || !slices.Equal(plain.Pins, []string{"global"}) {
		t.Errorf("without lines: %+v", plain)
	}
}

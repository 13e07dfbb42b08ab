package config

import (
	"strings"
	"testing"
)

func TestRegisters(t *testing.T) {
	const client = "shep: {send_sync: 'https://127.0.0.1:1/', key_file: k, sender_id: s, pins: [p]"
	tests := []struct{ name, text, want string }{
		{"as it should be", client + ", registers: {gbdfl: {sender_code: KOPIR}}, temporary_files: {}}\n", ""},
		{"answers nobody verifies", client + ", replies: off, registers: {gbdfl: {sender_code: KOPIR}}}\n", "replies cannot be off"},
		{"no synchronous channel", "shep: {registers: {gbdfl: {sender_code: KOPIR}}}\n", "shep.send_sync"},
		{"no code of ours", client + ", registers: {gbdfl: {}}}\n", "registers.gbdfl.sender_code"},
		{"a name no catalogue has", client + ", registers: {ГБД: {sender_code: K}}}\n", "want a name like gbdfl"},
		{"a BIN that is none", client + ", registers: {gbdfl: {sender_code: K, requestor_bin: '12'}}}\n", "twelve digits"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text), "kopir.yaml")
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

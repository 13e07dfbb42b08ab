package config

import (
	"strings"
	"testing"
	"time"
)

const joined = "sender_id: kopir, key_file: k.p12, pins: [a.cer], send: 'https://gw.example/bip-async/', send_sync: 'https://gw.example/bip-sync-wss-gost/'"

func TestSHEPClientNamesWhatIsWrong(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"no sender", "key_file: k, pins: [a], send: 'https://x/'", "sender_id"},
		{"nobody vouches for answers", "key_file: k, sender_id: s, send: 'https://x/'", "pins"},
		{"replies", joined + ", replies: maybe", "maybe"},
		{"unverified answers in the clear", "key_file: k, sender_id: s, send: 'http://10.0.0.1/', replies: 'off'", "https"},
		{"national without a BIN", joined + ", replies: national", "replies_bin"},
		{"synchronous address", joined[:strings.Index(joined, "send_sync")] + "send_sync: 'ftp://x'", "send_sync"},
		{"ids", joined + ", message_id: mine", "message_id"},
		{"a certificate without its key", joined + ", client_certificate_file: c.pem", "client_key_file"},
		{"server key", joined + ", server_keys: [abc]", "server_keys"},
		{"a password in the proxy's address", joined + ", proxy: 'http://u:secret@proxy:3128'", "proxy_password_file"},
		{"delivery", joined + ", services: {a: {delivery: fetch}}", "services.a"},
		{"channel", joined + ", services: {a: {channel: both}}", "both"},
		{"pause", joined + ", services: {a: {every: -1s}}", "every"},
		{"pull without a gateway", "services: {a: {delivery: pull}}", "shep.send"},
		{"a way back that is not configured", joined[:strings.Index(joined, ", send_sync")] + ", services: {a: {channel: sync}}", "send_sync"},
		{"unknown field of a service", joined + ", services: {a: {delivry: pull}}", "delivry"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte("shep: {"+tt.yaml+"}\n"), "kopir.yaml")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q named", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

func TestSHEPServices(t *testing.T) {
	c, err := Parse([]byte("shep: {"+joined+", services: {asp-certificate: {delivery: pull, every: 5s}, asp-certificate/zhambyl: {channel: sync}}}\n"), "kopir.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if s := c.SHEP.Service("asp-certificate/akmola"); !s.Pulls() || s.Pause() != 5*time.Second {
		t.Errorf("a variant without a setting of its own: %+v", s)
	}
	if s := c.SHEP.Service("asp-certificate/zhambyl"); s.Pulls() || s.Channel != "sync" || s.Pause() != defaultPullEvery {
		t.Errorf("a variant with one: %+v", s)
	}
	if s := c.SHEP.Service("other"); s.Pulls() {
		t.Errorf("a service nobody has set: %+v", s)
	}
}

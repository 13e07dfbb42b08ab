package main

import (
	"testing"

	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig/pki"
)

// TestPinnedIsTrustedOtherwiseForAReasonOnly: --generic takes the national demands on signers away.
func TestPinnedIsTrustedOtherwiseForAReasonOnly(t *testing.T) {
	for _, n := range pki.Nationals() {
		if n.Environment != pki.Production {
			continue
		}
		cert := &pki.Certificate{SHA256: n.SHA256, IsCA: true, Subject: pki.Name{CommonName: n.Name}}
		tests := []struct {
			cmd  TrustAddCmd
			want bool
		}{
			{TrustAddCmd{}, true},
			{TrustAddCmd{Generic: true}, n.Purpose == pki.PurposeGeneric},
			{TrustAddCmd{Anchor: true}, n.Root},
			{TrustAddCmd{Generic: true, Anchor: true, Reason: "order 17"}, true},
		}
		for _, tt := range tests {
			if err := tt.cmd.judge(config.Config{}, cert); (err == nil) != tt.want {
				t.Errorf("%s, %+v: %v", n.File, tt.cmd, err)
			}
		}
	}
}

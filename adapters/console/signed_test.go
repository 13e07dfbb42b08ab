package console

import (
	"testing"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

func TestWhoHasSigned(t *testing.T) {
	letIn := reason.Pass(gateway.CheckTransportPrefix, 0, "")
	message := []reason.Check{letIn, reason.Pass("transport_signature", 0, ""), reason.Pass("transport_coverage", 0, "")}
	bySource := []reason.Check{reason.Skip(gateway.CheckTransportPrefix, 0, "")}
	person := []reason.Check{reason.Pass(reason.CheckXML, 0, ""), reason.Pass(reason.CheckSignature, 1, ""), reason.Pass(reason.CheckRevocation, 1, "")}
	unsigned := []reason.Check{reason.Pass(reason.CheckXML, 0, ""), reason.Fail(reason.CheckSignature, 0, reason.SignatureMissing, "")}
	forged := []reason.Check{reason.Fail(reason.CheckDigest, 1, reason.DigestMismatch, "")}
	waits := []reason.Check{reason.Pass(reason.CheckSignature, 1, ""), reason.Unknown(reason.CheckRevocation, 1, reason.RevocationUnknown, "")}
	revoked := reason.Fail("transport_revocation", 0, reason.TransportSignatureNotCurrent, "")
	tests := []struct {
		name              string
		message, document []reason.Check
		want              string
	}{
		{"over REST", nil, person, ""},
		{"portal and citizen", message, person, "both"},
		{"portal only", message, unsigned, "sender"},
		{"portal, and a broken signature", message, forged, "document_bad"},
		{"a status nobody tells", message, waits, ""},
		{"portal with a revoked certificate", append(message[:3:3], revoked), person, "sender_doubt"},
		{"let in by its address", bySource, person, "document"},
		{"let in by its address, unsigned", bySource, unsigned, ""},
	}
	for _, tt := range tests {
		got := signedBy(gateway.Verdict{Checks: append(tt.message[:len(tt.message):len(tt.message)], tt.document...)})
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		for _, lang := range languages {
			if _, ok := loadTexts(nil).own[lang]["signed."+got]; got != "" && !ok {
				t.Errorf("%s lacks signed.%s", lang, got)
			}
		}
	}
}

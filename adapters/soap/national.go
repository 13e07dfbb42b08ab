package soap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
)

// NationalTransport lets in messages whose Body is signed with any valid national certificate of the
// configured organisations. Whether the certificate was revoked is asked by the intake, by the service's rule.
type NationalTransport struct {
	national *envelope.National
	caller   gateway.Caller
	now      func() time.Time
}

// NewNationalTransport makes the check; caller is who the organisations' messages stand for.
func NewNationalTransport(now func() time.Time, caller gateway.Caller, national *envelope.National) *NationalTransport {
	return &NationalTransport{national: national, caller: caller, now: now}
}

// Check implements [Transport].
func (t *NationalTransport) Check(_ context.Context, in Incoming) (Checked, error) {
	signed, err := t.national.VerifyMessage(in.Message, t.now())
	if err != nil {
		return Checked{}, err
	}
	caller := t.caller
	caller.ID += "-" + organisationID(signed.Certificate.Subject.BIN)
	return checked(signed, caller, "signed with a national certificate of a configured organisation, "+signed.Algorithm), nil
}

// organisationID tells organisations apart in callers' ids, which stand in logs: the number itself must not.
// It stays the same when the certificate is renewed.
func organisationID(bin string) string {
	sum := sha256.Sum256([]byte("kopir caller " + bin))
	return hex.EncodeToString(sum[:6])
}

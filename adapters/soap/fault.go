package soap

import (
	"errors"
	"net/http"
	"strings"

	"kopir/adapters/envelope"
	"kopir/adapters/httpserver"
	"kopir/gateway"
)

// SHEP codes the message itself is refused with, whatever the table says of the reason code.
const (
	shepFormat   = "SCE001" // the message does not match the format
	shepInternal = "SCE909" // internal error of the information system
)

// refusal is an error with what its fault has to say beside the code.
type refusal struct {
	operation string // whose fault element; "" the channel's first
	session   string
	shep      string // "" takes the table's
	err       error
}

func (f *refusal) Error() string { return f.err.Error() }
func (f *refusal) Unwrap() error { return f.err }

// formatError marks an error of the message's format: SCE001.
func formatError(err error) error { return &refusal{shep: shepFormat, err: err} }

// refused says which message an error answers.
func refused(err error, msg *envelope.Message) error {
	var f *refusal
	if !errors.As(err, &f) {
		f = &refusal{err: err}
	}
	f.operation, f.session = msg.Operation, sessionOf(msg.Body)
	return f
}

// fault answers an error as SOAP 1.1 §6.2 demands: status 500 and a soap:Fault.
func (e *Endpoint) fault(w http.ResponseWriter, r *http.Request, ch *channel, err error) {
	if r.Method != http.MethodPost { // nobody's SOAP client
		e.frame.Problem(w, r, err)
		return
	}
	code := httpserver.AsError(err).Code
	httpserver.SetRetryAfter(w.Header(), code)
	if e.reply(w, http.StatusInternalServerError, e.faultOf(ch, err)) != nil { // the signer failed: better unsigned than silent
		unsigned := *e
		unsigned.cfg.Sign = nil
		_ = unsigned.reply(w, http.StatusInternalServerError, e.faultOf(ch, err))
	}
}

func (e *Endpoint) faultOf(ch *channel, err error) *envelope.Fault {
	cause := httpserver.AsError(err)
	text := httpserver.TextOf(e.frame.Texts(), cause.Code)
	f := &refusal{}
	errors.As(err, &f)
	shep := text.SHEP
	if f.shep != "" {
		shep = f.shep
	}
	operation := f.operation
	if operation == "" {
		operation = ch.operation
	}
	return &envelope.Fault{
		Code: faultCode(err, shep), Text: bilingual(text, 0), Operation: operation,
		Info: envelope.ErrorInfo{Code: shep, Message: bilingual(text, 0), Data: errorData(cause), Date: e.cfg.Now(), SessionID: f.session},
	}
}

// faultCode says whose fault it is (SOAP 1.1 §4.4.1): the same message again is of no use to a Client.
func faultCode(err error, shep string) string {
	var version *envelope.VersionError
	var notUnderstood *envelope.NotUnderstoodError
	switch code := httpserver.AsError(err).Code; {
	case errors.As(err, &version):
		return envelope.FaultVersionMismatch
	case errors.As(err, &notUnderstood):
		return envelope.FaultMustUnderstand
	case code == gateway.CodeUnavailable, code == gateway.CodeRateLimited, code == gateway.CodeInternal, shep == shepInternal:
		return envelope.FaultServer
	}
	return envelope.FaultClient
}

// errorData is the reason code, and what may be said about it.
func errorData(e *gateway.Error) string {
	if e.Detail == "" || e.Code == gateway.CodeInternal {
		return string(e.Code)
	}
	return string(e.Code) + ": " + httpserver.MaskNumbers(e.Detail)
}

// bilingual joins both languages; if that is longer than limit characters (0: no limit) only the Russian
// sentence is said, which the message's other fields repeat in Kazakh.
func bilingual(t httpserver.Text, limit int) string {
	both := strings.TrimSpace(t.Kk + " / " + t.Ru)
	if limit > 0 && len([]rune(both)) > limit {
		return t.Ru
	}
	return both
}

package shep

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"kopir/adapters/envelope"
	"kopir/gateway"
)

// ErrUncertain marks an exchange whose message may have arrived: it was sent, and no usable answer came.
var ErrUncertain = errors.New("whether the message has arrived is not known")

// Refusal is the gateway's or the receiver's own no: a fault, or a status that is none of success. Its
// error text is ours: what others write may hold names and numbers of people.
type Refusal struct {
	Code  string // SCSE001, SCE004 …; "" for a fault without one
	Fault bool
	text  string
}

// meanings of the codes that are known (gateway-protocol.md §5).
var meanings = map[string]string{
	"SCSE001": "the receiver could not process the message, or found nothing",
	"SCSE002": "the receiver refuses the business data",
	"SCSE003": "the receiver failed",
	"SCE001":  "the message does not match the format",
	"SCE004":  "the service does not exist or is not available",
	"SCE005":  "the certificate of the transport signature is not current",
	"SCE006":  "the transport signature is wrong",
	"SCE007":  "the message is not signed",
	"SCE015":  "the signature of the business data is not current",
	"SCE016":  "the signature of the business data is wrong",
	"SCE017":  "the business data is not signed",
	"SCE909":  "internal error of the information system",
}

// temporary codes: the same message may pass a moment later.
var temporary = map[string]bool{"SCSE003": true, "SCE909": true}

// plainCode is what may be repeated of a code we do not know.
var plainCode = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,31}$`)

func (r *Refusal) Error() string {
	what := "status"
	if r.Fault {
		what = "fault"
	}
	meaning := meanings[r.Code]
	switch {
	case meaning != "":
		return fmt.Sprintf("the gateway answered with %s %s: %s", what, r.Code, meaning)
	case plainCode.MatchString(r.Code):
		return fmt.Sprintf("the gateway answered with %s %s", what, masked(r.Code))
	}
	return "the gateway answered with a " + what + " of its own"
}

// Temporary says that the same message may pass a moment later.
func (r *Refusal) Temporary() bool { return temporary[r.Code] }

// Text is what the other side wrote, bounded, with personal numbers masked. It is for a page an
// operator has asked for, not for the log: it may hold names.
func (r *Refusal) Text() string {
	text := []rune(masked(r.text))
	return string(text[:min(len(text), maxErrorRunes)])
}

func refusal(code, text string, fault bool) error {
	r := &Refusal{Code: code, Fault: fault, text: text}
	return &gateway.Error{Code: gateway.CodeUnavailable, Detail: "the message was not taken", Err: r}
}

func refusalOf(f *envelope.Fault) error {
	if f.Info.Code != "" {
		return refusal(f.Info.Code, f.Info.Message, true)
	}
	return refusal(f.Code, f.Text, true)
}

func unavailable(detail string, err error) error {
	return &gateway.Error{Code: gateway.CodeUnavailable, Detail: detail, Err: err}
}

// uncertain is unavailable after the message was sent.
func uncertain(detail string, err error) error {
	if err == nil {
		return unavailable(detail, ErrUncertain)
	}
	return unavailable(detail, fmt.Errorf("%w: %w", ErrUncertain, err))
}

func otherOperation() error { return uncertain("the gateway answered with another operation", nil) }

// cause drops the address from a client's error: it may hold a token in its query.
func cause(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

var personalNumber = regexp.MustCompile(`\d{12,}`)

// masked hides what may be an IIN or BIN.
func masked(s string) string { return personalNumber.ReplaceAllString(s, "************") }

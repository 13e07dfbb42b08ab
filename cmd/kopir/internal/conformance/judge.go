package conformance

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kopir/adapters/envelope"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// judge holds an answer against one expectation.
type judge func(b *bench, r reply) error

// accepted is success on either channel.
func accepted(_ *bench, r reply) error {
	switch m := r.body.(type) {
	case *envelope.SyncResponse:
		if r.status == http.StatusOK && (m.Status.Code == envelope.StatusOK || m.Status.Code == "Success") {
			return nil
		}
	case *envelope.AsyncResponse, *envelope.ChangeStatusResponse:
		if r.status == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("not accepted: %s", r.explained())
}

// explained adds a fault's own words.
func (r reply) explained() string {
	if f, ok := r.body.(*envelope.Fault); ok {
		return r.String() + " " + f.Info.Data
	}
	return r.String()
}

// faulted wants a soap:Fault by status 500 with ErrorInfo and one of the codes.
func faulted(codes ...string) judge {
	return func(b *bench, r reply) error {
		f, ok := r.body.(*envelope.Fault)
		switch {
		case !ok:
			return fmt.Errorf("no soap:Fault: %s", r)
		case r.status != http.StatusInternalServerError:
			return fmt.Errorf("a fault by status %d, not 500", r.status)
		case f.Code == "" || f.Text == "":
			return fmt.Errorf("faultcode or faultstring is empty")
		case !slices.Contains(codes, f.Info.Code):
			return fmt.Errorf("errorCode is %q (%s), not %s", f.Info.Code, f.Info.Data, strings.Join(codes, " or "))
		}
		return nil
	}
}

// sender wants the fault to be the sender's: the same message again is of no use (SOAP 1.1 §4.4.1).
func blamed(code string) judge {
	return func(_ *bench, r reply) error {
		if f, ok := r.body.(*envelope.Fault); !ok || f.Code != code {
			return fmt.Errorf("want faultcode %s, came %s", code, r)
		}
		return nil
	}
}

// either passes when one of them does.
func either(judges ...judge) judge {
	return func(b *bench, r reply) error {
		var first error
		for _, j := range judges {
			err := j(b, r)
			if err == nil {
				return nil
			}
			if first == nil {
				first = err
			}
		}
		return first
	}
}

// statused wants status 200 and a code of responseInfo/status.
func statused(codes ...string) judge {
	return func(_ *bench, r reply) error {
		m, ok := r.body.(*envelope.SyncResponse)
		if !ok || r.status != http.StatusOK || !slices.Contains(codes, m.Status.Code) {
			return fmt.Errorf("want status %s, came %s", strings.Join(codes, " or "), r.explained())
		}
		return nil
	}
}

// refusedBusiness is a refusal of the document itself, as a status or as a fault.
func refusedBusiness(faults ...string) judge {
	return either(faulted(faults...), statused(append([]string{"SCSE001", "SCSE002"}, faults...)...))
}

// httpStatus wants one of the statuses, whatever the body is.
func httpStatus(codes ...int) judge {
	return func(_ *bench, r reply) error {
		if !slices.Contains(codes, r.status) {
			return fmt.Errorf("status %d", r.status)
		}
		return nil
	}
}

// echoed wants the chain and the session of the message back, and an id of the answer.
func echoed(_ *bench, r reply) error {
	var chain, session, message string
	switch m := r.body.(type) {
	case *envelope.SyncResponse:
		chain, session, message = m.CorrelationID, m.SessionID, m.MessageID
		if session == "" { // the responder need not fill it
			session = r.ids.session
		}
	case *envelope.AsyncResponse:
		chain, session, message = m.CorrelationID, m.SessionID, m.MessageID
	case *envelope.ChangeStatusResponse:
		chain, session, message = r.ids.chain, m.SessionID, "-"
	}
	switch {
	case message == "":
		return fmt.Errorf("messageId is empty")
	case chain != r.ids.chain:
		return fmt.Errorf("correlationId %q came for %q", chain, r.ids.chain)
	case session != r.ids.session:
		return fmt.Errorf("sessionId %q came for %q", session, r.ids.session)
	}
	return nil
}

// guidPattern is the schema's: the braces are part of the value.
var guidPattern = regexp.MustCompile(`^\{[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}\}$`)

func braced(_ *bench, r reply) error {
	for _, e := range elements(r.raw, "sessionId") {
		if !guidPattern.MatchString(e.Text()) {
			return fmt.Errorf("sessionId %q is not of the type guid", e.Text())
		}
	}
	return nil
}

// dated wants responseDate to be an xs:dateTime of now, with a zone.
func dated(b *bench, r reply) error {
	const tolerance = 10 * time.Minute
	for _, e := range append(elements(r.raw, "responseDate"), elements(r.raw, "errorDate")...) {
		at, err := time.Parse("2006-01-02T15:04:05Z07:00", e.Text())
		if err != nil {
			return fmt.Errorf("%s %q is no xs:dateTime with a zone", e.Local(), e.Text())
		}
		if off := b.Now().Sub(at); off > tolerance || off < -tolerance {
			return fmt.Errorf("%s is off by %s", e.Local(), off.Round(time.Second))
		}
	}
	return nil
}

func brief(_ *bench, r reply) error {
	const most = 250 // StatusInfo/message, maxLength
	if m, ok := r.body.(*envelope.SyncResponse); ok && utf8.RuneCountInString(m.Status.Message) > most {
		return fmt.Errorf("status/message has %d characters", utf8.RuneCountInString(m.Status.Message))
	}
	return nil
}

func asXML(_ *bench, r reply) error {
	media := strings.ToLower(strings.ReplaceAll(r.header.Get("Content-Type"), " ", ""))
	if !strings.HasPrefix(media, "text/xml") || strings.Contains(media, "charset=") && !strings.Contains(media, "utf-8") {
		return fmt.Errorf("Content-Type is %q", media)
	}
	return nil
}

// signed wants the answer's Body to be signed as §3.1 says, by whom it may be.
func signed(b *bench, r reply) error {
	generic := pki.PurposeGeneric
	result := xmlsig.Verify(nil, r.raw, xmlsig.Options{Profile: xmlsig.ProfileWSS, Purpose: &generic, At: b.Now(), Trust: b.Adapter})
	if len(result.Covered) == 0 {
		_, code := result.Verdict()
		return fmt.Errorf("the Body is not signed as it must be: %s", code)
	}
	if b.Adapter == nil {
		return nil
	}
	if verdict, code := result.Verdict(); verdict != reason.Passed {
		return fmt.Errorf("the signer of the answer is not trusted: %s", code)
	}
	return nil
}

func elements(raw []byte, local string) (found []*xmltree.Element) {
	tree, err := xmltree.Parse(raw, xmltree.Limits{})
	if err != nil {
		return nil
	}
	var walk func(e *xmltree.Element)
	walk = func(e *xmltree.Element) {
		if e.Local() == local {
			found = append(found, e)
		}
		for _, c := range e.Children() {
			walk(c)
		}
	}
	walk(tree.Root)
	return found
}

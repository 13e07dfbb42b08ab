package httpserver

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Problem is a refusal as RFC 9457 wants it, with the reason code and what the applicant is told.
type Problem struct {
	Type        string `json:"type"`
	Title       string `json:"title"`
	Status      int    `json:"status"`
	Code        string `json:"code"`
	Detail      string `json:"detail,omitempty"`
	Kk          string `json:"kk"`
	Ru          string `json:"ru"`
	RequestID   string `json:"request_id"`
	FirstNumber string `json:"first_number,omitempty"` // with duplicate: the number the application already has
	Verdict     string `json:"verdict,omitempty"`      // id of the recorded verdict, where one was recorded
}

// Pauses told by Retry-After (RFC 9110 §10.2.3).
const (
	pauseUnavailable = 10 * time.Second
	pauseRateLimited = 30 * time.Second
	pauseUnknown     = 60 * time.Second // the pace at which a certificate's status is asked again
)

// RetryAfter is the pause a client is asked for with this code; zero: none.
func RetryAfter(code gateway.Code) time.Duration {
	switch code {
	case gateway.CodeUnavailable:
		return pauseUnavailable
	case gateway.CodeRateLimited:
		return pauseRateLimited
	case reason.RevocationUnknown:
		return pauseUnknown
	}
	return 0
}

// SetRetryAfter puts the pause into the header, where there is one.
func SetRetryAfter(h http.Header, code gateway.Code) {
	if pause := RetryAfter(code); pause > 0 {
		h.Set("Retry-After", strconv.Itoa(int(pause.Seconds())))
	}
}

// NewProblem describes a code. Details of internal errors stay inside.
func (f *Frame) NewProblem(r *http.Request, code gateway.Code, detail string) Problem {
	text := TextOf(f.texts, code)
	if code == gateway.CodeInternal {
		detail = ""
	}
	return Problem{
		Type: "urn:kopir:problem:" + string(code), Title: title(code), Status: text.HTTP, Code: string(code),
		Detail: MaskNumbers(detail), Kk: text.Kk, Ru: text.Ru, RequestID: RequestID(r.Context()),
	}
}

// title is the code in words; it never changes from one occurrence to the next (RFC 9457 §3.1.3).
func title(code gateway.Code) string {
	s := strings.ReplaceAll(string(code), "_", " ")
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Problem answers an error with its problem document. It is the [Fail] of JSON edges.
func (f *Frame) Problem(w http.ResponseWriter, r *http.Request, err error) {
	e := AsError(err)
	p := f.NewProblem(r, e.Code, e.Detail)
	var status *StatusError
	if errors.As(err, &status) {
		p.Status = status.Status
	}
	f.WriteProblem(w, r, p)
}

// WriteProblem sends p.
func (f *Frame) WriteProblem(w http.ResponseWriter, r *http.Request, p Problem) {
	Event(r).Set(KeyCode, p.Code)
	h := w.Header()
	SetRetryAfter(h, gateway.Code(p.Code))
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="kopir"`)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client went away; the event says so by its size
}

// WriteJSON sends v. Answers are personal data and are not stored on the way.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
	return nil
}

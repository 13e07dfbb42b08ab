package httpserver

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// MaxInlineBytes is the largest body taken inline (DESIGN §5); bigger files go through ХЭД.
const MaxInlineBytes = 12 << 20

// MaxJSONBytes is enough for every JSON request of the API: the longest is a step with a note.
const MaxJSONBytes = 64 << 10

// firstRead is what is set aside before a byte has come: an announced length costs nothing to send.
const firstRead = 64 << 10

// drainBytes is how much of a body that is too large is read and thrown away, so that the sender
// stops writing and reads the refusal instead of a broken connection.
const drainBytes = 8 << 20

// ReadBody reads at most limit bytes; more is too_large, also when only announced.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, &gateway.Error{Code: gateway.CodeMediaTypeUnsupported, Detail: "the body is compressed; send it without Content-Encoding"}
	}
	if r.ContentLength > limit {
		drain(w, r, limit+drainBytes)
		return nil, tooLarge(limit)
	}
	body, err := readAll(io.LimitReader(r.Body, limit+1), r.ContentLength)
	switch {
	case err != nil:
		return nil, BadRequest("the connection ended before the whole body had come; send it again")
	case int64(len(body)) > limit:
		drain(w, r, drainBytes)
		return nil, tooLarge(limit)
	}
	Event(r).Set(KeyBytesIn, len(body))
	return body, nil
}

// Discard reads what is left of a body that nobody will look at, within a bound, so that the sender
// stops writing and reads the refusal.
func Discard(w http.ResponseWriter, r *http.Request) { drain(w, r, drainBytes) }

// drain throws away up to n bytes. If that was not all, the connection is of no more use.
func drain(w http.ResponseWriter, r *http.Request, n int64) {
	if _, err := io.CopyN(io.Discard, r.Body, n+1); err != io.EOF {
		w.Header().Set("Connection", "close")
	}
}

// readAll reads to the end, growing with what really comes.
func readAll(r io.Reader, announced int64) ([]byte, error) {
	body := make([]byte, 0, min(max(announced, 512), firstRead)+1)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
	}
}

func tooLarge(limit int64) error {
	return reason.Newf(reason.TooLarge, "the body is larger than %d bytes, the most that is taken here", limit)
}

// ReadJSON decodes a JSON body into v: one value, no unknown fields, bounded.
func ReadJSON(w http.ResponseWriter, r *http.Request, v any) error {
	if err := RequireType(r, "application/json"); err != nil {
		return err
	}
	body, err := ReadBody(w, r, MaxJSONBytes)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return BadRequest(jsonDetail(err))
	}
	if _, err := dec.Token(); err != io.EOF {
		return BadRequest("the body holds more than one JSON value; send one object")
	}
	return nil
}

// jsonDetail says what is wrong without repeating what was sent.
func jsonDetail(err error) string {
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typ) && typ.Field != "":
		return "the field " + typ.Field + " has the wrong type; /openapi.yaml describes it"
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return "the body holds a field the API does not know; /openapi.yaml lists the fields"
	}
	return "the body is not the JSON object this address takes; /openapi.yaml describes it"
}

// RequireType demands one of the media types, in UTF-8.
func RequireType(r *http.Request, types ...string) error {
	header := r.Header.Get("Content-Type")
	media, params, err := mime.ParseMediaType(header)
	if err != nil {
		media = ""
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return &gateway.Error{Code: gateway.CodeMediaTypeUnsupported, Detail: "the text must be in UTF-8; send charset=utf-8 or no charset"}
	}
	for _, t := range types {
		if media == t {
			return nil
		}
	}
	return &gateway.Error{Code: gateway.CodeMediaTypeUnsupported, Detail: "the header Content-Type must be " + strings.Join(types, " or ")}
}

package httpserver_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kopir/adapters/httpserver"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// endless gives n bytes without ever saying how many.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n <= 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.n)
	e.n -= n
	return n, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReadBody(t *testing.T) {
	tests := []struct {
		name   string
		body   io.Reader
		length int64
		want   int
		code   gateway.Code
	}{
		{"exactly the limit", &endless{1 << 20}, -1, 1 << 20, ""},
		{"one more", &endless{1<<20 + 1}, -1, 0, reason.TooLarge},
		{"announced too large", &endless{2 << 20}, 2 << 20, 0, reason.TooLarge},
		{"announced far too large", &endless{40 << 20}, 40 << 20, 0, reason.TooLarge},
		{"empty", &endless{}, 0, 0, ""},
		{"broken off", broken{}, 100, 0, gateway.CodeFormInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", tt.body)
			r.ContentLength = tt.length
			body, err := httpserver.ReadBody(httptest.NewRecorder(), r, 1<<20)
			var e *gateway.Error
			if errors.As(err, &e) != (tt.code != "") || e != nil && e.Code != tt.code {
				t.Fatalf("error %v, want code %q", err, tt.code)
			}
			if len(body) != tt.want {
				t.Errorf("%d bytes, want %d", len(body), tt.want)
			}
		})
	}
}

func TestReadBodyRefusesCompression(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x"))
	r.Header.Set("Content-Encoding", "gzip")
	_, err := httpserver.ReadBody(httptest.NewRecorder(), r, 100)
	if e := httpserver.AsError(err); err == nil || e.Code != gateway.CodeMediaTypeUnsupported {
		t.Errorf("error %v", err)
	}
}

// A sender of a body that is too large must be able to read why, over a real connection.
func TestTooLargeIsHeard(t *testing.T) {
	frame := httpserver.NewFrame(httpserver.Options{Texts: table()})
	srv := httptest.NewServer(frame.Handle("/", func(w http.ResponseWriter, r *http.Request) error {
		_, err := httpserver.ReadBody(w, r, httpserver.MaxInlineBytes)
		return err
	}))
	defer srv.Close()
	body := make([]byte, 13<<20)
	for _, chunked := range []bool{false, true} {
		var in io.Reader = bytes.NewReader(body)
		if chunked {
			in = io.MultiReader(in)
		}
		res, err := http.Post(srv.URL, "application/xml", in)
		if err != nil {
			t.Fatalf("chunked %v: %v", chunked, err)
		}
		answer, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if !strings.Contains(string(answer), `"too_large"`) {
			t.Errorf("chunked %v: %s", chunked, answer)
		}
	}
}

func TestReadJSON(t *testing.T) {
	tests := []struct {
		name, media, body string
		code              gateway.Code
		detail            string
	}{
		{"good", "application/json", `{"max":3}`, "", ""},
		{"with charset", "application/json; charset=UTF-8", `{"max":3}`, "", ""},
		{"unknown field", "application/json", `{"max":3,"iin":"000230500003"}`, gateway.CodeFormInvalid, "the body holds a field the API does not know; /openapi.yaml lists the fields"},
		{"wrong type", "application/json", `{"max":"3"}`, gateway.CodeFormInvalid, "the field max has the wrong type; /openapi.yaml describes it"},
		{"two values", "application/json", `{"max":3}{"max":4}`, gateway.CodeFormInvalid, "the body holds more than one JSON value; send one object"},
		{"not JSON", "application/json", `max=3`, gateway.CodeFormInvalid, "the body is not the JSON object this address takes; /openapi.yaml describes it"},
		{"empty", "application/json", ``, gateway.CodeFormInvalid, "the body is not the JSON object this address takes; /openapi.yaml describes it"},
		{"too long", "application/json", `{"max":` + strings.Repeat(" ", 70<<10) + `3}`, reason.TooLarge, "the body is larger than 65536 bytes, the most that is taken here"},
		{"form", "application/x-www-form-urlencoded", `{"max":3}`, gateway.CodeMediaTypeUnsupported, "the header Content-Type must be application/json"},
		{"no type", "", `{"max":3}`, gateway.CodeMediaTypeUnsupported, "the header Content-Type must be application/json"},
		{"other charset", "application/json; charset=cp1251", `{"max":3}`, gateway.CodeMediaTypeUnsupported, "the text must be in UTF-8; send charset=utf-8 or no charset"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.media)
			var v struct {
				Max int `json:"max"`
			}
			err := httpserver.ReadJSON(httptest.NewRecorder(), r, &v)
			if tt.code == "" {
				if err != nil || v.Max != 3 {
					t.Fatalf("%v, max %d", err, v.Max)
				}
				return
			}
			if e := httpserver.AsError(err); err == nil || e.Code != tt.code || e.Detail != tt.detail {
				t.Errorf("error %v", err)
			}
		})
	}
}

package httpserver

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"testing"

	"kopir/gateway"
)

func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`{"attempt":1,"name":"draft"}`))
	f.Add([]byte(`{"attempt":1,"attempt":2}`))
	f.Add([]byte(`{"name":"` + "\xff" + `"}{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := httptest.NewRequest("POST", "/", bytes.NewReader(b))
		r.Header.Set("Content-Type", "application/json")
		var into struct {
			Attempt int    `json:"attempt"`
			Name    string `json:"name"`
		}
		err := ReadJSON(httptest.NewRecorder(), r, &into)
		var known *gateway.Error
		if err != nil && !errors.As(err, &known) {
			t.Errorf("an error without a code: %v", err)
		}
	})
}

package httpserver_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kopir/adapters/httpserver"
	"kopir/gateway"
)

const large = httpserver.MaxInlineBytes

func TestRoomBoundsWhatIsVerifiedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frame := httpserver.NewFrame(httpserver.Options{})
		var leave []func()
		for range httpserver.MaxVerifyingBytes / large {
			out, err := frame.Room(t.Context(), large)
			if err != nil {
				t.Fatal(err)
			}
			leave = append(leave, out)
		}
		start := time.Now()
		if _, err := frame.Room(t.Context(), large); httpserver.AsError(err).Code != gateway.CodeUnavailable {
			t.Errorf("one too many: %v", err)
		}
		if waited := time.Since(start); waited != 10*time.Second {
			t.Errorf("waited %v", waited)
		}
		go func() {
			time.Sleep(3 * time.Second)
			leave[0]()
		}()
		start = time.Now()
		out, err := frame.Room(t.Context(), large)
		if err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("after one has left: %v, waited %v", err, time.Since(start))
		}
		out()
	})
}

func TestRoomEndsWithTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frame := httpserver.NewFrame(httpserver.Options{VerifyingBytes: 1})
		leave, err := frame.Room(t.Context(), 3*large) // more than there is: it gets all of it
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := frame.Room(ctx, 0); httpserver.AsError(err).Code != gateway.CodeUnavailable || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestPlainID(t *testing.T) {
	for id, want := range map[string]bool{
		"": false, "254750124": true, "{f0774397-4fcd-484a-9434-f71535ee4326}": true, "a b": false, "a\nb": false,
		"a\x7f": false, "ә": false, strings.Repeat("9", httpserver.MaxIDLen): true, strings.Repeat("9", httpserver.MaxIDLen+1): false,
	} {
		if httpserver.PlainID(id) != want {
			t.Errorf("%.40q: %v", id, !want)
		}
	}
}

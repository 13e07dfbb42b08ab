package pkihttp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"kopir/xmlsig/revocation"
)

var (
	_ revocation.Keeper = (*Client)(nil)
	_ revocation.Getter = (*Client)(nil)
)

// TestUnverifiedListIsNotKept: what nobody has called verified is not there after a restart, nor instead of the last
// good list.
func TestUnverifiedListIsNotKept(t *testing.T) {
	good := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	forged := makeList(t, "CA", 99, noon.AddDate(10, 0, 0), noon.AddDate(11, 0, 0))
	for name, before := range map[string][]byte{"at first": nil, "later": good} {
		t.Run(name, func(t *testing.T) {
			p := &publisher{}
			address, _ := serve(t, p.ServeHTTP)
			cfg := Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: (&clock{noon}).now}
			c := newClient(t, cfg)
			if before != nil {
				p.send(before)
				if _, err := verified(t, c, address); err != nil {
					t.Fatal(err)
				}
			}
			p.send(forged)
			for range 2 { // the second takes the first one's place
				if got, err := fetch(t, c, address); err != nil || !bytes.Equal(got, forged) {
					t.Fatalf("got %d bytes, %v", len(got), err)
				}
				c.Keep(address, sha256.Sum256(good[1:])) // a digest that is not of here changes nothing
			}
			for _, client := range []*Client{c, newClient(t, cfg)} {
				if got := keptList(t, client, address); !bytes.Equal(got, before) {
					t.Errorf("%d bytes are kept", len(got))
				}
			}
			files, err := filepath.Glob(filepath.Join(cfg.Dir, archiveFolder, "*.crl"))
			if err != nil || (len(files) == 1) != (before != nil) {
				t.Errorf("the store holds %v, %v", files, err)
			}
		})
	}
}

// TestDownloadGoesOnWithoutItsCaller: a list that takes longer than a caller can wait is there for the next one.
func TestDownloadGoesOnWithoutItsCaller(t *testing.T) {
	list := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	release := make(chan []byte)
	p := &publisher{}
	p.set(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(<-release) })
	address, asked := serve(t, p.ServeHTTP)
	c := newClient(t, Config{Allow: []string{host(t, address)}, Now: (&clock{noon}).now})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.CRL(ctx, address); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	release <- list
	if got, err := verified(t, c, address); err != nil || !bytes.Equal(got, list) || asked.Load() != 1 {
		t.Errorf("the next caller got %d bytes, %v; asked %d times", len(got), err, asked.Load())
	}
}

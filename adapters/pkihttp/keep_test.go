package pkihttp

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"kopir/xmlsig/revocation"
)

var _ revocation.Keeper = (*Client)(nil)

// TestUnverifiedListIsNotKept: what nobody has called verified is in no store, is not compared with, and is asked for
// again soon, while the last good list serves.
func TestUnverifiedListIsNotKept(t *testing.T) {
	good := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	forged := makeList(t, "CA", 99, noon.AddDate(10, 0, 0), noon.AddDate(11, 0, 0))
	newer := makeList(t, "CA", 2, noon.Add(2*time.Hour), noon.Add(26*time.Hour))
	for name, goodFirst := range map[string]bool{"at first": false, "later": true} {
		t.Run(name, func(t *testing.T) {
			p := &publisher{}
			address, _ := serve(t, p.ServeHTTP)
			at := &clock{noon}
			cfg := Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: at.now}
			c := newClient(t, cfg)
			if goodFirst {
				p.send(good)
				if _, err := verified(t, c, address); err != nil {
					t.Fatal(err)
				}
			}
			at.at = noon.Add(2 * time.Hour)
			p.send(forged)
			if got, err := c.CRL(t.Context(), address); err != nil || !bytes.Equal(got, forged) {
				t.Fatalf("got %d bytes, %v", len(got), err)
			}
			c.Keep(address, good[:len(good)-1]) // bytes that are not from here change nothing
			files, err := filepath.Glob(filepath.Join(cfg.Dir, "*.crl"))
			if err != nil || (len(files) == 1) != goodFirst {
				t.Errorf("the store holds %v, %v", files, err)
			}
			at.at = at.at.Add(time.Second)
			if got, _ := c.CRL(t.Context(), address); goodFirst && !bytes.Equal(got, good) {
				t.Error("the last good list does not serve")
			}
			p.send(newer)
			at.at = at.at.Add(time.Minute)
			for _, client := range []*Client{c, newClient(t, cfg)} {
				if got, err := verified(t, client, address); err != nil || !bytes.Equal(got, newer) {
					t.Errorf("the genuine list is kept out: %d bytes, %v", len(got), err)
				}
			}
		})
	}
}

// TestForgedListFromTheStore: one that an earlier version or another hand has stored goes as soon as a caller has
// refused it, even if the server says that it has not changed.
func TestForgedListFromTheStore(t *testing.T) {
	forged := makeList(t, "CA", 99, noon.AddDate(10, 0, 0), noon.AddDate(11, 0, 0))
	good := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour))
	p := &publisher{}
	p.set(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		_, _ = w.Write(good)
	})
	address, asked := serve(t, p.ServeHTTP)
	at := &clock{noon.Add(2 * time.Hour)}
	cfg := Config{Allow: []string{host(t, address)}, Dir: t.TempDir(), Now: at.now}
	c := newClient(t, cfg)
	header, err := readListHeader(forged)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.lists.store.save(address, &kept{body: forged, header: header, validators: validators{ETag: `"v1"`}, checked: noon}, true); err != nil {
		t.Fatal(err)
	}
	if got, err := c.CRL(t.Context(), address); err != nil || !bytes.Equal(got, forged) || asked.Load() != 1 {
		t.Fatalf("got %d bytes, %v; asked %d times", len(got), err, asked.Load())
	}
	at.at = at.at.Add(time.Minute)
	if got, err := verified(t, c, address); err != nil || !bytes.Equal(got, good) {
		t.Errorf("the forged list stays: %d bytes, %v", len(got), err)
	}
	if kept, err := c.lists.store.load(address); err != nil || !bytes.Equal(kept.body, good) {
		t.Errorf("the store was not repaired: %v", err)
	}
}

// TestDownloadGoesOnWithoutItsCaller: a list that takes longer than a caller can wait is there for the next one.
func TestDownloadGoesOnWithoutItsCaller(t *testing.T) {
	first, second := makeList(t, "CA", 1, noon, noon.Add(24*time.Hour)), makeList(t, "CA", 2, noon.Add(time.Hour), noon.Add(24*time.Hour))
	release := make(chan []byte)
	p := &publisher{}
	p.set(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(<-release) })
	address, asked := serve(t, p.ServeHTTP)
	at := &clock{noon}
	c := newClient(t, Config{Allow: []string{host(t, address)}, Now: at.now})
	impatient := func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		return c.CRL(ctx, address)
	}
	if got, err := impatient(); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %d bytes, %v", len(got), err)
	}
	release <- first
	if got, err := verified(t, c, address); err != nil || !bytes.Equal(got, first) {
		t.Errorf("the next caller got %d bytes, %v", len(got), err)
	}
	at.at = noon.Add(2 * time.Hour)
	if got, err := impatient(); err != nil || !bytes.Equal(got, first) {
		t.Errorf("while the download runs the list at hand serves: %d bytes, %v", len(got), err)
	}
	release <- second
	s := c.lists.slot(address)
	s.mu.Lock()
	d := s.running
	s.mu.Unlock()
	if d != nil {
		<-d.done
	}
	if got, err := verified(t, c, address); err != nil || !bytes.Equal(got, second) || asked.Load() != 2 {
		t.Errorf("the next caller got %d bytes, %v; asked %d times", len(got), err, asked.Load())
	}
}

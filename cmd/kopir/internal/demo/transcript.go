package demo

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// transcript prints the story as it happens, with the seconds since its start.
type transcript struct {
	mu    sync.Mutex
	out   io.Writer
	start time.Time
	part  int
}

func newTranscript(out io.Writer) *transcript { return &transcript{out: out, start: time.Now()} }

// chapter opens a part of the story.
func (t *transcript) chapter(title string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part++
	fmt.Fprintf(t.out, "\n%d. %s\n", t.part, title)
}

// say prints one thing that happened.
func (t *transcript) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "  %5.1fs  %s\n", time.Since(t.start).Seconds(), fmt.Sprintf(format, args...))
}

// last prints the sum of the story.
func (t *transcript) last(c counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "\ndemo: %d delivered, %d refused, %d parked and decided, %d lost\n", c.delivered, c.refused, c.parked, c.lost)
}

// counts is what the last line says.
type counts struct{ delivered, refused, parked, lost int }

package simulate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// Script switches faults by the clock. A line is a moment and what changes then; # begins a comment:
//
//	0s   push-duplicate
//	10s  push-duplicate=off  reply-http=503
//	30s  reply-http=off
type Script []ScriptStep

// ScriptStep is one line.
type ScriptStep struct {
	At     time.Duration
	Faults map[string]string
}

// ReadScript reads a script; an error names the line.
func ReadScript(r io.Reader) (Script, error) {
	var s Script
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		at, err := time.ParseDuration(words[0])
		if err != nil || at < 0 || len(words) < 2 {
			return nil, fmt.Errorf("line %d: want a moment like 10s and faults", n)
		}
		faults := ParseFaults(words[1:])
		if err := NewGateFaults().Change(faults); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if len(s) > 0 && at < s[len(s)-1].At {
			return nil, fmt.Errorf("line %d: %s is before the line above it", n, at)
		}
		s = append(s, ScriptStep{At: at, Faults: faults})
	}
	return s, lines.Err()
}

// Play runs the script to its end, or until ctx ends.
func (g *Gate) Play(ctx context.Context, s Script) {
	begun := g.cfg.Now()
	for _, step := range s {
		select {
		case <-time.After(step.At - g.cfg.Now().Sub(begun)):
		case <-ctx.Done():
			return
		}
		if err := g.Faults.Change(step.Faults); err == nil { // ReadScript has tried it
			g.tell("faults: %v", g.Faults.On())
		}
	}
}

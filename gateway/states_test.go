package gateway

import (
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEveryStateIsReachableAndEnds(t *testing.T) {
	reached := map[State]bool{StateParked: true, StateAccepted: true, StateRefused: true}
	for range States() {
		for from := range reached {
			for _, to := range from.Next() {
				reached[to] = true
			}
		}
	}
	for _, s := range States() {
		if !reached[s] {
			t.Errorf("%s cannot be reached", s)
		}
	}
}

func TestNothingLeavesATerminalState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.SampledFrom([]State{StateParked, StateAccepted}).Draw(rt, "start")
		answered := false
		for range 30 {
			if s.Terminal() {
				return
			}
			next := rapid.SampledFrom(s.Next()).Draw(rt, "next")
			if answered && next != StateDelivered {
				rt.Fatalf("an answered case became %s", next)
			}
			answered = answered || next == StateCompleted || next == StateDeclined
			s = next
		}
	})
}

// The README's diagram is the table: one line a state.
func TestREADMEShowsTheTable(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), Diagram()) {
		t.Errorf("README.md does not hold this diagram:\n%s", Diagram())
	}
}

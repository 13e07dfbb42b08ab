package gateway

import (
	"fmt"
	"slices"
	"strings"
)

// State is where a case stands.
type State string

// States of a case. A refused application is recorded with its verdict but has no case
// unless it was parked first.
const (
	StateParked    State = "parked"    // proved but for the certificate's status; its clock runs
	StateAccepted  State = "accepted"  // registered, waits in the provider's queue
	StateInWork    State = "in_work"   // the provider acknowledged it
	StateCompleted State = "completed" // a positive result is recorded
	StateDeclined  State = "declined"  // a motivated refusal of the provider is recorded
	StateDelivered State = "delivered" // the cabinet has the result
	StateRefused   State = "refused"   // a parked application that was refused in the end
	StateDead      State = "dead"      // the provider could not take it; people must look
)

// transitions is the one table of DESIGN §3; the README's diagram is compared with it.
var transitions = map[State][]State{
	StateParked:    {StateAccepted, StateRefused},
	StateAccepted:  {StateInWork, StateDead},
	StateInWork:    {StateInWork, StateCompleted, StateDeclined},
	StateCompleted: {StateDelivered},
	StateDeclined:  {StateDelivered},
	StateDead:      {StateAccepted},
}

// States lists all states in the order of a case's life.
func States() []State {
	return []State{StateParked, StateAccepted, StateInWork, StateCompleted, StateDeclined,
		StateDelivered, StateRefused, StateDead}
}

// CanBecome says whether the table allows the step from s to next.
func (s State) CanBecome(next State) bool { return slices.Contains(transitions[s], next) }

// Next lists where a case in s may go.
func (s State) Next() []State { return slices.Clone(transitions[s]) }

// Terminal says that nothing follows s.
func (s State) Terminal() bool { return len(transitions[s]) == 0 }

// Diagram draws the table as text, a line a state, for the README.
func Diagram() string {
	var b strings.Builder
	for _, s := range States() {
		next := make([]string, 0, len(transitions[s]))
		for _, n := range transitions[s] {
			next = append(next, string(n))
		}
		if len(next) == 0 {
			next = []string{"(end)"}
		}
		fmt.Fprintf(&b, "%-9s → %s\n", s, strings.Join(next, " | "))
	}
	return b.String()
}

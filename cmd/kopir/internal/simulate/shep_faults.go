package simulate

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// takesCount is the kind of a value that says how often.
const takesCount = "count"

// maxStorm bounds a storm: it is to be felt, not to stop the machine.
const maxStorm = 1000

// gateFaults are the ways in which the simulated state gateway can misbehave. Those of push- befall what
// it sends to a provider, those of reply- its answers. The list is closed.
var gateFaults = []Fault{
	{"push-duplicate", "", "", "delivers every message twice, one after the other"},
	{"push-resend-storm", takesCount, "20", "delivers every message so many times at once"},
	{"push-reorder", "", "", "delivers every other message before the one that was first"},
	{"push-delay", takesDuration, "5s", "delivers only after the duration"},
	{"push-slow", takesDuration, "20s", "the octets of a message trickle in over the duration"},
	{"push-truncated", "", "", "the second half of the message is missing"},
	{"push-reset", "", "", "the connection is reset in the middle of the message"},
	{"push-encoding", "", "", "the message says windows-1251 and is UTF-8"},
	{"push-changed-body", "", "", "the Body is changed after it was signed"},
	{"push-unsigned", "", "", "the header is empty"},
	{"push-stranger", "", "", "signed with a key nobody trusts, under the gateway's name"},
	{"status-not-delivered", "", "", "every message is reported as NOT_DELIVERED although it arrived"},
	{"reply-http", takesStatus, "503", "the HTTP status, with a SOAP fault as its body; nothing is taken"},
	{"reply-drop", "", "", "the message is taken and never answered: the connection ends"},
	{"reply-reset", "", "", "the message is taken; the connection is reset in the middle of the answer"},
	{"reply-slow", takesDuration, "20s", "the answer comes only after the duration"},
	{"reply-truncated", "", "", "the second half of the answer is missing"},
	{"reply-encoding", "", "", "the answer says windows-1251 and is UTF-8"},
	{"reply-changed-body", "", "", "the answer's Body is changed after it was signed"},
	{"reply-unsigned", "", "", "the answer is not signed"},
	{"reply-stranger", "", "", "the answer is signed with a key nobody trusts"},
}

// GateFaults lists everything that can be switched on.
func GateFaults() []Fault { return slices.Clone(gateFaults) }

// Switchboard keeps which faults of a closed list are on.
type Switchboard struct {
	known []Fault

	mu sync.Mutex
	on map[string]string
}

// NewGateFaults is the gateway's switchboard, everything off.
func NewGateFaults() *Switchboard {
	return &Switchboard{known: gateFaults, on: map[string]string{}}
}

// Change lays faults over those that are on; "off" ends one. Nothing changes if one of them cannot be.
func (s *Switchboard) Change(faults map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	on := maps.Clone(s.on)
	for name, value := range faults {
		i := slices.IndexFunc(s.known, func(f Fault) bool { return f.Name == name })
		switch {
		case i < 0:
			return fmt.Errorf("no fault is called %q", name)
		case value == "off":
			delete(on, name)
			continue
		case value == "":
			value = s.known[i].Usual
		}
		if err := suits(s.known[i], value); err != nil {
			return err
		}
		on[name] = value
	}
	s.on = on
	return nil
}

func suits(f Fault, value string) error {
	if f.Takes != takesCount {
		return f.check(value)
	}
	if n, err := strconv.Atoi(value); err != nil || n < 1 || n > maxStorm {
		return fmt.Errorf("%s takes a number from 1 to %d, not %q", f.Name, maxStorm, value)
	}
	return nil
}

// Heal switches everything off.
func (s *Switchboard) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = map[string]string{}
}

// On are the faults that are on, with their values.
func (s *Switchboard) On() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.on)
}

func (s *Switchboard) is(name string) bool {
	_, on := s.On()[name]
	return on
}

func (s *Switchboard) number(name string) (int, bool) {
	value, on := s.On()[name]
	n, _ := strconv.Atoi(value) // Change has looked at it
	return n, on
}

func (s *Switchboard) duration(name string) time.Duration {
	d, _ := time.ParseDuration(s.On()[name]) // Change has looked at it
	return d
}

// ServeHTTP tells and changes: GET, POST what is named, PUT what is named in place of all others.
func (s *Switchboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxQuestion)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "want a form: name=value", http.StatusBadRequest)
		return
	}
	faults := map[string]string{}
	for name := range r.PostForm {
		faults[name] = r.PostForm.Get(name)
	}
	var err error
	switch r.Method {
	case http.MethodPost:
		err = s.Change(faults)
	case http.MethodPut:
		all := NewGateFaults()
		if err = all.Change(faults); err == nil {
			s.Heal()
			err = s.Change(faults)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"on": s.On(), "known": s.known})
}

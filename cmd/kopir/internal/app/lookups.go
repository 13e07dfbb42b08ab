package app

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kopir/adapters/shep"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
)

// lookupEvery is the pause between two looks at what registers are to be asked.
const lookupEvery = 2 * time.Second

// registerNames are the registers this installation can ask.
func (a *App) registerNames() []string { return slices.Sorted(maps.Keys(a.cfg.SHEP.Registers)) }

// openLookups connects the registers over the synchronous channel. Without any there is still the round:
// a question from before a register was taken out of the configuration has to come to its end.
func (a *App) openLookups() error {
	registers := map[string]gateway.Registers{}
	for name, r := range a.cfg.SHEP.Registers {
		if a.shep == nil {
			break
		}
		registers[name] = shep.NewPersonRegister(a.shep, shep.RegisterConfig{ServiceID: r.ServiceID, RouteID: r.RouteID,
			SenderCode: r.SenderCode, Requestor: r.Requestor, Now: a.out.Now, Rand: a.out.Rand})
	}
	ended := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kopir_lookups_total",
		Help: "Look-ups in state registers that came to an end, by register and what the case shows."}, []string{"register", "state"})
	known := a.registerNames()
	observe := func(register string, state gateway.LookupState) {
		if !slices.Contains(known, register) {
			register = "other"
		}
		ended.WithLabelValues(register, string(state)).Inc()
	}
	a.lookups = gateway.NewLookups(a.ledger, registers, a.rules, a.out.World(), gateway.LookupsConfig{Observe: observe})
	return a.metrics.Register(ended)
}

// temporaryFiles is how the temporary storage is called; nil where none is configured.
func temporaryFiles(s config.SHEP, password string) *shep.FilesConfig {
	if s.Files == nil {
		return nil
	}
	return &shep.FilesConfig{ServiceID: s.Files.ServiceID, Unqualified: s.Files.Unqualified, LifeTime: s.Files.LifeTime,
		SenderID: s.SenderID, Password: password}
}

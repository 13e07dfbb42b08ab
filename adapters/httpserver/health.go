package httpserver

import (
	"context"
	"net/http"
	"time"

	"kopir/gateway"
)

// readyTimeout bounds one round of readiness checks; balancers ask every few seconds.
const readyTimeout = 3 * time.Second

// Probe asks one dependency whether it can be used.
type Probe struct {
	Name string
	Ask  func(ctx context.Context) error
}

// Healthy answers /healthz: the process runs and serves.
func (f *Frame) Healthy() http.Handler {
	return f.Handle("/healthz", func(w http.ResponseWriter, r *http.Request) error {
		return WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
}

// Ready answers /readyz: every dependency can be used and the server is not stopping.
// The answer names the one that cannot, never its error, which may hold addresses.
func (f *Frame) Ready(probes ...Probe) http.Handler {
	return f.Handle("/readyz", func(w http.ResponseWriter, r *http.Request) error {
		select {
		case <-Draining(r.Context()):
			return &gateway.Error{Code: gateway.CodeUnavailable, Detail: "stopping"}
		default:
		}
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		for _, p := range probes {
			if err := p.Ask(ctx); err != nil {
				return &gateway.Error{Code: gateway.CodeUnavailable, Detail: p.Name + " cannot be reached", Err: err}
			}
		}
		return WriteJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	})
}

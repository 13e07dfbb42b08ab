package gateway

import (
	"slices"
	"time"
)

// CallerKind is what a caller may do.
type CallerKind string

// Kinds of callers.
const (
	CallerPortal   CallerKind = "portal"   // submits applications and reads its own
	CallerProvider CallerKind = "provider" // polls and answers its own provider's queue
	CallerOperator CallerKind = "operator" // sees the pages, adds callers
	CallerGateway  CallerKind = "shep"     // the state gateway, known by its transport signature
)

// Caller is somebody the gateway knows.
type Caller struct {
	ID        string // short name, "portal", "akkol-district"
	Kind      CallerKind
	Name      string
	Providers []string // for CallerProvider: whose queues it may take
	Channel   Channel  // for CallerPortal: the channel its applications come by; empty means portal
	Callback  string   // address that takes status and results for REST callers; configured, never sent in a message
	KeySHA256 string   // hex of the SHA-256 of its 256-bit key
	CreatedAt time.Time
	RevokedAt time.Time
}

// Serves says whether the caller works for the provider.
func (c Caller) Serves(provider string) bool {
	return c.Kind == CallerProvider && slices.Contains(c.Providers, provider)
}

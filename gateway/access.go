package gateway

import (
	"context"
	"encoding/base64"
	"regexp"
	"slices"
)

// Access knows the callers. A key is 256 random bits, kept only as its SHA-256.
type Access struct {
	ledger Ledger
	world  World
}

// NewAccess makes the use case.
func NewAccess(l Ledger, w World) *Access { return &Access{ledger: l, world: w} }

// keyBytes is the size of a caller's key: 256 bits (DESIGN §5).
const keyBytes = 32

// Authenticate returns the caller a key belongs to.
func (a *Access) Authenticate(ctx context.Context, key string) (Caller, error) {
	if key == "" {
		return Caller{}, &Error{Code: CodeUnauthenticated, Detail: "no key was given"}
	}
	return a.ledger.CallerByKey(ctx, SHA256Hex([]byte(key)))
}

// Add stores a new caller and returns its key, which is shown this once. An id that is taken is a
// conflict; a revoked caller may be added anew.
func (a *Access) Add(ctx context.Context, c Caller, actor string) (key string, err error) {
	if err := c.check(); err != nil {
		return "", err
	}
	if old, err := a.find(ctx, c.ID); err == nil && old.RevokedAt.IsZero() {
		return "", &Error{Code: CodeConflict, Detail: "there is a caller with this id"}
	} else if err != nil && codeOf(err) != CodeNotFound {
		return "", err
	}
	c.CreatedAt = a.world.Now()
	return a.put(ctx, c, actor, "caller_added")
}

// Rotate gives a caller a new key; the old one is void at once.
func (a *Access) Rotate(ctx context.Context, id, actor string) (key string, err error) {
	c, err := a.find(ctx, id)
	if err != nil {
		return "", err
	}
	if !c.RevokedAt.IsZero() {
		return "", &Error{Code: CodeTransitionRefused, Detail: "the caller is revoked; add it anew"}
	}
	return a.put(ctx, c, actor, "caller_rotated")
}

// Revoke takes a caller's key away.
func (a *Access) Revoke(ctx context.Context, id, actor string) error {
	c, err := a.find(ctx, id)
	if err != nil {
		return err
	}
	if !c.RevokedAt.IsZero() {
		return &Error{Code: CodeTransitionRefused, Detail: "the caller is revoked already"}
	}
	c.RevokedAt = a.world.Now()
	return a.ledger.PutCaller(ctx, c, Act{At: c.RevokedAt, Actor: actor, Kind: "caller_revoked", Target: id})
}

// List returns all callers, revoked ones too.
func (a *Access) List(ctx context.Context) ([]Caller, error) { return a.ledger.Callers(ctx) }

func (a *Access) put(ctx context.Context, c Caller, actor, kind string) (string, error) {
	secret, err := a.world.IDs.Secret(keyBytes)
	if err != nil {
		return "", err
	}
	key := base64.RawURLEncoding.EncodeToString(secret)
	c.KeySHA256 = SHA256Hex([]byte(key))
	act := Act{At: a.world.Now(), Actor: actor, Kind: kind, Target: c.ID, Data: map[string]string{"kind": string(c.Kind)}}
	return key, a.ledger.PutCaller(ctx, c, act)
}

func (a *Access) find(ctx context.Context, id string) (Caller, error) {
	all, err := a.ledger.Callers(ctx)
	if err != nil {
		return Caller{}, err
	}
	for _, c := range all {
		if c.ID == id {
			return c, nil
		}
	}
	return Caller{}, &Error{Code: CodeNotFound, Detail: "no caller with this id"}
}

// callerID is the form of an id: it stands in logs, metrics and file names.
var callerID = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)

// check says what a caller lacks.
func (c Caller) check() error {
	wrong := func(detail string) error { return &Error{Code: CodeFormInvalid, Detail: detail} }
	switch {
	case !callerID.MatchString(c.ID) || c.ID == actorKopir:
		return wrong("id: 1 to 64 small letters, digits, dots and hyphens, and not " + actorKopir)
	case c.Kind != CallerProvider && len(c.Providers) > 0:
		return wrong("provider: only a provider's caller has queues")
	case c.Channel != "" && !slices.Contains(Channels(), c.Channel):
		return wrong("channel: want one of the regulations' channels")
	case c.Kind == CallerProvider && len(c.Providers) == 0:
		return wrong("provider: a provider's caller needs at least one queue")
	case c.Kind != CallerProvider && c.Kind != CallerPortal && c.Kind != CallerOperator && c.Kind != CallerGateway:
		return wrong("kind: portal, provider, operator or shep")
	}
	return nil
}

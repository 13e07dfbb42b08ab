package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"kopir/adapters/webhook"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
)

// callbackBook gives a caller's address only if the operator allowed its host (DESIGN §3 rule 9),
// and the key its callbacks are signed with.
type callbackBook struct {
	app *App
	key []byte
}

// Target implements webhook.Book.
func (b callbackBook) Target(ctx context.Context, id string) (webhook.Target, error) {
	callers, err := b.app.ledger.Callers(ctx)
	if err != nil {
		return webhook.Target{}, err
	}
	for _, c := range callers {
		if c.ID != id || c.Callback == "" {
			continue
		}
		if !b.app.cfg.MayCall(c.Callback) {
			return webhook.Target{}, &gateway.Error{Code: gateway.CodeForbidden, Detail: "the callback's host is not on the list"}
		}
		return webhook.Target{URL: c.Callback, Secret: []byte(callbackSecret(b.key, id))}, nil
	}
	return webhook.Target{}, nil
}

// callbackKeyBytes is the size of the key all callback secrets are derived from.
const callbackKeyBytes = 32

// callbackKey reads the key, or makes it on the first run.
func callbackKey(cfg config.Config, o Outside) ([]byte, error) {
	b, err := os.ReadFile(cfg.CallKey)
	if err == nil && len(b) >= callbackKeyBytes {
		return b, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, errors.New("callback_key_file: want a file of 32 random bytes"))
	}
	key := make([]byte, callbackKeyBytes)
	if _, err := io.ReadFull(o.Rand, key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(cfg.CallKey), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(cfg.CallKey, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return callbackKey(cfg, o) // another process was faster
	}
	if err != nil {
		return nil, err
	}
	_, err = f.Write(key)
	return key, errors.Join(err, f.Sync(), f.Close())
}

// callbackSecret is one caller's secret: HMAC-SHA256 of its id, in hexadecimal.
func callbackSecret(key []byte, caller string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(caller))
	return hex.EncodeToString(mac.Sum(nil))
}

// CallbackSecret is what a caller checks the Kopir-Signature of its callbacks with.
func CallbackSecret(cfg config.Config, o Outside, caller string) (string, error) {
	key, err := callbackKey(cfg, o)
	return callbackSecret(key, caller), err
}

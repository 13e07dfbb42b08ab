package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// gone is the ending of a name while it is decided whether its file goes.
const gone = ".gone"

// Sweep removes old files that no case names, and what was left half-written by a process that died.
func (s *Store) Sweep(ctx context.Context, before time.Time, named func(context.Context, string) (bool, error)) (int, error) {
	removed := 0
	err := filepath.WalkDir(s.root, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // somebody else swept
		}
		if err != nil {
			return unavailable(err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if d.IsDir() || !older(name, before) {
			return nil
		}
		if sha := strings.TrimSuffix(d.Name(), gone); digest(sha) {
			known, err := named(ctx, sha)
			if err != nil {
				return err
			}
			if known {
				return ignoreMissing(os.Rename(name, s.place(sha))) // only of a process that died has it another name
			}
		}
		taken, err := takeAway(name, before)
		if taken {
			removed++
		}
		return err
	})
	return removed, err
}

func older(name string, before time.Time) bool {
	info, err := os.Stat(name)
	return err == nil && info.ModTime().Before(before)
}

// takeAway removes a file that is old still once nobody can find it: who puts the same octets at this very
// moment replaces the name, and keeps his.
func takeAway(name string, before time.Time) (bool, error) {
	aside := name + gone
	if filepath.Ext(name) == gone {
		aside = name // of a process that died between
	} else if err := os.Rename(name, aside); err != nil {
		return false, ignoreMissing(err)
	}
	if !older(aside, before) {
		return false, ignoreMissing(os.Rename(aside, name))
	}
	return true, ignoreMissing(os.Remove(aside))
}

func ignoreMissing(err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return unavailable(err)
}

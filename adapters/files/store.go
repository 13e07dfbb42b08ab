// Package files keeps large documents on disk, each under its SHA-256: [gateway.Files]. A file is written
// beside its place, made durable, and only then given its name, so that whoever finds a name finds all of it.
//
//	store, err := files.Open("kopir-data/files", nil)
//	sha, size, err := store.Put(ctx, part, 20<<20)
//
// Several processes may share one folder.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// What lies there is personal data: for this user only.
const (
	folderMode = 0o700
	incoming   = "incoming" // what is being written; never read
	digestLen  = 2 * sha256.Size
)

// Store implements [gateway.Files] in a folder.
type Store struct {
	root string
	now  func() time.Time
}

var _ gateway.Files = (*Store)(nil)

// Open makes the folder if it is missing. now is the clock a file's age is told by; nil is this machine's.
func Open(root string, now func() time.Time) (*Store, error) {
	if now == nil {
		now = time.Now
	}
	if err := os.MkdirAll(filepath.Join(root, incoming), folderMode); err != nil {
		return nil, err
	}
	return &Store{root: root, now: now}, nil
}

// Put stores what r brings. Memory does not grow with the file.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (string, int64, error) {
	f, err := os.CreateTemp(filepath.Join(s.root, incoming), "put-*") // 0600
	if err != nil {
		return "", 0, unavailable(err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name()) // gone already when it got its name
	}()
	sha, size, err := fill(ctx, f, r, limit)
	if err != nil {
		return "", 0, err
	}
	if err := s.settle(f, sha); err != nil {
		return "", 0, unavailable(err)
	}
	return sha, size, nil
}

// fill copies r, hashing while it comes, and makes it durable.
func fill(ctx context.Context, f *os.File, r io.Reader, limit int64) (string, int64, error) {
	in := &source{ctx: ctx, r: io.LimitReader(r, limit+1)}
	h := sha256.New()
	size, err := io.Copy(io.MultiWriter(h, f), in)
	switch {
	case in.err != nil:
		return "", 0, in.err
	case err != nil:
		return "", 0, unavailable(err)
	case size > limit:
		return "", 0, reason.Newf(reason.TooLarge, "a file is larger than %d bytes, the most that is taken", limit)
	}
	if err := f.Sync(); err != nil {
		return "", 0, unavailable(err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// source remembers its own error, which is the sender's and not the disk's.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// settle gives a finished file its name. The same octets may lie there already: they are replaced, so that
// their age begins anew and no sweep takes them away from under who has just put them.
func (s *Store) settle(f *os.File, sha string) error {
	now := s.now()
	if err := os.Chtimes(f.Name(), now, now); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	place := s.place(sha)
	folder := filepath.Dir(place)
	if err := s.makeFolder(folder); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), place); err != nil {
		return err
	}
	return syncFolder(folder)
}

func (s *Store) makeFolder(folder string) error {
	err := os.Mkdir(folder, folderMode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncFolder(s.root)
}

// syncFolder makes a new name durable; a rename alone may be lost with the power.
func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// place is where a digest lies: ab/abcdef…
func (s *Store) place(sha string) string { return filepath.Join(s.root, sha[:2], sha) }

// Open reads a stored file.
func (s *Store) Open(sha string) (io.ReadSeekCloser, error) {
	if !digest(sha) {
		return nil, missing()
	}
	f, err := os.Open(s.place(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing()
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return f, nil
}

// Remove forgets a file.
func (s *Store) Remove(sha string) error {
	if !digest(sha) {
		return nil
	}
	if err := os.Remove(s.place(sha)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unavailable(err)
	}
	return nil
}

// digest keeps everything but digests away from the file system.
func digest(s string) bool {
	if len(s) != digestLen {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func missing() error { return reason.New(gateway.CodeNotFound, "no such file is stored") }

func unavailable(err error) error {
	return reason.Wrap(gateway.CodeUnavailable, "the folder of files cannot be read or written", err)
}

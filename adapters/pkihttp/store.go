package pkihttp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// store keeps one list per address in a folder: the DER, and beside it what is known about its origin. Files appear
// whole or not at all; several processes may share the folder.
type store struct{ dir string }

// origin is the file beside a list. A list whose digest is another one was written later than it.
type origin struct {
	URL     string    `json:"url"`
	SHA256  string    `json:"sha256"`
	Checked time.Time `json:"checked"`
	validators
}

// maxOriginBytes bounds the file beside a list; it holds an address and two headers.
const maxOriginBytes = 64 << 10

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("pkihttp: folder for revocation lists: %w", err)
	}
	return &store{dir: dir}, nil
}

// path names a file by the digest of the address: addresses hold characters that file systems do not.
func (s *store) path(address, suffix string) string {
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:])+suffix)
}

// load returns the kept list of an address; nil if there is none, an error if what is there is no list.
func (s *store) load(address string) (*kept, error) {
	body, err := readBounded(s.path(address, ".crl"), maxCRLBytes)
	if err != nil {
		return nil, err
	}
	header, err := readListHeader(body)
	if err != nil {
		return nil, err
	}
	k := &kept{body: body, header: header}
	var from origin
	raw, err := readBounded(s.path(address, ".json"), maxOriginBytes)
	if err == nil && json.Unmarshal(raw, &from) == nil && from.SHA256 == digest(body) && from.URL == address {
		k.validators, k.checked = from.validators, from.Checked
	}
	return k, nil
}

// save writes the list, if rewrite is set, and then its origin.
func (s *store) save(address string, k *kept, rewrite bool) error {
	if rewrite {
		if err := writeAtomically(s.path(address, ".crl"), k.body); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(origin{URL: address, SHA256: digest(k.body), Checked: k.checked.UTC(), validators: k.validators})
	if err != nil {
		return err
	}
	return writeAtomically(s.path(address, ".json"), raw)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("pkihttp: %s has more than %d bytes", filepath.Base(path), limit)
	}
	return b, err
}

// writeAtomically writes a temporary file beside the target, syncs it, renames it and syncs the folder: after a
// crash there is the old file or the new one.
func writeAtomically(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(content); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // only synced
	return d.Sync()
}

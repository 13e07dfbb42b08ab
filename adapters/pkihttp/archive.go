package pkihttp

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// List gives a kept list by its SHA-256 in hexadecimal, as evidence names it.
func (c *Client) List(sha string) ([]byte, error) {
	sum, err := parseSum(sha)
	if err != nil || c.lists.store == nil {
		return nil, fmt.Errorf("%w: %q", errNotKept, sha)
	}
	b, err := readBounded(c.lists.store.archived(sum), maxCRLBytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotKept, err)
	}
	if sha256.Sum256(b) != sum {
		return nil, fmt.Errorf("%w: the file named %s is damaged", errNotKept, sha)
	}
	return b, nil
}

// archive puts a downloaded list where it is found by its digest.
func (s *store) archive(c *content) error {
	if s == nil {
		return nil
	}
	target := s.archived(c.sum)
	if err := rename(c.path, target); err != nil {
		return err
	}
	c.path = target
	return nil
}

// prune drops lists older than the age, but none that an address still has for its own, and what was left over of
// downloads that a crash broke off.
func (s *store) prune(now time.Time, age time.Duration) {
	if s == nil {
		return
	}
	files, err := os.ReadDir(filepath.Join(s.dir, archiveFolder))
	if err != nil {
		return
	}
	inUse := s.inUse()
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			continue
		}
		limit := age
		if filepath.Ext(f.Name()) != ".crl" {
			limit = staleDownload
		}
		if limit > 0 && !inUse[f.Name()] && now.Sub(info.ModTime()) > limit {
			_ = os.Remove(filepath.Join(s.dir, archiveFolder, f.Name()))
		}
	}
}

// inUse names the lists that addresses have for their own.
func (s *store) inUse() map[string]bool {
	names := map[string]bool{}
	notes, _ := filepath.Glob(filepath.Join(s.dir, "*.json")) // the pattern is well-formed
	for _, path := range notes {
		var from origin
		if raw, err := readBounded(path, maxOriginBytes); err == nil {
			if sum, err := from.read(raw); err == nil {
				names[filepath.Base(s.archived(sum))] = true
			}
		}
	}
	return names
}

package config

import (
	"fmt"
	"path/filepath"
	"time"

	"kopir/adapters/clamd"
)

// Attachments says where files go and who looks for malware in them.
type Attachments struct {
	Folder       string        `yaml:"folder"`        // default data/files; instances of one gateway share it
	Clamd        string        `yaml:"clamd"`         // default none; unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310
	ClamdTimeout time.Duration `yaml:"clamd_timeout"` // default 10s a file
	Orphans      time.Duration `yaml:"orphans"`       // default 24h: files no case names are removed after it, at least 1h
}

// minOrphans is above the longest upload, so that no file is swept before its application is recorded.
const minOrphans = time.Hour

func (a *Attachments) defaults(data string) {
	orString(&a.Folder, filepath.Join(data, "files"))
	orDuration(&a.ClamdTimeout, 10*time.Second)
	orDuration(&a.Orphans, 24*time.Hour)
}

func (a Attachments) validate() (problems []error) {
	if a.Clamd != "" {
		if _, _, err := clamd.ParseAddress(a.Clamd); err != nil {
			problems = append(problems, fmt.Errorf("attachments.clamd: %w", err))
		}
	}
	if a.ClamdTimeout < 0 {
		problems = append(problems, fmt.Errorf("attachments.clamd_timeout: %v is negative", a.ClamdTimeout))
	}
	if a.Orphans < minOrphans {
		problems = append(problems, fmt.Errorf("attachments.orphans: %v is too short, want at least %v", a.Orphans, minOrphans))
	}
	return problems
}

package gateway

import (
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Attachment is a file of an application: one the signed form names by its digest, one that stood in it,
// or one that merely came along.
type Attachment struct {
	Code    string    `json:"code"` // of the service's list of documents; empty where nobody said
	Name    string    `json:"name"`
	SHA256  string    `json:"sha256"`
	Size    int64     `json:"size,omitempty"`
	Type    string    `json:"type,omitempty"`    // the media type its octets show
	Covered bool      `json:"covered,omitempty"` // the signed form names its digest
	State   FileState `json:"state,omitempty"`
	Scan    ScanState `json:"scan,omitempty"`
	Cause   string    `json:"cause,omitempty"` // why it was refused

	// A file that lies in the state's temporary storage (ХЭД) until it is fetched.
	FileID    string    `json:"file_id,omitempty"`
	ToConfirm bool      `json:"to_confirm,omitempty"` // fetched; the storage has not heard it yet
	Tries     int       `json:"tries,omitempty"`
	NextAt    time.Time `json:"next_at,omitzero"` // when it is fetched, confirmed or examined again
}

// FileState is where an attachment stands.
type FileState string

// States of an attachment.
const (
	FileAwaited FileState = "awaited" // named, and not here yet
	FileStored  FileState = "stored"
	FileRefused FileState = "refused" // it came and was not what it had to be
)

// FileStates lists the states of an attachment.
func FileStates() []FileState { return []FileState{FileAwaited, FileStored, FileRefused} }

// ScanState is what is known of malware in a stored file.
type ScanState string

// States of the search for malware.
const (
	ScanOff       ScanState = ""          // no scanner is set up
	ScanUnchecked ScanState = "unchecked" // the scanner has not answered; it is asked again
	ScanClean     ScanState = "clean"
	ScanInfected  ScanState = "infected"
)

// ScanStates lists what can be known of malware.
func ScanStates() []ScanState {
	return []ScanState{ScanOff, ScanUnchecked, ScanClean, ScanInfected}
}

// File is a file that came with a submission. It lies in [Files] already.
type File struct {
	Part   string // the name of its part
	Name   string // as the sender calls it
	SHA256 string
	Size   int64
}

// FileCount sums up the files of an application for its sender.
type FileCount struct {
	Stored     int `json:"stored,omitempty"`
	Awaited    int `json:"awaited,omitempty"`
	Unchecked  int `json:"unchecked,omitempty"`
	NotCovered int `json:"not_covered,omitempty"` // by the applicant's signature
}

func countFiles(list []Attachment) (n FileCount) {
	for _, a := range list {
		switch a.State {
		case FileStored:
			n.Stored++
		case FileAwaited:
			n.Awaited++
		}
		if a.Scan == ScanUnchecked {
			n.Unchecked++
		}
		if !a.Covered {
			n.NotCovered++
		}
	}
	return n
}

// maxFileName is what file systems take (255 octets).
const maxFileName = 255

// FileName makes a sender's file name harmless: the last part of a path, nothing that cannot be seen or that
// turns the direction of writing, no dot in front, no longer than a file system takes.
func FileName(s string) string {
	s = path.Base(strings.ReplaceAll(strings.ToValidUTF8(s, ""), `\`, "/"))
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return -1
		}
		return r
	}, s)
	s = strings.Trim(s, ". ")
	for len(s) > maxFileName {
		_, n := utf8.DecodeLastRuneInString(strings.TrimSuffix(s, path.Ext(s)))
		stem, ext := strings.TrimSuffix(s, path.Ext(s)), path.Ext(s)
		if len(ext) > maxFileName/2 || n == 0 {
			return strings.ToValidUTF8(s[:maxFileName], "")
		}
		s = stem[:len(stem)-n] + ext
	}
	if s == "" {
		return "file"
	}
	return s
}

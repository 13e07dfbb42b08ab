package gateway

import (
	"context"
	"io"
	"time"
)

// Files keeps what is too large for the ledger, by SHA-256. It is written outside the transaction that
// names it, so that a file nobody names may lie there for a while; see [Files.Sweep]. Implementations
// pass gatewaytest.ExerciseFiles.
type Files interface {
	// Put stores what r brings, reading it once, and returns its digest in 64 small hex digits and its size.
	// It is durable when the error is nil; the same octets again are no error. More than limit octets is
	// CodeTooLarge, a full disk CodeUnavailable, and an error of r comes back as it is; then nothing is kept.
	Put(ctx context.Context, r io.Reader, limit int64) (sha256 string, size int64, err error)
	// Open reads a stored file; CodeNotFound if there is none.
	Open(sha256 string) (io.ReadSeekCloser, error)
	// Remove forgets a file; one that is not there is no error.
	Remove(sha256 string) error
	// Sweep removes files put before the given moment that named does not know, and says how many. A file
	// that is put again meanwhile stays.
	Sweep(ctx context.Context, before time.Time, named func(context.Context, string) (bool, error)) (int, error)
}

// Scanner looks for malware. An error means that nobody knows: the file is asked about again.
type Scanner interface {
	Scan(ctx context.Context, r io.Reader) (Finding, error)
}

// Finding is the name of what a [Scanner] found, empty if the file is clean.
type Finding string

// FileIndex is what the ledger knows of the files its cases name.
type FileIndex interface {
	// DueFiles returns numbers of cases one of whose attachments is to be asked about again, the longest due first.
	DueFiles(ctx context.Context, now time.Time, limit int) ([]string, error)
	// NamesFile says whether an attachment of any case names this digest.
	NamesFile(ctx context.Context, sha256 string) (bool, error)
}

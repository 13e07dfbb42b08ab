package gateway

import (
	"context"
	"log/slog"
	"time"
)

// Registers is a state register that knows people. The answer was verified by whoever implements it.
type Registers interface {
	// Person returns who has this IIN; CodeNotFound if the register knows nobody, CodeUnavailable if it
	// does not answer; any other code if its answer is not to be believed.
	Person(ctx context.Context, iin string) (Person, error)
}

// Person is what a register says of one person.
type Person struct {
	IIN, Surname, Name, Patronymic string
	BirthDate                      string // 1990-05-17
	Answer                         []byte // as it came and was verified
}

// String masks the person: %v of anything that holds one tells nothing.
func (Person) String() string { return "(a person)" }

// GoString masks the person, too.
func (p Person) GoString() string { return p.String() }

// LogValue masks the person in logs.
func (p Person) LogValue() slog.Value { return slog.StringValue(p.String()) }

// TemporaryFiles is the state gateway's storage of files that travel by id beside a message (ХЭД).
type TemporaryFiles interface {
	// Upload keeps a file for a while and returns its id. process is the same for the same file.
	Upload(ctx context.Context, process, name, mime string, content []byte) (id string, err error)
	// Download brings a file; CodeNotFound if the storage has none, or no longer.
	Download(ctx context.Context, id string) ([]byte, FileInfo, error)
	// Confirm says that the file was taken.
	Confirm(ctx context.Context, id string) error
	// Info tells about a file without bringing it.
	Info(ctx context.Context, id string) (FileInfo, error)
}

// FileInfo is what the storage knows of a file.
type FileInfo struct {
	Name, Mime string
	Size       int64 // -1 where it is not told
	Expires    time.Time
	Deleted    bool
}

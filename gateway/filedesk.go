package gateway

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kopir/gateway/catalogue"
	"kopir/xmlsig/reason"
)

// MaxFileBytes is the largest file taken beside the signed document or fetched from the temporary storage.
const MaxFileBytes = 20 << 20

// headBytes is what a file's type is told by.
const headBytes = 4 << 10

// FileDesk stores and examines files, however they came. Files is needed; the rest may be left out.
type FileDesk struct {
	Files     Files
	Sniff     func(head []byte) string // the media type by the first octets
	Scanner   Scanner                  // nil: files are not searched for malware
	Temporary TemporaryFiles           // nil: nothing is fetched
	ScanTime  time.Duration            // default ten seconds for the files of one application
}

// badFile says which file was not taken and why. It holds no name: people name files after people.
type badFile struct {
	place int // counted from 1
	code  string
	why   string
}

func (b *badFile) Error() string {
	which := fmt.Sprintf("file %d", b.place)
	if b.code != "" {
		which += " (" + b.code + ")"
	}
	return which + ": " + b.why
}

// refused is the answer to whoever sent the file.
func (b *badFile) refused() error { return &Error{Code: CodeAttachmentRefused, Detail: b.Error()} }

// keep stores a file that stood in the form.
func (f *FileDesk) keep(ctx context.Context, a *Attachment, content []byte) error {
	sha, size, err := f.Files.Put(ctx, bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	a.SHA256, a.Size, a.State = sha, size, FileStored
	return nil
}

// examine looks into the stored files of a list: each is of a type the service takes, and none is infected.
// What is wrong with the first bad one comes back as *badFile; an infected file is removed at once.
// A scanner that does not answer leaves a file unchecked.
func (f *FileDesk) examine(ctx context.Context, list []Attachment, rule catalogue.Files, now time.Time) error {
	seen := map[string]Attachment{}
	scanning, cancel := context.WithTimeout(ctx, cmp.Or(f.ScanTime, 10*time.Second))
	defer cancel()
	for i := range list {
		a := &list[i]
		if a.State != FileStored {
			continue
		}
		if twin, ok := seen[a.SHA256]; ok {
			a.Type, a.Scan, a.NextAt = twin.Type, twin.Scan, twin.NextAt
			continue
		}
		if err := f.look(a, i+1, rule); err != nil {
			return err
		}
		if err := f.scan(scanning, a, i+1, now); err != nil {
			return err
		}
		seen[a.SHA256] = *a
	}
	return ctx.Err()
}

// look tells a file's type by its octets and holds it against the service's list.
func (f *FileDesk) look(a *Attachment, place int, rule catalogue.Files) error {
	stored, err := f.Files.Open(a.SHA256)
	if err != nil {
		return err
	}
	defer stored.Close()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(stored, head)
	switch {
	case err == io.EOF:
		return &badFile{place, a.Code, "it is empty"}
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Code: CodeUnavailable, Detail: "a stored file cannot be read", Err: err}
	}
	a.Type = f.Sniff(head[:n])
	if !rule.Takes(a.Type) {
		return &badFile{place, a.Code, fmt.Sprintf("its content is %s; the service takes %s", a.Type, rule.Names())}
	}
	return nil
}

// scan asks the scanner, where there is one.
func (f *FileDesk) scan(ctx context.Context, a *Attachment, place int, now time.Time) error {
	if f.Scanner == nil {
		a.Scan = ScanOff
		return nil
	}
	stored, err := f.Files.Open(a.SHA256)
	if err != nil {
		return err
	}
	defer stored.Close()
	found, err := f.Scanner.Scan(ctx, stored)
	switch {
	case err != nil:
		a.Scan, a.NextAt = ScanUnchecked, now.Add(fileRetry(a.Tries))
		return nil
	case found == "":
		a.Scan = ScanClean
		return nil
	}
	a.Scan = ScanInfected
	if err := f.Files.Remove(a.SHA256); err != nil {
		return err
	}
	return &badFile{place, a.Code, "the antivirus found malware in it"}
}

// fileRetry grows from half a minute to an hour.
func fileRetry(tries int) time.Duration {
	const first, last, doublings = 30 * time.Second, time.Hour, 7
	return min(first<<min(tries, doublings), last)
}

// match lays the files that came beside the names in the signed form.
func match(form []catalogue.Attachment, came []File, service *catalogue.Service, now time.Time) ([]Attachment, error) {
	var list []Attachment
	for _, named := range form {
		a := Attachment{Code: named.Code, Name: FileName(named.Name), SHA256: named.SHA256, Covered: named.SHA256 != "", State: FileAwaited, FileID: named.ID}
		if len(named.Content) > 0 {
			a.FileID = "" // it stands in the form
		}
		if i := slices.IndexFunc(came, func(c File) bool { return c.SHA256 == a.SHA256 }); i >= 0 {
			a.State, a.Size, a.FileID = FileStored, came[i].Size, ""
		}
		if a.FileID != "" {
			a.NextAt = now
		}
		list = append(list, a)
	}
	for i, c := range came {
		if slices.ContainsFunc(list, func(a Attachment) bool { return a.SHA256 == c.SHA256 }) {
			continue // named, or here twice
		}
		if a := meantFor(list, c); a != nil {
			return nil, (&badFile{i + 1, a.Code, "its SHA-256 is not the one the signed form names for it"}).refused()
		}
		if service.Files.Uncovered == catalogue.UncoveredRefuse {
			return nil, (&badFile{i + 1, "", "the signed form does not name its SHA-256, and the service takes no such file"}).refused()
		}
		list = append(list, Attachment{Code: documentCode(service, c.Part), Name: FileName(c.Name), SHA256: c.SHA256, Size: c.Size, State: FileStored})
	}
	return list, nil
}

// meantFor finds the file of the form that one of another digest was brought for, by its name or its document.
func meantFor(list []Attachment, c File) *Attachment {
	for i, a := range list {
		if a.Covered && a.State == FileAwaited && (a.Name == FileName(c.Name) || a.Code == c.Part) {
			return &list[i]
		}
	}
	return nil
}

// documentCode is the name of a part where it is one of the service's documents.
func documentCode(s *catalogue.Service, part string) string {
	if slices.ContainsFunc(s.Documents, func(d catalogue.Document) bool { return d.Code == part }) {
		return part
	}
	return ""
}

// attach settles the files of a submission: what stood in the form and what came beside it is stored and
// examined, what is missing is refused or awaited.
func (in *Intake) attach(ctx context.Context, d *draft) (err error) {
	if d.files, err = match(d.form.Attachments, d.sub.Files, d.service, d.at); err != nil {
		return err
	}
	if in.cfg.Files == nil {
		return nil // nothing is stored here: all is awaited
	}
	for i, named := range d.form.Attachments {
		if len(named.Content) > 0 {
			if err := in.cfg.Files.keep(ctx, &d.files[i], named.Content); err != nil {
				return err
			}
		}
	}
	if missing := d.missingFiles(); len(missing) > 0 {
		return &Error{Code: CodeDocumentMissing, Detail: "named in the signed form and not brought: " + strings.Join(missing, ", ")}
	}
	err = in.cfg.Files.examine(ctx, d.files, d.service.Files, d.at)
	var bad *badFile
	if errors.As(err, &bad) {
		return bad.refused()
	}
	if err == nil && len(d.files) > 0 {
		d.proof.add(coverage(d.files))
	}
	return err
}

// missingFiles are the documents the channel requires, whose file should have come with this message.
func (d *draft) missingFiles() []string {
	if d.sub.Files == nil && d.service.Files.Missing != catalogue.MissingRefuse {
		return nil
	}
	var here []string
	for _, a := range d.files {
		if a.FileID != "" || a.Covered && a.State == FileStored {
			here = append(here, a.Code)
		}
	}
	return d.service.Missing(here, string(d.sub.Channel))
}

// coverage puts into the verdict which files the applicant's signature vouches for.
func coverage(list []Attachment) reason.Check {
	n := countFiles(list)
	if n.NotCovered > 0 {
		return reason.Skip(checkFiles, 0, fmt.Sprintf("not covered: the signed form does not name the SHA-256 of %d of %d files", n.NotCovered, len(list)))
	}
	return reason.Pass(checkFiles, 0, fmt.Sprintf("the signed form names the SHA-256 of all %d files; %d are awaited", len(list), n.Awaited))
}

// checkFiles is the check of the files' digests, types and content.
const checkFiles = "attachments"

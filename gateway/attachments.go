package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"kopir/gateway/catalogue"
	"kopir/xmlsig/reason"
)

// Attachments does with files what an application does not wait for: fetches them from the temporary
// storage, asks the scanner again, takes what came late, and sweeps what nobody names. Silence of any of
// these never loses an application; its file is awaited, or unchecked, and shown so.
type Attachments struct {
	ledger Ledger
	desk   *FileDesk
	rules  Rules
	world  World
	cfg    AttachmentsConfig
}

// AttachmentsConfig tunes the background work. The zero value works.
type AttachmentsConfig struct {
	Batch   int           // default 20 cases a round
	Timeout time.Duration // default two minutes a file: 20 MB over a slow line
	Orphans time.Duration // default 24 hours: how long a file may lie unnamed; far above the longest upload
}

// NewAttachments makes the use case.
func NewAttachments(l Ledger, desk *FileDesk, r Rules, w World, cfg AttachmentsConfig) *Attachments {
	if cfg.Batch == 0 {
		cfg.Batch = 20
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 2 * time.Minute
	}
	if cfg.Orphans == 0 {
		cfg.Orphans = 24 * time.Hour
	}
	return &Attachments{ledger: l, desk: desk, rules: r, world: w, cfg: cfg}
}

// Round takes one step with every file whose time has come, and says how many went on.
func (s *Attachments) Round(ctx context.Context) (moved int, err error) {
	numbers, err := s.ledger.DueFiles(ctx, s.world.Now(), s.cfg.Batch)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, number := range numbers {
		c, err := s.ledger.Case(ctx, number)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for place, a := range c.Attachments {
			if a.NextAt.IsZero() || a.NextAt.After(s.world.Now()) {
				continue
			}
			went, err := s.step(ctx, c, place)
			if went {
				moved++
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: file %d: %w", number, place+1, err))
			}
		}
	}
	return moved, errors.Join(failed...)
}

// Sweep removes files that no case names.
func (s *Attachments) Sweep(ctx context.Context) (int, error) {
	return s.desk.Files.Sweep(ctx, s.world.Now().Add(-s.cfg.Orphans), s.ledger.NamesFile)
}

// step moves one file on: fetch, examine, confirm.
func (s *Attachments) step(ctx context.Context, c Case, place int) (went bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	before, now := c.Attachments[place], s.world.Now()
	after := before
	switch {
	case before.State == FileRefused || c.State == StateRefused || c.State == StateDelivered:
		after.NextAt = time.Time{}
	case before.State == FileAwaited:
		err = s.fetch(ctx, &after, place, s.ruleOf(c))
	case before.ToConfirm:
		err = s.confirm(ctx, &after)
	case before.Scan == ScanUnchecked:
		after.NextAt = time.Time{}
		err = s.desk.scan(ctx, &after, place+1, now)
	default:
		after.NextAt = time.Time{}
	}
	var bad *badFile
	if errors.As(err, &bad) {
		err = nil
		after.State, after.Cause, after.ToConfirm, after.NextAt = FileRefused, bad.why, false, time.Time{}
	}
	if err != nil {
		after = before
	}
	if after == before || after.Scan == ScanUnchecked && before.Scan == ScanUnchecked && !before.ToConfirm {
		after.Tries++
		after.NextAt = now.Add(fileRetry(after.Tries))
	} else {
		after.Tries, went = 0, true
	}
	return went, errors.Join(err, s.write(context.WithoutCancel(ctx), c.Number, place, before, after))
}

// fetch brings a file from the temporary storage and holds it against its digest. The next step confirms it.
func (s *Attachments) fetch(ctx context.Context, a *Attachment, place int, rule catalogue.Files) error {
	if s.desk.Temporary == nil {
		return &Error{Code: CodeUnavailable, Detail: "the temporary storage of files is not configured"}
	}
	content, _, err := s.desk.Temporary.Download(ctx, a.FileID)
	if err != nil {
		return err
	}
	sha, size, err := s.desk.Files.Put(ctx, bytes.NewReader(content), MaxFileBytes)
	switch {
	case codeOf(err) == reason.TooLarge:
		return &badFile{place + 1, a.Code, fmt.Sprintf("it is larger than %d bytes", MaxFileBytes)}
	case err != nil:
		return err
	case a.Covered && sha != a.SHA256:
		return &badFile{place + 1, a.Code, "its SHA-256 is not the one the signed form names for it"}
	}
	got := []Attachment{*a}
	got[0].SHA256, got[0].Size, got[0].State, got[0].NextAt = sha, size, FileStored, time.Time{}
	if err := s.desk.examine(ctx, got, rule, s.world.Now()); err != nil {
		var bad *badFile
		if errors.As(err, &bad) {
			bad.place = place + 1
		}
		return err
	}
	*a = got[0]
	a.ToConfirm, a.NextAt = true, s.world.Now()
	return nil
}

// confirm tells the temporary storage that the file lies here for good.
func (s *Attachments) confirm(ctx context.Context, a *Attachment) error {
	if s.desk.Temporary == nil {
		return &Error{Code: CodeUnavailable, Detail: "the temporary storage of files is not configured"}
	}
	if err := s.desk.Temporary.Confirm(ctx, a.FileID); err != nil && codeOf(err) != CodeNotFound {
		return err
	}
	a.ToConfirm, a.NextAt = false, time.Time{}
	if a.Scan == ScanUnchecked {
		a.NextAt = s.world.Now()
	}
	return nil
}

// ruleOf is what the service takes today; a service that has left the catalogue takes the usual.
func (s *Attachments) ruleOf(c Case) catalogue.Files {
	if s.rules.Catalogue != nil {
		if service, ok := s.rules.Catalogue.ByKey(c.Service); ok {
			return service.Files
		}
	}
	return catalogue.DefaultFiles()
}

// write puts one file's new state into its case, unless somebody else moved it meanwhile.
func (s *Attachments) write(ctx context.Context, number string, place int, before, after Attachment) error {
	_, err := s.ledger.Change(ctx, number, func(c Case) (Change, error) {
		if place >= len(c.Attachments) || !sameFile(c.Attachments[place], before) {
			return Change{Case: c}, nil
		}
		c.Attachments = slices.Clone(c.Attachments)
		c.Attachments[place] = after
		change := Change{Case: c}
		if kind := fileEvent(before, after); kind != "" {
			change.Events = []Event{{At: s.world.Now(), Kind: kind, Actor: actorKopir, Data: fileData(after)}}
		}
		return change, nil
	})
	return err
}

// sameFile says that an attachment stands where it stood when it was looked at.
func sameFile(now, before Attachment) bool {
	return now.SHA256 == before.SHA256 && now.State == before.State && now.Scan == before.Scan && now.Tries == before.Tries
}

// Events of files that came or were examined after the application.
const (
	EventFileStored  = "file_stored"
	EventFileRefused = "file_refused"
)

func fileEvent(before, after Attachment) string {
	switch {
	case before.State == after.State:
		return ""
	case after.State == FileStored:
		return EventFileStored
	}
	return EventFileRefused
}

func fileData(a Attachment) map[string]string {
	data := map[string]string{"document": a.SHA256}
	if a.Code != "" {
		data["name"] = a.Code
	}
	if a.State == FileRefused {
		data["code"], data["cause"] = string(CodeAttachmentRefused), a.Cause
	}
	return data
}

// bring takes files that came with a message told before: what its case still awaits is stored now.
func (in *Intake) bring(ctx context.Context, number string, came []File) error {
	if number == "" || len(came) == 0 || in.cfg.Files == nil {
		return nil
	}
	late := NewAttachments(in.ledger, in.cfg.Files, in.rules, in.world, AttachmentsConfig{})
	c, err := in.ledger.Case(ctx, number)
	if err != nil {
		return err
	}
	for place, before := range c.Attachments {
		i := slices.IndexFunc(came, func(f File) bool { return f.SHA256 == before.SHA256 })
		if i < 0 || before.State != FileAwaited {
			continue
		}
		got := []Attachment{before}
		got[0].State, got[0].Size, got[0].NextAt = FileStored, came[i].Size, time.Time{}
		err := in.cfg.Files.examine(ctx, got, late.ruleOf(c), in.world.Now())
		var bad *badFile
		if errors.As(err, &bad) {
			bad.place = place + 1
			return bad.refused()
		}
		if err != nil {
			return err
		}
		if err := late.write(ctx, number, place, before, got[0]); err != nil {
			return err
		}
	}
	return nil
}

// Attachment opens a file of a case the caller may see. Only what was brought for this very case is opened:
// that a form names a digest gives nobody a right to the file of that digest.
func (v *Views) Attachment(ctx context.Context, caller Caller, number, sha string) (Attachment, io.ReadSeekCloser, error) {
	c, err := v.visible(ctx, caller, number)
	if err != nil {
		return Attachment{}, nil, err
	}
	i := slices.IndexFunc(c.Attachments, func(a Attachment) bool { return a.SHA256 == sha && a.State != FileAwaited })
	if i < 0 || v.files == nil {
		return Attachment{}, nil, &Error{Code: CodeNotFound, Detail: "no such file is stored for the application"}
	}
	a := c.Attachments[i]
	switch {
	case a.State == FileRefused:
		return a, nil, &Error{Code: CodeAttachmentRefused, Detail: "the file was refused: " + a.Cause}
	case a.Scan == ScanUnchecked:
		return a, nil, &Error{Code: CodeUnavailable, Detail: "the antivirus has not answered yet; the file is given out when it has"}
	}
	f, err := v.files.Open(sha)
	return a, f, err
}

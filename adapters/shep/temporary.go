package shep

import (
	"context"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
)

// FilesConfig is how the temporary storage is called.
type FilesConfig struct {
	ServiceID          string // default [HEDService]
	Unqualified        bool   // elements in no namespace, where an installation takes no others
	SenderID, Password string
	LifeTime           time.Duration // of what we upload; default three days
}

// Temporary is the gateway's storage of files that travel by id.
type Temporary struct {
	ask Asker
	cfg FilesConfig
}

var _ gateway.TemporaryFiles = (*Temporary)(nil)

// NewTemporary makes a client of the storage.
func NewTemporary(ask Asker, cfg FilesConfig) *Temporary {
	cfg.ServiceID = either(cfg.ServiceID, HEDService)
	orDefault(&cfg.LifeTime, 3*24*time.Hour)
	return &Temporary{ask: ask, cfg: cfg}
}

// Upload implements [gateway.TemporaryFiles].
func (t *Temporary) Upload(ctx context.Context, process, name, mime string, content []byte) (string, error) {
	f, err := t.one(ctx, HEDRequest{Type: HEDUpload, Uploads: []HEDFile{{Process: process, Name: name, Mime: mime, Content: content,
		LifeTime: t.cfg.LifeTime, ToBeConfirmed: true}}})
	if err == nil && f.ID == "" {
		return "", badAnswer("names no file")
	}
	return f.ID, err
}

// Download implements [gateway.TemporaryFiles].
func (t *Temporary) Download(ctx context.Context, id string) ([]byte, gateway.FileInfo, error) {
	f, err := t.byID(ctx, HEDDownload, id)
	if err != nil {
		return nil, gateway.FileInfo{}, err
	}
	info := infoOf(f.Info)
	switch {
	case info.Deleted || len(f.Content) == 0:
		return nil, info, gone
	case info.Size >= 0 && info.Size != int64(len(f.Content)):
		return nil, info, badAnswer("holds a file of another size than it says")
	}
	return f.Content, info, nil
}

// Confirm implements [gateway.TemporaryFiles].
func (t *Temporary) Confirm(ctx context.Context, id string) error {
	_, err := t.byID(ctx, HEDConfirm, id)
	return err
}

// Info implements [gateway.TemporaryFiles].
func (t *Temporary) Info(ctx context.Context, id string) (gateway.FileInfo, error) {
	f, err := t.byID(ctx, HEDInfo, id)
	return infoOf(f.Info), err
}

var gone = &gateway.Error{Code: gateway.CodeNotFound, Detail: "the temporary storage has no such file, or no longer"}

// byID asks about one file, and demands that the answer is about that one.
func (t *Temporary) byID(ctx context.Context, kind, id string) (HEDResult, error) {
	f, err := t.one(ctx, HEDRequest{Type: kind, IDs: []string{id}})
	if err == nil && f.ID != id {
		return HEDResult{}, badAnswer("is about another file")
	}
	return f, err
}

func (t *Temporary) one(ctx context.Context, r HEDRequest) (HEDResult, error) {
	r.SenderID, r.Password = t.cfg.SenderID, t.cfg.Password
	doc, err := EncodeHED(r, !t.cfg.Unqualified)
	if err != nil {
		return HEDResult{}, err
	}
	reply, err := t.ask.Sync(ctx, SyncRequest{ServiceID: t.cfg.ServiceID, Data: doc, Form: envelope.FormElement,
		Repeat: r.Type == HEDDownload || r.Type == HEDInfo})
	if err != nil {
		return HEDResult{}, err
	}
	answer, err := DecodeHED(reply.Data)
	switch {
	case err != nil:
		return HEDResult{}, err
	case answer.Type != r.Type:
		return HEDResult{}, badAnswer("is to another question")
	case len(answer.Files) == 0:
		return HEDResult{}, gone
	case len(answer.Files) > 1:
		return HEDResult{}, badAnswer("is about several files")
	}
	return answer.Files[0], nil
}

func infoOf(r HEDInfoRecord) gateway.FileInfo {
	expires, _ := time.Parse(time.RFC3339, r.ExpirationTime)
	return gateway.FileInfo{Name: r.Name, Mime: r.Mime, Size: r.Size, Expires: expires, Deleted: r.Deleted}
}

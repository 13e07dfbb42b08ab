package evidence

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/pki"
)

// Ledger is what is read of [gateway.Ledger].
type Ledger interface {
	Case(ctx context.Context, number string) (gateway.Case, error)
	Events(ctx context.Context, number string) ([]gateway.Event, error)
	Document(ctx context.Context, sha256 string) ([]byte, error)
	Verdicts(ctx context.Context, f gateway.VerdictFilter) ([]gateway.Verdict, error)
	VerdictBody(ctx context.Context, id string) ([]byte, error)
	Messages(ctx context.Context, number string) ([]gateway.Message, error)
}

// Lists gives revocation lists, which are too large for the ledger, by digest.
type Lists interface {
	List(sha256 string) ([]byte, error)
}

// Sources is where a case is collected from. Lists and Stamps may be missing.
type Sources struct {
	Ledger      Ledger
	Lists       Lists
	Stamps      Stamps
	Trust       *pki.Store                   // anchors of timestamp authorities, to bundle their chains; nil: none
	ProviderBIN func(provider string) string // of the registry; nil: unknown
}

// CollectOptions of [Collect].
type CollectOptions struct {
	At       time.Time
	By       string // who asked for it
	Full     bool   // bundle lists of any size
	Progress func(what string)
}

// smallList is bundled in any case: the list of a root has a few hundred bytes, and with it the
// container can be checked alone.
const smallList = 256 << 10

// collector is the state of one collection.
type collector struct {
	Sources
	*Bundle
	opt      CollectOptions
	c        gateway.Case
	events   []gateway.Event
	verdicts []gateway.Verdict // oldest first
}

// Collect reads everything of one case from the ledger.
func Collect(ctx context.Context, s Sources, number string, opt CollectOptions) (*Bundle, error) {
	if opt.Progress == nil {
		opt.Progress = func(string) {}
	}
	k := collector{Sources: s, Bundle: newBundle(number, opt.At), opt: opt}
	steps := []struct {
		what string
		do   func(context.Context) error
	}{
		{"case and history", k.history}, {"verdicts", k.judged}, {"documents", k.documents}, {"certificates and policy", k.certificates},
		{"certificate status", k.statuses}, {"receipts", k.receipts}, {"timestamps", k.timestamps},
	}
	for _, step := range steps {
		opt.Progress(step.what)
		if err := step.do(ctx); err != nil {
			return nil, err
		}
	}
	k.add(nameReadme, readme)
	return k.Bundle, nil
}

func (k *collector) history(ctx context.Context) (err error) {
	if k.c, err = k.Ledger.Case(ctx, k.Number); err != nil {
		return err
	}
	if k.events, err = k.Ledger.Events(ctx, k.Number); err != nil {
		return err
	}
	return k.addJSON(nameEvents, k.events)
}

// judged reads the verdicts, each as its very bytes, and then writes the case: its catalogue version
// is the verdict's.
func (k *collector) judged(ctx context.Context) (err error) {
	if k.verdicts, err = k.Ledger.Verdicts(ctx, gateway.VerdictFilter{Number: k.Number}); err != nil {
		return err
	}
	slices.Reverse(k.verdicts)
	rec := caseRecord(k.c)
	rec.CollectedAt, rec.CollectedBy = k.At, k.opt.By
	if k.ProviderBIN != nil {
		rec.ProviderBIN = k.ProviderBIN(k.c.Provider)
	}
	for _, v := range k.verdicts {
		body, err := k.Ledger.VerdictBody(ctx, v.ID)
		if err != nil {
			return err
		}
		k.add(dirVerdicts+v.ID+".json", body)
		if v.Catalogue != "" {
			rec.Catalogue = v.Catalogue
		}
	}
	return k.addJSON(nameCase, rec)
}

func (k *collector) documents(ctx context.Context) error {
	for name, sha := range map[string]string{nameReceived: k.c.DocumentSHA, nameCovered: k.c.CoveredSHA, nameResult: k.c.ResultSHA} {
		if err := k.document(ctx, name, sha); err != nil {
			return err
		}
	}
	for _, v := range k.verdicts {
		if v.Kind != kindResult || v.DocumentSHA == k.c.ResultSHA {
			continue
		}
		if err := k.document(ctx, dirResult+"refused-"+v.DocumentSHA+".xml", v.DocumentSHA); err != nil {
			return err
		}
	}
	return nil
}

// document adds a stored document; one that is gone, as retention wants it, is noted.
func (k *collector) document(ctx context.Context, name, sha string) error {
	if sha == "" {
		return nil
	}
	body, err := k.Ledger.Document(ctx, sha)
	if notFound(err) {
		k.notef("%s is not stored any longer; its SHA-256 is %s", name, sha)
		return nil
	}
	if err == nil {
		k.add(name, body)
	}
	return err
}

func (k *collector) certificates(ctx context.Context) error {
	for _, v := range k.verdicts {
		for _, sha := range v.Certificates {
			if err := k.document(ctx, dirCertificates+sha+".cer", sha); err != nil {
				return err
			}
		}
		if err := k.document(ctx, dirPolicy+v.Policy+".json", v.Policy); err != nil {
			return err
		}
	}
	return nil
}

func (k *collector) receipts(ctx context.Context) error {
	messages, err := k.Ledger.Messages(ctx, k.Number)
	if err != nil {
		return err
	}
	receipts := []Receipt{}
	for _, m := range messages {
		receipts = append(receipts, Receipt{Seq: m.Seq, Kind: m.Kind, Status: m.Status, Destination: m.Destination, ResultSHA: m.ResultSHA,
			CreatedAt: m.CreatedAt, DeliveredAt: m.DeliveredAt, Receipt: m.Receipt, Attempts: m.Attempts})
	}
	return k.addJSON(nameReceipts, receipts)
}

func notFound(err error) bool {
	var e *gateway.Error
	return errors.As(err, &e) && e.Code == gateway.CodeNotFound
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

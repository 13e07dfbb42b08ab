package evidence

import (
	"context"

	"kopir/gateway"
	"kopir/xmlsig/revocation"
)

// statuses bundles the OCSP answers that were used, and lists where they are small or wanted.
func (k *collector) statuses(ctx context.Context) error {
	index, seen := []StatusRecord{}, map[string]bool{}
	for _, v := range k.verdicts {
		for _, ref := range v.Evidence {
			for i, sha := range listsOf(ref) {
				if sha == "" || seen[sha] {
					continue
				}
				seen[sha] = true
				rec := StatusRecord{Source: ref.Source, SHA256: sha}
				if i == 0 {
					rec.ThisUpdate, rec.NextUpdate = ref.ThisUpdate, ref.NextUpdate
				}
				if err := k.status(ctx, &rec); err != nil {
					return err
				}
				index = append(index, rec)
			}
		}
	}
	return k.addJSON(nameStatuses, index)
}

func (k *collector) status(ctx context.Context, rec *StatusRecord) error {
	if rec.Source == revocation.SourceCRL {
		k.list(rec)
		return nil
	}
	name := dirStatus + rec.SHA256 + ".ocsp"
	if err := k.document(ctx, name, rec.SHA256); err != nil {
		return err
	}
	if body, ok := k.files[name]; ok {
		rec.File, rec.Size = name, len(body)
	}
	return nil
}

// list describes a list and bundles it if it is small or all are wanted.
func (k *collector) list(rec *StatusRecord) {
	if k.Lists == nil {
		k.notef("a revocation list is known by its digest only: %s", rec.SHA256)
		return
	}
	body, err := k.Lists.List(rec.SHA256)
	if err != nil || gateway.SHA256Hex(body) != rec.SHA256 {
		k.notef("a revocation list is not kept any longer: %s", rec.SHA256)
		return
	}
	rec.Size = len(body)
	if list, err := revocation.ParseCRL(body); err == nil {
		if list.Number != nil {
			rec.Number = list.Number.String()
		}
		if list.Base != nil {
			rec.Base = list.Base.String()
		}
	}
	if len(body) > smallList && !k.opt.Full {
		k.notef("a revocation list of %d bytes is left out; --full bundles it: %s", len(body), rec.SHA256)
		return
	}
	rec.File = dirStatus + rec.SHA256 + ".crl"
	k.add(rec.File, body)
}

package evidence

import (
	"strings"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// history recomputes the chain of events and holds the case against it.
func (v *verifier) history() {
	previous := ""
	for i, e := range v.events {
		switch {
		case e.Seq != i+1:
			v.rep.fail(CheckHistory, nameEvents, reason.DigestMismatch, "event %d is missing or out of order", i+1)
			return
		case e.Number != v.record.Number:
			v.rep.fail(CheckHistory, nameEvents, reason.DigestMismatch, "event %d is of another case", e.Seq)
			return
		case gateway.ChainHash(previous, e) != e.Hash:
			v.rep.fail(CheckHistory, nameEvents, reason.DigestMismatch, "the chain of events breaks at event %d (%s)", e.Seq, e.Kind)
			return
		}
		previous = e.Hash
	}
	if len(v.events) == 0 {
		v.rep.fail(CheckHistory, nameEvents, reason.DigestMismatch, "there is no event")
		return
	}
	if v.registered(v.events[0]) && v.referred() {
		v.rep.pass(CheckHistory, nameEvents, "%d events, chained to %s", len(v.events), previous)
	}
}

// registered holds the case against the event that registered it.
func (v *verifier) registered(first gateway.Event) bool {
	for field, want := range map[string]string{"service": v.record.Service, "provider": v.record.Provider,
		"rule": v.record.Rule, "document": v.record.DocumentSHA, "via": string(v.record.Via)} {
		if got, told := first.Data[field]; told && got != want {
			v.rep.fail(CheckHistory, nameCase, reason.DigestMismatch, "its %s is not the one that was registered", field)
			return false
		}
	}
	if first.Actor != v.record.Caller || first.At.Sub(v.record.ReceivedAt).Abs() > time.Second {
		v.rep.fail(CheckHistory, nameCase, reason.DigestMismatch, "its caller or time of receipt is not the one that was registered")
		return false
	}
	return true
}

// referred demands the verdicts that events name, and the result the case was answered with.
func (v *verifier) referred() bool {
	known := map[string]bool{}
	for _, verdict := range v.verdicts {
		known[verdict.ID] = true
	}
	for _, e := range v.events {
		if id := e.Data["verdict"]; id != "" && !known[id] {
			v.rep.fail(CheckHistory, dirVerdicts+id+".json", reason.DigestMismatch, "is missing: event %d names it", e.Seq)
			return false
		}
		if sha, told := e.Data["result"]; told && (e.Kind == string(gateway.StateCompleted) || e.Kind == string(gateway.StateDeclined)) && sha != v.record.ResultSHA {
			v.rep.fail(CheckHistory, nameCase, reason.DigestMismatch, "its result is not the one that event %d names", e.Seq)
			return false
		}
	}
	return true
}

// documents holds the documents against the digests of the case, the verdicts and the receipts.
func (v *verifier) documents() {
	for _, d := range []struct{ name, sha string }{
		{nameReceived, v.record.DocumentSHA}, {nameCovered, v.record.CoveredSHA}, {nameResult, v.record.ResultSHA},
	} {
		digest, there := v.digests[d.name]
		switch {
		case d.sha == "" && !there:
		case !there:
			v.rep.unknown(CheckDocument, d.name, "", "is not in the container; its SHA-256 was %s", d.sha)
		case digest != d.sha:
			v.rep.fail(CheckDocument, d.name, reason.DigestMismatch, "is not the document of the case")
		default:
			v.rep.pass(CheckDocument, d.name, "sha256 %s", digest)
		}
	}
	var receipts []Receipt
	if !v.json(nameReceipts, &receipts) {
		return
	}
	for _, r := range receipts {
		if r.ResultSHA != "" && r.ResultSHA != v.record.ResultSHA {
			v.rep.fail(CheckDocument, nameReceipts, reason.DigestMismatch, "message %d carried another result", r.Seq)
		}
		if !r.DeliveredAt.IsZero() && !v.delivered(r) {
			v.rep.fail(CheckDocument, nameReceipts, reason.DigestMismatch, "message %d has a receipt that the history does not know", r.Seq)
		}
	}
}

func (v *verifier) delivered(r Receipt) bool {
	for _, e := range v.events {
		if e.Kind == "delivered" && e.Data["receipt"] == r.Receipt && e.Data["kind"] == r.Kind && strings.EqualFold(e.Data["status"], r.Status) {
			return true
		}
	}
	return false
}

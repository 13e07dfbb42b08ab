package evidence

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/tsp"
)

// Stamps proves that an event or verdict was rooted in a stamped batch; [gateway.Ledger] does.
type Stamps interface {
	StampProof(ctx context.Context, leaf gateway.Leaf) (*gateway.StampProof, error)
}

// ProofRecord is one entry of timestamps/proofs.json: the way from an event or verdict to the root of
// its batch (RFC 6962), whose 32 octets the token stamps.
type ProofRecord struct {
	Leaf    gateway.Leaf `json:"leaf"`
	Batch   string       `json:"batch"`
	At      time.Time    `json:"at"` // when it was rooted, by the gateway's clock
	Root    string       `json:"root"`
	Size    int          `json:"size"`
	Index   int          `json:"index"`
	Path    []string     `json:"path"`
	Token   string       `json:"token,omitempty"` // file; none while the authority is silent
	TokenAt time.Time    `json:"token_at,omitzero"`
}

// leaves are what of a case is rooted: every event and every verdict. digests are by file name.
func leaves(number string, events []gateway.Event, digests map[string]string) (all []gateway.Leaf) {
	for _, e := range events {
		all = append(all, gateway.Leaf{Kind: gateway.LeafEvent, Ref: number + "/" + strconv.Itoa(e.Seq), SHA256: e.Hash})
	}
	for _, name := range sortedKeys(digests) {
		if id, ok := strings.CutPrefix(name, dirVerdicts); ok {
			all = append(all, gateway.Leaf{Kind: gateway.LeafVerdict, Ref: strings.TrimSuffix(id, ".json"), SHA256: digests[name]})
		}
	}
	return all
}

// timestamps adds the tokens of the batches that root the case, and the proofs.
func (k *collector) timestamps(ctx context.Context) error {
	proofs, waiting := []ProofRecord{}, 0
	if k.Stamps == nil {
		return k.addJSON(nameProofs, proofs)
	}
	digests := map[string]string{}
	for name, body := range k.files {
		digests[name] = gateway.SHA256Hex(body)
	}
	for _, leaf := range leaves(k.Number, k.events, digests) {
		proof, err := k.Stamps.StampProof(ctx, leaf)
		if err != nil {
			return err
		}
		if proof == nil || len(proof.Batch.Token) == 0 {
			waiting++
		}
		if proof != nil {
			proofs = append(proofs, k.proof(leaf, proof))
		}
	}
	if waiting > 0 {
		k.notef("%d events and verdicts are not timestamped yet; export again later to have them so", waiting)
	}
	return k.addJSON(nameProofs, proofs)
}

func (k *collector) proof(leaf gateway.Leaf, p *gateway.StampProof) ProofRecord {
	b := p.Batch
	rec := ProofRecord{Leaf: leaf, Batch: b.ID, At: b.At, Root: b.Root, Size: b.Size, Index: p.Index, Path: p.Path}
	if root, err := hex.DecodeString(b.Root); err == nil {
		k.add(dirTimestamps+b.ID+".root", root)
	}
	if len(b.Token) > 0 {
		rec.Token, rec.TokenAt = dirTimestamps+b.ID+".tst", b.TokenAt
		k.add(rec.Token, b.Token)
		k.authority(b.Token)
	}
	return rec
}

// authority adds the chain of the authority that stamped: tokens bring its own certificate at most.
func (k *collector) authority(raw []byte) {
	token, err := tsp.Parse(raw)
	if err != nil || k.Trust == nil {
		return
	}
	for _, c := range token.Certificates {
		chain, err := k.Trust.Chain(c, token.Certificates, token.GenTime)
		if err != nil {
			continue
		}
		for _, c := range chain {
			k.add(dirCertificates+hexOf(c.SHA256)+".cer", c.Raw)
		}
	}
}

// stampTolerance is how far the clocks of gateway and authority may be apart, as for OCSP times.
const stampTolerance = 2 * time.Minute

// timestamps follows every proof from the bytes in the container to the root, and checks the tokens.
func (v *verifier) timestamps(context.Context) {
	var proofs []ProofRecord
	if !v.json(nameProofs, &proofs) {
		return
	}
	all := leaves(v.record.Number, v.events, v.digests)
	here := map[gateway.Leaf]bool{}
	for _, leaf := range all {
		here[leaf] = true
	}
	type stamp struct {
		token, root string
		at          int64
	}
	tokens, stamped := map[stamp]bool{}, map[gateway.Leaf]bool{} // a token is good for the root it stamps alone
	for _, p := range proofs {
		if !v.included(p, here) {
			return
		}
		if p.Token == "" {
			continue
		}
		key := stamp{p.Token, p.Root, p.At.UnixNano()}
		good, checked := tokens[key]
		if !checked {
			good = v.token(p)
			tokens[key] = good
		}
		stamped[p.Leaf] = good
	}
	dated := 0
	for _, leaf := range all {
		if _, there := stamped[leaf]; there {
			dated++
		}
	}
	switch {
	case dated < len(all):
		v.rep.skip(CheckTimestamps, nameProofs, "%d of %d events and verdicts are timestamped; the others were not yet when the container was made", dated, len(all))
	default:
		v.rep.pass(CheckTimestamps, nameProofs, "all %d events and verdicts are rooted in timestamped batches", len(all))
	}
}

// included holds a proof against the container's own bytes: its leaf is one of them, and below the root.
func (v *verifier) included(p ProofRecord, here map[gateway.Leaf]bool) bool {
	if here[p.Leaf] && gateway.VerifyInclusion(p.Leaf, p.Index, p.Size, p.Path, p.Root) {
		return true
	}
	v.rep.fail(CheckTimestamps, nameProofs, reason.DigestMismatch, "%s %s is not what was rooted in batch %s", p.Leaf.Kind, p.Leaf.Ref, p.Batch)
	return false
}

// authorities are the anchors of timestamp authorities: everything trusted, and those for stamps only.
func (v *verifier) authorities() *pki.Store {
	if v.opt.TSA == nil {
		return v.trust
	}
	store := pki.NewStore()
	for _, c := range append(v.trust.Anchors(), v.opt.TSA.Anchors()...) {
		store.AddAnchor(c, pki.PurposeGeneric)
	}
	for _, c := range append(v.trust.Intermediates(), v.opt.TSA.Intermediates()...) {
		store.AddIntermediate(c)
	}
	return store
}

// token checks one token at its own time (RFC 3161 §2.4.2). What fails only for want of an anchor is an
// open question.
func (v *verifier) token(p ProofRecord) bool {
	root, _ := hex.DecodeString(p.Root)
	token, err := tsp.Parse(v.files[p.Token])
	if err != nil {
		v.rep.fail(CheckTimestamps, p.Token, reason.SignatureMalformed, "is no timestamp that can be read")
		return false
	}
	r := token.Verify(tsp.Options{Store: v.authorities(), Candidates: v.candidates(), Data: root, From: p.At, Skew: stampTolerance})
	outcome, code := reason.Verdict(r.Checks)
	words := ""
	for _, c := range r.Checks {
		if c.Outcome != reason.Passed && c.Outcome != reason.NotApplicable && words == "" {
			words = c.Name + ": " + c.Detail
		}
	}
	switch {
	case outcome == reason.Passed:
		v.rep.pass(CheckTimestamps, p.Token, "stamped %s by %s", token.GenTime.UTC().Format(time.RFC3339), r.Certificate.Subject.CommonName)
	case code == reason.ChainUntrusted && r.Check(reason.CheckSignature).Outcome == reason.Passed:
		v.rep.unknown(CheckTimestamps, p.Token, code, "stamped %s, but its authority leads to none of the anchors; --tsa adds one", token.GenTime.UTC().Format(time.RFC3339))
	default:
		v.rep.fail(CheckTimestamps, p.Token, code, "the timestamp does not hold: %s", words)
	}
	return outcome == reason.Passed
}

package xmlsig_test

import (
	"crypto"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// duel is two verifiers that know one RSA key: ours through its authority, goxmldsig by the certificate.
type duel struct {
	person testpki.Identity
	trust  *pki.Store
	theirs *dsig.ValidationContext
	cast   *cast
	pool   []specimen
}

func newDuel(t testing.TB) *duel {
	t.Helper()
	p := authority(t, testpki.RSA)
	cert, err := x509.ParseCertificate(p.person.Certificate.Raw)
	if err != nil {
		t.Fatal(err)
	}
	d := &duel{person: p.person, trust: p.trust()}
	d.theirs = dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{cert}})
	d.theirs.IdAttribute, d.theirs.Clock = "Id", dsig.NewFakeClockAt(now)
	people := map[string]testpki.Identity{"rsa": p.person, "head": p.head}
	d.cast = &cast{people: people, heads: people, trust: d.trust}
	for name, opt := range map[string]xmlsig.SignOptions{
		"usual": {}, "compact": {Style: xmlsig.StyleCompact}, "exclusive": {C14N: new(c14n.Exclusive)}, "1.1": {C14N: new(c14n.C14N11)},
		"by Id": {ID: "whole"}, "by Id inclusive": {ID: "whole", C14N: new(c14n.C14N10)},
	} {
		for _, doc := range []string{duelPlain, duelRich} {
			d.pool = append(d.pool, specimen{name: name, text: sign(t, doc, p.person, opt), algorithm: "rsa"})
		}
	}
	d.pool = append(d.pool, specimen{name: "theirs", text: d.signed(t, duelRich), algorithm: "rsa"})
	return d
}

const (
	duelPlain = `<form Id="whole"><iin>000230500003</iin><sum>100</sum></form>`
	duelRich  = `<n:form xmlns:n="urn:n" xmlns="urn:d" xmlns:x="urn:x" Id="whole"><!-- c --><iin x:k="&#9;ә">0002</iin><n:part xmlns="" Id="part">Көше &amp; 5</n:part><?pi d?></n:form>`
)

// signed is a document goxmldsig signed.
func (d *duel) signed(t testing.TB, doc string) string {
	t.Helper()
	ctx, err := dsig.NewSigningContext(d.person.Key, [][]byte{d.person.Certificate.Raw})
	if err != nil {
		t.Fatal(err)
	}
	ctx.Hash, ctx.IdAttribute, ctx.Canonicalizer = crypto.SHA256, "Id", dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	tree := etree.NewDocument()
	if err := tree.ReadFromString(doc); err != nil {
		t.Fatal(err)
	}
	root, err := ctx.SignEnveloped(tree.Root())
	if err != nil {
		t.Fatal(err)
	}
	tree.SetRoot(root)
	out, err := tree.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ours is the first check that failed, if any.
func (d *duel) ours(doc string) (reason.Check, bool) {
	r := xmlsig.Verify(nil, []byte(doc), xmlsig.Options{At: now, Trust: d.trust})
	outcome, _ := r.Verdict()
	for _, c := range r.Checks {
		if c.Outcome == reason.Failed {
			return c, false
		}
	}
	return reason.Check{}, outcome == reason.Passed
}

func (d *duel) accepts(doc string) (err error) {
	tree := etree.NewDocument()
	if err := tree.ReadFromString(doc); err != nil {
		return err
	}
	if tree.Root() == nil {
		return errors.New("no root")
	}
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("goxmldsig panics")
		}
	}()
	_, err = d.theirs.Validate(tree.Root())
	return err
}

// mutate applies an operator for each octet of the recipe.
func (d *duel) mutate(doc string, recipe []byte) string {
	for i, op := range recipe[:min(len(recipe), 6)] {
		doc = d.operate(doc, uint64(op), uint64(i))
	}
	return doc
}

// operate applies one operator. They are written for signed documents: on other text they may panic,
// and then change nothing.
func (d *duel) operate(doc string, op, turn uint64) (changed string) {
	defer func() {
		if recover() != nil {
			changed = doc
		}
	}()
	m := &oracleMutator{Rand: rand.New(rand.NewPCG(op, turn)), cast: d.cast, pool: d.pool}
	m.alien = d.pool[m.IntN(len(d.pool))]
	names, oddities := oracleKeys(oracleMutations), oracleKeys(oracleOddities)
	k := int(op) % (len(names) + len(oddities))
	if k >= len(names) {
		return oracleOddities[oddities[k-len(names)]](m, doc)
	}
	return oracleMutations[names[k]](m, doc)
}

// compare wants one verdict, or a reason from the lists for two. What has none is a find.
func (d *duel) compare(doc string) (kind judged, why, find string) {
	check, passed := d.ours(doc)
	err := d.accepts(doc)
	switch {
	case passed && err == nil:
		return bothValid, "", ""
	case !passed && err != nil:
		return bothInvalid, "", ""
	case passed:
		tree, _ := xmltree.Parse([]byte(doc), xmltree.Limits{})
		for _, g := range theirGaps {
			if g.has(tree, doc) {
				return wronglyPassed, g.name, ""
			}
		}
		return wronglyPassed, "", "we accept what goxmldsig refuses: " + err.Error()
	}
	for _, p := range theirLeniency {
		if p.code == check.Code && strings.HasPrefix(reLine.ReplaceAllString(check.Detail, ""), p.detail) && (p.only == nil || p.only(doc)) {
			return wronglyRefused, string(p.code) + ": " + p.detail + " (" + p.why + ")", ""
		}
	}
	return wronglyRefused, "", "goxmldsig accepts what we refuse: " + string(check.Code) + ": " + check.Detail
}

// FuzzVerdictAgainstGoxmldsig changes signed documents, by operators or octet by octet, signs some
// of them again, and compares verdicts.
func FuzzVerdictAgainstGoxmldsig(f *testing.F) {
	d := newDuel(f)
	for _, s := range d.pool {
		f.Add([]byte(s.text), []byte{}, false)
		f.Add([]byte(s.text), []byte{1, 100}, true)
	}
	f.Fuzz(func(t *testing.T, doc, recipe []byte, sealed bool) {
		if len(doc) > 1<<16 {
			return
		}
		text := d.mutate(string(doc), recipe)
		if sealed {
			text = d.reseal(text)
		}
		if _, _, find := d.compare(text); find != "" {
			t.Fatalf("%s\n%s", find, text)
		}
	})
}

// TestVerdictAgainstGoxmldsig does it with operators that chance picks.
func TestVerdictAgainstGoxmldsig(t *testing.T) {
	d := newDuel(t)
	seed, trials := oracleSetting(t, "KOPIR_ORACLE_SEED", oracleSeed), oracleSetting(t, "KOPIR_ORACLE_TRIALS", 3*oracleTrials)
	kinds, reasons, finds := map[judged]int{}, map[string]int{}, map[string]int{}
	start := time.Now()
	for n := range trials {
		random := rand.New(rand.NewPCG(seed, n))
		s := d.pool[random.IntN(len(d.pool))]
		recipe := make([]byte, 1+random.IntN(3))
		for i := range recipe {
			recipe[i] = byte(random.Uint32())
		}
		text := d.mutate(s.text, recipe)
		if n%2 == 0 {
			text = d.reseal(text)
		}
		kind, why, find := d.compare(text)
		kinds[kind]++
		if find != "" {
			if finds[find]++; finds[find] == 1 {
				t.Errorf("%s\n%s", find, text)
			}
		}
		if why != "" {
			reasons[why]++
		}
	}
	t.Logf("seed %d, %d trials in %v: both valid %d, both invalid %d, only ours %d, only theirs %d", seed, trials, time.Since(start).Round(time.Second),
		kinds[bothValid], kinds[bothInvalid], kinds[wronglyPassed], kinds[wronglyRefused])
	for _, why := range oracleKeys(reasons) {
		t.Logf("%4d %s", reasons[why], why)
	}
	for _, find := range oracleKeys(finds) {
		t.Logf("%4d FIND %s", finds[find], find)
	}
	if kinds[bothValid] < int(trials)/5 || kinds[bothInvalid] < int(trials)/5 {
		t.Errorf("the mutations are lopsided: %v", kinds)
	}
}

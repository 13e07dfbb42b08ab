package xmlsig_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kopir/xmlsig/testpki"
)

// How much is tried; KOPIR_ORACLE_SEED and KOPIR_ORACLE_TRIALS try something else or more.
const (
	oracleSeed   = 20261015
	oracleTrials = 1200
)

func oracleKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func oracleSetting(t *testing.T, name string, def uint64) uint64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return def
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatal(name, err)
	}
	return n
}

// oracleMutator changes signed documents at places that chance picks.
type oracleMutator struct {
	*rand.Rand
	cast  *cast
	pool  []specimen
	alien specimen // another document, to borrow from
}

// oracleTally counts verdicts and what they were about.
type oracleTally struct {
	kinds    map[judged]int
	policies map[string]int
	valid    map[string]int // single mutations that both call valid
	failures map[string]int // by cause: the first of each is shown
}

// count judges one document and reports what may not be.
func (y *oracleTally) count(t *testing.T, o *oracle, c *cast, s specimen, how string) {
	t.Helper()
	a := o.verify(t, s.text, s.profile)
	kind, check := judge(s.text, c.verify(s.text, s.profile), a, s.profile)
	y.kinds[kind]++
	switch kind {
	case bothValid:
		if !strings.Contains(how, ", ") {
			y.valid[how]++
		}
	case refusedByPolicy:
		p, _ := excuse(check, s.text)
		y.policies[string(p.code)+": "+p.detail+" ("+p.why+")"]++
	case wronglyRefused, wronglyPassed:
		cause := string(check.Code) + " " + check.Detail
		if y.failures[cause]++; y.failures[cause] == 1 {
			t.Errorf("%s, profile %d, %s: the oracle says %s, we stop at %+v\n%s", s.name, s.profile, how, a, check, s.text)
		}
	}
}

func (y *oracleTally) log(t *testing.T) {
	t.Helper()
	if len(y.failures) > 0 {
		t.Errorf("failures by cause (none: passed): %v", y.failures)
	}
	t.Logf("both valid %d, both invalid %d, refused by policy %d", y.kinds[bothValid], y.kinds[bothInvalid], y.kinds[refusedByPolicy])
	for _, p := range oracleKeys(y.policies) {
		t.Logf("policy %4d %s", y.policies[p], p)
	}
	t.Logf("still valid: %v", y.valid)
}

func newTally() *oracleTally {
	return &oracleTally{kinds: map[judged]int{}, policies: map[string]int{}, valid: map[string]int{}, failures: map[string]int{}}
}

// agreeOnMutations breaks signed documents, or changes what is not signed, one to three times.
func agreeOnMutations(t *testing.T, o *oracle, c *cast, pool []specimen) {
	seed, trials := oracleSetting(t, "KOPIR_ORACLE_SEED", oracleSeed), oracleSetting(t, "KOPIR_ORACLE_TRIALS", oracleTrials)
	t.Logf("seed %d, %d trials", seed, trials)
	y := newTally()
	names := oracleKeys(oracleMutations)
	for n := range trials {
		m := &oracleMutator{Rand: rand.New(rand.NewPCG(seed, n)), cast: c, pool: pool}
		s := pool[m.IntN(len(pool))]
		m.alien = pool[m.IntN(len(pool))]
		first := names[int(n)%len(names)]
		text, how := m.mutate(s.text, first), first
		for m.IntN(4) == 0 {
			next := names[m.IntN(len(names))]
			text, how = m.mutate(text, next), how+", "+next
		}
		if text == s.text || oracleErrs(text) {
			continue
		}
		s.text = text
		y.count(t, o, c, s, how)
	}
	y.log(t)
	if y.kinds[bothValid] < int(trials)/20 || y.kinds[bothInvalid] < int(trials)/3 {
		t.Errorf("the mutations are lopsided: %v", y.kinds)
	}
}

func (m *oracleMutator) mutate(doc, name string) string { return oracleMutations[name](m, doc) }

// agreeOnOddities changes the markup of signatures and has the oracle sign what came of it, so
// that only the rules about references and transforms can tell right from wrong.
func agreeOnOddities(t *testing.T, o *oracle, c *cast, pool []specimen) {
	seed, trials := oracleSetting(t, "KOPIR_ORACLE_SEED", oracleSeed), oracleSetting(t, "KOPIR_ORACLE_TRIALS", oracleTrials)/3
	t.Logf("seed %d, %d trials", seed, trials)
	y, unsigned := newTally(), 0
	names := oracleKeys(oracleOddities)
	for n := range trials {
		m := &oracleMutator{Rand: rand.New(rand.NewPCG(seed+1, n)), cast: c, pool: pool}
		s := pool[m.IntN(len(pool))]
		first := names[int(n)%len(names)]
		text, how := oracleOddities[first](m, s.text), first
		for m.IntN(3) == 0 {
			next := names[m.IntN(len(names))]
			text, how = oracleOddities[next](m, text), how+", "+next
		}
		if text == s.text || oracleErrs(text) {
			continue
		}
		var a answer
		if s.text, a = o.made(t, "resign", text, c.signerOf(s)); s.text == "" {
			if unsigned++; testing.Verbose() && unsigned < 4 {
				t.Logf("not signed: %s: %s", how, a)
			}
			continue
		}
		y.count(t, o, c, s, how)
	}
	y.log(t)
	if y.kinds[bothValid] < int(trials)/10 {
		t.Errorf("the oddities are lopsided: %v, %d not signed", y.kinds, unsigned)
	}
	t.Logf("%d the oracle did not sign", unsigned)
}

// signerOf is who made the first signature of a specimen.
func (c *cast) signerOf(s specimen) testpki.Identity {
	if strings.Contains(s.text, ":Envelope") || strings.Contains(s.text, "<Envelope") {
		return c.heads[s.algorithm]
	}
	return c.people[s.algorithm]
}

package c14n_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/xmltree"
)

// Node-sets of the W3C C14N 1.1 vectors that are a subtree, or the document less subtrees.
var (
	subtreeSet = regexp.MustCompile(`\[ancestor-or-self::ietf:(\w+)\]$`)
	withoutSet = regexp.MustCompile(`\[ancestor-or-self::ietf:(\w+) and not\((.*)\)\]$`)
	memberSet  = regexp.MustCompile(`ancestor-or-self::ietf:(\w+)`)
)

// TestW3CSubsets runs those vectors; the others need an XPath engine, which a verifier must not have.
func TestW3CSubsets(t *testing.T) {
	dir, count := corpus(t), 0
	for _, line := range strings.Split(string(read(t, dir, "C14N.tsv")), "\n") {
		f := strings.Split(line, "\t")
		if f[0] != "c14n11 (node-set)" || filepath.Ext(f[2]) != ".xpath" {
			continue
		}
		set := strings.TrimSpace(string(read(t, dir, f[2])))
		doc, err := xmltree.Parse(read(t, dir, f[1]), xmltree.Limits{})
		if err != nil {
			continue // a DOCTYPE
		}
		var apex *xmltree.Element
		var opt c14n.Options
		if m := subtreeSet.FindStringSubmatch(set); m != nil {
			apex = named(doc, m[1])
		} else if m := withoutSet.FindStringSubmatch(set); m != nil {
			apex = named(doc, m[1])
			for _, name := range memberSet.FindAllStringSubmatch(m[2], -1) {
				opt.Without = append(opt.Without, named(doc, name[1]))
			}
		} else {
			continue
		}
		t.Run(f[3], func(t *testing.T) {
			got, err := c14n.Append(nil, doc, apex, c14n.C14N11, opt)
			if want := read(t, dir, f[3]); err != nil || string(got) != string(want) {
				t.Errorf("%v\n%s\ngot\n%s\nwant\n%s", err, set, got, want)
			}
		})
		count++
	}
	if count < 10 {
		t.Errorf("%d vectors", count)
	}
	t.Logf("%d vectors", count)
}
